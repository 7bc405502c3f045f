package config

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

// Not parallel: no other test of this package runs while the process has a
// default.
func TestSetDefault(t *testing.T) {
	t.Cleanup(func() { process.Store(nil) })
	make := func(value string) *Resolver {
		r, err := NewResolver(Config{Store: NewMemoryStore(), Base: map[string]any{"k": value}})
		require.NoError(t, err)
		return r
	}
	ctx := tenant.WithID(context.Background(), "acme")
	require.ErrorIs(t, SetDefault(nil), ErrNoResolver)
	require.Equal(t, "call", Get(ctx, "k", "call"))
	require.NoError(t, SetDefault(make("first")))
	require.Equal(t, "first", Get(ctx, "k", "call"))
	require.ErrorIs(t, SetDefault(make("second")), ErrDefaultSet)
	require.Equal(t, "first", Get(ctx, "k", "call"))
	require.Equal(t, "own", Get(NewContext(ctx, make("own")), "k", "call"), "the context's comes first")

	reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme"})
	require.NoError(t, err)
	record, _, err := reg.ByID(ctx, "acme")
	require.NoError(t, err)
	ctx = tenant.NewContext(context.Background(), record)
	for range 2 { // each leaves in the record what it read, and takes nobody else's
		require.Equal(t, "own", Get(NewContext(ctx, make("own")), "k", "call"))
		require.Equal(t, "first", Get(ctx, "k", "call"))
		require.Equal(t, "first", Get(ctx, "k", "call"))
	}
	require.Equal(t, "call", Get(context.Background(), "k", "call"), "a default resolver is no default tenant")
	_, _, err = Lookup[string](context.Background(), "k")
	require.ErrorIs(t, err, tenant.ErrNoTenant)
}

func TestLayerString(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"none", "default", "base", "global", "tenant", "Layer(9)"},
		[]string{LayerNone.String(), LayerDefault.String(), LayerBase.String(), LayerGlobal.String(), LayerTenant.String(), Layer(9).String()})
}
