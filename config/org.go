package config

import (
	"context"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// Organisations leads from the short name of an organisation to the tenant it
// belongs to; tenantsql.Organisations does.
type Organisations interface {
	TenantOf(ctx context.Context, shortName string) (id tenant.ID, found bool, err error)
}

// ForOrg returns the value of a setting for the tenant that an organisation
// belongs to, or def where no layer has one, or where there is no trustworthy
// answer, which is counted.
func ForOrg[T any](ctx context.Context, shortName, key string, def T) T {
	v, info, err := LookupForOrg[T](ctx, shortName, key)
	if err != nil {
		if r := resolverOf(carry.From(ctx)); r != nil {
			r.count(err)
		}
		return def
	}
	if !info.Found {
		return def
	}
	return v
}

// LookupForOrg is [Lookup] for the tenant that an organisation belongs to. In a
// tenant that must be its own; global mode, and contexts that reach several
// tenants, lead to those they reach. For any other organisation, and for one
// that does not exist, the error is [tenant.ErrUnknownOrganisation].
func LookupForOrg[T any](ctx context.Context, shortName, key string) (v T, info Info, err error) {
	carried := carry.From(ctx)
	r := resolverOf(carried)
	if r == nil || r.orgs == nil {
		return v, info, keyError(key, LayerNone, ErrNoResolver)
	}
	switch carried.Mode {
	case carry.Tenant, carry.Global, carry.Across, carry.AcrossAll:
	default:
		return v, info, keyError(key, LayerNone, tenant.Err(ctx))
	}
	id, found, err := r.orgs.TenantOf(ctx, shortName)
	if err != nil {
		return v, info, keyError(key, LayerNone, err)
	}
	// An id that can not be would be somebody else's in the cache: none is the
	// global settings with those of all groups, and one may name an account.
	if !found || !id.Valid() || !reaches(carried, id) {
		return v, info, keyError(key, LayerNone, tenant.ErrUnknownOrganisation)
	}
	if carried.Mode == carry.Tenant {
		return Lookup[T](ctx, key)
	}
	in := &carry.Value{Mode: carry.Tenant, ID: string(id), Actor: carried.Actor, Config: carried.Config}
	rd := r.read(carry.With(ctx, in), in)
	return lookupIn[T](carry.With(ctx, in), r, in, &rd, key)
}

// reaches reports whether a context may read the settings of a tenant.
func reaches(v *carry.Value, id tenant.ID) bool {
	switch v.Mode {
	case carry.Tenant:
		return v.ID == string(id)
	case carry.Across:
		for _, listed := range v.IDs() {
			if listed == string(id) {
				return true
			}
		}
		return false
	default:
		return v.Mode == carry.Global || v.Mode == carry.AcrossAll
	}
}
