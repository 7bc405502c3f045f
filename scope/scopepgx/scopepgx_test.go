package scopepgx

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// What these tests hold is the text, the arguments and the options that pgx
// gets. That the answers are right is proved on a server, in the module
// internal/conformance.

// fake is a connection of pgx that notes what it is given.
type fake struct {
	sent  []string
	batch *pgx.Batch // of the last SendBatch
	copy  []string   // columns of the last CopyFrom
	rows  [][]any    // and its rows
	given int        // how often it was given back
}

func (f *fake) Release() { f.given++ }

func (f *fake) note(sql string, args []any) { f.sent = append(f.sent, fmt.Sprintf("%s %v", sql, args)) }

func (f *fake) Exec(_ context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	f.note(sql, args)
	return pgconn.NewCommandTag("FAKE 1"), nil
}

func (f *fake) Query(_ context.Context, sql string, args ...any) (pgx.Rows, error) {
	f.note(sql, args)
	return fakeRows{}, nil
}

func (f *fake) QueryRow(_ context.Context, sql string, args ...any) pgx.Row {
	f.note(sql, args)
	return fakeRow{}
}

func (f *fake) SendBatch(_ context.Context, b *pgx.Batch) pgx.BatchResults {
	f.batch = b
	for _, q := range b.QueuedQueries {
		f.note(q.SQL, q.Arguments)
	}
	return fakeResults{batch: b}
}

func (f *fake) CopyFrom(_ context.Context, _ pgx.Identifier, columns []string, src pgx.CopyFromSource) (int64, error) {
	f.copy, f.rows = columns, nil
	for src.Next() {
		row, err := src.Values()
		if err != nil {
			return 0, errors.New("the server says: COPY failed: " + err.Error()) // as text, as a server would
		}
		f.rows = append(f.rows, append([]any(nil), row...))
	}
	return int64(len(f.rows)), src.Err()
}

// fakeRows are open and have no row; the connection can be seen.
type fakeRows struct{ pgx.Rows }

func (fakeRows) Conn() *pgx.Conn { return &pgx.Conn{} }
func (fakeRows) Next() bool      { return false }
func (fakeRows) Close()          {}
func (fakeRows) Scan(...any) error {
	return errors.New("nothing to scan")
}

type fakeRow struct{}

func (fakeRow) Scan(...any) error { return nil }

type fakeResults struct {
	pgx.BatchResults
	batch *pgx.Batch
}

func (fakeResults) Exec() (pgconn.CommandTag, error) { return pgconn.CommandTag{}, nil }
func (fakeResults) Query() (pgx.Rows, error)         { return fakeRows{}, nil }
func (r fakeResults) Close() error {
	for _, q := range r.batch.QueuedQueries {
		if err := q.Fn(r); err != nil {
			return err
		}
	}
	return nil
}

func policy() scope.Policy {
	return scope.Policy{
		Dialect: scope.Postgres, Column: "tenant_id", Default: scope.PerTenant,
		Tables: map[string]scope.Table{"countries": {Class: scope.Shared}},
		Catalogue: &scope.Catalogue{Tables: map[string]scope.CatalogueTable{
			"contacts":  {Columns: []scope.CatalogueColumn{{Name: "id", Type: "integer"}, {Name: "tenant_id", Type: "text"}}},
			"countries": {Columns: []scope.CatalogueColumn{{Name: "code", Type: "text"}}},
		}},
	}
}

func newFake(t *testing.T) (*statements, *fake) {
	t.Helper()
	gate, err := scope.NewGate(policy())
	require.NoError(t, err)
	f := &fake{}
	session := gate.Session(nil)
	return &statements{acquire: func(context.Context) (*connection, error) {
		return &connection{to: f, session: session, pool: f}, nil
	}}, f
}

var acme = tenant.WithID(context.Background(), "acme")

func TestSent(t *testing.T) {
	named := pgx.NamedArgs{"id": 7, "unused": 8}
	for _, c := range []struct {
		name string
		sql  string
		args []any
		want string
	}{
		{"values", "SELECT id FROM contacts WHERE id = $1", []any{7}, `SELECT id FROM contacts WHERE contacts."tenant_id" = $2 AND (id = $1) [7 acme]`},
		{"names", "SELECT id FROM contacts WHERE id = @id OR id > @id", []any{named}, `SELECT id FROM contacts WHERE contacts."tenant_id" = $2 AND (id = $1 OR id > $1) [7 acme]`},
		{"names are not for strings", "SELECT id, '@id' FROM contacts WHERE id = @id", []any{named}, `SELECT id, '@id' FROM contacts WHERE contacts."tenant_id" = $2 AND (id = $1) [7 acme]`},
		{"options", "SELECT id FROM contacts", []any{pgx.QueryResultFormats{1}, pgx.QueryExecModeExec, pgx.QueryResultFormatsByOID{1: 1}},
			`SELECT id FROM contacts WHERE contacts."tenant_id" = $1 [[1] exec map[1:1] acme]`},
		{"options and names", "SELECT id FROM contacts WHERE id = @id", []any{pgx.QueryExecModeDescribeExec, named, pgx.QueryResultFormats{1}},
			`SELECT id FROM contacts WHERE contacts."tenant_id" = $2 AND (id = $1) [describe exec [1] 7 acme]`},
		{"the last names count", "SELECT id FROM contacts WHERE id = @id", []any{pgx.NamedArgs{"id": 1}, named}, `SELECT id FROM contacts WHERE contacts."tenant_id" = $2 AND (id = $1) [7 acme]`},
		{"a shared table", "SELECT code FROM countries", nil, `SELECT code FROM countries []`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, f := newFake(t)
			given := append([]any(nil), c.args...)
			_, err := s.Query(acme, c.sql, c.args...)
			require.NoError(t, err)
			require.NoError(t, s.QueryRow(acme, c.sql, c.args...).Scan())
			require.Equal(t, []string{c.want, c.want}, f.sent)
			require.Equal(t, given, c.args)
		})
	}
	s, f := newFake(t)
	_, err := s.Exec(acme, "DELETE FROM contacts WHERE id = @id", pgx.QueryExecModeExec, named)
	require.NoError(t, err)
	require.Equal(t, []string{`DELETE FROM contacts WHERE contacts."tenant_id" = $2 AND (id = $1) [exec 7 acme]`}, f.sent)
}

func TestOptionsRefused(t *testing.T) {
	s, f := newFake(t)
	const sql = "SELECT id FROM contacts WHERE id = $1"
	refused := func(name string, err error) {
		t.Helper()
		var r *scope.RefusedError
		require.ErrorAs(t, err, &r, name)
		require.Equal(t, scope.ReasonPlaceholder, r.Reason, name)
	}
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeSimpleProtocol, 0, 77} {
		_, err := s.Query(acme, sql, mode, 1)
		refused("query", err)
		_, err = s.Exec(acme, sql, mode, pgx.QueryExecModeExec, 1)
		refused("exec", err)
		_, err = s.Exec(tenant.AcrossAll(context.Background(), "test"), sql, mode, 1)
		refused("across all", err)
	}
	_, err := s.Exec(acme, sql, pgx.QueryResultFormats{1})
	refused("formats are no option of Exec", err)
	_, err = s.Query(acme, sql, 1, pgx.QueryExecModeExec)
	refused("an option after a value", err)
	for _, option := range []any{pgx.QueryExecModeExec, pgx.QueryResultFormats{1}, pgx.QueryExecModeSimpleProtocol} {
		b := &pgx.Batch{}
		b.Queue(sql, option)
		refused("no option of a batch", s.SendBatch(acme, b).Close())
	}
	_, err = s.Query(acme, sql, pgx.StrictNamedArgs{"id": 1})
	require.ErrorContains(t, err, "not found in sql query")
	_, err = s.Query(acme, sql, nil, nil)
	require.ErrorContains(t, err, "1 placeholders, 2 arguments")
	require.Empty(t, f.sent)
}

func TestBatch(t *testing.T) {
	s, f := newFake(t)
	var called []string
	note := func(name string) func(pgconn.CommandTag) error {
		return func(pgconn.CommandTag) error { called = append(called, name); return nil }
	}
	b := &pgx.Batch{}
	b.Queue("DELETE FROM contacts WHERE id = $1", 1).Exec(note("first"))
	b.Queue("DELETE FROM contacts WHERE id = @id", pgx.NamedArgs{"id": 2})
	late := b.Queue("SELECT code FROM countries")
	br := s.SendBatch(acme, b)
	late.Exec(note("late"))
	require.NoError(t, br.Close())
	require.Equal(t, []string{"first", "late"}, called)
	require.Equal(t, []string{
		`DELETE FROM contacts WHERE contacts."tenant_id" = $2 AND (id = $1) [1 acme]`,
		`DELETE FROM contacts WHERE contacts."tenant_id" = $2 AND (id = $1) [2 acme]`,
		`SELECT code FROM countries []`,
	}, f.sent)
	require.NotSame(t, b, f.batch)
	require.Equal(t, "DELETE FROM contacts WHERE id = @id", b.QueuedQueries[1].SQL, "the application's batch is left as it is")
	require.Equal(t, []any{pgx.NamedArgs{"id": 2}}, b.QueuedQueries[1].Arguments)

	stop := errors.New("stop")
	b = &pgx.Batch{}
	b.Queue("SELECT code FROM countries").Query(func(rows pgx.Rows) error {
		require.Nil(t, rows.Conn())
		return stop
	})
	br = s.SendBatch(acme, b)
	rows, err := br.Query()
	require.NoError(t, err)
	require.Nil(t, rows.Conn())
	b.QueuedQueries[0].Fn = func(pgx.BatchResults) error { return stop }
	require.ErrorIs(t, br.Close(), stop)
	require.ErrorIs(t, s.SendBatch(context.Background(), b).Close(), scope.ErrNoTenant)
}

func TestCopyFrom(t *testing.T) {
	s, f := newFake(t)
	n, err := s.CopyFrom(acme, pgx.Identifier{"contacts"}, []string{"id"}, pgx.CopyFromRows([][]any{{1}, {2}}))
	require.NoError(t, err)
	require.EqualValues(t, 2, n)
	require.Equal(t, []string{"id", "tenant_id"}, f.copy)
	require.Equal(t, [][]any{{1, "acme"}, {2, "acme"}}, f.rows)

	_, err = s.CopyFrom(acme, pgx.Identifier{"contacts"}, []string{"tenant_id"}, pgx.CopyFromRows([][]any{{"acme"}, {"bolt"}}))
	var refused *scope.RefusedError
	require.ErrorAs(t, err, &refused, "our error, not the server's about it")
	require.Equal(t, [][]any{{"acme"}}, f.rows)

	broken := errors.New("broken")
	_, err = s.CopyFrom(acme, pgx.Identifier{"contacts"}, []string{"id"}, pgx.CopyFromFunc(func() ([]any, error) { return nil, broken }))
	require.ErrorContains(t, err, "broken")
	f.copy = nil
	_, err = s.CopyFrom(acme, pgx.Identifier{"countries"}, []string{"code"}, pgx.CopyFromRows(nil))
	require.ErrorIs(t, err, scope.ErrRefused)
	require.Nil(t, f.copy)
}

// TestGivenBack: whatever becomes of a call, its connection is given back once.
func TestGivenBack(t *testing.T) {
	none := context.Background()
	row := pgx.CopyFromRows([][]any{{1}})
	for name, run := range map[string]func(s *statements){
		"exec":         func(s *statements) { _, _ = s.Exec(acme, "DELETE FROM contacts") },
		"exec refused": func(s *statements) { _, _ = s.Exec(none, "DELETE FROM contacts") },
		"read":         func(s *statements) { r, _ := s.Query(acme, "SELECT id FROM contacts"); r.Next(); r.Next(); r.Close() },
		"closed":       func(s *statements) { r, _ := s.Query(acme, "SELECT id FROM contacts"); r.Close(); r.Close() },
		"scan fails":   func(s *statements) { r, _ := s.Query(acme, "SELECT id FROM contacts"); _ = r.Scan(); r.Close() },
		"query refused": func(s *statements) {
			r, _ := s.Query(none, "SELECT id FROM contacts")
			r.Next()
			r.Close()
		},
		"row":           func(s *statements) { r := s.QueryRow(acme, "SELECT id FROM contacts"); _ = r.Scan(); _ = r.Scan() },
		"row refused":   func(s *statements) { _ = s.QueryRow(none, "SELECT id FROM contacts").Scan() },
		"batch":         func(s *statements) { r := s.SendBatch(acme, &pgx.Batch{}); _ = r.Close(); _ = r.Close() },
		"batch refused": func(s *statements) { b := &pgx.Batch{}; b.Queue("x"); _ = s.SendBatch(acme, b).Close() },
		"copy":          func(s *statements) { _, _ = s.CopyFrom(acme, pgx.Identifier{"contacts"}, []string{"id"}, row) },
		"copy refused":  func(s *statements) { _, _ = s.CopyFrom(none, pgx.Identifier{"contacts"}, []string{"id"}, row) },
	} {
		s, f := newFake(t)
		run(s)
		require.Equal(t, 1, f.given, name)
	}
}

// TestNew: the mode is looked at before anything is opened.
func TestNew(t *testing.T) {
	open := func(dsn string) error {
		pool, err := pgxpool.New(context.Background(), dsn)
		require.NoError(t, err)
		defer pool.Close()
		_, err = New(pool, policy())
		return err
	}
	require.NoError(t, open("host=127.0.0.1 port=1"))
	require.NoError(t, open("host=127.0.0.1 port=1 default_query_exec_mode=exec"))
	require.ErrorIs(t, open("host=127.0.0.1 port=1 default_query_exec_mode=simple_protocol"), scope.ErrRefused)
	_, err := New(nil, policy())
	require.Error(t, err)
	_, err = NewConn(nil, policy())
	require.Error(t, err)
}
