package config

import (
	"reflect"
	"sort"
	"sync/atomic"
)

// entry is one value of one layer. It never changes; what it gathers are the
// forms it has been asked for.
type entry struct {
	raw     string // JSON
	version int64
	layer   Layer
	forms   atomic.Pointer[form]
}

// form is the value converted to one type. A value is asked for in one type
// nearly always, so the list is short.
type form struct {
	value any // *converted[T]
	next  *form
}

// converted is what decode made of an entry. Where callers could change the
// value through each other's copy, only the error is kept and each read
// converts anew.
type converted[T any] struct {
	value T
	err   error
	anew  bool
}

// convert returns the value as a T. For types that can be shared it is
// converted once for each entry, and reading it again allocates nothing.
func convert[T any](e *entry) (T, error) {
	for f := e.forms.Load(); f != nil; f = f.next {
		if c, ok := f.value.(*converted[T]); ok {
			if c.anew {
				return decode[T](e.raw)
			}
			return c.value, c.err
		}
	}
	v, err := decode[T](e.raw)
	if err == nil && !shareable(reflect.TypeFor[T]()) {
		remember(e, &converted[T]{anew: true})
	} else {
		remember(e, &converted[T]{value: v, err: err})
	}
	return v, err
}

func remember[T any](e *entry, c *converted[T]) {
	for {
		head := e.forms.Load()
		if e.forms.CompareAndSwap(head, &form{value: c, next: head}) {
			return
		}
	}
}

// loaded is everything known of one tenant, or of the layers that all tenants
// share, as of one change number. It never changes. A tenant has few values of
// its own: they are sorted by name. What all share is found by its hash.
type loaded struct {
	number int64
	own    []named
	shared map[string]*entry
}

type named struct {
	name string
	entry
}

// few is up to how many values of its own a tenant's are best compared one by
// one.
const few = 8

// find returns the entry of that name, or nil.
func (l *loaded) find(name string) *entry {
	if l.shared != nil {
		return l.shared[name]
	}
	own := l.own
	if len(own) > few {
		at := sort.Search(len(own), func(i int) bool { return own[i].name >= name })
		own = own[at:min(at+1, len(own))]
	}
	for i := range own {
		if own[i].name == name {
			return &own[i].entry
		}
	}
	return nil
}
