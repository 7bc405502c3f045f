package config

import (
	"context"
	"fmt"
	"reflect"

	"github.com/gotenancy/tenancy/internal/carry"
)

// Key is a declared setting: a name with a type, a default, and rules. Make it
// once, in a package variable, with [Declare], and name it in [Config].Keys of
// every Resolver it is used with.
type Key[T any] struct{ def *definition }

// Declaration is any [Key], whatever its type.
type Declaration interface {
	// Name returns the key's name.
	Name() string

	declared() *definition
}

// Declare returns the setting of that name, which has the value def where
// nobody has set another. It does nothing else: what is wrong with a
// declaration is an error of [NewResolver].
//
// def has to survive the way to JSON and back, and a list, map or pointer in it
// must not be changed afterwards.
func Declare[T any](name string, def T, opts ...Option) Key[T] {
	d := &definition{name: name, typ: reflect.TypeFor[T](), def: def}
	d.plain = shareable(d.typ)
	d.fallback, d.err = encode(def)
	d.sealed = d.typ == reflect.TypeFor[Secret]()
	d.parse = func(raw string) (_ any, err error) {
		// On loading, all other keys and all tenants would go down with this one.
		// What it panics with may quote the value.
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("%w: a rule or the type of the key panicked with a %T", ErrInvalid, p)
			}
		}()
		v, err := decode[T](raw)
		if err == nil {
			err = d.check(v)
		}
		return v, err
	}
	for _, opt := range opts {
		opt(d)
	}
	d.finish()
	return Key[T]{d}
}

// undeclared is the definition of the zero Key, which is malformed.
var undeclared = &definition{err: ErrBadKey, fallback: null}

// declared implements [Declaration].
func (k Key[T]) declared() *definition {
	if k.def == nil {
		return undeclared
	}
	return k.def
}

// Name returns the key's name.
func (k Key[T]) Name() string { return k.declared().name }

// Get returns the setting's value for the tenant of ctx. It never fails: where
// no answer is trustworthy it returns the closed value if one is declared, else
// the default, and counts it, see [Resolver.Stats].
//
// What it returns is the caller's own; see the package's documentation for what
// that costs.
func (k Key[T]) Get(ctx context.Context) T {
	carried := carry.From(ctx)
	if d := k.def; d != nil && d.direct {
		// The path of nearly every read: all of it is in memory, fresh, and of
		// the key's own type.
		s, ok := carried.Config.(*seat)
		if b := d.bound.Load(); ok && b != nil && b.owner == s.r {
			if own := s.quick(carried); own != nil {
				s.cell.Touch()
				at := &own.base.slots[b.place]
				if own.mask&b.bit != 0 {
					at = own.at(b.place, at)
				}
				if v, ok := at.value.(T); ok {
					return v
				}
			}
		}
	}
	return k.get(ctx, carried)
}

func (k Key[T]) get(ctx context.Context, carried *carry.Value) T {
	d := k.declared()
	r := resolverOf(carried)
	if r == nil {
		return inDoubt[T](d)
	}
	rd := r.read(ctx, carried)
	v, _, err := k.in(ctx, r, carried, &rd)
	if err != nil {
		r.count(err)
		return inDoubt[T](d)
	}
	return v
}

// Lookup returns the setting's value for the tenant of ctx and where it comes
// from, or says why there is no answer. The error is a [KeyError]. Info.Found
// is always true without an error, since a declared key has a default.
func (k Key[T]) Lookup(ctx context.Context) (T, Info, error) {
	carried := carry.From(ctx)
	d, r := k.declared(), resolverOf(carried)
	switch {
	case d.err != nil:
		var zero T
		return zero, Info{}, keyError(d.name, LayerNone, d.err)
	case r == nil:
		var zero T
		return zero, Info{}, keyError(d.name, LayerNone, ErrNoResolver)
	}
	rd := r.read(ctx, carried)
	return k.in(ctx, r, carried, &rd)
}

func (k Key[T]) in(ctx context.Context, r *Resolver, carried *carry.Value, rd *reading) (v T, info Info, err error) {
	d := k.declared()
	b, err := r.bind(d)
	if err != nil {
		return v, info, keyError(d.name, LayerNone, err)
	}
	s, err := r.findDeclared(ctx, carried, rd, b)
	if err != nil {
		return v, info, keyError(d.name, LayerNone, err)
	}
	v, err = result[T](ctx, r, carried, rd, b, s)
	return v, infoOf(rd, s, b, b.shared(), err), keyError(d.name, s.origin.layer(), err)
}

// inDoubt returns the closed value, or else the default.
func inDoubt[T any](d *definition) T {
	if d.closed != nil {
		if v, err := decode[T](*d.closed); err == nil {
			return v
		}
	}
	if v, ok := d.def.(T); ok && d.plain {
		return v
	}
	v, _ := decode[T](d.fallback) // zero, where the declaration is malformed
	return v
}
