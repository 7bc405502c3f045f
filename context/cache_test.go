package ctxtree_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// watched counts the loads of a store, and fails or spoils them.
type watched struct {
	*ctxtree.Memory
	loads atomic.Int64
	fail  atomic.Pointer[error]
	spoil func([]ctxtree.Node) []ctxtree.Node
}

func (w *watched) Load(ctx context.Context, of tenant.ID) ([]ctxtree.Node, int64, error) {
	w.loads.Add(1)
	if err := w.fail.Load(); err != nil {
		return nil, 0, *err
	}
	nodes, number, err := w.Memory.Load(ctx, of)
	if w.spoil != nil {
		nodes = w.spoil(nodes)
	}
	return nodes, number, err
}

func TestCacheIsNewest(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	store := &watched{Memory: s.tree}
	cache := ctxtree.NewCache(store, ctxtree.CacheConfig{RetryAfter: time.Nanosecond})
	has := func(of tenant.ID, id int64) bool {
		ctx := tenant.Global(context.Background())
		if of != "" {
			ctx = in(of)
		}
		snapshot, err := cache.Snapshot(ctx, of)
		require.NoError(t, err)
		require.Equal(t, of, snapshot.Tenant())
		_, found := snapshot.Find(id)
		return found
	}
	for _, of := range []tenant.ID{"acme", "", "bolt"} {
		store.loads.Store(0)
		require.True(t, has(of, s.course[of].ID))
		require.True(t, has(of, s.only[of].ID))
		require.Equal(t, int64(1), store.loads.Load(), "one load for all reads")
		require.False(t, has(of, s.course["corp"].ID))
	}
	store.loads.Store(0)
	require.NoError(t, s.tree.Delete(in("acme"), s.course["acme"].ID))
	require.False(t, has("acme", s.course["acme"].ID), "the next read sees a change")
	require.True(t, has("bolt", s.course["bolt"].ID))
	require.True(t, has("", s.course[""].ID))
	require.Equal(t, int64(1), store.loads.Load(), "the others' parts stay")
	require.NoError(t, s.tree.Delete(tenant.Global(context.Background()), s.course[""].ID))
	require.False(t, has("", s.course[""].ID))
	require.Equal(t, int64(2), store.loads.Load())

	number, err := s.tree.Number(in("acme"), "acme")
	require.NoError(t, err)
	store.loads.Store(0)
	cache.Invalidate("acme", number)
	cache.Invalidate("acme", number-1)
	cache.Invalidate("nobody", 1)
	require.True(t, has("acme", s.only["acme"].ID))
	require.Zero(t, store.loads.Load(), "what is known already is no news")

	// A change that the store does not show yet: nothing older is served.
	cache.Invalidate("acme", number+1)
	_, err = cache.Snapshot(in("acme"), "acme")
	require.ErrorIs(t, err, ctxtree.ErrUnavailable)
	require.NoError(t, s.tree.SetLocked(in("acme"), s.only["acme"].ID, true))
	require.True(t, has("acme", s.only["acme"].ID))
}

// deaf is a store whose changes are announced by the test.
type deaf struct {
	*ctxtree.Memory
	tell func(of tenant.ID, number int64)
}

func (d *deaf) Subscribe(fn func(of tenant.ID, number int64)) { d.tell = fn }

// TestCacheDoubts: after a write of which nobody knows whether it has taken
// effect, the part is loaded again.
func TestCacheDoubts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	store := &deaf{Memory: s.tree}
	cache := ctxtree.NewCache(store, ctxtree.CacheConfig{})
	global := tenant.Global(context.Background())
	for of, ctx := range map[tenant.ID]context.Context{"acme": in("acme"), "": global} {
		locked := func() bool {
			snapshot, err := cache.Snapshot(ctx, of)
			require.NoError(t, err)
			at, found := snapshot.Find(s.course[of].ID)
			require.True(t, found)
			return snapshot.Locked(at)
		}
		require.False(t, locked())
		require.NoError(t, s.tree.SetLocked(ctx, s.course[of].ID, true))
		require.False(t, locked(), "nobody has said so")
		store.tell("corp", 0)
		require.False(t, locked(), "that was another's")
		store.tell(of, 0)
		require.True(t, locked())
	}
}

func TestCacheFails(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	store := &watched{Memory: s.tree}
	strict := ctxtree.NewCache(store, ctxtree.CacheConfig{RetryAfter: time.Nanosecond})
	lasting := ctxtree.NewCache(store, ctxtree.CacheConfig{RetryAfter: time.Nanosecond, MaxStale: time.Hour})
	for _, cache := range []*ctxtree.Cache{strict, lasting} {
		_, err := cache.Snapshot(in("acme"), "acme")
		require.NoError(t, err)
	}
	boom := errors.New("boom")
	store.fail.Store(&boom)
	require.NoError(t, s.tree.SetLocked(in("acme"), s.only["acme"].ID, true))
	_, err := strict.Snapshot(in("acme"), "acme")
	require.ErrorIs(t, err, ctxtree.ErrUnavailable)
	require.ErrorIs(t, err, boom)
	old, err := lasting.Snapshot(in("acme"), "acme")
	require.NoError(t, err, "as long as it was allowed to")
	at, _ := old.Find(s.only["acme"].ID)
	require.False(t, old.Locked(at))
	store.fail.Store(nil)
	require.Eventually(t, func() bool {
		now, err := lasting.Snapshot(in("acme"), "acme")
		if err != nil {
			return false
		}
		at, _ := now.Find(s.only["acme"].ID)
		return now.Locked(at)
	}, 10*time.Second, time.Millisecond)

	for name, c := range map[string]struct {
		ctx context.Context
		of  tenant.ID
		err error
	}{
		"another's":              {in("acme"), "bolt", ctxtree.ErrOutside},
		"nobody's":               {in("acme"), "nobody", ctxtree.ErrOutside},
		"a tenant's, global":     {tenant.Global(context.Background()), "acme", ctxtree.ErrOutside},
		"a tenant's, not listed": {tenant.Across(context.Background(), "test", "bolt"), "acme", ctxtree.ErrOutside},
		"no mode":                {context.Background(), "acme", tenant.ErrNoTenant},
	} {
		_, err := strict.Snapshot(c.ctx, c.of)
		require.ErrorIs(t, err, c.err, name)
	}
	listed, err := strict.Snapshot(tenant.Across(context.Background(), "test", "bolt"), "bolt")
	require.NoError(t, err)
	require.Equal(t, 3, listed.Len())

	// A store that mixes tenants up is not believed.
	store.spoil = func(nodes []ctxtree.Node) []ctxtree.Node {
		for i := range nodes {
			nodes[i].Tenant = "corp"
		}
		return nodes
	}
	mixed := ctxtree.NewCache(store, ctxtree.CacheConfig{})
	_, err = mixed.Snapshot(in("bolt"), "bolt")
	require.ErrorIs(t, err, ctxtree.ErrUnavailable)
}

// TestCacheIsBounded: what is let go of is loaded again, also while others read.
func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cache := ctxtree.NewCache(s.tree, ctxtree.CacheConfig{MaxTenants: 1, MaxBytes: 1})
	var readers sync.WaitGroup
	for _, of := range []tenant.ID{"acme", "bolt", "corp"} {
		readers.Go(func() {
			for range 200 {
				snapshot, err := cache.Snapshot(in(of), of)
				if err != nil {
					t.Error(err)
					return
				}
				if _, found := snapshot.Find(s.only[of].ID); !found || snapshot.Tenant() != of {
					t.Error("another part")
					return
				}
			}
		})
	}
	readers.Wait()
}
