// Package configsql keeps settings in PostgreSQL, MySQL or MariaDB, or SQLite,
// in the application's own database.
//
//	store := configsql.NewStore(db, tenant.Postgres)
//	settings, err := config.NewResolver(config.Config{Store: store})
//
// The table tenancy_settings holds the values as JSON text, with an empty
// tenant_id for the global ones; tenancy_settings_history holds every version
// of them and is only ever appended to. Each write increments the tenant's
// number in package feed, in the same transaction; that number is the version.
package configsql
