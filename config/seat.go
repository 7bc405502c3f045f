package config

import (
	"context"
	"sync/atomic"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/cell"
)

// seat is what a context holds of a Resolver: with a tenant that came from a
// registry, the tenant's cell too, so that a read needs no look-up. It is kept in
// the tenant's Home, and is good for that Home only: a context that has got into
// another tenant's since does not use it.
type seat struct {
	r    *Resolver
	home *carry.Home      // that of nobody in a Resolver's standing seat
	cell *cell.Cell[view] // nil there
}

// quick returns the view of the tenant that a context carries if the seat is for
// it and everything about it is in memory and fresh, else nil. It is what nearly
// every read comes down to, and small enough to be inlined, for which the caller
// has to touch the cell.
func (s *seat) quick(v *carry.Value) *view {
	if s.home != v.Home || v.Mode != carry.Tenant {
		return nil
	}
	own := s.cell.Fresh()
	if own == nil || own.base.all != s.r.global.Fresh() {
		return nil
	}
	return own
}

// seated returns the seat for what a context carries. One whose cell the cache
// has let go of is made anew.
func (r *Resolver) seated(v *carry.Value) *seat {
	if v.Mode != carry.Tenant || v.Home == nil || v.Home.ID() != v.ID {
		return r.standing
	}
	if s, ok := v.Home.Load(carry.SlotConfig).(*seat); ok && s.r == r && s.home == v.Home && !s.cell.Gone() {
		return s
	}
	s := &seat{r, v.Home, r.cells.Get(v.ID)}
	v.Home.Store(carry.SlotConfig, s)
	return s
}

// NewContext returns ctx with r, which [Get], [Lookup] and every [Key] then
// ask. It keeps everything else; the middleware of package tenant takes it as
// its Extend.
func NewContext(ctx context.Context, r *Resolver) context.Context {
	v := *carry.From(ctx)
	v.Config = nil
	if r != nil && r.store != nil {
		v.Config = r.seated(&v)
	}
	return carry.With(ctx, &v)
}

// process is the default of SetDefault: the one package variable of this
// module that can change, and it does so once.
var process atomic.Pointer[Resolver]

// SetDefault makes r the resolver of contexts that have none of their own. It
// can be called once in a process; afterwards the error is [ErrDefaultSet].
func SetDefault(r *Resolver) error {
	if r == nil || r.store == nil {
		return ErrNoResolver
	}
	if !process.CompareAndSwap(nil, r) {
		return ErrDefaultSet
	}
	return nil
}

// resolverOf returns the resolver of a context, else the process's, else nil.
func resolverOf(v *carry.Value) *Resolver {
	if s, ok := v.Config.(*seat); ok {
		return s.r
	}
	return process.Load()
}
