package tenant_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"

	"github.com/gotenancy/tenancy/tenant"
)

// million is how many tenants the cache must hold.
const million = 1_000_000

// anyTenant is a registry that makes up the record of any id, as one in a
// database does: new texts for each, and nothing kept.
type anyTenant struct{ tenant.Registry }

func (anyTenant) ByHost(_ context.Context, host string) (*tenant.Tenant, bool, error) {
	id := strings.Clone(host[:strings.IndexByte(host, '.')])
	return &tenant.Tenant{
		ID: tenant.ID(id), Code: "c" + id, Name: "Tenant " + id, Host: strings.Clone(host),
		Language: strings.Clone("en"), Metadata: map[string]string{},
	}, true, nil
}

// strings of a record of anyTenant, each rounded up as the allocator does.
const textBytes = 8 + 16 + 16 + 32 + 2

func hostOf(i int) string { return fmt.Sprintf("t%d.example.com", 1_000_000+i) }

// fill returns a cache with n tenants.
func fill(n int) *tenant.CachedRegistry {
	// What is made here stays: to look for garbage in it takes longer than to
	// make it.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	c := tenant.NewCachedRegistry(anyTenant{}, tenant.CacheConfig{Tenants: n, MaxAge: 1 << 60})
	for i := range n {
		if _, found, err := c.ByHost(context.Background(), hostOf(i)); err != nil || !found {
			panic(fmt.Sprintf("tenant %d: found %v, error %v", i, found, err))
		}
	}
	if c.Len() != n {
		panic("the cache does not hold all")
	}
	return c
}

// full is the cache with a million tenants, made once, and the bytes that each
// of them takes there, beyond its texts.
var full = sync.OnceValues(func() (*tenant.CachedRegistry, float64) {
	before := heapInUse()
	c := fill(million)
	return c, (heapInUse()-before)/million - textBytes
})

func heapInUse() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// BenchmarkRegistryMemory is what a cache with a million tenants, each with an
// id, a code and a host, has taken when it was filled, divided. To look at it
// again would take no time that says anything.
func BenchmarkRegistryMemory(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		_, bytes := full()
		for b.Loop() { //nolint:revive // the number is there
		}
		b.ReportMetric(bytes, "B/tenant")
	})
}

// cached is how many tenants there are where time is measured.
const cached = 100_000

// BenchmarkRegistryHit resolves one host of many, and hosts at random, by one
// reader, and one host by as many readers as there are processors. The floor
// is a map that never changes, without age, bound or lock.
func BenchmarkRegistryHit(b *testing.B) {
	c := fill(cached)
	hosts := make([]string, 1<<12)
	floor := map[string]*tenant.Tenant{}
	for i := range cached {
		t, _, _ := c.ByHost(context.Background(), hostOf(i))
		floor[t.Host] = t
	}
	for i := range hosts {
		hosts[i] = hostOf(rand.IntN(cached))
	}
	ctx := context.Background()
	sides := map[string]func(host string) (*tenant.Tenant, bool){
		"floor": func(host string) (*tenant.Tenant, bool) { t, ok := floor[host]; return t, ok },
		"ours":  func(host string) (*tenant.Tenant, bool) { t, ok, _ := c.ByHost(ctx, host); return t, ok },
	}
	for _, side := range []string{"floor", "ours"} {
		hit := func(b *testing.B, host string) {
			if t, found := sides[side](host); !found || t.Host != host {
				b.Fatal("not found")
			}
		}
		b.Run("one/"+side, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				hit(b, hosts[0])
			}
		})
		b.Run("random/"+side, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				hit(b, hosts[i&(len(hosts)-1)])
			}
		})
		b.Run("parallel/"+side, func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					hit(b, hosts[0]) // the same one: what would be contended
				}
			})
		})
	}
}
