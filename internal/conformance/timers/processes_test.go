package timers_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
)

// Two processes, 50 timers, 1,000 tenants: each due run exactly once, and each
// process makes some, with the workers and the lease that are taken where nobody
// says otherwise. SQLite, where every commit waits for every other and two
// processes take turns by sleeping, has fewer tenants unless TENANCY_FULL is set.
func TestTwoProcesses(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		timers, tenants := 50, 1000
		if e.Dialect == tenant.SQLite && os.Getenv("TENANCY_FULL") == "" {
			tenants = 100
		}
		w := newWorld(t, e, tenants)
		began := time.Now()
		j := job{Place: w.place, Timers: timers, At: began.Add(time.Second).UnixMilli()}
		var processes []*process
		for _, j.Name = range []string{"one", "two"} {
			processes = append(processes, j.start(t))
		}
		for _, p := range processes {
			p.says("ready")
		}
		w.settle(timers, 15*time.Minute) // only a hang takes so long
		t.Logf("%d runs in %v", timers*tenants, time.Since(began).Round(time.Millisecond))
		for _, p := range processes {
			p.stop() // with an error where a run was not done, such as a second one
		}
		require.Equal(t, timers*tenants/2, w.count(`SELECT COUNT(*) FROM runs`))
		require.Equal(t, timers*tenants/2, w.count(`SELECT COUNT(*) FROM effects`))
		require.Equal(t, timers*tenants/2, w.count(`SELECT COUNT(*) FROM (SELECT DISTINCT tenant_id, timer, due FROM effects) d`))
		for _, name := range []string{"one", "two"} {
			require.Positive(t, w.count(`SELECT COUNT(*) FROM runs WHERE process = ?`, name), "process %s did nothing", name)
		}
		require.Equal(t, timers*tenants, w.count(`SELECT COUNT(*) FROM tenancy_timer_runs WHERE outcome = 'done' AND token = 1 AND attempt = 1`))
	})
}
