package timers_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
)

// A process is killed in the middle of a run: before the run completes itself,
// after that, or with its effect committed where it does not complete itself.
// Nothing half-made is to be seen, and a second process makes what is left.
func TestKilled(t *testing.T) {
	t.Parallel()
	const tenants, hangAt = 40, 15
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		for _, hang := range []string{"before", "completed", "plain"} {
			t.Run(hang, func(t *testing.T) {
				w := newWorld(t, e, tenants)
				workers := 4
				if e.Dialect == tenant.SQLite {
					workers = 1 // the run that hangs has the only write lock
				}
				first := job{Place: w.place, Name: "first", Timers: 1, Workers: workers, Lease: 5 * time.Second, At: time.Now().UnixMilli() + 500, Hang: hang, HangAt: hangAt}
				p := first.start(t)
				p.says("hangs")
				p.kill()
				made := w.count(`SELECT COUNT(*) FROM effects`)
				require.Less(t, made, tenants)
				if hang != "plain" {
					require.Equal(t, w.count(`SELECT COUNT(*) FROM tenancy_timer_runs WHERE outcome = 'done'`), made, "effects and the marks of them")
				}

				second := first
				second.Name, second.Hang = "second", ""
				if hang == "plain" {
					second.Hang, second.HangAt = hang, -1 // the same kind of run, and it never hangs
				}
				p = second.start(t)
				p.says("ready")
				w.settle(1, 2*time.Minute)
				if hang == "plain" {
					// Its effect had committed, without the mark, and perhaps that of
					// other workers. The run was made again, and its own key refused.
					require.NoError(t, p.cmd.Process.Kill())
					_ = p.cmd.Wait()
					require.Equal(t, tenants, w.count(`SELECT COUNT(*) FROM runs`))
					again := w.count(`SELECT COUNT(*) FROM tenancy_timer_runs WHERE outcome = 'failed' AND attempt = 2 AND error_type <> ''`)
					require.True(t, again >= 1 && again <= workers, "%d runs were made again", again)
					return
				}
				p.stop()
				require.Equal(t, tenants, w.count(`SELECT COUNT(*) FROM effects`))
				require.Equal(t, tenants, w.count(`SELECT COUNT(*) FROM (SELECT DISTINCT tenant_id FROM effects) d`))
				require.Equal(t, tenants, w.count(`SELECT COUNT(*) FROM tenancy_timer_runs WHERE outcome = 'done'`))
				require.Positive(t, w.count(`SELECT COUNT(*) FROM effects WHERE attempt = 2 AND process = 'second'`), "the killed run was not made again")
			})
		}
	})
}
