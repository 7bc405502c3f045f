package tenant

import "sync/atomic"

// cacheList holds the entries under their numbers and in the order of their
// coming, with the hand of SIEVE: it walks from the oldest to the newest, spares
// what was used since it came by last, and takes the first that was not.
//
// Numbers begin at 1; the one of an entry that is gone is given to another one.
// Entries and indexes know one another by number because the garbage collector
// then has one pointer to follow for each entry, and finds those in the order in
// which the entries came, mostly, which is how they lie in memory.
type cacheList struct {
	n              int
	numbered       atomic.Pointer[[]atomic.Pointer[cacheEntry]]
	last           uint32   // the highest number given yet
	free           []uint32 // those given back
	newest, oldest uint32
	hand           uint32
}

// at returns the entry that has the number now, or nil. It is the only method
// that needs no lock.
func (l *cacheList) at(number uint32) *cacheEntry {
	if table := l.numbered.Load(); table != nil && int(number) < len(*table) {
		return (*table)[number].Load()
	}
	return nil
}

// add gives e a number. Readers can find it from now on.
func (l *cacheList) add(e *cacheEntry) {
	if last := len(l.free) - 1; last >= 0 {
		e.number, l.free = l.free[last], l.free[:last]
	} else {
		l.last++
		e.number = l.last
		l.grow()
	}
	if e.older = l.newest; e.older != 0 {
		l.at(e.older).newer = e.number
	} else {
		l.oldest = e.number
	}
	l.newest = e.number
	l.n++
	(*l.numbered.Load())[e.number].Store(e)
}

// grow makes room for the highest number. Readers go on in the old table.
func (l *cacheList) grow() {
	var old []atomic.Pointer[cacheEntry]
	if table := l.numbered.Load(); table != nil {
		old = *table
	}
	if int(l.last) < len(old) {
		return
	}
	table := make([]atomic.Pointer[cacheEntry], max(64, len(old)+len(old)/2))
	for i := range old {
		table[i].Store(old[i].Load())
	}
	l.numbered.Store(&table)
}

func (l *cacheList) remove(e *cacheEntry) {
	if l.hand == e.number {
		l.hand = e.newer
	}
	if e.newer != 0 {
		l.at(e.newer).older = e.older
	} else {
		l.newest = e.older
	}
	if e.older != 0 {
		l.at(e.older).newer = e.newer
	} else {
		l.oldest = e.newer
	}
	l.n--
	(*l.numbered.Load())[e.number].Store(nil)
	l.free = append(l.free, e.number)
}

// victim returns the entry that has to go next. The list is not empty.
func (l *cacheList) victim() *cacheEntry {
	for {
		if l.hand == 0 {
			l.hand = l.oldest
		}
		e := l.at(l.hand)
		if !e.used.Load() {
			return e
		}
		e.used.Store(false)
		l.hand = e.newer
	}
}
