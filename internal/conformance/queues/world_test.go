package queues

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// headers are what both queues have: tenant.Carrier, and a way to add a second
// value, as an attacker would.
type headers interface {
	tenant.Carrier
	Add(name, value string)
}

// message is what a worker gets.
type message struct {
	headers tenant.Carrier
	body    []byte
}

// queue is one queue with one reader.
type queue struct {
	send    func(t *testing.T, fill func(headers), body string)
	receive func(ctx context.Context) ([]message, error) // at least one
}

// world is the application on the reading side: a registry, a scoped database,
// and workers.
type world struct {
	reg   tenant.Registry
	plain *sql.DB // unscoped, for the test to look at
	db    *sqlx.DB
	codec *tenant.Codec

	mu      sync.Mutex
	refused map[string]error // by body
}

func newWorld(t *testing.T) *world {
	t.Helper()
	reg, err := tenant.NewMemoryRegistry(
		tenant.Tenant{ID: "acme"}, tenant.Tenant{ID: "bolt"},
		tenant.Tenant{ID: "cold", Status: tenant.Suspended}, tenant.Tenant{ID: "done", Status: tenant.Archived})
	require.NoError(t, err)
	dsn := "file:" + filepath.ToSlash(filepath.Join(t.TempDir(), "test.db")) + "?_pragma=busy_timeout(20000)&_pragma=journal_mode(WAL)"
	plain, err := sql.Open("sqlite", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, plain.Close()) })
	_, err = plain.ExecContext(t.Context(), `CREATE TABLE sent (body TEXT NOT NULL, actor TEXT NOT NULL, tenant_id TEXT NOT NULL)`)
	require.NoError(t, err)
	db, err := scope.Open("sqlite", dsn, scope.Policy{Dialect: scope.SQLite, Column: "tenant_id", Default: scope.PerTenant})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return &world{reg: reg, plain: plain, db: db, codec: codec(t, nil), refused: map[string]error{}}
}

// codec is the one of both sides, or a changed one.
func codec(t *testing.T, change func(*tenant.CodecConfig)) *tenant.Codec {
	t.Helper()
	cfg := tenant.CodecConfig{Audience: "mail", MaxAge: time.Hour, Actor: true,
		Keys: []tenant.SigningKey{{ID: "k1", Secret: bytes.Repeat([]byte("k"), 32)}}}
	if change != nil {
		change(&cfg)
	}
	c, err := tenant.NewSignedCodec(cfg)
	require.NoError(t, err)
	return c
}

// work handles one message as its tenant. The worker's own context has none, so
// a message that is refused can do nothing.
func (w *world) work(ctx context.Context, m message) {
	ctx, err := w.codec.ExtractFor(ctx, m.headers, w.reg, m.body)
	a, _ := tenant.ActorFromContext(ctx)
	// A careless worker goes on after the error: that must be of no use.
	_, sqlErr := w.db.ExecContext(ctx, `INSERT INTO sent (body, actor) VALUES (?, ?)`, string(m.body), a.ID)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil && sqlErr != nil {
		err = errors.Join(errors.New("the statement failed"), sqlErr)
	}
	if err != nil {
		w.refused[string(m.body)] = err
	}
}

// drain starts workers, and returns when n messages have been handled.
func (w *world) drain(t *testing.T, q queue, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	jobs := make(chan message)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for m := range jobs {
				w.work(ctx, m)
			}
		})
	}
	for got := 0; got < n; {
		batch, err := q.receive(ctx)
		require.NoError(t, err)
		for _, m := range batch {
			jobs <- m
			got++
		}
	}
	close(jobs)
	workers.Wait()
}

// testQueue is the suite: mixed tenants, each message in its own, and every
// wrong message refused, whatever the queue.
func testQueue(t *testing.T, q queue) {
	w := newWorld(t)
	as := func(id tenant.ID, actor string) context.Context {
		return tenant.WithActor(tenant.WithID(t.Context(), id), tenant.Actor{ID: actor, Tenant: id})
	}
	want := map[tenant.ID][]string{}
	n := 0
	good := func(id tenant.ID, body string) {
		q.send(t, func(h headers) {
			require.NoError(t, w.codec.InjectFor(as(id, "clerk of "+string(id)), h, []byte(body)))
		}, body)
		want[id] = append(want[id], body)
		n++
	}
	refusals := map[string]error{}
	bad := func(body string, err error, fill func(headers)) {
		q.send(t, fill, body)
		refusals[body] = err
		n++
	}
	written := func(c *tenant.Codec, id tenant.ID, body string) func(headers) {
		return func(h headers) { require.NoError(t, c.InjectFor(as(id, "x"), h, []byte(body))) }
	}
	text := func(id tenant.ID, body string) string {
		out, err := w.codec.Encode(as(id, "x"), []byte(body))
		require.NoError(t, err)
		return out
	}
	for i := range 60 {
		good([]tenant.ID{"acme", "bolt"}[i%2], "mail "+strconv.Itoa(i))
	}
	bad("no header", tenant.ErrNoTenant, func(headers) {})
	bad("an empty header", tenant.ErrNoTenant, func(h headers) { h.Set(tenant.MessageHeader, "") })
	bad("a bare name", tenant.ErrMessageMalformed, func(h headers) { h.Set(tenant.MessageHeader, "acme") })
	bad("another header's name", tenant.ErrNoTenant, func(h headers) { h.Set("X-Tenant", "acme") })
	bad("forged", tenant.ErrMessageForged, written(codec(t, func(c *tenant.CodecConfig) { c.Keys[0].Secret = bytes.Repeat([]byte("x"), 32) }), "acme", "forged"))
	bad("an unknown key", tenant.ErrMessageForged, written(codec(t, func(c *tenant.CodecConfig) { c.Keys[0].ID = "k2" }), "acme", "an unknown key"))
	bad("copied from another message", tenant.ErrMessageForged, func(h headers) { h.Set(tenant.MessageHeader, text("acme", "mail 0")) })
	bad("twice", tenant.ErrMessageDuplicated, func(h headers) {
		h.Add(tenant.MessageHeader, text("acme", "twice"))
		h.Add(tenant.MessageHeader, text("bolt", "twice"))
	})
	bad("of another queue", tenant.ErrMessageAudience, written(codec(t, func(c *tenant.CodecConfig) { c.Audience = "payments" }), "acme", "of another queue"))
	bad("old", tenant.ErrMessageExpired, written(codec(t, func(c *tenant.CodecConfig) {
		c.Now = func() time.Time { return time.Now().Add(-2 * time.Hour) }
	}), "acme", "old"))
	bad("unknown", tenant.ErrUnknownTenant, written(w.codec, "nobody", "unknown"))
	bad("suspended", tenant.ErrSuspended, written(w.codec, "cold", "suspended"))
	bad("archived", tenant.ErrArchived, written(w.codec, "done", "archived"))
	for i := range 20 {
		good([]tenant.ID{"bolt", "acme"}[i%2], "late mail "+strconv.Itoa(i))
	}
	w.drain(t, q, n)

	require.Len(t, w.refused, len(refusals))
	for body, err := range refusals {
		require.ErrorIs(t, w.refused[body], err, body)
	}
	rows := 0
	require.NoError(t, w.plain.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM sent`).Scan(&rows))
	require.Equal(t, len(want["acme"])+len(want["bolt"]), rows, "each once, and nothing else")
	for id, bodies := range want {
		var got []string
		require.NoError(t, w.db.SelectContext(tenant.WithID(t.Context(), id), &got, `SELECT body FROM sent WHERE actor = ?`, "clerk of "+string(id)))
		require.ElementsMatch(t, bodies, got)
		require.NoError(t, w.plain.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM sent WHERE tenant_id = ?`, string(id)).Scan(&rows))
		require.Equal(t, len(bodies), rows)
	}
}
