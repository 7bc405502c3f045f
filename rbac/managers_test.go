package rbac_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

func TestTenantManagers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	boss := w.role("boss")
	other := w.role("other")
	managing := []string{"ann", "gil"}
	cfg := rbac.TenantManagersConfig{
		Store:    func(tenant.DBTX) rbac.Store { return w.roles },
		Tree:     func(tenant.DBTX) ctxtree.Store { return w.tree },
		Role:     boss,
		Managers: func(context.Context, tenant.DBTX, tenant.ID) ([]string, error) { return managing, nil },
		Top: func(ctx context.Context, tree ctxtree.Store, of tenant.ID) (ctxtree.Node, bool, error) {
			return tree.ByInstance(ctx, of, "category", "c")
		},
	}
	sync, err := rbac.NewTenantManagers(cfg)
	require.NoError(t, err)
	in := tenant.WithID(t.Context(), "acme")
	held := func(of tenant.ID) []rbac.PlacedAssignment {
		r, _, err := w.roles.Load(w.all, of)
		require.NoError(t, err)
		return r.Assignments
	}
	row := func(at ctxtree.Node, role rbac.RoleID, user, component string) rbac.PlacedAssignment {
		return rbac.PlacedAssignment{Node: at.ID, Assignment: rbac.Assignment{Role: role, User: user, Component: component}}
	}
	const own = rbac.ManagersComponent
	want := []rbac.PlacedAssignment{
		row(w.acme, boss, "ann", own), row(w.acmeCat, boss, "ann", own),
		row(w.acme, boss, "gil", own), row(w.acmeCat, boss, "gil", own),
	}
	require.NoError(t, sync.Sync(in, "acme"))
	require.ElementsMatch(t, want, held("acme"))
	require.NoError(t, sync.Sync(in, "acme"))
	require.ElementsMatch(t, want, held("acme"))

	// What others and hands have assigned stays; what is its own and wrong goes,
	// and what is missing comes back.
	theirs := []rbac.PlacedAssignment{
		row(w.acme, boss, "ann", ""), row(w.acme, boss, "amy", ""), row(w.acmeCat, boss, "amy", "sync"), row(w.acmeCourse, other, "ann", "sync"),
	}
	wrong := []rbac.PlacedAssignment{
		row(w.acme, boss, "bob", own), row(w.acmeCourse, boss, "ann", own), row(w.acme, other, "ann", own),
		{Node: w.acme.ID, Assignment: rbac.Assignment{Role: boss, User: "ann", Component: own, Item: 3}},
	}
	for _, a := range append(slices.Clone(theirs), wrong...) {
		require.NoError(t, w.roles.Assign(w.all, ctxtree.Node{ID: a.Node, Tenant: "acme"}, a.Assignment))
	}
	require.NoError(t, w.roles.Unassign(w.all, w.acmeCat, want[1].Assignment))
	require.NoError(t, w.roles.Assign(w.all, w.bolt, rbac.Assignment{Role: boss, User: "bob", Component: own}))
	require.NoError(t, sync.Sync(in, "acme"))
	require.ElementsMatch(t, append(slices.Clone(theirs), want...), held("acme"))
	require.Len(t, held("bolt"), 1)

	// Events of the packages lifecycle and member.
	managing = []string{"gil"}
	for _, kind := range []string{"member.added", "tenant.archived", "manager.x"} {
		require.NoError(t, sync.Hook(in, nil, tenant.Event{Kind: kind, Tenant: "acme"}))
	}
	require.ElementsMatch(t, append(slices.Clone(theirs), want...), held("acme"))
	require.NoError(t, sync.Hook(in, nil, tenant.Event{Kind: "manager.removed", Tenant: "acme", Object: "ann"}))
	require.ElementsMatch(t, append(slices.Clone(theirs), want[2:]...), held("acme"))
	managing = []string{"gil", "ann", "ann"}
	require.NoError(t, sync.Hook(in, nil, tenant.Event{Kind: "manager.added", Tenant: "acme", Object: "ann"}))
	require.ElementsMatch(t, append(slices.Clone(theirs), want...), held("acme"))
	managing = []string{"bob"}
	require.NoError(t, sync.Hook(tenant.WithID(t.Context(), "bolt"), nil, tenant.Event{Kind: "tenant.created", Tenant: "bolt"}))
	require.ElementsMatch(t, []rbac.PlacedAssignment{row(w.bolt, boss, "bob", own), row(w.boltCat, boss, "bob", own)}, held("bolt"))

	// Without a top category, or with one that is not the tenant's.
	cfg.Top = nil
	plain, err := rbac.NewTenantManagers(cfg)
	require.NoError(t, err)
	require.NoError(t, plain.Sync(w.all, "bolt"))
	require.Equal(t, []rbac.PlacedAssignment{row(w.bolt, boss, "bob", own)}, held("bolt"))
	cfg.Top = func(context.Context, ctxtree.Store, tenant.ID) (ctxtree.Node, bool, error) {
		return w.acmeCat, true, nil
	}
	astray, err := rbac.NewTenantManagers(cfg)
	require.NoError(t, err)
	before := held("acme")
	require.ErrorIs(t, astray.Sync(w.all, "bolt"), ctxtree.ErrOutside)
	require.Equal(t, before, held("acme"))
	require.Len(t, held("bolt"), 1)

	// Where it can not know, nothing changes.
	cfg.Top = nil
	cfg.Managers = func(context.Context, tenant.DBTX, tenant.ID) ([]string, error) { return nil, errHook }
	broken, err := rbac.NewTenantManagers(cfg)
	require.NoError(t, err)
	require.ErrorIs(t, broken.Sync(w.all, "bolt"), errHook)
	require.Len(t, held("bolt"), 1)
	require.ErrorIs(t, sync.Sync(w.all, "corp"), ctxtree.ErrNoNode)
	require.ErrorIs(t, sync.Sync(w.all, ""), tenant.ErrInvalidID)
	require.ErrorIs(t, sync.Sync(in, "bolt"), ctxtree.ErrOutside)
	_, err = rbac.NewTenantManagers(rbac.TenantManagersConfig{})
	require.Error(t, err)
}
