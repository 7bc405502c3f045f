package listening_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/conformance/servers"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
	"github.com/gotenancy/tenancy/tenant/feed/feedpgx"
	"github.com/gotenancy/tenancy/tenant/tenantsql"
)

// The feed is not looked at in these tests but where they say so: what is told
// was heard.
func TestHeard(t *testing.T) {
	t.Parallel()
	dsn, db := newDatabase(t)
	bump(t, db, nil, "old")
	e := hear(t, dsn, db, nil)
	e.listening(true)
	e.hears(feed.Change{Tenant: "old", Number: 1})
	bump(t, db, nil, "", "acme", "bolt")
	e.hears(feed.Change{Number: 1}, feed.Change{Tenant: "acme", Number: 1}, feed.Change{Tenant: "bolt", Number: 1})
	rollback := errors.New("rollback")
	bump(t, db, rollback, "acme", "cold")
	bump(t, db, nil, "acme")
	e.hears(feed.Change{Tenant: "acme", Number: 2})
	require.Equal(t, 1, backends(t, db), "one connection listens")

	// What is none of ours, or of another application's table, is no change.
	_, err := db.ExecContext(t.Context(), `CREATE SCHEMA other`)
	require.NoError(t, err)
	for _, statement := range []string{
		`CREATE TABLE other.tenancy_changes (LIKE public.tenancy_changes INCLUDING ALL)`,
		`CREATE TRIGGER tenancy_changes_notify AFTER INSERT OR UPDATE ON other.tenancy_changes FOR EACH ROW EXECUTE FUNCTION tenancy_changes_notify()`,
		`INSERT INTO other.tenancy_changes VALUES ('acme', 1000, 0)`,
		`NOTIFY tenancy_changes, 'hello'`,
	} {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	require.ErrorContains(t, next(t, e.errs, "the notice that is none"), "none of ours")
	bump(t, db, nil, "acme")
	e.hears(feed.Change{Tenant: "acme", Number: 3})

	require.ErrorIs(t, e.stop(), context.Canceled)
	require.Eventually(t, func() bool { return backends(t, db) == 0 }, patience, 10*time.Millisecond, "the connection is closed")
}

// The backend dies; what is committed before the listener is back is sent to
// nobody, and one change is dated so long ago that no window reaches it.
func TestKilled(t *testing.T) {
	t.Parallel()
	dsn, db := newDatabase(t)
	e := hear(t, dsn, db, nil)
	e.listening(true)
	bump(t, db, nil, "acme")
	e.hears(feed.Change{Tenant: "acme", Number: 1})
	for round := range int64(3) {
		shut := make(chan struct{})
		e.shut.Store(&shut)
		_, err := db.ExecContext(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`)
		require.NoError(t, err)
		e.listening(false)
		require.Error(t, next(t, e.errs, "the reason"))
		tx, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		_, err = feed.Bump(t.Context(), tx, tenant.Postgres, "acme")
		require.NoError(t, err)
		_, err = tx.ExecContext(t.Context(), `UPDATE tenancy_changes SET changed_at = 0 WHERE tenant_id = 'acme'`)
		require.NoError(t, err)
		require.NoError(t, tx.Commit())
		require.Empty(t, e.told)
		close(shut)
		e.listening(true)
		e.hears(feed.Change{Tenant: "acme", Number: round*2 + 2})
		bump(t, db, nil, "acme")
		e.hears(feed.Change{Tenant: "acme", Number: round*2 + 3})
		require.Equal(t, 1, backends(t, db))
	}
}

// A connection whose peer is gone without a word is found out and replaced.
func TestSilent(t *testing.T) {
	t.Parallel()
	dsn, db := newDatabase(t)
	e := hear(t, dsn, db, func(cfg *feedpgx.Config) { cfg.Every, cfg.Timeout = 50*time.Millisecond, 5*time.Second })
	e.listening(true)
	e.silent.Store(true)
	e.listening(false)
	require.ErrorIs(t, next(t, e.errs, "the reason"), context.DeadlineExceeded)
	e.listening(true)
	bump(t, db, nil, "acme")
	e.hears(feed.Change{Tenant: "acme", Number: 1})
}

// The table is looked at now and then even while it listens.
func TestLooksWhileListening(t *testing.T) {
	t.Parallel()
	dsn, db := newDatabase(t)
	e := hear(t, dsn, db, func(cfg *feedpgx.Config) { cfg.Every = 20 * time.Millisecond })
	e.listening(true)
	_, err := db.ExecContext(t.Context(), `ALTER TABLE tenancy_changes DISABLE TRIGGER tenancy_changes_notify`)
	require.NoError(t, err)
	bump(t, db, nil, "acme")
	e.hears(feed.Change{Tenant: "acme", Number: 1})
	before, ok := e.poller.Fresh()
	require.True(t, ok)
	require.Eventually(t, func() bool { at, _ := e.poller.Fresh(); return at.After(before) }, patience, time.Millisecond)
	require.Empty(t, e.errs, "it has listened all the time")
}

// Without the trigger, or the table, it says so and looks; once they are there
// it listens.
func TestNoTrigger(t *testing.T) {
	t.Parallel()
	dsn, db := engines.Get(t, "postgres").NewDatabase(t)
	e := hear(t, dsn, db, func(cfg *feedpgx.Config) { cfg.Fallback = 10 * time.Millisecond })
	require.ErrorContains(t, next(t, e.errs, "the reason"), "tenancy_changes")
	require.NoError(t, feed.Migrate(t.Context(), db, tenant.Postgres))
	for !errors.Is(next(t, e.errs, "the reason"), feedpgx.ErrNoTrigger) {
	}
	bump(t, db, nil, "acme")
	e.hears(feed.Change{Tenant: "acme", Number: 1})
	require.Empty(t, e.listen)
	for range 2 { // any number of times
		require.NoError(t, feedpgx.Migrate(t.Context(), db))
	}
	e.listening(true)
	bump(t, db, nil, "acme")
	e.hears(feed.Change{Tenant: "acme", Number: 2})
}

// Behind PgBouncer in transaction mode nothing would ever be delivered: it does
// not pretend to listen, and looks.
func TestPooled(t *testing.T) {
	t.Parallel()
	dsn, db := newDatabase(t)
	if _, err := servers.PgBouncer().Open(t.Context()); err != nil {
		servers.LeaveOut(t, "PgBouncer", "", err)
	}
	server, err := servers.Bouncer(dsn, 2).Start(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	config, err := pgconn.ParseConfig(dsn)
	require.NoError(t, err)
	e := hear(t, server.DSN+" dbname="+config.Database, db, func(cfg *feedpgx.Config) { cfg.Fallback = 10 * time.Millisecond })
	require.ErrorIs(t, next(t, e.errs, "the reason"), feedpgx.ErrPooled)
	bump(t, db, nil, "acme")
	e.hears(feed.Change{Tenant: "acme", Number: 1})
	require.Empty(t, e.listen)
}

// The server restarts, and the listener finds it again.
func TestServerRestarts(t *testing.T) {
	t.Parallel()
	server, err := servers.Postgres().Start(t.Context())
	if errors.Is(err, servers.ErrNotInstalled) {
		servers.LeaveOut(t, "a PostgreSQL of our own", "", err)
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	dsn, _, err := server.CreateDatabase(t.Context())
	require.NoError(t, err)
	db := engines.Get(t, "postgres").Pool(t, dsn)
	require.NoError(t, feed.Migrate(t.Context(), db, tenant.Postgres))
	require.NoError(t, feedpgx.Migrate(t.Context(), db))
	e := hear(t, dsn, db, nil)
	e.listening(true)
	_, err = db.ExecContext(t.Context(), `CHECKPOINT`) // it is stopped as by a crash, and databases of tests commit lazily
	require.NoError(t, err)
	require.NoError(t, server.Restart(t.Context()))
	e.listening(false)
	e.listening(true)
	bump(t, db, nil, "acme")
	e.hears(feed.Change{Tenant: "acme", Number: 1})
}

// A tenant that one process changes is changed in another one's cache by the
// time the notice is there. All of it runs on scoped pools.
func TestCachedRegistry(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dsn, plain := newDatabase(t)
	require.NoError(t, tenantsql.Migrate(ctx, plain, tenant.Postgres))
	pool, err := scope.OpenDB(engines.Get(t, "postgres").Connector(t, dsn), scope.Policy{Dialect: scope.Postgres, Column: "tenant_id", Default: scope.PerTenant})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pool.Close()) })
	_, err = plain.ExecContext(ctx, `DELETE FROM tenancy_migrations WHERE version = 251`)
	require.NoError(t, err)
	require.ErrorIs(t, feedpgx.Migrate(ctx, pool), tenant.ErrNoTenant, "a function and a trigger name more than our tables")
	require.NoError(t, feedpgx.Migrate(tenant.AcrossAll(ctx, "test"), pool))
	reg := tenantsql.NewRegistry(pool, tenant.Postgres)
	cache := tenant.NewCachedRegistry(reg, tenant.CacheConfig{MaxAge: time.Hour, AbsentFor: time.Hour})
	e := hear(t, dsn, pool, nil)
	e.poller.Subscribe(cache.Invalidate)
	e.poller.Subscribe(func(id tenant.ID, number int64) { e.told <- feed.Change{Tenant: id, Number: -number} }) // after the cache
	e.listening(true)
	_, found, err := cache.ByHost(ctx, "acme.test")
	require.NoError(t, err)
	require.False(t, found)
	require.NoError(t, reg.Create(ctx, tenant.Tenant{ID: "acme", Host: "acme.test"}))
	e.hearsBoth("acme", 1)
	got, found, err := cache.ByHost(ctx, "acme.test")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, tenant.Active, got.Status)
	require.NoError(t, reg.SetStatus(ctx, "acme", tenant.Suspended))
	e.hearsBoth("acme", 2)
	got, _, err = cache.ByHost(ctx, "acme.test")
	require.NoError(t, err)
	require.Equal(t, tenant.Suspended, got.Status)
}

func (e *ear) hearsBoth(id tenant.ID, number int64) {
	e.t.Helper()
	e.hears(feed.Change{Tenant: id, Number: number}, feed.Change{Tenant: id, Number: -number})
}
