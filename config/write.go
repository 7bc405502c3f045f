package config

import (
	"context"
	"errors"
	"fmt"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// Set gives a setting a value: for the tenant of ctx, or in global mode for all
// tenants that have none of their own. The actor of ctx and the reason go into
// the history. A nil value is the JSON null, which is a value. It is
// [Resolver.Update] with one [Put], and its error is that of Update.
func (r *Resolver) Set(ctx context.Context, key string, value any, reason string) error {
	_, err := r.Update(ctx, reason, Put(key, value))
	return err
}

// Delete takes the value of a setting away from where Set would put it, so that
// the layers below answer. Where there is none nothing happens. The error is
// that of [Resolver.Update].
func (r *Resolver) Delete(ctx context.Context, key, reason string) error {
	_, err := r.Update(ctx, reason, Remove(key))
	return err
}

// Set is [Resolver.Set] of the resolver in ctx, with the key's own type.
func (k Key[T]) Set(ctx context.Context, value T, reason string) error {
	r := resolverOf(carry.From(ctx))
	if r == nil {
		return keyError(k.Name(), LayerNone, ErrNoResolver)
	}
	_, err := r.Update(ctx, reason, k.Put(value))
	return err
}

// target returns whose settings a context is about, where nobody says more.
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

// changes checks assignments one by one and turns them into what the store is
// to write. The error is a KeyError.
func (r *Resolver) changes(ctx context.Context, owner Owner, layer Layer, assignments []Assignment) ([]Change, error) {
	var (
		changes []Change
		have    map[string]Setting // asked for at first need
		seen    = make(map[string]bool, len(assignments))
		under   beneath
	)
	for _, a := range assignments {
		if name := r.canonical(a.key); seen[name] {
			return nil, keyError(name, layer, fmt.Errorf("%w: it is there twice", ErrBadKey))
		}
		name, plain, err := r.check(ctx, owner, &under, a)
		seen[name] = true
		c := Change{Key: name, Forced: a.force, If: a.version}
		if err == nil {
			c.Value, err = r.sealFor(owner, name, plain)
		}
		former := r.formerNames(name)
		if err == nil && a.version != nil && len(former) > 0 {
			if have == nil {
				have, err = r.stored(ctx, owner)
			}
			if err == nil && r.current(have, name).Version != *a.version {
				r.doubt(owner.Tenant) // who asked may have it from what we remember
				err = ErrConflict
			}
		}
		if err != nil {
			return nil, keyError(name, layer, err)
		}
		// Whatever is written takes the place of what is stored under a former
		// name: left there, it would come back when this one is removed.
		changes = append(changes, c)
		for _, f := range former {
			changes = append(changes, Change{Key: f})
		}
		if a.version != nil && len(former) > 0 {
			pin(changes[len(changes)-1-len(former):], have)
		}
	}
	return changes, nil
}

// pin has the store refuse changes of keys that are not as in have any more.
func pin(changes []Change, have map[string]Setting) {
	for i := range changes {
		version := have[changes[i].Key].Version
		changes[i].If = &version
	}
}

// check returns the present name of an assignment's key and its value, nil to
// remove it, or why owner can not be given that.
func (r *Resolver) check(ctx context.Context, owner Owner, under *beneath, a Assignment) (name string, plain *string, err error) {
	if !ValidKey(a.key) || isReserved(a.key) {
		return a.key, nil, ErrBadKey
	}
	if a.def != nil {
		if _, err := r.bind(a.def); err != nil {
			return a.key, nil, err
		}
	}
	name = r.canonical(a.key)
	b := r.bindings[name]
	if err := r.hasPlace(owner, name); err != nil {
		return name, nil, err
	}
	if a.force && (owner.Tenant != "" || owner.Account != "" || a.value == nil) {
		return name, nil, ErrNotForcible
	}
	by, err := under.forces(ctx, r, owner, name)
	switch {
	case err != nil:
		return name, nil, err
	case by != LayerNone:
		return name, nil, fmt.Errorf("%w: the %s layer", ErrForced, by)
	case !r.mayEdit(ctx, owner, name):
		return name, nil, ErrNotEditable
	case a.value == nil:
		return name, nil, nil
	}
	raw, err := a.value()
	if err == nil && b != nil {
		_, err = b.def.parse(raw)
	}
	if err == nil && raw == redacted && r.isSealed(name) { // a form that was sent back as it was shown
		err = fmt.Errorf("%w: this is what a sealed value is shown as, and not one", ErrInvalid)
	}
	return name, &raw, err
}

// hasPlace returns why a key has no values of an owner's at all, or nil.
func (r *Resolver) hasPlace(owner Owner, name string) error {
	b := r.bindings[name]
	switch {
	case owner.Account != "" && (b == nil || !b.def.perAccount):
		return ErrNotPerAccount
	case owner != Owner{} && r.isolationOf(name) == tenant.Shared:
		return ErrNotOverridable
	}
	return nil
}

// commit has the store write. keys is how many settings that is for whoever
// asked for it.
func (r *Resolver) commit(ctx context.Context, owner Owner, layer Layer, reason string, keys int, changes []Change) (int64, error) {
	actor, _ := tenant.ActorFromContext(ctx)
	number, err := r.store.Write(ctx, owner, Edit{Actor: actor.ID, Reason: reason}, changes...)
	if err == nil {
		if owner.Tenant != "" {
			r.cells.Get(string(owner.Tenant)) // to be told, also if it has not been read yet
		}
		r.Invalidate(owner.Tenant, number) // whoever writes reads it at once
		return number, nil
	}
	r.doubt(owner.Tenant) // a commit may have got through
	var named *KeyError
	switch {
	case errors.As(err, &named):
		return 0, keyError(r.canonical(named.Key), layer, named.Err)
	case keys == 1:
		return 0, keyError(changes[0].Key, layer, err)
	default:
		return 0, fmt.Errorf("config: %d settings in the %s layer: %w", keys, layer, err)
	}
}

// stored returns what an owner has in the store now, by the names under which
// it is stored.
func (r *Resolver) stored(ctx context.Context, owner Owner) (map[string]Setting, error) {
	settings, _, err := r.store.Load(ctx, owner)
	if err != nil {
		return nil, err
	}
	have := make(map[string]Setting, len(settings))
	for _, s := range settings {
		if owner == (Owner{}) && s.Group != "" {
			continue
		}
		have[s.Key] = s
	}
	return have, nil
}

// current returns the setting that counts for a key among those of one owner:
// the one under its present name, else the first under a former one. Where
// there is none it is the zero Setting.
func (r *Resolver) current(have map[string]Setting, name string) Setting {
	if s, ok := have[name]; ok {
		return s
	}
	for _, f := range r.formerNames(name) {
		if s, ok := have[f]; ok {
			return s
		}
	}
	return Setting{}
}

// formerNames returns the aliases of a declared key.
func (r *Resolver) formerNames(name string) []string {
	if b := r.bindings[name]; b != nil {
		return b.def.aliases
	}
	return nil
}
