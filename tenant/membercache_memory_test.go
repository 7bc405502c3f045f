package tenant

import (
	"context"
	"runtime"
	"testing"
	"weak"

	"github.com/stretchr/testify/require"
)

// TestMemberCacheHoldsNoRecord: the id in a record is a part of what the registry
// keeps of the tenant, which has to go when the registry lets go of it.
func TestMemberCacheHoldsNoRecord(t *testing.T) {
	t.Parallel()
	backing, err := NewMemoryRegistry(Tenant{ID: "acme"}, Tenant{ID: "bolt"})
	require.NoError(t, err)
	reg := NewCachedRegistry(backing, CacheConfig{Tenants: 1})
	members, err := NewMemberCache(func(context.Context, Actor, ID) (bool, error) { return true, nil }, MemberCacheConfig{})
	require.NoError(t, err)
	record := func(id ID) *Tenant {
		found, ok, err := reg.ByID(t.Context(), id)
		require.NoError(t, err)
		require.True(t, ok)
		return found
	}
	// The account's tenant comes from a record too, where the application looks it up.
	acme := record("acme")
	_, err = members.Members(t.Context(), Actor{ID: "ann", Tenant: acme.ID}, acme.ID)
	require.NoError(t, err)
	_, err = members.Members(t.Context(), Actor{}, acme.ID)
	require.NoError(t, err)
	kept := weak.Make(acme)
	record("bolt")
	acme = nil
	for range 3 {
		runtime.GC()
	}
	require.Nil(t, kept.Value())
	runtime.KeepAlive(reg)
	runtime.KeepAlive(members)
}
