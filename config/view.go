package config

import (
	"context"
	"slices"
	"sort"
	"strings"
	"sync/atomic"

	"github.com/gotenancy/tenancy/internal/cell"
	"github.com/gotenancy/tenancy/tenant"
)

// view is what a tenant, or an account, has set itself, over what is below it.
// It never changes: when the layers below do, it is put over the new ones.
type view struct {
	base *stack // nil for an account
	mask uint64 // of the places of own, modulo 64: most keys are not there
	own  []slot // of declared keys, by place
	rest []loose
}

// loose is a value of an undeclared key. They are sorted by name.
type loose struct {
	name string
	slot
}

// part is a tenant's own value of a merged key, which is laid over what is below
// it when it is read, once for each stack.
type part struct {
	def    *definition
	raw    string
	merged atomic.Pointer[overlaid]
}

type overlaid struct {
	on *stack
	slot
}

// few is up to how many own values are best looked through one by one.
const few = 8

func (r *Resolver) loadView(ctx context.Context, id string) (*view, cell.Number, error) {
	name, account, isAccount := strings.Cut(id, accountSeparator)
	owner := Owner{Tenant: tenant.ID(name), Account: account}
	settings, number, err := r.loadOwner(ctx, owner)
	if err != nil {
		return nil, cell.Number{}, err
	}
	groups := ""
	if !isAccount {
		if groups, err = r.groupsOf(ctx, owner.Tenant); err != nil {
			return nil, cell.Number{}, err
		}
	}
	// What is below it may have changed when it is read: that is looked after
	// then. Here it only has to know its groups.
	base := &stack{all: noLayers, groups: groups}
	if all := r.global.Fresh(); all != nil {
		base = all.below(groups)
	}
	return r.viewOf(owner, settings, base), cell.Number{A: number}, nil
}

// noLayers is what a view is over until it is put over layers. It is nobody's
// present ones.
var noLayers = &shared{}

// accountSeparator is between the ids of tenant and account in that of a cell.
const accountSeparator = "\x00"

// viewOf sorts an owner's settings. Those that nobody should have written do
// not count: of shared keys, and of an account where accounts have none.
func (r *Resolver) viewOf(owner Owner, settings []Setting, base *stack) *view {
	layer := LayerTenant
	if owner.Account != "" {
		layer = LayerAccount
	}
	v := &view{base: base}
	if layer == LayerAccount {
		v.base = nil
	}
	for _, s := range r.present(settings) {
		b := r.bindings[s.Key]
		switch {
		case s.Key == enabledKey && layer == LayerTenant:
			if string(s.Value) == "false" {
				return base.empty()
			}
		case !r.mayHave(layer, s.Key):
		case b == nil:
			v.rest = append(v.rest, loose{s.Key, slotOf(nil, 0, r.opened(owner, s, layer))})
		default:
			s.Forced = false
			val := r.opened(owner, s, layer)
			one := slotOf(b.def, b.place, val)
			if b.def.merge != MergeReplace && val.err == nil {
				one.value = &part{def: b.def, raw: val.raw}
			}
			v.own = append(v.own, one)
			v.mask |= b.bit
		}
	}
	if v.own == nil && v.rest == nil {
		return base.empty()
	}
	slices.SortFunc(v.own, func(a, b slot) int { return a.origin.place() - b.origin.place() })
	slices.SortFunc(v.rest, func(a, b loose) int { return strings.Compare(a.name, b.name) })
	// There is one of these for each tenant in memory: no room for more.
	v.own, v.rest = append([]slot(nil), v.own...), append([]loose(nil), v.rest...)
	return v
}

// mayHave reports whether a layer may have a value of the key.
func (r *Resolver) mayHave(layer Layer, key string) bool {
	b := r.bindings[key]
	if layer == LayerAccount && (b == nil || !b.def.perAccount) {
		return false
	}
	return r.isolationOf(key) != tenant.Shared
}

// empty returns the view of those who have nothing of their own.
func (s *stack) empty() *view {
	if s.none == nil {
		return &view{base: s}
	}
	return s.none
}

// on returns the same own values over other layers.
func (v *view) on(base *stack) *view {
	if v.own == nil && v.rest == nil {
		return base.empty()
	}
	moved := *v
	moved.base = base
	return &moved
}

// at returns the value of the declared key at a place, of which it has the slot
// that is below.
func (v *view) at(place int, below *slot) *slot {
	if len(v.own) > few || below.origin.forced() {
		return v.search(place, below)
	}
	for i := range v.own {
		if own := &v.own[i]; own.origin.place() == place {
			if p, ok := own.value.(*part); ok {
				return p.over(v.base, place, below, own.origin)
			}
			return own
		}
	}
	return below
}

// search is at for a view with many values, and for what is forced.
func (v *view) search(place int, below *slot) *slot {
	i := sort.Search(len(v.own), func(i int) bool { return v.own[i].origin.place() >= place })
	if below.origin.forced() || i == len(v.own) || v.own[i].origin.place() != place {
		return below
	}
	one := view{base: v.base, own: v.own[i : i+1]}
	return one.at(place, below)
}

// over returns the merged value. An account's view is over no stack, since what
// is below it is the tenant's.
func (p *part) over(base *stack, place int, below *slot, from origin) *slot {
	if m := p.merged.Load(); m != nil && base != nil && m.on == base {
		return &m.slot
	}
	m := &overlaid{on: base}
	if under, err := rawOf(below); err == nil || under != "" {
		m.slot = slotOf(p.def, place, value{raw: merge(p.def.merge, under, p.raw), layer: from.layer(), version: from.version()})
	} else { // without the part that is below the whole is another one
		m.slot = *below
	}
	if base != nil {
		p.merged.Store(m)
	}
	return &m.slot
}

// named returns the own value of an undeclared key, or nil.
func (v *view) named(key string) *slot {
	rest := v.rest
	if len(rest) > few {
		i := sort.Search(len(rest), func(i int) bool { return rest[i].name >= key })
		rest = rest[i:min(i+1, len(rest))]
	}
	for i := range rest {
		if rest[i].name == key {
			return &rest[i].slot
		}
	}
	return nil
}

// find returns the value of a key, declared or not, for a reader without an
// account, or nil. A key that accounts may have a value of their own of is an
// empty slot: it has to be read in another way.
func (v *view) find(key string) *slot {
	place, known := v.base.places[key]
	if !known {
		if v.rest == nil {
			return nil
		}
		return v.named(key)
	}
	s := &v.base.slots[place]
	if place < v.base.declared {
		if v.base.elsewhere != nil && v.base.elsewhere[place] {
			return &elsewhere
		}
		if v.mask&(1<<(place%64)) != 0 {
			return v.at(place, s)
		}
		return s
	}
	if v.rest != nil && !s.origin.forced() {
		if own := v.named(key); own != nil {
			return own
		}
	}
	return s
}

// elsewhere is a value that a view alone does not know.
var elsewhere slot
