package app_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/gotenancy/tenancy/examples/internal/storetest"
	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

func open(t *testing.T, o app.Options) *app.App {
	t.Helper()
	o.PasswordCost = bcrypt.MinCost
	a, err := app.Open(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	return a
}

// each runs f with an application on SQLite and one on PostgreSQL.
func each(t *testing.T, f func(t *testing.T, a *app.App)) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); f(t, open(t, app.Options{})) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); f(t, open(t, app.Options{DSN: storetest.Postgres(t)})) })
}

func texts(t *testing.T, a *app.App, ctx context.Context, query string) (all []string) {
	t.Helper()
	require.NoError(t, a.DB.SelectContext(ctx, &all, query))
	return all
}

// TestPolicyFitsTheSchema: nothing in the schema leads from one tenant to another.
func TestPolicyFitsTheSchema(t *testing.T) {
	each(t, func(t *testing.T, a *app.App) {
		report, err := scope.Check(t.Context(), a.DB)
		require.NoError(t, err)
		require.Empty(t, report.Findings)
	})
}

func TestSeed(t *testing.T) {
	each(t, func(t *testing.T, a *app.App) {
		require.NoError(t, a.Seed(t.Context()))
		require.NoError(t, a.Seed(t.Context()), "again")
		for _, id := range []tenant.ID{"acme", "bolt"} {
			names := texts(t, a, tenant.WithID(t.Context(), id), `SELECT name FROM companies UNION ALL SELECT name FROM contacts UNION ALL SELECT title FROM opportunities UNION ALL SELECT title FROM tasks`)
			require.Len(t, names, 16)
			for _, name := range names {
				require.Contains(t, name, app.Canary(id))
			}
		}
		require.Empty(t, texts(t, a, tenant.WithID(t.Context(), app.UsersTenant), `SELECT name FROM companies`))
	})
}
