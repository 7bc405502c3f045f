package tenant

import (
	"context"
	"hash/maphash"
	"strings"
	"sync"
	"time"
)

// CacheConfig says how much a [CachedRegistry] keeps and for how long. The zero
// value is good for a hundred thousand tenants.
type CacheConfig struct {
	// Tenants is how many records are kept; 100,000 where it is 0. The one that
	// nobody has asked for lately makes room. Count some 450 bytes for each,
	// beyond its texts.
	Tenants int

	// Absent is how many names are remembered that lead to no tenant; 16,384
	// where it is 0. They have room of their own: a flood of made-up hosts
	// drives out no tenant.
	Absent int

	// AbsentFor is how long such a name is remembered; 5 seconds where it is 0.
	// Any invalidation ends it, since a tenant may have taken the name.
	AbsentFor time.Duration

	// MaxAge is how long a record is served before it is loaded again; 5
	// minutes where it is 0. It is what bounds the age of a record that no
	// invalidation reaches.
	MaxAge time.Duration

	// OutageAge is how old a record is still served while the registry behind
	// fails; 15 minutes where it is 0, and MaxAge at least. An invalidated
	// record is not served at all.
	OutageAge time.Duration

	// Timeout is how long one load may take; 5 seconds where it is 0.
	Timeout time.Duration

	// Loads is how many loads run at the same time; 32 where it is 0. Others
	// wait, so that a flood of unknown names does not take the whole pool of
	// database connections.
	Loads int
}

// retryAfter is how long after a failed load a record that is served meanwhile
// is tried again.
const retryAfter = time.Second

func (cfg CacheConfig) orDefaults() CacheConfig {
	cfg.Tenants = positiveOr(cfg.Tenants, 100_000)
	cfg.Absent = positiveOr(cfg.Absent, 16_384)
	cfg.AbsentFor = positiveOr(cfg.AbsentFor, 5*time.Second)
	cfg.MaxAge = positiveOr(cfg.MaxAge, 5*time.Minute)
	cfg.OutageAge = max(positiveOr(cfg.OutageAge, 15*time.Minute), cfg.MaxAge)
	cfg.Timeout = positiveOr(cfg.Timeout, 5*time.Second)
	cfg.Loads = positiveOr(cfg.Loads, 32)
	return cfg
}

func positiveOr[N int | time.Duration](n, def N) N {
	if n <= 0 {
		return def
	}
	return n
}

// CachedRegistry is a [Registry] that keeps the records of another one in
// memory, bounded in number and age. It belongs in front of a registry that
// asks a database, and is told of changes by the feed:
//
//	reg := tenant.NewCachedRegistry(tenantsql.NewRegistry(db, tenant.Postgres), tenant.CacheConfig{})
//	poller.Subscribe(reg.Invalidate)
//
// A look-up that finds its record takes no lock. Of several that miss the same
// name at once one load is made, which ends for none of them because another
// one's context did; the load sees none of the callers' context values, since
// what it finds is for all of them. Which record makes room for a new one is
// decided by SIEVE (Zhang and others, NSDI 2024).
//
// # How old an answer can be
//
// After [CachedRegistry.Invalidate] returned, no look-up that begins then gives
// a record, under any of its names, that was read before; nor does a load that
// was under way at the time leave one behind. So a change made by another
// process is seen once the feed has told of it: by default within two seconds.
//
// A host that moves from one tenant to another is taken from the first, in its
// record, before or as the second gets it, and package tenantsql announces both.
// Until the feed has told of the first it leads to the first, as it did; then to
// nobody or to the second. A record that is loaded with a name under which
// another tenant is cached puts that one out, in whatever order the two are
// announced.
//
// What is never announced - a row that was changed by hand - is seen after
// [CacheConfig.MaxAge], and a name that led nowhere is asked for again after
// [CacheConfig.AbsentFor].
//
// # While the registry behind fails
//
// Errors are not kept. A record that has become too old and can not be loaded
// is served until [CacheConfig.OutageAge], since it was last known to be true
// and nobody has said otherwise; an unknown name, an older record or one that
// was invalidated gives the error. What another process changes during an
// outage that cuts this process off from the feed too stays unseen for so long,
// a host that changed hands included: choose OutageAge for that.
//
// Records lead to slots that packages config and rbac fill, and that end with
// the record. Read from the primary server: a replica that lags could give an
// old record after its invalidation.
type CachedRegistry struct {
	inner Registry
	cfg   CacheConfig
	began time.Time // what durations count from

	indexes [cacheKinds]cacheIndex
	slots   chan struct{} // one for each load under way

	mu     sync.Mutex // for all below, and for changing the indexes
	list   cacheList
	absent absentNames
	loads  map[cacheKey]*cacheLoad
	under  map[*cacheLoad]struct{} // loads that have not ended, also those that others have replaced
	seq    uint64                  // of loads and invalidations, in their order
}

var _ Registry = (*CachedRegistry)(nil)

// cacheKind is what a name is.
type cacheKind uint8

const (
	cacheByID cacheKind = iota
	cacheByCode
	cacheByHost
	cacheKinds
)

type cacheKey struct {
	kind cacheKind
	name string
}

// NewCachedRegistry returns an empty cache in front of inner.
func NewCachedRegistry(inner Registry, cfg CacheConfig) *CachedRegistry {
	cfg = cfg.orDefaults()
	c := &CachedRegistry{
		inner: inner,
		cfg:   cfg,
		began: time.Now(),
		slots: make(chan struct{}, cfg.Loads),
		loads: map[cacheKey]*cacheLoad{},
		under: map[*cacheLoad]struct{}{},
	}
	c.absent.limit = cfg.Absent
	seed := maphash.MakeSeed()
	for i := range c.indexes {
		x := &c.indexes[i]
		x.seed, x.kind, x.entries = seed, cacheKind(i), &c.list
	}
	return c
}

// ByID implements [Registry].
func (c *CachedRegistry) ByID(ctx context.Context, id ID) (*Tenant, bool, error) {
	if t := c.hit(cacheByID, string(id)); t != nil {
		return t, true, nil
	}
	if !id.Valid() {
		return nil, false, nil
	}
	return c.miss(ctx, cacheKey{cacheByID, string(id)})
}

// ByCode implements [Registry].
func (c *CachedRegistry) ByCode(ctx context.Context, code string) (*Tenant, bool, error) {
	if !ValidCode(code) {
		return nil, false, nil
	}
	code = strings.ToLower(code)
	if t := c.hit(cacheByCode, code); t != nil {
		return t, true, nil
	}
	return c.miss(ctx, cacheKey{cacheByCode, code})
}

// ByHost implements [Registry].
func (c *CachedRegistry) ByHost(ctx context.Context, host string) (*Tenant, bool, error) {
	if t := c.hit(cacheByHost, host); t != nil {
		return t, true, nil
	}
	if canonical, err := CanonicalHost(host); err != nil || canonical != host {
		return nil, false, nil
	}
	return c.miss(ctx, cacheKey{cacheByHost, host})
}

// List implements [Registry]. It asks the registry behind: whoever walks over
// all tenants would drive out those that are in use.
func (c *CachedRegistry) List(ctx context.Context, after ID, limit int) ([]*Tenant, error) {
	return c.inner.List(ctx, after, limit)
}

// hit returns the record of a name if it is there and not too old.
func (c *CachedRegistry) hit(kind cacheKind, name string) *Tenant {
	e := c.indexes[kind].get(name)
	if e == nil || c.now()-e.loaded.Load() > int64(c.cfg.MaxAge) {
		return nil
	}
	e.use()
	return &e.record
}

// now returns the time in nanoseconds since the cache was made.
func (c *CachedRegistry) now() int64 { return int64(time.Since(c.began)) }

// Len returns how many tenants are cached.
func (c *CachedRegistry) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.list.n
}

// Invalidate drops what is cached of a tenant, under all its names. Its shape
// is that of [feed.Poller.Subscribe]; a number that comes twice costs a load and
// nothing else. The empty id, which stands for what is global, has no record.
//
// [feed.Poller.Subscribe]: https://pkg.go.dev/github.com/gotenancy/tenancy/tenant/feed#Poller.Subscribe
func (c *CachedRegistry) Invalidate(id ID, _ int64) {
	if id == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seq++
	for l := range c.under {
		l.invalidate(id, c.seq)
	}
	c.absent.forget() // one of them may be a name that the tenant has now
	if e := c.indexes[cacheByID].get(string(id)); e != nil {
		c.drop(e)
	}
}
