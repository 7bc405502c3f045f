package timer

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

// shared is hourly the other way.
func shared(run func(context.Context, *Run) error) Timer {
	t := hourly(run)
	t.Isolation = tenant.Shared
	return t
}

// kinds returns for each due time how many runs for tenants, and for all, were
// done.
func kinds(list []Result) map[time.Time][2]int {
	out := map[time.Time][2]int{}
	for _, r := range list {
		n := out[r.Due]
		switch {
		case r.Outcome != Done:
			continue
		case r.Tenant == "":
			n[1]++
		default:
			n[0]++
		}
		out[r.Due] = n
	}
	return out
}

// While a flag is turned there are processes of both kinds: each due time is run
// the one way or the other, and whole.
func TestBothIsolations(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 7)
		var group sync.WaitGroup
		for _, one := range []Timer{hourly(wait(time.Minute)), shared(wait(time.Minute)), hourly(wait(time.Minute)), shared(wait(time.Minute))} {
			group.Go(func() { b.beside(20*time.Hour+30*time.Minute, one) })
			time.Sleep(time.Second)
		}
		group.Wait()
		byDue := kinds(b.take())
		require.Len(t, byDue, 20)
		for due, n := range byDue {
			require.Contains(t, [][2]int{{7, 0}, {0, 1}}, n, "%v", due)
		}
	})
}

// Where nobody is left of the one kind its round is not gone on with, nor begun
// anew; from the next due time on there is the other, and so back.
func TestIsolationTurned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 7)
		first := b.run(time.Hour+90*time.Second, hourly(wait(time.Minute)))
		require.Equal(t, 4, outcomes(first)[Done], "in the middle of a round")
		then := b.run(3*time.Hour, shared(nothing))
		require.Equal(t, map[Outcome]int{Done: 3, Skipped: 3}, outcomes(then), "%v", then)
		for due, n := range kinds(then) {
			require.Equal(t, [2]int{0, 1}, n)
			require.True(t, due.After(first[0].Due))
		}
		last := b.run(2*time.Hour, hourly(nothing))
		for _, n := range kinds(last) {
			require.Equal(t, [2]int{7, 0}, n)
		}
		require.Len(t, kinds(last), 2)
	})
}

// The runs of the one kind are over before one of the other begins.
func TestIsolationWaits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		old, next Timer
		want      [2]int
	}{
		"to shared":     {hourly(nil), shared(nothing), [2]int{0, 1}},
		"to per tenant": {shared(nil), hourly(nothing), [2]int{3, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, 3)
				var ended time.Time
				var mu sync.Mutex
				c.old.Run = func(context.Context, *Run) error {
					time.Sleep(70 * time.Minute) // it does not heed its context, and keeps its claim
					mu.Lock()
					defer mu.Unlock()
					ended = time.Now()
					return nil
				}
				c.next.Run = func(context.Context, *Run) error {
					mu.Lock()
					defer mu.Unlock()
					require.False(t, ended.IsZero(), "both at once")
					return nil
				}
				var group sync.WaitGroup
				group.Go(func() { b.beside(time.Hour+30*time.Minute, c.old) })
				time.Sleep(time.Hour + 5*time.Minute)
				began := time.Now().Truncate(time.Hour)
				group.Go(func() { b.beside(80*time.Minute, c.next) })
				group.Wait()
				require.Equal(t, c.want, kinds(b.take())[began.Add(time.Hour).UTC()])
			})
		})
	}
}

// What takes longer than from one due time to the next is not waited for.
func TestIsolationWaitsNotForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1)
		var group sync.WaitGroup
		group.Go(func() {
			b.beside(90*time.Minute, hourly(func(context.Context, *Run) error {
				time.Sleep(150 * time.Minute)
				return nil
			}))
		})
		time.Sleep(95 * time.Minute)
		group.Go(func() { b.beside(3*time.Hour, shared(nothing)) })
		group.Wait()
		require.Equal(t, map[Outcome]int{Done: 1 + 2, Skipped: 1}, outcomes(b.take()))
	})
}

// A round that takes longer than from one due time to the next is gone on with
// as long as there is somebody who works on it, and none of it is left out.
func TestIsolationLetsALongRoundEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, pageSize+20) // between pages it is looked whether the round is over
		var group sync.WaitGroup
		group.Go(func() { b.beside(130*time.Minute, hourly(wait(30*time.Second))) })
		time.Sleep(time.Hour + 5*time.Minute)
		first := time.Now().Truncate(time.Hour).UTC()
		group.Go(func() { b.beside(65*time.Minute, shared(nothing)) })
		group.Wait()
		require.Equal(t, [2]int{pageSize + 20, 0}, kinds(b.take())[first])
	})
}
