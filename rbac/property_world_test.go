package rbac_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

var randomCapabilities = []rbac.Capability{
	{Name: "view", Kind: rbac.Read},
	{Name: "list", Kind: rbac.Read, Risks: rbac.RiskManageTrust | rbac.RiskPersonal | rbac.RiskSpam},
	{Name: "config", Kind: rbac.Read, Risks: rbac.RiskConfig},
	{Name: "publish", Kind: rbac.Read, Risks: rbac.RiskXSS | rbac.RiskSpam},
	{Name: "purge", Kind: rbac.Read, Risks: rbac.RiskDataLoss},
	{Name: "edit"},
	{Name: "send", Risks: rbac.RiskSpam},
	{Name: "unlock", ManagesLocks: true},
	{Name: "see", ReplacedBy: "look"},
	{Name: "look", ReplacedBy: "view"},
	{Name: "change", Kind: rbac.Read, ReplacedBy: "edit"},
}

// randomWorld is a random installation: once in stores, and once in lists.
type randomWorld struct {
	*testing.T
	*rand.Rand
	seed, number uint64
	tree         *ctxtree.Memory
	store        *rbac.Memory
	checker      *rbac.Checker
	all          context.Context
	rules        rules
	names        []string // of capabilities, and of none
	asked        []askedBefore
}

func newRandomWorld(t *testing.T, seed, number uint64) *randomWorld {
	t.Helper()
	levels, err := ctxtree.NewLevels(
		ctxtree.LevelRule{Level: "category", Under: []ctxtree.Level{ctxtree.LevelSystem, ctxtree.LevelTenant, "category"}},
		ctxtree.LevelRule{Level: "course", Under: []ctxtree.Level{ctxtree.LevelSystem, "category", "course"}})
	require.NoError(t, err)
	w := &randomWorld{
		T: t, Rand: rand.New(rand.NewPCG(seed, number)), seed: seed, number: number,
		tree: ctxtree.NewMemory(levels), store: rbac.NewMemory(), all: tenant.AcrossAll(context.Background(), "property"),
		names: []string{"fly"},
	}
	for _, c := range randomCapabilities {
		w.names = append(w.names, c.Name)
	}
	half := func() bool { return w.IntN(2) == 0 }
	w.rules = rules{
		wall: rbac.Wall(w.IntN(2)), forceLogin: w.IntN(4) == 0, ignoreLocks: w.IntN(6) == 0, spareAdmins: half(),
		capabilities: randomCapabilities,
		nodes:        []ruleNode{{id: ctxtree.SystemID}},
		users: []ruleUser{
			{actor: tenant.Actor{}},
			{actor: tenant.Actor{ID: "guest", Guest: true}, admin: half()},
			{actor: tenant.Actor{ID: "guest2", Guest: true, Tenant: "t1"}, admin: half()},
			{actor: tenant.Actor{ID: "g1"}}, {actor: tenant.Actor{ID: "g2"}, admin: true}, {actor: tenant.Actor{ID: "g3"}, erased: true, admin: half()},
			{actor: tenant.Actor{ID: "m1", Tenant: "t1"}}, {actor: tenant.Actor{ID: "m2", Tenant: "t1"}, admin: true},
			{actor: tenant.Actor{ID: "m3", Tenant: "t2"}}, {actor: tenant.Actor{ID: "m4", Tenant: "t2"}, erased: true},
		},
	}
	for i := range 6 {
		r, err := w.store.DefineRole(w.all, rbac.Role{Name: "r" + strconv.Itoa(i)})
		require.NoError(t, err)
		w.rules.roles = append(w.rules.roles, r.ID)
	}
	for _, of := range []string{"t1", "t2"} {
		n, err := w.tree.Create(w.all, ctxtree.Spec{Parent: ctxtree.SystemID, Level: ctxtree.LevelTenant, Instance: of})
		require.NoError(t, err)
		w.rules.nodes = append(w.rules.nodes, ruleNode{n.ID, ctxtree.SystemID, tenant.ID(of), false})
	}
	for range 18 + w.IntN(10) {
		w.plant()
	}
	for _, u := range w.rules.users {
		if u.admin {
			require.NoError(t, w.store.SetSiteAdmin(w.all, u.actor.ID, true))
		}
	}
	w.appoint()
	for range 60 {
		w.say()
	}
	for range 20 {
		w.assign()
	}
	w.checker, err = rbac.NewChecker(rbac.Config{
		Tree: w.tree, Store: w.store, Capabilities: randomCapabilities, Wall: w.rules.wall,
		ForceLogin: w.rules.forceLogin, IgnoreLocks: w.rules.ignoreLocks, LocksSpareAdmins: w.rules.spareAdmins,
		Known: func(_ context.Context, a tenant.Actor) (bool, error) {
			return !slices.ContainsFunc(w.rules.users, func(u ruleUser) bool { return u.actor == a && u.erased }), nil
		},
	})
	require.NoError(t, err)
	return w
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// change changes one thing, or several of a kind.
func (w *randomWorld) change() {
	for range 1 + w.IntN(3) {
		pick(w.Rand, []func(){
			w.plant, w.move, w.move, w.move, w.lock, w.lock, w.say, w.say, w.say, w.assign, w.assign, w.unassign, w.unassign,
			w.appoint, w.promote, w.fell,
		})()
	}
}

// plant makes a node below a random one.
func (w *randomWorld) plant() {
	under := pick(w.Rand, w.rules.nodes)
	spec := ctxtree.Spec{Parent: under.id, Level: pick(w.Rand, []ctxtree.Level{"category", "course"}), Instance: strconv.FormatUint(w.Uint64(), 36)}
	if under.tenant == "" && w.IntN(3) == 0 {
		spec.Tenant = pick(w.Rand, []tenant.ID{"t1", "t2"}) // a tenant's node under one without
	}
	if n, err := w.tree.Create(w.all, spec); err == nil {
		w.rules.nodes = append(w.rules.nodes, ruleNode{n.ID, under.id, n.Tenant, n.Locked})
	}
}

// move moves a node, if the tree lets it.
func (w *randomWorld) move() {
	i, to := w.IntN(len(w.rules.nodes)), pick(w.Rand, w.rules.nodes)
	if _, err := w.tree.Move(w.all, w.rules.nodes[i].id, to.id); err == nil {
		w.rules.nodes[i].parent = to.id
	}
}

// lock turns the lock of a node, if the tree lets it.
func (w *randomWorld) lock() {
	n := &w.rules.nodes[w.IntN(len(w.rules.nodes))]
	if n.locked || w.IntN(2) == 0 {
		if err := w.tree.SetLocked(w.all, n.id, !n.locked); err == nil {
			n.locked = !n.locked
		}
	}
}

// fell deletes a node and those below, if the tree lets it; what was said on
// them stays in the store. It keeps the few nodes from becoming none.
func (w *randomWorld) fell() {
	id := pick(w.Rand, w.rules.nodes).id
	below := func(n ruleNode) bool {
		return slices.ContainsFunc(w.rules.up(n.id), func(a ruleNode) bool { return a.id == id })
	}
	var rest []ruleNode
	for _, n := range w.rules.nodes {
		if !below(n) {
			rest = append(rest, n)
		}
	}
	if len(rest) < 12 {
		return
	}
	if err := w.tree.Delete(w.all, id); err == nil {
		w.rules.nodes = rest
	}
}

func (w *randomWorld) at(n ruleNode) ctxtree.Node { return ctxtree.Node{ID: n.id, Tenant: n.tenant} }

// say sets or removes a permission.
func (w *randomWorld) say() {
	n := pick(w.Rand, w.rules.nodes)
	if w.IntN(3) == 0 {
		n = w.rules.nodes[0]
	}
	p := rulePermission{n.id, pick(w.Rand, w.rules.roles), pick(w.Rand, w.names), pick(w.Rand, []rbac.Permission{
		rbac.Inherit, rbac.Allow, rbac.Allow, rbac.Allow, rbac.Allow, rbac.Prevent, rbac.Prevent, rbac.Prohibit,
	})}
	require.NoError(w, w.store.SetPermission(w.all, w.at(n), p.role, p.capability, p.permission))
	w.rules.says = slices.DeleteFunc(w.rules.says, func(o rulePermission) bool {
		return o.node == p.node && o.role == p.role && o.capability == p.capability
	})
	if p.permission != rbac.Inherit {
		w.rules.says = append(w.rules.says, p)
	}
}

func (w *randomWorld) assign() {
	n := pick(w.Rand, w.rules.nodes)
	h := ruleHolding{pick(w.Rand, w.rules.users).actor.ID, pick(w.Rand, w.rules.roles), n.id}
	if h.user == "" || slices.Contains(w.rules.holds, h) {
		return
	}
	require.NoError(w, w.store.Assign(w.all, w.at(n), rbac.Assignment{User: h.user, Role: h.role}))
	w.rules.holds = append(w.rules.holds, h)
}

func (w *randomWorld) unassign() {
	if len(w.rules.holds) == 0 {
		return
	}
	i := w.IntN(len(w.rules.holds))
	h := w.rules.holds[i]
	if line := w.rules.up(h.node); line != nil {
		require.NoError(w, w.store.Unassign(w.all, w.at(line[0]), rbac.Assignment{User: h.user, Role: h.role}))
		w.rules.holds = slices.Delete(w.rules.holds, i, i+1)
	}
}

// appoint chooses the special roles.
func (w *randomWorld) appoint() {
	roles := append([]rbac.RoleID{0}, w.rules.roles...)
	w.rules.special = rbac.Special{
		DefaultUser: pick(w.Rand, roles), Guest: pick(w.Rand, roles), NotLoggedIn: pick(w.Rand, roles),
		FrontPage: pick(w.Rand, roles), FrontPageNode: pick(w.Rand, w.rules.nodes).id,
	}
	require.NoError(w, w.store.SetSpecial(w.all, w.rules.special))
}

// promote gives somebody the flag of an administrator, or takes it away.
func (w *randomWorld) promote() {
	u := &w.rules.users[w.IntN(len(w.rules.users))]
	if u.actor.ID != "" {
		u.admin = !u.admin
		require.NoError(w, w.store.SetSiteAdmin(w.all, u.actor.ID, u.admin))
	}
}
