// Package cell keeps in memory what is loaded of tenants, and of whatever else has
// an id, from stores that announce their changes.
package cell

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Cell holds what was loaded of one owner: an L. It is made by Init, or by Cells.
// All methods are safe for concurrent use.
//
// Readers take fresh and nothing else. Everything that changes it happens under
// mu, which is never held while the store is asked. A load and an invalidation
// that cross are put in order by change numbers: what was loaded as of a number
// that does not cover all those that the cell was told of is not fresh.
//
// There is one for each tenant in memory, so what only a cell needs that is not
// fresh is in trouble.
type Cell[L any] struct {
	of *Source[L]
	id string

	fresh atomic.Pointer[L] // nil: to be loaded
	used  atomic.Bool       // since the cache's hand last passed

	mu      sync.Mutex
	number  Number      // as of which the newest was loaded
	trouble *trouble[L] // nil while it is fresh

	weight int64 // what the cache last counted it as, under the cache's mu
}

// trouble is what there is to know of a cell that is not fresh.
type trouble[L any] struct {
	gone   bool      // the cache has let go of the cell
	last   *L        // the newest that was ever loaded, if that is still served
	since  time.Time // when it ceased to be fresh
	want   Number    // covers all that was announced or seen
	failed error     // why the last load was of no use
	again  time.Time // when to try after that
	flight *flight[L]
}

// flight is one load, and those who wait for it.
type flight[L any] struct {
	done    chan struct{} // closed when the load has ended
	began   time.Time
	want    Number // the cell's, when it began
	doubted bool   // a write ended meanwhile without saying whether it took effect
	got     *L
	number  Number
	err     error
}

// Init makes c a cell that stands alone, whose id is empty.
func (c *Cell[L]) Init(of *Source[L]) { c.of = of }

// Fresh returns what is known if it is not out of date, else nil. Whoever takes
// it has to Touch the cell; apart, both are small enough to be inlined.
func (c *Cell[L]) Fresh() *L { return c.fresh.Load() }

// Get returns what is known, having loaded it if need be. Where nothing newer is
// to be had that may be out of date, as far as Source.MaxStale allows; age is for
// how long it has been, and 0 of what is fresh. The error is ErrEvicted, or wraps
// Source.Unavailable and the cause.
func (c *Cell[L]) Get(ctx context.Context) (l *L, age time.Duration, err error) {
	c.Touch()
	if l := c.Fresh(); l != nil {
		return l, 0, nil
	}
	return c.wait(ctx)
}

// Touch tells the cache that the cell is in use. It is written only once a round
// of the cache's hand, since all processors read it.
func (c *Cell[L]) Touch() {
	if !c.used.Load() {
		c.used.Store(true)
	}
}

// wait joins the load under way or begins one. It takes the outcome of a load
// that began after the call did, even if another change was announced
// meanwhile; the outcome of an earlier one only if it is still fresh.
func (c *Cell[L]) wait(ctx context.Context) (*L, time.Duration, error) {
	// A store that does not heed its context must not hold up the readers.
	late := time.NewTimer(c.of.Timeout)
	defer late.Stop()
	for joined := false; ; joined = true {
		c.mu.Lock()
		if l := c.fresh.Load(); l != nil {
			c.mu.Unlock()
			return l, 0, nil
		}
		t := c.troubled()
		if t.gone {
			c.mu.Unlock()
			return nil, 0, ErrEvicted
		}
		if t.failed != nil && time.Now().Before(t.again) {
			defer c.mu.Unlock()
			return c.lastKnown(t.failed)
		}
		f := t.flight
		begun := f == nil
		if begun {
			f = &flight[L]{done: make(chan struct{}), began: time.Now(), want: t.want, err: errNotLanded}
			t.flight = f
			go c.load(ctx, f)
		}
		c.mu.Unlock()

		var err error
		select {
		case <-f.done:
			if !begun && !joined {
				continue
			}
			if f.err == nil {
				return f.got, 0, nil
			}
			err = f.err
		case <-ctx.Done():
			err = ctx.Err()
		case <-late.C:
			err = context.DeadlineExceeded
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if t := c.trouble; t != nil && t.flight == f && time.Since(f.began) >= c.of.Timeout/2 {
			// It hangs. Nobody else is to wait for it before the store is to be
			// tried again; should it land after all, that counts. Half the time
			// is enough: this call may have waited for another load first.
			t.failed, t.again = context.DeadlineExceeded, time.Now().Add(c.of.RetryAfter)
		}
		return c.lastKnown(err)
	}
}

// troubled returns the trouble of a cell that is not fresh. mu is held.
func (c *Cell[L]) troubled() *trouble[L] {
	if c.trouble == nil {
		c.trouble = &trouble[L]{since: time.Now(), want: c.number}
	}
	return c.trouble
}

// lastKnown is the answer when nothing newer is to be had. mu is held.
func (c *Cell[L]) lastKnown(why error) (*L, time.Duration, error) {
	if l := c.fresh.Load(); l != nil { // another one's load has ended well
		return l, 0, nil
	}
	if t := c.trouble; t != nil && t.last != nil {
		age := max(time.Since(t.since), 1) // 0 is what is fresh
		if c.of.MaxStale == Forever || age <= c.of.MaxStale {
			return t.last, age, nil
		}
	}
	return nil, 0, fmt.Errorf("%w: %w", c.of.Unavailable, why)
}

// load runs in a goroutine of its own, so that a caller who gives up does not
// take the others' answer with it. No reader waits for it longer than
// Source.Timeout.
func (c *Cell[L]) load(ctx context.Context, f *flight[L]) {
	defer c.land(f)
	defer func() {
		// In this goroutine nobody else can catch it, and it would end the
		// process. The value may be anything, so it stays out of the error.
		if p := recover(); p != nil {
			f.got, f.err = nil, fmt.Errorf("the store panicked with a %T", p)
		}
	}()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.of.Timeout)
	defer cancel()
	f.got, f.number, f.err = c.of.Load(ctx, c.id)
}

// land takes the outcome of a load, which may have ended in any way.
func (c *Cell[L]) land(f *flight[L]) {
	defer close(f.done)
	gone := c.take(f)
	switch in := c.of.in; {
	case in == nil:
	case !gone:
		in.weigh(c)
	case f.err == nil:
		// Who waits here may now read more than the cell's successor in the cache
		// has loaded, and would go back in time with the next read.
		in.Invalidate(c.id, f.number)
	}
}

// take is land but for telling those who wait, and the cache. gone says that the
// cache has let go of the cell meanwhile.
func (c *Cell[L]) take(f *flight[L]) (gone bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.troubled()
	t.flight = nil
	if f.err == nil {
		t.want = t.want.Max(f.number) // nobody goes back behind it
		if f.number.Covers(c.number) {
			c.number = f.number
			if !t.gone {
				t.last = c.of.kept(f.got)
			}
		}
		if !f.number.Covers(f.want) {
			f.err = errBehind
		}
	}
	if f.err != nil {
		t.failed, t.again = f.err, time.Now().Add(c.of.RetryAfter)
		return t.gone
	}
	t.failed = nil
	if !t.gone && f.number.Covers(t.want) && !f.doubted {
		c.fresh.Store(f.got)
		c.trouble = nil
	}
	return t.gone
}

// Renew puts another form of the same content in place of old, if that is still
// what the cell holds.
func (c *Cell[L]) Renew(old, l *L) {
	c.mu.Lock()
	renewed := c.fresh.CompareAndSwap(old, l)
	if t := c.trouble; t != nil && t.last == old {
		t.last, renewed = l, true
	}
	c.mu.Unlock()
	if renewed {
		c.changed()
	}
}

// Invalidate says that a change with that number is committed. A component that
// is 0 says nothing.
func (c *Cell[L]) Invalidate(number Number) {
	if c.outdate(number) {
		c.changed()
	}
}

// outdate is Invalidate but for telling the cache. It reports whether the cell
// was fresh, and is no more.
func (c *Cell[L]) outdate(number Number) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l := c.fresh.Load(); l != nil {
		if c.number.Covers(number) {
			return false
		}
		c.fresh.Store(nil)
		c.trouble = &trouble[L]{last: c.of.kept(l), since: time.Now(), want: c.number.Max(number)}
		return true
	}
	if t := c.troubled(); !t.want.Covers(number) { // news, whatever became of the last load
		t.want, t.failed = t.want.Max(number), nil
	}
	return false
}

// Doubt says that a write may have taken effect or not, as when the connection
// breaks at COMMIT. What is known, and what is being loaded, may lack it.
func (c *Cell[L]) Doubt() {
	c.mu.Lock()
	l := c.fresh.Swap(nil)
	t := c.troubled()
	if l != nil {
		t.last = c.of.kept(l)
	}
	t.failed = nil
	if t.flight != nil {
		t.flight.doubted = true
	}
	c.mu.Unlock()
	if l != nil {
		c.changed()
	}
}

// changed tells the cache that the cell holds something else, or nothing.
func (c *Cell[L]) changed() {
	if c.of.in != nil {
		c.of.in.weigh(c)
	}
}

// held returns what the cell keeps in memory, fresh or not.
func (c *Cell[L]) held() *L {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.trouble != nil {
		return c.trouble.last
	}
	return c.fresh.Load()
}

// AsOf returns the number as of which the newest was loaded that the cell knows.
func (c *Cell[L]) AsOf() Number {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.number
}

// Gone reports whether the cache has let go of the cell.
func (c *Cell[L]) Gone() bool {
	if c.Fresh() != nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.trouble != nil && c.trouble.gone
}

// evict lets go of the cell. Those who still have it find out.
func (c *Cell[L]) evict() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fresh.Store(nil)
	t := c.troubled()
	t.gone, t.last = true, nil
}
