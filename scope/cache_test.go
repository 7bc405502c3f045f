package scope

import (
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/tenant"
)

// TestPlanKeys: no plan is taken for another's, not even where texts have one
// hash; but a plan that needs no modes of a session is good in all of them.
func TestPlanKeys(t *testing.T) {
	c := newPlanCache(planBytes)
	keys := []planKey{
		{text: "a", mode: carry.Tenant}, {text: "b", mode: carry.Tenant}, {text: "a", mode: carry.Global},
		{text: "a", mode: carry.Across, n: 2}, {text: "a", mode: carry.Across, n: 3},
		{text: "q", mode: carry.Tenant, modes: sqlscan.Known}, {text: "q", mode: carry.Tenant, modes: sqlscan.Known | sqlscan.AnsiQuotes},
	}
	for i, k := range keys {
		require.Nil(t, c.get(k))
		c.put(k, &plan{args: i})
	}
	for i, k := range keys {
		c.put(k, &plan{args: -1}) // the first one stays
		require.Equal(t, i, c.get(k).args)
	}
	require.Equal(t, 0, c.get(planKey{text: "a", mode: carry.Tenant, modes: sqlscan.Known}).args)
	require.Nil(t, c.get(planKey{text: "q", mode: carry.Tenant}))
	hash := maphash.String(c.seed, "x")
	c.chain(hash).Store(&planEntry{key: planKey{text: "y"}, hash: hash, plan: &plan{}})
	require.Nil(t, c.get(planKey{text: "x"}))
}

// check goes over the whole cache: every entry is found, and counted once.
func (c *planCache) check(t *testing.T) {
	t.Helper()
	bytes, entries := 0, map[*planEntry]bool{}
	for e := c.oldest; e != nil; e = e.later {
		require.False(t, entries[e])
		bytes += e.size()
		entries[e] = true
	}
	require.Equal(t, bytes, c.bytes)
	require.LessOrEqual(t, bytes, c.limit)
	inChains := 0
	for i := range c.chains {
		for e := c.chains[i].Load(); e != nil; e = e.next.Load() {
			require.True(t, entries[e], e.key.text)
			inChains++
		}
	}
	require.Equal(t, len(entries), inChains)
}

// TestPlanCacheIsBounded: under a stream of texts that never come again, memory
// stays within the bound, and what is in use stays in the cache.
func TestPlanCacheIsBounded(t *testing.T) {
	r, err := NewRewriter(Policy{Dialect: Postgres, Column: "tenant_id", Default: PerTenant, Catalogue: &Catalogue{Tables: map[string]CatalogueTable{
		"contacts": {Columns: []CatalogueColumn{{Name: "id", Type: "integer"}, {Name: "tenant_id", Type: "text"}}},
	}}})
	require.NoError(t, err)
	ctx := tenant.WithID(t.Context(), "acme")
	big := strings.Repeat("x", 1<<20)
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	const used = "SELECT name FROM contacts WHERE id = 1"
	last := ""
	run := func(n int) {
		for i := range n {
			// A small piece of a large text must not keep all of it.
			text := fmt.Sprintf("SELECT name FROM contacts WHERE id = %d -- %s", rand.Uint64(), big[:i%512])
			if i%50_000 == 0 {
				text = (text + " " + big)[:len(text)]
			}
			last = text
			_, _, err := r.Rewrite(ctx, text, nil)
			require.NoError(t, err)
			if i%100 == 0 {
				_, _, err = r.Rewrite(ctx, used, nil)
				require.NoError(t, err)
			}
		}
	}
	before := heap()
	run(60_000)
	plans, usedKey := r.state.Load().plans, planKey{text: used, mode: carry.Tenant}
	kept := plans.get(usedKey)
	plans.check(t)
	full := heap()
	require.Less(t, full-before, int64(planBytes)*3/2, "the cache is full")
	require.Greater(t, plans.bytes, planBytes*9/10)
	run(140_000)
	plans.check(t)
	require.Less(t, heap()-full, int64(planBytes)/4, "and stays as it is")
	require.Same(t, kept, plans.get(usedKey))
	require.NotNil(t, plans.get(planKey{text: last, mode: carry.Tenant}), "the newest is there as well")
	// One giant text does not push out the others.
	held := plans.bytes
	_, _, err = r.Rewrite(ctx, used+" -- "+strings.Repeat(big, 4), nil)
	require.NoError(t, err)
	require.Equal(t, held, plans.bytes)
}

// TestPlanCacheTogether: readers beside writers that push entries out find the
// right plan or none. Run under -race.
func TestPlanCacheTogether(t *testing.T) {
	c := newPlanCache(200_000) // some 400 plans
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range 20_000 {
				n := (i*7 + g) % 1000
				k := planKey{text: fmt.Sprint(n), mode: carry.Tenant}
				if p := c.get(k); p == nil {
					c.put(k, &plan{args: n})
				} else if p.args != n {
					t.Errorf("plan %d for %d", p.args, n)
					return
				}
			}
		}()
	}
	wg.Wait()
	c.check(t)
}
