package tenant

import (
	"context"
	"errors"
	"fmt"
)

// cacheLoad is one look-up in the registry behind, and those who wait for it.
type cacheLoad struct {
	key   cacheKey
	seq   uint64 // when it was asked for, as CachedRegistry.seq counts
	began int64  // when, as CachedRegistry.now tells

	done      chan struct{} // closed when the fields below hold the answer
	record    *Tenant       // nil where there is none
	err       error
	outdated  uint64        // the invalidation that the answer does not know of, or 0
	abandoned chan struct{} // closed when nobody waits any more and it has not started

	// Under the lock of the cache.
	waiting int
	started bool
	heard   map[ID]uint64 // invalidations since it began, the first of each tenant
	first   uint64        // the first invalidation since it began
	many    uint64        // the first one that was too many for heard
}

// heardLimit bounds what a load remembers of invalidations, for a first look
// of the feed tells of every tenant there is.
const heardLimit = 64

func (l *cacheLoad) invalidate(id ID, seq uint64) {
	if l.first == 0 {
		l.first = seq
	}
	if _, ok := l.heard[id]; ok {
		return
	}
	if len(l.heard) >= heardLimit {
		if l.many == 0 {
			l.many = seq
		}
		return
	}
	if l.heard == nil {
		l.heard = map[ID]uint64{}
	}
	l.heard[id] = seq
}

// invalidated returns the first invalidation since the load began that an answer
// about this tenant may not know of, or 0. With the empty id the answer is that
// there is no such tenant, which any change may have ended.
func (l *cacheLoad) invalidated(id ID) uint64 {
	if id == "" {
		return l.first
	}
	if heard := l.heard[id]; heard != 0 {
		return heard
	}
	return l.many
}

// miss answers what hit could not.
func (c *CachedRegistry) miss(ctx context.Context, key cacheKey) (*Tenant, bool, error) {
	for {
		c.mu.Lock()
		now := c.now()
		if e := c.lastKnown(key, now); e != nil {
			fresh := now-e.loaded.Load() <= int64(c.cfg.MaxAge)
			retry := e.retry.Load()
			if !fresh && retry != 0 && now >= retry {
				e.retry.Store(now + int64(retryAfter))
				c.join(key, now) // nobody waits for it
			}
			if fresh || retry != 0 {
				c.mu.Unlock()
				e.use()
				return &e.record, true, nil
			}
		} else if c.absent.has(key, now) {
			c.mu.Unlock()
			return nil, false, nil
		}
		l, since := c.join(key, now), c.seq
		l.waiting++
		c.mu.Unlock()

		select {
		case <-l.done:
		case <-ctx.Done():
			c.leave(l)
			return nil, false, ctx.Err()
		}
		switch {
		case l.err != nil:
			// It may be there all the same, and only be too old.
			c.mu.Lock()
			e := c.lastKnown(key, c.now())
			c.mu.Unlock()
			if e == nil {
				return nil, false, l.err
			}
			e.use()
			return &e.record, true, nil
		case l.outdated > 0 && l.outdated <= since:
			// We came after an invalidation, it had begun before.
			continue
		default:
			return l.record, l.record != nil, nil
		}
	}
}

// lastKnown returns the entry of a name if it is young enough for an outage.
// Called with the lock.
func (c *CachedRegistry) lastKnown(key cacheKey, now int64) *cacheEntry {
	e := c.indexes[key.kind].get(key.name)
	if e == nil || now-e.loaded.Load() > int64(c.cfg.OutageAge) {
		return nil
	}
	return e
}

// join returns the load of a name that is under way, or begins one. Called with
// the lock.
func (c *CachedRegistry) join(key cacheKey, now int64) *cacheLoad {
	if l := c.loads[key]; l != nil {
		return l
	}
	c.seq++
	l := &cacheLoad{key: key, seq: c.seq, began: now, done: make(chan struct{}), abandoned: make(chan struct{})}
	c.loads[key] = l
	c.under[l] = struct{}{}
	go c.load(l)
	return l
}

// leave is called by who waits no longer. A load that nobody waits for and that
// has not got its turn yet is given up; one that runs goes on, or clients
// without patience would never find anything cached.
func (c *CachedRegistry) leave(l *cacheLoad) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.waiting--; l.waiting == 0 && !l.started && c.loads[l.key] == l {
		delete(c.loads, l.key) // who comes now begins anew
		close(l.abandoned)
	}
}

// load runs l to its end, also where the registry behind panics or ends the
// goroutine.
func (c *CachedRegistry) load(l *cacheLoad) {
	var found *Tenant
	err := errLoadEnded
	defer func() {
		if p := recover(); p != nil { // no server catches it here, as it would in a caller's goroutine
			err = fmt.Errorf("tenant: the registry panicked: %v", p)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.loads[l.key] == l {
			delete(c.loads, l.key)
		}
		delete(c.under, l)
		if l.started {
			c.conclude(l, found, err)
		}
		close(l.done)
	}()
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
		found, err = c.ask(l)
	case <-l.abandoned:
	}
}

var errLoadEnded = errors.New("tenant: the registry ended the goroutine that asked it")

// ask asks the registry behind.
func (c *CachedRegistry) ask(l *cacheLoad) (*Tenant, error) {
	c.mu.Lock()
	l.started = true
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), c.cfg.Timeout)
	defer cancel()
	var (
		found *Tenant
		ok    bool
		err   error
	)
	switch l.key.kind {
	case cacheByID:
		found, ok, err = c.inner.ByID(ctx, ID(l.key.name))
	case cacheByCode:
		found, ok, err = c.inner.ByCode(ctx, l.key.name)
	default:
		found, ok, err = c.inner.ByHost(ctx, l.key.name)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, fmt.Errorf("tenant: the registry did not answer within %v: %w", c.cfg.Timeout, err)
	case err != nil:
		return nil, err
	case !ok || found == nil:
		return nil, nil
	case !found.ID.Valid() || l.key.kind == cacheByID && string(found.ID) != l.key.name:
		return nil, errors.New("tenant: the registry gave a record of another id than it was asked for")
	}
	return found, nil
}

// conclude writes the answer into l and into the cache. Called with the lock.
func (c *CachedRegistry) conclude(l *cacheLoad, found *Tenant, err error) {
	e := c.indexes[l.key.kind].get(l.key.name)
	switch {
	case err != nil:
		l.err = err
		if e != nil {
			e.retry.Store(c.now() + int64(retryAfter))
		}
	case found == nil:
		if l.outdated = l.invalidated(""); l.outdated != 0 {
			return
		}
		if e != nil {
			if e.seq > l.seq {
				return // a load that began later has found it
			}
			c.drop(e)
		}
		c.absent.add(l.key, c.now()+int64(c.cfg.AbsentFor))
	default:
		l.outdated = l.invalidated(found.ID)
		l.record = c.publish(l, found)
	}
}
