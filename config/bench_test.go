package config_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

type depthKey int

// warm returns a context of a tenant with 5 values of its own among 200, as
// deep as a request's usually is, whose settings are in memory.
func warm(tb testing.TB, keys ...config.Declaration) context.Context {
	tb.Helper()
	ctx := context.Background()
	store := config.NewMemoryStore()
	r, err := config.NewResolver(config.Config{Store: store, Keys: keys})
	require.NoError(tb, err)
	for i := range 200 {
		require.NoError(tb, r.Set(tenant.Global(ctx), fmt.Sprintf("text.%03d", i), "global", ""))
	}
	reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme"})
	require.NoError(tb, err)
	record, _, err := reg.ByID(ctx, "acme")
	require.NoError(tb, err)
	ctx = config.NewContext(tenant.NewContext(ctx, record), r)
	for i := range 5 {
		require.NoError(tb, r.Set(ctx, fmt.Sprintf("text.%03d", i*40), "own", ""))
	}
	require.NoError(tb, r.Set(ctx, "flag", true, ""))
	require.NoError(tb, r.Set(ctx, "number", 30, ""))
	for i := range 4 {
		ctx = context.WithValue(ctx, depthKey(i), i)
	}
	require.Equal(tb, "own", config.Get(ctx, "text.040", ""))
	require.Equal(tb, "global", config.Get(ctx, "text.041", ""))
	return ctx
}

// A read from memory does not allocate.
func TestGetDoesNotAllocate(t *testing.T) {
	size := config.Declare("size", 20)
	name := config.Declare("name", "nobody")
	ctx := warm(t, size, name)
	withID := config.NewContext(tenant.WithID(context.Background(), "acme"), resolver(t, config.Config{}))
	for what, read := range map[string]func(){
		"own text":         func() { config.Get(ctx, "text.040", "") },
		"global text":      func() { config.Get(ctx, "text.041", "") },
		"no text":          func() { config.Get(ctx, "absent", "default") },
		"bool":             func() { config.Get(ctx, "flag", false) },
		"int":              func() { config.Get(ctx, "number", 0) },
		"float":            func() { config.Get(ctx, "number", 0.0) },
		"declared int":     func() { size.Get(ctx) },
		"declared text":    func() { name.Get(ctx) },
		"look-up":          func() { _, _, _ = config.Lookup[string](ctx, "text.040") },
		"without a record": func() { config.Get(withID, "absent", 1) },
		"without a tenant": func() { config.Get(context.Background(), "absent", 1) },
	} {
		read()
		require.Zero(t, testing.AllocsPerRun(100, read), what)
	}
}

// BenchmarkGet compares a read with its floor: the value from the context, then
// one look-up in a map.
func BenchmarkGet(b *testing.B) {
	key := config.Declare("declared", "default")
	ctx := warm(b, key)
	floor := map[string]string{}
	for i := range 200 {
		floor[fmt.Sprintf("text.%03d", i)] = "global"
	}
	type floorKey struct{}
	floorCtx := context.WithValue(context.Background(), floorKey{}, floor)
	for i := range 4 {
		floorCtx = context.WithValue(floorCtx, depthKey(i), i)
	}
	var sink string
	for name, read := range map[string]func(){
		"floor":    func() { sink = floorCtx.Value(floorKey{}).(map[string]string)["text.041"] },
		"own":      func() { sink = config.Get(ctx, "text.040", "") },
		"global":   func() { sink = config.Get(ctx, "text.041", "") },
		"absent":   func() { sink = config.Get(ctx, "absent", "") },
		"declared": func() { sink = key.Get(ctx) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				read()
			}
		})
	}
	_ = sink
}

// BenchmarkGetParallel reads one tenant's settings on all processors.
func BenchmarkGetParallel(b *testing.B) {
	ctx := warm(b)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			config.Get(ctx, "text.040", "")
		}
	})
}
