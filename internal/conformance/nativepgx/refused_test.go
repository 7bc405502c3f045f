package nativepgx

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/scope/scopepgx"
	"github.com/gotenancy/tenancy/tenant"
)

// wire is what was written to the server.
type wire struct {
	mu   sync.Mutex
	sent []byte
}

func (w *wire) take() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	sent := string(w.sent)
	w.sent = nil
	return sent
}

type wiredConn struct {
	net.Conn
	wire *wire
}

func (c wiredConn) Write(p []byte) (int, error) {
	c.wire.mu.Lock()
	c.wire.sent = append(c.wire.sent, p...)
	c.wire.mu.Unlock()
	return c.Conn.Write(p)
}

// wired returns a DB on one connection, and what is written there.
func (w *world) wired(t *testing.T) (*scopepgx.DB, *wire) {
	t.Helper()
	config, err := pgx.ParseConfig(w.dsn)
	require.NoError(t, err)
	rec, dial := &wire{}, config.DialFunc
	config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		return wiredConn{c, rec}, err
	}
	conn, err := pgx.ConnectConfig(context.Background(), config)
	require.NoError(t, err)
	db, err := scopepgx.NewConn(conn, policy(), scope.OnCrossing(w.seen.add))
	require.NoError(t, err)
	t.Cleanup(db.Close)
	return db, rec
}

// requireSilent makes sure that nothing was written but the scoper's own
// questions, when it looks for a table or a column that it does not know.
func requireSilent(t *testing.T, rec *wire, name, text string) {
	t.Helper()
	sent := rec.take()
	if strings.Contains(sent, "FROM pg_catalog.") {
		require.NotContains(t, strings.ToLower(sent), strings.ToLower(text), name)
		return
	}
	require.Empty(t, sent, name)
}

type refusal struct {
	name   string
	ctx    context.Context
	query  string
	args   []any
	reason scope.Reason
}

var plainCtx = context.Background()

var refusals = []refusal{
	{"no tenant", plainCtx, "SELECT id FROM contacts", nil, scope.ReasonNoTenant},
	{"no tenant, shared", plainCtx, "SELECT code FROM countries WHERE code = $1", []any{"de"}, scope.ReasonNoTenant},
	{"two tenants", tenant.WithID(as("acme"), "bolt"), "SELECT id FROM contacts", nil, scope.ReasonConflict},
	{"an invalid tenant", as("ACME"), "SELECT id FROM contacts", nil, scope.ReasonNoTenant},
	{"global", tenant.Global(plainCtx), "SELECT id FROM contacts", nil, scope.ReasonMode},
	{"a write across", tenant.Across(plainCtx, "test", "acme", "bolt"), "DELETE FROM contacts", nil, scope.ReasonMode},
	{"unknown table", as("acme"), "SELECT id FROM nowhere", nil, scope.ReasonUnknownTable},
	{"server's table", as("acme"), "SELECT relname FROM pg_class", nil, scope.ReasonUnknownTable},
	{"second statement", as("acme"), "SELECT 1; DELETE FROM contacts", nil, scope.ReasonSecond},
	{"second statement across all", tenant.AcrossAll(plainCtx, "test"), "SELECT 1; DELETE FROM contacts", nil, scope.ReasonSecond},
	{"DDL", as("acme"), "DROP TABLE contacts", nil, scope.ReasonUnsupported},
	{"a shared table", as("acme"), "UPDATE countries SET title = $1", []any{"x"}, scope.ReasonReadOnly},
	{"large objects", as("acme"), "SELECT lo_create($1)", []any{0}, scope.ReasonUnknownFunc},
	{"no statement", as("acme"), "", nil, scope.ReasonNotUnderstood},
	{"a name nobody gave", as("acme"), "get_contact", []any{1}, scope.ReasonUnsupported},
	{"LISTEN", as("acme"), "LISTEN news", nil, scope.ReasonUnsupported},
	{"NOTIFY", as("acme"), "NOTIFY news, 'x'", nil, scope.ReasonUnsupported},
	{"COPY", as("acme"), "COPY contacts TO STDOUT", nil, scope.ReasonUnsupported},
	{"COPY across all", tenant.AcrossAll(plainCtx, "test"), "COPY contacts TO STDOUT", nil, scope.ReasonUnsupported},
	{"SET across all", tenant.AcrossAll(plainCtx, "test"), "SET search_path TO x", nil, scope.ReasonUnsupported},
	{"BEGIN", as("acme"), "BEGIN", nil, scope.ReasonUnsupported},
	{"PREPARE", as("acme"), "PREPARE p AS SELECT id FROM contacts", nil, scope.ReasonUnsupported},
	{"simple protocol", as("acme"), "SELECT id FROM contacts WHERE id = $1", []any{pgx.QueryExecModeSimpleProtocol, 1}, scope.ReasonPlaceholder},
	{"an option among the values", as("acme"), "SELECT id FROM contacts WHERE id = $1 OR id = $2", []any{1, pgx.QueryExecModeExec}, scope.ReasonPlaceholder},
	{"named arguments among the values", as("acme"), "SELECT id FROM contacts WHERE id = $1 OR id = $2", []any{1, pgx.NamedArgs{"id": 1}}, scope.ReasonPlaceholder},
	{"names that make another statement", as("acme"), "SELECT id FROM contacts WHERE id = @x; SELECT 1", []any{pgx.NamedArgs{"x": 1}}, scope.ReasonSecond},
	{"another tenant's id", as("acme"), "INSERT INTO contacts (id, tenant_id) VALUES ($1, $2)", []any{80, "bolt"}, scope.ReasonTenantColumn},
	{"another tenant's id by name", as("acme"), "INSERT INTO contacts (id, tenant_id) VALUES (80, @t)", []any{pgx.NamedArgs{"t": "bolt"}}, scope.ReasonTenantColumn},
}

// TestNothingIsSent goes through all the ways to send what must not be sent.
func TestNothingIsSent(t *testing.T) {
	w := newWorld(t)
	db, rec := w.wired(t)
	var n int
	require.NoError(t, db.QueryRow(as("acme"), "SELECT count(*) FROM contacts").Scan(&n))
	rec.take()
	for _, r := range refusals {
		check := func(way string, err error) {
			t.Helper()
			var refused *scope.RefusedError
			require.ErrorAs(t, err, &refused, "%s: %s", r.name, way)
			require.Equal(t, r.reason, refused.Reason, "%s: %s: %v", r.name, way, err)
		}
		all := func(q dbtx) {
			_, err := q.Exec(r.ctx, r.query, r.args...)
			check("exec", err)
			requireSilent(t, rec, r.name, r.query)
			rows, err := q.Query(r.ctx, r.query, r.args...)
			check("query", err)
			require.False(t, rows.Next())
			check("rows", rows.Err())
			rows.Close()
			requireSilent(t, rec, r.name, r.query)
			check("row", q.QueryRow(r.ctx, r.query, r.args...).Scan(new(int)))
			requireSilent(t, rec, r.name, r.query)
			b := &pgx.Batch{}
			b.Queue("SELECT 1")
			b.Queue(r.query, r.args...)
			b.Queue("DELETE FROM contacts")
			br := q.SendBatch(r.ctx, b)
			_, err = br.Exec()
			check("batch", err)
			_, err = br.Query()
			check("batch", err)
			check("batch", br.QueryRow().Scan(new(int)))
			check("batch", br.Close())
			requireSilent(t, rec, r.name, r.query)
		}
		all(db)
	}
	// The recorder does see what is let through.
	require.NoError(t, db.QueryRow(as("acme"), "SELECT count(*) FROM contacts").Scan(&n))
	require.Equal(t, 3, n)
	require.NotEmpty(t, rec.take())
}

// TestInTransaction: a refusal leaves the transaction as it was.
func TestInTransaction(t *testing.T) {
	w := newWorld(t)
	tx, err := w.db.Begin(as("acme"))
	require.NoError(t, err)
	for _, r := range refusals {
		if r.reason == scope.ReasonNoTenant || r.ctx == plainCtx {
			continue // in a transaction that is the transaction's tenant
		}
		_, err := tx.Exec(r.ctx, r.query, r.args...)
		require.ErrorIs(t, err, scope.ErrRefused, r.name)
		_, err = tx.CopyFrom(as("bolt"), pgx.Identifier{"contacts"}, []string{"id"}, pgx.CopyFromRows([][]any{{1}}))
		require.ErrorIs(t, err, tenant.ErrTenantConflict, r.name)
	}
	must(t, tx, "INSERT INTO contacts (id, name) VALUES (50, 'still alive')")
	require.NoError(t, tx.Commit(plainCtx))
	require.Contains(t, own(t, w.plain, "contacts", "acme", true), "still alive")
}

// TestClosed: what leads to an unscoped connection, or to objects of nobody.
func TestClosed(t *testing.T) {
	w := newWorld(t)
	rows, err := w.db.Query(as("acme"), "SELECT id FROM contacts")
	require.NoError(t, err)
	require.Nil(t, rows.Conn())
	rows.Close()
	require.Nil(t, rows.Conn())

	b := &pgx.Batch{}
	b.Queue("SELECT id FROM contacts")
	b.Queue("SELECT id FROM contacts").Query(func(rows pgx.Rows) error {
		require.Nil(t, rows.Conn())
		return nil
	})
	br := w.db.SendBatch(as("acme"), b)
	rows, err = br.Query()
	require.NoError(t, err)
	require.Nil(t, rows.Conn())
	rows.Close()
	require.NoError(t, br.Close())
	require.Equal(t, "SELECT id FROM contacts", b.QueuedQueries[0].SQL, "the application's batch is left as it is")
	require.Empty(t, b.QueuedQueries[0].Arguments)

	tx, err := w.db.Begin(as("acme"))
	require.NoError(t, err)
	defer tx.Rollback(plainCtx)
	in, err := tx.Begin(plainCtx)
	require.NoError(t, err)
	for _, tx := range []pgx.Tx{tx, in} {
		require.Nil(t, tx.Conn())
		require.PanicsWithValue(t, "scopepgx: large objects belong to no tenant; keep the bytes in a column of a tenant's table", func() { tx.LargeObjects() })
	}
}

// TestTxOptions: pgx puts them into the text of BEGIN and COMMIT.
func TestTxOptions(t *testing.T) {
	w := newWorld(t)
	for _, o := range []pgx.TxOptions{
		{BeginQuery: "begin; delete from contacts"},
		{CommitQuery: "delete from contacts; commit"},
		{IsoLevel: "serializable; delete from contacts"},
		{AccessMode: "read write; delete from contacts"},
		{DeferrableMode: "deferrable; delete from contacts"},
	} {
		_, err := w.db.BeginTx(as("acme"), o)
		require.ErrorIs(t, err, scope.ErrRefused)
	}
	err := pgx.BeginTxFunc(as("acme"), w.db, pgx.TxOptions{IsoLevel: pgx.Serializable, AccessMode: pgx.ReadOnly, DeferrableMode: pgx.Deferrable}, func(tx pgx.Tx) error {
		_, err := tx.Exec(plainCtx, "DELETE FROM contacts")
		return err
	})
	require.ErrorContains(t, err, "read-only transaction")
}

func TestConfiguration(t *testing.T) {
	w := newWorld(t)
	_, err := scopepgx.New(nil, policy())
	require.Error(t, err)
	_, err = scopepgx.NewConn(nil, policy())
	require.Error(t, err)
	for _, d := range []scope.Dialect{0, scope.MySQL} {
		p := policy()
		p.Dialect = d
		_, err = scopepgx.New(w.plain, p)
		require.ErrorContains(t, err, "Dialect")
	}
	p := policy()
	p.Column = ""
	_, err = scopepgx.New(w.plain, p)
	require.ErrorContains(t, err, "Policy.Column")

	config, err := pgxpool.ParseConfig(w.dsn)
	require.NoError(t, err)
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	simple, err := pgxpool.NewWithConfig(plainCtx, config)
	require.NoError(t, err)
	defer simple.Close()
	_, err = scopepgx.New(simple, policy())
	require.ErrorIs(t, err, scope.ErrRefused)
	conn, err := pgx.ConnectConfig(plainCtx, config.ConnConfig)
	require.NoError(t, err)
	defer conn.Close(plainCtx)
	_, err = scopepgx.NewConn(conn, policy())
	require.ErrorIs(t, err, scope.ErrRefused)

	db, err := scopepgx.Connect(plainCtx, w.dsn, policy())
	require.NoError(t, err)
	require.NoError(t, db.Ping(plainCtx))
	var n int
	require.NoError(t, db.QueryRow(as("bolt"), "SELECT count(*) FROM notes").Scan(&n))
	require.Equal(t, 3, n)
	db.Close()
	require.Error(t, db.Ping(plainCtx))
	_, err = scopepgx.Connect(plainCtx, "host=127.0.0.1 port=1 connect_timeout=5", policy())
	require.Error(t, err)
}
