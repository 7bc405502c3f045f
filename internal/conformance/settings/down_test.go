package settings_test

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/config/configsql"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
)

var errDown = errors.New("the database is down")

// database is a pool that is down whenever down says so, which is asked for each
// statement and transaction.
type database struct {
	*sql.DB
	down func() bool
}

func (d database) BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error) {
	if d.down() {
		return nil, errDown
	}
	return d.DB.BeginTx(ctx, opts)
}

func (d database) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if d.down() {
		return nil, errDown
	}
	return d.DB.ExecContext(ctx, query, args...)
}

func (d database) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if d.down() {
		return nil, errDown
	}
	return d.DB.QueryContext(ctx, query, args...)
}

// QueryRowContext can not make a row with an error of its own, but have one
// made.
func (d database) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if d.down() {
		var cancel context.CancelCauseFunc
		ctx, cancel = context.WithCancelCause(ctx)
		cancel(errDown)
	}
	return d.DB.QueryRowContext(ctx, query, args...)
}

// While the database can not be asked, what was known is served and said to be
// stale once it is known to be so; what was not known is an error; a write fails.
// Afterwards what is stored is read again.
func TestDown(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		ctx := t.Context()
		p, _ := newPlace(t, e)
		pool, err := p.open()
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, pool.Close()) })
		var down atomic.Bool
		db := database{pool, down.Load}
		here := p.process(t, config.Config{
			Store: configsql.NewStore(db, e.Dialect), MaxTenants: 3, LoadTimeout: patience, RetryAfter: time.Nanosecond,
		})
		elsewhere := p.process(t, config.Config{})
		write := func(id tenant.ID, value string) {
			t.Helper()
			require.NoError(t, elsewhere.settings.Set(elsewhere.context(id), "title", value, "test"))
		}
		reads := func(id tenant.ID, want string, stale bool) {
			t.Helper()
			got, info, err := here.read(id, "title")
			require.NoError(t, err)
			require.Equal(t, want, got)
			require.Equal(t, stale, info.Stale)
			require.Equal(t, want, config.Get(here.context(id), "title", "none"))
		}
		unknown := func(id tenant.ID) {
			t.Helper()
			before := here.settings.Stats().Unavailable
			got, info, err := here.read(id, "title")
			require.ErrorIs(t, err, config.ErrUnavailable)
			require.Empty(t, got)
			require.False(t, info.Found)
			require.Equal(t, "none", config.Get(here.context(id), "title", "none"))
			require.Equal(t, before+1, here.settings.Stats().Unavailable)
		}

		write("", "everybody")
		write("acme", "Acme")
		write("bolt", "Bolt")
		require.NoError(t, here.poller.Poll(ctx))
		reads("acme", "Acme", false)
		reads("core", "everybody", false)

		down.Store(true)
		reads("acme", "Acme", false) // nobody has said that it has changed
		unknown("bolt")
		write("acme", "Acme Ltd")
		write("", "all of you")
		require.NoError(t, here.poller.Poll(ctx))
		reads("acme", "Acme", true)
		reads("core", "everybody", true)
		unknown("bolt")
		require.Error(t, here.settings.Set(here.context("acme"), "title", "lost", "test"))
		require.Error(t, here.settings.Set(here.context("bolt"), "title", "lost", "test"))
		reads("acme", "Acme", true)
		unknown("bolt")

		down.Store(false)
		reads("acme", "Acme Ltd", false)
		reads("bolt", "Bolt", false)
		reads("core", "all of you", false)
		revs, err := elsewhere.store.History(ctx, config.Owner{Tenant: "acme"}, "title", 10)
		require.NoError(t, err)
		require.Len(t, revs, 2, "the write that failed has left nothing")

		// What the cache had to let go of was never loaded.
		for _, id := range []tenant.ID{"dune", "echo", "flux"} {
			reads(id, "all of you", false)
		}
		down.Store(true)
		unknown("acme")
		down.Store(false)
		reads("acme", "Acme Ltd", false)
	})
}

// Neither a version older than one that was read nor another tenant's value is
// read while the database comes and goes; once it stays, what is stored is read.
func TestDownNowAndThen(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		// Of every ninety calls of all processes together thirty fail.
		var calls, over atomic.Int64
		down := func() bool { return over.Load() == 0 && calls.Add(1)/30%3 == 2 }
		s := newStorm(t, e, 2, func(db *sql.DB) tenant.DBTX { return database{db, down} })
		s.outage = true
		s.run(2, 2, 1_000)
		over.Store(1)
		require.Positive(t, s.failures.Load())
		require.Positive(t, s.stale.Load())
		require.Positive(t, s.own.Load())
		for _, m := range s.members {
			for _, id := range s.tenants {
				_, _, _ = m.read(id, "a") // the last failure is over
			}
		}
		s.settle()
	})
}
