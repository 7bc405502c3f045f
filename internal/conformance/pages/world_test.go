package pages

import (
	"context"
	"database/sql"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/context/ctxtreesql"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
	"github.com/gotenancy/tenancy/tenant/lifecycle"
	"github.com/gotenancy/tenancy/tenant/member"
	"github.com/gotenancy/tenancy/tenant/tenantsql"
)

// world is an application with the tenants acme, bolt and coil. Each has a
// course 7 in a category of its own below its node, and one without a tenant is
// for everybody. Ann is a member of acme; eve is a global user who manages bolt
// and coil.
type world struct {
	*testing.T
	pool    *sql.DB
	dialect tenant.Dialect
	reg     *tenantsql.Registry
	dir     *member.Directory
	tree    *ctxtreesql.Store
	cache   *ctxtree.Cache
	pages   *ctxtree.Pages
	manager *lifecycle.Manager

	course map[tenant.ID]ctxtree.Node
}

var (
	tenants = []tenant.ID{"acme", "bolt", "coil"}
	ann     = tenant.Actor{ID: "ann", Tenant: "acme"}
	eve     = tenant.Actor{ID: "eve"}
)

func each(t *testing.T, f func(w *world)) {
	t.Helper()
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		f(newWorld(t, e))
	})
}

func newWorld(t *testing.T, e engines.Engine) *world {
	t.Helper()
	dsn, _ := e.NewDatabase(t)
	pool, err := scope.OpenDB(e.Connector(t, dsn), scope.Policy{Dialect: e.Dialect, Column: "tenant_id", Default: scope.PerTenant})
	require.NoError(t, err)
	pool.SetMaxOpenConns(4)
	t.Cleanup(func() { require.NoError(t, pool.Close()) })
	require.NoError(t, tenantsql.Migrate(t.Context(), pool, e.Dialect))
	require.NoError(t, member.Migrate(t.Context(), pool, e.Dialect))
	require.NoError(t, feed.Migrate(t.Context(), pool, e.Dialect))
	require.NoError(t, ctxtreesql.Migrate(t.Context(), pool, e.Dialect))

	levels, err := ctxtree.NewLevels(
		ctxtree.LevelRule{Level: "category", Under: []ctxtree.Level{ctxtree.LevelSystem, ctxtree.LevelTenant, "category"}},
		ctxtree.LevelRule{Level: "course", Under: []ctxtree.Level{"category"}},
		ctxtree.LevelRule{Level: "module", Under: []ctxtree.Level{"course"}})
	require.NoError(t, err)
	w := &world{
		T: t, pool: pool, dialect: e.Dialect, course: map[tenant.ID]ctxtree.Node{},
		reg: tenantsql.NewRegistry(pool, e.Dialect), tree: ctxtreesql.New(pool, e.Dialect, levels),
	}
	w.cache = ctxtree.NewCache(w.tree, ctxtree.CacheConfig{})
	w.dir, err = member.NewDirectory(pool, e.Dialect, member.Config{
		Tenants:       func(db tenant.DBTX) tenant.Registry { return w.reg.With(db) },
		Administrator: func(context.Context, tenant.DBTX, string) (bool, error) { return false, nil },
	})
	require.NoError(t, err)
	provision := ctxtree.Provision{
		Tree: func(tx tenant.DBTX) ctxtree.Store { return w.tree.With(tx) },
		Nodes: func(t *tenant.Tenant) []ctxtree.Spec {
			return []ctxtree.Spec{
				{Level: "category", Instance: "top of " + t.Code},
				{Parent: ctxtree.SystemID, Level: "category", Instance: "beside " + t.Code},
			}
		},
	}
	w.manager, err = lifecycle.New(lifecycle.Config{
		DB: pool, Dialect: e.Dialect,
		Registry: func(tx tenant.DBTX) lifecycle.Registry { return w.reg.With(tx) },
		Hooks:    []tenant.Hook{w.dir.Hook, provision.Hook},
		OnCommit: []func(context.Context, tenant.Event){func(_ context.Context, ev tenant.Event) { w.cache.Refresh(ev.Tenant) }},
	})
	require.NoError(t, err)
	w.pages = &ctxtree.Pages{Tree: w.tree, Registry: w.reg, MayEnter: w.dir.MayEnter}

	for _, id := range tenants {
		w.createTenant(id)
		top, found, err := w.tree.ByInstance(in(id), id, "category", "top of "+string(id))
		require.NoError(t, err)
		require.True(t, found)
		w.course[id] = w.create(in(id), top.ID, "course", "7")
	}
	global := tenant.Global(context.Background())
	w.course[""] = w.create(global, w.create(global, ctxtree.SystemID, "category", "shared").ID, "course", "7")

	central := tenant.AcrossAll(t.Context(), "a test makes accounts")
	_, err = w.dir.AddMember(in("acme"), "", member.NewAccount{ID: "ann", UserName: "ann"})
	require.NoError(t, err)
	_, err = w.dir.AddGlobal(central, member.NewAccount{ID: "eve", UserName: "eve"})
	require.NoError(t, err)
	for _, id := range tenants[1:] {
		require.NoError(t, w.dir.AddManager(central, id, "eve", "a test"))
	}
	return w
}

func in(id tenant.ID) context.Context { return tenant.WithID(context.Background(), id) }

func (w *world) createTenant(id tenant.ID, hooks ...tenant.Hook) {
	w.Helper()
	_, created, err := w.manager.Create(w.Context(), tenant.Tenant{ID: id, Code: string(id), Host: string(id) + ".example.com"}, hooks...)
	require.NoError(w, err)
	require.True(w, created)
}

func (w *world) create(ctx context.Context, parent int64, level ctxtree.Level, instance string) ctxtree.Node {
	w.Helper()
	n, err := w.tree.Create(ctx, ctxtree.Spec{Parent: parent, Level: level, Instance: instance})
	require.NoError(w, err)
	return n
}

// show is what a navigation holds, in words.
func (w *world) show(cache *ctxtree.Cache, ctx context.Context, opts ctxtree.NavigationOptions) string {
	w.Helper()
	items, err := cache.Navigation(ctx, opts)
	require.NoError(w, err)
	return words(items)
}

func words(items []ctxtree.Item) string {
	s := ""
	for _, i := range items {
		s += "[" + string(i.Node.Level) + " " + i.Node.Instance
		if i.Active {
			s += "*"
		}
		s += words(i.Items) + "]"
	}
	return s
}

func number(n ctxtree.Node) string { return strconv.FormatInt(n.ID, 10) }
