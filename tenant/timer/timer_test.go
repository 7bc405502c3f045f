package timer_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"testing"
	"time"

	"github.com/DATA-DOG/go-sqlmock"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/timer"
)

func nothing(context.Context, *timer.Run) error { return nil }

// zero is a Schedule that stands still.
type still struct{}

func (still) Next(after time.Time) time.Time { return after }

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	good := func() (timer.Config, *timer.Timer) {
		reg, err := tenant.NewMemoryRegistry()
		require.NoError(t, err)
		timers := []timer.Timer{{Name: "a.b-c_1", Schedule: timer.Every(time.Second), Isolation: tenant.Shared, Run: nothing}}
		return timer.Config{DB: new(sql.DB), Dialect: tenant.MySQL, Registry: reg, Timers: timers}, &timers[0]
	}
	cfg, _ := good()
	_, err := timer.New(cfg)
	require.NoError(t, err)
	for want, change := range map[string]func(*timer.Config, *timer.Timer){
		"Config.DB":              func(c *timer.Config, _ *timer.Timer) { c.DB = nil },
		"there is no dialect":    func(c *timer.Config, _ *timer.Timer) { c.Dialect = 0 },
		"Config.Registry":        func(c *timer.Config, _ *timer.Timer) { c.Registry = nil },
		"Config.Timers is empty": func(c *timer.Config, _ *timer.Timer) { c.Timers = nil },
		"negative Workers":       func(c *timer.Config, _ *timer.Timer) { c.Workers = -1 },
		"shorter than a second":  func(c *timer.Config, _ *timer.Timer) { c.Lease = time.Millisecond },
		"Config.Owner":           func(c *timer.Config, _ *timer.Timer) { c.Owner = string(make([]byte, 101)) },
		"are called a.b-c_1":     func(c *timer.Config, _ *timer.Timer) { c.Timers = append(c.Timers, c.Timers[0]) },
		`"-a" is not`:            func(_ *timer.Config, x *timer.Timer) { x.Name = "-a" },
		`"" is not`:              func(_ *timer.Config, x *timer.Timer) { x.Name = "" },
		`"a b" is not`:           func(_ *timer.Config, x *timer.Timer) { x.Name = "a b" },
		"no Run":                 func(_ *timer.Config, x *timer.Timer) { x.Run = nil },
		"no Schedule":            func(_ *timer.Config, x *timer.Timer) { x.Schedule = nil },
		"a negative":             func(_ *timer.Config, x *timer.Timer) { x.Jitter = -1 },
		"Missed is unknown":      func(_ *timer.Config, x *timer.Timer) { x.Missed = 3 },
		"at least one second":    func(_ *timer.Config, x *timer.Timer) { x.Schedule = timer.Every(time.Second - 1) },
		"is not after":           func(_ *timer.Config, x *timer.Timer) { x.Schedule = still{} },
		"Isolation is unknown":   func(_ *timer.Config, x *timer.Timer) { x.Isolation = 9 },
		"there is no Module":     func(_ *timer.Config, x *timer.Timer) { x.Isolation = tenant.Inherit },
		"so is that of module crm": func(_ *timer.Config, x *timer.Timer) {
			x.Isolation, x.Module = tenant.Inherit, tenant.Module{Name: "crm"}
		},
	} {
		cfg, x := good()
		change(&cfg, x)
		_, err := timer.New(cfg)
		require.ErrorContains(t, err, want)
	}
}

func TestEvery(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		every       time.Duration
		after, want string
	}{
		{time.Hour, "2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z"},
		{time.Hour, "2026-01-01T10:59:59.999Z", "2026-01-01T11:00:00Z"},
		{24 * time.Hour, "2026-01-01T10:00:00+05:00", "2026-01-02T00:00:00Z"},
		{7 * time.Second, "1969-12-31T23:59:58Z", "1970-01-01T00:00:00Z"},
		{7 * time.Second, "1969-12-31T23:59:50Z", "1969-12-31T23:59:53Z"},
	} {
		after, err := time.Parse(time.RFC3339, c.after)
		require.NoError(t, err)
		require.Equal(t, c.want, timer.Every(c.every).Next(after).Format(time.RFC3339Nano))
	}
}

const finish = `UPDATE tenancy_timer_runs SET claimed_until = 0, finished_at = $1, outcome = $2, error_type = $3, code = $4 WHERE timer = $5 AND tenant_id = $6 AND token = $7 AND claimed_until > 0`

// The mark that a run is done is written in the run's own transaction, for the
// claim that the run was made under; where that is lost the transaction must
// not commit.
func TestComplete(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		found int64
		fail  error
		want  error
	}{
		"it is ours":      {1, nil, nil},
		"it is lost":      {0, nil, timer.ErrClaimLost},
		"the engine says": {0, boom, boom},
	} {
		t.Run(name, func(t *testing.T) {
			db, mock, err := sqlmock.New(sqlmock.QueryMatcherOption(sqlmock.QueryMatcherEqual))
			require.NoError(t, err)
			defer db.Close()
			reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme"})
			require.NoError(t, err)
			s, err := timer.New(timer.Config{DB: db, Dialect: tenant.Postgres, Registry: reg, Owner: "here", Timers: []timer.Timer{{
				Name: "job", Schedule: timer.Every(time.Hour), Isolation: tenant.PerTenant,
				Run: func(ctx context.Context, run *timer.Run) error {
					require.Error(t, run.Complete(ctx, db), "a pool is no transaction")
					require.Error(t, run.Complete(ctx, nil))
					tx, err := db.BeginTx(ctx, nil)
					if err != nil {
						return err
					}
					if err := run.Complete(ctx, tx); err != nil {
						return errors.Join(err, tx.Rollback())
					}
					return tx.Commit()
				}}}})
			require.NoError(t, err)

			mock.ExpectQuery(`SELECT timer, due_at, opened_at, CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) FROM tenancy_timers`).
				WillReturnRows(sqlmock.NewRows([]string{"timer", "due_at", "opened_at", "now"}).AddRow("job", 7200000, 0, 5000000))
			mock.ExpectExec(`UPDATE tenancy_timer_runs SET token = token + 1, claimed_until = CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) + $1, owner = $2, attempt = 1, on_demand = 1 WHERE timer = $3 AND claimed_until = 0 AND tenant_id = $4`).
				WithArgs(60_000, sqlmock.AnyArg(), "job", "acme").WillReturnResult(sqlmock.NewResult(0, 1))
			mock.ExpectQuery(`SELECT tenant_id, due_at, token FROM tenancy_timer_runs WHERE timer = $1 AND owner = $2 AND claimed_until > 0 AND tenant_id IN ($3)`).
				WillReturnRows(sqlmock.NewRows([]string{"tenant_id", "due_at", "token"}).AddRow("acme", 3600000, 41))
			mock.ExpectBegin()
			end := mock.ExpectExec(finish).WithArgs(near(5000000), "done", "", "", "job", "acme", 41)
			if c.fail != nil {
				end.WillReturnError(c.fail)
			} else {
				end.WillReturnResult(sqlmock.NewResult(0, c.found))
			}
			if c.want == nil {
				mock.ExpectCommit() // and nothing is written after it
			} else {
				mock.ExpectRollback()
				mock.ExpectExec(finish).WithArgs(near(5000000), "failed", sqlmock.AnyArg(), "", "job", "acme", 41).WillReturnResult(sqlmock.NewResult(0, 1))
			}
			err = s.RunNow(ctx, "job", "acme")
			require.ErrorIs(t, err, c.want)
			require.NoError(t, mock.ExpectationsWereMet())
		})
	}
}

// near matches milliseconds of the database's clock, which goes on meanwhile.
type near int64

func (n near) Match(v driver.Value) bool {
	at, ok := v.(int64)
	return ok && at >= int64(n) && at < int64(n)+time.Minute.Milliseconds()
}

func TestTexts(t *testing.T) {
	t.Parallel()
	require.Equal(t, "timed-out", timer.TimedOut.String())
	require.Equal(t, "Outcome(0)", timer.Outcome(0).String())
	require.Equal(t, "each", timer.MissedEach.String())
	require.Equal(t, "Missed(7)", timer.Missed(7).String())
	require.NoError(t, timer.WithCode(nil, "x"))
	boom := errors.New("boom")
	require.ErrorIs(t, timer.WithCode(boom, "x"), boom)
	require.NotContains(t, (&timer.PanicError{Value: "secret"}).Error(), "secret")
}
