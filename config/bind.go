package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// binding is a declared key in one Resolver.
type binding struct {
	owner     *Resolver
	def       *definition
	isolation tenant.Isolation // PerTenant or Shared
	place     int              // in every stack
	bit       uint64           // of the place, in the mask of a view
}

func (b *binding) shared() bool { return b.isolation == tenant.Shared }

// alias is a former name of a key.
type alias struct {
	name string
	rank int // its place among the former names, from 1
}

type namespace struct{ prefix, module string }

func (r *Resolver) addModules(cfg Config) error {
	r.modules = make(map[string]tenant.Isolation, len(cfg.Modules))
	for _, m := range cfg.Modules {
		if _, twice := r.modules[m.Name]; twice || m.Name == "" {
			return fmt.Errorf("config: module %q has no name of its own", m.Name)
		}
		r.modules[m.Name] = m.Isolation
	}
	seen := make(map[string]bool, len(cfg.Namespaces))
	for prefix, module := range cfg.Namespaces {
		name := strings.TrimSuffix(prefix, ".")
		if seen[name] || name == "" {
			return fmt.Errorf("config: namespace %q is listed twice or has no name", name)
		}
		seen[name] = true
		if _, ok := r.modules[module]; !ok {
			return fmt.Errorf("config: namespace %q names module %q, which does not exist", prefix, module)
		}
		r.namespaces = append(r.namespaces, namespace{name + ".", module})
	}
	slices.SortFunc(r.namespaces, func(a, b namespace) int { return len(b.prefix) - len(a.prefix) })
	r.allPerTenant = r.isolation == tenant.PerTenant &&
		!slices.ContainsFunc(r.namespaces, func(n namespace) bool { return r.modules[n.module] == tenant.Shared })
	return nil
}

func (r *Resolver) addKeys(cfg Config) error {
	if len(cfg.Keys) > maxPlace {
		return fmt.Errorf("config: more than %d declared keys", maxPlace)
	}
	r.bindings = make(map[string]*binding, len(cfg.Keys))
	r.aliases, r.places = map[string]alias{}, map[string]int{}
	for _, k := range cfg.Keys {
		d := k.declared()
		if d.err != nil {
			return keyError(d.name, LayerNone, d.err)
		}
		if _, ok := r.modules[d.module]; !ok && d.module != "" {
			return keyError(d.name, LayerNone, fmt.Errorf("its module %q does not exist", d.module))
		}
		if d.sealed && r.keyring == nil {
			return keyError(d.name, LayerNone, fmt.Errorf("%w: Config.Keyring is missing", ErrSealed))
		}
		b := &binding{owner: r, def: d, isolation: r.inherit(d), place: len(r.order), bit: 1 << (len(r.order) % 64)}
		if b.shared() && d.perAccount {
			return keyError(d.name, LayerNone, errors.New("it is shared, and can not be one of each account"))
		}
		for i, name := range append([]string{d.name}, d.aliases...) {
			if _, twice := r.places[name]; twice {
				return keyError(name, LayerNone, errors.New("it is declared twice"))
			}
			r.places[name] = b.place
			if i > 0 {
				r.aliases[name] = alias{d.name, i}
			}
		}
		r.bindings[d.name] = b
		r.order = append(r.order, b)
	}
	for place, b := range r.order {
		if b.def.perAccount {
			if r.perAccounts == nil {
				r.perAccounts = make([]bool, len(r.order))
			}
			r.perAccounts[place] = true
		}
	}
	return nil
}

func (r *Resolver) addBase(cfg Config) error {
	r.base = map[string]value{}
	if err := r.addValues(cfg.Base, false, "", 0); err != nil {
		return err
	}
	return r.addValues(cfg.Forced, true, "", 0)
}

// maxNesting is how deep the maps in Config.Base may be in one another, so that
// one which contains itself is found.
const maxNesting = 100

// addValues takes the values of a map, and of the maps in it.
func (r *Resolver) addValues(values map[string]any, forced bool, prefix string, depth int) error {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		key := prefix + name
		if !ValidKey(key) || strings.HasPrefix(key, ownPrefix) {
			return keyError(key, LayerBase, ErrBadKey)
		}
		if inner, ok := asMap(values[name]); ok && r.binding(key) == nil {
			if depth == maxNesting {
				return keyError(key, LayerBase, errors.New("maps within maps without an end"))
			}
			if err := r.addValues(inner, forced, key+".", depth+1); err != nil {
				return err
			}
			continue
		}
		raw, err := encode(values[name])
		if b := r.binding(key); b != nil && err == nil {
			key = b.def.name
			_, err = b.def.parse(raw)
		}
		if err != nil {
			return keyError(key, LayerBase, err)
		}
		if old, twice := r.base[key]; twice && old.forced == forced {
			return keyError(key, LayerBase, fmt.Errorf("%w: it is there twice", ErrBadKey))
		}
		r.base[key] = value{raw: raw, layer: LayerBase, forced: forced}
	}
	return nil
}

// asMap returns a map with names for keys, of whatever type its values are.
func asMap(v any) (map[string]any, bool) {
	if m, ok := v.(map[string]any); ok {
		return m, true
	}
	m := reflect.ValueOf(v)
	if m.Kind() != reflect.Map || m.Type().Key().Kind() != reflect.String {
		return nil, false
	}
	if _, is := v.(json.Marshaler); is {
		return nil, false
	}
	out := make(map[string]any, m.Len())
	for at := m.MapRange(); at.Next(); {
		out[at.Key().String()] = at.Value().Interface()
	}
	return out, true
}

// inherit returns the isolation of a declared key.
func (r *Resolver) inherit(d *definition) tenant.Isolation {
	if d.isolation != tenant.Inherit {
		return d.isolation
	}
	if i := r.modules[d.module]; i != tenant.Inherit {
		return i
	}
	return r.namespaceOf(d.name)
}

func (r *Resolver) namespaceOf(key string) tenant.Isolation {
	for _, n := range r.namespaces {
		if strings.HasPrefix(key, n.prefix) {
			if i := r.modules[n.module]; i != tenant.Inherit {
				return i
			}
			break
		}
	}
	return r.isolation
}

// isolationOf returns the isolation of a key, declared or not.
func (r *Resolver) isolationOf(key string) tenant.Isolation {
	if b := r.binding(key); b != nil {
		return b.isolation
	}
	return r.namespaceOf(key)
}

// binding returns the declaration behind a present or former name, or nil.
func (r *Resolver) binding(key string) *binding {
	if place, ok := r.places[key]; ok {
		return r.order[place]
	}
	return nil
}

// canonical returns the present name of a key.
func (r *Resolver) canonical(key string) string {
	if b := r.binding(key); b != nil {
		return b.def.name
	}
	return key
}

// bind returns the key's binding. The key remembers the last one, which in most
// programs is the only one.
func (r *Resolver) bind(d *definition) (*binding, error) {
	if b := d.bound.Load(); b != nil && b.owner == r {
		return b, nil
	}
	b := r.bindings[d.name]
	if b == nil || b.def != d {
		if d.err != nil {
			return nil, d.err
		}
		return nil, ErrUndeclared
	}
	d.bound.Store(b)
	return b, nil
}
