package rbac

import (
	"hash/maphash"
	"unsafe"
)

// catalogue gives every declared capability a number, so that what a role says
// about all of them is a few words of bits. It is made at start and never
// changes.
type catalogue struct {
	words int     // that hold one bit for each capability
	table []entry // by hash of the name, at most half full; empty ones have no flag
	texts []text  // the same by where the name stands, as large
}

// text is a name that was declared, where it stands in the memory: in most
// questions the name is the constant that declared it. A name that is kept here
// stays where it is, so that nothing else can stand there.
type text struct {
	at   uintptr
	size int
	of   *entry // nil in an empty one
}

func textOf(name string) text {
	return text{at: uintptr(unsafe.Pointer(unsafe.StringData(name))), size: len(name)}
}

func (t text) hash() uint32 { return uint32(uint64(t.at) * 0x9E3779B97F4A7C15 >> 32) }

// entry is what a question about one name comes down to.
type entry struct {
	name string
	hash uint32 // of the name: those of others are rarely compared
	cap  uint32 // the bit; of a deprecated name that of its replacement
	is   entryFlags
}

type entryFlags uint8

const (
	isAny        entryFlags = 1 << iota // every entry
	isNotForAll                         // never for guests and visitors
	isLockable                          // stopped by locks
	isDeprecated                        // another name of a capability
)

func newCatalogue(resolved capabilities) *catalogue {
	size := 8
	for size < 2*len(resolved) {
		size *= 2
	}
	c := &catalogue{table: make([]entry, size)}
	bits := make(map[string]uint32, len(resolved))
	for _, target := range resolved {
		if _, ok := bits[target.Name]; !ok {
			bits[target.Name] = uint32(len(bits))
		}
	}
	c.words = max(1, (len(bits)+63)/64)
	for name, target := range resolved {
		e := entry{name: name, hash: hashName(name), cap: bits[target.Name], is: isAny}
		if target.Kind == Write || target.Risks&notForGuests != 0 {
			e.is |= isNotForAll
		}
		if target.Kind == Write && !target.ManagesLocks {
			e.is |= isLockable
		}
		if target.Name != name {
			e.is |= isDeprecated
		}
		i := e.hash & uint32(size-1)
		for c.table[i].is != 0 {
			i = (i + 1) & uint32(size-1)
		}
		c.table[i] = e
	}
	c.texts = make([]text, size)
	for i := range c.table {
		if e := &c.table[i]; e.is != 0 {
			t := textOf(e.name)
			t.of = e
			i := t.hash() & uint32(size-1)
			for c.texts[i].of != nil {
				i = (i + 1) & uint32(size-1)
			}
			c.texts[i] = t
		}
	}
	return c
}

// find returns the entry of a name, or nil if nobody has declared it.
func (c *catalogue) find(name string) *entry {
	at := textOf(name)
	for i := at.hash(); ; i++ {
		t := &c.texts[i&uint32(len(c.texts)-1)]
		if t.at == at.at && t.size == at.size {
			return t.of
		}
		if t.of == nil {
			break
		}
	}
	return c.look(name)
}

// look is find by the name's hash.
func (c *catalogue) look(name string) *entry {
	hash := hashName(name)
	for i := hash; ; i++ {
		e := &c.table[i&uint32(len(c.table)-1)]
		if e.hash == hash && e.is != 0 && e.name == name {
			return e
		}
		if e.is == 0 {
			return nil
		}
	}
}

// bit returns the number of a capability under which a store keeps what roles
// say about it: not that of a deprecated name, which nobody asks for.
func (c *catalogue) bit(name string) (cap uint32, ok bool) {
	e := c.find(name)
	if e == nil || e.is&isDeprecated != 0 {
		return 0, false
	}
	return e.cap, true
}

// seed makes the places of names in tables unforeseeable.
var seed = maphash.MakeSeed()

func hashName(name string) uint32 { return uint32(maphash.String(seed, name)) }
