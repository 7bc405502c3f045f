package ctxtree_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// outline is a navigation in one line: + is active, ! locked, ... more.
func outline(items []ctxtree.Item) string {
	var parts []string
	for _, i := range items {
		s := i.Node.Instance
		if i.Active {
			s += "+"
		}
		if i.Locked {
			s += "!"
		}
		if i.More {
			s += "..."
		}
		if len(i.Items) > 0 {
			s += "(" + outline(i.Items) + ")"
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, " ")
}

// garden is a tree whose numbers pass from one digit to two, so that the order
// of the paths is not that of the numbers.
type garden struct {
	tree  *ctxtree.Memory
	cache *ctxtree.Cache
	nodes map[string]ctxtree.Node
}

func newGarden(t *testing.T) *garden {
	t.Helper()
	levels, err := ctxtree.NewLevels(ctxtree.LevelRule{Level: "category", Under: []ctxtree.Level{ctxtree.AnyLevel}})
	require.NoError(t, err)
	g := &garden{tree: ctxtree.NewMemory(levels), nodes: map[string]ctxtree.Node{"": {ID: ctxtree.SystemID}}}
	g.cache = ctxtree.NewCache(g.tree, ctxtree.CacheConfig{})
	all := tenant.AcrossAll(context.Background(), "test")
	for _, line := range []string{
		" acme tenant", " bolt tenant", " help", "acme a1", "a1 a2", "a2 a3", "acme a4", "bolt b1", "b1 b2", "help h1", " terms", "a1 a5", " own acme",
	} {
		f := strings.Split(line, " ")
		spec := ctxtree.Spec{Parent: g.nodes[f[0]].ID, Level: "category", Instance: f[1]}
		switch {
		case len(f) == 3 && f[2] == "tenant":
			spec.Level = ctxtree.LevelTenant
		case len(f) == 3:
			spec.Tenant = tenant.ID(f[2])
		}
		n, err := g.tree.Create(all, spec)
		require.NoError(t, err)
		g.nodes[f[1]] = n
	}
	return g
}

func TestNavigation(t *testing.T) {
	t.Parallel()
	g := newGarden(t)
	hide := func(names ...string) func(ctxtree.Node) bool {
		return func(n ctxtree.Node) bool {
			require.NotEqual(t, ctxtree.SystemID, n.ID, "the system is not asked about")
			require.NotEqual(t, tenant.ID("bolt"), n.Tenant, "nothing of another tenant is asked about")
			for _, name := range names {
				hidden := g.nodes[name]
				require.False(t, n.ID != hidden.ID && n.Within(hidden), "nothing below what is hidden is asked about")
				if n.Instance == name {
					return false
				}
			}
			return true
		}
	}
	global := tenant.Global(context.Background())
	root := func(name string) int64 { return g.nodes[name].ID }
	for _, c := range []struct {
		name string
		ctx  context.Context
		opts ctxtree.NavigationOptions
		want string
	}{
		{"all", in("acme"), ctxtree.NavigationOptions{}, "acme(a1(a2(a3) a5) a4) help(h1) terms own"},
		{"the system by its number", in("acme"), ctxtree.NavigationOptions{Root: 1, Visible: hide()}, "acme(a1(a2(a3) a5) a4) help(h1) terms own"},
		{"one level", in("acme"), ctxtree.NavigationOptions{Depth: 1}, "acme... help... terms own"},
		{"two levels", in("acme"), ctxtree.NavigationOptions{Depth: 2}, "acme(a1... a4) help(h1) terms own"},
		{"more than there are", in("acme"), ctxtree.NavigationOptions{Depth: 9}, "acme(a1(a2(a3) a5) a4) help(h1) terms own"},
		{"below a root", in("acme"), ctxtree.NavigationOptions{Root: root("a1"), Depth: 1}, "a2... a5"},
		{"below a shared root", in("acme"), ctxtree.NavigationOptions{Root: root("help"), Visible: hide()}, "h1"},
		{"below a leaf", in("acme"), ctxtree.NavigationOptions{Root: root("a3")}, ""},
		{"hidden hides what is below", in("acme"), ctxtree.NavigationOptions{Visible: hide("a1", "help")}, "acme(a4) terms own"},
		{"nothing more that is visible", in("acme"), ctxtree.NavigationOptions{Depth: 1, Visible: hide("h1", "a1")}, "acme... help terms own"},
		{"global", global, ctxtree.NavigationOptions{}, "help(h1) terms"},
		{"a tenant without nodes", in("corp"), ctxtree.NavigationOptions{}, "help(h1) terms"},
	} {
		items, err := g.cache.Navigation(c.ctx, c.opts)
		require.NoError(t, err, c.name)
		require.Equal(t, c.want, outline(items), c.name)
	}
	for _, c := range []struct {
		name string
		ctx  context.Context
		opts ctxtree.NavigationOptions
	}{
		{"another tenant's", in("acme"), ctxtree.NavigationOptions{Root: root("b1")}},
		{"another tenant's node", in("acme"), ctxtree.NavigationOptions{Root: root("bolt")}},
		{"a tenant's, global", global, ctxtree.NavigationOptions{Root: root("a1")}},
		{"nothing", in("acme"), ctxtree.NavigationOptions{Root: 1 << 40}},
		{"less than nothing", in("acme"), ctxtree.NavigationOptions{Root: -1}},
		{"hidden", in("acme"), ctxtree.NavigationOptions{Root: root("a1"), Visible: hide("a1")}},
		{"below what is hidden", in("acme"), ctxtree.NavigationOptions{Root: root("a3"), Visible: hide("a1")}},
	} {
		_, err := g.cache.Navigation(c.ctx, c.opts)
		require.Equal(t, &ctxtree.NodeError{Op: "show", Node: c.opts.Root, Err: ctxtree.ErrNoNode}, err, c.name)
	}
	for want, ctx := range map[error]context.Context{
		tenant.ErrNoTenant:       context.Background(),
		tenant.ErrTenantConflict: tenant.WithID(in("acme"), "bolt"),
		tenant.ErrSeveralTenants: tenant.AcrossAll(context.Background(), "test"),
	} {
		_, err := g.cache.Navigation(ctx, ctxtree.NavigationOptions{})
		require.ErrorIs(t, err, want)
	}
	_, err := g.cache.Navigation(tenant.Across(context.Background(), "test", "acme"), ctxtree.NavigationOptions{})
	require.ErrorIs(t, err, tenant.ErrSeveralTenants)
}

// TestNavigationFollowsChanges: of the tree, of its locks, and of the page.
func TestNavigationFollowsChanges(t *testing.T) {
	t.Parallel()
	g := newGarden(t)
	show := func(ctx context.Context) string {
		t.Helper()
		items, err := g.cache.Navigation(ctx, ctxtree.NavigationOptions{})
		require.NoError(t, err)
		return outline(items)
	}
	pages := ctxtree.Pages{Tree: g.tree}
	page, err := pages.Enter(in("acme"), g.nodes["a2"].ID)
	require.NoError(t, err)
	require.Equal(t, "acme+(a1+(a2+(a3) a5) a4) help(h1) terms own", show(page))
	page, err = pages.Enter(in("acme"), g.nodes["h1"].ID)
	require.NoError(t, err)
	require.Equal(t, "acme(a1(a2(a3) a5) a4) help+(h1+) terms own", show(page))

	require.NoError(t, g.tree.SetLocked(in("acme"), g.nodes["a2"].ID, true))
	require.Equal(t, "acme(a1(a2!(a3!) a5) a4) help(h1) terms own", show(in("acme")))
	_, err = g.tree.Move(in("acme"), g.nodes["a2"].ID, g.nodes["own"].ID)
	require.NoError(t, err)
	require.Equal(t, "acme(a1(a5) a4) help(h1) terms own(a2!(a3!))", show(in("acme")))
	require.Equal(t, "bolt(b1(b2)) help(h1) terms", show(in("bolt")))
	require.NoError(t, g.tree.SetLocked(tenant.Global(context.Background()), ctxtree.SystemID, true))
	require.Equal(t, "bolt!(b1!(b2!)) help!(h1!) terms!", show(in("bolt")))
	_, err = g.tree.DeleteAll(in("bolt"), "bolt")
	require.NoError(t, err)
	require.Equal(t, "help!(h1!) terms!", show(in("bolt")))
}
