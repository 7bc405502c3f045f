package stores_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// A manager has the role by being one, at the tenant's node and at its top
// category; a global account in several tenants.
func Test_C07_C08_ManagersHaveTheirRole(t *testing.T) {
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

		// A global account manages several tenants.
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
func Test_B16_C02_RolesWorkInsideATenant(t *testing.T) {
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
// and only those who have to do with a tenant are given roles in it.
func Test_B06_C09_C12_WritesStayInside(t *testing.T) {
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

// Managers manage the members of their tenant, and administrators the global
// accounts: what the application's handlers do, which ask for the capability and
// then change.
func Test_C05_WhoManagesWhom(t *testing.T) {
	eachCompany(t, func(c *company) {
		c.managing("acme", "ann")
		add := func(ctx context.Context, at ctxtree.Node, account string) error {
			if err := c.checker.Check(ctx, "user:add", at.ID); err != nil {
				return err
			}
			_, err := c.dir.AddMember(ctx, "", member.NewAccount{ID: account, UserName: account})
			return err
		}
		addGlobal := func(ctx context.Context, account string) error {
			if err := c.checker.Check(ctx, "site:config", ctxtree.SystemID); err != nil {
				return err
			}
			_, err := c.dir.AddGlobal(ctx, member.NewAccount{ID: account, UserName: account})
			return err
		}
		node := map[tenant.ID]ctxtree.Node{}
		for _, id := range []tenant.ID{"acme", "bolt"} {
			n, _, err := c.tree.ByInstance(c.in(id), id, ctxtree.LevelTenant, string(id))
			require.NoError(c, err)
			node[id] = n
		}
		ann := c.member("acme", "ann")
		require.NoError(c, add(ann, node["acme"], "new"))
		require.NoError(c, c.dir.Suspend(ann, "new", "test"))
		require.NoError(c, c.dir.Resume(ann, "new", "test"))
		require.NoError(c, c.dir.Remove(ann, "new", "test"))
		require.ErrorIs(c, add(c.member("acme", "amy"), node["acme"], "other"), rbac.ErrDenied, "a member who manages nothing")
		require.Error(c, add(ann, node["bolt"], "other"))
		require.ErrorIs(c, addGlobal(ann, "other"), rbac.ErrDenied)
		_, err := c.dir.AddGlobal(ann, member.NewAccount{ID: "other", UserName: "other"})
		require.ErrorIs(c, err, member.ErrCentral, "nor without being asked for a capability")
		for _, global := range []string{"gus", "root"} {
			require.ErrorIs(c, c.dir.Suspend(ann, global, "test"), member.ErrUnknownAccount)
			require.ErrorIs(c, c.dir.Remove(ann, global, "test"), member.ErrUnknownAccount)
		}

		require.NoError(c, addGlobal(c.root, "other"))
		require.NoError(c, c.dir.Suspend(c.root, "other", "test"))
		require.ErrorIs(c, addGlobal(tenant.WithActor(tenant.Global(c.Context()), tenant.Actor{ID: "gus"}), "third"), rbac.ErrDenied)
		account, err := c.dir.Account(c.root, "other")
		require.NoError(c, err)
		require.Empty(c, account.Tenant)
		require.True(c, account.Suspended)
	})
}

// Who is associated with tenants is seen in the courses of each of them, and may do
// nothing there but by a role that somebody gives, in that one place.
func Test_C06_AssociatedHaveNoRights(t *testing.T) {
	eachCompany(t, func(c *company) {
		office := tenant.Global(c.Context())
		cohort, err := c.dir.CreateCohort(office, "", "trainers")
		require.NoError(c, err)
		for _, id := range []tenant.ID{"acme", "bolt"} {
			require.NoError(c, c.dir.SetAssociated(office, id, cohort.ID, "test"))
		}
		require.NoError(c, c.dir.AddToCohort(office, cohort.ID, "gus", "test"))
		gus := tenant.Actor{ID: "gus"}
		nothing := func(id tenant.ID, except ctxtree.Node) {
			c.Helper()
			ctx := tenant.WithActor(c.in(id), gus)
			node, _, err := c.tree.ByInstance(ctx, id, ctxtree.LevelTenant, string(id))
			require.NoError(c, err)
			for _, n := range []ctxtree.Node{node, c.top[id], c.course[id]} {
				for _, capability := range companyCapabilities {
					c.can(ctx, capability.Name, n, n.ID == except.ID && capability.Name == "course:edit")
				}
			}
		}
		for _, id := range []tenant.ID{"acme", "bolt"} {
			may, err := c.dir.MayEnter(c.in(id), gus, id)
			require.NoError(c, err)
			require.True(c, may)
			candidate, err := c.dir.IsCandidate(c.in(id), "", "gus")
			require.NoError(c, err)
			require.True(c, candidate, "seen where people are enrolled")
			nothing(id, ctxtree.Node{})
		}
		c.managing("acme", "ann")
		require.NoError(c, c.roles.Assign(c.member("acme", "ann"), c.course["acme"].ID, byHand(c.ids["teacher"], "gus")))
		nothing("acme", c.course["acme"])
		nothing("bolt", ctxtree.Node{})
	})
}
