package config

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gotenancy/tenancy/tenant"
)

// cell holds what was loaded of one tenant, or of the layers that all share.
//
// Readers take fresh and nothing else. Everything that changes it happens under
// mu, which is never held while the store is asked. A load and an invalidation
// that cross are put in order by change numbers: want is the highest that the
// cell was told of, and what was loaded as of a smaller one is not fresh.
type cell struct {
	owner *Resolver
	id    string

	fresh atomic.Pointer[loaded] // nil: to be loaded
	used  atomic.Bool            // since the cache's hand last passed

	mu     sync.Mutex
	gone   bool      // the cache has let go of it
	last   *loaded   // the newest that was ever loaded
	want   int64     // the highest change number that was announced
	doubts int       // how often a write ended without saying whether it took effect
	failed error     // why the last load was of no use
	again  time.Time // when to try after that
	flight *flight   // the load under way
}

// flight is one load, and those who wait for it.
type flight struct {
	done   chan struct{} // closed when the load has ended
	want   int64         // the cell's, when it began
	doubts int           // likewise
	got    *loaded
	err    error
}

// errNotLanded is the outcome of a load whose goroutine was ended by the store.
var errNotLanded = errors.New("the load did not end")

// errBehind is why a load is of no use that does not contain a change which was
// announced before it began, as on a lagging replica.
var errBehind = errors.New("the store is behind its own change feed")

// get returns what is known. stale says that it is the last that was known, for
// want of anything newer.
func (c *cell) get(ctx context.Context) (l *loaded, stale bool, err error) {
	if !c.used.Load() {
		c.used.Store(true)
	}
	if l := c.fresh.Load(); l != nil {
		return l, false, nil
	}
	return c.wait(ctx)
}

// wait joins the load under way or begins one. It takes the outcome of a load
// that began after the call did, even if another change was announced
// meanwhile; the outcome of an earlier one only if it is still fresh.
func (c *cell) wait(ctx context.Context) (*loaded, bool, error) {
	// A store that does not heed its context must not hold up the readers.
	late := time.NewTimer(c.owner.loadTimeout)
	defer late.Stop()
	for joined := false; ; joined = true {
		c.mu.Lock()
		if l := c.fresh.Load(); l != nil {
			c.mu.Unlock()
			return l, false, nil
		}
		if c.gone {
			c.mu.Unlock()
			return nil, false, errEvicted
		}
		if c.failed != nil && time.Now().Before(c.again) {
			defer c.mu.Unlock()
			return c.lastKnown(c.failed)
		}
		f := c.flight
		begun := f == nil
		if begun {
			f = &flight{done: make(chan struct{}), want: c.want, doubts: c.doubts, err: errNotLanded}
			c.flight = f
			go c.load(ctx, f)
		}
		c.mu.Unlock()

		select {
		case <-f.done:
		case <-ctx.Done():
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.lastKnown(ctx.Err())
		case <-late.C:
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.lastKnown(context.DeadlineExceeded)
		}
		switch {
		case f.err != nil && (begun || joined):
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.lastKnown(f.err)
		case begun || joined:
			return f.got, false, nil
		}
	}
}

// lastKnown is the answer when nothing newer is to be had. mu is held.
func (c *cell) lastKnown(why error) (*loaded, bool, error) {
	if c.last != nil {
		return c.last, true, nil
	}
	return nil, false, fmt.Errorf("%w: %w", ErrUnavailable, why)
}

// load runs in a goroutine of its own, so that a caller who gives up does not
// take the others' answer with it. No reader waits for it longer than
// Config.LoadTimeout.
func (c *cell) load(ctx context.Context, f *flight) {
	defer c.land(f)
	defer func() {
		// In this goroutine nobody else can catch it, and it would end the
		// process. The value may be anything, so it stays out of the error.
		if p := recover(); p != nil {
			f.got, f.err = nil, fmt.Errorf("the store panicked with a %T", p)
		}
	}()
	f.got, f.err = c.owner.load(ctx, tenant.ID(c.id))
}

// land takes the outcome of a load, which may have ended in any way.
func (c *cell) land(f *flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer close(f.done)
	c.flight = nil
	if f.err == nil {
		if c.last == nil || f.got.number >= c.last.number {
			c.last = f.got
		}
		if f.got.number < f.want {
			f.err = errBehind
		}
	}
	if f.err != nil {
		c.failed, c.again = f.err, time.Now().Add(c.owner.retryAfter)
		return
	}
	c.failed = nil
	if !c.gone && f.got.number >= c.want && f.doubts == c.doubts {
		c.fresh.Store(f.got)
	}
}

// invalidate says that a change with that number is committed.
func (c *cell) invalidate(number int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if number > c.want { // news, whatever became of the last load
		c.want, c.failed = number, nil
	}
	if l := c.fresh.Load(); l != nil && l.number < c.want {
		c.fresh.Store(nil)
	}
}

// doubt says that a write may have taken effect or not, as when the connection
// breaks at COMMIT. What is known, and what is being loaded, may lack it.
func (c *cell) doubt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.doubts++
	c.failed = nil
	c.fresh.Store(nil)
}

// evict lets go of the cell. Contexts that still lead to it find out.
func (c *cell) evict() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone, c.last = true, nil
	c.fresh.Store(nil)
}
