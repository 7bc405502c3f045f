package scope

import (
	"sync"
	"sync/atomic"

	"github.com/gotenancy/tenancy/internal/carry"
)

// planKey is what a plan depends on, apart from policy and catalogue.
type planKey struct {
	text string
	mode carry.Mode
	n    int // tenants, in mode across
}

// planCache keeps plans by statement text, bounded in bytes: an application
// that builds its texts from values would otherwise fill the memory. It evicts
// by second chance, so that a hit takes only a read lock.
type planCache struct {
	limit int

	mu      sync.RWMutex
	entries map[planKey]*planEntry
	ring    []*planEntry // in the order of their arrival; hand is the oldest
	hand    int
	bytes   int
}

type planEntry struct {
	key  planKey
	plan *plan
	used atomic.Bool
}

// entryOverhead is a generous guess of what an entry takes beside its texts.
const entryOverhead = 400

func (e *planEntry) size() int {
	return entryOverhead + len(e.key.text) + len(e.plan.text) + 4*len(e.plan.binds)
}

func newPlanCache(limit int) *planCache {
	return &planCache{limit: limit, entries: map[planKey]*planEntry{}}
}

func (c *planCache) get(k planKey) *plan {
	c.mu.RLock()
	e := c.entries[k]
	c.mu.RUnlock()
	if e == nil {
		return nil
	}
	if !e.used.Load() { // spares the other readers a write to shared memory
		e.used.Store(true)
	}
	return e.plan
}

func (c *planCache) put(k planKey, p *plan) {
	e := &planEntry{key: k, plan: p}
	if e.size() > c.limit/8 {
		return // one giant statement must not push out all the others
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, there := c.entries[k]; there {
		return
	}
	c.bytes += e.size()
	c.entries[k] = e
	for c.bytes > c.limit && len(c.ring) > 0 {
		c.hand %= len(c.ring)
		old := c.ring[c.hand]
		if old.used.Swap(false) {
			c.hand++
			continue
		}
		c.bytes -= old.size()
		delete(c.entries, old.key)
		last := len(c.ring) - 1
		c.ring[c.hand] = c.ring[last]
		c.ring[last] = nil
		c.ring = c.ring[:last]
	}
	c.ring = append(c.ring, e)
}
