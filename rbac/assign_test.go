package rbac_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// assigning is an office in which ann may give the role teacher on acme's
// category and below, and root everything everywhere.
func assigning(t *testing.T, wall rbac.Wall) *office {
	t.Helper()
	o := newOffice(t, wall)
	o.pair(rbac.PairAssign, "manager", "teacher", "mute")
	require.NoError(t, o.roles.Assign(o.all, o.acmeCat, byHand(o.ids["manager"], "ann")))
	require.NoError(t, o.roles.SetSiteAdmin(o.all, "root", true))
	return o
}

func TestGovernedAssign(t *testing.T) {
	t.Parallel()
	o := assigning(t, rbac.Strict)
	in := as("acme", ann)
	teacher := byHand(o.ids["teacher"], "amy")
	amy := as("acme", tenant.Actor{ID: "amy", Tenant: "acme"})
	require.False(t, o.checker.Can(amy, "edit", o.acmeLeaf.ID))
	require.NoError(t, o.manager.Assign(in, o.acmeCourse.ID, teacher))
	require.True(t, o.checker.Can(amy, "edit", o.acmeLeaf.ID))
	require.Len(t, o.events, 1)
	ev := o.events[0]
	require.Equal(t, rbac.RoleAssigned, ev.Kind)
	require.EqualValues(t, "acme", ev.Tenant)
	require.Equal(t, ann, ev.Actor)
	require.Equal(t, "amy", ev.Object)
	require.Equal(t, map[string]string{"role": "teacher", "node": fmt.Sprint(o.acmeCourse.ID)}, ev.Detail)

	// An associated user, and an assignment of a part of the application.
	require.NoError(t, o.manager.Assign(in, o.acmeCourse.ID, rbac.Assignment{Role: o.ids["teacher"], User: "gil", Component: "sync", Item: 3}))
	require.Equal(t, map[string]string{"role": "teacher", "node": fmt.Sprint(o.acmeCourse.ID), "component": "sync", "item": "3"}, o.events[1].Detail)
	o.refuses(rbac.ErrComponent, func() error {
		return o.manager.Unassign(in, o.acmeCourse.ID, rbac.Assignment{Role: o.ids["teacher"], User: "gil", Component: "sync", Item: 3})
	})
	require.NoError(t, o.manager.Unassign(in, o.acmeCourse.ID, byHand(o.ids["teacher"], "gil")), "there is none")
	require.Len(t, o.events, 2)
	held, err := o.roles.Assignments(o.all, "acme", rbac.Filter{User: "gil"})
	require.NoError(t, err)
	require.Len(t, held, 1, "it survives what is done by hand")

	require.NoError(t, o.manager.Unassign(in, o.acmeCourse.ID, teacher))
	require.False(t, o.checker.Can(amy, "edit", o.acmeLeaf.ID))
	require.Equal(t, rbac.RoleUnassigned, o.events[2].Kind)
	require.Equal(t, "amy", o.events[2].Object)
}

func TestGovernedAssignRefuses(t *testing.T) {
	t.Parallel()
	o := assigning(t, rbac.Strict)
	o.strange["gus"] = true
	teacher := o.ids["teacher"]
	in := as("acme", ann)
	root := tenant.Actor{ID: "root"}
	require.NoError(t, o.roles.Assign(o.all, o.boltCat, byHand(o.ids["manager"], "ann")))
	require.NoError(t, o.roles.Assign(o.all, o.system, byHand(o.ids["manager"], "ann")))
	require.NoError(t, o.roles.Assign(o.all, o.boltCat, byHand(teacher, "bob")))
	for name, c := range map[string]struct {
		ctx  context.Context
		node ctxtree.Node
		a    rbac.Assignment
		want error
	}{
		"a malformed person":              {in, o.acmeCat, byHand(teacher, " amy"), rbac.ErrInvalid},
		"an unknown role":                 {in, o.acmeCat, byHand(1<<40, "amy"), rbac.ErrUnknownRole},
		"a role without a pair":           {in, o.acmeCat, byHand(o.ids["student"], "amy"), rbac.ErrDenied},
		"herself as a manager":            {in, o.acmeCat, byHand(o.ids["manager"], "ann"), rbac.ErrDenied},
		"an unknown node":                 {in, o.nowhere, byHand(teacher, "amy"), ctxtree.ErrNoNode},
		"another tenant's node":           {in, o.boltCat, byHand(teacher, "amy"), ctxtree.ErrNoNode},
		"a node above the wall":           {in, o.sharedCat, byHand(teacher, "amy"), ctxtree.ErrNoNode},
		"another tenant's member":         {in, o.acmeCat, byHand(teacher, "bob"), rbac.ErrNoCandidate},
		"somebody unknown":                {in, o.acmeCat, byHand(teacher, "ghost"), rbac.ErrNoCandidate},
		"somebody with nothing to do":     {in, o.acmeCat, byHand(teacher, "gus"), rbac.ErrNoCandidate},
		"without the capability":          {as("acme", tenant.Actor{ID: "amy", Tenant: "acme"}), o.acmeCat, byHand(teacher, "amy"), rbac.ErrDenied},
		"a visitor":                       {as("acme", anon), o.acmeCat, byHand(teacher, "amy"), ctxtree.ErrNoNode},
		"in another tenant":               {as("bolt", ann), o.boltCat, byHand(teacher, "bob"), ctxtree.ErrNoNode},
		"a member above, by an admin":     {as("", root), o.sharedCat, byHand(teacher, "amy"), rbac.ErrNoCandidate},
		"a member of another, by admin":   {as("acme", root), o.acmeCat, byHand(teacher, "bob"), rbac.ErrNoCandidate},
		"a node that is only read":        {as("acme", root), o.sharedCat, byHand(teacher, "gil"), ctxtree.ErrOutside},
		"across listed tenants":           {tenant.WithActor(tenant.Across(t.Context(), "test", "acme"), root), o.acmeCat, byHand(teacher, "amy"), tenant.ErrSeveralTenants},
		"nobody":                          {tenant.WithID(t.Context(), "acme"), o.acmeCat, byHand(teacher, "amy"), rbac.ErrNoActor},
		"no tenant":                       {tenant.WithActor(t.Context(), ann), o.acmeCat, byHand(teacher, "amy"), tenant.ErrNoTenant},
		"a read-only context":             {tenant.ReadOnly(in), o.acmeCat, byHand(teacher, "amy"), tenant.ErrReadOnly},
		"outside of a bound":              {rbac.WithSession(in, rbac.Session{Bound: o.acmeCourse.ID}), o.acmeCat, byHand(teacher, "amy"), rbac.ErrDenied},
		"a capability switched away":      {rbac.WithSession(in, rbac.Session{Switched: []rbac.Switch{{Role: teacher, Node: o.acme.ID}}}), o.acmeCat, byHand(teacher, "amy"), rbac.ErrDenied},
		"a role that is not for this":     {in, o.acmeCourse, byHand(o.ids["mute"], "amy"), rbac.ErrRoleLevel},
		"a special role, by an admin":     {as("acme", root), o.acmeCourse, byHand(o.ids["user"], "amy"), rbac.ErrRoleLevel},
		"a member of no tenant, no house": {as("acme", root), o.acmeCourse, byHand(teacher, "gus"), rbac.ErrNoCandidate},
	} {
		t.Run(name, func(t *testing.T) {
			o.world.T = t
			_, err := o.roles.DefineRole(o.all, rbac.Role{Name: "mute", Levels: []ctxtree.Level{"category"}})
			require.NoError(t, err)
			_, err = o.roles.DefineRole(o.all, rbac.Role{Name: "user", Archetype: rbac.ArchetypeUser})
			require.NoError(t, err)
			o.refuses(c.want, func() error { return o.manager.Assign(c.ctx, c.node.ID, c.a) })
		})
	}
	o.world.T = t
	// What an unknown node says is what another tenant's says, word for word.
	one := o.manager.Assign(in, o.boltCat.ID, byHand(teacher, "amy"))
	two := o.manager.Assign(in, o.nowhere.ID, byHand(teacher, "amy"))
	require.Equal(t, one, two)
	// So is what is said of people.
	require.Equal(t, o.manager.Assign(in, o.acmeCat.ID, byHand(teacher, "bob")), o.manager.Assign(in, o.acmeCat.ID, byHand(teacher, "ghost")))

	// A hook that fails undoes it.
	o.fail = errHook
	o.refuses(errHook, func() error { return o.manager.Assign(in, o.acmeCat.ID, byHand(teacher, "amy")) })
}

// What should not be there can be taken away: of a member of another tenant,
// on a level that is not the role's.
func TestUnassignWhatIsWrong(t *testing.T) {
	t.Parallel()
	o := assigning(t, rbac.Strict)
	_, err := o.roles.DefineRole(o.all, rbac.Role{Name: "teacher", Levels: []ctxtree.Level{"category"}})
	require.NoError(t, err)
	wrong := byHand(o.ids["teacher"], "bob")
	require.NoError(t, o.roles.Assign(o.all, o.acmeCourse, wrong))
	require.NoError(t, o.manager.Unassign(as("acme", ann), o.acmeCourse.ID, wrong))
	held, err := o.roles.Assignments(o.all, "acme", rbac.Filter{User: "bob"})
	require.NoError(t, err)
	require.Empty(t, held)
	require.ErrorIs(t, o.manager.Unassign(as("acme", ann), o.acmeCourse.ID, byHand(o.ids["student"], "amy")), rbac.ErrDenied)
}

// Nothing else is taken away: not what a part of the application gave, not what
// stands on another node, not another role and not anybody else's.
func TestUnassignNothingElse(t *testing.T) {
	t.Parallel()
	o := assigning(t, rbac.Strict)
	teacher := o.ids["teacher"]
	stays := []rbac.PlacedAssignment{
		{Node: o.acmeCat.ID, Assignment: byHand(teacher, "amy")},
		{Node: o.acmeCourse.ID, Assignment: rbac.Assignment{Role: teacher, User: "amy", Component: "import"}},
		{Node: o.acmeCourse.ID, Assignment: rbac.Assignment{Role: teacher, User: "amy", Item: 7}},
		{Node: o.acmeCourse.ID, Assignment: byHand(o.ids["student"], "amy")},
		{Node: o.acmeCourse.ID, Assignment: byHand(teacher, "art")},
	}
	nodes := map[int64]ctxtree.Node{o.acmeCat.ID: o.acmeCat, o.acmeCourse.ID: o.acmeCourse}
	for _, a := range append(stays, rbac.PlacedAssignment{Node: o.acmeCourse.ID, Assignment: byHand(teacher, "amy")}) {
		require.NoError(t, o.roles.Assign(o.all, nodes[a.Node], a.Assignment))
	}
	require.NoError(t, o.manager.Unassign(as("acme", ann), o.acmeCourse.ID, byHand(teacher, "amy")))
	for _, user := range []string{"amy", "art"} {
		held, err := o.roles.Assignments(o.all, "acme", rbac.Filter{User: user})
		require.NoError(t, err)
		want := slices.DeleteFunc(slices.Clone(stays), func(a rbac.PlacedAssignment) bool { return a.User != user })
		require.ElementsMatch(t, want, held)
	}
}

// With the wall Shared members hold roles on nodes without a tenant.
func TestAssignAboveSharedWall(t *testing.T) {
	t.Parallel()
	o := assigning(t, rbac.Shared)
	root := as("", tenant.Actor{ID: "root"})
	require.NoError(t, o.manager.Assign(root, o.sharedCat.ID, byHand(o.ids["teacher"], "amy")))
	require.True(t, o.checker.Can(as("acme", tenant.Actor{ID: "amy", Tenant: "acme"}), "edit", o.sharedCourse.ID))
}

// A right that is lost while the change is on its way is lost: the decision is
// made from what stands in the store then, not from what the checker has kept.
func TestDecidedUnderTheLock(t *testing.T) {
	t.Parallel()
	o := assigning(t, rbac.Strict)
	in := as("acme", ann)
	// Over a store that tells nobody of its changes the checker keeps the old.
	var err error
	o.checker, err = rbac.NewChecker(rbac.Config{Tree: o.tree, Store: &deafStore{Store: o.roles}, Capabilities: governedCapabilities})
	require.NoError(t, err)
	require.True(t, o.checker.Can(in, "role:assign", o.acmeCat.ID))
	g, err := rbac.NewManager(o.config())
	require.NoError(t, err)
	require.NoError(t, g.Assign(in, o.acmeCat.ID, byHand(o.ids["teacher"], "amy")))
	require.NoError(t, o.roles.Unassign(o.all, o.acmeCat, byHand(o.ids["manager"], "ann")))
	require.True(t, o.checker.Can(in, "role:assign", o.acmeCat.ID), "the checker was told")
	o.refuses(rbac.ErrDenied, func() error { return g.Assign(in, o.acmeCat.ID, byHand(o.ids["teacher"], "art")) })
}

type deafStore struct{ rbac.Store }

func (*deafStore) Subscribe(func(tenant.ID, int64)) {}
