package scope_test

import (
	"bytes"
	"context"
	"database/sql"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// reporting opens a pool in report-only mode; take returns the reports since
// the last call.
func reporting(t *testing.T, s *script, more ...scope.Option) (db *sql.DB, take func() []scope.Report) {
	t.Helper()
	var got []scope.Report
	opts := append(more, scope.ReportOnly(func(_ context.Context, r scope.Report) { got = append(got, r) }))
	db, err := scope.OpenDB(s, goldenPolicy(scope.MySQL), opts...)
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	_, err = db.Exec("SELECT 1") // after which the tables have been looked at
	require.NoError(t, err)
	got = nil
	s.take()
	return db, func() []scope.Report {
		out := got
		got = nil
		return out
	}
}

// statements are those that a script got.
func (s *script) statements() (out []string) {
	for _, line := range s.take() {
		if strings.Contains(line, " ") && !strings.Contains(line, "BeginTx") {
			out = append(out, line)
		}
	}
	return out
}

// TestReportOnly: every statement is sent as it was written, with the arguments
// as they were given, and what would have become of it is told.
func TestReportOnly(t *testing.T) {
	for _, conn := range []string{"modern", "modern, wants all prepared", "bare"} {
		s := &script{conn: conns[conn], stmt: stmts["bare"]}
		db, take := reporting(t, s)
		for _, c := range []struct {
			ctx    context.Context
			query  string
			args   []any
			scoped string
			reason scope.Reason
		}{
			{as("acme"), "DELETE FROM contacts WHERE id = ?", []any{1}, "DELETE FROM contacts WHERE contacts.`tenant_id` = ? AND (id = ?)", ""},
			{as("acme"), "DELETE FROM clicks", nil, "", ""}, // would stay as it is
			{as("acme"), "DELETE FROM nowhere WHERE name = 'secret'", nil, "", scope.ReasonUnknownTable},
			{as("acme"), "DROP TABLE contacts", nil, "", scope.ReasonUnsupported},
			{as("acme"), "SELECT 1; SELECT 2", nil, "", scope.ReasonSecond},
			{as("acme"), "this is ' no SQL", nil, "", scope.ReasonUnbalanced},
			{as("acme"), "INSERT INTO contacts (id, tenant_id) VALUES (1, ?)", []any{"bolt"}, "", scope.ReasonTenantColumn},
			{context.Background(), "DELETE FROM contacts", nil, "", scope.ReasonNoTenant},
			{tenant.WithID(as("acme"), "bolt"), "DELETE FROM contacts", nil, "", scope.ReasonConflict},
			{tenant.Global(context.Background()), "DELETE FROM contacts", nil, "", scope.ReasonMode},
		} {
			s.take()
			_, err := db.ExecContext(c.ctx, c.query, c.args...)
			require.NoError(t, err, c.query)
			sent := s.statements()
			require.NotEmpty(t, sent, c.query)
			require.Contains(t, sent[0], " "+c.query)
			for _, line := range sent {
				require.NotContains(t, line, "acme")
			}
			got := take()
			if c.scoped == "" && c.reason == "" {
				require.Empty(t, got, c.query)
				continue
			}
			require.Len(t, got, 1, c.query)
			require.Equal(t, c.query, got[0].Query)
			require.Equal(t, c.scoped, got[0].Scoped)
			require.NotContains(t, got[0].Shape, "secret")
			require.Regexp(t, `report_test\.go:\d+$`, got[0].Caller)
			if c.reason == "" {
				require.Nil(t, got[0].Refused)
				continue
			}
			require.Equal(t, c.reason, got[0].Refused.Reason, c.query)
		}
	}
}

// TestReportOnlyPassesWhatItCanNotRead: a connection that does not say in which
// modes it reads texts keeps none of them back. One that is bad is another matter.
func TestReportOnlyPassesWhatItCanNotRead(t *testing.T) {
	const query = `DELETE FROM contacts WHERE name = "x"` // a value or a name, that depends
	s := &script{conn: conns["modern"], stmt: stmts["modern"], bad: map[string]int{}, mute: true}
	db, take := reporting(t, s)
	_, err := db.ExecContext(as("acme"), query)
	require.NoError(t, err)
	require.Contains(t, s.statements(), "ExecContext "+query+" []")
	got := take()
	require.Len(t, got, 1)
	require.ErrorContains(t, got[0].Refused, "could not be looked at")
	s.bad["QueryContext"] = 1
	_, err = db.ExecContext(as("acme"), query)
	require.NoError(t, err)
	require.Contains(t, s.take(), "Connect")
	require.Len(t, take(), 1)
}

// TestReportOnlyPrepared: so do prepared statements, each time.
func TestReportOnlyPrepared(t *testing.T) {
	s := &script{conn: conns["modern"], stmt: stmts["modern"]}
	db, take := reporting(t, s)
	st, err := db.PrepareContext(as("acme"), "SELECT 1; SELECT ?")
	require.NoError(t, err)
	defer st.Close()
	s.take()
	for range 2 {
		_, err = st.Exec(special("x"))
		require.NoError(t, err)
		require.Equal(t, scope.ReasonNoTenant, take()[0].Refused.Reason)
	}
	require.Equal(t, []string{"PrepareContext SELECT 1; SELECT ?", "stmt converts $1", "stmt.ExecContext [1=stmt x]", "stmt converts $1", "stmt.ExecContext [1=stmt x]"}, s.statements())
}

// TestReportOnlyTransactions: what a transaction would have refused passes, and
// is told.
func TestReportOnlyTransactions(t *testing.T) {
	s := &script{conn: conns["modern"], stmt: stmts["modern"]}
	db, take := reporting(t, s)
	tx, err := db.BeginTx(tenant.AcrossAll(context.Background(), ""), nil)
	require.NoError(t, err)
	_, err = tx.Exec("DELETE FROM contacts")
	require.NoError(t, err)
	require.Equal(t, scope.ReasonNoTenant, take()[0].Refused.Reason)
	require.NoError(t, tx.Commit())
	tx, err = db.BeginTx(as("acme"), nil)
	require.NoError(t, err)
	_, err = tx.Exec("DELETE FROM contacts")
	require.NoError(t, err)
	require.Equal(t, "DELETE FROM contacts WHERE contacts.`tenant_id` = ?", take()[0].Scoped)
	_, err = tx.ExecContext(tenant.Global(context.Background()), "DELETE FROM countries")
	require.NoError(t, err)
	require.Equal(t, scope.ReasonConflict, take()[0].Refused.Reason)
	require.NoError(t, tx.Rollback())
}

// TestReportOnlyIsForOneTenant: where a second one appears nothing passes any
// more that is his.
func TestReportOnlyIsForOneTenant(t *testing.T) {
	s := &script{conn: conns["modern"], stmt: stmts["modern"]}
	db, take := reporting(t, s)
	_, err := db.ExecContext(as("acme"), "DELETE FROM contacts")
	require.NoError(t, err)
	tx, err := db.BeginTx(as("acme"), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(as("bolt"), "DELETE FROM contacts")
	require.ErrorIs(t, err, tenant.ErrSeveralTenants)
	require.NoError(t, tx.Rollback())
	s.take()
	take()
	for _, ctx := range []context.Context{as("bolt"), tenant.Across(context.Background(), "test", "acme", "bolt")} {
		_, err = db.ExecContext(ctx, "DELETE FROM contacts")
		require.ErrorIs(t, err, tenant.ErrSeveralTenants)
		require.ErrorIs(t, err, scope.ErrRefused)
		require.NotContains(t, err.Error(), "acme")
		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		_, err = tx.Exec("DELETE FROM contacts")
		require.ErrorIs(t, err, tenant.ErrSeveralTenants)
		require.NoError(t, tx.Rollback())
	}
	require.Empty(t, s.statements())
	require.Empty(t, take())
	_, err = db.ExecContext(as("acme"), "DELETE FROM contacts")
	require.NoError(t, err)
}

// TestReportOnlyCrossings: a crossing is told as in any mode, and a hook that
// panics stops the statement.
func TestReportOnlyCrossings(t *testing.T) {
	s := &script{conn: conns["modern"], stmt: stmts["modern"]}
	told := 0
	db, take := reporting(t, s, scope.OnCrossing(func(context.Context, scope.Crossing) { told++ }))
	_, err := db.ExecContext(tenant.AcrossAll(context.Background(), "test"), "DELETE FROM contacts")
	require.NoError(t, err)
	require.Equal(t, 1, told)
	require.Empty(t, take())

	db, err = scope.OpenDB(s, goldenPolicy(scope.MySQL), scope.ReportOnly(func(context.Context, scope.Report) { panic("no report") }))
	require.NoError(t, err)
	defer db.Close()
	s.take()
	_, err = db.ExecContext(as("acme"), "DELETE FROM contacts")
	require.ErrorContains(t, err, "no report")
	require.NotContains(t, strings.Join(s.take(), "\n"), "DELETE")
}

// TestReportOnlyIsLoud: once a pool, in the log.
func TestReportOnlyIsLoud(t *testing.T) {
	var buf bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&buf, nil)))
	defer slog.SetDefault(before)
	db, _ := reporting(t, &script{conn: conns["modern"], stmt: stmts["modern"]})
	for range 3 {
		_, err := db.Exec("DELETE FROM contacts")
		require.NoError(t, err)
	}
	require.Equal(t, 1, strings.Count(buf.String(), "level=WARN"))
	require.Contains(t, buf.String(), "REPORT-ONLY")
}
