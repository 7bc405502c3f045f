package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/examples/internal/storetest"
	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// The sample data, the jobs and the rights on PostgreSQL.
func TestPostgres(t *testing.T) {
	t.Parallel()
	a := open(t, app.Options{DSN: storetest.Postgres(t)})
	report, err := scope.Check(t.Context(), a.DB)
	require.NoError(t, err)
	require.Empty(t, report.Findings)
	for _, id := range []tenant.ID{"north", "south", "harbour"} {
		ctx := app.In(a.Extend(t.Context()), id)
		var bodies []string
		require.NoError(t, a.DB.SelectContext(ctx, &bodies, `SELECT body FROM modules`))
		require.NotEmpty(t, bodies)
		for _, body := range bodies {
			require.Contains(t, body, app.Canary(id))
		}
		require.NoError(t, a.Cron(t.Context(), id))
		require.Len(t, rows(t, a, id, `SELECT name FROM figures`), 4)
	}
	ctx := app.In(a.Extend(t.Context()), "north")
	ned, err := a.AccountOf(ctx, "ned")
	require.NoError(t, err)
	require.NoError(t, a.GiveGrade(ctx, "intro", ned.ID, 1, "till"))
	require.NoError(t, a.GiveGrade(ctx, "intro", ned.ID, 2, "till"))
	require.Equal(t, [][]any{{int64(2)}}, rows(t, a, "north", `SELECT points FROM grades`))
	require.Empty(t, rows(t, a, "south", `SELECT points FROM grades`), "which has a module of that id too")
}
