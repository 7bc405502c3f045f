// Package rbacsql keeps the roles of package rbac in the application's
// database: tables tenancy_roles, tenancy_role_specials, tenancy_site_admins,
// tenancy_role_permissions and tenancy_role_assignments.
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
package rbacsql
