package scope_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// sessions is a server that gives each new connection the next of its settings
// and notes what reaches it: "2 ask" is the second connection asked for its
// modes, and "2 pin" if they are set at the same time.
type sessions struct {
	settings [][2]string
	fail     error // of the next question
	log      []string
	opened   int
}

func (s *sessions) take() []string {
	log := s.log
	s.log = nil
	return log
}

func (s *sessions) Driver() driver.Driver { return nil }

func (s *sessions) Connect(context.Context) (driver.Conn, error) {
	s.opened++
	return &sessionConn{s, s.opened, s.settings[min(s.opened, len(s.settings))-1]}, nil
}

type sessionConn struct {
	server  *sessions
	n       int
	setting [2]string
}

func (c *sessionConn) note(what string) {
	c.server.log = append(c.server.log, fmt.Sprintf("%d %s", c.n, what))
}

func (c *sessionConn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not here") }
func (c *sessionConn) Close() error                        { return nil }
func (c *sessionConn) Begin() (driver.Tx, error)           { return c, nil }
func (c *sessionConn) Commit() error                       { c.note("commit"); return nil }
func (c *sessionConn) Rollback() error                     { c.note("rollback"); return nil }

func (c *sessionConn) QueryContext(_ context.Context, query string, _ []driver.NamedValue) (driver.Rows, error) {
	if !strings.Contains(query, "sql_mode") && !strings.Contains(query, "standard_conforming_strings") {
		c.note(query)
		return &settingRows{done: true}, nil
	}
	if c.note("ask"); strings.Contains(query, "set_config") {
		c.server.log[len(c.server.log)-1] = fmt.Sprintf("%d pin", c.n)
	}
	if err := c.server.fail; err != nil {
		c.server.fail = nil
		return nil, err
	}
	return &settingRows{row: c.setting}, nil
}

func (c *sessionConn) ExecContext(_ context.Context, query string, _ []driver.NamedValue) (driver.Result, error) {
	c.note(query)
	return driver.RowsAffected(0), nil
}

type settingRows struct {
	row  [2]string
	done bool
}

func (*settingRows) Columns() []string { return []string{"a", "b"} }
func (*settingRows) Close() error      { return nil }
func (r *settingRows) Next(to []driver.Value) error {
	if r.done {
		return io.EOF
	}
	r.done = true
	to[0], to[1] = []byte(r.row[0]), r.row[1] // drivers give either
	return nil
}

func openSessions(t *testing.T, d scope.Dialect, s *sessions) *sql.DB {
	t.Helper()
	db, err := scope.OpenDB(s, goldenPolicy(d), scope.OnCrossing(func(context.Context, scope.Crossing) {}))
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

const (
	quoted       = `SELECT id FROM contacts WHERE name = 'x\' OR 1 = 1 -- '`
	quotedMySQL  = "SELECT id FROM contacts WHERE contacts.`tenant_id` = ? AND (name = 'x\\' OR 1 = 1 -- ')"
	quotedMySQL2 = "SELECT id FROM contacts WHERE contacts.`tenant_id` = ? AND (name = 'x\\' OR 1 = 1) -- '"
	plainText    = "SELECT id FROM contacts WHERE name = 'it''s'"
	plainSent    = "SELECT id FROM contacts WHERE contacts.`tenant_id` = ? AND (name = 'it''s')"
)

// TestSessionIsAskedOnce: each connection, in MySQL before its first statement and
// in PostgreSQL for a text that depends on the answer. The connections of a pool
// may differ.
func TestSessionIsAskedOnce(t *testing.T) {
	server := &sessions{settings: [][2]string{{"STRICT_TRANS_TABLES", "utf8mb4"}, {"ANSI_QUOTES,NO_BACKSLASH_ESCAPES", "utf8mb3"}}}
	db := openSessions(t, scope.MySQL, server)
	ctx := as("acme")
	var conns []*sql.Conn
	for range 2 {
		c, err := db.Conn(ctx)
		require.NoError(t, err)
		defer c.Close()
		conns = append(conns, c)
	}
	run := func(i int, query string) error {
		rows, err := conns[i].QueryContext(ctx, query)
		if err == nil {
			err = rows.Close()
		}
		return err
	}
	for i := range conns {
		require.NoError(t, run(i, plainText))
	}
	require.Equal(t, []string{"1 ask", "1 " + plainSent, "2 ask", "2 " + plainSent}, server.take())
	for range 2 {
		for i := range conns {
			require.NoError(t, run(i, quoted))
			require.NoError(t, run(i, plainText))
		}
	}
	require.Equal(t, []string{"1 " + quotedMySQL, "1 " + plainSent, "2 " + quotedMySQL2, "2 " + plainSent,
		"1 " + quotedMySQL, "1 " + plainSent, "2 " + quotedMySQL2, "2 " + plainSent}, server.take())
	// A name to one of them, a string to the other.
	require.ErrorIs(t, run(0, `SELECT "id" FROM "contacts"`), scope.ErrRefused)
	require.NoError(t, run(1, `SELECT "id" FROM "contacts"`))
	require.Equal(t, []string{"2 SELECT \"id\" FROM \"contacts\" WHERE \"contacts\".`tenant_id` = ?"}, server.take())
	server = &sessions{settings: [][2]string{{"on", "UTF8"}}}
	_, err := openSessions(t, scope.Postgres, server).ExecContext(ctx, "DELETE FROM contacts")
	require.NoError(t, err)
	require.Equal(t, []string{`1 DELETE FROM contacts WHERE contacts."tenant_id" = $1`}, server.take())
}

// TestSessionOfOtherWays: Exec and Prepare ask as Query does.
func TestSessionOfOtherWays(t *testing.T) {
	server := &sessions{settings: [][2]string{{"", "utf8mb4"}}}
	db := openSessions(t, scope.MySQL, server)
	_, err := db.ExecContext(as("acme"), `UPDATE contacts SET name = "x"`)
	require.NoError(t, err)
	require.Equal(t, []string{"1 ask", "1 UPDATE contacts SET name = \"x\" WHERE contacts.`tenant_id` = ?"}, server.take())
	db = openSessions(t, scope.MySQL, server)
	_, err = db.PrepareContext(as("acme"), `UPDATE contacts SET name = "x" WHERE "y`)
	require.ErrorIs(t, err, scope.ErrRefused)
	require.Equal(t, []string{"2 ask"}, server.take())
}

// TestSessionInTransaction: what PostgreSQL says in a transaction is good until
// its end, because that may undo what was set. Outside, asking sets it.
func TestSessionInTransaction(t *testing.T) {
	server := &sessions{settings: [][2]string{{"off", "UTF8"}}}
	db := openSessions(t, scope.Postgres, server)
	db.SetMaxOpenConns(1)
	const query, sent = `DELETE FROM contacts WHERE name = 'it\'s'`, `DELETE FROM contacts WHERE contacts."tenant_id" = $1 AND (name = 'it\'s')`
	for _, end := range []string{"commit", "rollback"} {
		tx, err := db.BeginTx(as("acme"), nil)
		require.NoError(t, err)
		for range 2 {
			_, err = tx.ExecContext(as("acme"), query)
			require.NoError(t, err)
		}
		if end == "commit" {
			require.NoError(t, tx.Commit())
		} else {
			require.NoError(t, tx.Rollback())
		}
		require.Equal(t, []string{"1 ask", "1 " + sent, "1 " + sent, "1 " + end}, server.take())
	}
	_, err := db.ExecContext(as("acme"), query)
	require.NoError(t, err)
	tx, err := db.BeginTx(as("acme"), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(as("acme"), query)
	require.NoError(t, err)
	require.NoError(t, tx.Rollback())
	_, err = db.ExecContext(as("acme"), query)
	require.NoError(t, err)
	require.Equal(t, []string{"1 pin", "1 " + sent, "1 " + sent, "1 rollback", "1 " + sent}, server.take())
}

// TestSessionAfterAcrossAll: nobody looked at the functions of that statement,
// so it may have changed the modes.
func TestSessionAfterAcrossAll(t *testing.T) {
	server := &sessions{settings: [][2]string{{"on", "UTF8"}}}
	db := openSessions(t, scope.Postgres, server)
	db.SetMaxOpenConns(1)
	all := tenant.AcrossAll(context.Background(), "test")
	const query, sent = `DELETE FROM contacts WHERE name = '\'`, `DELETE FROM contacts WHERE contacts."tenant_id" = $1 AND (name = '\')`
	for range 2 {
		_, err := db.ExecContext(as("acme"), query)
		require.NoError(t, err)
	}
	_, err := db.ExecContext(all, `SELECT switch_to_backslashes()`)
	require.NoError(t, err)
	_, err = db.ExecContext(as("acme"), query)
	require.NoError(t, err)
	require.Equal(t, []string{"1 pin", "1 " + sent, "1 " + sent, "1 SELECT switch_to_backslashes()", "1 pin", "1 " + sent}, server.take())
	_, err = db.ExecContext(all, `DELETE FROM contacts WHERE name = '\'; DELETE FROM companies --'`)
	require.ErrorIs(t, err, scope.ErrRefused, "across all tenants as well")
	require.Empty(t, server.take())
}

// TestSessionAfterUnscoped: the connection is in use for a while yet.
func TestSessionAfterUnscoped(t *testing.T) {
	server := &sessions{settings: [][2]string{{"", "utf8mb4"}}}
	c, err := openSessions(t, scope.MySQL, server).Conn(t.Context())
	require.NoError(t, err)
	defer c.Close()
	run := func() {
		_, err := c.ExecContext(as("acme"), quoted)
		require.NoError(t, err)
	}
	run()
	require.Equal(t, []string{"1 ask", "1 " + quotedMySQL}, server.take())
	require.NoError(t, scope.Unscoped(tenant.AcrossAll(context.Background(), "test"), c, func(inner any) error {
		inner.(*sessionConn).setting[0] = "NO_BACKSLASH_ESCAPES"
		return nil
	}))
	run()
	require.Equal(t, []string{"1 ask", "1 " + quotedMySQL2}, server.take())
}

// TestSessionRefused: settings under which texts are split in ways that nobody
// here knows, and a question without an answer. Nothing is sent; in PostgreSQL
// texts that do not depend on it are.
func TestSessionRefused(t *testing.T) {
	const letters, lettersSent = "SELECT id FROM contacts WHERE name = 'Zoë'", "= 'Zoë'"
	for _, c := range []struct {
		d       scope.Dialect
		setting [2]string
		says    string
	}{
		{scope.MySQL, [2]string{"", "gbk"}, "gbk"},
		{scope.MySQL, [2]string{"", "sjis"}, "sjis"},
		{scope.MySQL, [2]string{"", ""}, "character set"},
		{scope.MySQL, [2]string{"PIPES_AS_CONCAT,ANSI_QUOTES,IGNORE_SPACE,ORACLE,NO_KEY_OPTIONS", "utf8mb4"}, "ORACLE"},
		{scope.Postgres, [2]string{"on", "SJIS"}, "SJIS"},
	} {
		server := &sessions{settings: [][2]string{c.setting}}
		db := openSessions(t, c.d, server)
		for _, query := range []string{quoted, letters} {
			_, err := db.ExecContext(as("acme"), query)
			require.ErrorContains(t, err, c.says, query)
		}
		for _, line := range server.take() {
			require.NotContains(t, line, "SELECT")
		}
		for _, ctx := range []context.Context{as("acme"), tenant.AcrossAll(context.Background(), "test")} {
			_, err := db.ExecContext(ctx, plainText)
			if c.d == scope.Postgres {
				require.NoError(t, err)
				continue
			}
			require.ErrorContains(t, err, c.says, "arguments in the text, and the language of it, are another matter")
			for _, line := range server.take() {
				require.NotContains(t, line, "SELECT")
			}
		}
	}
	server := &sessions{settings: [][2]string{{"", "utf8mb4"}}, fail: &engineError{code: 7}}
	db := openSessions(t, scope.MySQL, server)
	_, err := db.ExecContext(as("acme"), letters)
	var engine *engineError
	require.ErrorAs(t, err, &engine)
	require.Equal(t, []string{"1 ask"}, server.take())
	_, err = db.ExecContext(as("acme"), letters)
	require.NoError(t, err)
	_, err = db.ExecContext(as("acme"), letters)
	require.NoError(t, err)
	log := server.take()
	require.Len(t, log, 3, "asked once")
	require.Equal(t, "1 ask", log[0])
	require.Contains(t, log[1], lettersSent)
	// SQLite has no such settings.
	server = &sessions{}
	server.settings = [][2]string{{}}
	db = openSessions(t, scope.SQLite, server)
	_, err = db.ExecContext(as("acme"), quoted)
	require.NoError(t, err)
	_, err = db.ExecContext(as("acme"), letters)
	require.NoError(t, err)
	require.NotContains(t, server.take(), "1 ask")
}
