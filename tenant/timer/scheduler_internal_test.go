package timer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

// noDB stands where a database is needed and not used.
type noDB struct{ tenant.DBTX }

// bench is a scheduler on a store in memory, inside a synctest bubble: its
// time passes when everybody waits.
type bench struct {
	t     *testing.T
	store *memoryStore
	reg   *tenant.MemoryRegistry
	mu    sync.Mutex
	got   []Result
}

func newBench(t *testing.T, tenants int) *bench {
	t.Helper()
	var list []tenant.Tenant
	for i := range tenants {
		list = append(list, tenant.Tenant{ID: tenant.ID(fmt.Sprintf("t%05d", i))})
	}
	reg, err := tenant.NewMemoryRegistry(list...)
	require.NoError(t, err)
	return &bench{t: t, store: newMemoryStore(), reg: reg}
}

func (b *bench) scheduler(timers ...Timer) *Scheduler {
	b.t.Helper()
	s, err := New(Config{DB: noDB{}, Dialect: tenant.SQLite, Registry: b.reg, Timers: timers, Workers: 4, Lease: 30 * time.Second,
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		OnResult: func(r Result) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.got = append(b.got, r)
		}})
	require.NoError(b.t, err)
	s.store = b.store
	return s
}

// run runs a scheduler for some time and returns what it did.
func (b *bench) run(d time.Duration, timers ...Timer) []Result {
	b.t.Helper()
	b.beside(d, timers...)
	return b.take()
}

// beside runs a scheduler for some time; others may run meanwhile.
func (b *bench) beside(d time.Duration, timers ...Timer) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), d)
	defer cancel()
	require.ErrorIs(b.t, b.scheduler(timers...).Run(ctx), context.DeadlineExceeded)
}

func (b *bench) take() []Result {
	b.mu.Lock()
	defer b.mu.Unlock()
	got := b.got
	b.got = nil
	return got
}

func outcomes(list []Result) map[Outcome]int {
	n := map[Outcome]int{}
	for _, r := range list {
		n[r.Outcome]++
	}
	return n
}

func hourly(run func(context.Context, *Run) error) Timer {
	return Timer{Name: "job", Schedule: Every(time.Hour), Isolation: tenant.PerTenant, Run: run}
}

func nothing(context.Context, *Run) error { return nil }

// wait is a run that takes that long, or until its context ends.
func wait(d time.Duration) func(context.Context, *Run) error {
	return func(ctx context.Context, _ *Run) error {
		sleep(ctx, d)
		return context.Cause(ctx)
	}
}

func TestEachDueTimeOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 3)
		got := b.run(3*time.Hour+time.Minute, hourly(nothing))
		require.Len(t, got, 9)
		seen := map[string]bool{}
		for _, r := range got {
			require.Equal(t, Done, r.Outcome)
			require.Zero(t, r.Due.UnixMilli()%time.Hour.Milliseconds(), "on the hour")
			seen[fmt.Sprint(r.Tenant, r.Due)] = true
		}
		require.Len(t, seen, 9)
	})
}

// Every tenant has its place within the jitter, the same in each round and
// process, and more tenants than fit into memory have theirs too.
func TestJitter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const tenants = 2*maxWaiting + 100
		b := newBench(t, tenants)
		job := hourly(func(_ context.Context, run *Run) error {
			late := time.Since(run.Due)
			want := offset("job", run.Tenant, 30*time.Minute)
			if late < want || late > want+2*defaultPoll {
				return fmt.Errorf("%v late, not %v", late, want)
			}
			return nil
		})
		job.Jitter = 30 * time.Minute
		got := b.run(time.Hour+59*time.Minute, job)
		require.Equal(t, map[Outcome]int{Done: tenants}, outcomes(got))
		require.Less(t, b.store.listed, 4*(tenants/pageSize+1), "the registry was read too often")
	})
	spread := map[time.Duration]int{}
	for i := range 10_000 {
		at := offset("job", tenant.ID(fmt.Sprint("t", i)), time.Hour)
		require.Less(t, at, time.Hour)
		spread[at/(6*time.Minute)]++
	}
	for bucket, n := range spread {
		require.InDelta(t, 1000, n, 150, "bucket %d", bucket)
	}
}

// A tenant whose run goes on past the next due time misses that one, and
// nobody else does; one that ends in between gets its turn.
func TestBusyTenant(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		takes time.Duration
		want  map[Outcome]int
	}{
		"it ends in between": {90 * time.Minute, map[Outcome]int{Done: 9}},
		"it does not":        {130 * time.Minute, map[Outcome]int{Done: 8, Skipped: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, 3)
				first := true
				got := b.run(3*time.Hour+50*time.Minute, hourly(func(ctx context.Context, run *Run) error {
					if run.Tenant == "t00001" && first {
						first = false
						return wait(c.takes)(ctx, run)
					}
					if time.Since(run.Due) > 10*time.Second && run.Tenant != "t00001" {
						return errors.New("it was held up by another tenant")
					}
					return nil
				}))
				require.Equal(t, c.want, outcomes(got), "%v", got)
			})
		})
	}
}

func TestBrokenRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 6)
		job := hourly(func(ctx context.Context, run *Run) error {
			switch run.Tenant {
			case "t00000":
				return errors.New("no")
			case "t00001":
				panic(io.EOF)
			case "t00002":
				runtime.Goexit()
			case "t00003":
				return wait(time.Hour)(ctx, run)
			case "t00004":
				time.Sleep(2 * time.Minute) // it does not heed its context, and ends well
			}
			return nil
		})
		job.Timeout = time.Minute
		got := b.run(time.Hour+10*time.Minute, job)
		require.Equal(t, map[Outcome]int{Failed: 1, Panicked: 2, TimedOut: 1, Done: 2}, outcomes(got))
		for _, r := range got {
			switch r.Tenant {
			case "t00001":
				require.ErrorIs(t, r.Err, io.EOF)
				require.NotContains(t, r.Err.Error(), io.EOF.Error(), "the value of a panic is not for logs")
			case "t00003":
				require.ErrorIs(t, r.Err, ErrTimeout)
			}
		}
	})
}

// What is under way when the scheduler stops is waited for, handed back, and
// made by the next one, as the first attempt.
func TestStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1)
		got := b.run(time.Hour+time.Minute, hourly(wait(30*time.Minute)))
		require.Equal(t, map[Outcome]int{Interrupted: 1}, outcomes(got))
		got = b.run(10*time.Minute, hourly(nothing))
		require.Len(t, got, 1)
		require.Equal(t, Done, got[0].Outcome)
		require.Equal(t, 1, got[0].Attempt)
	})
}

// Heartbeats keep a long run; without them it is cancelled no later than its
// lease ends, and made again.
func TestLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1)
		require.Equal(t, map[Outcome]int{Done: 1}, outcomes(b.run(time.Hour+30*time.Minute, hourly(wait(20*time.Minute)))))
	})
	for name, breakIt := range map[string]func(*memoryStore){
		"the database is down":     func(m *memoryStore) { m.down = true },
		"another process has it":   func(m *memoryStore) { m.lapse = true },
		"its row has been removed": func(m *memoryStore) { clear(m.table) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, 1)
				var ended time.Duration
				job := hourly(func(ctx context.Context, run *Run) error {
					began := time.Now()
					b.store.set(func() { breakIt(b.store) })
					sleep(ctx, time.Hour)
					ended = time.Since(began)
					return context.Cause(ctx)
				})
				got := b.run(time.Hour+time.Minute, job)
				require.GreaterOrEqual(t, outcomes(got)[Lost], 1)
				require.ErrorIs(t, got[0].Err, ErrClaimLost)
				require.LessOrEqual(t, ended, 30*time.Second)
			})
		})
	}
}

// The end of a run may take longer to be recorded than the lease is long, where
// many wait for one writer. It is still this process's run.
func TestSlowEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 3)
		b.store.slow = 95 * time.Second // a lease is 30
		var group sync.WaitGroup
		for range 2 {
			group.Go(func() { b.beside(time.Hour+30*time.Minute, hourly(nothing)) })
		}
		group.Wait()
		require.Equal(t, map[Outcome]int{Done: 3}, outcomes(b.take()))
	})
}

func TestWorkers(t *testing.T) {
	t.Parallel()
	for dialect, want := range map[tenant.Dialect]int{tenant.Postgres: 8, tenant.MySQL: 8, tenant.SQLite: 2} {
		cfg := Config{DB: noDB{}, Dialect: dialect, Registry: newBench(t, 0).reg, Timers: []Timer{hourly(nothing)}}
		s, err := New(cfg)
		require.NoError(t, err)
		require.Equal(t, want, cap(s.slots), dialect)
		cfg.Workers = 5
		s, err = New(cfg)
		require.NoError(t, err)
		require.Equal(t, 5, cap(s.slots), dialect)
	}
}

// A run whose process dies each time is given up after Attempts.
func TestAbandoned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1)
		job := hourly(nothing)
		job.Attempts = 3
		due := time.Now().UTC().Truncate(time.Hour)
		for attempt := 1; attempt <= 4; attempt++ {
			dead := memoryRow{claim: claim{timer: "job", tenant: "t00000", due: due, token: 7, attempt: attempt}, until: 2}
			b.store.set(func() { b.store.table[[2]string{"job", "t00000"}] = &dead })
			got := b.run(time.Minute, job)
			require.Len(t, got, 1)
			if attempt < 3 {
				require.Equal(t, Done, got[0].Outcome)
				require.Equal(t, attempt+1, got[0].Attempt)
			} else {
				require.Equal(t, Abandoned, got[0].Outcome)
			}
		}
		// Nor is that of a tenant that has been suspended since.
		require.NoError(t, b.reg.Put(tenant.Tenant{ID: "t00000", Status: tenant.Suspended}))
		b.store.set(func() {
			b.store.table[[2]string{"job", "t00000"}] = &memoryRow{claim: claim{timer: "job", tenant: "t00000", due: due, token: 7, attempt: 1}, until: 2}
		})
		got := b.run(time.Minute, job)
		require.Equal(t, map[Outcome]int{Skipped: 1}, outcomes(got))
	})
}

// The scheduler goes on when the database is back, and loses nothing.
func TestOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 20)
		time.AfterFunc(30*time.Minute, func() { b.store.set(func() { b.store.down = true }) })
		time.AfterFunc(3*time.Hour+30*time.Minute, func() { b.store.set(func() { b.store.down = false }) })
		job := hourly(nothing)
		job.Missed = MissedEach
		got := b.run(4*time.Hour+30*time.Minute, job)
		require.Equal(t, map[Outcome]int{Done: 80}, outcomes(got))
	})
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1)
		s := b.scheduler(hourly(nothing))
		require.ErrorIs(t, s.Run(tenant.WithID(t.Context(), "t00000")), tenant.ErrTenantConflict)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		synctest.Wait()
		require.ErrorContains(t, s.Run(ctx), "has not returned")
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
		b.store.down = true
		require.ErrorIs(t, s.Run(t.Context()), errDown)
	})
}
