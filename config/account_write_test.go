package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
)

// TestAccountReadsItsWrite: at once, also after a write of which it is not
// known whether it got through.
func TestAccountReadsItsWrite(t *testing.T) {
	t.Parallel()
	mine := config.Declare("mine", 0, config.PerAccount())
	store := &lossy{Store: config.NewMemoryStore()}
	r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{mine}})
	ctx := ann(in(r, "acme"))
	require.Zero(t, mine.Get(ctx))
	_, err := r.Account().Update(ctx, "", mine.Put(1))
	require.NoError(t, err)
	require.Equal(t, 1, mine.Get(ctx))
	store.broken = true
	_, err = r.Account().Update(ctx, "", mine.Put(2))
	require.Error(t, err)
	store.broken = false
	require.Equal(t, 2, mine.Get(ctx))
	require.Zero(t, mine.Get(in(r, "acme")), "nobody else")
}
