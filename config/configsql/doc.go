// Package configsql keeps settings in PostgreSQL, MySQL or MariaDB, or SQLite,
// in the application's own database.
//
//	store := configsql.NewStore(db, tenant.Postgres)
//	settings, err := config.NewResolver(config.Config{Store: store})
//
// The table tenancy_settings holds the values as JSON text. The columns
// tenant_id, account_id and group_name say whose each is and are empty where
// they do not apply: all three for a global value. The table
// tenancy_settings_history holds every version, and is only ever appended to
// but by [Store.DeleteTenant].
//
// Each write increments a number in package feed, in the same transaction; that
// number is the version. It is the tenant's for a tenant and for the accounts in
// it, and the global one for everything else.
//
// MySQL can have a deadlock, and then refuses a write, where the caller's own
// transaction, given with [Store.With], makes changes with an If or deletes:
// see its documentation on retrying.
package configsql
