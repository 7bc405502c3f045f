package config

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/cell"
	"github.com/gotenancy/tenancy/tenant"
)

// reading is what one context reads from: the layers that all tenants share, and
// over them what its tenant, and its account, have set themselves.
type reading struct {
	base *stack
	own  *view // nil in global mode
	acct *view // nil until a key asks for it

	cell *cell.Cell[view] // of own

	staleBase, staleOwn time.Duration // 0 of what is fresh

	down error // why own is not known
	err  error // why nothing can be read but shared keys
}

// stale returns how old what a key is read from is.
func (rd *reading) stale(isShared bool) time.Duration {
	if isShared {
		return rd.staleBase
	}
	return max(rd.staleBase, rd.staleOwn)
}

// errStale is why a key has no answer that must not be an old one.
var errStale = fmt.Errorf("%w: what is known is out of date", ErrUnavailable)

// quick returns the view of a context's tenant and its cell if everything about
// it is in memory and fresh, else nil.
func (r *Resolver) quick(v *carry.Value) (*view, *cell.Cell[view]) {
	s, ok := v.Config.(*seat)
	if !ok && v.Home != nil { // the process's resolver
		s, ok = v.Home.Load(carry.SlotConfig).(*seat)
	}
	if !ok || s.r != r {
		return nil, nil
	}
	own := s.quick(v)
	if own != nil {
		s.cell.Touch()
	}
	return own, s.cell
}

// read returns what a context reads from, which carries v.
//
// This is the table of modes in the documentation of package tenant.
func (r *Resolver) read(ctx context.Context, v *carry.Value) reading {
	if own, c := r.quick(v); own != nil {
		return reading{base: own.base, own: own, cell: c}
	}
	switch v.Mode {
	case carry.Tenant:
		return r.readTenant(ctx, v)
	case carry.Global:
		rd, _ := r.readGlobal(ctx)
		return rd
	case carry.Across, carry.AcrossAll:
		rd, _ := r.readGlobal(ctx)
		if rd.err == nil {
			rd.err = tenant.ErrSeveralTenants
		}
		return rd
	default:
		return reading{err: tenant.Err(ctx)}
	}
}

func (r *Resolver) readGlobal(ctx context.Context) (reading, *shared) {
	all, stale, err := r.global.Get(ctx)
	if err != nil {
		return reading{err: err}, nil
	}
	return reading{base: all.global, staleBase: stale}, all
}

func (r *Resolver) readTenant(ctx context.Context, v *carry.Value) reading {
	rd, all := r.readGlobal(ctx)
	if rd.err != nil {
		return rd
	}
	c, own, stale, err := r.own(ctx, v)
	if err != nil {
		// Its groups are not known either.
		rd.base, rd.down = all.below(""), err
		return rd
	}
	if own.base.all != all {
		moved := own.on(all.below(own.base.groups))
		if rd.staleBase == 0 {
			c.Renew(own, moved)
		}
		own = moved
	}
	rd.base, rd.own, rd.cell, rd.staleOwn = own.base, own, c, stale
	return rd
}

// own returns what the tenant of v has set itself, and the cell that holds it.
func (r *Resolver) own(ctx context.Context, v *carry.Value) (*cell.Cell[view], *view, time.Duration, error) {
	for {
		c := r.seated(v).cell
		if c == nil {
			c = r.cells.Get(v.ID)
		}
		l, stale, err := c.Get(ctx)
		if !errors.Is(err, cell.ErrEvicted) {
			return c, l, stale, err
		}
	}
}

// accountOf returns whose own settings count in a tenant: of an actor who is
// signed in, and no member of another one. "" is nobody's.
func accountOf(ctx context.Context, id tenant.ID) string {
	actor, ok := tenant.ActorFromContext(ctx)
	if !ok || actor.Anonymous() || actor.Guest || actor.Tenant != "" && actor.Tenant != id {
		return ""
	}
	return actor.ID
}

// account adds what the account of v has set itself. Its settings have the change
// numbers of its tenant.
func (r *Resolver) account(ctx context.Context, v *carry.Value, rd *reading) error {
	if v.Mode != carry.Tenant || rd.acct != nil || rd.err != nil {
		return nil
	}
	account := accountOf(ctx, tenant.ID(v.ID))
	if account == "" {
		return nil
	}
	// As new as the tenant's, which hears of changes. Its present cell may know
	// less than the one that was read, which the cache may have let go of.
	var number cell.Number
	if rd.cell != nil {
		number = rd.cell.AsOf()
	}
	for {
		c := r.cells.Get(v.ID + accountSeparator + account)
		c.Invalidate(number)
		acct, stale, err := c.Get(ctx)
		if errors.Is(err, cell.ErrEvicted) {
			continue
		}
		if err != nil {
			return err
		}
		rd.acct, rd.staleOwn = acct, max(stale, rd.staleOwn)
		return nil
	}
}

// declared returns the value of a declared key.
func (rd *reading) declared(b *binding) (*slot, error) {
	if rd.err != nil && !(b.isolation == tenant.Shared && rd.base != nil) {
		return nil, rd.err
	}
	s := &rd.base.slots[b.place]
	if rd.down != nil && b.isolation != tenant.Shared && !s.origin.forced() && b.def.outage != OutageGlobal {
		return nil, rd.down
	}
	if b.def.outage == OutageRefuse && rd.stale(b.isolation == tenant.Shared) > 0 {
		return nil, errStale
	}
	if rd.own != nil && rd.own.mask&b.bit != 0 {
		s = rd.own.at(b.place, s)
	}
	if rd.acct != nil && rd.acct.mask&b.bit != 0 {
		s = rd.acct.at(b.place, s)
	}
	return s, nil
}

// undeclared returns the value of an undeclared key, or nil.
func (rd *reading) undeclared(key string, place int, known, isShared bool) (*slot, error) {
	if rd.err != nil && !(isShared && rd.base != nil) {
		return nil, rd.err
	}
	var s *slot
	if known {
		s = &rd.base.slots[place]
	}
	if s != nil && s.origin.forced() || isShared {
		return s, nil
	}
	if rd.down != nil {
		return nil, rd.down
	}
	if rd.own != nil && rd.own.rest != nil {
		if own := rd.own.named(key); own != nil {
			return own, nil
		}
	}
	return s, nil
}
