// Package lifecycle holds packages tenant/lifecycle and tenant/audit to their
// promises on real engines, with the stores of the tree, the roles and the
// settings, an application's own table and the application's scoped pool: one
// transaction for all of it, whatever fails and wherever the process is killed.
package lifecycle
