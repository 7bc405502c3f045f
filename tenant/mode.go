package tenant

import (
	"context"
	"fmt"
	"slices"

	"github.com/gotenancy/tenancy/internal/carry"
)

// Mode says what a context may reach; see the table in the package's
// documentation.
type Mode uint8

// The modes. ModeRefused is a context that was built wrongly; [Err] says how.
const (
	ModeNone Mode = iota
	ModeTenant
	ModeGlobal
	ModeAcross
	ModeAcrossAll
	ModeRefused
)

var modeNames = [...]string{"none", "tenant", "global", "across", "across-all", "refused"}

// String returns the mode's name in lower case.
func (m Mode) String() string {
	if int(m) < len(modeNames) {
		return modeNames[m]
	}
	return fmt.Sprintf("Mode(%d)", uint8(m))
}

// reason is why a context crosses tenants. Its type is unexported so that only
// a constant in the source compiles: a reason can be found with grep and can
// not come from a request.
type reason string

// ModeOf returns the mode of ctx.
func ModeOf(ctx context.Context) Mode { return Mode(carry.From(ctx).Mode) }

// Err returns why ctx reaches nothing: [ErrNoTenant] in mode none, the cause
// in a refused context, nil in every other mode.
func Err(ctx context.Context) error {
	v := carry.From(ctx)
	switch v.Mode {
	case carry.None:
		return ErrNoTenant
	case carry.Refused:
		return v.Err()
	default:
		return nil
	}
}

// WithID returns ctx in tenant mode for id, without the tenant's record. Use
// it in tests, jobs and tools; requests get [NewContext] from the middleware.
//
// It starts from a context without a mode. On a context of the same tenant it
// changes nothing; on any other it returns a context that refuses with
// [ErrTenantConflict].
func WithID(ctx context.Context, id ID) context.Context {
	return enter(ctx, id, nil, nil)
}

// NewContext returns ctx in tenant mode for t, which [FromContext] returns
// again. It starts where [WithID] does. t must not be changed afterwards; the
// status of the tenant is not looked at here.
func NewContext(ctx context.Context, t *Tenant) context.Context {
	if t == nil {
		return refuse(ctx, ErrNoTenant)
	}
	return enter(ctx, t.ID, t, t.slots())
}

func enter(ctx context.Context, id ID, t *Tenant, home *carry.Home) context.Context {
	v := *carry.From(ctx)
	switch changed, err := entered(&v, id, t, home); {
	case err != nil:
		return refuse(ctx, err)
	case !changed:
		return ctx
	}
	return carry.With(ctx, &v)
}

// entered brings v into tenant mode. It reports whether that changed anything,
// or why it must not be.
func entered(v *carry.Value, id ID, t *Tenant, home *carry.Home) (changed bool, err error) {
	switch {
	case v.Mode == carry.Refused:
		return false, nil
	case v.Mode == carry.Tenant && v.ID == string(id):
		if t == nil {
			return false, nil
		}
	case v.Mode != carry.None:
		return false, ErrTenantConflict
	}
	if home == nil { // a registry has checked it otherwise
		if err := id.check(); err != nil {
			return false, err
		}
	}
	v.Mode, v.ID, v.Home, v.Arg = carry.Tenant, string(id), home, nil
	if home == nil {
		v.Arg = v.ID
	}
	if t != nil {
		v.Record = t
	}
	return true, nil
}

// Global returns ctx in global mode: shared tables and global settings, no
// tenant's rows. It starts from a context without a mode, or a global one.
func Global(ctx context.Context) context.Context {
	v := *carry.From(ctx)
	switch v.Mode {
	case carry.Global, carry.Refused:
		return ctx
	case carry.None:
		v.Mode = carry.Global
		return carry.With(ctx, &v)
	default:
		return refuse(ctx, ErrTenantConflict)
	}
}

// Across returns ctx reaching the listed tenants together, for reports and for
// organisations that own several tenants. It may start from any context but a
// refused one. Reads see the rows of exactly these tenants; writes need
// [AcrossAll] or one tenant. Package scope reports each statement sent through
// it. An empty why, an invalid id and an id listed twice give a context that
// refuses.
func Across(ctx context.Context, why reason, first ID, more ...ID) context.Context {
	ids := make([]string, 0, 1+len(more))
	for _, id := range append([]ID{first}, more...) {
		if err := id.check(); err != nil {
			return refuse(ctx, err)
		}
		ids = append(ids, string(id))
	}
	slices.Sort(ids)
	if len(slices.Compact(slices.Clone(ids))) != len(ids) {
		return refuse(ctx, ErrDuplicateID)
	}
	return cross(ctx, why, carry.Value{Mode: carry.Across, Beyond: &carry.Beyond{IDs: ids}})
}

// AcrossAll returns ctx reaching the rows of every tenant, for migrations and
// back offices: the only mode in which DDL is let through. It may start from
// any context but a refused one. An empty why gives a context that refuses.
func AcrossAll(ctx context.Context, why reason) context.Context {
	return cross(ctx, why, carry.Value{Mode: carry.AcrossAll})
}

// Switch returns ctx in tenant mode for id whatever mode it was in, for people
// who serve several tenants and for back offices. An actor who is a member of
// another tenant never switches: that gives a context that refuses with
// [ErrNotMember], and in an installation whose tenants are separate nobody
// does: [ErrSeparate]. Whether a global actor may enter is for the caller to
// check.
func Switch(ctx context.Context, id ID, why reason) context.Context {
	if err := id.check(); err != nil {
		return refuse(ctx, err)
	}
	if v := carry.From(ctx); v.Bound && v.ID != string(id) {
		return refuse(ctx, ErrSeparate)
	}
	if a, ok := ActorFromContext(ctx); ok && a.Tenant != "" && a.Tenant != id {
		return refuse(ctx, ErrNotMember)
	}
	return cross(ctx, why, carry.Value{Mode: carry.Tenant, ID: string(id), Arg: string(id)})
}

// cross replaces the mode of ctx by that of to, keeping what is not about the
// tenant: the actor and the settings' resolver.
func cross(ctx context.Context, why reason, to carry.Value) context.Context {
	from := carry.From(ctx)
	if from.Mode == carry.Refused {
		return ctx
	}
	if why == "" {
		return refuse(ctx, ErrNoReason)
	}
	to.Reason, to.Actor, to.Config, to.Bound = string(why), from.Actor, from.Config, from.Bound
	return carry.With(ctx, &to)
}

func refuse(ctx context.Context, err error) context.Context {
	from := carry.From(ctx)
	if from.Mode == carry.Refused {
		return ctx // the first cause is the one to mend
	}
	return carry.With(ctx, &carry.Value{Mode: carry.Refused, Beyond: &carry.Beyond{Err: err}, Actor: from.Actor, Config: from.Config, Bound: from.Bound})
}

// IDFromContext returns the tenant of ctx; ok is false in every mode but
// tenant mode.
func IDFromContext(ctx context.Context) (id ID, ok bool) {
	v := carry.From(ctx)
	return ID(v.ID), v.Mode == carry.Tenant
}

// FromContext returns the record of the tenant of ctx. ok is false in every
// mode but tenant mode, and where the context was made by [WithID] or
// [Switch], which have no record. The record is shared and must not be changed.
func FromContext(ctx context.Context) (t *Tenant, ok bool) {
	t, ok = carry.From(ctx).Record.(*Tenant)
	return t, ok
}
