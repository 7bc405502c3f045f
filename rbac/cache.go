package rbac

import (
	"context"
	"sync"

	"github.com/gotenancy/tenancy/tenant"
)

// cache holds the parts that were loaded, at most max of tenants besides the
// one without. Each part is loaded by one caller while the others wait.
type cache struct {
	max  int
	load func(ctx context.Context, of tenant.ID) (*part, error)

	mu      sync.RWMutex
	entries map[tenant.ID]*entry
}

// entry is one load. Its fields are set before done is closed and never after.
type entry struct {
	done chan struct{}
	part *part
	err  error
	gone bool // it failed, and its caller had gone away by then
}

// get returns the part, loading it if need be.
//
// An entry that is dropped while it is being loaded is still filled, but only
// those who asked before it was dropped see it. So what is loaded by a call
// that begins after drop returned was read after it, too.
func (c *cache) get(ctx context.Context, of tenant.ID) (*part, error) {
	for {
		e, mine := c.entry(of)
		if mine {
			c.fill(ctx, of, e)
			return e.part, e.err
		}
		select {
		case <-e.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if !e.gone {
			return e.part, e.err
		}
		// That failure was the other caller's own. An entry that failed is
		// not kept, so one of those who waited loads the part next.
	}
}

// entry returns the entry of the part; mine says that the caller has to fill
// it.
func (c *cache) entry(of tenant.ID) (e *entry, mine bool) {
	c.mu.RLock()
	e, ok := c.entries[of]
	c.mu.RUnlock()
	if ok {
		return e, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.entries[of]; ok {
		return e, false
	}
	c.evict(of)
	e = &entry{done: make(chan struct{})}
	c.entries[of] = e
	return e, true
}

// evict makes room for a tenant's part. Which other one goes is left to
// chance; it is loaded again when it is asked for.
func (c *cache) evict(of tenant.ID) {
	if of == "" || len(c.entries) <= c.max {
		return
	}
	for id := range c.entries {
		if id != "" {
			delete(c.entries, id)
			return
		}
	}
}

func (c *cache) fill(ctx context.Context, of tenant.ID, e *entry) {
	failed := true
	defer func() { // also if load panics
		if failed {
			c.mu.Lock()
			if c.entries[of] == e {
				delete(c.entries, of)
			}
			c.mu.Unlock()
		}
		close(e.done)
	}()
	e.err = errLoad
	e.part, e.err = c.load(ctx, of)
	failed = e.err != nil
	e.gone = failed && ctx.Err() != nil
}

// drop forgets the part, or with an empty id the one without a tenant.
func (c *cache) drop(of tenant.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.entries, of)
}
