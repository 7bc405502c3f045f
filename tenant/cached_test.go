package tenant_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/tenanttest"
)

var errDown = errors.New("the store is down")

// backing is the registry behind a cache: one in memory that counts, and that
// fails, waits or panics where a test says so. ask is called after the record
// was read and before it is returned.
type backing struct {
	*tenant.MemoryRegistry
	mu    sync.Mutex
	asked map[string]int
	ask   func(ctx context.Context, name string) error
}

func newBacking(t *testing.T, tenants ...tenant.Tenant) *backing {
	t.Helper()
	m, err := tenant.NewMemoryRegistry(tenants...)
	require.NoError(t, err)
	return &backing{MemoryRegistry: m, asked: map[string]int{}}
}

func (b *backing) set(ask func(context.Context, string) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ask = ask
}

// count returns how often a name was asked for.
func (b *backing) count(name string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.asked[name]
}

func (b *backing) answer(ctx context.Context, name string, t *tenant.Tenant, ok bool) (*tenant.Tenant, bool, error) {
	b.mu.Lock()
	b.asked[name]++
	ask := b.ask
	b.mu.Unlock()
	if ask != nil {
		if err := ask(ctx, name); err != nil {
			return nil, false, err
		}
	}
	return t, ok, nil
}

func (b *backing) ByID(ctx context.Context, id tenant.ID) (*tenant.Tenant, bool, error) {
	t, ok, _ := b.MemoryRegistry.ByID(ctx, id)
	return b.answer(ctx, "id "+string(id), t, ok)
}

func (b *backing) ByCode(ctx context.Context, code string) (*tenant.Tenant, bool, error) {
	t, ok, _ := b.MemoryRegistry.ByCode(ctx, code)
	return b.answer(ctx, "code "+code, t, ok)
}

func (b *backing) ByHost(ctx context.Context, host string) (*tenant.Tenant, bool, error) {
	t, ok, _ := b.MemoryRegistry.ByHost(ctx, host)
	return b.answer(ctx, "host "+host, t, ok)
}

// owner returns the id of the tenant of a host, or "" where there is none.
func owner(t *testing.T, reg tenant.Registry, host string) tenant.ID {
	t.Helper()
	got, found, err := reg.ByHost(context.Background(), host)
	require.NoError(t, err)
	if !found {
		return ""
	}
	return got.ID
}

func acmeTenant() tenant.Tenant {
	return tenant.Tenant{ID: "acme", Code: "Acme", Name: "one", Host: "acme.test",
		Domains: []tenant.Domain{{Name: "www.acme.test", Verified: true}, {Name: "claimed.test"}}}
}

func TestCachedRegistryContract(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]tenant.CacheConfig{
		"roomy":           {},
		"room for two":    {Tenants: 2, Absent: 2, Loads: 1},
		"never fresh":     {MaxAge: 1, AbsentFor: 1},
		"room for one":    {Tenants: 1, Absent: 1},
		"below any sense": {Tenants: -1, Absent: -1, MaxAge: -1, OutageAge: -1, Timeout: -1, Loads: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tenanttest.TestRegistry(t, func(t *testing.T, tenants ...tenant.Tenant) tenant.Registry {
				return tenant.NewCachedRegistry(newBacking(t, tenants...), cfg)
			})
		})
	}
}

// One load fills all names of a tenant, and an invalidation empties them all.
func TestCachedRegistryNames(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := newBacking(t, acmeTenant(), tenant.Tenant{ID: "bolt", Host: "bolt.test"})
	c := tenant.NewCachedRegistry(b, tenant.CacheConfig{})
	look := func() (all []*tenant.Tenant) {
		for _, host := range []string{"www.acme.test", "acme.test"} {
			got, found, err := c.ByHost(ctx, host)
			require.NoError(t, err)
			require.True(t, found)
			all = append(all, got)
		}
		byID, _, err := c.ByID(ctx, "acme")
		require.NoError(t, err)
		byCode, _, err := c.ByCode(ctx, "ACME")
		require.NoError(t, err)
		return append(all, byID, byCode)
	}
	total := func() (n int) {
		for _, name := range []string{"id acme", "code acme", "host acme.test", "host www.acme.test"} {
			n += b.count(name)
		}
		return n
	}
	first := look()
	for _, got := range first {
		require.Same(t, first[0], got)
	}
	require.Equal(t, 1, total())
	require.Empty(t, owner(t, c, "claimed.test"), "an unverified domain does not resolve")
	require.Equal(t, tenant.ID("bolt"), owner(t, c, "bolt.test"))
	require.Equal(t, 2, c.Len())

	changed := acmeTenant()
	changed.Name = "two"
	require.NoError(t, b.Put(changed))
	for _, got := range look() {
		require.Same(t, first[0], got, "nobody has told of the change")
	}
	c.Invalidate("bolt", 7)
	c.Invalidate("", 7)
	require.Same(t, first[0], look()[0], "another's change, and what is global, are no matter")
	c.Invalidate("acme", 7)
	require.Zero(t, c.Len())
	for i, ask := range []func() (*tenant.Tenant, bool, error){
		func() (*tenant.Tenant, bool, error) { return c.ByHost(ctx, "www.acme.test") },
		func() (*tenant.Tenant, bool, error) { return c.ByHost(ctx, "acme.test") },
		func() (*tenant.Tenant, bool, error) { return c.ByID(ctx, "acme") },
		func() (*tenant.Tenant, bool, error) { return c.ByCode(ctx, "aCME") },
	} {
		before := total()
		got, found, err := ask()
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, "two", got.Name)
		require.Equal(t, before+1, total(), "name %d was still cached", i)
		c.Invalidate("acme", 7)
	}
}

// A record leads to slots of its own, which end with it.
func TestCachedRegistryHome(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := newBacking(t, acmeTenant(), tenant.Tenant{ID: "bolt"})
	c := tenant.NewCachedRegistry(b, tenant.CacheConfig{Tenants: 1})
	home := func(id tenant.ID) *carry.Home {
		got, _, err := c.ByID(ctx, id)
		require.NoError(t, err)
		return carry.From(tenant.NewContext(ctx, got)).Home
	}
	inner, _, err := b.MemoryRegistry.ByID(ctx, "acme")
	require.NoError(t, err)
	first := home("acme")
	require.Equal(t, "acme", first.ID())
	require.NotSame(t, carry.From(tenant.NewContext(ctx, inner)).Home, first, "the registry behind has its own")
	require.Same(t, first, home("acme"))
	require.False(t, first.Dead())
	c.Invalidate("acme", 1)
	require.True(t, first.Dead(), "replaced")
	second := home("acme")
	require.NotSame(t, first, second)
	home("bolt")
	require.True(t, second.Dead(), "evicted")
	require.Equal(t, 1, c.Len())
}

// What is in use stays, what was asked for once goes; and the bound holds.
func TestCachedRegistryEviction(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	var all []tenant.Tenant
	for i := range 300 {
		all = append(all, tenant.Tenant{ID: tenant.ID(fmt.Sprintf("t%d", i)), Code: fmt.Sprintf("c%d", i), Host: fmt.Sprintf("h%d.test", i)})
	}
	b := newBacking(t, all...)
	c := tenant.NewCachedRegistry(b, tenant.CacheConfig{Tenants: 10})
	for i := range all {
		require.Equal(t, all[i].ID, owner(t, c, all[i].Host))
		for hot := range 3 {
			got, found, err := c.ByCode(ctx, all[hot].Code)
			require.NoError(t, err)
			require.True(t, found)
			require.Equal(t, all[hot].ID, got.ID)
		}
		require.LessOrEqual(t, c.Len(), 10)
	}
	for hot := range 3 {
		require.Equal(t, 1, b.count("host "+all[hot].Host)+b.count("code "+all[hot].Code), "tenant %d was driven out", hot)
	}
	require.Equal(t, all[7].ID, owner(t, c, all[7].Host))
	require.Equal(t, 2, b.count("host "+all[7].Host), "an evicted host is gone")
	for i := range all { // whatever has come and gone, every name leads where it should
		got, found, err := c.ByID(ctx, all[i].ID)
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, all[i].ID, got.ID)
	}
}

func TestCachedRegistryAbsent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBacking(t, acmeTenant())
		c := tenant.NewCachedRegistry(b, tenant.CacheConfig{Absent: 50, AbsentFor: time.Second})
		require.Equal(t, tenant.ID("acme"), owner(t, c, "acme.test"))
		for range 3 {
			require.Empty(t, owner(t, c, "new.test"))
		}
		require.Equal(t, 1, b.count("host new.test"), "an absent name is remembered")
		for i := range 1000 {
			require.Empty(t, owner(t, c, fmt.Sprintf("x%d.test", i)))
		}
		require.Equal(t, 1, c.Len(), "a flood drives out no tenant")
		require.Equal(t, tenant.ID("acme"), owner(t, c, "acme.test"))
		require.Equal(t, 1, b.count("host acme.test"))
		require.Empty(t, owner(t, c, "new.test"))
		require.Equal(t, 2, b.count("host new.test"), "only so many are remembered")
		require.Empty(t, owner(t, c, "x999.test"))
		require.Equal(t, 1, b.count("host x999.test"), "the last ones are")

		require.NoError(t, b.Put(tenant.Tenant{ID: "new", Host: "new.test"}))
		require.Empty(t, owner(t, c, "new.test"), "nobody has told")
		c.Invalidate("new", 1)
		require.Equal(t, tenant.ID("new"), owner(t, c, "new.test"), "an invalidation ends what is remembered as absent")

		require.Empty(t, owner(t, c, "late.test"))
		require.NoError(t, b.Put(tenant.Tenant{ID: "late", Host: "late.test"}))
		time.Sleep(999 * time.Millisecond)
		require.Empty(t, owner(t, c, "late.test"))
		time.Sleep(time.Millisecond)
		require.Equal(t, tenant.ID("late"), owner(t, c, "late.test"), "its time is over")

		c.Invalidate("late", 2)
		b.Remove("late")
		require.Empty(t, owner(t, c, "late.test"))
	})
}

func TestCachedRegistryMaxAge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		b := newBacking(t, acmeTenant())
		c := tenant.NewCachedRegistry(b, tenant.CacheConfig{MaxAge: time.Minute})
		first, _, err := c.ByHost(ctx, "acme.test")
		require.NoError(t, err)
		time.Sleep(time.Minute)
		require.Equal(t, tenant.ID("acme"), owner(t, c, "acme.test"))
		require.Equal(t, 1, b.count("host acme.test"))
		time.Sleep(time.Nanosecond)
		again, _, err := c.ByHost(ctx, "acme.test")
		require.NoError(t, err)
		require.Equal(t, 2, b.count("host acme.test"))
		require.Same(t, first, again, "a record that is still true keeps its slots")
		_, _, err = c.ByID(ctx, "acme")
		require.NoError(t, err)
		require.Zero(t, b.count("id acme"), "and all its names are young again")

		changed := acmeTenant()
		changed.Status, changed.Host, changed.Domains = tenant.Suspended, "moved.test", nil
		require.NoError(t, b.Put(changed)) // by hand: nobody tells
		time.Sleep(time.Minute + 1)
		got, _, err := c.ByID(ctx, "acme")
		require.NoError(t, err)
		require.Equal(t, tenant.Suspended, got.Status)
		require.Empty(t, owner(t, c, "acme.test"), "a name that the record has lost is gone with the old one")
		require.Empty(t, owner(t, c, "www.acme.test"))

		b.Remove("acme")
		time.Sleep(time.Minute + 1)
		require.Empty(t, owner(t, c, "moved.test"))
		require.Zero(t, c.Len())
	})
}
