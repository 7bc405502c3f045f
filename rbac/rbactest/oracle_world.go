package rbactest

import (
	"context"
	"maps"
	"slices"
	"testing"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// world is one scenario in stores of ours.
type world struct {
	testing.TB
	Stores
	scenario oracleScenario
	caps     []oracleCap
	all      context.Context
	nodes    map[string]ctxtree.Node
	roles    map[string]rbac.RoleID
	users    map[string]oracleUser
	admins   map[string]bool
	parents  map[string]string // as of the last move
	compared int
}

func newWorld(t testing.TB, caps []oracleCap, s oracleScenario, stores Stores) *world {
	t.Helper()
	w := &world{
		TB: t, Stores: stores, scenario: s, caps: caps,
		all:   tenant.AcrossAll(context.Background(), "oracle"),
		nodes: map[string]ctxtree.Node{}, roles: map[string]rbac.RoleID{"": 0},
		users: map[string]oracleUser{}, admins: map[string]bool{}, parents: map[string]string{},
	}
	for _, u := range s.Users {
		w.users[u.Key] = u
	}
	w.grow()
	w.fill()
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// grow makes the tree.
func (w *world) grow() {
	w.Helper()
	system, _, err := w.Tree.Node(w.all, ctxtree.SystemID)
	w.must(err)
	w.nodes[w.scenario.Contexts[0].Key] = system
	for _, c := range w.scenario.Contexts[1:] {
		n, err := w.Tree.Create(w.all, ctxtree.Spec{Parent: w.nodes[c.Parent].ID, Level: c.Level, Instance: c.Key, Tenant: c.Tenant})
		w.must(err)
		w.nodes[c.Key], w.parents[c.Key] = n, c.Parent
	}
	for _, c := range slices.Backward(w.scenario.Contexts) {
		if c.Locked { // children first: nothing can be locked below a lock
			w.must(w.Tree.SetLocked(w.all, w.nodes[c.Key].ID, true))
		}
	}
}

// fill makes the roles and says who holds them.
func (w *world) fill() {
	w.Helper()
	s := w.scenario
	for _, name := range s.Roles {
		r, err := w.Stores.Roles.DefineRole(w.all, rbac.Role{Name: name})
		w.must(err)
		w.roles[name] = r.ID
	}
	for _, rc := range slices.Concat(s.RoleCaps, s.RoleManagementCaps) {
		p, err := rbac.ParsePermission(rc[3])
		w.must(err)
		w.must(w.Stores.Roles.SetPermission(w.all, w.nodes[rc[1]], w.roles[rc[0]], rc[2], p))
	}
	for _, a := range s.Assignments {
		w.must(w.Stores.Roles.Assign(w.all, w.nodes[a[2]], rbac.Assignment{User: a[0], Role: w.roles[a[1]]}))
	}
	w.must(w.Stores.Roles.SetSpecial(w.all, rbac.Special{
		DefaultUser:   w.roles[s.SpecialRoles.DefaultUser],
		Guest:         w.roles[s.SpecialRoles.Guest],
		NotLoggedIn:   w.roles[s.SpecialRoles.NotLoggedIn],
		FrontPage:     w.roles[s.SpecialRoles.FrontPage],
		FrontPageNode: w.nodes[s.SpecialRoles.FrontPageContext].ID,
	}))
	for _, user := range s.SiteAdmins {
		w.must(w.Stores.Roles.SetSiteAdmin(w.all, user, true))
		w.admins[user] = true
	}
	if w.Define != nil && s.RoleLists != nil {
		w.must(w.Define(w.all, w.roleRules()))
	}
}

// actor is the user as a context names it.
func (w *world) actor(user string) tenant.Actor {
	u := w.users[user]
	if u.Kind == "notloggedin" {
		return tenant.Actor{}
	}
	return tenant.Actor{ID: u.Key, Tenant: u.Tenant, Guest: u.Kind == "guest"}
}

// people are the users who are somebody in particular and still there, by key.
func (w *world) people() (all []string) {
	for _, user := range slices.Sorted(maps.Keys(w.users)) {
		if u := w.users[user]; u.Kind == "user" && !u.Deleted {
			all = append(all, user)
		}
	}
	return all
}

// checker returns one with the scenario's flags, and with change, if any,
// applied to its configuration.
func (w *world) checker(wall rbac.Wall, change ...func(*rbac.Config)) *rbac.Checker {
	w.Helper()
	cfg := rbac.Config{
		Tree: w.Tree, Store: w.Stores.Roles, Wall: wall,
		ForceLogin:       w.scenario.Flags.ForceLogin,
		IgnoreLocks:      !w.scenario.Flags.Locking,
		LocksSpareAdmins: !w.scenario.Flags.LockAppliesToAdmin,
		Known:            func(_ context.Context, a tenant.Actor) (bool, error) { return !w.users[a.ID].Deleted, nil },
		Homes: func(_ context.Context, users []string) (map[string]tenant.ID, error) {
			homes := map[string]tenant.ID{}
			for _, user := range users {
				if slices.Contains(w.people(), user) {
					homes[user] = w.users[user].Tenant
				}
			}
			return homes, nil
		},
	}
	for _, c := range w.caps {
		declared := rbac.Capability{Name: c.Key, ManagesLocks: c.LockExempt}
		if c.Type == "read" {
			declared.Kind = rbac.Read
		}
		if c.Risky {
			declared.Risks = rbac.RiskXSS
		}
		cfg.Capabilities = append(cfg.Capabilities, declared)
	}
	for _, name := range managementCapabilities {
		cfg.Capabilities = append(cfg.Capabilities, rbac.Capability{Name: name})
	}
	for _, fn := range change {
		fn(&cfg)
	}
	checker, err := rbac.NewChecker(cfg)
	w.must(err)
	return checker
}

// contexts are the ways in which the actor can ask about the node: a member
// through its own tenant only, and also about what it does not reach.
func contexts(actor tenant.Actor, n ctxtree.Node) []context.Context {
	bg := context.Background()
	switch {
	case actor.Tenant != "":
		return []context.Context{tenant.WithID(bg, actor.Tenant)}
	case n.Tenant == "":
		return []context.Context{tenant.Global(bg), tenant.WithID(bg, "t1"), tenant.AcrossAll(bg, "oracle")}
	default:
		return []context.Context{tenant.WithID(bg, n.Tenant), tenant.Across(bg, "oracle", n.Tenant, "another"), tenant.AcrossAll(bg, "oracle")}
	}
}
