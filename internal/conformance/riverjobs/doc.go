// Package riverjobs holds package tenant/tenantriver to what it promises, with
// River itself on PostgreSQL. There is nothing here but tests.
package riverjobs
