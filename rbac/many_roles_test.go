package rbac_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// Who has more roles than can be compiled has all of them: each of these gives
// something that no other one does.
func TestManyRoles(t *testing.T) {
	t.Parallel()
	const many = 100
	levels, err := ctxtree.NewLevels()
	require.NoError(t, err)
	tree, roles := ctxtree.NewMemory(levels), rbac.NewMemory()
	all := tenant.AcrossAll(context.Background(), "test")
	top, err := tree.Create(all, ctxtree.Spec{Parent: ctxtree.SystemID, Level: ctxtree.LevelTenant, Instance: "acme"})
	require.NoError(t, err)

	var capabilities []rbac.Capability
	for i := range many {
		capabilities = append(capabilities, rbac.Capability{Name: fmt.Sprintf("do:%d", i)})
	}
	checker, err := rbac.NewChecker(rbac.Config{Tree: tree, Store: roles, Capabilities: capabilities})
	require.NoError(t, err)
	for i, c := range capabilities {
		role, err := roles.DefineRole(all, rbac.Role{Name: fmt.Sprintf("role-%d", i)})
		require.NoError(t, err)
		require.NoError(t, roles.SetPermission(all, ctxtree.Node{ID: ctxtree.SystemID}, role.ID, c.Name, rbac.Allow))
		require.NoError(t, roles.Assign(all, top, rbac.Assignment{Role: role.ID, User: "ann"}))
		if i%2 == 0 {
			require.NoError(t, roles.Assign(all, top, rbac.Assignment{Role: role.ID, User: "bob"}))
		}
	}
	ask := func(user string) context.Context {
		return checker.NewContext(tenant.WithActor(tenant.WithID(context.Background(), "acme"), tenant.Actor{ID: user, Tenant: "acme"}))
	}
	ann, bob := ask("ann"), ask("bob")
	for i, c := range capabilities {
		require.True(t, checker.Can(ann, c.Name, top.ID), c.Name)
		require.Equal(t, i%2 == 0, checker.Can(bob, c.Name, top.ID), c.Name)
	}
}
