package rbac_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// homes knows ann of acme, bob of bolt, and gil, and counts how it is asked.
type homes struct{ asked [][]string }

func (h *homes) of(_ context.Context, users []string) (map[string]tenant.ID, error) {
	h.asked = append(h.asked, users)
	return map[string]tenant.ID{"ann": "acme", "bob": "bolt", "gil": "", "someone-else": "acme"}, nil
}

func TestWhoCan(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		setup func(w *world)
		wall  rbac.Wall
		at    string // "" is acme's course
		want  rbac.Who
		ask   []string // instead of view
		homes []string // whom the application was asked about
	}{
		{name: "nobody"},
		{name: "holders here and above, of the node's tenant and of none", setup: func(w *world) {
			for user, at := range map[string]bool{"ann": true, "gil": false} {
				if at {
					w.assign(user, w.role("yes"), w.acmeCourse)
				} else {
					w.assign(user, w.role("yes"), w.system)
				}
			}
		}, want: rbac.Who{Users: []string{"ann", "gil"}}, homes: []string{"ann", "gil"}},
		{name: "nobody of another tenant, no guest and nobody unknown", setup: func(w *world) {
			for _, user := range []string{"bob", "guest", "gone", "gil"} {
				w.assign(user, w.role("yes"), w.acme)
			}
		}, want: rbac.Who{Users: []string{"gil"}}, homes: []string{"bob", "gil", "gone", "guest"}},
		{name: "not below and not beside", setup: func(w *world) {
			w.assign("ann", w.role("yes"), w.acmeLeaf)
			w.assign("gil", w.role("yes"), w.acmeOther)
		}},
		{name: "not with a prohibit of another role", setup: func(w *world) {
			w.assign("ann", w.role("yes"), w.acmeCourse)
			w.assign("ann", w.role("no"), w.acme)
			w.set(w.role("no"), w.system, rbac.Prohibit, "view")
		}},
		{name: "a prevent of another role does not matter", setup: func(w *world) {
			w.assign("ann", w.role("yes"), w.acmeCourse)
			w.assign("ann", w.role("no"), w.acme)
			w.set(w.role("no"), w.system, rbac.Prevent, "view")
		}, want: rbac.Who{Users: []string{"ann"}}, homes: []string{"ann"}},
		{name: "everybody", setup: func(w *world) {
			w.special(rbac.Special{DefaultUser: w.role("yes")})
			w.assign("ann", w.role("no"), w.acme)
		}, want: rbac.Who{Everybody: true}},
		{name: "everybody but those of this side with a prohibit", setup: func(w *world) {
			w.special(rbac.Special{DefaultUser: w.role("yes")})
			w.set(w.role("no"), w.acmeCat, rbac.Prohibit, "view")
			for _, user := range []string{"ann", "bob", "gone"} {
				w.assign(user, w.role("no"), w.acme)
			}
		}, want: rbac.Who{Everybody: true, Except: []string{"ann"}}, homes: []string{"ann", "bob", "gone"}},
		{name: "nobody where everybody's role has a prohibit", setup: func(w *world) {
			w.special(rbac.Special{DefaultUser: w.role("no")})
			w.set(w.role("no"), w.acmeCat, rbac.Prohibit, "view")
			w.assign("ann", w.role("yes"), w.acme)
		}},
		{name: "everybody on the front page", setup: func(w *world) {
			w.special(rbac.Special{FrontPage: w.role("yes"), FrontPageNode: w.acmeCat.ID})
		}, want: rbac.Who{Everybody: true}},
		{name: "nobody beside the front page", setup: func(w *world) {
			w.special(rbac.Special{FrontPage: w.role("yes"), FrontPageNode: w.acmeOther.ID})
		}},
		{name: "one capability is enough, and each is decided by itself", setup: func(w *world) {
			w.special(rbac.Special{DefaultUser: w.role("no")})
			w.set(w.role("no"), w.system, rbac.Prohibit, "publish")
			w.assign("ann", w.role("yes"), w.acme)
			w.assign("gil", w.role("other"), w.acme)
			w.set(w.role("other"), w.system, rbac.Allow, "list", "publish")
		}, ask: []string{"publish", "see", "list", "undeclared"}, want: rbac.Who{Users: []string{"ann", "gil"}}, homes: []string{"ann", "gil"}},
		{name: "not where it is locked", setup: func(w *world) {
			w.set(w.role("yes"), w.system, rbac.Allow, "edit", "unlock")
			w.assign("ann", w.role("yes"), w.acme)
			require.NoError(w, w.tree.SetLocked(w.all, w.acmeCat.ID, true))
		}, ask: []string{"edit"}},
		{name: "the lock's own capability", setup: func(w *world) {
			w.set(w.role("yes"), w.system, rbac.Allow, "edit", "unlock")
			w.assign("ann", w.role("yes"), w.acme)
			require.NoError(w, w.tree.SetLocked(w.all, w.acmeCat.ID, true))
		}, ask: []string{"edit", "unlock"}, want: rbac.Who{Users: []string{"ann"}}, homes: []string{"ann"}},
		{name: "administrators by their roles only", setup: func(w *world) {
			w.admin("ann")
			w.admin("gil")
			w.assign("ann", w.role("yes"), w.acme)
		}, want: rbac.Who{Users: []string{"ann"}}, homes: []string{"ann"}},
		{name: "a node without a tenant, strict", setup: func(w *world) {
			w.assign("ann", w.role("yes"), w.system)
			w.assign("gil", w.role("yes"), w.system)
		}, at: "shared", want: rbac.Who{Users: []string{"gil"}}, homes: []string{"ann", "gil"}},
		{name: "a node without a tenant, shared", setup: func(w *world) {
			w.assign("ann", w.role("yes"), w.system)
			w.assign("gil", w.role("yes"), w.system)
		}, wall: rbac.Shared, at: "shared", want: rbac.Who{Users: []string{"ann", "gil"}}, homes: []string{"ann", "gil"}},
		{name: "a node that does not exist", setup: func(w *world) { w.special(rbac.Special{DefaultUser: w.role("yes")}) }, at: "nowhere"},
		{name: "another tenant's node", setup: func(w *world) { w.special(rbac.Special{DefaultUser: w.role("yes")}) }, at: "bolt"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.set(w.role("yes"), w.system, rbac.Allow, "view")
			if c.setup != nil {
				c.setup(w)
			}
			known := &homes{}
			checker := w.checker(rbac.Config{Wall: c.wall, LocksSpareAdmins: true, Homes: known.of})
			ask := c.ask
			if ask == nil {
				ask = []string{"view"}
			}
			at := map[string]int64{"": w.acmeCourse.ID, "shared": w.sharedCourse.ID, "nowhere": w.nowhere.ID, "bolt": w.boltCourse.ID}[c.at]
			who, err := checker.WhoCan(as("acme", gil), at, ask...)
			require.NoError(t, err)
			require.Equal(t, c.want.Everybody, who.Everybody)
			require.Equal(t, c.want.Users, who.Users)
			require.Equal(t, c.want.Except, who.Except)
			if c.homes == nil {
				require.Empty(t, known.asked)
			} else {
				require.Equal(t, [][]string{c.homes}, known.asked)
			}
			require.False(t, who.Includes(bob))
			require.False(t, who.Includes(guest))
			require.False(t, who.Includes(tenant.Actor{ID: "ann", Tenant: "acme", Guest: true}))
			require.False(t, who.Includes(anon))
			if c.at == "" {
				require.False(t, who.Includes(tenant.Actor{ID: "ann", Tenant: "bolt"}), "who has gone to another tenant")
			}
		})
	}
}

// TestWhoCanBeyondTheWall: whoever is beyond it learns nothing, and the people
// there are not even looked up.
func TestWhoCanBeyondTheWall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	everythingAllowed(w)
	known := &homes{}
	checker := w.checker(rbac.Config{Homes: known.of})
	for name, ctx := range map[string]context.Context{
		"a member of another tenant":     as("acme", bob),
		"in its own tenant":              as("bolt", bob),
		"across":                         tenant.WithActor(tenant.Across(t.Context(), "test", "acme", "bolt"), ann),
		"a guest":                        as("acme", guest),
		"a visitor":                      as("acme", anon),
		"outside of what is listed":      tenant.WithActor(tenant.Across(t.Context(), "test", "bolt"), gil),
		"globally, of a tenant's node":   as("", gil),
		"a member, in the global mode":   as("", ann),
		"from a tenant that has nothing": as("corp", gil),
	} {
		who, err := checker.WhoCan(ctx, w.acmeCourse.ID, "view")
		require.NoError(t, err, name)
		require.Zero(t, who, name)
	}
	require.Empty(t, known.asked)
	who, err := checker.WhoCan(as("acme", ann), w.acmeCourse.ID, "view")
	require.NoError(t, err)
	require.True(t, who.Everybody)
	require.True(t, who.Includes(ann))
	require.True(t, who.Includes(gil))
	require.True(t, who.Includes(tenant.Actor{ID: "someone-else", Tenant: "acme"}))
	require.False(t, who.Includes(tenant.Actor{ID: "someone", Tenant: "bolt"}))
}

func TestWhoCanFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	yes := w.role("yes")
	w.set(yes, w.system, rbac.Allow, "view")
	w.assign("ann", yes, w.acme)
	down := errors.New("down")
	_, err := w.checker(rbac.Config{}).WhoCan(as("acme", gil), w.acme.ID, "view")
	require.ErrorIs(t, err, rbac.ErrNoHomes)
	broken := w.checker(rbac.Config{Homes: func(context.Context, []string) (map[string]tenant.ID, error) { return nil, down }})
	who, err := broken.WhoCan(as("acme", gil), w.acme.ID, "view")
	require.ErrorIs(t, err, down)
	require.Zero(t, who)
	_, err = w.checker(rbac.Config{Homes: (&homes{}).of}).WhoCan(as("acme", gil), w.acme.ID)
	require.ErrorIs(t, err, rbac.ErrInvalid)
}

// On what several tenants share, nobody learns in one of them who the members
// of the others are; and Includes stays what Check says.
func TestWhoCanNamesNoOthersMembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	yes, no := w.role("yes"), w.role("no")
	w.set(yes, w.system, rbac.Allow, "view")
	w.set(no, w.system, rbac.Prohibit, "edit")
	w.set(yes, w.system, rbac.Allow, "edit")
	everybody := w.role("everybody")
	w.set(everybody, w.system, rbac.Allow, "edit")
	w.special(rbac.Special{DefaultUser: everybody})
	for _, a := range []tenant.Actor{ann, bob, gil} {
		w.assign(a.ID, yes, w.sharedCat)
		w.assign(a.ID, no, w.sharedCourse)
	}
	h := new(homes)
	checker := w.checker(rbac.Config{Wall: rbac.Shared, Homes: h.of})
	for name, c := range map[string]struct {
		ctx  context.Context
		want []string
	}{
		"a member":                     {as("acme", ann), []string{"ann", "gil"}},
		"a member on the global site":  {as("", ann), []string{"ann", "gil"}},
		"another tenant's":             {as("bolt", bob), []string{"bob", "gil"}},
		"a global account in a tenant": {as("acme", gil), []string{"ann", "gil"}},
		"a global account":             {as("", gil), []string{"ann", "bob", "gil"}},
		"a guest":                      {as("", guest), []string{"gil"}},
		"a visitor":                    {as("bolt", anon), []string{"bob", "gil"}},
	} {
		can, err := checker.WhoCan(c.ctx, w.sharedCourse.ID, "view")
		require.NoError(t, err)
		require.False(t, can.Everybody)
		require.Equal(t, c.want, can.Users, name)
		all, err := checker.WhoCan(c.ctx, w.sharedCourse.ID, "edit")
		require.NoError(t, err)
		require.True(t, all.Everybody)
		require.Equal(t, c.want, all.Except, name)
		for _, a := range []tenant.Actor{ann, bob, gil, {ID: "eve", Tenant: "bolt"}} {
			require.Equal(t, checker.Can(as(a.Tenant, a), "view", w.sharedCourse.ID), can.Includes(a), name)
			require.Equal(t, checker.Can(as(a.Tenant, a), "edit", w.sharedCourse.ID), all.Includes(a), name)
		}
	}
}
