package timers_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/timer"
)

// noon is where the clocks of these tests begin.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// A run of a per-tenant timer reads and writes its tenant's rows and no
// others; one of a shared timer reads what is shared, and no tenant's rows.
// Turning the flag of a module turns the timers that inherit it, and no others
// (checklist D8 and D18).
func Test_D08_D18_ContextOfRuns(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w := newWorld(t, e, 3)
		require.NoError(t, w.reg.SetStatus(t.Context(), tenantID(2), tenant.Suspended))
		for i := range 3 {
			for n := range 2 + i {
				_, err := w.plain.ExecContext(t.Context(), sqltext.Rebind(e.Dialect, `INSERT INTO notes VALUES (?, ?, 0)`), string(tenantID(i)), n)
				require.NoError(t, err)
			}
		}
		_, err := w.plain.ExecContext(t.Context(), `INSERT INTO plans VALUES ('gold')`)
		require.NoError(t, err)

		seen := make(chan [2]int, 10) // notes and plans
		look := func(ctx context.Context, run *timer.Run) error {
			if _, ok := tenant.ActorFromContext(ctx); ok {
				return errors.New("a run has an actor")
			}
			var c [2]int
			if err := w.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM plans`).Scan(&c[1]); err != nil {
				return err
			}
			_, err := w.db.ExecContext(ctx, `UPDATE notes SET touched = touched + 1`)
			switch {
			case run.Tenant == "" && tenant.ModeOf(ctx) == tenant.ModeGlobal:
				if !errors.Is(err, scope.ErrRefused) {
					return errors.New("a shared run was not refused a tenant's table")
				}
			case err != nil:
				return err
			default:
				if err := w.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM notes`).Scan(&c[0]); err != nil {
					return err
				}
			}
			seen <- c
			return nil
		}
		clock := &clock{at: noon}
		round := func(flag tenant.Isolation, want map[string][]tenant.ID) {
			t.Helper()
			crm := tenant.Module{Name: "crm", Isolation: flag}
			cfg := w.config(
				timer.Timer{Name: "inherits", Schedule: timer.Every(time.Hour), Module: crm, Run: look},
				timer.Timer{Name: "own", Schedule: timer.Every(time.Hour), Module: crm, Isolation: tenant.PerTenant, Run: look},
				timer.Timer{Name: "all", Schedule: timer.Every(time.Hour), Module: crm, Isolation: tenant.Shared, Run: look})
			cfg.Clock = clock.now
			_, got, stop := start(t, cfg)
			w.await(`SELECT COUNT(*) FROM tenancy_timers WHERE opened_at = 0`, 3)
			clock.add(time.Hour)
			n := 0
			for _, ids := range want {
				n += len(ids)
			}
			ran := map[string][]tenant.ID{}
			for _, r := range got.await(t, n) {
				require.Equal(t, timer.Done, r.Outcome, "%s of %s: %v", r.Timer, r.Tenant, r.Err)
				require.Equal(t, clock.now(), r.Due)
				ran[r.Timer] = append(ran[r.Timer], r.Tenant)
			}
			for name, ids := range want {
				require.ElementsMatch(t, ids, ran[name], name)
			}
			w.await(`SELECT COUNT(*) FROM tenancy_timers WHERE opened_at = 0`, 3)
			stop()
			require.Empty(t, got)
			var notes, plans []int
			for range n {
				c := <-seen
				notes, plans = append(notes, c[0]), append(plans, c[1])
			}
			for _, c := range plans {
				require.Equal(t, 1, c)
			}
			if flag == tenant.PerTenant {
				require.ElementsMatch(t, []int{0, 2, 2, 3, 3}, notes)
			} else {
				require.ElementsMatch(t, []int{0, 0, 2, 3}, notes)
			}
		}
		both := []tenant.ID{tenantID(0), tenantID(1)}
		round(tenant.PerTenant, map[string][]tenant.ID{"inherits": both, "own": both, "all": {""}})
		round(tenant.Shared, map[string][]tenant.ID{"inherits": {""}, "own": both, "all": {""}})
		round(tenant.PerTenant, map[string][]tenant.ID{"inherits": both, "own": both, "all": {""}})
		require.Equal(t, 5, w.count(`SELECT MIN(touched) FROM notes WHERE tenant_id <> 't0002'`))
		require.Equal(t, 5, w.count(`SELECT MAX(touched) FROM notes`))
		require.Equal(t, 0, w.count(`SELECT MAX(touched) FROM notes WHERE tenant_id = 't0002'`), "a suspended tenant's rows were touched")
	})
}

// await waits until a count is what it should be.
func (w *world) await(query string, want int) {
	w.t.Helper()
	require.Eventually(w.t, func() bool { return w.count(query) == want }, time.Minute, 5*time.Millisecond, query)
}

// mishap is an error whose text must not be kept.
type mishap struct{ secret string }

func (m *mishap) Error() string { return m.secret }

// A tenant whose run fails or panics stops no other; what is kept of it is the
// type of the error and its code, not its text. RunNow makes it good, honours
// the same claim, and touches no due time.
func TestFailingTenants(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		ctx := t.Context()
		w := newWorld(t, e, 6)
		require.NoError(t, w.reg.SetStatus(ctx, tenantID(5), tenant.Archived))
		var broken atomic.Bool
		broken.Store(true)
		clock := &clock{at: noon}
		held, hold := make(chan struct{}), make(chan struct{})
		cfg := w.config(timer.Timer{Name: "job", Schedule: timer.Every(time.Hour), Isolation: tenant.PerTenant, Run: func(_ context.Context, run *timer.Run) error {
			switch {
			case run.OnDemand && run.Tenant == tenantID(2):
				held <- struct{}{}
				<-hold
			case broken.Load() && run.Tenant == tenantID(1):
				return timer.WithCode(fmt.Errorf("charging: %w", &mishap{"secret"}), "no-money")
			case broken.Load() && run.Tenant == tenantID(3):
				panic("secret")
			}
			return nil
		}})
		cfg.Clock = clock.now
		cfg.Lease = 24 * time.Hour // the clock is turned while runs go on
		s, got, stop := start(t, cfg)
		w.await(`SELECT COUNT(*) FROM tenancy_timers`, 1)
		clock.add(time.Hour)
		outcomes := map[tenant.ID]timer.Outcome{}
		for _, r := range got.await(t, 5) {
			outcomes[r.Tenant] = r.Outcome
		}
		require.Equal(t, map[tenant.ID]timer.Outcome{tenantID(0): timer.Done, tenantID(1): timer.Failed, tenantID(2): timer.Done,
			tenantID(3): timer.Panicked, tenantID(4): timer.Done}, outcomes)
		st, found, err := s.State(ctx, "job", tenantID(1))
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, timer.State{Due: clock.now(), Attempt: 1, Owner: st.Owner, Finished: st.Finished, Outcome: timer.Failed,
			ErrorType: "*timers_test.mishap", Code: "no-money"}, st)
		for _, column := range []string{"error_type", "code", "outcome", "owner"} {
			require.Zero(t, w.count(`SELECT COUNT(*) FROM tenancy_timer_runs WHERE `+column+` LIKE '%secret%'`))
		}

		broken.Store(false)
		require.NoError(t, s.RunNow(ctx, "job", tenantID(1)))
		st, _, err = s.State(ctx, "job", tenantID(1))
		require.NoError(t, err)
		require.Equal(t, timer.Done, st.Outcome)
		require.Equal(t, clock.now(), st.Due, "a run on demand has moved the due time")
		for id, want := range map[tenant.ID]error{tenantID(5): tenant.ErrArchived, "nobody": tenant.ErrUnknownTenant, "../x": tenant.ErrInvalidID, "": tenant.ErrInvalidID} {
			require.ErrorIs(t, s.RunNow(ctx, "job", id), want)
		}
		require.ErrorIs(t, s.RunNow(ctx, "other", tenantID(1)), timer.ErrUnknownTimer)
		require.ErrorIs(t, s.RunNow(tenant.WithID(ctx, tenantID(0)), "job", tenantID(1)), tenant.ErrTenantConflict)
		require.NoError(t, s.RunNow(tenant.WithID(ctx, tenantID(0)), "job", tenantID(0)))

		// While one goes on, here or elsewhere, there is no second one. Its due
		// run waits for its end.
		got.await(t, 2)
		done := make(chan error)
		go func() { done <- s.RunNow(context.Background(), "job", tenantID(2)) }()
		<-held
		other, err := timer.New(cfg)
		require.NoError(t, err)
		require.ErrorIs(t, other.RunNow(ctx, "job", tenantID(2)), timer.ErrBusy)
		clock.add(time.Hour)
		for _, r := range got.await(t, 4) {
			require.NotEqual(t, tenantID(2), r.Tenant)
		}
		close(hold)
		require.NoError(t, <-done)
		last := got.await(t, 2)
		require.True(t, last[0].OnDemand)
		require.Equal(t, timer.Result{Timer: "job", Tenant: tenantID(2), Due: clock.now(), Attempt: 1, Outcome: timer.Done, Took: last[1].Took}, last[1])

		// The rows of a tenant that is gone go with the next round.
		require.NoError(t, w.reg.Delete(ctx, tenantID(0)))
		clock.add(time.Hour)
		got.await(t, 4)
		w.await(`SELECT COUNT(*) FROM tenancy_timer_runs WHERE tenant_id = 't0000'`, 0)
		stop()
		require.NoError(t, timer.Forget(ctx, w.db, e.Dialect, "job"))
		require.Zero(t, w.count(`SELECT COUNT(*) FROM tenancy_timer_runs`)+w.count(`SELECT COUNT(*) FROM tenancy_timers`))
	})
}

// Due times that passed while no process was there, by policy; and how
// schedulers that run side by side share what is due.
func TestMissedRounds(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w := newWorld(t, e, 20)
		clock := &clock{at: noon}
		record := func(ctx context.Context, run *timer.Run) error {
			return sqltext.InTx(ctx, w.db, func(tx tenant.DBTX) error {
				_, err := tx.ExecContext(ctx, sqltext.Rebind(e.Dialect, `INSERT INTO effects (timer, due, attempt, process) VALUES (?, ?, ?, '')`), run.Timer, run.Due.Sub(noon).Hours(), run.Attempt)
				if err != nil {
					return err
				}
				return run.Complete(ctx, tx)
			})
		}
		var timers []timer.Timer
		for name, m := range map[string]timer.Missed{"once": timer.MissedOnce, "skip": timer.MissedSkip, "each": timer.MissedEach} {
			timers = append(timers, timer.Timer{Name: name, Schedule: timer.Every(time.Hour), Isolation: tenant.PerTenant, Missed: m, MissedLimit: 3, Run: record})
		}
		cfg := w.config(timers...)
		cfg.Clock = clock.now
		two := func() (stop func()) {
			_, _, stopOne := start(t, cfg)
			_, _, stopTwo := start(t, cfg)
			return func() { stopOne(); stopTwo() }
		}
		rounds := func() {
			t.Helper()
			w.await(`SELECT COUNT(*) FROM tenancy_timers WHERE opened_at = 0 AND due_at > `+fmt.Sprint(clock.now().UnixMilli()), 3)
			w.await(`SELECT COUNT(*) FROM tenancy_timer_runs WHERE claimed_until > 0`, 0)
		}
		stop := two()
		rounds()
		clock.add(time.Hour)
		rounds()
		stop()
		clock.add(5*time.Hour + 30*time.Minute)
		stop = two()
		rounds()
		clock.add(30 * time.Minute)
		rounds()
		stop()
		for name, want := range map[string][]int{"once": {1, 6, 7}, "skip": {1, 7}, "each": {1, 4, 5, 6, 7}} {
			require.Equal(t, 20*len(want), w.count(`SELECT COUNT(*) FROM effects WHERE timer = ?`, name), name)
			for _, hour := range want {
				require.Equal(t, 20, w.count(`SELECT COUNT(*) FROM (SELECT DISTINCT tenant_id FROM effects WHERE timer = ? AND due = ?) d`, name, hour), "%s, hour %d", name, hour)
			}
		}
	})
}

// A process that stood still past its lease finds, when it goes on, that its
// run is another's: it can not complete it, and its effect is rolled back.
func TestFenced(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w := newWorld(t, e, 1)
		clock := &clock{at: noon}
		stands, goOn, refused := make(chan struct{}), make(chan struct{}), make(chan struct{})
		insert := sqltext.Rebind(e.Dialect, `INSERT INTO effects (timer, due, attempt, process) VALUES (?, 0, ?, '')`)
		cfg := w.config(timer.Timer{Name: "job", Schedule: once{noon.Add(time.Hour)}, Isolation: tenant.PerTenant, Run: func(ctx context.Context, run *timer.Run) error {
			switch run.Attempt {
			case 1:
				close(stands)
				<-goOn
			case 2:
				close(goOn)
				<-refused
			}
			ctx = context.WithoutCancel(ctx) // it does not heed its context either
			return sqltext.InTx(ctx, w.db, func(tx tenant.DBTX) error {
				if _, err := tx.ExecContext(ctx, insert, run.Timer, run.Attempt); err != nil {
					return err
				}
				return run.Complete(ctx, tx)
			})
		}})
		cfg.Clock, cfg.Lease = clock.now, 24*time.Hour // no heartbeat comes meanwhile
		_, first, _ := start(t, cfg)
		w.await(`SELECT COUNT(*) FROM tenancy_timers`, 1)
		clock.add(time.Hour)
		<-stands
		clock.add(25 * time.Hour)
		cfg.Workers = 1
		_, second, _ := start(t, cfg)
		got := map[int]timer.Result{}
		for range 2 {
			select {
			case r := <-first: // it may take its own run over
				got[r.Attempt] = r
			case r := <-second:
				got[r.Attempt] = r
			case <-time.After(time.Minute):
				t.Fatal("nobody took the run over")
			}
			if len(got) == 1 {
				require.Contains(t, got, 1, "the late run ends first")
				close(refused)
			}
		}
		require.Equal(t, timer.Lost, got[1].Outcome)
		require.ErrorIs(t, got[1].Err, timer.ErrClaimLost)
		require.Equal(t, timer.Done, got[2].Outcome)
		require.Equal(t, 1, w.count(`SELECT COUNT(*) FROM effects`))
		require.Equal(t, 2, w.count(`SELECT MAX(attempt) FROM effects`))
	})
}
