package cell_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/cell"
)

var (
	errUnavailable = errors.New("unavailable")
	errDown        = errors.New("down")
)

// store has one value, which is its number, and can fail and be held up.
type store struct {
	mu    sync.Mutex
	now   cell.Number
	err   error
	loads int
	read  func(ctx context.Context) // called once the store was read
}

func (s *store) set(now cell.Number, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now, s.err = now, err
}

func (s *store) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.loads
}

func (s *store) load(ctx context.Context, _ string) (*cell.Number, cell.Number, error) {
	s.mu.Lock()
	s.loads++
	now, err, read := s.now, s.err, s.read
	s.mu.Unlock()
	if read != nil {
		read(ctx)
	}
	if err != nil {
		return nil, cell.Number{}, err
	}
	return &now, now, nil
}

func (s *store) source(maxStale time.Duration) *cell.Source[cell.Number] {
	return &cell.Source[cell.Number]{Load: s.load, Timeout: 5 * time.Second, RetryAfter: time.Second, MaxStale: maxStale, Unavailable: errUnavailable}
}

func (s *store) cell(maxStale time.Duration) *cell.Cell[cell.Number] {
	c := &cell.Cell[cell.Number]{}
	c.Init(s.source(maxStale))
	return c
}

// requireFresh reads the cell's value, which has to be n and fresh.
func requireFresh(t *testing.T, n cell.Number, c *cell.Cell[cell.Number]) {
	t.Helper()
	l, age, err := c.Get(t.Context())
	require.NoError(t, err)
	require.Zero(t, age)
	require.Equal(t, n, *l)
}

// requireStale reads the cell's value, which has to be n and out of date.
func requireStale(t *testing.T, n cell.Number, age time.Duration, c *cell.Cell[cell.Number]) {
	t.Helper()
	l, got, err := c.Get(t.Context())
	require.NoError(t, err)
	require.Equal(t, age, got)
	require.Equal(t, n, *l)
	require.Nil(t, c.Fresh())
}

func requireNone(t *testing.T, why error, c *cell.Cell[cell.Number]) {
	t.Helper()
	l, _, err := c.Get(t.Context())
	require.ErrorIs(t, err, errUnavailable)
	if why != nil {
		require.ErrorIs(t, err, why)
		require.EqualError(t, err, errUnavailable.Error()+": "+why.Error())
	}
	require.Nil(t, l)
	require.Nil(t, c.Fresh())
}

func TestLoadsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := &store{now: cell.Number{A: 1}, read: func(context.Context) { <-release }}
		c := s.cell(cell.Forever)
		require.Nil(t, c.Fresh())
		for range 20 {
			go func() { requireFresh(t, cell.Number{A: 1}, c) }()
		}
		synctest.Wait()
		close(release)
		synctest.Wait()
		requireFresh(t, cell.Number{A: 1}, c)
		require.NotNil(t, c.Fresh())
		require.Equal(t, cell.Number{A: 1}, c.AsOf())
		require.Equal(t, 1, s.count())
	})
}

// The load keeps the values of whoever came first, and outlives them.
func TestLoadIsNotItsCallers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		release := make(chan struct{})
		s := &store{now: cell.Number{A: 1}, read: func(ctx context.Context) {
			require.Equal(t, "trace", ctx.Value(key{}))
			deadline, _ := ctx.Deadline()
			require.Equal(t, 5*time.Second, time.Until(deadline))
			<-release
			require.NoError(t, ctx.Err())
		}}
		c := s.cell(cell.Never)
		ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "trace"))
		go func() {
			_, _, err := c.Get(ctx)
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, err, errUnavailable)
		}()
		synctest.Wait()
		cancel()
		synctest.Wait()
		close(release)
		synctest.Wait()
		require.NotNil(t, c.Fresh())
		require.Equal(t, 1, s.count())
	})
}

// A load that ends in no regular way is one that failed.
func TestLoadBreaks(t *testing.T) {
	t.Parallel()
	for want, read := range map[string]func(context.Context){
		"unavailable: the store panicked with a string": func(context.Context) { panic("secret") },
		"unavailable: the load did not end":             func(context.Context) { runtime.Goexit() },
	} {
		_, _, err := (&store{read: read}).cell(cell.Forever).Get(t.Context())
		require.EqualError(t, err, want)
	}
}

// Nobody waits longer than the timeout for a store that heeds nothing.
func TestLoadHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := &store{now: cell.Number{A: 1}, read: func(context.Context) { <-release }}
		c := s.cell(cell.Never)
		began := time.Now()
		requireNone(t, context.DeadlineExceeded, c)
		require.Equal(t, 5*time.Second, time.Since(began))
		requireNone(t, context.DeadlineExceeded, c)
		require.Equal(t, 5*time.Second, time.Since(began), "nor does the next one at all")
		close(release)
		synctest.Wait()
		requireFresh(t, cell.Number{A: 1}, c)
		require.Equal(t, 1, s.count(), "it landed after all")
	})
}

// Each component of an announcement counts by itself.
func TestPairs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &store{now: cell.Number{A: 10, B: 5}}
		c := s.cell(cell.Forever)
		requireFresh(t, s.now, c)
		for _, known := range []cell.Number{{}, {A: 10}, {B: 5}, {A: 9, B: 5}, {A: -1, B: -1}} {
			c.Invalidate(known)
			require.NotNil(t, c.Fresh(), known)
		}
		c.Invalidate(cell.Number{B: 6})
		requireStale(t, cell.Number{A: 10, B: 5}, 1, c)
		require.Equal(t, 2, s.count(), "the store is behind in B")

		time.Sleep(time.Second)
		s.set(cell.Number{A: 11, B: 5}, nil)
		requireStale(t, cell.Number{A: 11, B: 5}, time.Second, c) // newer, but still behind
		require.Equal(t, cell.Number{A: 11, B: 5}, c.AsOf())

		time.Sleep(time.Second)
		s.set(cell.Number{A: 10, B: 6}, nil)
		requireStale(t, cell.Number{A: 11, B: 5}, 2*time.Second, c) // back in A
		require.Equal(t, cell.Number{A: 11, B: 5}, c.AsOf())

		time.Sleep(time.Second)
		s.set(cell.Number{A: 11, B: 6}, nil)
		requireFresh(t, cell.Number{A: 11, B: 6}, c)
		require.Equal(t, 5, s.count())

	})
}

// An announcement of one component leaves standing what is known and announced of
// the other.
func TestPairsAddUp(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		announced []cell.Number
		behind    cell.Number
	}{
		{[]cell.Number{{A: 11}}, cell.Number{A: 11, B: 4}},
		{[]cell.Number{{B: 6}}, cell.Number{A: 9, B: 6}},
		{[]cell.Number{{A: 11}, {B: 6}}, cell.Number{A: 10, B: 6}},
		{[]cell.Number{{A: 11}, {B: 6}}, cell.Number{A: 11, B: 5}},
		{[]cell.Number{{B: 6}, {A: 11}}, cell.Number{A: 10, B: 6}},
		{[]cell.Number{{B: 6}, {A: 11}}, cell.Number{A: 11, B: 5}},
	} {
		s := &store{now: cell.Number{A: 10, B: 5}}
		c := s.cell(cell.Never)
		requireFresh(t, s.now, c)
		for _, news := range tt.announced {
			c.Invalidate(news)
		}
		s.set(tt.behind, nil)
		requireNone(t, nil, c)
		c.Doubt() // so that it is loaded again at once
		s.set(cell.Number{A: 11, B: 6}, nil)
		requireFresh(t, cell.Number{A: 11, B: 6}, c)
	}
}

// What is announced while a load is under way is not hidden by what that brings,
// in either component, and those who asked before get what was right then.
func TestAnnouncedDuringLoad(t *testing.T) {
	t.Parallel()
	for _, news := range []cell.Number{{A: 2, B: 1}, {A: 1, B: 2}} {
		s := &store{now: cell.Number{A: 1, B: 1}}
		c := s.cell(cell.Never)
		s.read = func(context.Context) {
			s.set(news, nil)
			c.Invalidate(news)
			s.read = nil
		}
		requireFresh(t, cell.Number{A: 1, B: 1}, c)
		require.Nil(t, c.Fresh())
		requireFresh(t, news, c)
		require.Equal(t, news, *c.Fresh())
	}
}

// After a write in doubt even what was read meanwhile is loaded again, and from a
// store that lags nobody goes back behind what was seen.
func TestDoubt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &store{now: cell.Number{A: 1}}
		c := s.cell(cell.Forever)
		s.read = func(context.Context) { c.Doubt() }
		requireFresh(t, cell.Number{A: 1}, c)
		require.Nil(t, c.Fresh())
		s.set(cell.Number{A: 3}, nil)
		requireFresh(t, cell.Number{A: 3}, c)
		require.Nil(t, c.Fresh())
		s.read = nil
		s.set(cell.Number{A: 2}, nil)
		requireStale(t, cell.Number{A: 3}, 1, c)
		time.Sleep(time.Second)
		s.set(cell.Number{A: 3}, nil)
		requireFresh(t, cell.Number{A: 3}, c)
		c.Doubt()
		require.Nil(t, c.Fresh())
		requireFresh(t, cell.Number{A: 3}, c)
		require.Equal(t, 5, s.count())
	})
}

func TestMaxStale(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		maxStale time.Duration
		served   []time.Duration
		refused  []time.Duration
	}{
		{"forever", cell.Forever, []time.Duration{1, time.Minute, 1000 * time.Hour}, nil},
		{"for a minute", time.Minute, []time.Duration{1, time.Minute}, []time.Duration{time.Minute + 1, time.Hour}},
		{"never", cell.Never, nil, []time.Duration{1, time.Hour}},
		{"less than never", -time.Hour, nil, []time.Duration{1, time.Hour}},
	}
	for _, tt := range tests {
		for name, outdate := range map[string]func(c *cell.Cell[cell.Number]){
			"invalidated": func(c *cell.Cell[cell.Number]) { c.Invalidate(cell.Number{A: 2}) },
			"doubted":     func(c *cell.Cell[cell.Number]) { c.Doubt() },
		} {
			t.Run(tt.name+" "+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := &store{now: cell.Number{A: 1}}
					c := s.cell(tt.maxStale)
					requireFresh(t, cell.Number{A: 1}, c)
					s.set(cell.Number{}, errDown)
					outdate(c)
					began := time.Now()
					for _, age := range tt.served {
						time.Sleep(age - time.Since(began))
						requireStale(t, cell.Number{A: 1}, age, c)
					}
					for _, age := range tt.refused {
						time.Sleep(age - time.Since(began))
						requireNone(t, errDown, c)
					}
					time.Sleep(time.Second)
					s.set(cell.Number{A: 2}, nil)
					requireFresh(t, cell.Number{A: 2}, c)
				})
			})
		}
	}
}

// Nor does a cell that never serves what is out of date serve what a lagging store
// has, and it asks that again only after a while.
func TestNeverBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &store{now: cell.Number{A: 1, B: 1}}
		c := s.cell(cell.Never)
		requireFresh(t, cell.Number{A: 1, B: 1}, c)
		c.Invalidate(cell.Number{B: 2})
		requireNone(t, nil, c)
		requireNone(t, nil, c)
		require.Equal(t, 2, s.count())
		s.set(cell.Number{A: 1, B: 2}, nil)
		requireNone(t, nil, c)
		time.Sleep(time.Second)
		requireFresh(t, cell.Number{A: 1, B: 2}, c)
		require.Equal(t, 3, s.count())
	})
}

// News have the store asked at once, whatever became of the last load.
func TestNewsAfterFailure(t *testing.T) {
	t.Parallel()
	s := &store{err: errDown}
	c := s.cell(cell.Never)
	requireNone(t, errDown, c)
	s.set(cell.Number{B: 1}, nil)
	requireNone(t, errDown, c)
	c.Invalidate(cell.Number{B: 1})
	requireFresh(t, cell.Number{B: 1}, c)
}

func TestRenew(t *testing.T) {
	t.Parallel()
	s := &store{now: cell.Number{A: 1}}
	c := s.cell(cell.Forever)
	requireFresh(t, cell.Number{A: 1}, c)
	old, other, again := c.Fresh(), &cell.Number{A: 101}, &cell.Number{A: 102}
	c.Renew(old, other)
	require.Same(t, other, c.Fresh())
	c.Renew(old, again)
	require.Same(t, other, c.Fresh(), "it holds that no more")
	s.set(cell.Number{}, errDown)
	c.Doubt()
	c.Renew(other, again)
	l, _, err := c.Get(t.Context())
	require.NoError(t, err)
	require.Same(t, again, l)
}
