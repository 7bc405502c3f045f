package ctxtree

import (
	"context"
	"errors"
	"time"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/cell"
	"github.com/gotenancy/tenancy/tenant"
)

// ErrUnavailable: the tree could not be loaded, and what is known of it is too
// old to be served.
var ErrUnavailable = errors.New("ctxtree: the tree is not available")

// CacheConfig bounds a [Cache]. The zero CacheConfig is that of most
// applications.
type CacheConfig struct {
	// MaxTenants and MaxBytes bound how many tenants' snapshots are kept, and
	// about how many bytes they take together; 10,000 and 256 MiB where they are
	// 0. The part without a tenant is kept besides.
	MaxTenants int
	MaxBytes   int64

	// MaxStale is for how long after it was known to be out of date a snapshot
	// is still served while the store can not be asked. 0 is not at all.
	MaxStale time.Duration

	// LoadTimeout bounds how long the store is waited for; 5 seconds where it
	// is 0.
	LoadTimeout time.Duration

	// RetryAfter is how long a store that failed is left alone before the next
	// read tries again; 1 second where it is 0.
	RetryAfter time.Duration
}

// Cache keeps snapshots of the tenants that are read, and of the nodes without a
// tenant. A snapshot that is not the newest is loaded again when it is asked for
// next: the cache hears of the changes made through its own store, and of those
// made elsewhere by [Cache.Invalidate]. It is safe for concurrent use.
type Cache struct {
	store  Store
	source cell.Source[Snapshot]
	shared cell.Cell[Snapshot]
	cells  cell.Cells[Snapshot] // of tenants
}

// NewCache returns a cache that subscribes to the store and lives as long as it.
func NewCache(store Store, cfg CacheConfig) *Cache {
	c := &Cache{store: store}
	c.source = cell.Source[Snapshot]{
		Load:        c.load,
		Timeout:     orDefault(cfg.LoadTimeout, 5*time.Second),
		RetryAfter:  orDefault(cfg.RetryAfter, time.Second),
		MaxStale:    orDefault(cfg.MaxStale, cell.Never),
		Unavailable: ErrUnavailable,
	}
	c.shared.Init(&c.source)
	c.cells.Init(c.source, cell.Bounds[Snapshot]{
		Count:     orDefault(cfg.MaxTenants, 10_000),
		Weight:    (*Snapshot).Size,
		MaxWeight: orDefault(cfg.MaxBytes, 256<<20),
	})
	store.Subscribe(func(of tenant.ID, number int64) {
		if number == 0 { // the change may have been made or not
			c.Refresh(of)
			return
		}
		c.Invalidate(of, number)
	})
	return c
}

func orDefault[N int | int64 | time.Duration](n, def N) N {
	if n <= 0 {
		return def
	}
	return n
}

// Snapshot returns the newest snapshot of a tenant's nodes, or with an empty id
// of those without one. It is that of everything which was committed, and
// announced to this process, before the call.
//
// The error is that of tenant.Err, [ErrOutside] for what ctx does not read, or
// [ErrUnavailable].
func (c *Cache) Snapshot(ctx context.Context, of tenant.ID) (*Snapshot, error) {
	reach, err := ReachOf(ctx)
	if err != nil {
		return nil, err
	}
	if !reach.Reads(of) {
		return nil, ErrOutside
	}
	for {
		one := &c.shared
		if of != "" {
			one = c.cells.Get(string(of))
		}
		s, _, err := one.Get(ctx)
		if !errors.Is(err, cell.ErrEvicted) {
			return s, err
		}
	}
}

// Invalidate says that nodes of a tenant, or with an empty id some without one,
// have changed, and the number of the change. It can be subscribed to a
// feed.Poller, returns at once, and may come late, twice and out of order, but
// never before the change is committed.
func (c *Cache) Invalidate(of tenant.ID, number int64) {
	if of == "" {
		c.shared.Invalidate(cell.Number{A: number})
		return
	}
	c.cells.Invalidate(string(of), cell.Number{A: number})
}

// Refresh has the nodes of a tenant, or with an empty id those without one,
// loaded again when they are asked for next: for a change that was made in a
// caller's own transaction, once that has committed.
func (c *Cache) Refresh(of tenant.ID) {
	if of == "" {
		c.shared.Doubt()
	} else if one := c.cells.Peek(string(of)); one != nil {
		one.Doubt()
	}
}

// load asks the store. ctx is that of whoever came first: its values are kept,
// but what it reaches is replaced by the one part that is loaded.
func (c *Cache) load(ctx context.Context, id string) (*Snapshot, cell.Number, error) {
	of := tenant.ID(id)
	ctx = carry.With(ctx, &carry.Value{})
	if of == "" {
		ctx = tenant.Global(ctx)
	} else {
		ctx = tenant.WithID(ctx, of)
	}
	nodes, number, err := c.store.Load(ctx, of)
	if err != nil {
		return nil, cell.Number{}, err
	}
	s, err := NewSnapshot(of, nodes, number)
	return s, cell.Number{A: number}, err
}
