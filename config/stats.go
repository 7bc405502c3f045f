package config

import (
	"errors"
	"sync/atomic"

	"github.com/gotenancy/tenancy/tenant"
)

// Stats counts, by cause, how often [Get] and [Key.Get] could not give a
// trustworthy answer and fell back. Anything but zero is worth an alarm.
type Stats struct {
	NoTenant       uint64 // the context said nothing about a tenant
	SeveralTenants uint64 // it reached several
	Refused        uint64 // it was built wrongly
	Unavailable    uint64 // the store failed, and nothing was known from earlier
	Mistyped       uint64 // the value was of another type
	Invalid        uint64 // a rule of the key refused it
	Sealed         uint64 // it could not be opened
	Computed       uint64 // it could not be computed
	Undeclared     uint64 // the Key was not among Config.Keys

	Tenants int // how many tenants are in memory now
}

type counters struct {
	noTenant, several, refused, unavailable, mistyped, invalid, sealed, computed, undeclared atomic.Uint64
}

// Stats returns the counters since the resolver was made.
func (r *Resolver) Stats() Stats {
	c := &r.stats
	return Stats{
		NoTenant:       c.noTenant.Load(),
		SeveralTenants: c.several.Load(),
		Refused:        c.refused.Load(),
		Unavailable:    c.unavailable.Load(),
		Mistyped:       c.mistyped.Load(),
		Invalid:        c.invalid.Load(),
		Sealed:         c.sealed.Load(),
		Computed:       c.computed.Load(),
		Undeclared:     c.undeclared.Load(),
		Tenants:        r.cells.Len(),
	}
}

func (r *Resolver) count(err error) {
	c := &r.stats
	switch {
	case errors.Is(err, errCompute): // whatever it needed and did not get
		c.computed.Add(1)
	case errors.Is(err, ErrMistyped):
		c.mistyped.Add(1)
	case errors.Is(err, ErrInvalid):
		c.invalid.Add(1)
	case errors.Is(err, ErrSealed):
		c.sealed.Add(1)
	case errors.Is(err, ErrUnavailable):
		c.unavailable.Add(1)
	case errors.Is(err, ErrUndeclared), errors.Is(err, ErrBadKey):
		c.undeclared.Add(1)
	case errors.Is(err, tenant.ErrNoTenant):
		c.noTenant.Add(1)
	case errors.Is(err, tenant.ErrSeveralTenants):
		c.several.Add(1)
	default:
		c.refused.Add(1)
	}
}
