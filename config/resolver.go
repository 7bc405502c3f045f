package config

import (
	"context"
	"errors"
	"time"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/cell"
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
	// file, by key. They are taken as JSON. A map in it stands for keys with
	// dots, {"page": {"size": 20}} for page.size, but where a declared key has
	// the map's own name it is that key's value.
	Base map[string]any

	// Forced holds values that win over every other layer, of the same form.
	Forced map[string]any

	// Groups returns the groups of a tenant, such as its plan, lowest layer
	// first; there are none without it. It is asked whenever the tenant's
	// settings are loaded: whoever changes a tenant's groups has to change the
	// tenant's number in the feed, as the registries of package tenantsql do. A
	// failure counts as one of the store.
	Groups func(ctx context.Context, id tenant.ID) ([]string, error)

	// Editor says who the actor of ctx is when a setting is written. Without it
	// the caller of Set decides who may change what, and nothing is refused for
	// that reason.
	Editor func(ctx context.Context) Editor

	// Keyring seals and opens the values of sealed keys. Required where there
	// is one.
	Keyring *Keyring

	// Organisations leads from an organisation to its tenant, for ForOrg.
	Organisations Organisations

	// MaxStale is how long after it was known to be out of date a value is still
	// served while the store can not be asked; forever where it is 0.
	MaxStale time.Duration

	// MaxTenants bounds how many tenants' settings are kept in memory; 10,000
	// where it is 0. An account counts like a tenant where keys are PerAccount.
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
	store   Store
	keyring *Keyring
	groups  func(context.Context, tenant.ID) ([]string, error)
	editor  func(context.Context) Editor
	orgs    Organisations

	order       []*binding          // declared keys, by place
	bindings    map[string]*binding // the same by name
	aliases     map[string]alias    // by former name
	places      map[string]int      // of declared keys, by present and former names
	perAccounts []bool              // by place, the keys that are; nil if there is none

	modules      map[string]tenant.Isolation
	namespaces   []namespace // longest first
	isolation    tenant.Isolation
	allPerTenant bool // of what is not declared

	base map[string]value // Config.Base and Config.Forced

	standing *seat // of contexts without a tenant's record

	global  cell.Cell[shared]
	shared  cell.Source[shared]
	cells   cell.Cells[view] // of tenants and accounts
	watches watches
	stats   counters
}

// NewResolver returns a resolver, or an error that says what is wrong with the
// configuration. It does not ask the store: that is done when a setting is read
// first.
func NewResolver(cfg Config) (*Resolver, error) {
	if cfg.Store == nil {
		return nil, errors.New("config: a Resolver needs a Store")
	}
	r := &Resolver{
		store:     cfg.Store,
		keyring:   cfg.Keyring,
		groups:    cfg.Groups,
		editor:    cfg.Editor,
		orgs:      cfg.Organisations,
		isolation: cfg.Isolation,
	}
	if r.isolation == tenant.Inherit {
		r.isolation = tenant.PerTenant
	}
	timeout, retry := orDefault(cfg.LoadTimeout, 5*time.Second), orDefault(cfg.RetryAfter, time.Second)
	r.standing = &seat{r: r, home: carry.NewHome("")}
	r.shared = cell.Source[shared]{Load: r.loadShared, Timeout: timeout, RetryAfter: retry, MaxStale: cfg.MaxStale, Unavailable: ErrUnavailable}
	r.global.Init(&r.shared)
	r.cells.Init(
		cell.Source[view]{Load: r.loadView, Timeout: timeout, RetryAfter: retry, MaxStale: cfg.MaxStale, Unavailable: ErrUnavailable},
		cell.Bounds[view]{Count: orDefault(cfg.MaxTenants, 10_000)},
	)
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

// loadOwner asks the store. ctx is the one of whoever came first: its values are
// kept, and its tenant is replaced by the one whose settings are loaded.
func (r *Resolver) loadOwner(ctx context.Context, owner Owner) ([]Setting, int64, error) {
	ctx = carry.With(ctx, &carry.Value{Actor: carry.From(ctx).Actor})
	if owner.Tenant == "" {
		ctx = tenant.Global(ctx)
	} else {
		ctx = tenant.WithID(ctx, owner.Tenant)
	}
	return r.store.Load(ctx, owner)
}

// Invalidate says that settings of a tenant, or with an empty id the global
// ones, have changed for the number-th time. What is in memory as of a smaller
// number is loaded again when it is read next. It can be subscribed to a
// feed.Poller, returns at once, and may come late, twice and out of order, but
// never before the change is committed.
func (r *Resolver) Invalidate(id tenant.ID, number int64) {
	as := cell.Number{A: number}
	if id == "" {
		r.global.Invalidate(as)
	} else {
		r.cells.Invalidate(string(id), as)
	}
	r.watches.wake(id)
}

// doubt has the settings of a tenant, or the global ones, loaded again.
func (r *Resolver) doubt(id tenant.ID) {
	if id == "" {
		r.global.Doubt()
	} else if c := r.cells.Peek(string(id)); c != nil {
		c.Doubt()
	}
	r.watches.wake(id)
}
