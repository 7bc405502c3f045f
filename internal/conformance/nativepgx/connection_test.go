package nativepgx

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/scope/scopepgx"
	"github.com/gotenancy/tenancy/tenant"
)

// peek is a pgx.RowScanner that looks for a connection, also by way of another
// one.
type peek struct {
	id    int
	conns []*pgx.Conn
	inner *peek
}

// ScanRow implements pgx.RowScanner.
func (p *peek) ScanRow(rows pgx.Rows) error {
	p.conns = append(p.conns, rows.Conn())
	if p.inner != nil {
		return rows.Scan(p.inner)
	}
	return rows.Scan(&p.id)
}

// TestRowScanner: a destination that reads the row itself gets no connection.
func TestRowScanner(t *testing.T) {
	w := newWorld(t)
	const text = "SELECT id FROM contacts WHERE id = 2"
	check := func(p *peek, err error) {
		t.Helper()
		require.NoError(t, err)
		require.Equal(t, 2, p.inner.id)
		require.Equal(t, []*pgx.Conn{nil}, p.conns)
		require.Equal(t, []*pgx.Conn{nil}, p.inner.conns)
	}
	fresh := func() *peek { return &peek{inner: &peek{}} }
	tx, err := w.db.Begin(as("acme"))
	require.NoError(t, err)
	for _, db := range []dbtx{w.db, w.single(t), tx} {
		p := fresh()
		check(p, db.QueryRow(as("acme"), text).Scan(p))

		rows, err := db.Query(as("acme"), text)
		require.NoError(t, err)
		require.True(t, rows.Next())
		p = fresh()
		check(p, rows.Scan(p))
		rows.Close()

		p = fresh()
		b := &pgx.Batch{}
		b.Queue(text).QueryRow(func(row pgx.Row) error { return row.Scan(p) })
		q := fresh()
		b.Queue(text).Query(func(rows pgx.Rows) error {
			require.True(t, rows.Next())
			defer rows.Close()
			return rows.Scan(q)
		})
		check(p, db.SendBatch(as("acme"), b).Close())
		check(q, nil)

		p = fresh()
		b = &pgx.Batch{}
		b.Queue(text)
		br := db.SendBatch(as("acme"), b)
		check(p, br.QueryRow().Scan(p))
		require.NoError(t, br.Close())

		// pgx's own, and an error of one.
		rows, err = db.Query(as("acme"), text)
		require.NoError(t, err)
		m, err := pgx.CollectExactlyOneRow(rows, pgx.RowToMap)
		require.NoError(t, err)
		require.Equal(t, map[string]any{"id": int32(2)}, m)
		require.ErrorContains(t, db.QueryRow(as("acme"), "SELECT name FROM contacts WHERE id = 2").Scan(&peek{}), "cannot scan text")
	}
	require.NoError(t, tx.Rollback(plainCtx))
}

// curious is a pgx.QueryRewriter that looks for a connection.
type curious struct {
	asked int
	conn  *pgx.Conn
}

// RewriteQuery implements pgx.QueryRewriter.
func (c *curious) RewriteQuery(_ context.Context, conn *pgx.Conn, sql string, args []any) (string, []any, error) {
	c.asked++
	c.conn = conn
	return sql, args, nil
}

// TestRewriter: a rewriter of the application gets no connection.
func TestRewriter(t *testing.T) {
	w := newWorld(t)
	var c curious
	require.NoError(t, second(w.db.Exec(as("acme"), "SELECT id FROM contacts", &c)))
	require.NoError(t, w.db.QueryRow(as("acme"), "SELECT id FROM contacts", &c).Scan(new(int)))
	b := &pgx.Batch{}
	b.Queue("SELECT id FROM contacts", &c)
	require.NoError(t, w.db.SendBatch(as("acme"), b).Close())
	require.Equal(t, 3, c.asked)
	require.Nil(t, c.conn)
}

// TestModeOfAConnection: a hook may give a connection another mode than the
// pool's.
func TestModeOfAConnection(t *testing.T) {
	w := newWorld(t)
	config, err := pgxpool.ParseConfig(w.dsn)
	require.NoError(t, err)
	mode := pgx.QueryExecModeSimpleProtocol
	config.MaxConns = 1
	config.BeforeConnect = func(_ context.Context, c *pgx.ConnConfig) error {
		c.DefaultQueryExecMode = mode
		return nil
	}
	p, err := pgxpool.NewWithConfig(plainCtx, config)
	require.NoError(t, err)
	t.Cleanup(p.Close)
	db, err := scopepgx.New(p, policy())
	require.NoError(t, err)
	all := tenant.AcrossAll(plainCtx, "test")
	for range 2 { // the connection is given back, and still refused
		var refused *scope.RefusedError
		require.ErrorAs(t, second(db.Exec(as("acme"), "SELECT id FROM contacts WHERE name = $1", "x")), &refused)
		require.Equal(t, scope.ReasonPlaceholder, refused.Reason)
		require.ErrorIs(t, second(db.Begin(as("acme"))), scope.ErrRefused)
		require.ErrorIs(t, second(db.CopyFrom(as("acme"), pgx.Identifier{"contacts"}, []string{"id"}, pgx.CopyFromRows(nil))), scope.ErrRefused)
		require.ErrorIs(t, db.Unscoped(all, func(*pgx.Conn) error { panic("it was lent") }), scope.ErrRefused)
	}
	mode = pgx.QueryExecModeExec
	p.Reset()
	require.NoError(t, second(db.Exec(as("acme"), "SELECT id FROM contacts WHERE name = $1", "x")))
}
