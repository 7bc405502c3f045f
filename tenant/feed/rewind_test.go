package feed_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
)

// A database that was restored under a running process: whatever was cached as
// of a number that is no more has to go, and that of everybody, since a number
// that is as large as before may stand for something else.
func TestPollerRewound(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	global, acme, bolt := feed.Change{Number: 4}, feed.Change{Tenant: "acme", Number: 9}, feed.Change{Tenant: "bolt", Number: 2}
	for name, c := range map[string]struct {
		look  [][]feed.Change // the results of the next look's statements
		sweep bool
		told  []feed.Change
	}{
		"a tenant that was changed since": {
			look: [][]feed.Change{{{Tenant: "acme", Number: 8}}, {global, {Tenant: "acme", Number: 8}, bolt}},
			told: []feed.Change{global, {Tenant: "acme", Number: 8}, bolt},
		},
		"a sweep": {
			look:  [][]feed.Change{{global, acme, {Tenant: "bolt", Number: 1}}, {global, acme, {Tenant: "bolt", Number: 1}}},
			sweep: true,
			told:  []feed.Change{global, acme, {Tenant: "bolt", Number: 1}},
		},
		"a tenant that is not there yet": {
			look:  [][]feed.Change{{global, acme}, {global, acme}},
			sweep: true,
			told:  []feed.Change{global, acme, {Tenant: "bolt"}},
		},
		"nothing is there yet": {
			look:  [][]feed.Change{{}, {}},
			sweep: true,
			told:  []feed.Change{{}, {Tenant: "acme"}, {Tenant: "bolt"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			db, mock := mockDB(t)
			p := feed.NewPoller(feed.NewStore(db, tenant.SQLite), feed.PollerConfig{Sweep: time.Hour})
			var told []feed.Change
			p.Subscribe(func(id tenant.ID, n int64) { told = append(told, feed.Change{Tenant: id, Number: n}) })
			mock.ExpectQuery(selectFirst).WithArgs(0).WillReturnRows(changes(global, acme, bolt))
			require.NoError(t, p.Poll(ctx))
			before, _ := p.Fresh()

			told = nil
			for _, rows := range c.look {
				mock.ExpectQuery(selectFirst).WillReturnRows(changes(rows...))
			}
			look := p.Poll
			if c.sweep {
				look = p.Sweep
			}
			require.ErrorIs(t, look(ctx), feed.ErrRewound)
			require.Equal(t, c.told, told)
			after, _ := p.Fresh()
			require.False(t, after.Before(before), "it is a complete look")

			told = nil
			mock.ExpectQuery(selectFirst).WillReturnRows(changes(c.look[1]...))
			require.NoError(t, p.Sweep(ctx), "they go on from there")
			require.Empty(t, told)
		})
	}
}

// A look that finds the numbers gone back and then fails is gone on with.
func TestPollerRewoundAndFailed(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, mock := mockDB(t)
	p := feed.NewPoller(feed.NewStore(db, tenant.SQLite), feed.PollerConfig{Sweep: time.Hour})
	var told []feed.Change
	p.Subscribe(func(id tenant.ID, n int64) { told = append(told, feed.Change{Tenant: id, Number: n}) })
	acme, bolt := feed.Change{Tenant: "acme", Number: 9}, feed.Change{Tenant: "bolt", Number: 2}
	mock.ExpectQuery(selectFirst).WithArgs(0).WillReturnRows(changes(acme, bolt))
	require.NoError(t, p.Poll(ctx))

	told, acme.Number = nil, 8
	mock.ExpectQuery(selectFirst).WillReturnRows(changes(acme))
	mock.ExpectQuery(selectFirst).WithArgs(0).WillReturnError(errBoom)
	err := p.Poll(ctx)
	require.ErrorIs(t, err, feed.ErrRewound)
	require.ErrorIs(t, err, errBoom)
	require.Empty(t, told)

	mock.ExpectQuery(selectFirst).WithArgs(0).WillReturnRows(changes(acme))
	require.NoError(t, p.Poll(ctx), "a sweep, although none is due")
	require.Equal(t, []feed.Change{acme, {Tenant: "bolt"}}, told)
}

// early tells the poller of changes when the look has read its rows, and before
// they are compared.
type early struct {
	tenant.DBTX
	poller  *feed.Poller
	changes []feed.Change
}

func (e *early) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	rows, err := e.DBTX.QueryContext(ctx, query, args...)
	for _, c := range e.changes {
		if err := e.poller.Notice(c); err != nil {
			return nil, err
		}
	}
	return rows, err
}

// A notice may be ahead of the rows that a look has read, and of a tenant that
// they lack. That is no sign of a restored database.
func TestPollerNoticeDuringALook(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, mock := mockDB(t)
	ahead := &early{DBTX: db}
	p := feed.NewPoller(feed.NewStore(ahead, tenant.SQLite), feed.PollerConfig{Sweep: time.Hour})
	ahead.poller = p
	var told []feed.Change
	p.Subscribe(func(id tenant.ID, n int64) { told = append(told, feed.Change{Tenant: id, Number: n}) })
	acme, bolt := feed.Change{Tenant: "acme", Number: 9}, feed.Change{Tenant: "bolt", Number: 2}
	mock.ExpectQuery(selectFirst).WillReturnRows(changes(acme, bolt))
	require.NoError(t, p.Poll(ctx))

	told, ahead.changes = nil, []feed.Change{{Tenant: "bolt", Number: 4}, {Tenant: "coil", Number: 1}}
	mock.ExpectQuery(selectFirst).WillReturnRows(changes(acme, bolt))
	require.NoError(t, p.Sweep(ctx))
	require.Equal(t, ahead.changes, told)

	ahead.changes = nil
	mock.ExpectQuery(selectFirst).WillReturnRows(changes(acme, bolt, feed.Change{Tenant: "coil", Number: 1}))
	mock.ExpectQuery(selectFirst).WillReturnRows(changes(acme, bolt, feed.Change{Tenant: "coil", Number: 1}))
	require.ErrorIs(t, p.Sweep(ctx), feed.ErrRewound, "but the next look has to see it")
}
