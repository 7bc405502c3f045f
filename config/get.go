package config

import (
	"context"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// Get returns the value of a setting for the tenant of ctx, or def where no
// layer has one. It never fails: where no answer is trustworthy it returns the
// closed value that the key declares, else def, and counts it, see
// [Resolver.Stats]. T decides the type; a stored value that does not fit it is
// not trustworthy.
//
// It is meant to take the place of a global setting, key by key, without
// declaring anything:
//
//	if config.Get(ctx, "courses.sort_by_start", false) {
func Get[T any](ctx context.Context, key string, def T) T {
	carried := carry.From(ctx)
	if s, ok := carried.Config.(*seat); ok {
		if own := s.quick(carried); own != nil {
			// The path of nearly every read. What it can not answer at once goes
			// the long way.
			s.cell.Touch()
			at := own.find(key)
			if at == nil {
				return def
			}
			if v, ok := quickly[T](at); ok {
				return v
			}
		}
	}
	r := resolverOf(carried)
	if r == nil {
		return def
	}
	return get(ctx, r, carried, key, def)
}

// quickly returns a value that has been converted to T before.
func quickly[T any](s *slot) (T, bool) {
	if t, ok := s.value.(*text); ok {
		if f := t.forms.Load(); f != nil {
			if c, ok := f.value.(*converted[T]); ok && c.err == nil && !c.anew {
				return c.value, true
			}
		}
	} else if _, ok := s.value.(*bad); !ok {
		v, ok := s.value.(T)
		return v, ok
	}
	var zero T
	return zero, false
}

func get[T any](ctx context.Context, r *Resolver, carried *carry.Value, key string, def T) T {
	rd := r.read(ctx, carried)
	return getIn(ctx, r, carried, &rd, key, def)
}

func getIn[T any](ctx context.Context, r *Resolver, carried *carry.Value, rd *reading, key string, def T) T {
	s, b, err := r.find(ctx, carried, rd, key)
	if err == nil {
		if s == nil || s.value == nil && b == nil {
			return def
		}
		var v T
		if v, err = result[T](ctx, r, carried, rd, b, s); err == nil {
			return v
		}
	}
	r.count(err)
	if b := r.binding(key); b != nil && b.def.closed != nil {
		if v, err := decode[T](*b.def.closed); err == nil {
			return v
		}
	}
	return def
}

// Lookup returns the value of a setting for the tenant of ctx and where it
// comes from, or says why there is no answer. Where no layer has a value,
// Info.Found is false and there is no error. The error is a [KeyError], and is
// one of
//
//	tenant.ErrNoTenant        the context says nothing about a tenant
//	tenant.ErrSeveralTenants  it reaches several, and the key is not shared
//	ErrNoResolver             there is nobody to ask
//	ErrUnavailable            the store failed, and nothing is known from earlier
//	ErrMistyped               the value is no T
//	ErrInvalid                a rule of the key refuses the value
//	ErrSealed                 the value can not be opened
//	ErrCycle                  the key is computed from itself
//
// or, in a context that was built wrongly, what [tenant.Err] says of it.
func Lookup[T any](ctx context.Context, key string) (T, Info, error) {
	carried := carry.From(ctx)
	r := resolverOf(carried)
	if r == nil {
		var zero T
		return zero, Info{}, keyError(key, LayerNone, ErrNoResolver)
	}
	rd := r.read(ctx, carried)
	return lookupIn[T](ctx, r, carried, &rd, key)
}

func lookupIn[T any](ctx context.Context, r *Resolver, carried *carry.Value, rd *reading, key string) (v T, info Info, err error) {
	s, b, err := r.find(ctx, carried, rd, key)
	if err != nil || s == nil {
		return v, info, keyError(key, LayerNone, err)
	}
	isShared := r.isolationOf(key) == tenant.Shared
	if b != nil {
		key = b.def.name
	}
	v, err = result[T](ctx, r, carried, rd, b, s)
	return v, infoOf(rd, s, b, isShared, err), keyError(key, s.origin.layer(), err)
}

func infoOf(rd *reading, s *slot, b *binding, isShared bool, err error) Info {
	age := rd.stale(isShared)
	// What stands in for a tenant of which nothing is known may lack its groups.
	standsIn := rd.down != nil && !isShared && !s.origin.forced()
	return Info{
		Found:   err == nil,
		Layer:   s.origin.layer(),
		Forced:  s.origin.forced(),
		Version: s.origin.version(),
		Sealed:  b != nil && b.def.sealed,
		Stale:   age > 0 || standsIn,
		Age:     age,
	}
}

func keyError(key string, layer Layer, err error) error {
	if err == nil {
		return nil
	}
	return &KeyError{Key: key, Layer: layer, Err: err}
}

// find returns the value that answers key, and the key's binding if it is
// declared: no value where no layer has one.
func (r *Resolver) find(ctx context.Context, v *carry.Value, rd *reading, key string) (*slot, *binding, error) {
	if rd.base == nil {
		return nil, nil, rd.err
	}
	place, known := rd.base.places[key]
	if known && place < len(r.order) {
		b := r.order[place]
		s, err := r.findDeclared(ctx, v, rd, b)
		return s, b, err
	}
	isShared := !r.allPerTenant && r.isolationOf(key) == tenant.Shared
	s, err := rd.undeclared(key, place, known, isShared)
	return s, nil, err
}

func (r *Resolver) findDeclared(ctx context.Context, v *carry.Value, rd *reading, b *binding) (*slot, error) {
	if b.def.perAccount {
		if err := r.account(ctx, v, rd); err != nil {
			return nil, err
		}
	}
	return rd.declared(b)
}

// result converts a value, or computes it.
func result[T any](ctx context.Context, r *Resolver, carried *carry.Value, rd *reading, b *binding, s *slot) (T, error) {
	if s.value == nil && b != nil {
		return computed[T](ctx, Snapshot{r: r, carried: carried, rd: *rd}, b.def)
	}
	return as[T](s)
}
