package member

import (
	"context"
	"fmt"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// central returns an error unless ctx is of the central back office.
func central(ctx context.Context) error {
	if err := tenant.Err(ctx); err != nil {
		return fmt.Errorf("member: %w", err)
	}
	if a, ok := tenant.ActorFromContext(ctx); ok && a.Tenant != "" {
		if id, in := tenant.IDFromContext(ctx); !in || id != a.Tenant {
			return ErrOutside
		}
	}
	switch tenant.ModeOf(ctx) {
	case tenant.ModeGlobal, tenant.ModeAcrossAll:
		return nil
	case tenant.ModeTenant:
		return ErrCentral
	default:
		return fmt.Errorf("member: %w", tenant.ErrSeveralTenants)
	}
}

// anywhere returns the tenant to whose people ctx is confined, or "" if it is
// central.
func anywhere(ctx context.Context) (tenant.ID, error) {
	id, ok := tenant.IDFromContext(ctx)
	if !ok {
		return "", central(ctx)
	}
	if a, ok := tenant.ActorFromContext(ctx); ok && a.Tenant != "" && a.Tenant != id {
		return "", ErrOutside
	}
	return id, nil
}

// inside returns the tenant that a call is about, given the id that the caller
// named.
func inside(ctx context.Context, named tenant.ID) (tenant.ID, error) {
	own, err := anywhere(ctx)
	switch {
	case err != nil:
		return "", err
	case own != "" && (named == "" || named == own):
		return own, nil
	case own != "":
		return "", ErrOutside
	}
	if _, err := tenant.ParseID(string(named)); err != nil {
		return "", fmt.Errorf("member: a central context has to name the tenant: %w", err)
	}
	return named, nil
}

// modeless returns ctx with the actor and no mode, for transactions that change
// several tenants: their hooks run in each of them.
func modeless(ctx context.Context) context.Context {
	v := carry.From(ctx)
	return carry.With(ctx, &carry.Value{Actor: v.Actor, Config: v.Config, Bound: v.Bound, Library: true})
}

// hookContext returns ctx in the mode that tenant.Hook promises: the event's
// tenant, or global. Where ctx may not switch the hooks may not.
func hookContext(ctx context.Context, id tenant.ID) context.Context {
	v := carry.From(ctx)
	if own, ok := tenant.IDFromContext(ctx); ok && own == id {
		return ctx
	}
	plain := carry.With(ctx, &carry.Value{Actor: v.Actor, Config: v.Config, Bound: v.Bound})
	if id == "" {
		return tenant.Global(plain)
	}
	return tenant.WithID(plain, id)
}
