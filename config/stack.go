package config

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/gotenancy/tenancy/internal/cell"
	"github.com/gotenancy/tenancy/tenant"
)

// shared is everything that is not a tenant's own, as of one global change
// number: defaults, base, global and group values. It never changes, but for the
// stacks, which it makes as they are asked for.
type shared struct {
	owner    *Resolver
	settings map[string][]Setting // by group, those of "" being the global ones
	global   *stack               // what global mode reads

	mu     sync.Mutex
	stacks map[string]*stack // by the names of the groups
}

// stack is the layers below a tenant, flattened. The declared keys have the
// places that their bindings say, and the others follow.
type stack struct {
	all       *shared
	groups    string // the names, joined by groupSeparator
	places    map[string]int
	slots     []slot
	declared  int    // how many of the places are of declared keys
	elsewhere []bool // the declared keys that are PerAccount; nil if there is none

	none *view // of all tenants in these groups that have nothing of their own
}

// groupSeparator can not be in a group's name.
const groupSeparator = "\x00"

// value is a layer's value of one key, opened where it was sealed.
type value struct {
	raw     string
	layer   Layer
	forced  bool
	version int64
	err     error // why it is of no use
}

// groupsOf returns the names of a tenant's groups, joined. One that no group can
// have stands for none, and never for two.
func (r *Resolver) groupsOf(ctx context.Context, id tenant.ID) (string, error) {
	if r.groups == nil {
		return "", nil
	}
	list, err := r.groups(ctx, id)
	if err != nil {
		return "", err
	}
	names := make([]string, 0, len(list))
	for _, name := range list {
		if tenant.ID(name).Valid() {
			names = append(names, name)
		}
	}
	return strings.Join(names, groupSeparator), nil
}

func (r *Resolver) loadShared(ctx context.Context, _ string) (*shared, cell.Number, error) {
	settings, number, err := r.loadOwner(ctx, Owner{})
	if err != nil {
		return nil, cell.Number{}, err
	}
	return r.sharedOf(settings), cell.Number{A: number}, nil
}

func (r *Resolver) sharedOf(settings []Setting) *shared {
	all := &shared{owner: r, settings: map[string][]Setting{}, stacks: map[string]*stack{}}
	for _, s := range settings {
		all.settings[s.Group] = append(all.settings[s.Group], s)
	}
	all.global = all.build("", false)
	return all
}

// below returns what is below a tenant in these groups.
func (all *shared) below(groups string) *stack {
	if s := all.made(groups, nil); s != nil {
		return s
	}
	// Not under mu: the rules of a key are the application's, and may read
	// settings.
	return all.made(groups, all.build(groups, true))
}

// made returns the stack that there is, which is s where there was none.
func (all *shared) made(groups string, s *stack) *stack {
	all.mu.Lock()
	defer all.mu.Unlock()
	if there, ok := all.stacks[groups]; ok {
		return there
	}
	if s != nil {
		all.stacks[groups] = s
	}
	return s
}

// build flattens the layers. forTenants leaves out what a key does not let
// tenants inherit.
func (all *shared) build(groups string, forTenants bool) *stack {
	r := all.owner
	s := &stack{all: all, groups: groups, places: make(map[string]int, len(r.places)+len(all.settings[""]))}
	layers := make([][]value, len(r.order), len(r.order)+len(all.settings[""]))
	for name, place := range r.places {
		s.places[name] = place
	}
	add := func(key string, v value) {
		place, ok := s.places[key]
		if !ok {
			place = len(layers)
			s.places[key] = place
			layers = append(layers, nil)
		}
		layers[place] = append(layers[place], v)
	}
	for key, v := range r.base {
		add(key, v)
	}
	for i, group := range append([]string{""}, strings.Split(groups, groupSeparator)...) {
		if i > 0 && group == "" {
			continue
		}
		layer := LayerGlobal
		if group != "" {
			layer = LayerGroup
		}
		for _, set := range r.present(all.settings[group]) {
			if group != "" && r.isolationOf(set.Key) == tenant.Shared {
				continue // one value for all means one for all groups
			}
			add(set.Key, r.opened(Owner{Group: group}, set, layer))
		}
	}
	s.slots = make([]slot, len(layers))
	for place, values := range layers {
		var d *definition
		if place < len(r.order) {
			d = r.order[place].def
			values = slices.Insert(values, 0, value{raw: d.fallback, layer: LayerDefault})
		}
		v := fold(d, values, forTenants)
		s.slots[place] = slotOf(d, min(place, maxPlace), v)
	}
	s.declared, s.elsewhere = len(r.order), r.perAccounts
	s.none = &view{base: s}
	return s
}

// fold makes one value of those of several layers, lowest first.
func fold(d *definition, values []value, forTenants bool) value {
	inherited := d == nil || !d.noInherit || !forTenants
	at := 0
	for i, v := range values {
		if v.forced {
			at = i
			break
		}
		if inherited {
			at = i
		}
	}
	won := values[at]
	if d == nil || d.merge == MergeReplace || won.err != nil {
		return won
	}
	merged := values[0].raw
	for _, v := range values[1 : at+1] {
		if !inherited && !v.forced {
			continue
		}
		if v.err != nil {
			return v // without its part the whole is another one
		}
		merged = merge(d.merge, merged, v.raw)
	}
	if at > 0 {
		won.raw = merged
	}
	return won
}

// slotOf converts and checks a value. d is nil for an undeclared key.
func slotOf(d *definition, place int, v value) slot {
	s := slot{origin: newOrigin(v.layer, v.forced, place, v.version)}
	switch {
	case v.err != nil:
		s.value = &bad{err: v.err}
	case d == nil:
		s.value = &text{raw: v.raw}
	case v.layer == LayerDefault && d.compute != nil:
		s.value = nil
	case v.layer == LayerDefault && d.plain:
		s.value = d.def
	default:
		t, err := d.parse(v.raw)
		switch {
		case err != nil:
			s.value = &bad{err, v.raw}
		case d.plain:
			s.value = t
		default:
			s.value = &text{raw: v.raw}
		}
	}
	return s
}

// presented is a setting under its key's present name, with the name under which
// it is stored: that is the one it was sealed for.
type presented struct {
	Setting
	under string
}

// present puts settings under the present names of their keys. A value under a
// former name counts where there is none under the present one, and of several
// former names the one that is listed first.
func (r *Resolver) present(settings []Setting) []presented {
	best := make(map[string]int, len(settings)) // how far down the list the name is
	out := make([]presented, 0, len(settings))
	for _, stored := range settings {
		s := presented{stored, stored.Key}
		rank := 0
		if a, ok := r.aliases[s.Key]; ok {
			s.Key, rank = a.name, a.rank
		}
		at, seen := best[s.Key]
		if !seen {
			best[s.Key] = rank<<32 | len(out)
			out = append(out, s)
		} else if rank < at>>32 {
			best[s.Key] = rank<<32 | at&(1<<32-1)
			out[at&(1<<32-1)] = s
		}
	}
	return out
}

// opened returns a stored setting as a layer's value.
func (r *Resolver) opened(owner Owner, s presented, layer Layer) value {
	v := value{raw: string(s.Value), layer: layer, version: s.Version, forced: s.Forced}
	if b := r.bindings[s.Key]; b != nil && b.def.sealed {
		v.raw, v.err = r.keyring.open(owner, s.under, v.raw)
	}
	return v
}
