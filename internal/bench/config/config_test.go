// Package config_test measures what it costs to read a setting.
package config_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/viper"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// 200 settings, 5 of which the tenant has set itself; this is one of the 5.
const (
	settings = 200
	asked    = "section.key.040"
	global   = "global"
	own      = "own"
)

var depths = []int{1, 5, 10}

var asKey = config.Declare(asked, "")

func name(i int) string { return fmt.Sprintf("section.key.%03d", i) }

// settled returns the context of a request whose settings are in memory.
func settled(b *testing.B, depth int) context.Context {
	ctx := context.Background()
	r, err := config.NewResolver(config.Config{Store: config.NewMemoryStore(), Keys: []config.Declaration{asKey}})
	require.NoError(b, err)
	for i := range settings {
		require.NoError(b, r.Set(tenant.Global(ctx), name(i), global, ""))
	}
	reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme"})
	require.NoError(b, err)
	record, _, err := reg.ByID(ctx, "acme")
	require.NoError(b, err)
	ctx = config.NewContext(tenant.NewContext(ctx, record), r)
	for i := range 5 {
		require.NoError(b, r.Set(ctx, name(i*40), own, ""))
	}
	require.Equal(b, own, config.Get(ctx, asked, ""))
	require.Equal(b, global, config.Get(ctx, name(41), ""))
	return under(ctx, depth)
}

type layerKey int

// under returns ctx below depth-1 values of other packages.
func under(ctx context.Context, depth int) context.Context {
	for i := range depth - 1 {
		ctx = context.WithValue(ctx, layerKey(i), i)
	}
	return ctx
}

type (
	floorKey    struct{}
	floorValues struct {
		byName map[string]string
		bySlot []string
	}
)

// bare returns a context from which the floors read.
func bare(depth int) context.Context {
	f := &floorValues{byName: map[string]string{}, bySlot: make([]string, settings)}
	for i := range settings {
		f.byName[name(i)], f.bySlot[i] = global, global
	}
	f.byName[asked], f.bySlot[40] = own, own
	return under(context.WithValue(context.Background(), floorKey{}, f), depth)
}

func check(b *testing.B, got string) {
	if got != own {
		b.Fatalf("got %q", got)
	}
}

// BenchmarkGet: the floor is one ctx.Value and one look-up in a map of strings.
// The peers read from one flat set of settings, without a context or a tenant.
func BenchmarkGet(b *testing.B) {
	for _, depth := range depths {
		b.Run(fmt.Sprintf("depth=%d/floor", depth), func(b *testing.B) {
			ctx := bare(depth)
			for b.Loop() {
				check(b, ctx.Value(floorKey{}).(*floorValues).byName[asked])
			}
		})
		b.Run(fmt.Sprintf("depth=%d/ours", depth), func(b *testing.B) {
			ctx := settled(b, depth)
			for b.Loop() {
				check(b, config.Get(ctx, asked, ""))
			}
		})
	}
	b.Run("depth=5/viper", func(b *testing.B) {
		v := viper.New()
		require.NoError(b, v.MergeConfigMap(flat()))
		for b.Loop() {
			check(b, v.GetString(asked))
		}
	})
	b.Run("depth=5/koanf", func(b *testing.B) {
		k := koanf.New(".")
		require.NoError(b, k.Load(confmap.Provider(flat(), "."), nil))
		for b.Loop() {
			check(b, k.String(asked))
		}
	})
}

// flat returns the settings in the nested form that the peers load files into.
func flat() map[string]any {
	keys := map[string]any{}
	for i := range settings {
		keys[fmt.Sprintf("%03d", i)] = global
	}
	keys["040"] = own
	return map[string]any{"section": map[string]any{"key": keys}}
}

// BenchmarkKeyGet: the floor is one ctx.Value and one index into a slice.
func BenchmarkKeyGet(b *testing.B) {
	for _, depth := range depths {
		b.Run(fmt.Sprintf("depth=%d/floor", depth), func(b *testing.B) {
			ctx := bare(depth)
			for b.Loop() {
				check(b, ctx.Value(floorKey{}).(*floorValues).bySlot[40])
			}
		})
		b.Run(fmt.Sprintf("depth=%d/ours", depth), func(b *testing.B) {
			ctx := settled(b, depth)
			for b.Loop() {
				check(b, asKey.Get(ctx))
			}
		})
	}
}
