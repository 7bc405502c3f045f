package timers_test

import (
	"context"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/timer"
)

// samples is the timer of sample data of a module: for each tenant three notes of
// its own, put back as they were. The effect and the end of the run commit together.
func (w *world) samples(module tenant.Module) timer.Timer {
	return timer.Timer{Name: "sample-data", Schedule: timer.Every(time.Hour), Module: module, Run: func(ctx context.Context, run *timer.Run) error {
		return sqltext.InTx(ctx, w.db, func(tx tenant.DBTX) error {
			if _, err := tx.ExecContext(ctx, `DELETE FROM notes`); err != nil {
				return err
			}
			for n := range 3 {
				if _, err := tx.ExecContext(ctx, sqltext.Rebind(w.Dialect, `INSERT INTO notes (n, touched) VALUES (?, 0)`), n); err != nil {
					return err
				}
			}
			return run.Complete(ctx, tx)
		})
	}}
}

// The periodic job of one tenant, begun by a request to the tenant's own address or
// by an argument of a command: it reaches that tenant and no other.
func Test_B21_CronFromAddressOrArgument(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w := newWorld(t, e, 3)
		for i := range 3 {
			require.NoError(t, w.reg.Update(t.Context(), tenant.Tenant{ID: tenantID(i), Host: string(tenantID(i)) + ".example.com"}))
			_, err := w.plain.ExecContext(t.Context(), sqltext.Rebind(e.Dialect, `INSERT INTO notes VALUES (?, 1, 7)`), string(tenantID(i)))
			require.NoError(t, err)
		}
		require.NoError(t, w.reg.SetStatus(t.Context(), tenantID(2), tenant.Suspended))
		s, err := timer.New(w.config(w.samples(tenant.Module{Name: "crm", Isolation: tenant.PerTenant})))
		require.NoError(t, err)

		site := tenant.Middleware(tenant.MiddlewareConfig{Registry: w.reg, Resolve: tenant.ByHost(w.reg)})(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			id, _ := tenant.IDFromContext(r.Context())
			if err := s.RunNow(r.Context(), "sample-data", id); err != nil {
				http.Error(rw, err.Error(), http.StatusConflict)
			}
		}))
		address := func(host string) int {
			rec := httptest.NewRecorder()
			site.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "http://"+host+".example.com/cron", nil))
			return rec.Code
		}
		command := func(args ...string) error {
			flags := flag.NewFlagSet("cron", flag.ContinueOnError)
			flags.SetOutput(io.Discard)
			of := flags.String("tenant", "", "whose cron it is")
			if err := flags.Parse(args); err != nil {
				return err
			}
			return s.RunNow(context.Background(), "sample-data", tenant.ID(*of))
		}
		done := func(want ...int) { // how many notes each has by now
			t.Helper()
			for i, n := range want {
				require.Equal(t, n, w.count(`SELECT COUNT(*) FROM notes WHERE tenant_id = ?`, string(tenantID(i))), i)
			}
		}
		done(1, 1, 1)
		require.Equal(t, http.StatusOK, address("t0000"))
		done(3, 1, 1)
		require.NoError(t, command("-tenant", "t0001"))
		done(3, 3, 1)
		for host, want := range map[string]int{"t0002": http.StatusServiceUnavailable, "nobody": http.StatusNotFound} {
			require.Equal(t, want, address(host))
		}
		for _, c := range []struct {
			args []string
			want error
		}{
			{nil, tenant.ErrInvalidID}, {[]string{"-tenant", "*"}, tenant.ErrInvalidID}, {[]string{"-tenant", "t0000,t0002"}, tenant.ErrInvalidID},
			{[]string{"-tenant", "nobody"}, tenant.ErrUnknownTenant}, {[]string{"-tenant", "t0002"}, tenant.ErrSuspended},
		} {
			require.ErrorIs(t, command(c.args...), c.want, "%v", c.args)
		}
		done(3, 3, 1)
		require.Equal(t, 7, w.count(`SELECT touched FROM notes WHERE tenant_id = 't0002'`))
	})
}

// The timer of sample data inherits from its module and runs for each active
// tenant, also one that came later, and makes each tenant's own samples: once,
// however often it runs.
func Test_D19_SampleDataForEachTenant(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w := newWorld(t, e, 3)
		require.NoError(t, w.reg.SetStatus(t.Context(), tenantID(2), tenant.Suspended))
		clock := &clock{at: noon}
		cfg := w.config(w.samples(tenant.Module{Name: "crm", Isolation: tenant.PerTenant}))
		cfg.Clock = clock.now
		// In MySQL two that delete and insert side by side can deadlock over the gap
		// between their rows, and a run that fails is not made again.
		cfg.Workers = 1
		_, got, _ := start(t, cfg)
		round := func(want ...tenant.ID) {
			t.Helper()
			w.await(`SELECT COUNT(*) FROM tenancy_timers WHERE opened_at = 0`, 1)
			clock.add(time.Hour)
			var ran []tenant.ID
			for _, r := range got.await(t, len(want)) {
				require.Equal(t, timer.Done, r.Outcome, "%s: %v", r.Tenant, r.Err)
				ran = append(ran, r.Tenant)
			}
			require.ElementsMatch(t, want, ran)
			for _, id := range append(want, tenantID(2)) {
				n := w.count(`SELECT COUNT(*) FROM notes WHERE tenant_id = ?`, string(id))
				require.Equal(t, map[bool]int{true: 0, false: 3}[id == tenantID(2)], n, id)
			}
			require.Equal(t, 3*len(want), w.count(`SELECT COUNT(*) FROM notes`))
		}
		round(tenantID(0), tenantID(1))
		// Somebody changes his samples, and another tenant comes.
		_, err := w.db.ExecContext(tenant.WithID(t.Context(), tenantID(0)), `UPDATE notes SET touched = 5`)
		require.NoError(t, err)
		require.NoError(t, w.reg.Create(t.Context(), tenant.Tenant{ID: "late"}))
		round(tenantID(0), tenantID(1), "late")
		require.Zero(t, w.count(`SELECT SUM(touched) FROM notes`), "as they were")
		require.Empty(t, got)
	})
}
