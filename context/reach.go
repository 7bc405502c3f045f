package ctxtree

import (
	"context"
	"slices"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// Reach is whose nodes a context reads and changes, by the table in the
// package's documentation. Stores ask [ReachOf] first in every method. The
// zero Reach reaches nothing.
type Reach struct {
	all    bool        // everything, read and written
	reads  []tenant.ID // empty id: nodes without a tenant
	writes []tenant.ID
	locked bool // nothing is written, see tenant.ReadOnly
}

// ReachOf returns the reach of ctx. The error is that of tenant.Err: the
// context has no tenant, or refuses.
func ReachOf(ctx context.Context) (Reach, error) {
	if err := tenant.Err(ctx); err != nil {
		return Reach{}, err
	}
	v := carry.From(ctx)
	switch v.Mode {
	case carry.Tenant:
		own := tenant.ID(v.ID)
		return Reach{reads: []tenant.ID{own, ""}, writes: []tenant.ID{own}, locked: v.ReadOnly}, nil
	case carry.Global:
		return Reach{reads: []tenant.ID{""}, writes: []tenant.ID{""}}, nil
	case carry.Across:
		r := Reach{reads: make([]tenant.ID, len(v.IDs()))}
		for i, id := range v.IDs() {
			r.reads[i] = tenant.ID(id)
		}
		return r, nil
	case carry.AcrossAll:
		return Reach{all: true}, nil
	default:
		return Reach{}, tenant.ErrNoTenant
	}
}

// Reads reports whether the nodes of that tenant, or with an empty id those
// without one, are readable.
func (r Reach) Reads(id tenant.ID) bool {
	if r.all {
		return id == "" || id.Valid() // of other text a database may have its own opinion
	}
	return slices.Contains(r.reads, id)
}

// Writes returns nil if the nodes of that tenant may be changed, or with an
// empty id those without one. Otherwise the error is [ErrOutside], or
// tenant.ErrSeveralTenants or tenant.ErrReadOnly where nothing may be changed,
// or tenant.ErrInvalidID for what is no id.
func (r Reach) Writes(id tenant.ID) error {
	switch {
	case r.locked:
		return tenant.ErrReadOnly
	case r.all && id != "":
		_, err := tenant.ParseID(string(id))
		return err
	case r.all || slices.Contains(r.writes, id):
		return nil
	case len(r.writes) == 0:
		return tenant.ErrSeveralTenants
	default:
		return ErrOutside
	}
}

// Readable returns the ids for which Reads is true; all means that it is true
// for every id, and then the list is nil.
func (r Reach) Readable() (ids []tenant.ID, all bool) {
	return slices.Clone(r.reads), r.all
}
