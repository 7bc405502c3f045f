package feed_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/DATA-DOG/go-sqlmock"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
)

// The exact statements: whoever changes them has to look at the locks again.
const (
	upsertPostgres = `INSERT INTO tenancy_changes (tenant_id, number, changed_at) VALUES ($1, 1, $2)
ON CONFLICT (tenant_id) DO UPDATE SET number = tenancy_changes.number + 1, changed_at = $3
RETURNING number`
	upsertSQLite = `INSERT INTO tenancy_changes (tenant_id, number, changed_at) VALUES (?, 1, ?)
ON CONFLICT (tenant_id) DO UPDATE SET number = tenancy_changes.number + 1, changed_at = ?
RETURNING number`
	upsertMySQL = `INSERT INTO tenancy_changes (tenant_id, number, changed_at) VALUES (?, 1, ?)
ON DUPLICATE KEY UPDATE number = number + 1, changed_at = ?`
	selectNumber = `SELECT number FROM tenancy_changes WHERE tenant_id = ?`
	selectFirst  = `SELECT tenant_id, number FROM tenancy_changes WHERE changed_at >= ? ORDER BY tenant_id LIMIT 1000`
	selectNext   = `SELECT tenant_id, number FROM tenancy_changes WHERE changed_at >= ? AND tenant_id > ? ORDER BY tenant_id LIMIT 1000`
)

var errBoom = errors.New("boom")

func mockDB(t *testing.T) (tenant.DBTX, sqlmock.Sqlmock) {
	t.Helper()
	db, mock, err := sqlmock.New(sqlmock.QueryMatcherOption(sqlmock.QueryMatcherEqual))
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, mock.ExpectationsWereMet())
		db.Close()
	})
	return db, mock
}

func number(n int64) *sqlmock.Rows { return sqlmock.NewRows([]string{"number"}).AddRow(n) }

func TestBump(t *testing.T) {
	t.Parallel()
	ctx := context.Background()

	t.Run("one statement on PostgreSQL and SQLite", func(t *testing.T) {
		for dialect, stmt := range map[tenant.Dialect]string{tenant.Postgres: upsertPostgres, tenant.SQLite: upsertSQLite} {
			db, mock := mockDB(t)
			mock.ExpectQuery(stmt).WithArgs("acme", sqlmock.AnyArg(), sqlmock.AnyArg()).WillReturnRows(number(7))
			n, err := feed.Bump(ctx, db, dialect, "acme")
			require.NoError(t, err)
			require.EqualValues(t, 7, n)
		}
	})
	t.Run("MySQL reads its own change back", func(t *testing.T) {
		db, mock := mockDB(t)
		mock.ExpectExec(upsertMySQL).WithArgs("", sqlmock.AnyArg(), sqlmock.AnyArg()).WillReturnResult(sqlmock.NewResult(0, 2))
		mock.ExpectQuery(selectNumber).WithArgs("").WillReturnRows(number(3))
		n, err := feed.Bump(ctx, db, tenant.MySQL, "")
		require.NoError(t, err)
		require.EqualValues(t, 3, n)
	})
	t.Run("an invalid id sends nothing", func(t *testing.T) {
		db, _ := mockDB(t)
		_, err := feed.Bump(ctx, db, tenant.SQLite, "Not Valid")
		require.ErrorIs(t, err, tenant.ErrInvalidID)
	})
	t.Run("no dialect sends nothing", func(t *testing.T) {
		db, _ := mockDB(t)
		_, err := feed.Bump(ctx, db, 0, "acme")
		require.Error(t, err)
	})
	t.Run("the engine's error stays itself", func(t *testing.T) {
		db, mock := mockDB(t)
		mock.ExpectQuery(upsertSQLite).WillReturnError(errBoom)
		_, err := feed.Bump(ctx, db, tenant.SQLite, "acme")
		require.ErrorIs(t, err, errBoom)
	})
}

func TestCurrent(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, mock := mockDB(t)
	s := feed.NewStore(db, tenant.SQLite)

	mock.ExpectQuery(selectNumber).WithArgs("acme").WillReturnRows(number(4))
	n, err := s.Current(ctx, "acme")
	require.NoError(t, err)
	require.EqualValues(t, 4, n)

	mock.ExpectQuery(selectNumber).WithArgs("bolt").WillReturnRows(sqlmock.NewRows([]string{"number"}))
	n, err = s.Current(ctx, "bolt")
	require.NoError(t, err, "no row is number 0")
	require.Zero(t, n)

	mock.ExpectQuery(selectNumber).WillReturnError(errBoom)
	_, err = s.Current(ctx, "acme")
	require.ErrorIs(t, err, errBoom)
}

// changes are rows of the table, in the order that the store asks for.
func changes(cs ...feed.Change) *sqlmock.Rows {
	rows := sqlmock.NewRows([]string{"tenant_id", "number"})
	for _, c := range cs {
		rows.AddRow(string(c.Tenant), c.Number)
	}
	return rows
}

func TestSince(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, mock := mockDB(t)
	s := feed.NewStore(db, tenant.SQLite)

	full := make([]feed.Change, 1000)
	for i := range full {
		full[i] = feed.Change{Tenant: tenant.ID(fmt.Sprintf("t%03d", i)), Number: 1}
	}
	mock.ExpectQuery(selectFirst).WithArgs(0).WillReturnRows(changes(full...))
	mock.ExpectQuery(selectNext).WithArgs(0, "t999").WillReturnRows(changes(feed.Change{Tenant: "u", Number: 2}))
	var got []feed.Change
	for c, err := range s.Since(ctx, time.Time{}) {
		require.NoError(t, err)
		got = append(got, c)
	}
	require.Equal(t, append(full, feed.Change{Tenant: "u", Number: 2}), got)

	at := time.UnixMilli(1_700_000_000_123)
	mock.ExpectQuery(selectFirst).WithArgs(at.UnixMilli()).WillReturnRows(changes(full...))
	mock.ExpectQuery(selectNext).WillReturnError(errBoom)
	n, failed := 0, error(nil)
	for _, err := range s.Since(ctx, at) {
		if err != nil {
			failed = err
			continue
		}
		n++
	}
	require.Equal(t, 1000, n, "the pages before the error count")
	require.ErrorIs(t, failed, errBoom)
}

func TestPollerTellsEachNumberOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, mock := mockDB(t)
	p := feed.NewPoller(feed.NewStore(db, tenant.SQLite), feed.PollerConfig{})
	var told, other []feed.Change
	p.Subscribe(func(id tenant.ID, n int64) { told = append(told, feed.Change{Tenant: id, Number: n}) })
	p.Subscribe(func(id tenant.ID, n int64) { other = append(other, feed.Change{Tenant: id, Number: n}) })

	_, ok := p.Fresh()
	require.False(t, ok)

	look := func(cs ...feed.Change) []feed.Change {
		t.Helper()
		told = nil
		mock.ExpectQuery(selectFirst).WillReturnRows(changes(cs...))
		require.NoError(t, p.Poll(ctx))
		return told
	}
	global, acme, bolt := feed.Change{Number: 1}, feed.Change{Tenant: "acme", Number: 5}, feed.Change{Tenant: "bolt", Number: 2}
	require.Equal(t, []feed.Change{global, acme}, look(global, acme), "the first look tells all there is")
	first, ok := p.Fresh()
	require.True(t, ok)
	require.Empty(t, look(global, acme), "a number is told once")
	require.Equal(t, []feed.Change{bolt}, look(global, acme, bolt), "a new tenant is")
	acme.Number = 9
	require.Equal(t, []feed.Change{acme}, look(acme), "several changes are one call")
	require.Equal(t, []feed.Change{global, {Tenant: "acme", Number: 5}, bolt, {Tenant: "acme", Number: 9}}, other)
	last, _ := p.Fresh()
	require.False(t, last.Before(first))
}

func TestPollerWindowAndSweep(t *testing.T) {
	t.Parallel()
	ctx := context.Background()

	t.Run("after a sweep it asks for the window only", func(t *testing.T) {
		db, mock := mockDB(t)
		p := feed.NewPoller(feed.NewStore(db, tenant.SQLite), feed.PollerConfig{Window: time.Minute, Sweep: time.Hour})
		mock.ExpectQuery(selectFirst).WithArgs(0).WillReturnRows(changes())
		require.NoError(t, p.Poll(ctx))
		at, _ := p.Fresh()
		mock.ExpectQuery(selectFirst).WithArgs(at.Add(-time.Minute).UnixMilli()).WillReturnRows(changes())
		require.NoError(t, p.Poll(ctx))
	})
	t.Run("the window reaches back to the last look that succeeded", func(t *testing.T) {
		db, mock := mockDB(t)
		p := feed.NewPoller(feed.NewStore(db, tenant.SQLite), feed.PollerConfig{Window: time.Minute, Sweep: time.Hour})
		mock.ExpectQuery(selectFirst).WithArgs(0).WillReturnRows(changes())
		require.NoError(t, p.Poll(ctx))
		at, _ := p.Fresh()
		mock.ExpectQuery(selectFirst).WillReturnError(errBoom)
		require.ErrorIs(t, p.Poll(ctx), errBoom)
		still, _ := p.Fresh()
		require.Equal(t, at, still, "a failed look is not fresh")
		mock.ExpectQuery(selectFirst).WithArgs(at.Add(-time.Minute).UnixMilli()).WillReturnRows(changes())
		require.NoError(t, p.Poll(ctx))
	})
	t.Run("a sweep that failed is made again", func(t *testing.T) {
		db, mock := mockDB(t)
		p := feed.NewPoller(feed.NewStore(db, tenant.SQLite), feed.PollerConfig{Sweep: time.Hour})
		mock.ExpectQuery(selectFirst).WithArgs(0).WillReturnError(errBoom)
		require.ErrorIs(t, p.Poll(ctx), errBoom)
		mock.ExpectQuery(selectFirst).WithArgs(0).WillReturnRows(changes())
		require.NoError(t, p.Poll(ctx))
	})
	t.Run("a sweep that is due", func(t *testing.T) {
		db, mock := mockDB(t)
		p := feed.NewPoller(feed.NewStore(db, tenant.SQLite), feed.PollerConfig{Sweep: 1})
		for range 2 {
			mock.ExpectQuery(selectFirst).WithArgs(0).WillReturnRows(changes())
			require.NoError(t, p.Poll(ctx))
		}
	})
}

func TestPollerRun(t *testing.T) {
	t.Parallel()
	db, mock := mockDB(t)
	failures := make(chan error, 1)
	p := feed.NewPoller(feed.NewStore(db, tenant.SQLite), feed.PollerConfig{
		Every:   time.Millisecond,
		OnError: func(err error) { failures <- err },
	})
	mock.ExpectQuery(selectFirst).WillReturnError(errBoom)
	mock.ExpectQuery(selectFirst).WillReturnRows(changes(feed.Change{Tenant: "acme", Number: 1}))
	ctx, cancel := context.WithCancel(context.Background())
	told := make(chan tenant.ID, 1)
	p.Subscribe(func(id tenant.ID, _ int64) {
		told <- id
		cancel()
	})
	done := make(chan error)
	go func() { done <- p.Run(ctx) }()
	require.ErrorIs(t, <-failures, errBoom, "a failure is reported")
	require.Equal(t, tenant.ID("acme"), <-told, "and the next look catches up")
	require.ErrorIs(t, <-done, context.Canceled)
}

// A change that was heard of elsewhere is told once, and a sweep compares all
// numbers.
func TestPollerNoticeAndSweep(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, mock := mockDB(t)
	p := feed.NewPoller(feed.NewStore(db, tenant.SQLite), feed.PollerConfig{Sweep: time.Hour})
	var told []feed.Change
	p.Subscribe(func(id tenant.ID, number int64) { told = append(told, feed.Change{Tenant: id, Number: number}) })
	acme, global := feed.Change{Tenant: "acme", Number: 3}, feed.Change{Number: 2}
	require.NoError(t, p.Notice(acme))
	require.NoError(t, p.Notice(acme))
	require.NoError(t, p.Notice(feed.Change{Tenant: "acme", Number: 2}))
	require.NoError(t, p.Notice(global))
	require.ErrorIs(t, p.Notice(feed.Change{Tenant: "No", Number: 9}), tenant.ErrInvalidID)
	require.Equal(t, []feed.Change{acme, global}, told)
	_, ok := p.Fresh()
	require.False(t, ok, "a notice says nothing of what else may have changed")

	mock.ExpectQuery(selectFirst).WithArgs(0).WillReturnRows(changes(global, acme))
	require.NoError(t, p.Poll(ctx))
	require.Len(t, told, 2, "the table tells nothing new")
	acme.Number = 4
	mock.ExpectQuery(selectFirst).WithArgs(0).WillReturnRows(changes(global, acme))
	require.NoError(t, p.Sweep(ctx), "although a sweep is not due")
	require.Equal(t, acme, told[2])
	mock.ExpectQuery(selectFirst).WithArgs(0).WillReturnError(errBoom)
	require.ErrorIs(t, p.Sweep(ctx), errBoom)
}
