package config

import (
	"context"
	"strconv"

	"github.com/gotenancy/tenancy/tenant"
)

// Assignment is one change in an Update: [Put], [Remove] and [Key.Put] make it.
// It does not show the value it holds.
type Assignment struct {
	key     string
	value   func() (string, error) // JSON; nil to remove. Nobody prints what is in a function
	def     *definition            // of a Key, else nil
	force   bool
	version *int64
}

// Put gives the key a value. nil is the JSON null, which is a value. The value
// is converted at once: what the caller does to it afterwards does not count.
func Put(key string, value any) Assignment {
	raw, err := encode(value)
	return Assignment{key: key, value: func() (string, error) { return raw, err }}
}

// Remove takes the key's value away, so that the layers below answer. Where
// there is none nothing happens.
func Remove(key string) Assignment { return Assignment{key: key} }

// Put is the function [Put] with the key's own type.
func (k Key[T]) Put(value T) Assignment {
	d := k.declared()
	a := Put(d.name, value)
	a.def = d
	return a
}

// Remove is the function [Remove] for this key.
func (k Key[T]) Remove() Assignment {
	d := k.declared()
	return Assignment{key: d.name, def: d}
}

// IfVersion makes the change only if the key has that version now in the layer
// that is written, and otherwise fails the whole batch with [ErrConflict]. 0
// says that the layer must have no value. It is the Version of [Info] where
// Info.Layer is the layer that is written, else 0.
func (a Assignment) IfVersion(version int64) Assignment {
	a.version = &version
	return a
}

// Force makes a global or a group's value stand, whatever the layers above it
// say. A later Put without Force ends that.
func (a Assignment) Force() Assignment {
	a.force = true
	return a
}

// String names what is done to which key, without the value.
func (a Assignment) String() string {
	if a.value == nil {
		return "remove " + strconv.Quote(a.key)
	}
	return "put " + strconv.Quote(a.key)
}

// Update makes all the changes or none, for the tenant of ctx, or in global
// mode for all tenants that have no values of their own. It returns the change
// number of the write, which is the new version of every key in it. The actor
// of ctx and the reason go into the history. Without changes nothing is
// written, and the number is 0.
//
// A key may be given by a former name, see [Alias]; it is written under its
// present one, and what was stored under the former ones goes. The key's
// rules hold, and a sealed value is sealed before it leaves this process.
//
// The error is a [KeyError] about the first change that is wrong, which is
// asked in this order:
//
//	tenant.ErrNoTenant, tenant.ErrSeveralTenants, tenant.ErrReadOnly, or what
//	                   tenant.Err says of ctx
//	ErrBadKey          a malformed name, one that begins with "tenancy:", which
//	                   are the library's own, or a key that is there twice
//	ErrUndeclared      a Key of another Resolver
//	ErrNotOverridable  a shared key in a tenant, or in a group
//	ErrNotForcible     Force in a tenant, or with Remove
//	ErrForced          a layer below forces a value, also where one is removed
//	ErrNotEditable     Config.Editor does not let the actor
//	ErrMistyped        the value is not of the declared type
//	ErrInvalid         a rule of the key refuses it
//	ErrSealed          it can not be sealed
//	ErrConflict        IfVersion does not hold
//
// or what the store says; where that concerns a batch as a whole it is no
// KeyError. On any error nothing has changed, unless the store lost its
// connection while it committed: then the next read asks it again.
//
// Without a Config.Editor, who may change what is for the caller to decide.
func (r *Resolver) Update(ctx context.Context, reason string, changes ...Assignment) (number int64, err error) {
	return r.writer().Update(ctx, reason, changes...)
}

// Writer changes and shows what a group, or an account in a tenant, has set.
// [Resolver.Group] and [Resolver.Account] make it; for a tenant and for the
// global settings the Resolver has the same methods. It holds nothing and can be
// kept.
type Writer struct {
	r     *Resolver
	layer Layer // LayerGroup, LayerAccount, or LayerNone for what ctx is about
	group string
}

// writer returns the Writer for the tenant of a context, or for the global mode.
func (r *Resolver) writer() Writer { return Writer{r: r} }

// Group returns the Writer for a group of tenants. It works in global mode; in
// another one the error is [ErrNotGlobal].
func (r *Resolver) Group(name string) Writer { return Writer{r, LayerGroup, name} }

// Account returns the Writer for the values that the actor of a context has for
// himself in the tenant of the context, which can be those of keys that are
// [PerAccount]: the error for another key is [ErrNotPerAccount]. In global mode
// it is [tenant.ErrNoTenant], for an actor who is not signed in, or only as the
// guest, [tenant.ErrUnauthenticated], and for a member of another tenant
// [tenant.ErrNotMember]. A program writes for an account with
// [tenant.WithActor].
func (r *Resolver) Account() Writer { return Writer{r: r, layer: LayerAccount} }

// Update is [Resolver.Update] for w's settings.
func (w Writer) Update(ctx context.Context, reason string, changes ...Assignment) (number int64, err error) {
	owner, layer, err := w.writable(ctx)
	if len(changes) == 0 {
		return 0, err
	}
	if err != nil {
		return 0, keyError(changes[0].key, layer, err)
	}
	checked, err := w.r.changes(ctx, owner, layer, changes)
	if err != nil {
		return 0, err
	}
	return w.r.commit(ctx, owner, layer, reason, len(changes), checked)
}

// writable is owner, for somebody who means to write.
func (w Writer) writable(ctx context.Context) (Owner, Layer, error) {
	if tenant.ModeOf(ctx) == tenant.ModeTenant && tenant.IsReadOnly(ctx) {
		return Owner{}, LayerNone, tenant.ErrReadOnly
	}
	return w.owner(ctx)
}

// owner returns whose settings w is about in ctx. With an error the layer is
// LayerNone.
func (w Writer) owner(ctx context.Context) (Owner, Layer, error) {
	id, layer, err := target(ctx)
	owner := Owner{Tenant: id}
	if err == nil && w.layer != LayerNone {
		owner, layer, err = w.named(ctx, id)
	}
	if err == nil {
		err = owner.Check()
	}
	if err != nil {
		return Owner{}, LayerNone, err
	}
	return owner, layer, nil
}

// named returns the group or the account.
func (w Writer) named(ctx context.Context, id tenant.ID) (Owner, Layer, error) {
	actor, _ := tenant.ActorFromContext(ctx)
	switch {
	case w.layer == LayerGroup && id != "":
		return Owner{}, LayerNone, ErrNotGlobal
	case w.layer == LayerGroup && w.group == "": // would be the global settings
		return Owner{}, LayerNone, ErrBadOwner
	case w.layer == LayerGroup:
		return Owner{Group: w.group}, LayerGroup, nil
	case id == "":
		return Owner{}, LayerNone, tenant.ErrNoTenant
	case actor.Anonymous() || actor.Guest:
		return Owner{}, LayerNone, tenant.ErrUnauthenticated
	case actor.Tenant != "" && actor.Tenant != id:
		return Owner{}, LayerNone, tenant.ErrNotMember
	}
	return Owner{Tenant: id, Account: actor.ID}, LayerAccount, nil
}
