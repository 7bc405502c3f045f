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

// overriding is an office in which ann may override the role teacher on acme's
// category and below, and amy do so safely.
func overriding(t *testing.T) *office {
	t.Helper()
	o := newOffice(t, rbac.Strict)
	o.pair(rbac.PairOverride, "manager", "teacher")
	o.pair(rbac.PairOverride, "student", "teacher")
	o.set(o.ids["student"], o.system, rbac.Allow, "role:safeoverride")
	require.NoError(t, o.roles.Assign(o.all, o.acmeCat, byHand(o.ids["manager"], "ann")))
	require.NoError(t, o.roles.Assign(o.all, o.acmeCat, byHand(o.ids["student"], "amy")))
	return o
}

// What stands at the system, on the category, on the course and below it; what
// is wanted on the course; and what stands there afterwards. The expectations
// are written by hand from the rules in the documentation of Override.
func TestOverrideKeepsFewRows(t *testing.T) {
	t.Parallel()
	const (
		i = rbac.Inherit
		a = rbac.Allow
		p = rbac.Prevent
		x = rbac.Prohibit
	)
	o := overriding(t)
	teacher := o.ids["teacher"]
	for _, c := range []struct {
		system, category, course, below rbac.Permission
		want                            rbac.Permission
		left                            rbac.Permission
		err                             error
	}{
		// Nothing anywhere.
		{i, i, i, i, a, a, nil},
		{i, i, i, i, p, i, nil}, // it is not allowed already
		{i, i, i, i, x, x, nil},
		{i, i, i, i, i, i, nil},
		// The nearest above says so already.
		{a, i, i, i, a, i, nil},
		{p, a, i, i, a, i, nil},
		{p, a, i, i, p, p, nil}, // the one above that does not count
		{a, p, i, i, a, a, nil},
		{a, p, i, i, p, i, nil},
		{a, i, i, i, p, p, nil},
		{a, i, i, i, x, x, nil},
		// Something stands here.
		{i, i, a, i, a, a, nil},
		{i, i, a, i, p, p, nil},
		{i, i, a, i, i, i, nil},
		{i, i, p, i, a, a, nil},
		{i, i, p, i, i, i, nil},
		{i, i, a, i, x, x, nil},
		{a, i, p, i, a, i, nil}, // removed: the one above says it
		{p, a, p, i, a, i, nil},
		{a, p, a, i, p, i, nil},
		{p, a, p, i, p, p, nil},
		{a, i, p, i, i, i, nil},
		{a, i, a, i, a, a, nil}, // already so, superfluous or not
		// A prohibit stands here.
		{a, i, x, i, a, x, rbac.ErrProhibited},
		{i, i, x, i, p, x, rbac.ErrProhibited},
		{a, i, x, i, x, x, nil},
		{a, i, x, i, i, i, nil}, // the only one, and here
		// A prohibit stands above.
		{x, i, i, i, a, i, rbac.ErrProhibited},
		{x, a, i, i, a, i, rbac.ErrProhibited},
		{a, x, i, i, p, i, rbac.ErrProhibited},
		{x, i, i, i, x, i, nil},
		{x, i, i, i, i, i, nil},
		{x, i, a, i, x, a, nil},
		{x, i, a, i, i, i, nil}, // what is dead may go
		{x, i, a, i, p, a, rbac.ErrProhibited},
		{x, a, x, i, i, x, rbac.ErrProhibited}, // not the only one
		{x, a, x, i, a, x, rbac.ErrProhibited},
		{x, i, x, i, x, x, nil},
		// What stands below has no say.
		{i, i, i, x, a, a, nil},
		{i, i, i, a, a, a, nil},
		{i, i, x, x, i, i, nil},
	} {
		o.set(teacher, o.system, c.system, "spam")
		o.set(teacher, o.acmeCat, c.category, "spam")
		o.set(teacher, o.acmeCourse, c.course, "spam")
		o.set(teacher, o.acmeLeaf, c.below, "spam")
		name := fmt.Sprintf("%v %v %v %v, wanted %v", c.system, c.category, c.course, c.below, c.want)
		before, told := o.state(), len(o.events)
		err := o.manager.Override(as("acme", ann), o.acmeCourse.ID, teacher, "spam", c.want)
		if c.err == nil {
			require.NoError(t, err, name)
		} else {
			require.ErrorIs(t, err, c.err, name)
		}
		if c.left == c.course {
			require.Equal(t, before, o.state(), name)
			require.Len(t, o.events, told, name)
		} else {
			require.Len(t, o.events, told+1, name)
		}
		o.set(teacher, o.acmeCourse, c.left, "spam")
		o.set(teacher, o.acmeCourse, c.course, "spam")
		require.Equal(t, before, o.state(), name)
		_ = o.manager.Override(as("acme", ann), o.acmeCourse.ID, teacher, "spam", c.want)
		require.Equal(t, c.left, o.permission(teacher, o.acmeCourse, "spam"), name)
	}
}

func (o *office) permission(role rbac.RoleID, at ctxtree.Node, capability string) rbac.Permission {
	o.Helper()
	r, _, err := o.roles.Load(o.all, at.Tenant)
	require.NoError(o, err)
	for _, p := range r.Permissions {
		if p.Node == at.ID && p.Role == role && p.Capability == capability {
			return p.Permission
		}
	}
	return rbac.Inherit
}

func TestOverride(t *testing.T) {
	t.Parallel()
	o := overriding(t)
	teacher := o.ids["teacher"]
	require.NoError(t, o.roles.Assign(o.all, o.acmeLeaf, byHand(teacher, "art")))
	art := as("acme", tenant.Actor{ID: "art", Tenant: "acme"})
	require.True(t, o.checker.Can(art, "edit", o.acmeLeaf.ID))
	require.NoError(t, o.manager.Override(as("acme", ann), o.acmeCourse.ID, teacher, "old", rbac.Prevent))
	require.False(t, o.checker.Can(art, "edit", o.acmeLeaf.ID))
	require.Equal(t, rbac.Prevent, o.permission(teacher, o.acmeCourse, "edit"), "a deprecated name stands for its replacement")
	require.Len(t, o.events, 1)
	require.Equal(t, rbac.RoleOverridden, o.events[0].Kind)
	require.Equal(t, "teacher", o.events[0].Object)
	require.Equal(t, map[string]string{"role": "teacher", "node": fmt.Sprint(o.acmeCourse.ID), "capability": "edit", "permission": "prevent"}, o.events[0].Detail)
}

func TestOverrideRefuses(t *testing.T) {
	t.Parallel()
	const a, x = rbac.Allow, rbac.Prohibit
	o := overriding(t)
	teacher := o.ids["teacher"]
	in, safely := as("acme", ann), as("acme", tenant.Actor{ID: "amy", Tenant: "acme"})
	for name, c := range map[string]struct {
		ctx        context.Context
		node       ctxtree.Node
		role       rbac.RoleID
		capability string
		permission rbac.Permission
		want       error
	}{
		"an unknown capability":       {in, o.acmeCat, teacher, "fly", a, rbac.ErrUnknownCapability},
		"a malformed capability":      {in, o.acmeCat, teacher, "f ly", a, rbac.ErrInvalid},
		"an unknown permission":       {in, o.acmeCat, teacher, "edit", x + 1, rbac.ErrInvalid},
		"an unknown role":             {in, o.acmeCat, 1 << 40, "edit", x, rbac.ErrUnknownRole},
		"a role without a pair":       {in, o.acmeCat, o.ids["manager"], "edit", x, rbac.ErrDenied},
		"an unknown node":             {in, o.nowhere, teacher, "edit", x, ctxtree.ErrNoNode},
		"another tenant's node":       {in, o.boltCat, teacher, "edit", x, ctxtree.ErrNoNode},
		"above the wall":              {in, o.system, teacher, "edit", x, ctxtree.ErrNoNode},
		"where she is nobody":         {in, o.acmeOther, teacher, "edit", x, rbac.ErrDenied},
		"without the capability":      {as("acme", tenant.Actor{ID: "art", Tenant: "acme"}), o.acmeCat, teacher, "edit", x, rbac.ErrDenied},
		"safely, what manages trust":  {safely, o.acmeCat, teacher, "trust", a, rbac.ErrUnsafe},
		"safely, what configures":     {safely, o.acmeCat, teacher, "config", a, rbac.ErrUnsafe},
		"safely, what publishes HTML": {safely, o.acmeCat, teacher, "xss", a, rbac.ErrUnsafe},
		"safely, what is personal":    {safely, o.acmeCat, teacher, "personal", a, rbac.ErrUnsafe},
		"safely, what loses data":     {safely, o.acmeCat, teacher, "loss", a, rbac.ErrUnsafe},
		"safely, also to take away":   {safely, o.acmeCat, teacher, "trust", x, rbac.ErrUnsafe},
	} {
		t.Run(name, func(t *testing.T) {
			o.world.T = t
			o.refuses(c.want, func() error { return o.manager.Override(c.ctx, c.node.ID, c.role, c.capability, c.permission) })
		})
	}
	o.world.T = t
	require.ErrorIs(t, rbac.ErrUnsafe, rbac.ErrDenied)
	require.NoError(t, o.manager.Override(safely, o.acmeCat.ID, teacher, "spam", a))
	require.Equal(t, a, o.permission(teacher, o.acmeCat, "spam"))
	for _, capability := range []string{"trust", "config", "xss", "personal", "loss"} {
		require.NoError(t, o.manager.Override(in, o.acmeCat.ID, teacher, capability, a))
	}
	o.fail = errHook
	o.refuses(errHook, func() error { return o.manager.Override(in, o.acmeCat.ID, teacher, "edit", x) })
}
