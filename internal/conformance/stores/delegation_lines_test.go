package stores_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

func Test_C7_ManagersHaveTheirRole(t *testing.T) {
	eachCompany(t, func(c *company) {
		node, _, err := c.tree.ByInstance(c.in("acme"), "acme", ctxtree.LevelTenant, "acme")
		require.NoError(c, err)
		ann := c.member("acme", "ann")
		c.can(ann, "user:add", node, false)

		c.managing("acme", "ann")
		c.can(ann, "user:add", node, true)
		c.can(ann, "course:edit", c.course["acme"], true)
		c.can(ann, "course:edit", c.course["bolt"], false)
		c.can(ann, "site:config", companySystem, false)
		require.Contains(c, c.kinds("acme"), member.ManagerAdded)

		// A global account manages several tenants (C8).
		gil := tenant.Actor{ID: "gil"}
		c.managing("acme", "gil")
		c.managing("bolt", "gil")
		for _, id := range []tenant.ID{"acme", "bolt"} {
			c.can(tenant.WithActor(c.in(id), gil), "course:edit", c.course[id], true)
		}

		// By hand nobody takes it away, not even the platform's staff; what was
		// given by hand stays when the management ends.
		root := tenant.WithActor(c.in("acme"), tenant.Actor{ID: "root"})
		require.NoError(c, c.roles.Unassign(root, node.ID, byHand(c.ids["boss"], "ann")))
		c.can(ann, "user:add", node, true)
		require.ErrorIs(c, c.roles.Unassign(root, node.ID, rbac.Assignment{Role: c.ids["boss"], User: "ann", Component: rbac.ManagersComponent}), rbac.ErrComponent)
		require.NoError(c, c.roles.Assign(root, c.course["acme"].ID, byHand(c.ids["teacher"], "ann")))
		require.NoError(c, c.dir.RemoveManager(tenant.Global(c.Context()), "acme", "ann", "test"))
		c.checker.Invalidate("acme", 0)
		c.can(ann, "user:add", node, false)
		c.can(ann, "course:edit", c.top["acme"], false)
		c.can(ann, "course:edit", c.course["acme"], true)

		// Repaired after somebody has meddled with the tables.
		held := rbac.Filter{Role: c.ids["boss"]}
		want, err := c.store.Assignments(c.in("acme"), "acme", held)
		require.NoError(c, err)
		require.Len(c, want, 2, "gil's, on the tenant's node and on the top category")
		_, err = c.store.UnassignAll(c.in("acme"), "acme", held)
		require.NoError(c, err)
		require.NoError(c, c.store.Assign(c.in("acme"), node, rbac.Assignment{Role: c.ids["boss"], User: "bob", Component: rbac.ManagersComponent}))
		require.NoError(c, c.sync.Sync(c.in("acme"), "acme"))
		got, err := c.store.Assignments(c.in("acme"), "acme", held)
		require.NoError(c, err)
		require.Equal(c, want, got)
	})
}

// A tenant's administrator is not the platform's, and neither is the other.
func Test_A15_TenantAdministratorsAreNotStaff(t *testing.T) {
	eachCompany(t, func(c *company) {
		c.managing("acme", "ann")
		ann := c.member("acme", "ann")
		for name, fn := range map[string]func() error{
			"resets a role":  func() error { return c.roles.ResetRole(ann, c.ids["teacher"]) },
			"deletes a role": func() error { return c.roles.DeleteRole(ann, c.ids["teacher"]) },
			"redefines a role": func() error {
				return c.roles.Override(ann, ctxtree.SystemID, c.ids["teacher"], "site:config", rbac.Allow)
			},
			"makes an administrator":     func() error { return c.roles.SetSiteAdmin(ann, "gus", true) },
			"gives a role on the system": func() error { return c.roles.Assign(ann, ctxtree.SystemID, byHand(c.ids["student"], "ann")) },
		} {
			require.ErrorIs(c, fn(), ctxtree.ErrNoNode, name)
		}
		require.ErrorIs(c, c.roles.Assign(ann, c.top["acme"].ID, byHand(c.ids["manager"], "amy")), rbac.ErrDenied)
		require.ErrorIs(c, c.roles.Assign(ann, c.top["acme"].ID, byHand(c.ids["boss"], "amy")), rbac.ErrDenied)

		// The two are kept apart from both sides.
		require.ErrorIs(c, c.roles.SetSiteAdmin(c.root, "ann", true), rbac.ErrMember)
		require.NoError(c, c.roles.SetSiteAdmin(c.root, "gus", true))
		require.ErrorIs(c, c.dir.Allocate(tenant.Global(c.Context()), "gus", "acme", "", "test"), member.ErrAdministrator)
		require.NoError(c, c.roles.SetSiteAdmin(c.root, "gus", false))
		require.NoError(c, c.dir.Allocate(tenant.Global(c.Context()), "gus", "acme", "", "test"))
		require.ErrorIs(c, c.roles.SetSiteAdmin(c.root, "gus", true), rbac.ErrMember)
		c.can(c.root, "site:config", companySystem, true)
	})
}

// Inside a tenant what works per node works, with ordinary roles and
// capabilities.
func Test_B16_C2_RolesWorkInsideATenant(t *testing.T) {
	eachCompany(t, func(c *company) {
		c.managing("acme", "ann")
		ann, amy := c.member("acme", "ann"), c.member("acme", "amy")
		assignable, err := c.roles.Assignable(ann, c.course["acme"].ID)
		require.NoError(c, err)
		require.Len(c, assignable, 2)
		require.NoError(c, c.roles.Assign(ann, c.course["acme"].ID, byHand(c.ids["teacher"], "amy")))
		c.can(amy, "course:edit", c.course["acme"], true)
		require.NoError(c, c.roles.Override(ann, c.top["acme"].ID, c.ids["teacher"], "course:edit", rbac.Prevent))
		c.can(amy, "course:edit", c.course["acme"], false)
		require.NoError(c, c.roles.Override(ann, c.course["acme"].ID, c.ids["teacher"], "course:edit", rbac.Allow))
		c.can(amy, "course:edit", c.course["acme"], true)
		require.NoError(c, c.roles.Unassign(ann, c.course["acme"].ID, byHand(c.ids["teacher"], "amy")))
		c.can(amy, "course:edit", c.course["acme"], false)
		require.Equal(c, []string{rbac.RoleAssigned, rbac.RoleOverridden, rbac.RoleOverridden, rbac.RoleUnassigned}, last(c.kinds("acme"), 4))
		require.NotContains(c, c.kinds("bolt"), rbac.RoleAssigned)
	})
}

func last(all []string, n int) []string { return all[max(0, len(all)-n):] }

// Neither side reaches the other's categories and courses, for writing either,
// and only those who have to do with a tenant are given roles in it (C12).
func Test_C9_B6_WritesStayInside(t *testing.T) {
	eachCompany(t, func(c *company) {
		c.managing("acme", "ann")
		ann := c.member("acme", "ann")
		// Whatever stands there: rows may be older than the membership.
		require.NoError(c, c.store.Assign(c.in("bolt"), c.top["bolt"], byHand(c.ids["manager"], "ann")))
		before, _, err := c.store.Load(tenant.AcrossAll(c.Context(), "test"), "bolt")
		require.NoError(c, err)
		told := len(c.kinds("bolt"))
		for name, fn := range map[string]func() error{
			"assign":   func() error { return c.roles.Assign(ann, c.course["bolt"].ID, byHand(c.ids["teacher"], "bob")) },
			"unassign": func() error { return c.roles.Unassign(ann, c.top["bolt"].ID, byHand(c.ids["manager"], "ann")) },
			"override": func() error {
				return c.roles.Override(ann, c.course["bolt"].ID, c.ids["teacher"], "course:edit", rbac.Allow)
			},
			"nowhere": func() error { return c.roles.Assign(ann, 1<<40, byHand(c.ids["teacher"], "amy")) },
		} {
			require.EqualError(c, fn(), "rbac: there is no such node", name)
		}
		in := tenant.WithActor(c.in("bolt"), tenant.Actor{ID: "ann", Tenant: "acme"})
		require.ErrorIs(c, c.roles.Assign(in, c.course["bolt"].ID, byHand(c.ids["teacher"], "bob")), ctxtree.ErrNoNode)
		after, _, err := c.store.Load(tenant.AcrossAll(c.Context(), "test"), "bolt")
		require.NoError(c, err)
		require.Equal(c, before, after)
		require.Len(c, c.kinds("bolt"), told)

		// Another tenant's member, somebody who does not exist and somebody with
		// nothing to do there are the same to a tenant.
		for _, user := range []string{"bob", "ghost", "gil"} {
			err := c.roles.Assign(ann, c.course["acme"].ID, byHand(c.ids["teacher"], user))
			require.Equal(c, rbac.ErrNoCandidate, err, user)
		}
	})
}
