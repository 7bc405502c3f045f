package timers_test

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/tenantsql"
	"github.com/gotenancy/tenancy/tenant/timer"
)

// place is how to reach a database, for another process too.
type place struct {
	Driver  string
	DSN     string
	Dialect tenant.Dialect
}

// open opens the application's own pool: scoped.
func (p place) open() (*sql.DB, error) {
	db, err := scope.Open(p.Driver, p.DSN, scope.Policy{
		Dialect: p.Dialect, Column: "tenant_id", Default: scope.PerTenant,
		Tables: map[string]scope.Table{"plans": {Class: scope.Shared}},
	})
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	return db.DB, nil
}

var schema = []string{
	// No key: what is done twice is there twice.
	`CREATE TABLE effects (tenant_id VARCHAR(63) NOT NULL, timer VARCHAR(100) NOT NULL, due BIGINT NOT NULL, attempt INTEGER NOT NULL, process VARCHAR(20) NOT NULL)`,
	`CREATE TABLE runs (tenant_id VARCHAR(63) NOT NULL, timer VARCHAR(100) NOT NULL, due BIGINT NOT NULL, process VARCHAR(20) NOT NULL, PRIMARY KEY (tenant_id, timer, due))`,
	`CREATE TABLE notes (tenant_id VARCHAR(63) NOT NULL, n INTEGER NOT NULL, touched INTEGER NOT NULL, PRIMARY KEY (tenant_id, n))`,
	`CREATE TABLE plans (name VARCHAR(20) NOT NULL PRIMARY KEY)`,
}

// world is a database with the tables of the library and the application.
type world struct {
	place
	t     *testing.T
	plain *sql.DB // not scoped, to look at everything
	db    *sql.DB // the application's
	reg   *tenantsql.Registry
}

func newWorld(t *testing.T, e engines.Engine, tenants int) *world {
	t.Helper()
	dsn, plain := e.NewDatabase(t)
	w := &world{t: t, plain: plain, place: place{e.Driver, dsn, e.Dialect}}
	for _, up := range []func() error{
		func() error { return tenantsql.Migrate(t.Context(), plain, e.Dialect) },
		func() error { return timer.Migrate(t.Context(), plain, e.Dialect) },
	} {
		require.NoError(t, up())
	}
	for _, stmt := range schema {
		_, err := plain.ExecContext(t.Context(), stmt)
		require.NoError(t, err)
	}
	var err error
	w.db, err = w.open()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.db.Close()) })
	w.reg = tenantsql.NewRegistry(w.db, e.Dialect)
	require.NoError(t, sqltext.InTx(t.Context(), w.db, func(tx tenant.DBTX) error {
		for i := range tenants {
			if err := w.reg.With(tx).Create(t.Context(), tenant.Tenant{ID: tenantID(i)}); err != nil {
				return err
			}
		}
		return nil
	}))
	return w
}

func tenantID(i int) tenant.ID { return tenant.ID(fmt.Sprintf("t%04d", i)) }

// count asks the whole database.
func (w *world) count(query string, args ...any) (n int) {
	w.t.Helper()
	require.NoError(w.t, w.plain.QueryRowContext(context.Background(), sqltext.Rebind(w.Dialect, query), args...).Scan(&n))
	return n
}

// once is due at one time.
type once struct{ at time.Time }

func (o once) Next(after time.Time) time.Time {
	if after.Before(o.at) {
		return o.at
	}
	return time.Time{}
}

// clock is one that a test turns.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// results collects what a scheduler reports.
type results chan timer.Result

// await returns the next n, in no order.
func (r results) await(t *testing.T, n int) []timer.Result {
	t.Helper()
	out := make([]timer.Result, 0, n)
	for range n {
		select {
		case res := <-r:
			out = append(out, res)
		case <-time.After(time.Minute):
			t.Fatalf("%d of %d results came", len(out), n)
		}
	}
	return out
}

// start runs a scheduler until stop is called, which waits for its end.
func start(t *testing.T, cfg timer.Config) (s *timer.Scheduler, got results, stop func()) {
	t.Helper()
	got = make(results, 10_000)
	cfg.OnResult = func(r timer.Result) { got <- r }
	s, err := timer.New(cfg)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
	})
	t.Cleanup(stop)
	return s, got, stop
}

func (w *world) config(timers ...timer.Timer) timer.Config {
	return timer.Config{DB: w.db, Dialect: w.Dialect, Registry: w.reg, Timers: timers, Poll: 20 * time.Millisecond, Lease: 2 * time.Second}
}
