package rbac_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// declared are the capabilities of the tests.
var declared = []rbac.Capability{
	{Name: "view", Kind: rbac.Read},
	{Name: "publish", Kind: rbac.Read, Risks: rbac.RiskSpam | rbac.RiskXSS},
	{Name: "list", Kind: rbac.Read, Risks: rbac.RiskManageTrust | rbac.RiskPersonal | rbac.RiskSpam},
	{Name: "edit"},
	{Name: "unlock", ManagesLocks: true},
	{Name: "see", ReplacedBy: "look"},
	{Name: "look", ReplacedBy: "view"},
}

// world is a tree with a category and a course in each of two tenants and in
// none of them, and stores to fill with roles.
type world struct {
	*testing.T
	tree  *ctxtree.Memory
	roles *rbac.Memory
	all   context.Context

	system                       ctxtree.Node
	acme, acmeCat, acmeCourse    ctxtree.Node
	bolt, boltCat, boltCourse    ctxtree.Node
	sharedCat, sharedCourse      ctxtree.Node
	acmeOther, acmeLeaf, nowhere ctxtree.Node
}

func newWorld(t *testing.T) *world {
	t.Helper()
	levels, err := ctxtree.NewLevels(
		ctxtree.LevelRule{Level: "category", Under: []ctxtree.Level{ctxtree.LevelSystem, ctxtree.LevelTenant, "category"}},
		ctxtree.LevelRule{Level: "course", Under: []ctxtree.Level{"category", "course"}})
	require.NoError(t, err)
	w := &world{T: t, tree: ctxtree.NewMemory(levels), roles: rbac.NewMemory(), all: tenant.AcrossAll(context.Background(), "test")}
	w.system, _, err = w.tree.Node(w.all, ctxtree.SystemID)
	require.NoError(t, err)
	w.acme = w.node(w.system, ctxtree.LevelTenant, "acme")
	w.acmeCat = w.node(w.acme, "category", "c")
	w.acmeCourse = w.node(w.acmeCat, "course", "7")
	w.acmeLeaf = w.node(w.acmeCourse, "course", "leaf")
	w.acmeOther = w.node(w.acme, "category", "other")
	w.bolt = w.node(w.system, ctxtree.LevelTenant, "bolt")
	w.boltCat = w.node(w.bolt, "category", "c")
	w.boltCourse = w.node(w.boltCat, "course", "7")
	w.sharedCat = w.node(w.system, "category", "c")
	w.sharedCourse = w.node(w.sharedCat, "course", "7")
	w.nowhere = ctxtree.Node{ID: 1 << 40}
	return w
}

func (w *world) node(parent ctxtree.Node, level ctxtree.Level, instance string) ctxtree.Node {
	w.Helper()
	n, err := w.tree.Create(w.all, ctxtree.Spec{Parent: parent.ID, Level: level, Instance: instance})
	require.NoError(w, err)
	return n
}

func (w *world) role(name string) rbac.RoleID {
	w.Helper()
	r, err := w.roles.DefineRole(w.all, rbac.Role{Name: name})
	require.NoError(w, err)
	return r.ID
}

func (w *world) set(role rbac.RoleID, at ctxtree.Node, p rbac.Permission, capabilities ...string) {
	w.Helper()
	for _, c := range capabilities {
		require.NoError(w, w.roles.SetPermission(w.all, at, role, c, p))
	}
}

func (w *world) assign(user string, role rbac.RoleID, at ctxtree.Node) {
	w.Helper()
	require.NoError(w, w.roles.Assign(w.all, at, rbac.Assignment{Role: role, User: user}))
}

func (w *world) unassign(user string, role rbac.RoleID, at ctxtree.Node) {
	w.Helper()
	require.NoError(w, w.roles.Unassign(w.all, at, rbac.Assignment{Role: role, User: user}))
}

func (w *world) special(s rbac.Special) {
	w.Helper()
	require.NoError(w, w.roles.SetSpecial(w.all, s))
}

func (w *world) admin(user string) {
	w.Helper()
	require.NoError(w, w.roles.SetSiteAdmin(w.all, user, true))
}

// checker returns a checker on the world's stores, with cfg for the rest.
func (w *world) checker(cfg rbac.Config) *rbac.Checker {
	w.Helper()
	if cfg.Tree == nil {
		cfg.Tree = w.tree
	}
	if cfg.Store == nil {
		cfg.Store = w.roles
	}
	cfg.Capabilities = declared
	c, err := rbac.NewChecker(cfg)
	require.NoError(w, err)
	return c
}

// as returns a context of the tenant with the actor, or with an empty tenant a
// global one.
func as(in tenant.ID, a tenant.Actor) context.Context {
	ctx := context.Background()
	if in == "" {
		ctx = tenant.Global(ctx)
	} else {
		ctx = tenant.WithID(ctx, in)
	}
	return tenant.WithActor(ctx, a)
}

var (
	ann   = tenant.Actor{ID: "ann", Tenant: "acme"} // a member of acme
	bob   = tenant.Actor{ID: "bob", Tenant: "bolt"}
	gil   = tenant.Actor{ID: "gil"} // a member of nobody
	guest = tenant.Actor{ID: "guest", Guest: true}
	anon  = tenant.Actor{}
)
