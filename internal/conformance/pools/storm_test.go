package pools

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// state is what an attempt to write is known to have become.
type state uint8

const (
	absent    state = iota // not sent, or rolled back
	committed              // the server said so
	unknown                // sent, and the answer did not come
)

// attempt is one write. Its number is its place in the storm.
type attempt struct {
	what  what
	k     int // the tenant
	state state
}

// what an attempt left behind, for the reconciliation.
type what uint8

const (
	nothing what = iota
	anEntry
	anIncrement // of counter 1
	aRewrite    // of counter 2: read, and written plus one
)

// storm is one run of many operations on a place.
type storm struct {
	p        *place
	attempts []attempt
	next     atomic.Int64
	worked   atomic.Int64
	failed   atomic.Int64
	up       sync.RWMutex // written to while the server restarts

	mu    sync.Mutex
	wrong []string
	why   map[string]int // the errors that faults explain, with one example each
}

// operation is one thing that applications do. It returns the rows' owner
// violations through storm.report, and the outcome.
type operation struct {
	weight int
	run    func(s *storm, o *op) (attempt, error)
}

// op is one run of an operation.
type op struct {
	n   int
	k   int // the tenant
	rng *rand.Rand
	c   client

	bare context.Context // without the tenant
	ctx  context.Context
}

// run makes so many operations and reconciles.
func (p *place) run(t *testing.T, operations int) {
	t.Helper()
	began := time.Now()
	s := &storm{p: p, attempts: make([]attempt, operations), why: map[string]int{}}
	if p.faults.cut != nil {
		p.faults.cut.on.Store(true)
	}
	var all sync.WaitGroup
	for range goroutines {
		all.Go(func() {
			for n := int(s.next.Add(1)) - 1; n < operations; n = int(s.next.Add(1)) - 1 {
				if f := p.faults; f.restart != nil && n%(operations/(f.times+1)) == 0 && n > 0 && n/(operations/(f.times+1)) <= f.times {
					s.up.Lock()
					if err := f.restart(context.Background()); err != nil {
						s.report("restart: %v", err)
					}
					s.up.Unlock()
				}
				s.one(n)
			}
		})
	}
	all.Wait()
	if p.faults.cut != nil {
		p.faults.cut.on.Store(false)
	}
	states := map[state]int{}
	for _, a := range s.attempts {
		if a.what != nothing {
			states[a.state]++
		}
	}
	t.Logf("%d operations in %.1fs: %d worked, %d failed; writes: %d committed, %d not, %d unknown",
		operations, time.Since(began).Seconds(), s.worked.Load(), s.failed.Load(), states[committed], states[absent], states[unknown])
	if p.faults.cut != nil {
		t.Logf("%d connections cut", p.faults.cut.cuts.Load())
	}
	for text, n := range s.why {
		t.Logf("%6d x %s", n, text)
	}
	require.Empty(t, s.wrong)
	if !p.faults.none() {
		require.NotZero(t, s.failed.Load(), "no fault has reached anybody")
	}
	require.Greater(t, s.worked.Load(), int64(operations/2), "faults leave too little to look at")
	p.heal(t)
	s.reconcile(t)
}

// one makes the operation with that number: which, of whom and by which pool
// depends on the number alone.
func (s *storm) one(n int) {
	o := &op{n: n, rng: rand.New(rand.NewPCG(uint64(n), 1))}
	o.k = o.rng.IntN(writing)
	o.c = s.p.clients[o.rng.IntN(len(s.p.clients))]
	o.bare = context.Background()
	if f := s.p.faults; f.kill != nil && o.rng.IntN(60) == 0 {
		if err := f.kill(context.Background()); err != nil && f.restart == nil {
			s.report("kill: %v", err)
		}
	}
	if s.p.faults.cancel && o.rng.IntN(10) == 0 {
		ctx, cancel := context.WithTimeout(o.bare, time.Duration(o.rng.IntN(5_000))*time.Microsecond)
		defer cancel()
		o.bare = ctx
	}
	o.ctx = tenant.WithID(o.bare, name(o.k))
	a, err := pick(o.rng).run(s, o)
	s.attempts[n] = a
	if err == nil {
		s.worked.Add(1)
		return
	}
	s.failed.Add(1)
	switch {
	case errors.Is(err, scope.ErrBusy) && s.p.limited:
	case s.p.faults.none(), errors.Is(err, scope.ErrRefused), errors.Is(err, errWrong):
		s.report("operation %d on %s as %s: %v", n, o.c, name(o.k), err)
	}
	s.mu.Lock()
	s.why[kindOf(err)]++
	s.mu.Unlock()
	if f := s.p.faults; f.revive != nil {
		if err := f.revive(context.Background()); err != nil {
			s.report("starting the pooler again: %v", err)
		}
	}
	// While the server restarts there is no use in trying.
	s.up.RLock()
	s.up.RUnlock() //nolint:staticcheck // it only waits
}

// kindOf shortens an error to what it has in common with others.
func kindOf(err error) string {
	text := err.Error()
	for _, cut := range []string{"->127", "host=", "user=", "tcp 127.0.0.1:"} {
		if i := strings.Index(text, cut); i >= 0 {
			text = text[:i] + cut
		}
	}
	return fmt.Sprintf("%T %.90s", err, text)
}

// errWrong is the error of an operation that has reported what it saw.
var errWrong = errors.New("a wrong answer")

func (s *storm) report(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.wrong) < 20 {
		s.wrong = append(s.wrong, fmt.Sprintf(format, args...))
	}
}

// heal makes sure that each pool serves each tenant again: all its connections
// may be broken, but not one more than those.
func (p *place) heal(t *testing.T) {
	t.Helper()
	for _, c := range p.clients {
		list := c.readers()
		for k := range tenants {
			r := list[k%len(list)]
			from, to := r.span(rand.New(rand.NewPCG(uint64(k), 5)))
			var got []item
			var err error
			for range conns + 1 {
				if p.faults.revive != nil {
					require.NoError(t, p.faults.revive(t.Context()))
				}
				if got, err = r.read(as(k), from, to); err == nil {
					break
				}
			}
			require.NoError(t, check(got, k, from, to, err), "%s, %s", c, r.name)
		}
		require.NoError(t, c.idle(), "%s", c)
	}
}

// check returns an error if these are not the items of the tenant that were
// asked for; if err is not nil they may be fewer.
func check(got []item, k, from, to int, err error) error {
	for i, row := range got {
		if want := (item{from + i, mark(k, from+i)}); row != want {
			return fmt.Errorf("%w: %v, want %v", errWrong, row, want)
		}
	}
	if n := to - from + 1; len(got) > n || err == nil && len(got) < n {
		return fmt.Errorf("%w: %d rows, want %d", errWrong, len(got), n)
	}
	return err
}
