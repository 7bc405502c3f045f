package config

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// Config is what a [Resolver] is made of. Store is required.
type Config struct {
	// Store keeps the global settings and those of the tenants.
	Store Store

	// Keys are the declared settings. A Key works only with Resolvers that
	// know it.
	Keys []Declaration

	// Modules are the parts of the application that keys and namespaces name.
	Modules []tenant.Module

	// Namespaces maps the beginning of a key's name to the name of a module:
	// "billing" stands for every key that begins with "billing." and inherits.
	// The longest match counts.
	Namespaces map[string]string

	// Isolation is that of keys which inherit it from nowhere else.
	// tenant.Inherit, the zero value, is tenant.PerTenant.
	Isolation tenant.Isolation

	// Base holds values below the store, such as those of a configuration
	// file, by key. They are taken as JSON.
	Base map[string]any

	// MaxTenants bounds how many tenants' settings are kept in memory; 10,000
	// where it is 0.
	MaxTenants int

	// LoadTimeout bounds how long the store is waited for; 5 seconds where it
	// is 0.
	LoadTimeout time.Duration

	// RetryAfter is how long a store that failed is left alone before the next
	// read tries again; 1 second where it is 0.
	RetryAfter time.Duration
}

// Resolver answers what a setting's value is for a tenant. Make one for the
// process, and give it to every request with [NewContext]. All methods are safe
// for concurrent use.
type Resolver struct {
	store                   Store
	loadTimeout, retryAfter time.Duration

	bindings   map[string]*binding // of declared keys
	modules    map[string]tenant.Isolation
	namespaces []namespace // longest first
	isolation  tenant.Isolation
	bottom     map[string]*entry // defaults and base

	global cell
	cells  cells
	stats  counters
}

// binding is a declared key in one Resolver.
type binding struct {
	owner     *Resolver
	def       *definition
	isolation tenant.Isolation // PerTenant or Shared
}

type namespace struct{ prefix, module string }

// NewResolver returns a resolver, or an error that says what is wrong with the
// configuration. It does not ask the store: that is done when a setting is read
// first.
func NewResolver(cfg Config) (*Resolver, error) {
	if cfg.Store == nil {
		return nil, errors.New("config: a Resolver needs a Store")
	}
	r := &Resolver{
		store:       cfg.Store,
		loadTimeout: orDefault(cfg.LoadTimeout, 5*time.Second),
		retryAfter:  orDefault(cfg.RetryAfter, time.Second),
		bindings:    make(map[string]*binding, len(cfg.Keys)),
		modules:     make(map[string]tenant.Isolation, len(cfg.Modules)),
		isolation:   cfg.Isolation,
		bottom:      make(map[string]*entry, len(cfg.Keys)+len(cfg.Base)),
	}
	if r.isolation == tenant.Inherit {
		r.isolation = tenant.PerTenant
	}
	r.global.owner = r
	r.cells.owner, r.cells.byID = r, map[string]*cell{}
	r.cells.max = orDefault(cfg.MaxTenants, 10_000)
	if err := errors.Join(r.addModules(cfg), r.addKeys(cfg), r.addBase(cfg)); err != nil {
		return nil, err
	}
	return r, nil
}

func orDefault[N int | time.Duration](n, def N) N {
	if n <= 0 {
		return def
	}
	return n
}

func (r *Resolver) addModules(cfg Config) error {
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
	return nil
}

func (r *Resolver) addKeys(cfg Config) error {
	for _, k := range cfg.Keys {
		d := k.declared()
		if d.err != nil {
			return keyError(d.name, LayerNone, d.err)
		}
		if _, twice := r.bindings[d.name]; twice {
			return keyError(d.name, LayerNone, errors.New("it is declared twice"))
		}
		if _, ok := r.modules[d.module]; !ok && d.module != "" {
			return keyError(d.name, LayerNone, fmt.Errorf("its module %q does not exist", d.module))
		}
		r.bindings[d.name] = &binding{owner: r, def: d, isolation: r.inherit(d)}
		r.bottom[d.name] = d.fallback
	}
	return nil
}

func (r *Resolver) addBase(cfg Config) error {
	for name, value := range cfg.Base {
		if !ValidKey(name) {
			return keyError(name, LayerBase, ErrBadKey)
		}
		raw, err := encode(value)
		if err == nil {
			if b := r.bindings[name]; b != nil {
				err = b.def.fits(raw)
			}
		}
		if err != nil {
			return keyError(name, LayerBase, err)
		}
		r.bottom[name] = &entry{raw: raw, layer: LayerBase}
	}
	return nil
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
	if b := r.bindings[key]; b != nil {
		return b.isolation
	}
	return r.namespaceOf(key)
}

// bind returns the key's binding, or nil if r was not told of it. The key
// remembers the last one, which in most programs is the only one.
func (r *Resolver) bind(d *definition) *binding {
	if b := d.bound.Load(); b != nil && b.owner == r {
		return b
	}
	b := r.bindings[d.name]
	if b == nil || b.def != d {
		return nil
	}
	d.bound.Store(b)
	return b
}

// load asks the store. ctx is the one of whoever came first: its values are
// kept, its cancellation is not, and its tenant is replaced by the one whose
// settings are loaded.
func (r *Resolver) load(ctx context.Context, id tenant.ID) (*loaded, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.loadTimeout)
	defer cancel()
	ctx = carry.With(ctx, &carry.Value{Actor: carry.From(ctx).Actor})
	if id == "" {
		ctx = tenant.Global(ctx)
	} else {
		ctx = tenant.WithID(ctx, id)
	}
	settings, number, err := r.store.Load(ctx, id)
	if err != nil {
		return nil, err
	}
	if id == "" {
		return r.sharedOf(settings, number), nil
	}
	return r.ownOf(settings, number), nil
}

// sharedOf puts the global settings over the layers below them.
func (r *Resolver) sharedOf(settings []Setting, number int64) *loaded {
	l := &loaded{number: number, shared: make(map[string]*entry, len(r.bottom)+len(settings))}
	for name, e := range r.bottom {
		l.shared[name] = e
	}
	for _, s := range settings {
		l.shared[s.Key] = &entry{raw: string(s.Value), version: s.Version, layer: LayerGlobal}
	}
	return l
}

// ownOf sorts a tenant's settings. Those of shared keys, which nobody should
// have written, do not count.
func (r *Resolver) ownOf(settings []Setting, number int64) *loaded {
	settings = slices.DeleteFunc(settings, func(s Setting) bool { return r.isolationOf(s.Key) == tenant.Shared })
	slices.SortFunc(settings, func(a, b Setting) int { return strings.Compare(a.Key, b.Key) })
	l := &loaded{number: number, own: make([]named, len(settings))}
	for i, s := range settings {
		n := &l.own[i]
		n.name, n.raw, n.version, n.layer = s.Key, string(s.Value), s.Version, LayerTenant
	}
	return l
}

// Invalidate says that settings of a tenant, or with an empty id the global
// ones, have changed for the number-th time. What is in memory as of a smaller
// number is loaded again when it is read next. It can be subscribed to a
// feed.Poller, returns at once, and may come late, twice and out of order, but
// never before the change is committed.
func (r *Resolver) Invalidate(id tenant.ID, number int64) {
	if id == "" {
		r.global.invalidate(number)
	} else if c := r.cells.peek(string(id)); c != nil {
		c.invalidate(number)
	}
}

// doubt has the settings of a tenant, or the global ones, loaded again.
func (r *Resolver) doubt(id tenant.ID) {
	if id == "" {
		r.global.doubt()
	} else if c := r.cells.peek(string(id)); c != nil {
		c.doubt()
	}
}

// NewContext returns ctx with r, which [Get], [Lookup] and every [Key] then
// ask. It keeps everything else; the middleware of package tenant takes it as
// its Extend.
func NewContext(ctx context.Context, r *Resolver) context.Context {
	v := *carry.From(ctx)
	v.Config = r
	return carry.With(ctx, &v)
}

// process is the default of SetDefault: the one package variable of this
// module that can change, and it does so once.
var process atomic.Pointer[Resolver]

// SetDefault makes r the resolver of contexts that have none of their own. It
// can be called once in a process; afterwards the error is [ErrDefaultSet].
func SetDefault(r *Resolver) error {
	if r == nil {
		return ErrNoResolver
	}
	if !process.CompareAndSwap(nil, r) {
		return ErrDefaultSet
	}
	return nil
}

// resolverOf returns the resolver of a context, else the process's, else nil.
func resolverOf(v *carry.Value) *Resolver {
	r, ok := v.Config.(*Resolver)
	if !ok || r == nil {
		r = process.Load()
	}
	if r == nil || r.store == nil { // none, or one that NewResolver did not make
		return nil
	}
	return r
}
