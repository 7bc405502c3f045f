package app_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// postgres returns the address of a database of this test's own, which is
// dropped after it. Where no server answers the test is left out, but not in CI.
func postgres(t *testing.T) string {
	t.Helper()
	const server = "postgres://postgres@127.0.0.1:5432/"
	db, err := sql.Open("pgx", server+"postgres?sslmode=disable")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := db.PingContext(ctx); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("there is no PostgreSQL on 127.0.0.1:5432: ", err)
		}
		t.Skip("left out: there is no PostgreSQL on 127.0.0.1:5432")
	}
	name := "lms_" + strings.ToLower(rand.Text())
	_, err = db.ExecContext(t.Context(), "CREATE DATABASE "+name)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := db.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)")
		require.NoError(t, err)
	})
	return server + name + "?sslmode=disable"
}

// The sample data, the jobs and the rights on PostgreSQL.
func TestPostgres(t *testing.T) {
	t.Parallel()
	a := open(t, app.Options{DSN: postgres(t)})
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
