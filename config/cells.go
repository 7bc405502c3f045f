package config

import "sync"

// cells is the bounded cache of the tenants' cells. When it is full it gives
// each cell that was read since the last round a second chance (the CLOCK
// algorithm), so that a read costs no more than a flag.
type cells struct {
	owner *Resolver
	max   int

	mu   sync.RWMutex
	byID map[string]*cell
	ring []*cell
	hand int
}

// peek returns the tenant's cell if there is one.
func (t *cells) peek(id string) *cell {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.byID[id]
}

// get returns the tenant's cell, and makes it if there is none.
func (t *cells) get(id string) *cell {
	if c := t.peek(id); c != nil {
		return c
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.byID[id]; c != nil {
		return c
	}
	c := &cell{owner: t.owner, id: id}
	if len(t.ring) < t.max {
		t.ring = append(t.ring, c)
	} else {
		for t.ring[t.hand].used.Swap(false) {
			t.hand = (t.hand + 1) % t.max
		}
		old := t.ring[t.hand]
		delete(t.byID, old.id)
		old.evict()
		t.ring[t.hand] = c
		t.hand = (t.hand + 1) % t.max
	}
	t.byID[id] = c
	return c
}

func (t *cells) len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.ring)
}
