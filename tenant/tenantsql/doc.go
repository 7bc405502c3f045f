// Package tenantsql keeps the tenants in PostgreSQL, MySQL or MariaDB, or
// SQLite, in the application's own database.
//
//	reg := tenantsql.NewRegistry(db, tenant.Postgres)
//	err := reg.Create(ctx, tenant.Tenant{ID: "acme", Code: "acme", Host: "acme.example.com"})
//
// The tables are tenancy_tenants and tenancy_hosts. In the latter a host has a
// row for each tenant that lists it, and a claim for the one it resolves to:
// the tenant whose primary host or verified domain it is. The database holds
// claims, and codes in lower case, to be unique. Nor is anybody's code another's
// id: both are in tenancy_names. A database that has such a code when that table
// is made keeps it until the tenant is changed next, which is refused then.
//
// [Organisations] keeps the names that are registered under tenants, in
// tenancy_organisations, and what belongs to them, in
// tenancy_organisation_links.
//
// Every write increments the tenant's number in package feed, in the same
// transaction. The registry itself remembers nothing: each look-up is one
// statement. [tenant.CachedRegistry] in front of it does.
package tenantsql
