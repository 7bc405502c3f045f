package rbac_test

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// everythingAllowed gives everybody every capability everywhere, in every way
// there is: what is denied afterwards, the wall has denied.
func everythingAllowed(w *world) {
	every := w.role("every")
	for _, at := range []ctxtree.Node{w.system, w.acme, w.acmeCourse, w.bolt, w.boltCourse, w.sharedCat, w.sharedCourse} {
		w.set(every, at, rbac.Allow, "view", "edit")
		for _, a := range []tenant.Actor{ann, bob, gil, guest} {
			w.assign(a.ID, every, at)
		}
	}
	for _, a := range []tenant.Actor{ann, bob, gil, guest} {
		w.admin(a.ID)
	}
	w.special(rbac.Special{DefaultUser: every, Guest: every, NotLoggedIn: every, FrontPage: every, FrontPageNode: w.boltCourse.ID})
}

func TestWall(t *testing.T) {
	t.Parallel()
	bg := context.Background()
	modes := map[string]context.Context{
		"acme":        tenant.WithID(bg, "acme"),
		"bolt":        tenant.WithID(bg, "bolt"),
		"corp":        tenant.WithID(bg, "corp"), // a tenant without any node
		"global":      tenant.Global(bg),
		"across":      tenant.Across(bg, "test", "acme", "bolt"),
		"across bolt": tenant.Across(bg, "test", "bolt", "corp"),
		"across all":  tenant.AcrossAll(bg, "test"),
		"switched":    tenant.Switch(tenant.WithID(bg, "acme"), "bolt", "test"),
	}
	// What each actor reaches in each mode: a for acme's nodes, b for bolt's,
	// s for those without a tenant, S for those behind the wall Shared only.
	for _, c := range []struct {
		name  string
		actor tenant.Actor
		want  map[string]string
	}{
		{"a member of acme", ann, map[string]string{"acme": "aS", "global": "S"}},
		{"a member of bolt", bob, map[string]string{"bolt": "bS", "switched": "bS", "global": "S"}},
		{"a member of a tenant without nodes", tenant.Actor{ID: "ann", Tenant: "corp"}, map[string]string{"corp": "S", "global": "S"}},
		{"a member of nobody", gil, map[string]string{
			"acme": "as", "bolt": "bs", "switched": "bs", "corp": "s", "global": "s",
			"across": "ab", "across bolt": "b", "across all": "abs",
		}},
		{"a guest", guest, map[string]string{"acme": "s", "bolt": "s", "switched": "s", "corp": "s", "global": "s", "across all": "s"}},
		{"a guest who is a member", tenant.Actor{ID: "guest", Guest: true, Tenant: "acme"}, map[string]string{"acme": "S", "global": "S"}},
		{"a visitor", anon, map[string]string{"acme": "s", "bolt": "s", "switched": "s", "corp": "s", "global": "s", "across all": "s"}},
		{"a visitor who claims a tenant", tenant.Actor{Tenant: "acme"}, map[string]string{"acme": "S", "global": "S"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, wall := range []rbac.Wall{rbac.Strict, rbac.Shared} {
				w := newWorld(t)
				everythingAllowed(w)
				checker := w.checker(rbac.Config{Wall: wall})
				for mode, ctx := range modes {
					ctx := tenant.WithActor(ctx, c.actor)
					for _, n := range []ctxtree.Node{w.system, w.sharedCat, w.sharedCourse, w.acme, w.acmeCourse, w.acmeLeaf, w.bolt, w.boltCourse, w.nowhere} {
						side := map[tenant.ID]string{"acme": "a", "bolt": "b", "": "s"}[n.Tenant]
						want := strings.Contains(c.want[mode], side) ||
							side == "s" && wall == rbac.Shared && strings.Contains(c.want[mode], "S")
						want = want && n.ID != w.nowhere.ID
						d, err := checker.Explain(ctx, "view", n.ID)
						require.NoError(t, err)
						require.Equal(t, want, d.Allowed, "%v wall, mode %s, node %d of %q: %v", wall, mode, n.ID, n.Tenant, d.Step)
						require.Equal(t, want, checker.Can(ctx, "view", n.ID))
						if !want {
							require.Equal(t, rbac.Decision{Step: rbac.StepWall, Capability: "view", Node: n.ID}, d)
						}
					}
				}
			}
		})
	}
}

// TestWallHidesWhatIsBeyond: whatever is true beyond the wall, the answer is
// the one for a node that does not exist.
func TestWallHidesWhatIsBeyond(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	everythingAllowed(w)
	require.NoError(t, w.tree.SetLocked(w.all, w.boltCourse.ID, true))
	checker := w.checker(rbac.Config{})
	ctx := as("acme", ann)
	for _, capability := range []string{"view", "edit", "see", "unheard-of"} {
		nowhere := checker.Check(ctx, capability, w.nowhere.ID)
		require.ErrorIs(t, nowhere, rbac.ErrDenied)
		for _, n := range []ctxtree.Node{w.bolt, w.boltCourse, w.system, w.sharedCat} {
			err := checker.Check(ctx, capability, n.ID)
			require.ErrorIs(t, err, rbac.ErrDenied)
			require.Equal(t,
				strings.ReplaceAll(nowhere.Error(), strconv.FormatInt(w.nowhere.ID, 10), "N"),
				strings.ReplaceAll(err.Error(), "node "+strconv.FormatInt(n.ID, 10), "node N"))
			d, err := checker.Explain(ctx, capability, n.ID)
			require.NoError(t, err)
			require.Equal(t, rbac.Decision{Step: rbac.StepWall, Capability: capability, Node: n.ID}, d)
		}
	}
}

// TestMembershipEndsWhatCameBefore: rows from the time before somebody became
// a member stay in the store, and do nothing outside the tenant.
func TestMembershipEndsWhatCameBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	editor := w.role("editor")
	w.set(editor, w.system, rbac.Allow, "edit")
	for _, at := range []ctxtree.Node{w.acmeCourse, w.boltCourse, w.sharedCourse} {
		w.assign("gil", editor, at)
	}
	checker := w.checker(rbac.Config{})
	require.True(t, checker.Can(as("bolt", gil), "edit", w.boltCourse.ID))
	require.True(t, checker.Can(as("", gil), "edit", w.sharedCourse.ID))

	member := tenant.Actor{ID: "gil", Tenant: "acme"}
	require.True(t, checker.Can(as("acme", member), "edit", w.acmeCourse.ID))
	for _, in := range []tenant.ID{"acme", "bolt", ""} {
		require.False(t, checker.Can(as(in, member), "edit", w.boltCourse.ID), in)
		require.False(t, checker.Can(as(in, member), "edit", w.sharedCourse.ID), in)
	}
}

// TestAdministratorsWhoAreMembers have their flag inside their own tenant and
// nowhere else, with either wall.
func TestAdministratorsWhoAreMembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.admin("ann")
	for _, wall := range []rbac.Wall{rbac.Strict, rbac.Shared} {
		checker := w.checker(rbac.Config{Wall: wall})
		require.True(t, checker.Can(as("acme", ann), "edit", w.acmeCourse.ID))
		for _, n := range []ctxtree.Node{w.system, w.sharedCourse, w.boltCourse} {
			for _, in := range []tenant.ID{"acme", "bolt", ""} {
				require.False(t, checker.Can(as(in, ann), "edit", n.ID), "%v wall, in %q, node of %q", wall, in, n.Tenant)
			}
		}
	}
}

// TestOneTenantsRowsStayThere: what a tenant writes about nodes that are not
// its own changes nothing, for itself or for anybody.
func TestOneTenantsRowsStayThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	editor, user, local := w.role("editor"), w.role("user"), w.role("local")
	w.set(user, w.system, rbac.Allow, "view")
	w.set(editor, w.system, rbac.Allow, "edit") // held by nobody
	w.set(local, w.acme, rbac.Allow, "edit")
	w.special(rbac.Special{DefaultUser: user})
	checker := w.checker(rbac.Config{Wall: rbac.Shared})
	answers := func() (all []rbac.Decision) {
		for _, a := range []tenant.Actor{ann, bob, gil, guest, anon} {
			for _, in := range []tenant.ID{"acme", "bolt", ""} {
				for _, n := range []ctxtree.Node{w.system, w.sharedCourse, w.acmeCourse, w.boltCourse} {
					for _, c := range declared {
						d, err := checker.Explain(as(in, a), c.Name, n.ID)
						require.NoError(t, err)
						all = append(all, d)
					}
				}
			}
		}
		return all
	}
	before := answers()
	acme := as("acme", ann)
	for _, forged := range []ctxtree.Node{
		{ID: w.system.ID, Tenant: "acme"}, {ID: w.sharedCourse.ID, Tenant: "acme"}, {ID: w.boltCourse.ID, Tenant: "acme"},
	} {
		require.NoError(t, w.roles.SetPermission(acme, forged, local, "publish", rbac.Allow))
		require.NoError(t, w.roles.SetPermission(acme, forged, user, "edit", rbac.Allow))
		require.NoError(t, w.roles.SetPermission(acme, forged, user, "view", rbac.Prohibit))
		for _, a := range []tenant.Actor{ann, bob, gil, guest} {
			require.NoError(t, w.roles.Assign(acme, forged, rbac.Assignment{Role: editor, User: a.ID}))
			require.NoError(t, w.roles.Assign(acme, forged, rbac.Assignment{Role: local, User: a.ID}))
		}
	}
	require.Equal(t, before, answers())
}

// TestNumbersOfDeletedNodes: what is left in the store about a deleted node
// gives nobody anything.
func TestNumbersOfDeletedNodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	editor := w.role("editor")
	w.set(editor, w.acmeCourse, rbac.Allow, "edit")
	w.assign("ann", editor, w.acmeCourse)
	checker := w.checker(rbac.Config{})
	ctx := as("acme", ann)
	require.True(t, checker.Can(ctx, "edit", w.acmeCourse.ID))
	require.NoError(t, w.tree.Delete(ctx, w.acmeCourse.ID))
	require.False(t, checker.Can(ctx, "edit", w.acmeCourse.ID))
	again := w.node(w.acmeCat, "course", "7")
	require.False(t, checker.Can(ctx, "edit", again.ID))
}

// TestMoves: answers follow a moved node at once, with everything cached, and
// what was said on it comes along.
func TestMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	editor, teacher := w.role("editor"), w.role("teacher")
	w.set(editor, w.system, rbac.Allow, "edit")
	w.set(teacher, w.system, rbac.Allow, "edit")
	w.assign("ann", editor, w.acmeCat)
	checker := w.checker(rbac.Config{})
	ctx := as("acme", ann)
	move := func(n, to ctxtree.Node) {
		t.Helper()
		_, err := w.tree.Move(ctx, n.ID, to.ID)
		require.NoError(t, err)
	}
	require.True(t, checker.Can(ctx, "edit", w.acmeLeaf.ID))
	move(w.acmeCourse, w.acmeOther) // away from where the role is held
	require.False(t, checker.Can(ctx, "edit", w.acmeLeaf.ID))
	move(w.acmeCourse, w.acmeCat)
	require.True(t, checker.Can(ctx, "edit", w.acmeLeaf.ID))

	// A prohibit on the moved node goes where the node goes.
	w.assign("ann", teacher, w.acme)
	w.set(teacher, w.acmeCourse, rbac.Prohibit, "edit")
	require.False(t, checker.Can(ctx, "edit", w.acmeLeaf.ID))
	move(w.acmeCourse, w.acmeOther)
	require.False(t, checker.Can(ctx, "edit", w.acmeCourse.ID))
	require.False(t, checker.Can(ctx, "edit", w.acmeLeaf.ID))
	move(w.acmeLeaf, w.acmeCat) // out from under it
	require.True(t, checker.Can(ctx, "edit", w.acmeLeaf.ID))
}
