package rbac

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// TestAdmitsByHomeAlone: the rule about members does not lean on the one about
// contexts. Were the context's reach ever wrong, a member would still be held.
func TestAdmitsByHomeAlone(t *testing.T) {
	t.Parallel()
	everything, err := ctxtree.ReachOf(tenant.AcrossAll(context.Background(), "test"))
	require.NoError(t, err)
	member := subject{user: "ann", home: "acme"}
	for _, wall := range []Wall{Strict, Shared} {
		for _, sc := range []scene{{reach: everything}, {reach: everything, in: "acme"}} {
			require.True(t, wall.admits(sc, member, ctxtree.Node{ID: 2, Tenant: "acme"}))
			require.False(t, wall.admits(sc, member, ctxtree.Node{ID: 3, Tenant: "bolt"}))
			require.Equal(t, wall == Shared, wall.admits(sc, member, ctxtree.Node{ID: 1}))
		}
		require.False(t, wall.admits(scene{reach: everything, across: true}, member, ctxtree.Node{ID: 2, Tenant: "acme"}))
		require.False(t, wall.admits(scene{in: "acme"}, member, ctxtree.Node{ID: 2, Tenant: "acme"}), "no reach")
	}
}
