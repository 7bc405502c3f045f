package riverjobs_test

import (
	"context"
	"database/sql"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/tenantriver"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// world is River on a database of its own, with a table of the application.
type world struct {
	t      *testing.T
	reg    *tenant.MemoryRegistry
	pool   *pgxpool.Pool
	db     *sql.DB // the application's, scoped
	plain  *sql.DB
	client *river.Client[pgx.Tx]
	events <-chan *river.Event
}

// newWorld makes one with these workers; River does not work yet.
func newWorld(t *testing.T, reg *tenant.MemoryRegistry, setUp func(w *world, workers *river.Workers, cfg *river.Config)) *world {
	t.Helper()
	ctx := t.Context()
	e := engines.Get(t, "postgres")
	dsn, plain := e.NewDatabase(t)
	w := &world{t: t, reg: reg, plain: plain}
	_, err := plain.ExecContext(ctx, `CREATE TABLE notes (tenant_id VARCHAR(63) NOT NULL, body TEXT NOT NULL)`)
	require.NoError(t, err)
	w.pool, err = pgxpool.New(ctx, dsn)
	require.NoError(t, err)
	t.Cleanup(w.pool.Close)
	migrator, err := rivermigrate.New(riverpgxv5.New(w.pool), &rivermigrate.Config{Logger: quiet})
	require.NoError(t, err)
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	require.NoError(t, err)
	w.db, err = scope.OpenDB(e.Connector(t, dsn), scope.Policy{Dialect: e.Dialect, Column: "tenant_id", Default: scope.PerTenant})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.db.Close()) })

	mw, err := tenantriver.New(tenantriver.Config{Registry: reg, Shared: []string{"sweep"}, Snooze: time.Hour, Logger: quiet})
	require.NoError(t, err)
	workers := river.NewWorkers()
	cfg := &river.Config{
		Logger: quiet, Workers: workers, Middleware: []rivertype.Middleware{mw},
		Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 4}},
		FetchPollInterval: 50 * time.Millisecond, FetchCooldown: 10 * time.Millisecond,
	}
	setUp(w, workers, cfg)
	w.client, err = river.NewClient(riverpgxv5.New(w.pool), cfg)
	require.NoError(t, err)
	var cancel func()
	w.events, cancel = w.client.Subscribe(river.EventKindJobCompleted, river.EventKindJobCancelled, river.EventKindJobSnoozed, river.EventKindJobFailed)
	t.Cleanup(cancel)
	return w
}

// start has River work until the test ends.
func (w *world) start() {
	w.t.Helper()
	require.NoError(w.t, w.client.Start(context.Background()))
	w.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		require.NoError(w.t, w.client.Stop(ctx))
	})
}

// await returns the next n events by the ids of their jobs.
func (w *world) await(n int) map[int64]*river.Event {
	w.t.Helper()
	got := map[int64]*river.Event{}
	for len(got) < n {
		select {
		case ev := <-w.events:
			got[ev.Job.ID] = ev
		case <-time.After(time.Minute):
			w.t.Fatalf("%d of %d events came", len(got), n)
		}
	}
	return got
}

func (w *world) count(query string, args ...any) (n int) {
	w.t.Helper()
	require.NoError(w.t, w.plain.QueryRowContext(context.Background(), query, args...).Scan(&n))
	return n
}
