// Package pages holds package ctxtree to what it says of pages, navigation and
// the nodes that come and go with a tenant, on real engines and the
// application's scoped pool, with the registry, the directory and the middleware
// of package tenant around it.
package pages
