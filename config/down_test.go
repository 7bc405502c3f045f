package config_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

var errDown = errors.New("connection refused")

const never = time.Hour // a RetryAfter that no test sees the end of

func TestStoreDown(t *testing.T) {
	t.Parallel()
	key := config.Declare("k", "default")
	shut := config.Declare("shut", "default", config.Closed("closed"))
	shared := config.Declare("shared", "default", config.Isolation(tenant.Shared))
	keys := []config.Declaration{key, shut, shared}

	t.Run("the last that was known, until it is back", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g := newGate()
			r := resolver(t, config.Config{Store: g, Keys: keys, RetryAfter: 10 * time.Second})
			acme := in(r, "acme")
			write(t, g.Store, "acme", "k", `"old"`)
			write(t, g.Store, "", "shared", `"old"`)
			require.Equal(t, "old", key.Get(acme))
			require.Equal(t, "old", shared.Get(acme))

			g.set(func(g *gate) { g.err = errDown })
			n := write(t, g.Store, "acme", "k", `"new"`)
			require.Equal(t, "old", key.Get(acme))
			_, info, err := key.Lookup(acme)
			require.NoError(t, err)
			require.False(t, info.Stale, "nothing newer is known of")
			r.Invalidate("acme", n)
			v, info, err := key.Lookup(acme)
			require.NoError(t, err)
			require.Equal(t, "old", v)
			require.True(t, info.Stale)
			require.Equal(t, config.LayerTenant, info.Layer)
			v, info, err = shut.Lookup(acme)
			require.NoError(t, err)
			require.Equal(t, "default", v, "that it has no value of its own is known from earlier too")
			require.True(t, info.Stale, "but may have changed")
			_, info, err = shared.Lookup(acme)
			require.NoError(t, err)
			require.False(t, info.Stale, "a shared key does not depend on the tenant's")
			require.Equal(t, config.Stats{Tenants: 1}, r.Stats(), "a stale answer is an answer")

			loads := g.count("acme")
			time.Sleep(9 * time.Second)
			require.Equal(t, "old", key.Get(acme))
			require.Equal(t, loads, g.count("acme"), "a store that is down is left alone for a while")
			time.Sleep(time.Second)
			require.Equal(t, "old", key.Get(acme))
			require.Equal(t, loads+1, g.count("acme"), "and then asked once")

			g.set(func(g *gate) { g.err = nil })
			time.Sleep(10 * time.Second)
			v, info, err = key.Lookup(acme)
			require.NoError(t, err)
			require.Equal(t, "new", v)
			require.False(t, info.Stale)
		})
	})
	t.Run("a tenant that was never loaded", func(t *testing.T) {
		t.Parallel()
		g := newGate()
		r := resolver(t, config.Config{Store: g, Keys: keys, RetryAfter: never})
		write(t, g.Store, "", "k", `"global"`)
		write(t, g.Store, "", "shared", `"global"`)
		require.Equal(t, "global", key.Get(everywhere(r)), "what all share is known")
		g.set(func(g *gate) { g.err = errDown })
		acme := in(r, "acme")
		for range 3 {
			_, info, err := key.Lookup(acme)
			require.ErrorIs(t, err, config.ErrUnavailable)
			require.ErrorIs(t, err, errDown, "the store's own error")
			require.Equal(t, config.Info{}, info)
		}
		require.Equal(t, "default", key.Get(acme), "the global value might not be this tenant's")
		require.Equal(t, "closed", shut.Get(acme))
		require.Equal(t, "call", config.Get(acme, "k", "call"))
		require.Equal(t, "closed", config.Get(acme, "shut", "call"))
		require.Equal(t, "global", shared.Get(acme))
		require.Equal(t, "global", config.Get(acme, "shared", "call"))
		require.Equal(t, config.Stats{Unavailable: 4, Tenants: 1}, r.Stats())
		require.Equal(t, 1, g.count("acme"), "a store that is down is left alone for a while")
	})
	t.Run("nothing was ever loaded", func(t *testing.T) {
		t.Parallel()
		g := newGate()
		g.err = errDown
		r := resolver(t, config.Config{Store: g, Keys: keys})
		_, _, err := shared.Lookup(in(r, "acme"))
		require.ErrorIs(t, err, errDown)
		_, _, err = key.Lookup(everywhere(r))
		require.ErrorIs(t, err, errDown)
		require.Equal(t, "closed", shut.Get(everywhere(r)))
	})
	t.Run("only the global settings fail", func(t *testing.T) {
		t.Parallel()
		g := newGate()
		write(t, g.Store, "acme", "k", `"own"`)
		r := resolver(t, config.Config{Store: globalDown{g}, Keys: keys})
		_, _, err := key.Lookup(in(r, "acme"))
		require.ErrorIs(t, err, errDown, "a global value that is not known may be forced")
		_, _, err = shut.Lookup(in(r, "acme"))
		require.ErrorIs(t, err, errDown)
	})
	t.Run("a replica that lags", func(t *testing.T) {
		t.Parallel()
		g := newGate()
		r := resolver(t, config.Config{Store: g, RetryAfter: never})
		acme := in(r, "acme")
		write(t, g.Store, "acme", "k", `"old"`)
		require.Equal(t, "old", config.Get(acme, "k", ""))
		g.set(func(g *gate) { g.behind = 1 })
		r.Invalidate("acme", 2)
		for range 3 {
			v, info, err := config.Lookup[string](acme, "k")
			require.NoError(t, err)
			require.Equal(t, "old", v)
			require.True(t, info.Stale, "a change was announced that is not in it")
		}
		require.Equal(t, 2, g.count("acme"), "it is not asked again at every read")
	})
}

// globalDown is a store whose global settings can not be had.
type globalDown struct{ config.Store }

func (s globalDown) Load(ctx context.Context, o config.Owner) ([]config.Setting, int64, error) {
	if o.Tenant == "" {
		return nil, 0, errDown
	}
	return s.Store.Load(ctx, o)
}
