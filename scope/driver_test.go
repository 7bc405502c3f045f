package scope_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"reflect"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
)

// fake is a driver that has every optional interface of database/sql/driver
// and notes which of them was called.
type fake struct {
	mu   sync.Mutex
	log  []string
	bare bool // a driver with none of the optional interfaces
	skip bool // QueryContext and ExecContext answer driver.ErrSkip, as go-sql-driver/mysql does
}

func (f *fake) note(s string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.log = append(f.log, s)
}

func (f *fake) take() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	log := f.log
	f.log = nil
	return log
}

func (f *fake) Connect(context.Context) (driver.Conn, error) {
	f.note("Connect")
	if f.bare {
		return &bareConn{f}, nil
	}
	return &fullConn{bareConn{f}}, nil
}
func (f *fake) Driver() driver.Driver            { return f }
func (f *fake) Open(string) (driver.Conn, error) { return f.Connect(context.Background()) }
func (f *fake) Close() error                     { f.note("connector.Close"); return nil }

type bareConn struct{ f *fake }

func (c *bareConn) Prepare(q string) (driver.Stmt, error) {
	if asksSettings(q) {
		return settingStmt{}, nil
	}
	c.f.note("Prepare " + q)
	return &bareStmt{c.f}, nil
}
func (c *bareConn) Close() error              { c.f.note("conn.Close"); return nil }
func (c *bareConn) Begin() (driver.Tx, error) { c.f.note("Begin"); return fakeTx{c.f}, nil }

type fullConn struct{ bareConn }

func (c *fullConn) PrepareContext(_ context.Context, q string) (driver.Stmt, error) {
	c.f.note("PrepareContext " + q)
	return &fullStmt{bareStmt{c.f}}, nil
}
func (c *fullConn) BeginTx(_ context.Context, o driver.TxOptions) (driver.Tx, error) {
	c.f.note("BeginTx")
	if o.ReadOnly {
		c.f.note("read-only")
	}
	return fakeTx{c.f}, nil
}
func (c *fullConn) QueryContext(_ context.Context, q string, args []driver.NamedValue) (driver.Rows, error) {
	switch {
	case asksSettings(q):
		return settingStmt{}.Query(nil)
	case c.f.skip:
		return nil, driver.ErrSkip
	}
	c.f.note("QueryContext " + q)
	return &fakeRows{}, nil
}
func (c *fullConn) ExecContext(_ context.Context, q string, args []driver.NamedValue) (driver.Result, error) {
	if c.f.skip {
		return nil, driver.ErrSkip
	}
	c.f.note("ExecContext " + q)
	return driver.RowsAffected(1), nil
}
func (c *fullConn) Ping(context.Context) error         { c.f.note("Ping"); return nil }
func (c *fullConn) ResetSession(context.Context) error { c.f.note("ResetSession"); return nil }
func (c *fullConn) IsValid() bool                      { c.f.note("IsValid"); return true }
func (c *fullConn) CheckNamedValue(nv *driver.NamedValue) error {
	if s, ok := nv.Value.(special); ok {
		c.f.note("CheckNamedValue " + string(s))
		nv.Value = string(s)
		return nil
	}
	return driver.ErrSkip
}

// special is a type that only the fake driver can convert.
type special string

type bareStmt struct{ f *fake }

func (s *bareStmt) Close() error  { s.f.note("stmt.Close"); return nil }
func (s *bareStmt) NumInput() int { return -1 }
func (s *bareStmt) Exec([]driver.Value) (driver.Result, error) {
	s.f.note("stmt.Exec")
	return driver.RowsAffected(1), nil
}
func (s *bareStmt) Query([]driver.Value) (driver.Rows, error) {
	s.f.note("stmt.Query")
	return &fakeRows{}, nil
}

type fullStmt struct{ bareStmt }

func (s *fullStmt) ExecContext(context.Context, []driver.NamedValue) (driver.Result, error) {
	s.f.note("stmt.ExecContext")
	return driver.RowsAffected(1), nil
}
func (s *fullStmt) QueryContext(context.Context, []driver.NamedValue) (driver.Rows, error) {
	s.f.note("stmt.QueryContext")
	return &fakeRows{}, nil
}

type fakeTx struct{ f *fake }

func (t fakeTx) Commit() error   { t.f.note("Commit"); return nil }
func (t fakeTx) Rollback() error { t.f.note("Rollback"); return nil }

// fakeRows has the column type interfaces.
type fakeRows struct{ sets int }

func (*fakeRows) Columns() []string                                 { return []string{"id"} }
func (*fakeRows) Close() error                                      { return nil }
func (*fakeRows) Next([]driver.Value) error                         { return io.EOF }
func (r *fakeRows) HasNextResultSet() bool                          { return r.sets == 0 }
func (r *fakeRows) NextResultSet() error                            { r.sets++; return nil }
func (*fakeRows) ColumnTypeScanType(int) reflect.Type               { return reflect.TypeFor[special]() }
func (*fakeRows) ColumnTypeDatabaseTypeName(int) string             { return "SPECIAL" }
func (*fakeRows) ColumnTypeLength(int) (int64, bool)                { return 7, true }
func (*fakeRows) ColumnTypeNullable(int) (bool, bool)               { return true, true }
func (*fakeRows) ColumnTypePrecisionScale(int) (int64, int64, bool) { return 5, 2, true }

func openFake(t *testing.T, f *fake) *sql.DB {
	t.Helper()
	db, err := scope.OpenDB(f, goldenPolicy(scope.MySQL))
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	return db
}

const (
	asked = "SELECT id FROM contacts WHERE id = ?"
	sent  = "SELECT id FROM contacts WHERE contacts.`tenant_id` = ? AND (id = ?)"
)

// TestInterfacesSurvive: what the inner driver can do, the wrapped one does by
// the same way.
func TestInterfacesSurvive(t *testing.T) {
	ctx := as("acme")
	query := func(t *testing.T, db *sql.DB, args ...any) {
		rows, err := db.QueryContext(ctx, asked, args...)
		require.NoError(t, err)
		require.NoError(t, rows.Close())
	}
	for _, c := range []struct {
		name string
		f    *fake
		do   func(t *testing.T, db *sql.DB)
		want []string
	}{
		{"QueryerContext", &fake{}, func(t *testing.T, db *sql.DB) { query(t, db, 1) }, []string{"Connect", "QueryContext " + sent, "IsValid"}},
		{"ExecerContext", &fake{}, func(t *testing.T, db *sql.DB) {
			_, err := db.ExecContext(ctx, "DELETE FROM contacts")
			require.NoError(t, err)
		}, []string{"Connect", "ExecContext DELETE FROM contacts WHERE contacts.`tenant_id` = ?", "IsValid"}},
		{"ErrSkip", &fake{skip: true}, func(t *testing.T, db *sql.DB) { query(t, db, 1) },
			[]string{"Connect", "PrepareContext " + sent, "stmt.QueryContext", "stmt.Close", "IsValid"}},
		{"none of them", &fake{bare: true}, func(t *testing.T, db *sql.DB) { query(t, db, 1) },
			[]string{"Connect", "Prepare " + sent, "stmt.Query", "stmt.Close"}},
		{"none, exec and begin", &fake{bare: true}, func(t *testing.T, db *sql.DB) {
			tx, err := db.BeginTx(ctx, nil)
			require.NoError(t, err)
			_, err = tx.ExecContext(ctx, "DELETE FROM contacts")
			require.NoError(t, err)
			require.NoError(t, tx.Rollback())
			_, err = db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
			require.Error(t, err)
			require.NoError(t, db.PingContext(ctx))
		}, []string{"Connect", "Begin", "Prepare DELETE FROM contacts WHERE contacts.`tenant_id` = ?", "stmt.Exec", "stmt.Close", "Rollback"}},
		{"ConnBeginTx", &fake{}, func(t *testing.T, db *sql.DB) {
			tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
			require.NoError(t, err)
			require.NoError(t, tx.Commit())
		}, []string{"Connect", "BeginTx", "read-only", "Commit", "IsValid"}},
		{"ConnPrepareContext, Stmt", &fake{}, func(t *testing.T, db *sql.DB) {
			st, err := db.PrepareContext(ctx, asked)
			require.NoError(t, err)
			for range 2 {
				rows, err := st.QueryContext(ctx, 1)
				require.NoError(t, err)
				require.NoError(t, rows.Close())
			}
			_, err = st.ExecContext(ctx, 1)
			require.NoError(t, err)
			require.NoError(t, st.Close())
		}, []string{"Connect", "IsValid", "ResetSession", "PrepareContext " + sent, "stmt.QueryContext", "IsValid",
			"ResetSession", "stmt.QueryContext", "IsValid", "ResetSession", "stmt.ExecContext", "IsValid", "stmt.Close"}},
		{"Pinger, SessionResetter, Validator", &fake{}, func(t *testing.T, db *sql.DB) {
			require.NoError(t, db.PingContext(ctx))
			require.NoError(t, db.PingContext(ctx))
		}, []string{"Connect", "Ping", "IsValid", "ResetSession", "Ping", "IsValid"}},
		{"NamedValueChecker", &fake{}, func(t *testing.T, db *sql.DB) { query(t, db, special("x")) },
			[]string{"Connect", "CheckNamedValue x", "QueryContext " + sent, "IsValid"}},
		{"NamedValueChecker, prepared", &fake{skip: true}, func(t *testing.T, db *sql.DB) { query(t, db, special("x")) },
			[]string{"Connect", "CheckNamedValue x", "PrepareContext " + sent, "CheckNamedValue x", "stmt.QueryContext", "stmt.Close", "IsValid"}},
		{"io.Closer", &fake{}, func(t *testing.T, db *sql.DB) { require.NoError(t, db.Close()) }, []string{"connector.Close"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := openFake(t, c.f)
			c.do(t, db)
			require.Equal(t, c.want, c.f.take())
			require.NoError(t, db.Close())
		})
	}
}

// TestRowsAreNotWrapped: every interface of Rows is there because Rows is the
// driver's own.
func TestRowsAreNotWrapped(t *testing.T) {
	db := openFake(t, &fake{})
	defer db.Close()
	rows, err := db.QueryContext(as("acme"), asked, 1)
	require.NoError(t, err)
	defer rows.Close()
	types, err := rows.ColumnTypes()
	require.NoError(t, err)
	require.Equal(t, "SPECIAL", types[0].DatabaseTypeName())
	require.Equal(t, reflect.TypeFor[special](), types[0].ScanType())
	n, ok := types[0].Length()
	require.True(t, ok)
	require.EqualValues(t, 7, n)
	nullable, ok := types[0].Nullable()
	require.True(t, ok && nullable)
	precision, scale, ok := types[0].DecimalSize()
	require.True(t, ok)
	require.EqualValues(t, 5, precision)
	require.EqualValues(t, 2, scale)
	require.False(t, rows.Next())
	require.True(t, rows.NextResultSet())
}

// TestRefusalLeavesTheConnection: after a refusal connection and transaction
// are as they were.
func TestRefusalLeavesTheConnection(t *testing.T) {
	f := &fake{}
	db := openFake(t, f)
	defer db.Close()
	tx, err := db.BeginTx(as("acme"), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(as("acme"), "DROP TABLE contacts")
	require.ErrorIs(t, err, scope.ErrRefused)
	_, err = tx.ExecContext(as("acme"), "DELETE FROM contacts")
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	require.Equal(t, []string{"Connect", "BeginTx", "ExecContext DELETE FROM contacts WHERE contacts.`tenant_id` = ?", "Commit", "IsValid"}, f.take())
}

// TestArgumentCount: too many or too few arguments are an error, not a shift of
// the tenant's.
func TestArgumentCount(t *testing.T) {
	f := &fake{}
	db := openFake(t, f)
	defer db.Close()
	for _, args := range [][]any{nil, {1, 2}, {"bolt", 1}} {
		_, err := db.QueryContext(as("acme"), asked, args...)
		require.Error(t, err)
		st, err := db.PrepareContext(as("acme"), asked)
		require.NoError(t, err)
		_, err = st.QueryContext(as("acme"), args...)
		require.Error(t, err)
		require.NoError(t, st.Close())
	}
	for _, line := range f.take() {
		require.NotContains(t, line, "Query")
	}
}
