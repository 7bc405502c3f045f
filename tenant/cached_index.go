package tenant

import (
	"hash/maphash"
	"sync/atomic"
)

// cacheIndex finds cached records by one kind of name: ids, codes or hosts. It
// knows an entry by its number in the cache's list.
//
// Readers take no lock and write nothing, so that any number of them can ask
// for the same name at once. Writers hold the lock of their CachedRegistry. The
// table is cut into parts that grow one by one: a reader never waits for that,
// and a writer for a small part only.
//
// A get that runs beside a change of the name that it looks for answers as of
// before or after it, or not at all: whoever gets nothing asks again with the
// lock. A number that another entry has by now does no harm, for what counts is
// that the entry has the name.
//
// Over a million tenants what a look-up costs is the memory that it has to wait
// for, and what the garbage collector costs are pointers to memory that it has
// not just looked at. So a slot is one word without a pointer: the number of the
// entry, and as much of the hash as passes over the names of other tenants
// without a look at them. Where two names collide the slots are one after the
// other.
type cacheIndex struct {
	seed    maphash.Seed
	kind    cacheKind
	entries *cacheList
	parts   [indexParts]indexPart
}

const (
	indexBits  = 6
	indexParts = 1 << indexBits
)

type indexPart struct {
	slots atomic.Pointer[[]atomic.Uint64] // a power of two of them, or nil

	// The writers' own.
	n    int // slots with an entry
	used int // and those that had one, which a search has to walk over
}

// A slot holds half of the hash above the number of the entry. It is 0 where it
// is free for good, which ends every search, and has no number where it is free
// again. The place of a slot follows from what it holds of the hash.
const (
	slotNumber = 1<<32 - 1
	slotHash   = ^uint64(slotNumber)
)

// find returns the part of a name, and the slot that a number would make.
func (x *cacheIndex) find(name string) (part *indexPart, slot uint64) {
	hash := maphash.String(x.seed, name)
	return &x.parts[hash>>(64-indexBits)], max(hash<<32, 1<<32)
}

// get returns the entry of a name, or nil.
func (x *cacheIndex) get(name string) *cacheEntry {
	part, want := x.find(name)
	table := part.slots.Load()
	if table == nil {
		return nil
	}
	slots := *table
	mask := uint64(len(slots) - 1)
	for i := want >> 32; ; i++ {
		slot := slots[i&mask].Load()
		if slot == 0 {
			return nil
		}
		if slot&slotHash == want {
			if e := x.entries.at(uint32(slot)); e != nil && e.has(x.kind, name) {
				return e
			}
		}
	}
}

// put adds a name that is not there.
func (x *cacheIndex) put(name string, e *cacheEntry) {
	part, slot := x.find(name)
	if table := part.slots.Load(); table == nil || part.used >= len(*table)/4*3 {
		part.rebuild()
	}
	part.n++
	part.used += occupy(*part.slots.Load(), slot|uint64(e.number))
}

// occupy writes a slot into the first free place, and returns 1 where that was
// free for good.
func occupy(slots []atomic.Uint64, slot uint64) (fresh int) {
	mask := uint64(len(slots) - 1)
	i := slot >> 32 & mask
	for slots[i].Load()&slotNumber != 0 {
		i = (i + 1) & mask
	}
	if slots[i].Load() == 0 {
		fresh = 1
	}
	slots[i].Store(slot)
	return fresh
}

// rebuild gives a part a new table without the slots that only had an entry,
// twice as long if the others fill half of the old one. Readers go on in that.
func (p *indexPart) rebuild() {
	var old []atomic.Uint64
	if table := p.slots.Load(); table != nil {
		old = *table
	}
	size := max(8, len(old))
	if p.n > size/2 {
		size *= 2
	}
	slots := make([]atomic.Uint64, size)
	for i := range old {
		if slot := old[i].Load(); slot&slotNumber != 0 {
			occupy(slots, slot)
		}
	}
	p.used = p.n
	p.slots.Store(&slots)
}

// remove takes a name out if it leads to e.
func (x *cacheIndex) remove(name string, e *cacheEntry) {
	part, slot := x.find(name)
	table := part.slots.Load()
	if table == nil {
		return
	}
	slots := *table
	mask := uint64(len(slots) - 1)
	slot |= uint64(e.number)
	for i := slot >> 32 & mask; slots[i].Load() != 0; i = (i + 1) & mask {
		if slots[i].Load() != slot {
			continue
		}
		slots[i].Store(slot & slotHash)
		part.n--
		// Before the end of a row nothing has to be walked over.
		for slots[(i+1)&mask].Load() == 0 && slots[i].Load() != 0 && slots[i].Load()&slotNumber == 0 {
			slots[i].Store(0)
			part.used--
			i = (i - 1) & mask
		}
		return
	}
}
