package rbac_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// A site administrator who has given the bypass up does not get it back by
// acting as somebody and stopping.
func TestActingGivesNoBypassBack(t *testing.T) {
	t.Parallel()
	o := acting(t, rbac.Strict)
	require.NoError(t, o.roles.Assign(o.all, o.acme, byHand(o.ids["manager"], "root")))
	root := tenant.Actor{ID: "root"}
	plain := rbac.WithSession(as("acme", root), rbac.Session{NoBypass: true})
	require.False(t, o.checker.Can(plain, "config", o.acmeOther.ID))
	require.True(t, o.checker.Can(plain, "role:actas", o.acmeCat.ID))
	o.refuses(rbac.ErrActing, func() error { return errOnly(o.manager.ActAs(plain, "amy", o.acmeCat.ID)) })

	// Who is no administrator has none to get back.
	require.NoError(t, errOnly(o.manager.ActAs(rbac.WithSession(as("acme", gil), rbac.Session{NoBypass: true}), "amy", o.acmeCat.ID)))
}

// Whatever kind the capability is of: for a visitor nobody could say who really
// asks.
func TestOutsidersActAsNobody(t *testing.T) {
	t.Parallel()
	o := acting(t, rbac.Strict)
	cfg := o.config()
	cfg.Asks.ActAs = "view"
	manager, err := rbac.NewManager(cfg)
	require.NoError(t, err)
	student := o.ids["student"]
	o.special(rbac.Special{DefaultUser: student, Guest: student, NotLoggedIn: student})
	require.NoError(t, errOnly(manager.ActAs(as("", gil), "gus", o.sharedCat.ID)))
	told := len(o.events)
	for _, a := range []tenant.Actor{guest, anon} {
		require.True(t, o.checker.Can(as("", a), "view", o.sharedCat.ID))
		o.refuses(rbac.ErrDenied, func() error { return errOnly(manager.ActAs(as("", a), "gus", o.sharedCat.ID)) })
	}
	require.Len(t, o.events, told)
}

// gus may enter bolt, and gil may not: nor while he acts as gus in acme.
func TestActingStaysInTheTenant(t *testing.T) {
	t.Parallel()
	o := acting(t, rbac.Strict)
	registry, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme", Code: "acme"}, tenant.Tenant{ID: "bolt", Code: "bolt"})
	require.NoError(t, err)
	pages := ctxtree.Pages{Tree: o.tree, Registry: registry, MayEnter: func(_ context.Context, a tenant.Actor, id tenant.ID) (bool, error) {
		return id == "acme" || a.ID == "gus", nil
	}}
	own, err := pages.Enter(as("acme", tenant.Actor{ID: "gus"}), o.boltCourse.ID)
	require.NoError(t, err)
	require.NoError(t, tenant.Err(tenant.Switch(own, "acme", "test")))

	in := as("acme", gil)
	a, err := o.manager.ActAs(in, "gus", o.acmeCat.ID)
	require.NoError(t, err)
	for name, ctx := range map[string]context.Context{
		"acting": a.NewContext(in), "with a checker": a.NewContext(o.checker.NewContext(in)),
		"bound": rbac.WithSession(as("acme", tenant.Actor{ID: "gus"}), rbac.Session{Bound: o.acmeCat.ID}),
	} {
		_, err = pages.Enter(ctx, o.boltCourse.ID)
		require.ErrorIs(t, err, ctxtree.ErrNoNode, name)
		require.ErrorIs(t, tenant.Err(tenant.Switch(ctx, "bolt", "test")), tenant.ErrSeparate, name)
		require.ErrorIs(t, tenant.Err(tenant.Switch(tenant.AcrossAll(ctx, "test"), "bolt", "test")), tenant.ErrSeparate, name)
		require.True(t, carry.From(ctx).Bound, name)
		inside, err := pages.Enter(ctx, o.acmeLeaf.ID)
		require.NoError(t, err, name)
		require.True(t, o.checker.Can(inside, "edit", o.acmeLeaf.ID), name)
	}
}

// On central routes as well, where package member would sign in whom it finds.
func TestActingSwitchesNowhere(t *testing.T) {
	t.Parallel()
	o := acting(t, rbac.Strict)
	a, err := o.manager.ActAs(as("acme", gil), "gus", o.acmeCat.ID)
	require.NoError(t, err)
	for name, ctx := range map[string]context.Context{
		"no mode": context.Background(), "global": tenant.Global(context.Background()), "across": o.all,
	} {
		require.NoError(t, tenant.Err(tenant.Switch(tenant.WithActor(ctx, a.Actor), "bolt", "test")), name)
		ctx = a.NewContext(ctx)
		require.ErrorIs(t, tenant.Err(tenant.Switch(ctx, "bolt", "test")), tenant.ErrSeparate, name)
		_, err := new(member.Directory).Switch(ctx, nil, "bolt", "test")
		require.ErrorIs(t, err, tenant.ErrSeparate, name)
	}
}

// What ends is recorded where it began, and nowhere else: not in the log of the
// tenant that the context happens to be of by then.
func TestEndsAreRecordedWhereTheyBegan(t *testing.T) {
	t.Parallel()
	o := acting(t, rbac.Strict)
	o.pair(rbac.PairSwitch, "manager", "student")
	a, err := o.manager.ActAs(as("acme", gil), "gus", o.acmeCat.ID)
	require.NoError(t, err)
	s, err := o.manager.SwitchRole(as("acme", gil), o.acmeCat.ID, o.ids["student"])
	require.NoError(t, err)
	gone := rbac.WithSession(as("bolt", gil), rbac.Session{Switched: []rbac.Switch{{Role: o.ids["student"], Node: o.nowhere.ID}}})
	for _, in := range []tenant.ID{"acme", "bolt", ""} {
		o.events = nil
		_, err = o.manager.StopActing(a.NewContext(as(in, gil)))
		require.NoError(t, err)
		_, err = o.manager.SwitchBack(rbac.WithSession(as(in, gil), s), o.acmeCat.ID)
		require.NoError(t, err)
		require.Len(t, o.events, 2)
		for _, ev := range o.events {
			require.Equal(t, tenant.ID("acme"), ev.Tenant, "%s in %q", ev.Kind, in)
			require.Equal(t, gil, ev.Actor)
		}
	}
	_, err = o.manager.SwitchBack(gone, o.nowhere.ID)
	require.NoError(t, err)
	require.Equal(t, tenant.ID("bolt"), o.events[2].Tenant)
}

// Who is not known any more does not go on as somebody else.
func TestActingEndsWithTheAccount(t *testing.T) {
	t.Parallel()
	o := acting(t, rbac.Strict)
	gone := ""
	checker, err := rbac.NewChecker(rbac.Config{
		Tree: o.tree, Store: o.roles, Capabilities: governedCapabilities,
		Known: func(_ context.Context, a tenant.Actor) (bool, error) { return a.ID != gone, nil },
	})
	require.NoError(t, err)
	a, err := o.manager.ActAs(as("acme", gil), "amy", o.acmeCat.ID)
	require.NoError(t, err)
	for name, ctx := range map[string]context.Context{
		"plain": a.NewContext(as("acme", gil)), "seated": a.NewContext(checker.NewContext(as("acme", gil))),
	} {
		for who, can := range map[string]bool{"": true, "gil": false, "amy": false, "ann": true} {
			gone = who
			require.Equal(t, can, checker.Can(ctx, "edit", o.acmeLeaf.ID), "%s without %q", name, who)
			d, err := checker.Explain(ctx, "edit", o.acmeLeaf.ID)
			require.NoError(t, err)
			require.Equal(t, can, d.Allowed)
		}
	}
}
