package scope

import (
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// planKey is what a plan depends on, apart from policy and catalogue.
type planKey struct {
	text  string
	mode  carry.Mode
	modes sqlscan.Modes // of the session; 0 where the text is the same in all of them
	n     int           // tenants, in mode across
}

// planCache keeps plans by statement text, bounded in bytes: an application
// that builds its texts from values would otherwise fill the memory. A hit
// takes no lock and writes nothing that is shared, so that it costs the same on
// many cores; eviction is by second chance, for which it only leaves a mark.
type planCache struct {
	limit  int
	seed   maphash.Seed
	chains [planChains]atomic.Pointer[planEntry] // by hash of the text

	mu             sync.Mutex // held by whoever changes the chains, and what follows
	oldest, newest *planEntry
	bytes          int
}

// planChains is about as many as there are plans in planBytes.
const planChains = 1 << 14

// planEntry is one plan.
type planEntry struct {
	key   planKey
	hash  uint64
	plan  *plan
	next  atomic.Pointer[planEntry] // of its chain
	later *planEntry                // the one that arrived after it
	used  atomic.Bool               // since eviction came by
}

// entryOverhead is a generous guess of what an entry takes beside its texts.
const entryOverhead = 400

func (e *planEntry) size() int {
	return entryOverhead + len(e.key.text) + len(e.plan.text) + 4*len(e.plan.binds)
}

func newPlanCache(limit int) *planCache {
	return &planCache{limit: limit, seed: maphash.MakeSeed()}
}

func (c *planCache) chain(hash uint64) *atomic.Pointer[planEntry] {
	return &c.chains[hash%planChains]
}

// get returns a plan for k, which may be one that is good in all modes of a
// session, or nil.
func (c *planCache) get(k planKey) *plan {
	if c == nil {
		return nil
	}
	hash := maphash.String(c.seed, k.text)
	for e := c.chain(hash).Load(); e != nil; e = e.next.Load() {
		if e.hash != hash || e.key.mode != k.mode || e.key.n != k.n || e.key.modes != k.modes && e.key.modes != 0 || e.key.text != k.text {
			continue
		}
		if !e.used.Load() { // spares the other readers a write to shared memory
			e.used.Store(true)
		}
		return e.plan
	}
	return nil
}

func (c *planCache) put(k planKey, p *plan) {
	if c == nil {
		return
	}
	e := &planEntry{key: k, hash: maphash.String(c.seed, k.text), plan: p}
	if e.size() > c.limit/8 {
		return // one giant statement must not push out many others
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	head := c.chain(e.hash)
	for old := head.Load(); old != nil; old = old.next.Load() {
		if old.hash == e.hash && old.key == k {
			return
		}
	}
	e.next.Store(head.Load())
	head.Store(e)
	c.bytes += e.size()
	c.arrive(e)
	for c.bytes > c.limit {
		old := c.oldest
		c.oldest, old.later = old.later, nil
		if old.used.Swap(false) {
			c.arrive(old)
		} else {
			c.remove(old)
		}
	}
}

// arrive makes e the newest entry.
func (c *planCache) arrive(e *planEntry) {
	if c.oldest == nil {
		c.oldest = e
	} else {
		c.newest.later = e
	}
	c.newest = e
}

// remove takes e out of its chain. A reader that stands on e still finds the
// rest of the chain behind it.
func (c *planCache) remove(e *planEntry) {
	at := c.chain(e.hash)
	for at.Load() != e {
		at = &at.Load().next
	}
	at.Store(e.next.Load())
	c.bytes -= e.size()
}
