package scope_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/DATA-DOG/go-sqlmock"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// TestCrossings: each statement that crosses tenants reaches the hook, with the
// reason from the source.
func TestCrossings(t *testing.T) {
	var seen []scope.Crossing
	db, mock := newMock(t, scope.Postgres, scope.OnCrossing(func(_ context.Context, c scope.Crossing) {
		require.Regexp(t, `crossing_test\.go:\d+$`, c.Caller)
		c.Caller = ""
		seen = append(seen, c)
	}))
	ctx := context.Background()
	mock.ExpectQuery(`SELECT id FROM contacts WHERE contacts."tenant_id" IN ($1, $2)`).WithArgs("acme", "bolt").WillReturnRows(sqlmock.NewRows([]string{"id"}))
	require.NoError(t, db.SelectContext(tenant.Across(ctx, "quarterly report", "bolt", "acme"), &[]int{}, "SELECT id FROM contacts"))
	mock.ExpectExec("DELETE FROM contacts").WillReturnResult(sqlmock.NewResult(0, 0))
	_, err := db.ExecContext(tenant.AcrossAll(ctx, "clean up"), "DELETE FROM contacts")
	require.NoError(t, err)
	const update = "UPDATE countries SET title = 'x' /* secret */ WHERE code = $1"
	mock.ExpectExec(update).WithArgs("de").WillReturnResult(sqlmock.NewResult(0, 0))
	_, err = db.ExecContext(tenant.Global(ctx), update, "de")
	require.NoError(t, err)
	mock.ExpectQuery("SELECT code FROM countries").WillReturnRows(sqlmock.NewRows([]string{"code"}))
	require.NoError(t, db.SelectContext(tenant.Global(ctx), &[]string{}, "SELECT code FROM countries"))
	require.Equal(t, []scope.Crossing{
		{Mode: tenant.ModeAcross, Reason: "quarterly report", Tenants: []tenant.ID{"acme", "bolt"}, Query: "SELECT id FROM contacts", Shape: "SELECT id FROM contacts"},
		{Mode: tenant.ModeAcrossAll, Reason: "clean up", Query: "DELETE FROM contacts", Shape: "DELETE FROM contacts", Writes: true},
		{Mode: tenant.ModeGlobal, Query: update, Shape: "UPDATE countries SET title = ? WHERE code = $1", Writes: true},
	}, seen)
}

// TestExposedIsACrossing: a table that the policy exposes is read across tenants
// in the context of one, so it is told, with the reason of the policy.
func TestExposedIsACrossing(t *testing.T) {
	var seen []scope.Crossing
	p := goldenPolicy(scope.MySQL)
	p.Tables["contacts"] = scope.Table{}
	p.Exposed = &scope.Exposed{Tables: []string{"contacts"}, Reason: "the back office"}
	s := &script{conn: conns["modern"], stmt: stmts["modern"]}
	db, err := scope.OpenDB(s, p, scope.OnCrossing(func(_ context.Context, c scope.Crossing) {
		c.Caller = ""
		seen = append(seen, c)
	}))
	require.NoError(t, err)
	defer db.Close()
	for _, query := range []string{"SELECT id FROM contacts", "SELECT id FROM companies"} {
		rows, err := db.QueryContext(as("acme"), query)
		require.NoError(t, err)
		require.NoError(t, rows.Close())
	}
	require.Equal(t, []scope.Crossing{{Mode: tenant.ModeTenant, Reason: "the back office", Query: "SELECT id FROM contacts", Shape: "SELECT id FROM contacts", Exposed: true}}, seen)
}

// TestCaller: the line that called, whether by database/sql, by sqlx, in a
// transaction or by a prepared statement.
func TestCaller(t *testing.T) {
	var got string
	s := &script{conn: conns["modern"], stmt: stmts["modern"]}
	plain, err := scope.OpenDB(s, goldenPolicy(scope.MySQL), scope.OnCrossing(func(_ context.Context, c scope.Crossing) { got = c.Caller }))
	require.NoError(t, err)
	defer plain.Close()
	db, _ := newMock(t, scope.MySQL, scope.OnCrossing(func(_ context.Context, c scope.Crossing) { got = c.Caller }))
	ctx := tenant.AcrossAll(context.Background(), "test")
	here := func() string {
		_, file, line, _ := runtime.Caller(1)
		return filepath.Base(file) + ":" + strconv.Itoa(line)
	}
	check := func(want string) {
		t.Helper()
		require.Equal(t, want, filepath.Base(got))
		got = ""
	}
	_, _ = plain.ExecContext(ctx, "DELETE FROM t")
	check(minus(here(), 1))
	_, _ = db.NamedExecContext(ctx, "DELETE FROM t WHERE a = :a", map[string]any{"a": 1})
	check(minus(here(), 1))
	st, err := plain.PrepareContext(ctx, "DELETE FROM t")
	require.NoError(t, err)
	defer st.Close()
	_, _ = st.Exec() // without a context: refused, nothing to tell
	check(".")
	_, _ = st.ExecContext(ctx)
	check(minus(here(), 1))
}

// minus returns a place some lines above.
func minus(place string, lines int) string {
	file, line, _ := strings.Cut(place, ":")
	n, _ := strconv.Atoi(line)
	return file + ":" + strconv.Itoa(n-lines)
}

// TestCrossingLog: without a hook a crossing is in the log, and no value is.
func TestCrossingLog(t *testing.T) {
	var buf bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&buf, nil)))
	defer slog.SetDefault(before)
	db, mock := newMock(t, scope.Postgres)
	query := "DELETE FROM contacts WHERE name = 'hunter2' AND id = 4711 AND name <> $1" + strings.Repeat(" OR id = 1", 100)
	mock.ExpectExec(query).WithArgs("s3cret").WillReturnResult(sqlmock.NewResult(0, 0))
	_, err := db.ExecContext(tenant.AcrossAll(context.Background(), "clean up"), query, "s3cret")
	require.NoError(t, err)
	line := buf.String()
	require.Regexp(t, regexp.MustCompile(`reason="clean up" .*statement="DELETE FROM contacts WHERE name = \? AND id = \? AND name <> \$1 .*caller=.*crossing_test.go:`), line)
	require.NotContains(t, line, "hunter2")
	require.NotContains(t, line, "4711")
	require.NotContains(t, line, "s3cret")
	require.Less(t, len(line), 1000)
}

// TestHookPanics: a hook that panics costs the statement, not a connection of
// the pool.
func TestHookPanics(t *testing.T) {
	s := &script{conn: conns["modern"], stmt: stmts["modern"]}
	db, err := scope.OpenDB(s, goldenPolicy(scope.MySQL), scope.OnCrossing(func(context.Context, scope.Crossing) { panic("no audit") }))
	require.NoError(t, err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	ctx := tenant.AcrossAll(context.Background(), "test")
	for range 3 {
		_, err = db.QueryContext(ctx, "SELECT id FROM contacts")
		require.ErrorContains(t, err, "no audit")
		_, err = db.ExecContext(ctx, "DELETE FROM contacts")
		require.ErrorContains(t, err, "no audit")
	}
	require.Zero(t, db.Stats().InUse)
	for _, line := range s.take() {
		require.NotContains(t, line, "contacts")
	}
}

// TestCrossingIsReportedOnce: also where the driver wants the statement
// prepared, and each time again where the application prepared it.
func TestCrossingIsReportedOnce(t *testing.T) {
	for _, skip := range []bool{false, true} {
		n := 0
		db, err := scope.OpenDB(&fake{skip: skip}, goldenPolicy(scope.MySQL), scope.OnCrossing(func(context.Context, scope.Crossing) { n++ }))
		require.NoError(t, err)
		db.SetMaxOpenConns(1)
		ctx := tenant.AcrossAll(context.Background(), "test")
		for want := 1; want <= 200; want++ {
			_, err = db.ExecContext(ctx, "DELETE FROM contacts WHERE id = ?", 1)
			require.NoError(t, err)
			require.Equal(t, want, n, "skip %v", skip)
		}
		st, err := db.PrepareContext(ctx, "DELETE FROM contacts WHERE id = ?")
		require.NoError(t, err)
		for want := 201; want <= 204; want++ {
			_, err = st.ExecContext(ctx, 1)
			require.NoError(t, err)
			require.Equal(t, want, n, "skip %v", skip)
		}
		require.NoError(t, st.Close())
		require.NoError(t, db.Close())
	}
}

// TestShapeHoldsNoValue: SQLite takes a quoted name that nothing has for a string.
// It is a value then, in the shape and in the excerpt of a refusal.
func TestShapeHoldsNoValue(t *testing.T) {
	var shape string
	db, mock := newMock(t, scope.SQLite, scope.OnCrossing(func(_ context.Context, c scope.Crossing) { shape = c.Shape }))
	const query = `DELETE FROM "contacts" WHERE "name" = "topsecret"`
	mock.ExpectExec(query).WillReturnResult(sqlmock.NewResult(0, 0))
	_, err := db.ExecContext(tenant.AcrossAll(context.Background(), "test"), query)
	require.NoError(t, err)
	require.Equal(t, `DELETE FROM "contacts" WHERE "name" = ?`, shape)
	_, err = db.ExecContext(as("acme"), `DELETE FROM contacts WHERE name = "topsecret" AND nowhere(1)`)
	require.ErrorIs(t, err, scope.ErrRefused)
	require.NotContains(t, fmt.Sprintf("%+v", err), "topsecret")
	require.Contains(t, fmt.Sprintf("%+v", err), "nowhere")
}
