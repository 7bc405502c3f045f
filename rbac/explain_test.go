package rbac_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

func ExampleChecker_Explain() {
	levels, _ := ctxtree.NewLevels(ctxtree.LevelRule{Level: "course", Under: []ctxtree.Level{ctxtree.LevelTenant}})
	tree, roles := ctxtree.NewMemory(levels), rbac.NewMemory()
	checker, _ := rbac.NewChecker(rbac.Config{
		Tree: tree, Store: roles,
		Capabilities: []rbac.Capability{{Name: "course:grade"}},
	})
	global, acme := tenant.Global(context.Background()), tenant.WithID(context.Background(), "acme")
	system, _, _ := tree.Node(global, ctxtree.SystemID)
	top, _ := tree.Create(acme, ctxtree.Spec{Parent: system.ID, Level: ctxtree.LevelTenant, Instance: "acme"})
	course, _ := tree.Create(acme, ctxtree.Spec{Parent: top.ID, Level: "course", Instance: "algebra"})
	teacher, _ := roles.DefineRole(global, rbac.Role{Name: "teacher"})
	editor, _ := roles.DefineRole(global, rbac.Role{Name: "editor"})
	_ = roles.SetPermission(global, system, teacher.ID, "course:grade", rbac.Allow)
	_ = roles.SetPermission(global, system, editor.ID, "course:grade", rbac.Allow)
	_ = roles.SetPermission(acme, course, teacher.ID, "course:grade", rbac.Prevent)
	_ = roles.Assign(acme, top, rbac.Assignment{Role: teacher.ID, User: "ann"})

	ann := tenant.WithActor(acme, tenant.Actor{ID: "ann", Tenant: "acme"})
	d, _ := checker.Explain(ann, "course:grade", course.ID)
	fmt.Println(d)
	d, _ = checker.Explain(ann, "course:grade", system.ID)
	fmt.Println(d)

	// Output:
	// denied: capability "course:grade" at node 3: no role allows it
	//   role "teacher", assigned on node 2, prevents it on node 3
	//   would be allowed by role "editor", assigned on node 2 or 3
	// denied: capability "course:grade" at node 1: outside the tenant
}

// TestExplainNamesTheRow: what decided is the row that has to change.
func TestExplainNamesTheRow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user, editor := w.role("user"), w.role("editor")
	w.special(rbac.Special{DefaultUser: user})
	w.set(user, w.system, rbac.Allow, "view")
	w.set(user, w.acmeCat, rbac.Prevent, "view")
	w.set(editor, w.acme, rbac.Allow, "view")
	w.assign("ann", editor, w.acmeCourse)
	checker := w.checker(rbac.Config{})
	explain := func() rbac.Decision {
		d, err := checker.Explain(as("acme", ann), "see", w.acmeLeaf.ID)
		require.NoError(t, err)
		return d
	}
	want := rbac.Decision{
		Allowed: true, Step: rbac.StepAllow, Capability: "view", Node: w.acmeLeaf.ID, Role: editor, At: w.acme.ID,
		Roles: []rbac.Considered{
			{Role: user, Name: "user", Source: rbac.SourceDefaultUser, From: w.system.ID, Permission: rbac.Prevent, At: w.acmeCat.ID},
			{Role: editor, Name: "editor", Source: rbac.SourceAssigned, From: w.acmeCourse.ID, Permission: rbac.Allow, At: w.acme.ID},
		},
	}
	require.Equal(t, want, explain())

	w.set(user, w.acmeCourse, rbac.Prohibit, "view")
	want.Allowed, want.Step, want.Role, want.At = false, rbac.StepProhibit, user, w.acmeCourse.ID
	want.Roles[0].Permission, want.Roles[0].At = rbac.Prohibit, w.acmeCourse.ID
	require.Equal(t, want, explain())

	w.set(user, w.acmeCourse, rbac.Inherit, "view")
	w.unassign("ann", editor, w.acmeCourse)
	want.Step, want.Role, want.At = rbac.StepNothing, 0, 0
	want.Roles = want.Roles[:1]
	want.Roles[0].Permission, want.Roles[0].At = rbac.Prevent, w.acmeCat.ID
	want.Grants = []rbac.Grant{{Role: editor, Name: "editor", Nodes: []int64{w.acme.ID, w.acmeCat.ID, w.acmeCourse.ID, w.acmeLeaf.ID}}}
	require.Equal(t, want, explain())
}

// TestSources has each reason why somebody can have a role.
func TestSources(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		actor   tenant.Actor
		session func(w *world) rbac.Session
		want    string // role source node, for each
	}{
		{name: "assigned, front page and default", actor: gil, want: "user/default user/system front/front page/category held/assigned/system held/assigned/course"},
		{name: "switched", actor: gil, session: func(w *world) rbac.Session {
			held := w.role("held")
			return rbac.Session{Switched: []rbac.Switch{{Role: held, Node: w.sharedCourse.ID}, {Role: w.role("front"), Node: w.sharedCat.ID}}}
		}, want: "user/default user/system held/switched/course"},
		{name: "switched to the default role", actor: gil, session: func(w *world) rbac.Session {
			return rbac.Session{Switched: []rbac.Switch{{Role: w.role("user"), Node: w.sharedCat.ID}}}
		}, want: "user/default user/system user/switched/category"},
		{name: "switched to what is no role", actor: gil, session: func(w *world) rbac.Session {
			return rbac.Session{Switched: []rbac.Switch{{Role: 99, Node: w.sharedCat.ID}}}
		}, want: "user/default user/system"},
		{name: "guest", actor: guest, want: "guest/guest/system"},
		{name: "guest who claims to have switched", actor: guest, session: func(w *world) rbac.Session {
			return rbac.Session{Switched: []rbac.Switch{{Role: w.role("held"), Node: w.sharedCat.ID}}}
		}, want: "guest/guest/system"},
		{name: "visitor", actor: anon, want: "visitor/not logged in/system"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			special := rbac.Special{DefaultUser: w.role("user"), FrontPage: w.role("front"), Guest: w.role("guest"), NotLoggedIn: w.role("visitor"), FrontPageNode: w.sharedCat.ID}
			w.special(special)
			held := w.role("held")
			for _, user := range []string{"gil", "guest"} {
				w.assign(user, held, w.system)
				w.assign(user, held, w.sharedCourse)
				w.assign(user, held, w.acmeCourse) // elsewhere
			}
			require.NoError(t, w.roles.Assign(w.all, w.sharedCourse, rbac.Assignment{Role: held, User: "gil", Component: "sync"}))
			ctx := as("", c.actor)
			if c.session != nil {
				ctx = rbac.WithSession(ctx, c.session(w))
			}
			d, err := w.checker(rbac.Config{}).Explain(ctx, "view", w.sharedCourse.ID)
			require.NoError(t, err)
			require.Equal(t, rbac.StepNothing, d.Step)
			names := map[int64]string{w.system.ID: "system", w.sharedCat.ID: "category", w.sharedCourse.ID: "course"}
			var got []string
			for _, r := range d.Roles {
				require.Zero(t, r.Permission)
				got = append(got, fmt.Sprintf("%s/%v/%s", r.Name, r.Source, names[r.From]))
			}
			require.Equal(t, c.want, strings.Join(got, " "))
			require.Empty(t, d.Grants)
		})
	}
}

// TestGrantsHelp: what is said to help does, on each of the nodes, and nothing
// else would.
func TestGrantsHelp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	names := []string{"above", "here", "prohibited", "prevented", "below", "beside", "other-capability", "bolts"}
	for _, name := range names {
		w.role(name)
	}
	w.set(w.role("above"), w.system, rbac.Allow, "view")
	w.set(w.role("here"), w.acmeCourse, rbac.Allow, "view")
	w.set(w.role("prohibited"), w.system, rbac.Prohibit, "view")
	w.set(w.role("prohibited"), w.acmeCourse, rbac.Allow, "view")
	w.set(w.role("prevented"), w.system, rbac.Allow, "view")
	w.set(w.role("prevented"), w.acmeCourse, rbac.Prevent, "view")
	w.set(w.role("below"), w.acmeLeaf, rbac.Allow, "view")
	w.set(w.role("beside"), w.acmeOther, rbac.Allow, "view")
	w.set(w.role("other-capability"), w.system, rbac.Allow, "edit")
	w.set(w.role("bolts"), w.bolt, rbac.Allow, "view")
	checker := w.checker(rbac.Config{})
	line := []ctxtree.Node{w.system, w.acme, w.acmeCat, w.acmeCourse}
	for actor, from := range map[tenant.Actor]int{ann: 1, gil: 0} { // a member's roles are on its tenant's nodes
		ctx := as("acme", actor)
		d, err := checker.Explain(ctx, "view", w.acmeCourse.ID)
		require.NoError(t, err)
		require.Equal(t, rbac.StepNothing, d.Step)
		var nodes []int64
		for _, n := range line[from:] {
			nodes = append(nodes, n.ID)
		}
		require.Equal(t, []rbac.Grant{{Role: w.role("above"), Name: "above", Nodes: nodes}, {Role: w.role("here"), Name: "here", Nodes: nodes}}, d.Grants)
		for _, name := range names {
			for _, at := range line[from:] {
				w.assign(actor.ID, w.role(name), at)
				require.Equal(t, name == "above" || name == "here", checker.Can(ctx, "view", w.acmeCourse.ID), "%s at %d", name, at.ID)
				w.unassign(actor.ID, w.role(name), at)
			}
		}
		switched := rbac.WithSession(ctx, rbac.Session{Switched: []rbac.Switch{{Role: w.role("below"), Node: w.acme.ID}}})
		d, err = checker.Explain(switched, "view", w.acmeCourse.ID)
		require.NoError(t, err)
		require.Equal(t, rbac.StepNothing, d.Step)
		require.Empty(t, d.Grants, "an assignment would not help")
	}
	w.special(rbac.Special{DefaultUser: w.role("prohibited")})
	d, err := checker.Explain(as("acme", ann), "view", w.acmeCourse.ID)
	require.NoError(t, err)
	require.Equal(t, rbac.StepProhibit, d.Step)
	require.Empty(t, d.Grants, "a role more would not help")

	w.special(rbac.Special{})
	shared, err := w.checker(rbac.Config{Wall: rbac.Shared}).Explain(as("", ann), "view", w.sharedCourse.ID)
	require.NoError(t, err)
	require.Equal(t, rbac.StepNothing, shared.Step)
	require.Empty(t, shared.Grants, "a member can hold no role there")
}

// TestExplainTellsNothingOfOthers: whatever is beyond the wall, the text is
// that of a node that does not exist; and what another tenant has set up shows
// in no explanation on this side of it.
func TestExplainTellsNothingOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	everythingAllowed(w)
	w.set(w.role("held"), w.boltCourse, rbac.Allow, "view")
	w.assign("ann", w.role("held"), w.boltCourse)
	checker := w.checker(rbac.Config{})
	text := func(node int64) string {
		d, err := checker.Explain(as("acme", ann), "view", node)
		require.NoError(t, err)
		require.Equal(t, rbac.Decision{Step: rbac.StepWall, Capability: "view", Node: node}, d)
		return strings.ReplaceAll(d.String(), "node "+strconv.FormatInt(node, 10), "node N")
	}
	nowhere := text(w.nowhere.ID)
	require.Equal(t, `denied: capability "view" at node N: outside the tenant`, nowhere)
	for _, n := range []ctxtree.Node{w.bolt, w.boltCat, w.boltCourse, w.system, w.sharedCat} {
		require.Equal(t, nowhere, text(n.ID))
	}

	w = newWorld(t)
	w.role("held")
	checker = w.checker(rbac.Config{})
	explain := func() rbac.Decision {
		d, err := checker.Explain(as("acme", ann), "view", w.acmeCourse.ID)
		require.NoError(t, err)
		return d
	}
	before := explain()
	w.set(w.role("held"), w.bolt, rbac.Allow, "view")
	w.set(w.role("held"), w.boltCourse, rbac.Prohibit, "view")
	w.assign("ann", w.role("held"), w.boltCourse)
	require.Equal(t, before, explain())
	require.Equal(t, rbac.StepNothing, before.Step)
	require.Empty(t, before.Roles)
}

func TestDecisionString(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.tree.SetLocked(w.all, w.acme.ID, true))
	require.NoError(t, w.tree.SetLocked(w.all, w.boltCourse.ID, true))
	checker := w.checker(rbac.Config{})
	for _, c := range []struct {
		in   tenant.ID
		at   ctxtree.Node
		want string
	}{
		{"acme", w.acmeCourse, "locked by node " + strconv.FormatInt(w.acme.ID, 10)},
		{"bolt", w.boltCourse, "locked by node " + strconv.FormatInt(w.boltCourse.ID, 10)},
	} {
		d, err := checker.Explain(as(c.in, gil), "edit", c.at.ID)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("denied: capability \"edit\" at node %d: %s", c.at.ID, c.want), d.String())
	}
	require.Equal(t, `denied: capability "" at node 0: not evaluated`, rbac.Decision{}.String())
	d := rbac.Decision{Allowed: true, Step: rbac.StepAllow, Capability: "a", Node: 9}
	for source := range rbac.SourceNotLoggedIn + 2 {
		d.Roles = append(d.Roles, rbac.Considered{Name: "r", Source: source, From: 7, Permission: rbac.Permission(source % 4), At: 8})
	}
	d.Grants = []rbac.Grant{{Name: "g", Nodes: []int64{1, 2, 9}}, {Name: "h", Nodes: []int64{9}}}
	require.Equal(t, []string{
		`allowed: capability "a" at node 9: allowed by a role`,
		`  role "r", none, says nothing`,
		`  role "r", assigned on node 7, allows it on node 8`,
		`  role "r", default user, prevents it on node 8`,
		`  role "r", front page on node 7, prohibits it on node 8`,
		`  role "r", switched on node 7, says nothing`,
		`  role "r", guest, allows it on node 8`,
		`  role "r", not logged in, prevents it on node 8`,
		`  role "r", Source(7), prohibits it on node 8`,
		`  would be allowed by role "g", assigned on node 1, 2 or 9`,
		`  would be allowed by role "h", assigned on node 9`,
	}, slices.Collect(strings.SplitSeq(d.String(), "\n")))
}
