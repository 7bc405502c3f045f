package timers_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/timer"
)

// lines is a log that several goroutines write.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), text)
}

// The clock of the database is a year ahead for a while. When it is right
// again every due time that then comes is made, once, and the log says why.
func TestClockWasAhead(t *testing.T) {
	t.Parallel()
	const year = 365 * 24 * time.Hour
	for _, c := range []struct {
		name    string
		restart bool          // afterwards
		jitter  time.Duration // the wrong round is still open when the clock is set right
		wrong   int           // runs made meanwhile
	}{
		{"going on", false, 0, 2},
		{"after a restart", true, 0, 2},
		{"in a round", false, 30 * time.Minute, 0},
		{"in a round, after a restart", true, 30 * time.Minute, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			engines.Each(t, func(t *testing.T, e engines.Engine) {
				t.Parallel()
				w := newWorld(t, e, 2)
				clock, log := &clock{at: noon}, &lines{}
				cfg := w.config(timer.Timer{Name: "job", Schedule: timer.Every(time.Hour), Isolation: tenant.PerTenant, Jitter: c.jitter,
					Run: func(context.Context, *timer.Run) error { return nil }})
				cfg.Clock, cfg.Logger = clock.now, slog.New(slog.NewTextHandler(log, nil))
				cfg.Lease = 10_000 * time.Hour // the clock is turned while runs go on
				waits := func() {
					t.Helper()
					w.await(`SELECT COUNT(*) FROM tenancy_timers WHERE opened_at = 0`, 1)
				}
				_, got, stop := start(t, cfg)
				hour := func() {
					t.Helper()
					clock.add(time.Hour)
					due := clock.now().Truncate(time.Hour)
					for _, r := range got.await(t, 2) {
						require.Equal(t, timer.Done, r.Outcome)
						require.Equal(t, due, r.Due)
					}
					waits()
				}
				waits()
				clock.add(c.jitter)
				hour()
				clock.add(year - c.jitter)
				got.await(t, c.wrong)
				if c.wrong > 0 {
					waits()
				} else {
					w.await(`SELECT COUNT(*) FROM tenancy_timers WHERE opened_at > 0`, 1)
				}
				clock.add(c.jitter - year)
				if c.restart {
					stop()
					_, got, stop = start(t, cfg)
				}
				w.await(`SELECT COUNT(*) FROM tenancy_timers WHERE opened_at = 0 AND due_at = `+fmt.Sprint(noon.Add(2*time.Hour).UnixMilli()), 1)
				for range 3 {
					hour()
				}
				stop()
				require.Empty(t, got)
				require.Equal(t, noon.Add(4*time.Hour+c.jitter), clock.now())
				warned := log.count("the clock was ahead")
				require.Positive(t, warned)
				require.LessOrEqual(t, warned, 2, "once for the timer and once for its runs")
			})
		})
	}
}

// By the clock of the database itself: what lies a little ahead has been run,
// by a process that knew the time better, and is not run again.
func TestRowsAhead(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w := newWorld(t, e, 5)
		now := time.Now().UTC()
		_, err := w.plain.ExecContext(t.Context(), sqltext.Rebind(e.Dialect, `INSERT INTO tenancy_timers (timer, due_at, opened_at) VALUES ('job', ?, 0)`), now.Add(-time.Minute).UnixMilli())
		require.NoError(t, err)
		for i, due := range []time.Duration{-time.Hour, 40 * time.Second, 24 * time.Hour, 1000 * time.Hour} {
			_, err := w.plain.ExecContext(t.Context(), sqltext.Rebind(e.Dialect, `INSERT INTO tenancy_timer_runs (timer, tenant_id, due_at, token, claimed_until, owner, attempt, on_demand, finished_at, outcome, error_type, code) VALUES ('job', ?, ?, 7, 0, '', 1, 0, 1, 'done', '', '')`),
				string(tenantID(i)), now.Add(due).UnixMilli())
			require.NoError(t, err)
		}
		cfg := w.config(timer.Timer{Name: "job", Schedule: once{now.Add(-30 * time.Second)}, Isolation: tenant.PerTenant, Run: func(context.Context, *timer.Run) error { return nil }})
		_, got, stop := start(t, cfg)
		var ids []tenant.ID
		for _, r := range got.await(t, 4) {
			ids = append(ids, r.Tenant)
		}
		require.ElementsMatch(t, []tenant.ID{tenantID(0), tenantID(2), tenantID(3), tenantID(4)}, ids)
		w.await(`SELECT COUNT(*) FROM tenancy_timers WHERE opened_at = 0`, 1)
		stop()
		require.Empty(t, got)
		require.Equal(t, 3, w.count(`SELECT COUNT(*) FROM tenancy_timer_runs WHERE token = 8`), "each claim has a new token")
	})
}

// behind is the database for a process that learnt the time before it was
// suspended for an hour.
type behind struct{ *sql.DB }

func (b behind) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return b.DB.QueryContext(ctx, strings.Replace(query, " FROM tenancy_timers", " - 3600000 FROM tenancy_timers", 1), args...)
}

// A process that was suspended, and goes on in the middle of a round, makes
// nothing that others have made meanwhile, and its claims are no orphans.
func TestProcessBehind(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w := newWorld(t, e, 3)
		now := time.Now().UTC().Truncate(time.Millisecond)
		ago := func(d time.Duration) int64 { return now.Add(-d).UnixMilli() }
		insert := func(stmt string, args ...any) {
			_, err := w.plain.ExecContext(t.Context(), sqltext.Rebind(e.Dialect, stmt), args...)
			require.NoError(t, err)
		}
		insert(`INSERT INTO tenancy_timers (timer, due_at, opened_at) VALUES ('job', ?, ?)`, ago(2*time.Hour), ago(2*time.Hour))
		for i, due := range []time.Duration{30 * time.Minute, 3 * time.Hour} { // of a later round, and of an earlier one
			insert(`INSERT INTO tenancy_timer_runs (timer, tenant_id, due_at, token, claimed_until, owner, attempt, on_demand, finished_at, outcome, error_type, code) VALUES ('job', ?, ?, 7, 0, '', 1, 0, 1, 'done', '', '')`,
				string(tenantID(i)), ago(due))
		}
		hold := make(chan struct{})
		var over atomic.Int64 // leases that had ended as they began
		cfg := w.config(timer.Timer{Name: "job", Schedule: once{now.Add(-2 * time.Hour)}, Isolation: tenant.PerTenant, Run: func(context.Context, *timer.Run) error {
			over.Add(int64(w.count(`SELECT COUNT(*) FROM tenancy_timer_runs WHERE claimed_until > 0 AND claimed_until < ?`, now.UnixMilli())))
			<-hold
			return nil
		}})
		cfg.DB, cfg.Lease = behind{w.db}, time.Second
		_, got, stop := start(t, cfg)
		w.await(`SELECT COUNT(*) FROM tenancy_timer_runs WHERE claimed_until > `+fmt.Sprint(now.UnixMilli()), 2)
		w.await(`SELECT COUNT(*) FROM tenancy_timer_runs WHERE claimed_until > `+fmt.Sprint(now.Add(3*time.Second).UnixMilli()), 2) // extended
		require.Zero(t, over.Load())
		close(hold)
		for _, r := range got.await(t, 2) {
			require.Equal(t, timer.Done, r.Outcome)
			require.NotEqual(t, tenantID(0), r.Tenant)
		}
		stop()
		require.Empty(t, got)
		require.Equal(t, 7, w.count(`SELECT token FROM tenancy_timer_runs WHERE tenant_id = ?`, string(tenantID(0))))
	})
}
