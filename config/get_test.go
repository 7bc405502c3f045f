package config_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

func TestLayers(t *testing.T) {
	t.Parallel()
	key := config.Declare("title", "declared")
	r := resolver(t, config.Config{Keys: []config.Declaration{key}})
	based := resolver(t, config.Config{Keys: []config.Declaration{key}, Base: map[string]any{"title": "base", "plain": "base"}})

	check := func(r *config.Resolver, name, want string, layer config.Layer, found bool) {
		t.Helper()
		ctx := in(r, "acme")
		require.Equal(t, want, config.Get(ctx, name, "call"))
		got, info, err := config.Lookup[string](ctx, name)
		require.NoError(t, err)
		require.Equal(t, found, info.Found)
		require.Equal(t, layer, info.Layer)
		require.Equal(t, layer >= config.LayerGlobal, info.Version > 0)
		require.False(t, info.Stale)
		if found {
			require.Equal(t, want, got)
		} else {
			require.Empty(t, got)
		}
		if name != key.Name() {
			return
		}
		require.Equal(t, want, key.Get(ctx))
		got, again, err := key.Lookup(ctx)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, info, again)
	}
	check(r, "plain", "call", config.LayerNone, false)
	check(r, "title", "declared", config.LayerDefault, true)
	check(based, "plain", "base", config.LayerBase, true)
	check(based, "title", "base", config.LayerBase, true)
	for _, name := range []string{"plain", "title"} {
		require.NoError(t, based.Set(everywhere(based), name, "global", ""))
		check(based, name, "global", config.LayerGlobal, true)
		require.NoError(t, based.Set(in(based, "acme"), name, "tenant", ""))
		check(based, name, "tenant", config.LayerTenant, true)
		require.Equal(t, "global", config.Get(in(based, "bolt"), name, "call"), "another tenant")
		require.Equal(t, "global", config.Get(everywhere(based), name, "call"), "global mode")
		require.NoError(t, based.Delete(in(based, "acme"), name, ""))
		check(based, name, "global", config.LayerGlobal, true)
		require.NoError(t, based.Delete(everywhere(based), name, ""))
		check(based, name, "base", config.LayerBase, true)
	}
	require.Equal(t, config.Stats{Tenants: 2}, based.Stats(), "nothing of this was a failure")
}

// A tenant that switches something off must not get it from below. This is the
// defect of a system that tested values for truth where it should have asked
// whether they were there (eox-tenant, see research/config.md section 1.3).
func TestFalseIsAValue(t *testing.T) {
	t.Parallel()
	flag, size, text := config.Declare("flag", true), config.Declare("size", 20), config.Declare("text", "default")
	list := config.Declare("list", []string{"default"})
	for name, global := range map[string]bool{"over the default": false, "over the global value": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := resolver(t, config.Config{Keys: []config.Declaration{flag, size, text, list}})
			acme := in(r, "acme")
			for key, value := range map[string]any{"flag": true, "size": 30, "text": "global", "list": []string{"global"},
				"undeclared.flag": true, "undeclared.size": 30, "undeclared.text": "global"} {
				if global {
					require.NoError(t, r.Set(everywhere(r), key, value, ""))
				}
			}
			require.NoError(t, flag.Set(acme, false, ""))
			require.NoError(t, size.Set(acme, 0, ""))
			require.NoError(t, text.Set(acme, "", ""))
			require.NoError(t, list.Set(acme, []string{}, ""))
			require.NoError(t, r.Set(acme, "undeclared.flag", false, ""))
			require.NoError(t, r.Set(acme, "undeclared.size", 0, ""))
			require.NoError(t, r.Set(acme, "undeclared.text", "", ""))

			require.False(t, flag.Get(acme))
			require.Zero(t, size.Get(acme))
			require.Empty(t, text.Get(acme))
			require.Empty(t, list.Get(acme))
			require.False(t, config.Get(acme, "flag", true))
			require.False(t, config.Get(acme, "undeclared.flag", true))
			require.Zero(t, config.Get(acme, "undeclared.size", 20))
			require.Empty(t, config.Get(acme, "undeclared.text", "call"))
			_, info, err := config.Lookup[bool](acme, "undeclared.flag")
			require.NoError(t, err)
			require.Equal(t, config.LayerTenant, info.Layer)

			// null is a value too: the zero value.
			require.NoError(t, r.Set(acme, "size", nil, ""))
			require.NoError(t, r.Set(acme, "list", nil, ""))
			n, info, err := size.Lookup(acme)
			require.NoError(t, err)
			require.Zero(t, n)
			require.Equal(t, config.LayerTenant, info.Layer)
			require.True(t, info.Found)
			require.Nil(t, list.Get(acme))
		})
	}
}

// TestModes is the column of this package in the table of modes of package
// tenant.
func TestModes(t *testing.T) {
	t.Parallel()
	var (
		open   = config.Declare("open", "default")
		shut   = config.Declare("shut", "default", config.Closed("closed"))
		shared = config.Declare("shared", "default", config.Isolation(tenant.Shared))
	)
	store := config.NewMemoryStore()
	for _, key := range []string{"open", "shut", "shared", "plain"} {
		write(t, store, "", key, `"global"`)
		write(t, store, "acme", key, `"acme"`)
	}
	type answers struct{ plain, open, shut, shared string }
	global := answers{"global", "global", "global", "global"}
	closed := answers{"call", "default", "closed", "default"}
	across := answers{"call", "default", "closed", "global"}
	for name, c := range map[string]struct {
		ctx    context.Context
		want   answers
		err    error // of per-tenant keys
		shared error
		stats  config.Stats
	}{
		"none":             {background, closed, tenant.ErrNoTenant, tenant.ErrNoTenant, config.Stats{NoTenant: 5}},
		"tenant":           {tenant.WithID(background, "acme"), answers{"acme", "acme", "acme", "global"}, nil, nil, config.Stats{Tenants: 1}},
		"switched":         {tenant.Switch(tenant.WithID(background, "bolt"), "acme", "support"), answers{"acme", "acme", "acme", "global"}, nil, nil, config.Stats{Tenants: 1}},
		"another tenant":   {tenant.WithID(background, "bolt"), global, nil, nil, config.Stats{Tenants: 1}},
		"global":           {tenant.Global(background), global, nil, nil, config.Stats{}},
		"across":           {tenant.Across(background, "report", "acme", "bolt"), across, tenant.ErrSeveralTenants, nil, config.Stats{SeveralTenants: 4}},
		"across one":       {tenant.Across(background, "report", "acme"), across, tenant.ErrSeveralTenants, nil, config.Stats{SeveralTenants: 4}},
		"across all":       {tenant.AcrossAll(background, "report"), across, tenant.ErrSeveralTenants, nil, config.Stats{SeveralTenants: 4}},
		"refused":          {tenant.WithID(background, "No"), closed, tenant.ErrInvalidID, tenant.ErrInvalidID, config.Stats{Refused: 5}},
		"refused conflict": {tenant.WithID(tenant.WithID(background, "acme"), "bolt"), closed, tenant.ErrTenantConflict, tenant.ErrTenantConflict, config.Stats{Refused: 5}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{open, shut, shared}})
			ctx := config.NewContext(c.ctx, r)
			require.Equal(t, c.want, answers{config.Get(ctx, "plain", "call"), open.Get(ctx), shut.Get(ctx), shared.Get(ctx)})
			if c.err != nil {
				require.Equal(t, c.want.shut, config.Get(ctx, "shut", "call"), "the closed value counts for both forms")
			}
			require.Equal(t, c.stats, r.Stats())

			for key, want := range map[string]error{"plain": c.err, "open": c.err, "shut": c.err, "shared": c.shared} {
				v, info, err := config.Lookup[string](ctx, key)
				require.ErrorIs(t, err, want, key)
				if want != nil {
					var named *config.KeyError
					require.ErrorAs(t, err, &named)
					require.Equal(t, key, named.Key)
					require.Equal(t, config.Info{}, info)
					require.Empty(t, v, "no value comes with an error")
				}
			}
			_, _, err := open.Lookup(ctx)
			require.ErrorIs(t, err, c.err)
			_, _, err = shared.Lookup(ctx)
			require.ErrorIs(t, err, c.shared)
		})
	}
}

func TestWithoutResolver(t *testing.T) {
	t.Parallel()
	ctx := tenant.WithID(background, "acme")
	open, shut := config.Declare("open", "default"), config.Declare("shut", "default", config.Closed("closed"))
	for _, ctx := range []context.Context{ctx, config.NewContext(ctx, nil)} {
		require.Equal(t, "call", config.Get(ctx, "open", "call"))
		require.Equal(t, "default", open.Get(ctx))
		require.Equal(t, "closed", shut.Get(ctx))
		_, _, err := config.Lookup[string](ctx, "open")
		require.ErrorIs(t, err, config.ErrNoResolver)
		_, _, err = shut.Lookup(ctx)
		require.ErrorIs(t, err, config.ErrNoResolver)
		require.ErrorIs(t, open.Set(ctx, "x", ""), config.ErrNoResolver)
	}
}

func TestNewContextKeepsTheRest(t *testing.T) {
	t.Parallel()
	r := resolver(t, config.Config{})
	ctx := tenant.WithActor(tenant.NewContext(background, &tenant.Tenant{ID: "acme"}), tenant.Actor{ID: "ann"})
	ctx = config.NewContext(ctx, r)
	id, ok := tenant.IDFromContext(ctx)
	require.True(t, ok)
	require.Equal(t, tenant.ID("acme"), id)
	a, ok := tenant.ActorFromContext(ctx)
	require.True(t, ok)
	require.Equal(t, "ann", a.ID)
	_, ok = tenant.FromContext(ctx)
	require.True(t, ok)

	require.NoError(t, r.Set(in(r, "bolt"), "k", "bolt's", ""))
	require.Equal(t, "bolt's", config.Get(tenant.Switch(ctx, "bolt", "support"), "k", ""), "the resolver survives a switch")
}

// A tenant may have no values of its own, a few, or many.
func TestManyValues(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 7, 8, 9, 10, 100} {
		store := config.NewMemoryStore()
		for i := range n {
			write(t, store, "acme", fmt.Sprintf("k%d", i), fmt.Sprint(i))
		}
		r := resolver(t, config.Config{Store: store, Base: map[string]any{"k": -2, "zz": -2}})
		acme := in(r, "acme")
		for i := range n {
			require.Equal(t, i, config.Get(acme, fmt.Sprintf("k%d", i), -1))
		}
		for key, want := range map[string]int{"": -1, "A": -1, "k": -2, "k00": -1, "k999": -1, "l": -1, "zz": -2} {
			require.Equal(t, want, config.Get(acme, key, -1), "%d values, key %q", n, key)
		}
	}
}

// Two tenants at once, on the same keys: each reads its own value or, never
// having set one, the global one.
func TestTwoTenantsConcurrently(t *testing.T) {
	t.Parallel()
	key := config.Declare("title", "default")
	r := resolver(t, config.Config{Keys: []config.Declaration{key}})
	reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme"}, tenant.Tenant{ID: "bolt"})
	require.NoError(t, err)
	var wg sync.WaitGroup
	for _, id := range []tenant.ID{"acme", "bolt"} {
		record, _, err := reg.ByID(background, id)
		require.NoError(t, err)
		for _, ctx := range []context.Context{in(r, id), config.NewContext(tenant.NewContext(background, record), r)} {
			wg.Go(func() {
				for i := range 200 {
					require.NoError(t, key.Set(ctx, fmt.Sprint(id, " ", i%7), ""))
					require.Contains(t, key.Get(ctx), id.String())
					require.Contains(t, config.Get(ctx, "title", ""), id.String())
				}
			})
		}
		wg.Go(func() {
			for i := range 50 {
				require.NoError(t, r.Set(everywhere(r), "title", fmt.Sprint("global ", i), ""))
			}
		})
	}
	wg.Wait()
	require.Contains(t, key.Get(everywhere(r)), "global")
}
