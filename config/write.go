package config

import (
	"context"
	"encoding/json"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// Set gives a setting a value: for the tenant of ctx, or in global mode for all
// tenants that have none of their own. The actor of ctx and the reason go into
// the history. A nil value is the JSON null, which is a value.
//
// The error is a [KeyError] and is [ErrNotOverridable] for a shared key in a
// tenant, [ErrMistyped] for a value that is not of the declared type,
// [ErrBadKey], [tenant.ErrNoTenant], [tenant.ErrSeveralTenants], what
// [tenant.Err] says of ctx, or what the store says. On any error nothing has
// changed, unless the store lost its connection while it committed: then the
// next read asks it again.
//
// Who may change what is for the caller to decide.
func (r *Resolver) Set(ctx context.Context, key string, value any, reason string) error {
	raw, err := encode(value)
	if err != nil {
		return keyError(key, LayerNone, err)
	}
	return r.write(ctx, Change{Key: key, Value: json.RawMessage(raw)}, reason)
}

// Delete takes the value of a setting away from where Set would put it, so that
// the layers below answer. Where there is none nothing happens. The error is
// that of [Resolver.Set].
func (r *Resolver) Delete(ctx context.Context, key, reason string) error {
	return r.write(ctx, Change{Key: key}, reason)
}

// Set is [Resolver.Set] of the resolver in ctx, with the key's own type.
func (k Key[T]) Set(ctx context.Context, value T, reason string) error {
	d, r := k.declared(), resolverOf(carry.From(ctx))
	switch {
	case d.err != nil:
		return keyError(d.name, LayerNone, d.err)
	case r == nil:
		return keyError(d.name, LayerNone, ErrNoResolver)
	case r.bind(d) == nil:
		return keyError(d.name, LayerNone, ErrUndeclared)
	}
	return r.Set(ctx, d.name, value, reason)
}

func (r *Resolver) write(ctx context.Context, c Change, reason string) error {
	id, layer, err := target(ctx)
	if err != nil {
		return keyError(c.Key, LayerNone, err)
	}
	if !ValidKey(c.Key) {
		return keyError(c.Key, layer, ErrBadKey)
	}
	if id != "" && r.isolationOf(c.Key) == tenant.Shared {
		return keyError(c.Key, layer, ErrNotOverridable)
	}
	if b := r.bindings[c.Key]; b != nil && c.Value != nil {
		if err := b.def.fits(string(c.Value)); err != nil {
			return keyError(c.Key, layer, err)
		}
	}
	actor, _ := tenant.ActorFromContext(ctx)
	number, err := r.store.Write(ctx, id, Edit{Actor: actor.ID, Reason: reason}, c)
	if err != nil {
		r.doubt(id) // a commit may have got through
		return keyError(c.Key, layer, err)
	}
	r.Invalidate(id, number) // whoever writes reads it at once
	return nil
}

// target returns whose settings a write in ctx is about.
func target(ctx context.Context) (tenant.ID, Layer, error) {
	switch tenant.ModeOf(ctx) {
	case tenant.ModeTenant:
		id, _ := tenant.IDFromContext(ctx)
		return id, LayerTenant, nil
	case tenant.ModeGlobal:
		return "", LayerGlobal, nil
	case tenant.ModeAcross, tenant.ModeAcrossAll:
		return "", LayerNone, tenant.ErrSeveralTenants
	default:
		return "", LayerNone, tenant.Err(ctx)
	}
}
