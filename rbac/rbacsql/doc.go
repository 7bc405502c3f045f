// Package rbacsql keeps the roles of package rbac in the application's
// database: tables tenancy_roles, tenancy_role_pairs, tenancy_role_specials,
// tenancy_site_admins, tenancy_role_permissions and tenancy_role_assignments.
//
//	err := rbacsql.Migrate(ctx, db, tenant.Postgres)
//	store := rbacsql.New(db, tenant.Postgres)
//
// The store runs on the application's own pool as package scope opened it, or
// on any other. What is said on nodes carries the tenant of the node, and the
// keys begin with it, so that one tenant's part is read from one stretch of
// the index. Writes increment the tenant's change number in table
// tenancy_changes (package feed) before anything else, which lets one writer
// at a time change a part.
//
// Store.Change keeps the number of the part without tenant from being
// incremented, together with any others who do that, and then increments the
// part's own. So changes of two tenants do not wait for each other, and those of
// roles, pairs, special roles and site administrators wait for changes of
// tenants that have been begun. On a store bound to the caller's transaction it
// leaves the first to the caller, who may hold the locks of tenants by then: to
// ask for one more would be against their order.
//
// On MySQL the store begins its transactions at the level read committed, for
// which the server's binary log has to be in row or mixed format; those are the
// defaults. A caller who begins one should do the same, or tenants that are
// neighbours in an index may wait for each other.
package rbacsql
