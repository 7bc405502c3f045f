package tenant

import (
	"reflect"
	"strings"
	"sync/atomic"
	"unsafe"

	"github.com/gotenancy/tenancy/internal/carry"
)

// cacheEntry is one cached tenant. The record does not change; everything else
// but the atomic fields belongs to who holds the lock of the cache.
//
// It is one piece of memory, with what every look-up reads at its beginning: a
// tenant that nobody has asked for lately is far away from the processor.
type cacheEntry struct {
	loaded atomic.Int64 // when its load began, as CachedRegistry.now tells
	used   atomic.Bool
	host   uint8           // how much of text is the host, which comes first
	text   [entryText]byte // the texts of record, as far as they fit; never changed
	home   carry.Home      // what record.home points to
	record Tenant
	number uint32 // in the list of the cache, as are its neighbours there
	newer  uint32
	older  uint32
	seq    uint64       // when it was published, as CachedRegistry.seq counts
	retry  atomic.Int64 // after a failed load, when to try again; else 0
}

// entryText is room for a short id, code, host and name.
const entryText = 64

// use notes that somebody asked. Many readers do so at once: only the first of
// them writes.
func (e *cacheEntry) use() {
	if !e.used.Load() {
		e.used.Store(true)
	}
}

// same reports whether the entry's record says what t says.
func (e *cacheEntry) same(t *Tenant) bool {
	other := *t
	other.home = e.record.home
	return reflect.DeepEqual(e.record, other)
}

// has reports whether name, which is in the form that names gives, is one of
// those.
func (e *cacheEntry) has(kind cacheKind, name string) bool {
	switch kind {
	case cacheByID:
		return string(e.record.ID) == name
	case cacheByCode:
		return e.record.Code == name || strings.ToLower(e.record.Code) == name
	}
	// Two pieces of memory have to come here one after the other where the
	// record says where the text is.
	if string(e.text[:e.host]) == name || e.record.Host == name {
		return true
	}
	for i := range e.record.Domains {
		if d := &e.record.Domains[i]; d.Verified && d.Name == name {
			return true
		}
	}
	return false
}

// gather moves the texts of the record into the entry, those first that a
// request compares: what the processor has to wait for is memory that is
// somewhere else, and what the collector has to look at is each piece of it.
func (e *cacheEntry) gather() {
	t, room := &e.record, e.text[:]
	for _, text := range []*string{
		&t.Host, (*string)(&t.ID), &t.Code, &t.Language, &t.Name, (*string)(&t.Parent), &t.ExternalID, &t.Theme, &t.DescriptionFormat,
	} {
		if n := len(*text); 0 < n && n <= len(room) {
			copy(room, *text)
			*text, room = unsafe.String(&room[0], n), room[n:]
			if text == &t.Host {
				e.host = uint8(n)
			}
		}
	}
}

// names calls fn with each name that leads to the entry.
func (e *cacheEntry) names(fn func(kind cacheKind, name string)) {
	fn(cacheByID, string(e.record.ID))
	if e.record.Code != "" {
		fn(cacheByCode, strings.ToLower(e.record.Code))
	}
	if e.record.Host != "" {
		fn(cacheByHost, e.record.Host)
	}
	for _, d := range e.record.Domains {
		if d.Verified && d.Name != e.record.Host {
			fn(cacheByHost, d.Name)
		}
	}
}

// publish keeps what the load l has found, if that may be kept, and returns the
// record to hand out. Called with the lock.
func (c *CachedRegistry) publish(l *cacheLoad, found *Tenant) *Tenant {
	now := &cacheEntry{record: *found}
	now.record.home = nil
	if len(now.record.Metadata) == 0 {
		now.record.Metadata = nil
	}
	if l.invalidated(found.ID) != 0 {
		return &now.record
	}
	// A name belongs to one tenant at a time. Where it leads to another one now,
	// that one is out of date or this load is: which, is known where the load
	// began after the other was published; else none is kept.
	keep, old := true, c.indexes[cacheByID].get(string(found.ID))
	putOut := func(kind cacheKind, name string) {
		if e := c.indexes[kind].get(name); e != nil && e != old {
			keep = keep && e.seq < l.seq
			c.drop(e)
		}
	}
	now.names(putOut)
	putOut(l.key.kind, l.key.name) // also where the record does not list it
	if old != nil {
		if keep && old.same(&now.record) {
			old.loaded.Store(max(old.loaded.Load(), l.began))
			old.retry.Store(0)
			return &old.record
		}
		if keep && old.seq > l.seq {
			return &now.record // the other may be the newer one
		}
		c.drop(old)
	}
	if !keep {
		return &now.record
	}
	for c.list.n >= c.cfg.Tenants {
		c.drop(c.list.victim())
	}
	e := now
	c.seq++
	e.seq = c.seq
	e.loaded.Store(l.began)
	e.gather()
	e.home.Init(string(e.record.ID))
	e.record.home = &e.home
	c.list.add(e)
	e.names(func(kind cacheKind, name string) { c.indexes[kind].put(name, e) })
	return &e.record
}

// drop takes an entry out. Called with the lock.
func (c *CachedRegistry) drop(e *cacheEntry) {
	e.names(func(kind cacheKind, name string) { c.indexes[kind].remove(name, e) })
	c.list.remove(e)
	e.record.home.Kill()
}
