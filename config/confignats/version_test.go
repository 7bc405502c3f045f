package confignats_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// The version that a look-up tells is the one that a write can require.
func TestVersionOfALookUp(t *testing.T) {
	t.Parallel()
	s, _, _ := newStore(t)
	r, err := config.NewResolver(config.Config{Store: s, LoadTimeout: patience})
	require.NoError(t, err)
	acme := config.NewContext(tenant.WithID(t.Context(), "acme"), r)
	number, err := r.Update(acme, "", config.Put("k", 1).IfVersion(0))
	require.NoError(t, err)
	_, info, err := config.Lookup[int](acme, "k")
	require.NoError(t, err)
	require.Equal(t, number, info.Version)
	_, err = r.Update(acme, "", config.Put("k", 2).IfVersion(info.Version))
	require.NoError(t, err)
	_, err = r.Update(acme, "", config.Put("k", 3).IfVersion(info.Version))
	require.ErrorIs(t, err, config.ErrConflict)
}
