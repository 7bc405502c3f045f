package stores_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/migrate"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

type migration = func(context.Context, migrate.DB, tenant.Dialect) error

// opener is open or openScoped.
type opener = func(t *testing.T, e engines.Engine, migrations ...migration) *sql.DB

// open returns a fresh database with the tables of some stores.
func open(t *testing.T, e engines.Engine, migrations ...migration) *sql.DB {
	t.Helper()
	_, db := e.NewDatabase(t)
	for _, up := range migrations {
		require.NoError(t, up(t.Context(), db, e.Dialect))
	}
	return db
}

// openScoped is open on the application's own scoped pool, migrations included.
func openScoped(t *testing.T, e engines.Engine, migrations ...migration) *sql.DB {
	t.Helper()
	dsn, _ := e.NewDatabase(t)
	pool, err := scope.OpenDB(e.Connector(t, dsn), scope.Policy{Dialect: e.Dialect, Column: "tenant_id", Default: scope.PerTenant})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pool.Close()) })
	for _, up := range migrations {
		require.NoError(t, up(t.Context(), pool, e.Dialect))
	}
	return pool
}
