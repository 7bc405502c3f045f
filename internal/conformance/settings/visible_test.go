package settings_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed/feedpgx"
)

// What one process writes another one reads without being restarted or asked to
// look, in both directions: the poller tells it, within its interval of 2
// seconds. How long it took is logged; a busy machine is no failure.
func TestVisible(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		p, _ := newPlace(t, e)
		one, other := p.process(t, config.Config{}), p.process(t, config.Config{})
		background(t, one.poller.Run)
		background(t, other.poller.Run)
		exchange(t, one, other, 2)
	})
}

// On PostgreSQL with notifications it is told at once: the table is never
// looked at here. The bar is one second.
func TestVisibleByNotice(t *testing.T) {
	t.Parallel()
	one, other, listen, _ := listening(t, time.Hour, nil)
	require.True(t, next(t, listen))
	require.True(t, next(t, listen))
	exchange(t, one, other, 20)
}

// The connection that listens is cut and comes up no more: the poll alone finds
// the change. Once it is back the notices do again.
func TestVisibleWithoutNotice(t *testing.T) {
	t.Parallel()
	var cut atomic.Bool
	one, other, listen, plain := listening(t, 0, func(conn *pgx.ConnConfig) {
		dial := conn.DialFunc
		conn.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			if cut.Load() {
				return nil, errors.New("cut")
			}
			return dial(ctx, network, address)
		}
	})
	require.True(t, next(t, listen))
	require.True(t, next(t, listen))
	exchange(t, one, other, 2)

	cut.Store(true)
	_, err := plain.ExecContext(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`)
	require.NoError(t, err)
	require.False(t, next(t, listen))
	require.False(t, next(t, listen))
	exchange(t, one, other, 4)
	require.Empty(t, listen, "nobody has listened meanwhile")

	cut.Store(false)
	require.True(t, next(t, listen))
	require.True(t, next(t, listen))
	exchange(t, one, other, 2)
}

// listening starts two processes with listeners. every is how often they look
// while they listen and while they do not; 0 leaves it to the package.
func listening(t *testing.T, every time.Duration, change func(*pgx.ConnConfig)) (one, other *process, listen chan bool, plain *sql.DB) {
	t.Helper()
	p, plain := newPlace(t, engines.Get(t, "postgres"))
	require.NoError(t, feedpgx.Migrate(t.Context(), plain))
	listen = make(chan bool, 100)
	start := func() *process {
		pr := p.process(t, config.Config{})
		conn, err := pgx.ParseConfig(p.DSN)
		require.NoError(t, err)
		if change != nil {
			change(conn)
		}
		l, err := feedpgx.NewListener(feedpgx.Config{
			Conn: conn, Poller: pr.poller, Every: every, Fallback: every, Retry: 500 * time.Millisecond,
			OnListen: func(on bool) { listen <- on },
		})
		require.NoError(t, err)
		background(t, l.Run)
		return pr
	}
	return start(), start(), listen, plain
}

// next returns what comes next, or fails.
func next[T any](t *testing.T, from <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(patience):
		t.Fatal("it did not come")
	}
	return v
}

// exchange has each process write what the other one waits for: a tenant's
// value, the global one of another tenant without its own, and their deletion.
func exchange(t *testing.T, one, other *process, rounds int) {
	t.Helper()
	var delays []time.Duration
	step := func(from, to *process, write tenant.ID, change func(context.Context) error, read tenant.ID, want string) {
		t.Helper()
		// That it is read before, so that there is something to be outdated.
		before, _, err := to.read(read, "title")
		require.NoError(t, err)
		require.NotEqual(t, want, before)
		began := time.Now()
		require.NoError(t, change(from.context(write)))
		require.NoError(t, to.await(read, "title", want))
		delays = append(delays, time.Since(began))
		got, _, err := from.read(read, "title")
		require.NoError(t, err)
		require.Equal(t, want, got, "whoever writes reads it at once")
		silent, _, err := to.read("silent", "title")
		require.NoError(t, err)
		require.NotContains(t, silent, "acme", "another tenant's value")
	}
	for round := range rounds {
		from, to := one, other
		if round%2 == 1 {
			from, to = other, one
		}
		own, global := fmt.Sprintf("acme's %d", time.Now().UnixNano()), fmt.Sprintf("everybody's %d", time.Now().UnixNano())
		set := func(value string) func(context.Context) error {
			return func(ctx context.Context) error { return from.settings.Set(ctx, "title", value, "test") }
		}
		step(from, to, "acme", set(own), "acme", own)
		step(from, to, "", set(global), "bolt", global)
		step(from, to, "acme", func(ctx context.Context) error { return from.settings.Delete(ctx, "title", "test") }, "acme", global)
	}
	report(t, delays)
}

// report logs how long it took until a value was seen.
func report(t *testing.T, delays []time.Duration) {
	t.Helper()
	slices.Sort(delays)
	t.Logf("%d writes were seen by the other process after %v (median), %v at most", len(delays),
		delays[len(delays)/2].Round(100*time.Microsecond), delays[len(delays)-1].Round(100*time.Microsecond))
}
