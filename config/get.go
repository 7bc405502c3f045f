package config

import (
	"context"
	"errors"

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
	r := resolverOf(carried)
	if r == nil {
		return def
	}
	e, _, err := r.find(ctx, carried, key, nil)
	if err == nil {
		if e == nil {
			return def
		}
		var v T
		if v, err = convert[T](e); err == nil {
			return v
		}
	}
	r.count(err)
	if b := r.bindings[key]; b != nil && b.def.closed != nil {
		if v, err := convert[T](b.def.closed); err == nil {
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
//
// or, in a context that was built wrongly, what [tenant.Err] says of it.
func Lookup[T any](ctx context.Context, key string) (T, Info, error) {
	return lookup[T](ctx, key, nil)
}

// lookup is Lookup, for a declared key if def is not nil.
func lookup[T any](ctx context.Context, key string, def *definition) (v T, info Info, err error) {
	carried := carry.From(ctx)
	r := resolverOf(carried)
	if r == nil {
		return v, info, keyError(key, LayerNone, ErrNoResolver)
	}
	e, stale, err := r.find(ctx, carried, key, def)
	if err != nil || e == nil {
		return v, info, keyError(key, LayerNone, err)
	}
	v, err = convert[T](e)
	info = Info{Found: err == nil, Layer: e.layer, Version: e.version, Stale: stale}
	return v, info, keyError(key, e.layer, err)
}

func keyError(key string, layer Layer, err error) error {
	if err == nil {
		return nil
	}
	return &KeyError{Key: key, Layer: layer, Err: err}
}

// find returns the entry that answers key in ctx, which carries v: nil where no
// layer has one. def is the key's declaration where the caller has it.
//
// This is the table of modes in the documentation of package tenant.
func (r *Resolver) find(ctx context.Context, v *carry.Value, key string, def *definition) (e *entry, stale bool, err error) {
	shared := false
	if def != nil {
		b := r.bind(def)
		if b == nil {
			return nil, false, ErrUndeclared
		}
		shared = b.isolation == tenant.Shared
	}
	switch v.Mode {
	case carry.Tenant:
		if shared {
			return r.findGlobal(ctx, key, false)
		}
		return r.findTenant(ctx, v, key)
	case carry.Global:
		return r.findGlobal(ctx, key, false)
	case carry.Across, carry.AcrossAll:
		if r.isolationOf(key) == tenant.Shared {
			return r.findGlobal(ctx, key, false)
		}
		return nil, false, tenant.ErrSeveralTenants
	default:
		return nil, false, tenant.Err(ctx)
	}
}

func (r *Resolver) findTenant(ctx context.Context, v *carry.Value, key string) (*entry, bool, error) {
	own, stale, err := r.own(ctx, v)
	if err != nil {
		if r.isolationOf(key) == tenant.Shared {
			return r.findGlobal(ctx, key, false)
		}
		return nil, false, err
	}
	if e := own.find(key); e != nil {
		return e, stale, nil
	}
	return r.findGlobal(ctx, key, stale)
}

// findGlobal looks in the layers that all tenants share. stale says that a
// layer above them already was.
func (r *Resolver) findGlobal(ctx context.Context, key string, stale bool) (*entry, bool, error) {
	all, staler, err := r.global.get(ctx)
	if err != nil {
		return nil, false, err
	}
	return all.find(key), stale || staler, nil
}

// errEvicted is returned by a cell that the cache has let go of.
var errEvicted = errors.New("config: evicted")

// own returns what the tenant of v has set itself. A record that came from a
// registry leads to it without a look-up; it is left alone once the registry
// has replaced the record, and its cell once the cache has let go of it.
func (r *Resolver) own(ctx context.Context, v *carry.Value) (*loaded, bool, error) {
	home := v.Home
	if home != nil && home.Dead() {
		home = nil
	}
	if home != nil {
		if c, ok := home.Load(carry.SlotConfig).(*cell); ok && c.owner == r && c.id == v.ID {
			l, stale, err := c.get(ctx)
			if !errors.Is(err, errEvicted) {
				return l, stale, err
			}
		}
	}
	for {
		c := r.cells.get(v.ID)
		if home != nil {
			home.Store(carry.SlotConfig, c)
		}
		l, stale, err := c.get(ctx)
		if !errors.Is(err, errEvicted) {
			return l, stale, err
		}
	}
}
