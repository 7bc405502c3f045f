package ctxtree_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/lifecycle"
)

func TestProvision(t *testing.T) {
	t.Parallel()
	g := newGarden(t)
	provision := ctxtree.Provision{
		Tree: func(tenant.DBTX) ctxtree.Store { return g.tree },
		Nodes: func(t *tenant.Tenant) []ctxtree.Spec {
			return []ctxtree.Spec{
				{Level: "category", Instance: "top of " + t.Code},
				{Parent: ctxtree.SystemID, Level: "category", Instance: "beside " + t.Code},
			}
		},
	}
	corp := &tenant.Tenant{ID: "corp", Code: "Corp"}
	ctx := tenant.NewContext(context.Background(), corp)
	show := func(ctx context.Context) string {
		items, err := g.cache.Navigation(ctx, ctxtree.NavigationOptions{})
		require.NoError(t, err)
		return outline(items)
	}
	before := show(in("acme"))
	const shared = "help(h1) terms"
	require.Equal(t, shared, show(ctx))
	for _, kind := range []string{lifecycle.KindUpdated, lifecycle.KindSuspended, lifecycle.KindArchived, lifecycle.KindDeleting, ""} {
		require.NoError(t, provision.Hook(ctx, nil, tenant.Event{Kind: kind, Tenant: "corp"}))
		require.Equal(t, shared, show(ctx), kind)
	}
	created := tenant.Event{Kind: lifecycle.KindCreated, Tenant: "corp"}
	require.NoError(t, provision.Hook(ctx, nil, created))
	require.Equal(t, shared+" corp(top of Corp) beside Corp", show(ctx))
	require.ErrorIs(t, provision.Hook(ctx, nil, created), ctxtree.ErrTaken)
	require.Equal(t, before, show(in("acme")))
	require.ErrorIs(t, provision.Hook(in("acme"), nil, tenant.Event{Kind: lifecycle.KindDeleted, Tenant: "corp"}), ctxtree.ErrOutside)
	require.ErrorIs(t, provision.Hook(in("acme"), nil, tenant.Event{Kind: lifecycle.KindCreated, Tenant: "dorm"}), ctxtree.ErrOutside)

	require.NoError(t, provision.Hook(ctx, nil, tenant.Event{Kind: lifecycle.KindDeleted, Tenant: "corp"}))
	require.Equal(t, shared, show(ctx))
	require.Equal(t, before, show(in("acme")))

	// What it is told to make for others is refused.
	for name, spec := range map[string]ctxtree.Spec{
		"of another tenant":    {Level: "category", Instance: "x", Tenant: "acme"},
		"beside, of another":   {Parent: ctxtree.SystemID, Level: "category", Instance: "x", Tenant: "acme"},
		"below another's node": {Parent: g.nodes["a1"].ID, Level: "category", Instance: "x"},
		"below a shared node":  {Parent: g.nodes["help"].ID, Level: "category", Instance: "x"},
		"of no such level":     {Level: "nothing", Instance: "x"},
	} {
		wrong := provision
		wrong.Nodes = func(*tenant.Tenant) []ctxtree.Spec { return []ctxtree.Spec{spec} }
		require.Error(t, wrong.Hook(ctx, nil, created), name)
		require.Equal(t, before, show(in("acme")), name)
		require.NoError(t, ctxtree.Purge(g.tree)(ctx, "corp"))
		require.NoError(t, ctxtree.Purge(g.tree)(ctx, "corp"))
		require.Equal(t, shared, show(ctx), name)
	}
	plain := ctxtree.Provision{Tree: provision.Tree}
	require.NoError(t, plain.Hook(in("corp"), nil, created))
	require.Equal(t, shared+" corp", show(ctx))
}
