package config

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

// TestResealedIsTheSame: under the new key and alone with it, the value is the
// one that was set, for its owner and name.
func TestResealedIsTheSame(t *testing.T) {
	t.Parallel()
	ring := func(ids ...string) *Keyring {
		keys := map[string][]byte{}
		for _, id := range ids {
			keys[id] = []byte(strings.Repeat(id, 16))
		}
		k, err := NewKeyring(ids[0], keys)
		require.NoError(t, err)
		return k
	}
	store := NewMemoryStore()
	text := Declare("text", "", Sealed())
	settings := func(k *Keyring) *Resolver {
		r, err := NewResolver(Config{Store: store, Keys: []Declaration{text}, Keyring: k})
		require.NoError(t, err)
		return r
	}
	ctx := tenant.WithID(context.Background(), "acme")
	global := tenant.Global(context.Background())
	old := settings(ring("k1"))
	require.NoError(t, old.Set(ctx, "text", "first", ""))
	require.NoError(t, old.Set(ctx, "text", "second", ""))
	_, err := old.Group("gold").Update(global, "", text.Put("of gold"))
	require.NoError(t, err)

	both := settings(ring("k2", "k1"))
	n, err := both.Reseal(ctx, "")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	n, err = both.Group("gold").Reseal(global, "")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	alone := ring("k2")
	opens := func(owner Owner, want string) {
		t.Helper()
		have, err := both.stored(ctx, owner)
		require.NoError(t, err)
		plain, err := alone.open(owner, "text", string(have["text"].Value))
		require.NoError(t, err)
		require.Equal(t, want, plain)
	}
	opens(Owner{Tenant: "acme"}, `"second"`)
	opens(Owner{Group: "gold"}, `"of gold"`)
	require.NoError(t, both.Rollback(ctx, "text", 1, ""))
	opens(Owner{Tenant: "acme"}, `"first"`)
}
