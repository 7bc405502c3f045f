package cell

import (
	"strings"
	"sync"
)

// Bounds are how much Cells keeps in memory.
type Bounds[L any] struct {
	// Count is how many cells there are at most. Required, also beside a weight:
	// a cell of which nothing has been loaded weighs nothing.
	Count int

	// Weight returns what a value takes, in bytes or whatever MaxWeight is in. nil
	// bounds the count alone. It is called when a value comes or goes, with the cache
	// locked: it must be quick, and not use the cache.
	Weight func(*L) int64

	// MaxWeight is what all values together may take once one has landed. That one
	// is kept in any case: if it alone takes more it is all that is kept.
	MaxWeight int64
}

// Cells is a bounded cache of cells by id. When it is full it gives each cell
// that was read since the last round a second chance (the CLOCK algorithm), so
// that a read costs no more than a flag. It is made by Init; until then it has no
// cells. All other methods are safe for concurrent use.
type Cells[L any] struct {
	of     Source[L]
	bounds Bounds[L]

	mu   sync.RWMutex
	byID map[string]*Cell[L]
	ring []*Cell[L]
	hand int   // where in the ring the oldest is; behind the last is at the first
	sum  int64 // of the weights of the ring's cells
}

// Init sets where the cells load from and how many are kept. It is called once,
// before any other method.
func (t *Cells[L]) Init(of Source[L], bounds Bounds[L]) {
	t.of, t.bounds = of, bounds
	t.of.in = t
	t.byID = map[string]*Cell[L]{}
}

// Peek returns the cell with that id if there is one, else nil.
func (t *Cells[L]) Peek(id string) *Cell[L] {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.byID[id]
}

// Get returns the cell with that id, and makes it if there is none.
func (t *Cells[L]) Get(id string) *Cell[L] {
	if c := t.Peek(id); c != nil {
		return c
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.byID[id]; c != nil {
		return c
	}
	if len(t.ring) >= t.bounds.Count {
		t.evictOne(func(*Cell[L]) bool { return true })
	}
	c := &Cell[L]{of: &t.of, id: strings.Clone(id)} // not the record that it is a part of
	t.insert(c)
	return c
}

// Invalidate tells the cell with that id, if there is one, that a change with
// that number is committed.
func (t *Cells[L]) Invalidate(id string, number Number) {
	if c := t.Peek(id); c != nil {
		c.Invalidate(number)
	}
}

// Len returns how many cells there are.
func (t *Cells[L]) Len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.ring)
}

// Weight returns what all values in memory take, 0 without Bounds.Weight.
func (t *Cells[L]) Weight() int64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.sum
}

// weigh counts what c holds now, and makes room for it. It locks the cache and
// then the cell, as everything does that needs both.
func (t *Cells[L]) weigh(c *Cell[L]) {
	if t.bounds.Weight == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byID[c.id] != c {
		return
	}
	var weight int64
	if l := c.held(); l != nil {
		weight = t.bounds.Weight(l)
	}
	t.sum += weight - c.weight
	c.weight = weight
	for t.sum > t.bounds.MaxWeight && t.sum > c.weight {
		t.evictOne(func(other *Cell[L]) bool { return other != c && other.weight > 0 })
	}
}

// evictOne moves the hand to a cell that may go and lets go of it; there is one.
// None is spared twice, however often it is read meanwhile. mu is held.
func (t *Cells[L]) evictOne(mayGo func(*Cell[L]) bool) {
	spare := len(t.ring)
	for ; ; t.hand++ {
		t.hand %= len(t.ring)
		c := t.ring[t.hand]
		if !mayGo(c) {
			continue
		}
		if spare > 0 && c.used.Swap(false) {
			spare--
			continue
		}
		t.remove(c)
		return
	}
}

// insert puts c where the hand comes last. mu is held.
func (t *Cells[L]) insert(c *Cell[L]) {
	t.byID[c.id] = c
	t.ring = append(t.ring, c)
	last := len(t.ring) - 1
	t.ring[t.hand], t.ring[last] = c, t.ring[t.hand]
	t.hand++
}

// remove lets go of c, which is at the hand. The last one comes there: the one
// that insert has moved away from it. mu is held.
func (t *Cells[L]) remove(c *Cell[L]) {
	delete(t.byID, c.id)
	t.sum -= c.weight
	c.evict()
	last := len(t.ring) - 1
	t.ring[t.hand], t.ring[last] = t.ring[last], nil
	t.ring = t.ring[:last]
}
