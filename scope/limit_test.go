package scope_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// barrier is a driver whose statements that mention hog stay in the server until
// they are let go.
type barrier struct {
	in   chan string   // who has arrived in the server
	open chan struct{} // closed to let them go
}

func newBarrier() *barrier { return &barrier{in: make(chan string, 1000), open: make(chan struct{})} }

func (g *barrier) Connect(context.Context) (driver.Conn, error) { return barrierConn{g}, nil }
func (g *barrier) Driver() driver.Driver                        { return nil }

type barrierConn struct{ g *barrier }

func (c barrierConn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not prepared") }
func (c barrierConn) Close() error                        { return nil }
func (c barrierConn) Begin() (driver.Tx, error)           { return barrierTx{}, nil }
func (c barrierConn) work(ctx context.Context, args []driver.NamedValue) error {
	who := args[len(args)-1].Value.(string)
	c.g.in <- who
	if who != "hog" {
		return nil
	}
	select {
	case <-c.g.open:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
func (c barrierConn) QueryContext(ctx context.Context, _ string, args []driver.NamedValue) (driver.Rows, error) {
	return rowsPart{}, c.work(ctx, args)
}
func (c barrierConn) ExecContext(ctx context.Context, _ string, args []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(1), c.work(ctx, args)
}

type barrierTx struct{}

func (barrierTx) Commit() error   { return nil }
func (barrierTx) Rollback() error { return nil }

func limited(t *testing.T, g *barrier, l scope.Limit, conns int) *sql.DB {
	t.Helper()
	db, err := scope.OpenDB(g, goldenPolicy(scope.Postgres), scope.LimitTenant(l))
	require.NoError(t, err)
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db
}

const work = "SELECT id FROM contacts"

// TestQuietTenantGetsThrough: one tenant asks for everything at once, and keeps
// it; another finds connections all the time.
func TestQuietTenantGetsThrough(t *testing.T) {
	for _, begin := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			g := newBarrier()
			db := limited(t, g, scope.Limit{InFlight: 4, Waiting: 2, MaxWait: time.Hour}, 8)
			defer db.Close()
			const hogs = 50
			done := make(chan error, hogs)
			for range hogs {
				go func() {
					if begin {
						tx, err := db.BeginTx(as("hog"), nil)
						if err != nil {
							done <- err
							return
						}
						defer tx.Rollback()
						_, err = tx.ExecContext(as("hog"), "DELETE FROM contacts")
						done <- err
						return
					}
					_, err := db.ExecContext(as("hog"), "DELETE FROM contacts")
					done <- err
				}()
			}
			synctest.Wait() // nobody moves any more: this is as bad as it gets
			require.Len(t, g.in, 4, "in the server")
			require.Equal(t, 6, db.Stats().InUse, "connections of the hog")
			require.Len(t, done, hogs-6)
			for range hogs - 6 {
				err := <-done
				require.ErrorIs(t, err, scope.ErrBusy)
				require.ErrorIs(t, err, scope.ErrRefused)
			}
			ctx, cancel := context.WithTimeout(as("quiet"), time.Minute)
			defer cancel()
			for range 100 {
				_, err := db.ExecContext(ctx, "DELETE FROM contacts")
				require.NoError(t, err)
			}
			// Those who are not one tenant are not limited.
			for range 20 {
				_, err := db.ExecContext(tenant.AcrossAll(ctx, "test"), "DELETE FROM contacts WHERE name = $1", "x")
				require.NoError(t, err)
			}
			close(g.open)
			for range 6 {
				require.NoError(t, <-done, "who waited comes through")
			}
		})
	}
}

// TestPlacesComeBack: whatever became of a statement, its place is free again;
// and a place is kept until the rows are closed, the transaction has ended, the
// connection is given back.
func TestPlacesComeBack(t *testing.T) {
	g := newBarrier()
	close(g.open)
	db := limited(t, g, scope.Limit{InFlight: 1}, 8)
	defer db.Close()
	ctx := as("acme")
	busy := func() {
		t.Helper()
		_, err := db.QueryContext(ctx, work)
		require.ErrorIs(t, err, scope.ErrBusy)
		_, err = db.BeginTx(ctx, nil)
		require.ErrorIs(t, err, scope.ErrBusy)
		_, err = db.ExecContext(as("bolt"), "DELETE FROM contacts")
		require.NoError(t, err, "another tenant has its own")
	}
	for range 3 {
		rows, err := db.QueryContext(ctx, work)
		require.NoError(t, err)
		busy()
		require.NoError(t, rows.Close())

		_, err = db.ExecContext(ctx, "DROP TABLE contacts")
		require.ErrorIs(t, err, scope.ErrRefused)
		require.NotErrorIs(t, err, scope.ErrBusy)

		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		busy()
		// The statements of the transaction share its place, also while rows of
		// one are open.
		open, err := tx.QueryContext(ctx, work)
		require.NoError(t, err)
		_, err = tx.Exec("DELETE FROM contacts")
		require.NoError(t, err)
		require.NoError(t, open.Close())
		busy()
		require.NoError(t, tx.Rollback())

		// One without a tenant takes the place of the first that a statement has.
		tx, err = db.BeginTx(context.Background(), nil)
		require.NoError(t, err)
		_, err = tx.ExecContext(ctx, "DELETE FROM contacts")
		require.NoError(t, err)
		busy()
		_, err = tx.ExecContext(as("bolt"), "DELETE FROM contacts")
		require.NoError(t, err)
		busy()
		require.NoError(t, tx.Commit())

		c, err := db.Conn(context.Background())
		require.NoError(t, err)
		_, err = c.ExecContext(ctx, "DELETE FROM contacts")
		require.NoError(t, err)
		busy()
		_, err = c.ExecContext(as("bolt"), "DELETE FROM contacts") // its own now
		require.NoError(t, err)
		_, err = db.ExecContext(ctx, "DELETE FROM contacts")
		require.NoError(t, err)
		require.NoError(t, c.Close())
	}
	_, err := db.QueryContext(ctx, work)
	require.NoError(t, err)
}

// TestOwnStoresAreNotLimited: what this module asks for an application's
// transaction does not wait for that transaction.
func TestOwnStoresAreNotLimited(t *testing.T) {
	s := &script{conn: conns["modern"], stmt: stmts["modern"]}
	db, err := scope.OpenDB(s, goldenPolicy(scope.MySQL), scope.LimitTenant(scope.Limit{InFlight: 1}))
	require.NoError(t, err)
	defer db.Close()
	tx, err := db.BeginTx(as("acme"), nil)
	require.NoError(t, err)
	store := carry.Library(as("acme"))
	_, err = db.ExecContext(store, "DELETE FROM tenancy_changes")
	require.NoError(t, err)
	own, err := db.BeginTx(store, nil)
	require.NoError(t, err)
	require.NoError(t, own.Commit())
	_, err = db.ExecContext(store, "DELETE FROM contacts") // not covered by the mark
	require.ErrorIs(t, err, scope.ErrBusy)
	require.NoError(t, tx.Commit())
}

// TestLostConnectionGivesItsPlaceBack: one that is closed instead of returned.
func TestLostConnectionGivesItsPlaceBack(t *testing.T) {
	s := &script{conn: conns["modern"], stmt: stmts["modern"], bad: map[string]int{"ExecContext": 1}}
	db, err := scope.OpenDB(s, goldenPolicy(scope.MySQL), scope.LimitTenant(scope.Limit{InFlight: 1}))
	require.NoError(t, err)
	defer db.Close()
	for range 3 {
		_, err = db.ExecContext(as("acme"), "DELETE FROM contacts") // over two connections
		require.NoError(t, err)
		s.bad["ExecContext"] = 1
	}
}

// TestWaitingEnds: with the context, whose error comes as it is, or after the
// longest wait; and the place that comes free meanwhile is not lost.
func TestWaitingEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newBarrier()
		db := limited(t, g, scope.Limit{InFlight: 1, Waiting: 2}, 8)
		defer db.Close()
		exec := func(ctx context.Context) chan error {
			done := make(chan error, 1)
			go func() {
				_, err := db.ExecContext(ctx, "DELETE FROM contacts")
				done <- err
			}()
			synctest.Wait()
			return done
		}
		first := exec(as("hog"))
		ctx, cancel := context.WithCancel(as("hog"))
		second, third := exec(ctx), exec(as("hog"))
		require.ErrorIs(t, <-exec(as("hog")), scope.ErrBusy, "no room to wait")
		cancel()
		require.Equal(t, context.Canceled, <-second)
		start := time.Now()
		require.ErrorIs(t, <-third, scope.ErrBusy)
		require.Equal(t, time.Second, time.Since(start), "the clock of the test")
		require.Len(t, g.in, 1)
		fourth := exec(as("hog"))
		close(g.open)
		require.NoError(t, <-first)
		require.NoError(t, <-fourth)
		require.Len(t, g.in, 2)
		require.NoError(t, <-exec(as("hog")))
	})
}

// TestBusyCostsNoConnection: a statement that would be refused anyway does not
// open a connection first.
func TestBusyCostsNoConnection(t *testing.T) {
	s := &script{conn: conns["modern"], stmt: stmts["modern"]}
	db, err := scope.OpenDB(s, goldenPolicy(scope.MySQL), scope.LimitTenant(scope.Limit{InFlight: 1}))
	require.NoError(t, err)
	defer db.Close()
	tx, err := db.BeginTx(as("acme"), nil)
	require.NoError(t, err)
	s.take()
	for range 5 {
		_, err = db.ExecContext(as("acme"), "DELETE FROM contacts")
		require.ErrorIs(t, err, scope.ErrBusy)
	}
	require.Empty(t, s.take())
	require.NoError(t, tx.Commit())
}
