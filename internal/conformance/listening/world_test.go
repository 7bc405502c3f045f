package listening_test

import (
	"context"
	"database/sql"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
	"github.com/gotenancy/tenancy/tenant/feed/feedpgx"
)

// patience is how long a test waits for what has to happen.
const patience = time.Minute

// ear is one listening process.
type ear struct {
	t      *testing.T
	db     *sql.DB
	poller *feed.Poller
	told   chan feed.Change
	listen chan bool
	errs   chan error
	silent atomic.Bool // the connection loses what it sends
	shut   atomic.Pointer[chan struct{}]
	stop   func() error
}

// newDatabase returns a database with the feed's table and trigger.
func newDatabase(t *testing.T) (dsn string, db *sql.DB) {
	t.Helper()
	dsn, db = engines.Get(t, "postgres").NewDatabase(t)
	require.NoError(t, feed.Migrate(t.Context(), db, tenant.Postgres))
	require.NoError(t, feedpgx.Migrate(t.Context(), db))
	return dsn, db
}

// hear starts a listener that looks at the table only where change says so.
func hear(t *testing.T, dsn string, db *sql.DB, change func(*feedpgx.Config)) *ear {
	t.Helper()
	e := &ear{t: t, db: db, told: make(chan feed.Change, 1000), listen: make(chan bool, 100), errs: make(chan error, 1000)}
	e.poller = feed.NewPoller(feed.NewStore(db, tenant.Postgres), feed.PollerConfig{Sweep: time.Hour})
	e.poller.Subscribe(func(id tenant.ID, number int64) { e.told <- feed.Change{Tenant: id, Number: number} })
	conn, err := pgx.ParseConfig(dsn)
	require.NoError(t, err)
	dial := conn.DialFunc
	conn.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		if shut := e.shut.Load(); shut != nil {
			select {
			case <-*shut:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		c, err := dial(ctx, network, address)
		e.silent.Store(false)
		return &mute{c, &e.silent}, err
	}
	cfg := feedpgx.Config{
		Conn: conn, Poller: e.poller, Every: time.Hour, Fallback: time.Hour, Retry: 200 * time.Millisecond, Timeout: patience,
		OnListen: func(on bool) { e.listen <- on },
		OnError:  func(err error) { e.errs <- err },
	}
	if change != nil {
		change(&cfg)
	}
	l, err := feedpgx.NewListener(cfg)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	ended := false
	e.stop = func() error {
		if ended {
			return context.Canceled
		}
		ended = true
		cancel()
		return <-done
	}
	t.Cleanup(func() { require.ErrorIs(t, e.stop(), context.Canceled) })
	return e
}

// mute is a connection to a peer that is gone without having said so.
type mute struct {
	net.Conn
	silent *atomic.Bool
}

func (m *mute) Write(p []byte) (int, error) {
	if m.silent.Load() {
		return len(p), nil
	}
	return m.Conn.Write(p)
}

// next returns what comes next, or fails.
func next[T any](t *testing.T, from <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(patience):
		t.Fatalf("%s did not come", what)
	}
	return v
}

// listening waits until it listens, or no longer does.
func (e *ear) listening(on bool) {
	e.t.Helper()
	for next(e.t, e.listen, "the listener's state") != on {
	}
}

// hears waits for exactly these changes.
func (e *ear) hears(want ...feed.Change) {
	e.t.Helper()
	for _, c := range want {
		require.Equal(e.t, c, next(e.t, e.told, "a change"))
	}
	require.Empty(e.t, e.told)
}

// bump changes tenants in one transaction, which ends with result.
func bump(t *testing.T, db *sql.DB, result error, ids ...tenant.ID) {
	t.Helper()
	err := sqltext.InTx(t.Context(), db, func(tx tenant.DBTX) error {
		for _, id := range ids {
			if _, err := feed.Bump(t.Context(), tx, tenant.Postgres, id); err != nil {
				return err
			}
		}
		return result
	})
	require.ErrorIs(t, err, result)
}

// backends returns how many connections listen in this database.
func backends(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	require.NoError(t, db.QueryRowContext(t.Context(),
		`SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`).Scan(&n))
	return n
}
