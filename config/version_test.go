package config_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
)

// numbered is a store whose numbers are as high as they can be, as one is that
// begins to count at the time of the day.
type numbered struct{ *config.MemoryStore }

const highest = 1<<46 - 1

func (n numbered) Load(ctx context.Context, o config.Owner) ([]config.Setting, int64, error) {
	settings, _, err := n.MemoryStore.Load(ctx, o)
	for i := range settings {
		settings[i].Version = highest - settings[i].Version
	}
	return settings, highest, err
}

// What is packed for memory comes out as it was: versions, layers and places.
func TestHighVersions(t *testing.T) {
	t.Parallel()
	var keys []config.Declaration
	for i := range 300 {
		keys = append(keys, config.Declare("k."+string(rune('a'+i/26))+string(rune('a'+i%26)), i))
	}
	store := numbered{config.NewMemoryStore()}
	r := resolver(t, config.Config{Store: store, Keys: keys})
	for i, k := range keys {
		put(t, store, of("acme"), k.Name(), "-1")
		if i%2 == 0 {
			put(t, store, config.Owner{}, "!"+k.Name(), "-2")
		}
	}
	global := int64(0)
	for i, k := range keys {
		v, info, err := config.Lookup[int](in(r, "acme"), k.Name())
		require.NoError(t, err)
		want := config.Info{Found: true, Layer: config.LayerTenant, Version: highest - int64(i+1)}
		if i%2 == 0 {
			global++
			want = config.Info{Found: true, Layer: config.LayerGlobal, Forced: true, Version: highest - global}
			require.Equal(t, -2, v)
		} else {
			require.Equal(t, -1, v)
		}
		require.Equal(t, want, info, k.Name())
	}
}
