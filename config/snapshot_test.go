package config_test

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// A snapshot's values are those of one moment, whatever is written meanwhile.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	key := config.Declare("declared", "default", config.Public())
	r := resolver(t, config.Config{Keys: []config.Declaration{key, config.Declare("hidden", 1)}})
	acme := in(r, "acme")
	require.NoError(t, r.Set(acme, "declared", "old", ""))
	require.NoError(t, r.Set(everywhere(r), "free", "old", ""))
	s, err := config.TakeSnapshot(acme)
	require.NoError(t, err)
	require.NoError(t, r.Set(acme, "declared", "new", ""))
	require.NoError(t, r.Set(acme, "late", "new", ""))
	require.NoError(t, r.Set(everywhere(r), "free", "new", ""))

	v, info, err := key.In(s)
	require.NoError(t, err)
	require.Equal(t, "old", v)
	require.Equal(t, config.LayerTenant, info.Layer)
	require.Equal(t, "old", config.GetIn(s, "free", ""))
	require.Equal(t, "none", config.GetIn(s, "late", "none"))
	_, info, err = config.LookupIn[string](s, "late")
	require.NoError(t, err)
	require.False(t, info.Found)
	require.Equal(t, map[string]json.RawMessage{"declared": json.RawMessage(`"old"`)}, s.Public())
	var names []string
	for name, info := range s.All() {
		require.True(t, info.Found)
		names = append(names, name)
	}
	require.Equal(t, []string{"declared", "free", "hidden"}, names)
	require.Equal(t, "new", key.Get(acme))

	for _, ctx := range []context.Context{background, config.NewContext(background, r), config.NewContext(tenant.AcrossAll(background, "test"), r)} {
		_, err := config.TakeSnapshot(ctx)
		require.Error(t, err)
	}
	var none config.Snapshot
	require.Equal(t, 7, config.GetIn(none, "k", 7))
	_, _, err = key.In(none)
	require.ErrorIs(t, err, config.ErrNoResolver)
	require.Empty(t, none.Public())
	for range none.All() {
		t.Fatal("nothing has no settings")
	}
}

// orgs are the organisations of a map.
type orgs map[string]tenant.ID

func (o orgs) TenantOf(_ context.Context, name string) (tenant.ID, bool, error) {
	id, ok := o[name]
	return id, ok, nil
}

// Another tenant's organisation is a crossing, and not to be told from one that
// does not exist.
func TestForOrg(t *testing.T) {
	t.Parallel()
	r := resolver(t, config.Config{Organisations: orgs{"ACME-X": "acme", "BoltX": "bolt"}})
	require.NoError(t, r.Set(in(r, "acme"), "k", false, ""))
	require.NoError(t, r.Set(everywhere(r), "k", true, ""))
	listed := config.NewContext(tenant.Across(background, "test", "acme"), r)
	for _, ctx := range []context.Context{in(r, "acme"), everywhere(r), listed, config.NewContext(tenant.AcrossAll(background, "test"), r)} {
		v, info, err := config.LookupForOrg[bool](ctx, "ACME-X", "k")
		require.NoError(t, err)
		require.False(t, v, "a stored false is a value")
		require.Equal(t, config.LayerTenant, info.Layer)
		require.False(t, config.ForOrg(ctx, "ACME-X", "k", true))
	}
	require.True(t, config.ForOrg(everywhere(r), "BoltX", "k", false))
	require.Equal(t, "none", config.ForOrg(everywhere(r), "BoltX", "absent", "none"))
	for name, ctx := range map[string]context.Context{"BoltX": in(r, "acme"), "none": in(r, "acme"), "none ": everywhere(r), "BoltX ": listed} {
		_, _, err := config.LookupForOrg[bool](ctx, name, "k")
		require.ErrorIs(t, err, tenant.ErrUnknownOrganisation)
		require.NotContains(t, err.Error(), "bolt")
	}
	_, _, err := config.LookupForOrg[bool](listed, "BoltX", "k")
	require.ErrorIs(t, err, tenant.ErrUnknownOrganisation)
	_, _, err = config.LookupForOrg[bool](config.NewContext(background, r), "ACME-X", "k")
	require.ErrorIs(t, err, tenant.ErrNoTenant)
	_, _, err = config.LookupForOrg[bool](in(resolver(t, config.Config{}), "acme"), "ACME-X", "k")
	require.ErrorIs(t, err, config.ErrNoResolver)
}

// What is watched is the value that counts, and every change of it is seen.
func TestWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		key := config.Declare("k", "default")
		r := resolver(t, config.Config{Store: g, Keys: []config.Declaration{key}, RetryAfter: time.Second})
		acme := in(r, "acme")
		ctx, cancel := context.WithCancel(acme)
		var seen []string
		ended := make(chan error, 1)
		go func() { ended <- key.Watch(ctx, func(v string) { seen = append(seen, v) }) }()
		synctest.Wait()
		require.Equal(t, []string{"default"}, seen)
		step := func(want ...string) {
			t.Helper()
			synctest.Wait()
			require.Equal(t, want, seen)
			seen = nil
		}
		seen = nil
		require.NoError(t, r.Set(acme, "k", "own", ""))
		step("own")
		require.NoError(t, r.Set(acme, "k", "own", ""))
		require.NoError(t, r.Set(acme, "other", "own", ""))
		require.NoError(t, r.Set(in(r, "bolt"), "k", "bolt's", ""))
		require.NoError(t, r.Set(everywhere(r), "k", "global", ""))
		step()
		require.NoError(t, r.Delete(acme, "k", ""))
		step("global")
		require.NoError(t, r.Set(everywhere(r), "k", "global 2", ""))
		step("global 2")

		// While the store is down nothing changes; when it is back, it is seen.
		g.set(func(g *gate) { g.err = errDown })
		r.Invalidate("acme", write(t, g.Store, "acme", "k", `"meanwhile"`))
		step()
		g.set(func(g *gate) { g.err = nil })
		time.Sleep(2 * time.Second) // of the bubble's time
		step("meanwhile")

		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
		require.NoError(t, r.Set(acme, "k", "late", ""))
		step()
	})
	key := config.Declare("k", "default")
	require.ErrorIs(t, key.Watch(background, func(string) {}), config.ErrNoResolver)
	r := resolver(t, config.Config{})
	require.ErrorIs(t, key.Watch(in(r, "acme"), func(string) {}), config.ErrUndeclared)
	r = resolver(t, config.Config{Keys: []config.Declaration{key}})
	require.ErrorIs(t, key.Watch(config.NewContext(background, r), func(string) {}), tenant.ErrNoTenant)
}

// What a key answers while the store can not be asked is its own rule.
func TestOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		last := config.Declare("last", "default")
		open := config.Declare("open", "default", config.OnOutage(config.OutageGlobal))
		shut := config.Declare("shut", "default", config.OnOutage(config.OutageRefuse), config.Closed("closed"))
		shared := config.Declare("shared", "default", config.Isolation(tenant.Shared), config.OnOutage(config.OutageRefuse))
		for _, k := range []string{"last", "open", "shut", "shared"} {
			put(t, g.Store, config.Owner{}, k, `"global"`)
			put(t, g.Store, of("acme"), k, `"own"`)
		}
		r := resolver(t, config.Config{Store: g, Keys: []config.Declaration{last, open, shut, shared}, RetryAfter: time.Second, MaxStale: time.Minute})
		acme, bolt := in(r, "acme"), in(r, "bolt")
		require.Equal(t, "own", shut.Get(acme))
		g.set(func(g *gate) { g.err = errDown })
		require.Equal(t, "own", shut.Get(acme), "what is fresh needs no store")

		r.Invalidate("acme", put(t, g.Store, of("acme"), "other", `1`))
		time.Sleep(10 * time.Second) // of the bubble's time
		v, info, err := last.Lookup(acme)
		require.NoError(t, err)
		require.Equal(t, "own", v)
		require.True(t, info.Stale)
		require.Equal(t, 10*time.Second, info.Age)
		require.Equal(t, "own", open.Get(acme))
		require.Equal(t, "closed", shut.Get(acme))
		_, _, err = shut.Lookup(acme)
		require.ErrorIs(t, err, config.ErrUnavailable)
		require.Equal(t, "global", shared.Get(acme), "it does not depend on the tenant's own")

		_, _, err = last.Lookup(bolt)
		require.ErrorIs(t, err, errDown)
		require.Equal(t, "global", open.Get(bolt))
		require.Equal(t, "global", config.Get(bolt, "open", ""))
		require.Equal(t, "closed", shut.Get(bolt))

		time.Sleep(time.Minute)
		_, _, err = last.Lookup(acme)
		require.ErrorIs(t, err, config.ErrUnavailable, "too old")
		require.Equal(t, "global", open.Get(acme))
		g.set(func(g *gate) { g.err = nil })
		time.Sleep(2 * time.Second)
		require.Equal(t, "own", shut.Get(acme))
		_, info, err = last.Lookup(acme)
		require.NoError(t, err)
		require.Zero(t, info.Age)
	})
}

// A tenant whose groups can not be told is one whose settings are not known.
func TestGroupsFail(t *testing.T) {
	t.Parallel()
	key := config.Declare("k", "default", config.Closed("closed"))
	r := resolver(t, config.Config{
		Keys:   []config.Declaration{key},
		Groups: func(context.Context, tenant.ID) ([]string, error) { return nil, errDown },
	})
	_, _, err := key.Lookup(in(r, "acme"))
	require.ErrorIs(t, err, errDown)
	require.Equal(t, "closed", key.Get(in(r, "acme")))
	require.ErrorIs(t, r.Set(in(r, "acme"), "k", "v", ""), errDown)
}
