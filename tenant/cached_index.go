package tenant

import (
	"hash/maphash"
	"sync/atomic"
)

// cacheIndex finds cached records by one kind of name: ids, codes or hosts.
//
// Readers take no lock and write nothing, so that any number of them can ask
// for the same name at once. Writers hold the lock of their CachedRegistry. The
// table is cut into parts that grow one by one: a reader never waits for that,
// and a writer for a small part only.
//
// A get that runs beside a change of the name that it looks for answers as of
// before or after it, or not at all: whoever gets nothing asks again with the
// lock.
//
// Over a million tenants what a look-up costs is the memory that it has to wait
// for. So the slots hold the entries themselves, one after the other where two
// names collide, and the whole hash, by which a name of another tenant is passed
// over without a look at it.
type cacheIndex struct {
	seed  maphash.Seed
	kind  cacheKind
	parts [indexParts]indexPart
}

const (
	indexBits  = 6
	indexParts = 1 << indexBits
)

type indexPart struct {
	slots atomic.Pointer[[]indexSlot] // a power of two of them, or nil

	// The writers' own.
	n    int // slots with an entry
	used int // and those that had one, which a search has to walk over
}

// indexSlot is free for good where hash is 0, which ends every search, and free
// again where only entry is nil. The two are not written at once: what a reader
// finds counts only if the entry has the name.
type indexSlot struct {
	hash  atomic.Uint64
	entry atomic.Pointer[cacheEntry]
}

func (x *cacheIndex) find(name string) (*indexPart, uint64) {
	hash := maphash.String(x.seed, name)
	return &x.parts[hash>>(64-indexBits)], max(hash, 1)
}

// get returns the entry of a name, or nil.
func (x *cacheIndex) get(name string) *cacheEntry {
	part, hash := x.find(name)
	table := part.slots.Load()
	if table == nil {
		return nil
	}
	slots := *table
	mask := uint64(len(slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		switch slots[i].hash.Load() {
		case 0:
			return nil
		case hash:
			if e := slots[i].entry.Load(); e != nil && e.has(x.kind, name) {
				return e
			}
		}
	}
}

// put adds a name that is not there.
func (x *cacheIndex) put(name string, e *cacheEntry) {
	part, hash := x.find(name)
	if table := part.slots.Load(); table == nil || part.used >= len(*table)/4*3 {
		part.rebuild()
	}
	part.n++
	part.used += occupy(*part.slots.Load(), hash, e)
}

// occupy writes into the first free slot of a hash, and returns 1 where it was
// free for good.
func occupy(slots []indexSlot, hash uint64, e *cacheEntry) (fresh int) {
	mask := uint64(len(slots) - 1)
	i := hash & mask
	for slots[i].entry.Load() != nil {
		i = (i + 1) & mask
	}
	if slots[i].hash.Load() == 0 {
		fresh = 1
	}
	slots[i].entry.Store(e)
	slots[i].hash.Store(hash)
	return fresh
}

// rebuild gives a part a new table without the slots that only had an entry,
// twice as long if the others fill half of the old one. Readers go on in that.
func (p *indexPart) rebuild() {
	var old []indexSlot
	if table := p.slots.Load(); table != nil {
		old = *table
	}
	size := max(8, len(old))
	if p.n > size/2 {
		size *= 2
	}
	slots := make([]indexSlot, size)
	for i := range old {
		if e := old[i].entry.Load(); e != nil {
			occupy(slots, old[i].hash.Load(), e)
		}
	}
	p.used = p.n
	p.slots.Store(&slots)
}

// remove takes a name out if it leads to e.
func (x *cacheIndex) remove(name string, e *cacheEntry) {
	part, hash := x.find(name)
	table := part.slots.Load()
	if table == nil {
		return
	}
	slots := *table
	mask := uint64(len(slots) - 1)
	for i := hash & mask; slots[i].hash.Load() != 0; i = (i + 1) & mask {
		if slots[i].hash.Load() != hash || slots[i].entry.Load() != e {
			continue
		}
		slots[i].entry.Store(nil)
		part.n--
		// Before the end of a row nothing has to be walked over.
		for slots[(i+1)&mask].hash.Load() == 0 && slots[i].entry.Load() == nil && slots[i].hash.Load() != 0 {
			slots[i].hash.Store(0)
			part.used--
			i = (i - 1) & mask
		}
		return
	}
}
