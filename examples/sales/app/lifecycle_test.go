package app_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/audit"
	"github.com/gotenancy/tenancy/tenant/lifecycle"
)

// TestDeletion: a company that goes takes everything of its own along and
// nothing else. Its name is free; who comes under it finds nothing.
func TestDeletion(t *testing.T) {
	each(t, func(t *testing.T, a *app.App) {
		require.NoError(t, a.Seed(t.Context()))
		all := `SELECT name FROM companies UNION ALL SELECT name FROM contacts UNION ALL SELECT title FROM opportunities
			UNION ALL SELECT title FROM tasks UNION ALL SELECT what FROM company_changes UNION ALL SELECT name FROM people
			UNION ALL SELECT account FROM quotas UNION ALL SELECT stage FROM reports UNION ALL SELECT account FROM passwords ORDER BY 1`
		acme, bolt := tenant.WithID(t.Context(), "acme"), tenant.WithID(t.Context(), "bolt")
		before := texts(t, a, bolt, all)
		require.NotEmpty(t, texts(t, a, acme, `SELECT name FROM companies`))
		operator := tenant.Global(t.Context())
		require.Error(t, a.Lifecycle.Delete(operator, "acme", "first the archive"))
		require.NoError(t, a.Lifecycle.Archive(operator, "acme", "the contract has ended"))
		require.NoError(t, a.Lifecycle.Delete(operator, "acme", "a year has gone by"))
		require.Equal(t, before, texts(t, a, bolt, all))
		everywhere := texts(t, a, tenant.AcrossAll(t.Context(), "a test looks at what is left"), all)
		for _, text := range everywhere {
			require.NotContains(t, text, app.Canary("acme"))
		}
		held, err := a.RoleStore.Assignments(acme, "acme", rbac.Filter{Role: a.Roles.Administrator})
		require.NoError(t, err)
		require.Empty(t, held)

		ctx, record, err := a.SignUp(t.Context(), app.SignUp{Company: "Acme", UserName: "new", Email: "new@example.com", Password: "long enough"})
		require.NoError(t, err)
		require.NotEqual(t, tenant.ID("acme"), record.ID, "an id is used once")
		require.Empty(t, texts(t, a, ctx, `SELECT name FROM companies`))
		require.Equal(t, "EUR", app.Currency.Get(a.Extend(ctx)))
	})
}

// TestUsersTenantStays: it is the installation's.
func TestUsersTenantStays(t *testing.T) {
	t.Parallel()
	a := open(t, app.Options{})
	operator := tenant.Global(t.Context())
	_, err := a.Lifecycle.Update(operator, app.UsersTenant, "a better name", func(r *tenant.Tenant) error { r.Name = "People"; return nil })
	require.ErrorIs(t, err, lifecycle.ErrFixed)
	require.ErrorIs(t, a.Lifecycle.Archive(operator, app.UsersTenant, "tidy up"), lifecycle.ErrFixed)
	_, _, err = a.SignUp(t.Context(), app.SignUp{Company: "Users", UserName: "eve", Email: "eve@example.com", Password: "long enough"})
	require.ErrorIs(t, err, lifecycle.ErrReserved)
}

// TestCrossingsAreRecorded: a statement that reached several tenants stands in
// the log of each that was named, with who did it and why.
func TestCrossingsAreRecorded(t *testing.T) {
	each(t, func(t *testing.T, a *app.App) {
		require.NoError(t, a.Seed(t.Context()))
		olga := tenant.WithActor(t.Context(), tenant.Actor{ID: "olga"})
		require.Len(t, texts(t, a, tenant.Across(olga, "the yearly comparison", "acme", "bolt"), `SELECT name FROM companies`), 8)
		for _, id := range []tenant.ID{"acme", "bolt"} {
			require.EventuallyWithT(t, func(t *assert.CollectT) {
				var found []string
				for record, err := range a.Audit.Records(tenant.WithID(context.Background(), id), audit.Query{Kinds: []string{"scope.crossed"}}) {
					require.NoError(t, err)
					found = append(found, record.Actor.ID+": "+record.Reason)
				}
				require.Equal(t, []string{"olga: the yearly comparison"}, found)
			}, time.Minute, 10*time.Millisecond)
		}
	})
}
