package rbac_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// TestSteps has for each step a question that it decides, and next to it one
// that it lets pass.
func TestSteps(t *testing.T) {
	t.Parallel()
	lockedCourse := func(w *world) { require.NoError(w, w.tree.SetLocked(w.all, w.acmeCat.ID, true)) }
	missing := func(_ context.Context, a tenant.Actor) (bool, error) { return a.ID != "gil", nil }
	for _, c := range []struct {
		name       string
		setup      func(w *world)
		cfg        rbac.Config
		session    rbac.Session
		actor      tenant.Actor
		in         tenant.ID
		capability string
		at         string // a course: "acme" or "shared"
		want       rbac.Step
	}{
		{name: "wall", actor: bob, in: "acme", want: rbac.StepWall},
		{name: "undeclared", actor: gil, capability: "fly", want: rbac.StepCapability},
		{name: "undeclared, administrator", setup: func(w *world) { w.admin("gil") }, actor: gil, capability: "fly", want: rbac.StepCapability},
		{name: "deprecated", actor: gil, capability: "see", want: rbac.StepAllow},
		{name: "forced login", cfg: rbac.Config{ForceLogin: true}, actor: anon, at: "shared", want: rbac.StepForcedLogin},
		{name: "forced login, guest", cfg: rbac.Config{ForceLogin: true}, actor: guest, at: "shared", want: rbac.StepAllow},
		{name: "no forced login", actor: anon, at: "shared", want: rbac.StepAllow},
		{name: "visitor writes", actor: anon, at: "shared", capability: "edit", want: rbac.StepGuest},
		{name: "guest writes", actor: guest, at: "shared", capability: "edit", want: rbac.StepGuest},
		{name: "guest with risk", actor: guest, at: "shared", capability: "publish", want: rbac.StepGuest},
		{name: "guest with other risks", actor: guest, at: "shared", capability: "list", want: rbac.StepAllow},
		{name: "guest's assignments do not count", setup: func(w *world) { w.set(w.role("guest"), w.sharedCat, rbac.Prevent, "view") }, actor: guest, at: "shared", want: rbac.StepNothing},
		{name: "guest is no administrator", setup: func(w *world) { w.admin("guest"); w.special(rbac.Special{}) }, actor: guest, at: "shared", want: rbac.StepNothing},
		{name: "locked above", setup: lockedCourse, actor: gil, capability: "edit", want: rbac.StepLock},
		{name: "locked itself", setup: func(w *world) { require.NoError(w, w.tree.SetLocked(w.all, w.acmeCourse.ID, true)) }, actor: gil, capability: "edit", want: rbac.StepLock},
		{name: "locked below", setup: func(w *world) { require.NoError(w, w.tree.SetLocked(w.all, w.acmeLeaf.ID, true)) }, actor: gil, capability: "edit", want: rbac.StepAllow},
		{name: "locked, reading", setup: lockedCourse, actor: gil, want: rbac.StepAllow},
		{name: "locked, managing locks", setup: lockedCourse, actor: gil, capability: "unlock", want: rbac.StepAllow},
		{name: "locked, locks ignored", setup: lockedCourse, cfg: rbac.Config{IgnoreLocks: true}, actor: gil, capability: "edit", want: rbac.StepAllow},
		{name: "locked, administrator", setup: func(w *world) { lockedCourse(w); w.admin("gil") }, actor: gil, capability: "edit", want: rbac.StepLock},
		{name: "locked, administrator spared", setup: func(w *world) { lockedCourse(w); w.admin("gil") }, cfg: rbac.Config{LocksSpareAdmins: true}, actor: gil, capability: "edit", want: rbac.StepAdmin},
		{name: "locked, others not spared", setup: lockedCourse, cfg: rbac.Config{LocksSpareAdmins: true}, actor: gil, capability: "edit", want: rbac.StepLock},
		{name: "unknown user", cfg: rbac.Config{Known: missing}, actor: gil, want: rbac.StepUnknownUser},
		{name: "unknown administrator", setup: func(w *world) { w.admin("gil") }, cfg: rbac.Config{Known: missing}, actor: gil, want: rbac.StepUnknownUser},
		{name: "known user", cfg: rbac.Config{Known: missing}, actor: ann, want: rbac.StepAllow},
		{name: "bound elsewhere", session: rbac.Session{Bound: 6}, actor: gil, want: rbac.StepBound}, // the other category
		{name: "bound elsewhere, administrator", setup: func(w *world) { w.admin("gil") }, session: rbac.Session{Bound: 6}, actor: gil, want: rbac.StepBound},
		{name: "bound below", session: rbac.Session{Bound: 5}, actor: gil, want: rbac.StepBound},
		{name: "bound here", session: rbac.Session{Bound: 4}, actor: gil, want: rbac.StepAllow},
		{name: "bound above", session: rbac.Session{Bound: 3}, actor: gil, want: rbac.StepAllow},
		{name: "administrator", setup: func(w *world) { w.admin("gil") }, actor: gil, capability: "edit", want: rbac.StepAdmin},
		{name: "administrator without bypass", setup: func(w *world) { w.admin("gil"); w.special(rbac.Special{}) }, session: rbac.Session{NoBypass: true}, actor: gil, want: rbac.StepNothing},
		{name: "administrator, switched", setup: func(w *world) { w.admin("gil"); w.special(rbac.Special{}) }, session: rbac.Session{Switched: []rbac.Switch{{Role: 99, Node: 3}}}, actor: gil, want: rbac.StepNothing},
		{name: "administrator, switched elsewhere", setup: func(w *world) { w.admin("gil") }, session: rbac.Session{Switched: []rbac.Switch{{Role: 99, Node: 6}}}, actor: gil, want: rbac.StepAdmin},
		{name: "prohibited at the system", setup: func(w *world) { w.set(w.role("user"), w.system, rbac.Prohibit, "view") }, actor: gil, want: rbac.StepProhibit},
		{name: "prohibited, another role allows", setup: func(w *world) {
			w.assign("gil", w.role("bad"), w.acmeCourse)
			w.set(w.role("bad"), w.acme, rbac.Prohibit, "view")
		}, actor: gil, want: rbac.StepProhibit},
		{name: "prohibited below", setup: func(w *world) { w.set(w.role("user"), w.acmeLeaf, rbac.Prohibit, "view") }, actor: gil, want: rbac.StepAllow},
		{name: "prohibited beside", setup: func(w *world) { w.set(w.role("user"), w.acmeOther, rbac.Prohibit, "view") }, actor: gil, want: rbac.StepAllow},
		{name: "allowed below a prohibit", setup: func(w *world) {
			w.set(w.role("user"), w.acmeCourse, rbac.Allow, "view")
			w.set(w.role("user"), w.acmeCat, rbac.Prohibit, "view")
		}, actor: gil, want: rbac.StepProhibit},
		{name: "prevented nearer", setup: func(w *world) { w.set(w.role("user"), w.acmeCat, rbac.Prevent, "view") }, actor: gil, want: rbac.StepNothing},
		{name: "allowed nearer still", setup: func(w *world) {
			w.set(w.role("user"), w.acmeCat, rbac.Prevent, "view")
			w.set(w.role("user"), w.acmeCourse, rbac.Allow, "view")
		}, actor: gil, want: rbac.StepAllow},
		{name: "prevented, another role allows", setup: func(w *world) {
			w.assign("gil", w.role("bad"), w.acmeCourse)
			w.set(w.role("bad"), w.system, rbac.Prevent, "view")
		}, actor: gil, want: rbac.StepAllow},
		{name: "assigned below", setup: func(w *world) { w.special(rbac.Special{}); w.assign("gil", w.role("user"), w.acmeLeaf) }, actor: gil, want: rbac.StepNothing},
		{name: "assigned above", setup: func(w *world) { w.special(rbac.Special{}); w.assign("gil", w.role("user"), w.acme) }, actor: gil, want: rbac.StepAllow},
		{name: "assigned at the system", setup: func(w *world) { w.special(rbac.Special{}); w.assign("ann", w.role("user"), w.system) }, actor: ann, want: rbac.StepAllow},
		{name: "assigned to another", setup: func(w *world) { w.special(rbac.Special{}); w.assign("ann", w.role("user"), w.acme) }, actor: gil, want: rbac.StepNothing},
		{name: "override above the assignment", setup: func(w *world) {
			w.special(rbac.Special{})
			w.assign("gil", w.role("local"), w.acmeCourse)
			w.set(w.role("local"), w.acme, rbac.Allow, "edit")
		}, actor: gil, capability: "edit", want: rbac.StepAllow},
		{name: "front page", setup: func(w *world) {
			w.special(rbac.Special{FrontPage: w.role("user"), FrontPageNode: w.acmeCat.ID})
		}, actor: gil, want: rbac.StepAllow},
		{name: "not the front page", setup: func(w *world) {
			w.special(rbac.Special{FrontPage: w.role("user"), FrontPageNode: w.acmeOther.ID})
		}, actor: gil, want: rbac.StepNothing},
		{name: "nothing said", setup: func(w *world) { w.special(rbac.Special{}) }, actor: gil, want: rbac.StepNothing},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			user, forGuests := w.role("user"), w.role("guest")
			w.set(user, w.system, rbac.Allow, "view", "publish", "list", "edit", "unlock")
			w.set(forGuests, w.system, rbac.Allow, "view", "publish", "list", "edit", "unlock")
			w.assign("guest", user, w.sharedCourse)
			w.special(rbac.Special{DefaultUser: user, Guest: forGuests, NotLoggedIn: forGuests})
			if c.setup != nil {
				c.setup(w)
			}
			at, in := w.acmeCourse, c.in
			if c.at == "shared" {
				at = w.sharedCourse
			} else if in == "" {
				in = "acme"
			}
			capability := c.capability
			if capability == "" {
				capability = "view"
			}
			checker := w.checker(c.cfg)
			ctx := rbac.WithSession(as(in, c.actor), c.session)
			d, err := checker.Explain(ctx, capability, at.ID)
			require.NoError(t, err)
			require.Equal(t, c.want, d.Step, d.Step.String())
			allowed := c.want == rbac.StepAdmin || c.want == rbac.StepAllow
			require.Equal(t, allowed, d.Allowed)
			require.Equal(t, allowed, checker.Can(ctx, capability, at.ID))
			if capability == "see" {
				require.Equal(t, "view", d.Capability)
			}
			err = checker.Check(ctx, capability, at.ID)
			if allowed {
				require.NoError(t, err)
				return
			}
			var denied *rbac.DeniedError
			require.ErrorAs(t, err, &denied)
			require.ErrorIs(t, err, rbac.ErrDenied)
			require.Equal(t, &rbac.DeniedError{Step: c.want, Capability: capability, Node: at.ID}, denied)
			require.Contains(t, err.Error(), c.want.String())
			require.Contains(t, err.Error(), capability)
		})
	}
}
