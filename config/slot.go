package config

import (
	"reflect"
	"sync/atomic"
)

// slot is one value as it is read: converted and checked when it was loaded.
// It is never changed.
//
// value is the T of a declared key where callers can share it. It is a *text
// where they can not, and of undeclared keys, whose type only the reader knows;
// a *bad where the value is of no use; a *part of a merged key's own value in a
// layer; and nil where nothing has a value.
type slot struct {
	value  any
	origin origin
}

// origin packs where a value comes from into a word, since there is one for
// each value of each tenant in memory: 3 bits of layer, 1 of forced, 14 of the
// declared key's place, 46 of version.
type origin uint64

const (
	placeBits   = 14
	maxPlace    = 1<<placeBits - 1
	maxVersion  = 1<<46 - 1 // see Store
	forcedShift = 3
	placeShift  = 4
	verShift    = placeShift + placeBits
)

func newOrigin(layer Layer, forced bool, place int, version int64) origin {
	o := origin(layer) | origin(place)<<placeShift | origin(min(version, maxVersion))<<verShift
	if forced {
		o |= 1 << forcedShift
	}
	return o
}

func (o origin) layer() Layer   { return Layer(o & (1<<forcedShift - 1)) }
func (o origin) forced() bool   { return o&(1<<forcedShift) != 0 }
func (o origin) place() int     { return int(o >> placeShift & maxPlace) }
func (o origin) version() int64 { return int64(o >> verShift) }

// bad is a stored value that is of no use. raw is the JSON that a rule of the key
// refuses, which may still be a part of a merged value that it does not.
type bad struct {
	err error
	raw string
}

// text is JSON, which remembers the forms it has been asked for.
type text struct {
	raw   string
	forms atomic.Pointer[form]
}

// form is a text converted to one type. A text is asked for in one type nearly
// always, so the list is short.
type form struct {
	value any // *converted[T]
	next  *form
}

// converted is what decode made of a text. Where callers could change the value
// through each other's copy, only the error is kept and each read converts anew.
type converted[T any] struct {
	value T
	err   error
	anew  bool
}

// as returns the value as a T.
func as[T any](s *slot) (T, error) {
	var zero T
	switch v := s.value.(type) {
	case *text:
		return convert[T](v)
	case *bad:
		return zero, v.err
	case T: // after the others: an interface that T may be would take them
		return v, nil
	default: // a key of another type
		raw, err := encode(v)
		if err != nil {
			return zero, err
		}
		return decode[T](raw)
	}
}

// convert returns the text as a T. For types that can be shared it is converted
// once, and reading it again allocates nothing.
func convert[T any](t *text) (T, error) {
	for f := t.forms.Load(); f != nil; f = f.next {
		if c, ok := f.value.(*converted[T]); ok {
			if c.anew {
				return decode[T](t.raw)
			}
			return c.value, c.err
		}
	}
	v, err := decode[T](t.raw)
	c := &converted[T]{value: v, err: err}
	if err == nil && !shareable(reflect.TypeFor[T]()) {
		c = &converted[T]{anew: true}
	}
	for {
		head := t.forms.Load()
		if t.forms.CompareAndSwap(head, &form{value: c, next: head}) {
			return v, err
		}
	}
}

// rawOf returns the value as JSON.
func rawOf(s *slot) (string, error) {
	switch v := s.value.(type) {
	case *text:
		return v.raw, nil
	case *bad:
		return v.raw, v.err
	default:
		return encode(v)
	}
}
