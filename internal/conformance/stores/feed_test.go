package stores_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
)

// Numbers are given out in commit order: whoever reads number n also reads
// what the writers of n and of all smaller numbers wrote.
func TestFeedOrder(t *testing.T) {
	t.Parallel()
	const writers, changes = 6, 15
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		ctx := t.Context()
		dsn, db := e.NewDatabase(t)
		require.NoError(t, feed.Migrate(ctx, db, e.Dialect))
		_, err := db.ExecContext(ctx, `CREATE TABLE written (number INTEGER PRIMARY KEY)`)
		require.NoError(t, err)
		insert := sqltext.Rebind(e.Dialect, `INSERT INTO written VALUES (?)`)

		var group sync.WaitGroup
		for range writers {
			own := e.Pool(t, dsn)
			group.Go(func() {
				for range changes {
					err := sqltext.InTx(ctx, own, func(tx tenant.DBTX) error {
						number, err := feed.Bump(ctx, tx, e.Dialect, "acme")
						if err != nil {
							return err
						}
						_, err = tx.ExecContext(ctx, insert, number)
						return err
					})
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		defer group.Wait() // also where a look below fails
		done := make(chan struct{})
		go func() { group.Wait(); close(done) }()

		store := feed.NewStore(e.Pool(t, dsn), e.Dialect)
		last := int64(0)
		for running := true; running; {
			select {
			case <-done:
				running = false // one more look, at the end
			default:
			}
			number, err := store.Current(ctx, "acme")
			require.NoError(t, err)
			require.GreaterOrEqual(t, number, last)
			var written int64
			require.NoError(t, db.QueryRowContext(ctx, `SELECT COUNT(*) FROM written`).Scan(&written))
			require.GreaterOrEqual(t, written, number, "a number was seen before what it announces")
			last = number
		}
		require.EqualValues(t, writers*changes, last)
	})
}

// Committed changes reach the subscribers, rolled back ones do not. All of it
// runs on the application's own scoped pool, without a tenant in the context.
func TestFeedPoller(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		ctx := t.Context()
		db := openScoped(t, e, feed.Migrate)
		var told []feed.Change
		poller := feed.NewPoller(feed.NewStore(db, e.Dialect), feed.PollerConfig{Every: time.Hour})
		poller.Subscribe(func(id tenant.ID, number int64) { told = append(told, feed.Change{Tenant: id, Number: number}) })
		require.NoError(t, poller.Poll(ctx))
		require.Empty(t, told)

		rollback := errors.New("rollback")
		bump := func(result error, ids ...tenant.ID) {
			err := sqltext.InTx(ctx, db, func(tx tenant.DBTX) error {
				for _, id := range ids {
					_, err := feed.Bump(ctx, tx, e.Dialect, id)
					require.NoError(t, err)
				}
				return result
			})
			require.ErrorIs(t, err, result)
		}
		bump(nil, "", "acme", "bolt")
		bump(nil, "acme")
		bump(rollback, "acme", "cold")
		require.NoError(t, poller.Poll(ctx))
		require.Equal(t, []feed.Change{{Tenant: "", Number: 1}, {Tenant: "acme", Number: 2}, {Tenant: "bolt", Number: 1}}, told)

		told = nil
		require.NoError(t, poller.Poll(ctx))
		require.Empty(t, told)
		bump(nil, "acme")
		require.NoError(t, poller.Poll(ctx))
		require.Equal(t, []feed.Change{{Tenant: "acme", Number: 3}}, told)
	})
}

// Writers that share tenants in the order of their ids do not deadlock.
func TestFeedSeveralTenants(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		ctx := t.Context()
		dsn, db := e.NewDatabase(t)
		require.NoError(t, feed.Migrate(ctx, db, e.Dialect))
		ids := []tenant.ID{"", "acme", "bolt", "cold"}
		var group sync.WaitGroup
		for worker := range 4 {
			own := e.Pool(t, dsn)
			group.Go(func() {
				for i := range 10 {
					err := sqltext.InTx(ctx, own, func(tx tenant.DBTX) error {
						for k, id := range ids {
							if (worker+i+k)%3 == 0 {
								continue
							}
							if _, err := feed.Bump(ctx, tx, e.Dialect, id); err != nil {
								return err
							}
						}
						return nil
					})
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		group.Wait()
	})
}
