package stores_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/context/ctxtreesql"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/conformance/servers"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/rbac/rbacsql"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/audit"
	"github.com/gotenancy/tenancy/tenant/lifecycle"
	"github.com/gotenancy/tenancy/tenant/member"
	"github.com/gotenancy/tenancy/tenant/tenantsql"
)

// company is an application whose tenants manage their people and roles
// themselves: everything on one scoped pool, and wired as an application would.
type company struct {
	*testing.T
	pool    *sql.DB
	dialect tenant.Dialect
	tree    *ctxtreesql.Store
	store   *rbacsql.Store
	log     *audit.Log
	dir     *member.Directory
	tenants *lifecycle.Manager
	checker *rbac.Checker
	roles   *rbac.Manager
	sync    *rbac.TenantManagers
	cfg     rbac.ManagerConfig

	ids    map[string]rbac.RoleID
	root   context.Context // the platform's staff
	top    map[tenant.ID]ctxtree.Node
	course map[tenant.ID]ctxtree.Node
}

func manages(a ...rbac.Archetype) map[rbac.Archetype]rbac.Permission {
	all := map[rbac.Archetype]rbac.Permission{rbac.ArchetypeManager: rbac.Allow}
	for _, a := range a {
		all[a] = rbac.Allow
	}
	return all
}

var companyCapabilities = []rbac.Capability{
	{Name: "course:edit", Level: "course", Defaults: manages(rbac.ArchetypeTeacher)},
	{Name: "user:add", Level: ctxtree.LevelTenant, Defaults: manages()},
	{Name: "role:assign", Level: "course", Risks: rbac.RiskManageTrust, Defaults: manages()},
	{Name: "role:override", Level: "course", Risks: rbac.RiskManageTrust, Defaults: manages()},
	{Name: "role:manage", Level: ctxtree.LevelSystem, Defaults: manages()},
	{Name: "site:config", Level: ctxtree.LevelSystem, Risks: rbac.RiskConfig, Defaults: manages()},
}

func eachCompany(t *testing.T, f func(c *company)) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		f(newCompany(t, e))
	})
}

// onServers is eachCompany without the embedded engines.
func onServers(t *testing.T, f func(c *company)) {
	t.Parallel()
	for _, kind := range servers.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			f(newCompany(t, engines.Get(t, kind.Name)))
		})
	}
}

func newCompany(t *testing.T, e engines.Engine) *company {
	t.Helper()
	levels, err := ctxtree.NewLevels(
		ctxtree.LevelRule{Level: "category", Under: []ctxtree.Level{ctxtree.LevelSystem, "category"}},
		ctxtree.LevelRule{Level: "course", Under: []ctxtree.Level{"category"}})
	require.NoError(t, err)
	pool := openScoped(t, e, tenantsql.Migrate, ctxtreesql.Migrate, rbacsql.Migrate, member.Migrate, audit.Migrate)
	pool.SetMaxOpenConns(6)
	registry := tenantsql.NewRegistry(pool, e.Dialect)
	c := &company{
		T: t, pool: pool, dialect: e.Dialect, tree: ctxtreesql.New(pool, e.Dialect, levels), store: rbacsql.New(pool, e.Dialect), log: audit.New(pool, e.Dialect),
		ids: map[string]rbac.RoleID{}, top: map[tenant.ID]ctxtree.Node{}, course: map[tenant.ID]ctxtree.Node{},
	}
	c.root = tenant.WithActor(tenant.Global(t.Context()), tenant.Actor{ID: "root"})
	installed, err := rbac.Install(tenant.Global(t.Context()), c.store, companyCapabilities,
		rbac.Role{Name: "manager", Archetype: rbac.ArchetypeManager},
		rbac.Role{Name: "boss", Archetype: rbac.ArchetypeTenantManager},
		rbac.Role{Name: "teacher", Archetype: rbac.ArchetypeTeacher, Levels: []ctxtree.Level{"category", "course"}},
		rbac.Role{Name: "student", Archetype: rbac.ArchetypeStudent})
	require.NoError(t, err)
	for _, r := range installed {
		c.ids[r.Name] = r.ID
	}
	require.NoError(t, c.store.SetSiteAdmin(c.root, "root", true))

	c.checker, err = rbac.NewChecker(rbac.Config{Tree: c.tree, Store: c.store, Capabilities: companyCapabilities})
	require.NoError(t, err)
	c.sync, err = rbac.NewTenantManagers(rbac.TenantManagersConfig{
		Store: func(db tenant.DBTX) rbac.Store { return on(c.store, db, c.store.With) },
		Tree:  func(db tenant.DBTX) ctxtree.Store { return on(c.tree, db, c.tree.With) },
		Role:  c.ids["boss"],
		Managers: func(ctx context.Context, db tenant.DBTX, of tenant.ID) (ids []string, err error) {
			all, err := on(c.dir, db, c.dir.With).Managers(ctx, of)
			for _, a := range all {
				ids = append(ids, a.ID)
			}
			return ids, err
		},
		Top: func(ctx context.Context, tree ctxtree.Store, of tenant.ID) (ctxtree.Node, bool, error) {
			return tree.ByInstance(ctx, of, "category", "top")
		},
	})
	require.NoError(t, err)
	c.dir, err = member.NewDirectory(pool, e.Dialect, member.Config{
		Tenants:       func(db tenant.DBTX) tenant.Registry { return registry.With(db) },
		Administrator: c.store.Administrator,
		Hooks:         []tenant.Hook{c.sync.Hook, c.log.Hook},
	})
	require.NoError(t, err)
	c.tenants, err = lifecycle.New(lifecycle.Config{
		DB: pool, Dialect: e.Dialect,
		Registry: func(tx tenant.DBTX) lifecycle.Registry { return registry.With(tx) },
		Hooks:    []tenant.Hook{c.place, c.dir.Hook, c.sync.Hook, c.log.Hook},
		OnCommit: []func(context.Context, tenant.Event){func(_ context.Context, ev tenant.Event) { c.checker.Invalidate(ev.Tenant, 0) }},
	})
	require.NoError(t, err)
	c.cfg = rbac.ManagerConfig{
		Checker: c.checker,
		Asks:    rbac.Asks{Assign: "role:assign", Override: "role:override", Roles: "role:manage"},
		Tree:    func(db tenant.DBTX) ctxtree.Store { return on(c.tree, db, c.tree.With) },
		Homes:   c.homes,
		Candidate: func(ctx context.Context, db tenant.DBTX, of tenant.ID, user string) (bool, error) {
			return on(c.dir, db, c.dir.With).IsCandidate(ctx, of, user)
		},
		Hooks: []tenant.Hook{c.log.Hook},
		Audit: c.log.Append,
	}
	c.roles, err = rbac.NewManager(c.cfg)
	require.NoError(t, err)
	for _, id := range []tenant.ID{"acme", "bolt"} {
		_, _, err := c.tenants.Create(tenant.AcrossAll(t.Context(), "test"), tenant.Tenant{ID: id, Code: string(id), Name: string(id)})
		require.NoError(t, err)
		c.top[id], _, err = c.tree.ByInstance(c.in(id), id, "category", "top")
		require.NoError(t, err)
		c.course[id], err = c.tree.Create(c.in(id), ctxtree.Spec{Parent: c.top[id].ID, Level: "course", Instance: "7"})
		require.NoError(t, err)
	}
	for account, home := range map[string]tenant.ID{"ann": "acme", "amy": "acme", "bob": "bolt"} {
		_, err := c.dir.AddMember(c.in(home), "", member.NewAccount{ID: account, UserName: account})
		require.NoError(t, err)
	}
	for _, account := range []string{"gil", "gus", "root"} {
		_, err := c.dir.AddGlobal(tenant.Global(t.Context()), member.NewAccount{ID: account, UserName: account})
		require.NoError(t, err)
	}
	return c
}

// on returns the store on db, or itself where there is no transaction.
func on[S any](s S, db tenant.DBTX, with func(tenant.DBTX) S) S {
	if db == nil {
		return s
	}
	return with(db)
}

// place is the hook that makes a tenant's node, and its top category beside it.
func (c *company) place(ctx context.Context, tx tenant.DBTX, ev tenant.Event) error {
	if ev.Kind != lifecycle.KindCreated {
		return nil
	}
	tree := c.tree.With(tx)
	_, err := tree.Create(ctx, ctxtree.Spec{Parent: ctxtree.SystemID, Level: ctxtree.LevelTenant, Instance: string(ev.Tenant)})
	if err != nil {
		return err
	}
	_, err = tree.Create(ctx, ctxtree.Spec{Parent: ctxtree.SystemID, Level: "category", Instance: "top", Tenant: ev.Tenant})
	return err
}

func (c *company) homes(ctx context.Context, db tenant.DBTX, users []string) (map[string]tenant.ID, error) {
	homes := map[string]tenant.ID{}
	for _, user := range users {
		switch a, err := on(c.dir, db, c.dir.With).Account(ctx, user); {
		case errors.Is(err, member.ErrUnknownAccount):
		case err != nil:
			return nil, err
		case !a.Guest:
			homes[user] = a.Tenant
		}
	}
	return homes, nil
}

func (c *company) in(id tenant.ID) context.Context { return tenant.WithID(c.Context(), id) }

// member returns the context of a member in its tenant.
func (c *company) member(id tenant.ID, account string) context.Context {
	return tenant.WithActor(c.in(id), tenant.Actor{ID: account, Tenant: id})
}

// managing makes the account a manager of the tenant.
func (c *company) managing(id tenant.ID, account string) {
	c.Helper()
	require.NoError(c, c.dir.AddManager(tenant.Global(c.Context()), id, account, "test"))
	c.checker.Invalidate(id, 0) // what the feed does
}

// can wants the checker's answer.
func (c *company) can(ctx context.Context, capability string, at ctxtree.Node, want bool) {
	c.Helper()
	require.Equal(c, want, c.checker.Can(ctx, capability, at.ID), "%s on %+v", capability, at)
}

func (c *company) kinds(id tenant.ID) (kinds []string) {
	c.Helper()
	for r, err := range c.log.Records(c.in(id), audit.Query{}) {
		require.NoError(c, err)
		kinds = append(kinds, r.Kind)
	}
	return kinds
}

func byHand(role rbac.RoleID, user string) rbac.Assignment {
	return rbac.Assignment{Role: role, User: user}
}

var companySystem = ctxtree.Node{ID: ctxtree.SystemID}
