package config_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// withRecord returns the context of a tenant that came from a registry.
func withRecord(tb testing.TB, r *config.Resolver, id tenant.ID) context.Context {
	tb.Helper()
	reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: id})
	require.NoError(tb, err)
	record, _, err := reg.ByID(background, id)
	require.NoError(tb, err)
	return config.NewContext(tenant.NewContext(background, record), r)
}

// TestGlobalChangeReachesRecords: also those contexts that lead to their tenant's
// settings without a look-up.
func TestGlobalChangeReachesRecords(t *testing.T) {
	t.Parallel()
	a := config.Declare("a", 0)
	store := config.NewMemoryStore()
	write(t, store, "acme", "own", "1") // not one of those who have nothing
	r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{a}})
	ctx := withRecord(t, r, "acme")
	for i := range 3 {
		require.Equal(t, i, a.Get(ctx))
		require.Equal(t, i, config.Get(ctx, "a", 0))
		r.Invalidate("", putOne(t, store, config.Owner{}, "a", fmt.Sprint(i+1), false))
	}
}

// TestForcedStands: over a tenant's and an account's rows, however many, of
// declared keys and others, and the lowest of several.
func TestForcedStands(t *testing.T) {
	t.Parallel()
	a := config.Declare("a", "default", config.PerAccount())
	b := config.Declare("b", "default")
	c := config.Declare("c", "default", config.NotInherited())
	for _, more := range []int{0, 20} {
		store := config.NewMemoryStore()
		keys := []config.Declaration{a, b, c}
		for i := range more {
			k := config.Declare(fmt.Sprint("k", i), 0)
			keys = append(keys, k)
			write(t, store, "acme", k.Name(), "1")
			write(t, store, "acme", fmt.Sprint("x", i), "1")
		}
		for _, key := range []string{"a", "b", "c", "x"} {
			putOne(t, store, config.Owner{Group: "gold"}, key, `"gold"`, true)
			putOne(t, store, config.Owner{Group: "more"}, key, `"more"`, true)
			putOne(t, store, config.Owner{Tenant: "acme"}, key, `"acme"`, false)
		}
		putOne(t, store, config.Owner{Tenant: "acme", Account: "amy"}, "a", `"amy"`, false)
		groups := []string{"gold", "more"}
		r := resolver(t, config.Config{Store: store, Keys: keys, Groups: func(context.Context, tenant.ID) ([]string, error) {
			return groups, nil
		}})
		ctx := tenant.WithActor(withRecord(t, r, "acme"), tenant.Actor{ID: "amy"})
		check := func(ab, cx string) {
			t.Helper()
			for range 2 {
				require.Equal(t, ab, a.Get(ctx))
				require.Equal(t, cx, b.Get(ctx))
				require.Equal(t, cx, c.Get(ctx))
				for key, want := range map[string]string{"a": ab, "b": cx, "c": cx, "x": cx} {
					got, _, err := config.Lookup[string](ctx, key)
					require.NoError(t, err)
					require.Equal(t, want, got)
					require.Equal(t, want, config.Get(ctx, key, ""))
				}
			}
		}
		check("gold", "gold")
		groups = []string{"more", "gold"}
		r.Invalidate("acme", write(t, store, "acme", "other", "1"))
		check("more", "more")
		for _, key := range []string{"a", "b", "c", "x"} {
			putOne(t, store, config.Owner{}, key, `"all"`, true)
		}
		r.Invalidate("", 9)
		check("all", "all")
		for _, owner := range []config.Owner{{}, {Group: "gold"}, {Group: "more"}} {
			for _, key := range []string{"a", "b", "c", "x"} {
				r.Invalidate("", putOne(t, store, owner, key, `"below"`, false))
			}
		}
		check("amy", "acme")
	}
}

// TestNotInherited: what is below a tenant is not for it.
func TestNotInheritedAttacked(t *testing.T) {
	t.Parallel()
	store := config.NewMemoryStore()
	a := config.Declare("a", "default", config.NotInherited())
	putOne(t, store, config.Owner{}, "a", `"all"`, false)
	putOne(t, store, config.Owner{Group: "gold"}, "a", `"gold"`, false)
	r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{a}, Groups: func(context.Context, tenant.ID) ([]string, error) {
		return []string{"gold"}, nil
	}})
	require.Equal(t, "default", a.Get(in(r, "acme")))
	require.Equal(t, "all", a.Get(everywhere(r)))
}

// TestAliasRank: the present name counts before the former ones, and these in
// the order in which they are listed, wherever the store has them.
func TestAliasRank(t *testing.T) {
	t.Parallel()
	k := config.Declare("c", "default", config.Alias("b", "a", "d"))
	names := []string{"c", "b", "a", "d"}
	for best := range names {
		for _, turned := range []bool{false, true} {
			store := &rows{}
			for i := range names[best:] {
				name := names[best+i]
				if turned {
					name = names[len(names)-1-i]
				}
				store.settings = append(store.settings, config.Setting{Key: name, Value: []byte(`"` + name + `"`), Version: 1})
			}
			r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{k}})
			require.Equal(t, names[best], k.Get(in(r, "acme")))
			for _, name := range names {
				require.Equal(t, names[best], config.Get(in(r, "acme"), name, ""))
			}
		}
	}
}

// TestLastKnownIsTheNewest: what a replica answers that is further behind than
// what is known does not take its place, and a key that refuses old values has
// none.
func TestLastKnownIsTheNewest(t *testing.T) {
	t.Parallel()
	l := &lagging{config.NewMemoryStore(), config.NewMemoryStore()}
	lax, strict := config.Declare("lax", 0), config.Declare("strict", 0, config.Closed(-1), config.OnOutage(config.OutageRefuse))
	own := config.Declare("own", 0, config.PerAccount(), config.OnOutage(config.OutageRefuse), config.Closed(-1))
	r := resolver(t, config.Config{Store: l, RetryAfter: time.Nanosecond, Keys: []config.Declaration{lax, strict, own}})
	ctx := tenant.WithActor(in(r, "acme"), tenant.Actor{ID: "amy"})
	write(t, l.lag, "acme", "lax", "1")
	write(t, l.lag, "acme", "lax", "2")
	n := write(t, l.lag, "acme", "strict", "2")
	require.Equal(t, []int{2, 2, 0}, []int{lax.Get(ctx), strict.Get(ctx), own.Get(ctx)})

	r.Invalidate("acme", n+1)
	behind := config.NewMemoryStore()
	write(t, behind, "acme", "lax", "1")
	ahead := l.lag
	l.lag = behind
	got, info, err := lax.Lookup(ctx)
	require.NoError(t, err)
	require.Equal(t, 2, got)
	require.True(t, info.Stale)
	_, _, err = strict.Lookup(ctx)
	require.ErrorIs(t, err, config.ErrUnavailable)
	require.Equal(t, []int{-1, -1}, []int{strict.Get(ctx), own.Get(ctx)})

	l.lag = ahead
	write(t, l.lag, "acme", "strict", "3")
	require.Equal(t, []int{2, 3, 0}, []int{lax.Get(ctx), strict.Get(ctx), own.Get(ctx)})
}

// TestDoubtedLoad: what was being loaded while a write ended without saying
// whether it took effect is not kept for fresh.
func TestDoubtedLoad(t *testing.T) {
	t.Parallel()
	g := newGate()
	store := &lossy{Store: g, broken: true}
	r := resolver(t, config.Config{Store: store})
	ctx := in(r, "acme")
	require.Equal(t, 0, config.Get(everywhere(r), "a", 0))
	var failed error
	g.set(func(g *gate) {
		g.hold = func(id tenant.ID) { // the store was read, and is behind what now happens
			g.set(func(g *gate) { g.hold = nil })
			failed = r.Set(ctx, "a", 1, "")
		}
	})
	config.Get(ctx, "a", 0)
	require.ErrorContains(t, failed, "broke")
	require.False(t, errors.Is(failed, config.ErrConflict))
	require.Equal(t, 1, config.Get(ctx, "a", 0))
}

// TestGroupsKeepToTheirTenants: each tenant has the layers of its own groups, and
// a merged value is merged over those.
func TestGroupsKeepToTheirTenants(t *testing.T) {
	t.Parallel()
	store := config.NewMemoryStore()
	m := config.Declare("m", map[string]int{}, config.Merged(config.MergeShallow), config.PerAccount())
	n := config.Declare("n", struct{ A, B int }{}, config.Merged(config.MergeShallow))
	groups := map[tenant.ID][]string{"acme": {"gold"}, "blue": {"tin"}}
	for i, owner := range []config.Owner{{Group: "gold"}, {Group: "tin"}} {
		for _, key := range []string{"m", "n"} {
			putOne(t, store, owner, key, fmt.Sprintf(`{"A":%d}`, i+1), false)
		}
	}
	for _, id := range []tenant.ID{"acme", "blue"} {
		write(t, store, id, "m", `{"B":3}`)
		write(t, store, id, "n", `{"B":3}`)
	}
	putOne(t, store, config.Owner{Tenant: "acme", Account: "amy"}, "m", `{"C":4}`, false)
	r := resolver(t, config.Config{
		Store: store, Keys: []config.Declaration{m, n},
		Groups: func(_ context.Context, id tenant.ID) ([]string, error) { return groups[id], nil },
	})
	acme, blue := withRecord(t, r, "acme"), withRecord(t, r, "blue")
	amy := tenant.WithActor(acme, tenant.Actor{ID: "amy"})
	for range 2 {
		require.Equal(t, map[string]int{"A": 1, "B": 3}, m.Get(acme))
		require.Equal(t, map[string]int{"A": 1, "B": 3, "C": 4}, m.Get(amy))
		require.Equal(t, map[string]int{"A": 2, "B": 3}, m.Get(blue))
		require.Equal(t, struct{ A, B int }{1, 3}, n.Get(acme))
		require.Equal(t, struct{ A, B int }{2, 3}, n.Get(blue))
	}
	r.Invalidate("", putOne(t, store, config.Owner{Group: "gold"}, "n", `{"A":5}`, false))
	require.Equal(t, struct{ A, B int }{5, 3}, n.Get(acme))
	groups["acme"] = nil
	r.Invalidate("acme", write(t, store, "acme", "other", "1"))
	require.Equal(t, struct{ A, B int }{0, 3}, n.Get(acme))
	require.Equal(t, map[string]int{"B": 3, "C": 4}, m.Get(amy))
}

// TestForOrgOfAnother: an organisation leads nowhere that the context does not
// reach.
func TestForOrgOfAnother(t *testing.T) {
	t.Parallel()
	store := config.NewMemoryStore()
	for _, id := range []tenant.ID{"acme", "blue", "coral"} {
		write(t, store, id, "a", fmt.Sprintf("%q", id))
	}
	r := resolver(t, config.Config{Store: store, Organisations: organisations{"acme": "acme", "blue": "blue", "coral": "coral"}})
	for name, c := range map[string]struct {
		ctx                context.Context
		acme, blue, nobody string
	}{
		"tenant": {in(r, "acme"), "acme", "def", "def"},
		"global": {everywhere(r), "acme", "blue", "def"},
		"across": {config.NewContext(tenant.Across(background, "test", "blue"), r), "def", "blue", "def"},
		"all":    {config.NewContext(tenant.AcrossAll(background, "test"), r), "acme", "blue", "def"},
		"none":   {config.NewContext(background, r), "def", "def", "def"},
	} {
		require.Equal(t, c.acme, config.ForOrg(c.ctx, "acme", "a", "def"), name)
		require.Equal(t, c.blue, config.ForOrg(c.ctx, "blue", "a", "def"), name)
		require.Equal(t, c.nobody, config.ForOrg(c.ctx, "nobody", "a", "def"), name)
	}
}

// TestOutageGlobalSaysSo: what stands in for a tenant of which nothing is known
// is not taken for its value, and a watcher hears of that once it can be had.
func TestOutageGlobalSaysSo(t *testing.T) {
	t.Parallel()
	g := newGate()
	open := config.Declare("open", "default", config.OnOutage(config.OutageGlobal))
	putOne(t, g.Store, config.Owner{}, "open", `"yes"`, false)
	write(t, g.Store, "acme", "open", `"no"`)
	g.begun = func(_ context.Context, id tenant.ID) {
		if id != "" {
			panic("down")
		}
	}
	r := resolver(t, config.Config{Store: g, Keys: []config.Declaration{open}, RetryAfter: time.Nanosecond})
	got, info, err := open.Lookup(in(r, "acme"))
	require.NoError(t, err)
	require.Equal(t, "yes", got)
	require.True(t, info.Stale)
	ctx, cancel := context.WithCancel(in(r, "acme"))
	var seen []string
	require.ErrorIs(t, open.Watch(ctx, func(v string) {
		seen = append(seen, v)
		g.set(func(g *gate) { g.begun = nil })
		if len(seen) == 2 {
			cancel()
		}
	}), context.Canceled)
	require.Equal(t, []string{"yes", "no"}, seen)
}

// TestWatchAcross: a shared key is watched where it is read.
func TestWatchAcross(t *testing.T) {
	t.Parallel()
	shared, own := config.Declare("shared", 1, config.Isolation(tenant.Shared)), config.Declare("own", 1)
	r := resolver(t, config.Config{Keys: []config.Declaration{shared, own}})
	across := config.NewContext(tenant.AcrossAll(background, "test"), r)
	require.ErrorIs(t, own.Watch(across, func(int) {}), tenant.ErrSeveralTenants)
	require.ErrorIs(t, shared.Watch(config.NewContext(background, r), func(int) {}), tenant.ErrNoTenant)
	ctx, cancel := context.WithCancel(across)
	var seen []int
	require.ErrorIs(t, shared.Watch(ctx, func(n int) {
		seen = append(seen, n)
		if n == 3 {
			cancel()
			return
		}
		noError(t, shared.Set(everywhere(r), n+1, ""))
	}), context.Canceled)
	require.Equal(t, []int{1, 2, 3}, seen)
}

// downFor is a store that fails for some owners.
type downFor struct {
	config.Store
	down config.Owner
}

func (s *downFor) Load(ctx context.Context, owner config.Owner) ([]config.Setting, int64, error) {
	if owner == s.down {
		return nil, 0, errors.New("down")
	}
	return s.Store.Load(ctx, owner)
}

// TestAccountAlone: an account's old value is an old one though all below it is
// fresh.
func TestAccountAlone(t *testing.T) {
	t.Parallel()
	ofAmy := config.Owner{Tenant: "acme", Account: "amy"}
	nobody := config.Owner{Account: "nobody"}
	store := &downFor{config.NewMemoryStore(), nobody}
	lax := config.Declare("lax", 0, config.PerAccount())
	strict := config.Declare("strict", 0, config.PerAccount(), config.OnOutage(config.OutageRefuse))
	r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{lax, strict}, RetryAfter: time.Nanosecond})
	ctx := tenant.WithActor(in(r, "acme"), tenant.Actor{ID: "amy"})
	putOne(t, store, ofAmy, "lax", "1", false)
	require.Equal(t, 1, lax.Get(ctx))
	store.down = ofAmy
	r.Invalidate("acme", putOne(t, store, ofAmy, "lax", "2", false))
	got, info, err := lax.Lookup(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, got)
	require.True(t, info.Stale)
	_, _, err = strict.Lookup(ctx)
	require.ErrorIs(t, err, config.ErrUnavailable)
	store.down = nobody
	got, info, err = lax.Lookup(ctx)
	require.NoError(t, err)
	require.Equal(t, 2, got)
	require.False(t, info.Stale)
}
