// Package ctxtreesql keeps the tree of package ctxtree in the application's
// database: table tenancy_nodes, with the path of each node beside its number
// and an index that begins with the tenant.
//
//	err := ctxtreesql.Migrate(ctx, db, tenant.Postgres)
//	tree := ctxtreesql.New(db, tenant.Postgres, levels)
//
// The store runs on the application's own pool as package scope opened it, or
// on any other. Its writes increment the tenant's change number in table
// tenancy_changes (package feed) before anything else. The lock on that row
// lets one writer at a time change the nodes of a tenant, so that a path can
// not be built from that of a parent which is just being moved.
package ctxtreesql
