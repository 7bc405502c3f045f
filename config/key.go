package config

import (
	"context"
	"fmt"
	"reflect"
	"sync/atomic"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// Key is a declared setting: a name with a type, a default, and rules. Make it
// once, in a package variable, with [Declare], and name it in [Config].Keys of
// every Resolver it is used with.
type Key[T any] struct{ def *definition }

// Declaration is any [Key], whatever its type.
type Declaration interface{ declared() *definition }

// definition is a Key without its type. It never changes, but for the memory
// of which Resolver it was found in last.
type definition struct {
	name      string
	isolation tenant.Isolation
	module    string
	fallback  *entry // the default
	closed    *entry // the closed value, or nil
	fits      func(raw string) error
	err       error // what is wrong with the declaration; NewResolver reports it

	bound atomic.Pointer[binding]
}

// Option adds a rule to a [Key].
type Option func(*definition)

// Isolation says whether each tenant may have a value of its own. Without it,
// or with [tenant.Inherit], the key follows its module, or else its namespace,
// or else [Config].Isolation.
func Isolation(i tenant.Isolation) Option {
	return func(d *definition) { d.isolation = i }
}

// Module names the [tenant.Module] whose isolation the key inherits.
func Module(name string) Option {
	return func(d *definition) { d.module = name }
}

// Closed gives the value that [Key.Get] and [Get] return where no answer is
// trustworthy: without a tenant, with a store that fails, on a value of the
// wrong type. Declare it where the default would open something. value is
// converted to the key's type.
func Closed(value any) Option {
	return func(d *definition) {
		raw, err := encode(value)
		if err != nil {
			d.err = fmt.Errorf("closed value: %w", err)
			return
		}
		d.closed = &entry{raw: raw, layer: LayerDefault}
	}
}

// Declare returns the setting of that name, which has the value def where
// nobody has set another. It does nothing else: what is wrong with a
// declaration is an error of [NewResolver].
//
// def has to survive the way to JSON and back, and a list, map or pointer in it
// must not be changed afterwards.
func Declare[T any](name string, def T, opts ...Option) Key[T] {
	d := &definition{name: name}
	raw, err := encode(def)
	d.fallback, d.err = &entry{raw: raw, layer: LayerDefault}, err
	d.fits = func(raw string) error { _, err := decode[T](raw); return err }
	for _, opt := range opts {
		opt(d)
	}
	switch {
	case !ValidKey(name):
		d.err = ErrBadKey
	case d.err != nil:
	case d.closed != nil && d.fits(d.closed.raw) != nil:
		d.err = fmt.Errorf("closed value: %w", d.fits(d.closed.raw))
	case shareable(reflect.TypeFor[T]()):
		// What callers can share need not be converted, and so can not lose
		// anything on the way.
		remember(d.fallback, &converted[T]{value: def})
	default:
		if back, err := decode[T](raw); err != nil || !reflect.DeepEqual(back, def) {
			d.err = fmt.Errorf("%w: the default is not the same after the way to JSON and back", ErrMistyped)
		}
	}
	return Key[T]{d}
}

// declared implements [Declaration]. The zero Key is malformed.
func (k Key[T]) declared() *definition {
	if k.def == nil {
		return &definition{err: ErrBadKey}
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
	d := k.declared()
	carried := carry.From(ctx)
	r := resolverOf(carried)
	if r == nil {
		return inDoubt[T](d)
	}
	err := d.err
	if err == nil {
		var e *entry
		if e, _, err = r.find(ctx, carried, d.name, d); err == nil {
			var v T
			if v, err = convert[T](e); err == nil {
				return v
			}
		}
	}
	r.count(err)
	return inDoubt[T](d)
}

// inDoubt returns the closed value, or else the default.
func inDoubt[T any](d *definition) T {
	for _, e := range []*entry{d.closed, d.fallback} {
		if e == nil {
			continue
		}
		if v, err := convert[T](e); err == nil {
			return v
		}
	}
	var zero T
	return zero
}

// Lookup returns the setting's value for the tenant of ctx and where it comes
// from, or says why there is no answer. The error is a [KeyError]. Info.Found
// is always true without an error, since a declared key has a default.
func (k Key[T]) Lookup(ctx context.Context) (T, Info, error) {
	var zero T
	d := k.declared()
	if d.err != nil {
		return zero, Info{}, keyError(d.name, LayerNone, d.err)
	}
	return lookup[T](ctx, d.name, d)
}
