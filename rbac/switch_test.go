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

func TestSwitchRole(t *testing.T) {
	t.Parallel()
	o := newOffice(t, rbac.Strict)
	o.pair(rbac.PairSwitch, "manager", "student", "mute")
	require.NoError(t, o.roles.Assign(o.all, o.acmeCat, byHand(o.ids["manager"], "ann")))
	in := as("acme", ann)
	student := o.ids["student"]
	before := o.state()

	s, err := o.manager.SwitchRole(in, o.acmeCourse.ID, student)
	require.NoError(t, err)
	require.Equal(t, rbac.Session{Switched: []rbac.Switch{{Role: student, Node: o.acmeCourse.ID}}}, s)
	switched := rbac.WithSession(in, s)
	require.True(t, o.checker.Can(switched, "view", o.acmeLeaf.ID))
	require.False(t, o.checker.Can(switched, "edit", o.acmeLeaf.ID))
	require.True(t, o.checker.Can(switched, "edit", o.acmeCat.ID), "above it nothing is switched")
	require.Len(t, o.events, 1)
	require.Equal(t, rbac.RoleSwitched, o.events[0].Kind)
	require.Equal(t, "student", o.events[0].Object)
	require.Equal(t, ann, o.events[0].Actor)
	require.Equal(t, map[string]string{"node": fmt.Sprint(o.acmeCourse.ID)}, o.events[0].Detail)

	// Elsewhere she may switch again, there she may not: a student does not.
	both, err := o.manager.SwitchRole(switched, o.acmeCat.ID, student)
	require.NoError(t, err)
	require.Len(t, both.Switched, 2)
	require.Len(t, s.Switched, 1, "the session of the request is another one")
	_, err = o.manager.SwitchRole(switched, o.acmeCourse.ID, student)
	require.ErrorIs(t, err, rbac.ErrDenied)

	// Back again, whoever she is there.
	back, err := o.manager.SwitchBack(rbac.WithSession(in, both), o.acmeCat.ID)
	require.NoError(t, err)
	require.Equal(t, s, back)
	require.Equal(t, []rbac.Switch{{Role: student, Node: o.acmeCourse.ID}, {Role: student, Node: o.acmeCat.ID}}, both.Switched)
	require.Equal(t, rbac.RoleSwitchedBack, o.events[len(o.events)-1].Kind)
	first, err := o.manager.SwitchBack(rbac.WithSession(in, both), o.acmeCourse.ID)
	require.NoError(t, err)
	require.Equal(t, both.Switched[1:], first.Switched)
	require.Equal(t, o.acmeCourse.ID, both.Switched[0].Node, "the session of the request is another one")
	told := len(o.events)
	same, err := o.manager.SwitchBack(rbac.WithSession(in, back), o.acmeCat.ID)
	require.NoError(t, err)
	require.Equal(t, back, same)
	require.Len(t, o.events, told)
	require.Equal(t, before, o.state())

	bob := as("bolt", bob)
	for name, c := range map[string]struct {
		ctx  context.Context
		node ctxtree.Node
		role rbac.RoleID
		want error
	}{
		"without the capability":       {as("acme", tenant.Actor{ID: "amy", Tenant: "acme"}), o.acmeCourse, student, rbac.ErrDenied},
		"a role without a pair":        {in, o.acmeCourse, o.ids["teacher"], rbac.ErrDenied},
		"a role that says nothing":     {in, o.acmeCourse, o.ids["mute"], rbac.ErrDenied},
		"an unknown role":              {in, o.acmeCourse, 1 << 40, rbac.ErrUnknownRole},
		"an unknown node":              {in, o.nowhere, student, ctxtree.ErrNoNode},
		"another tenant's node":        {in, o.boltCourse, student, ctxtree.ErrNoNode},
		"where she is nobody":          {in, o.acmeOther, student, rbac.ErrDenied},
		"somebody of another tenant":   {bob, o.acmeCourse, student, ctxtree.ErrNoNode},
		"a guest":                      {as("", guest), o.sharedCat, student, rbac.ErrDenied},
		"outside of what she is bound": {rbac.WithSession(in, rbac.Session{Bound: o.acmeLeaf.ID}), o.acmeCourse, student, rbac.ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			o.world.T = t
			o.refuses(c.want, func() error {
				s, err := o.manager.SwitchRole(c.ctx, c.node.ID, c.role)
				require.Zero(t, s)
				return err
			})
		})
	}
	o.world.T = t
	o.fail = errHook
	_, err = o.manager.SwitchRole(in, o.acmeCourse.ID, student)
	require.ErrorIs(t, err, errHook, "what can not be recorded does not happen")
	_, err = o.manager.SwitchBack(switched, o.acmeCourse.ID)
	require.ErrorIs(t, err, errHook)
	_, err = o.manager.SwitchBack(tenant.WithID(t.Context(), "acme"), o.acmeCourse.ID)
	require.ErrorIs(t, err, rbac.ErrNoActor)
}

// On one node there is one switch, and the session that the request has is never
// changed: others may be reading it.
func TestSwitchAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t, rbac.Strict)
	o.pair(rbac.PairSwitch, "manager", "student", "teacher")
	o.set(o.ids["student"], o.system, rbac.Allow, "role:switch")
	require.NoError(t, o.roles.Assign(o.all, o.acmeCat, byHand(o.ids["manager"], "ann")))
	student := rbac.Switch{Role: o.ids["student"], Node: o.acmeCourse.ID}
	teacher := rbac.Switch{Role: o.ids["teacher"], Node: o.acmeCourse.ID}
	above := rbac.Switch{Role: o.ids["student"], Node: o.acmeCat.ID}
	had := rbac.Session{Switched: []rbac.Switch{student, above}}
	in := rbac.WithSession(as("acme", ann), had)

	again, err := o.manager.SwitchRole(in, teacher.Node, teacher.Role)
	require.NoError(t, err)
	require.Equal(t, []rbac.Switch{above, teacher}, again.Switched)
	back, err := o.manager.SwitchBack(in, student.Node)
	require.NoError(t, err)
	require.Equal(t, []rbac.Switch{above}, back.Switched)
	require.Equal(t, []rbac.Switch{student, above}, had.Switched)
}

// acting is an office in which gil, who serves several tenants, and ann, a
// member, may act as others in acme.
func acting(t *testing.T, wall rbac.Wall) *office {
	t.Helper()
	o := newOffice(t, wall)
	o.pair(rbac.PairSwitch, "teacher", "student")
	o.set(o.ids["teacher"], o.system, rbac.Allow, "role:switch")
	for _, user := range []string{"ann", "gil"} {
		require.NoError(t, o.roles.Assign(o.all, o.acme, byHand(o.ids["manager"], user)))
	}
	require.NoError(t, o.roles.Assign(o.all, o.acme, byHand(o.ids["teacher"], "amy")))
	require.NoError(t, o.roles.Assign(o.all, o.sharedCat, byHand(o.ids["teacher"], "amy")))
	require.NoError(t, o.roles.Assign(o.all, o.boltCat, byHand(o.ids["teacher"], "bob")))
	require.NoError(t, o.roles.Assign(o.all, o.acme, byHand(o.ids["teacher"], "gus")))
	require.NoError(t, o.roles.SetSiteAdmin(o.all, "root", true))
	return o
}

func TestActAs(t *testing.T) {
	t.Parallel()
	o := acting(t, rbac.Strict)
	in := as("acme", gil)
	before := o.state()
	a, err := o.manager.ActAs(in, "amy", o.acmeCat.ID)
	require.NoError(t, err)
	require.Equal(t, rbac.Acting{
		Actor:   tenant.Actor{ID: "amy", Tenant: "acme"},
		Session: rbac.Session{Real: gil, Bound: o.acmeCat.ID, NoBypass: true},
	}, a)
	ctx := a.NewContext(in)
	require.True(t, o.checker.Can(ctx, "edit", o.acmeLeaf.ID))
	require.False(t, o.checker.Can(ctx, "role:assign", o.acmeLeaf.ID), "the rights are hers, not his")
	require.False(t, o.checker.Can(ctx, "edit", o.acmeOther.ID), "and only there")
	require.Equal(t, rbac.ActingBegan, o.events[0].Kind)
	require.Equal(t, gil, o.events[0].Actor)
	require.Equal(t, "amy", o.events[0].Object)

	// What she does is recorded as his doing.
	real, ok := rbac.RealActor(ctx)
	require.True(t, ok)
	require.Equal(t, gil, real)
	own, ok := rbac.RealActor(in)
	require.True(t, ok)
	require.Equal(t, gil, own)
	_, ok = rbac.RealActor(t.Context())
	require.False(t, ok)
	s, err := o.manager.SwitchRole(ctx, o.acmeCourse.ID, o.ids["student"])
	require.NoError(t, err)
	require.Equal(t, gil, o.events[1].Actor)
	require.Equal(t, "amy", o.events[1].Detail["as"])
	require.Equal(t, o.acmeCat.ID, s.Bound, "the bound stays")
	require.Equal(t, gil, s.Real)
	require.True(t, s.NoBypass)

	// No third one, and no wider bound.
	o.refuses(rbac.ErrActing, func() error {
		_, err := o.manager.ActAs(ctx, "art", o.acmeCat.ID)
		return err
	})
	o.refuses(rbac.ErrActing, func() error {
		_, err := o.manager.ActAs(rbac.WithSession(in, rbac.Session{Bound: o.acme.ID}), "amy", o.acmeCat.ID)
		return err
	})

	end, err := o.manager.StopActing(ctx)
	require.NoError(t, err)
	require.Equal(t, rbac.Acting{Actor: gil}, end)
	require.Equal(t, rbac.ActingEnded, o.events[2].Kind)
	require.Equal(t, gil, o.events[2].Actor)
	require.Equal(t, "amy", o.events[2].Object)
	_, err = o.manager.StopActing(in)
	require.ErrorIs(t, err, rbac.ErrNotActing)
	require.Equal(t, before, o.state())
}

func TestActAsRefuses(t *testing.T) {
	t.Parallel()
	o := acting(t, rbac.Strict)
	o.homes["admin-member"] = "acme"
	require.NoError(t, o.roles.SetSiteAdmin(o.all, "admin-member", true))
	in, member, root := as("acme", gil), as("acme", ann), tenant.Actor{ID: "root"}
	for name, c := range map[string]struct {
		ctx  context.Context
		user string
		node ctxtree.Node
		want error
	}{
		"a site administrator":          {in, "root", o.acmeCat, rbac.ErrNoCandidate},
		"one who is a member too":       {in, "admin-member", o.acmeCat, rbac.ErrNoCandidate},
		"another tenant's member":       {in, "bob", o.acmeCat, rbac.ErrNoCandidate},
		"by an administrator as well":   {as("acme", root), "bob", o.acmeCat, rbac.ErrNoCandidate},
		"somebody unknown":              {in, "ghost", o.acmeCat, rbac.ErrNoCandidate},
		"himself":                       {in, "gil", o.acmeCat, rbac.ErrNoCandidate},
		"a member, as a global account": {member, "gus", o.acmeCat, rbac.ErrNoCandidate},
		"a member, above the wall":      {as("", root), "amy", o.sharedCat, rbac.ErrNoCandidate},
		"a member, across tenants":      {tenant.WithActor(o.all, root), "amy", o.acmeCat, rbac.ErrNoCandidate},
		"malformed":                     {in, "amy ", o.acmeCat, rbac.ErrInvalid},
		"an unknown node":               {in, "amy", o.nowhere, ctxtree.ErrNoNode},
		"another tenant's node":         {in, "amy", o.boltCat, ctxtree.ErrNoNode},
		"no node":                       {in, "amy", ctxtree.Node{}, ctxtree.ErrNoNode},
		"without the capability":        {as("acme", tenant.Actor{ID: "amy", Tenant: "acme"}), "art", o.acmeCat, rbac.ErrDenied},
		"without it there":              {in, "amy", o.sharedCat, rbac.ErrDenied},
		"a visitor":                     {as("", anon), "gus", o.sharedCat, rbac.ErrDenied},
		"after having switched it away": {rbac.WithSession(in, rbac.Session{Switched: []rbac.Switch{{Role: o.ids["student"], Node: o.acmeCat.ID}}}), "amy", o.acmeCat, rbac.ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			o.world.T = t
			o.refuses(c.want, func() error {
				acting, err := o.manager.ActAs(c.ctx, c.user, c.node.ID)
				require.Zero(t, acting)
				return err
			})
		})
	}
	o.world.T = t
	require.NoError(t, errOnly(o.manager.ActAs(member, "amy", o.acmeCat.ID)))
	require.NoError(t, errOnly(o.manager.ActAs(in, "gus", o.acmeCat.ID)))
	o.fail = errHook
	_, err := o.manager.ActAs(in, "amy", o.acmeCat.ID)
	require.ErrorIs(t, err, errHook, "what can not be recorded does not happen")
}

func errOnly(_ rbac.Acting, err error) error { return err }

// While somebody is acted as, nothing is allowed that is not allowed to that
// person: on no node, not for any capability, not after the person has become a
// site administrator, nor through anything that the context goes through.
func TestActingIsLess(t *testing.T) {
	t.Parallel()
	registry, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme", Code: "acme", Name: "Acme", Status: tenant.Active})
	require.NoError(t, err)
	through := map[string]func(context.Context) context.Context{
		"itself":   func(ctx context.Context) context.Context { return ctx },
		"detached": tenant.Detach,
		"switched": func(ctx context.Context) context.Context { return tenant.Switch(ctx, "acme", "test") },
		"across":   func(ctx context.Context) context.Context { return tenant.AcrossAll(ctx, "test") },
		"each": func(ctx context.Context) context.Context {
			inner := ctx
			_ = tenant.Each(ctx, registry, func(ctx context.Context, _ *tenant.Tenant) error { // members refuse
				inner = ctx
				return nil
			}, tenant.EachOptions{})
			return inner
		},
	}
	for _, wall := range []rbac.Wall{rbac.Strict, rbac.Shared} {
		o := acting(t, wall)
		nodes, err := o.tree.Descendants(o.all, ctxtree.SystemID)
		require.NoError(t, err)
		nodes = append(nodes, o.system)
		for _, user := range []string{"amy", "gus"} {
			for _, at := range []ctxtree.Node{o.acme, o.acmeCat, o.acmeLeaf, o.acmeOther} {
				acting, err := o.manager.ActAs(as("acme", gil), user, at.ID)
				require.NoError(t, err)
				for _, admin := range []bool{false, true} {
					require.NoError(t, o.roles.SetSiteAdmin(o.all, user, admin))
					reached := 0
					for form, via := range through {
						for _, in := range []tenant.ID{"acme", "bolt", ""} {
							ctx := via(acting.NewContext(as(in, gil)))
							plain := rbac.WithSession(via(as(in, acting.Actor)), rbac.Session{NoBypass: true})
							for _, c := range governedCapabilities {
								for _, n := range nodes {
									if !o.checker.Can(ctx, c.Name, n.ID) {
										continue
									}
									reached++
									require.True(t, o.checker.Can(plain, c.Name, n.ID), "%s, %v: acting as %s gives %s on %v in %q", form, wall, user, c.Name, n, in)
									require.True(t, n.Within(at), "%s, %v: acting as %s reaches %v from %v", form, wall, user, n, at)
								}
							}
						}
					}
					require.Positive(t, reached, "nothing was compared")
				}
				require.NoError(t, o.roles.SetSiteAdmin(o.all, user, false))
			}
		}
	}
}
