package rbactest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// Random is a world drawn from a seed: a tree with nodes of two tenants and of
// none, with locks, and roles with everything that there is to say about them.
type Random struct {
	Stores

	// Config is complete but for what the test wants to choose: Wall,
	// ForceLogin and the treatment of locks.
	Config rbac.Config

	// Actors are two members of each tenant and of none, one of a tenant
	// without nodes, one whom the application does not know, a guest, and a
	// visitor who is not signed in.
	Actors []tenant.Actor

	t     testing.TB
	rand  *rand.Rand
	all   context.Context
	roles []rbac.RoleID
}

// RandomLevels are the levels of a random world.
func RandomLevels() (ctxtree.Levels, error) {
	return ctxtree.NewLevels(
		ctxtree.LevelRule{Level: "category", Under: []ctxtree.Level{ctxtree.LevelSystem, ctxtree.LevelTenant, "category"}},
		ctxtree.LevelRule{Level: "course", Under: []ctxtree.Level{ctxtree.LevelTenant, "category", "course"}})
}

// randomNodes is how many nodes a random world has besides the system and the
// tenants: enough for numbers of one digit and of two that begin with it.
const randomNodes = 50

// NewRandom draws a world into empty stores, whose tree has the levels of
// [RandomLevels].
func NewRandom(t testing.TB, seed uint64, s Stores) *Random {
	t.Helper()
	r := &Random{Stores: s, t: t, rand: rand.New(rand.NewPCG(seed, 0)), all: tenant.AcrossAll(context.Background(), "random")}
	r.Actors = []tenant.Actor{
		{ID: "ann", Tenant: "acme"}, {ID: "abe", Tenant: "acme"}, {ID: "bob", Tenant: "bolt"}, {ID: "bea", Tenant: "bolt"},
		{ID: "gil"}, {ID: "gus"}, {ID: "cat", Tenant: "corp"}, {ID: "ghost", Tenant: "acme"}, {ID: "guest", Guest: true}, {},
	}
	r.Config = rbac.Config{
		Tree: s.Tree, Store: s.Roles,
		Capabilities: []rbac.Capability{
			{Name: "view", Kind: rbac.Read}, {Name: "list", Kind: rbac.Read}, {Name: "publish", Kind: rbac.Read, Risks: rbac.RiskXSS},
			{Name: "edit"}, {Name: "unlock", ManagesLocks: true}, {Name: "see", ReplacedBy: "view"},
		},
		Known: func(_ context.Context, a tenant.Actor) (bool, error) { return a.ID != "ghost", nil },
		Homes: r.homes,
	}
	r.fill()
	return r
}

// Capabilities are the names to ask about, and one that is not declared.
func (r *Random) Capabilities() []string {
	names := []string{"undeclared"}
	for _, c := range r.Config.Capabilities {
		names = append(names, c.Name)
	}
	return names
}

func (r *Random) homes(_ context.Context, users []string) (map[string]tenant.ID, error) {
	homes := map[string]tenant.ID{}
	for _, a := range r.Actors {
		if slices.Contains(users, a.ID) && a.ID != "ghost" && !a.Guest {
			homes[a.ID] = a.Tenant
		}
	}
	return homes, nil
}

// Nodes returns all nodes, those without a tenant first, each after its parent.
func (r *Random) Nodes() []ctxtree.Node {
	r.t.Helper()
	var nodes []ctxtree.Node
	for _, of := range []tenant.ID{"", "acme", "bolt", "corp"} {
		some, _, err := r.Tree.Load(r.all, of)
		r.must(err)
		nodes = append(nodes, some...)
	}
	return nodes
}

// Context is one way to ask.
type Context struct {
	context.Context
	Mode string
}

// Contexts are all the ways in which the actor may ask: in each mode.
func (r *Random) Contexts(a tenant.Actor) []Context {
	bg := context.Background()
	contexts := []Context{
		{tenant.WithID(bg, "acme"), "acme"}, {tenant.WithID(bg, "bolt"), "bolt"}, {tenant.WithID(bg, "corp"), "corp"},
		{tenant.Global(bg), "global"}, {tenant.Across(bg, "random", "acme", "bolt", "corp"), "across"},
		{tenant.Across(bg, "random", "bolt"), "across bolt"}, {tenant.AcrossAll(bg, "random"), "across all"},
	}
	for i := range contexts {
		contexts[i].Context = tenant.WithActor(contexts[i].Context, a)
	}
	return contexts
}

// Session draws one: usually an empty one.
func (r *Random) Session() (s rbac.Session) {
	nodes := r.Nodes()
	switch r.rand.IntN(6) {
	case 0:
		s.Switched = []rbac.Switch{{Role: pick(r, r.roles), Node: pick(r, nodes).ID}, {Role: pick(r, r.roles), Node: pick(r, nodes).ID}}
	case 1:
		s.Bound = pick(r, nodes).ID
	case 2:
		s.NoBypass = true
	}
	return s
}

// Move moves some nodes to other places of the same tenant.
func (r *Random) Move() {
	for range 8 {
		nodes := r.Nodes()
		// What is not allowed there does not move.
		_, _ = r.Tree.Move(r.all, pick(r, nodes).ID, pick(r, nodes).ID)
	}
}

func pick[T any](r *Random, from []T) T { return from[r.rand.IntN(len(from))] }

func (r *Random) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *Random) fill() {
	r.t.Helper()
	system, _, err := r.Tree.Node(r.all, ctxtree.SystemID)
	r.must(err)
	nodes := []ctxtree.Node{system}
	create := func(s ctxtree.Spec) {
		if n, err := r.Tree.Create(r.all, s); err == nil {
			nodes = append(nodes, n) // else the level is not allowed there
		}
	}
	create(ctxtree.Spec{Parent: system.ID, Level: ctxtree.LevelTenant, Instance: "acme"})
	create(ctxtree.Spec{Parent: system.ID, Level: ctxtree.LevelTenant, Instance: "bolt"})
	create(ctxtree.Spec{Parent: system.ID, Level: "category", Instance: "beside", Tenant: "acme"})
	for i := range 4 * randomNodes {
		if len(nodes) == randomNodes {
			break
		}
		level := pick(r, []ctxtree.Level{"category", "course"})
		create(ctxtree.Spec{Parent: pick(r, nodes[max(0, len(nodes)-15):]).ID, Level: level, Instance: strconv.Itoa(i)})
	}
	for range r.rand.IntN(5) {
		// Nothing is locked below a lock.
		_ = r.Tree.SetLocked(r.all, pick(r, nodes[1:]).ID, true)
	}
	for i := range 5 {
		role, err := r.Roles.DefineRole(r.all, rbac.Role{Name: fmt.Sprintf("role-%d", i)})
		r.must(err)
		r.roles = append(r.roles, role.ID)
	}
	roles := append([]rbac.RoleID{0}, r.roles...)
	for _, c := range r.Config.Capabilities {
		for _, role := range r.roles {
			for i := range 4 {
				at, p := pick(r, nodes), pick(r, []rbac.Permission{rbac.Allow, rbac.Allow, rbac.Allow, rbac.Prevent, rbac.Prevent, rbac.Prohibit})
				if i == 0 {
					at, p = system, pick(r, []rbac.Permission{rbac.Inherit, rbac.Allow, rbac.Allow, rbac.Prevent})
				}
				r.must(r.Roles.SetPermission(r.all, at, role, c.Name, p))
			}
		}
	}
	for range 24 {
		user := pick(r, r.Actors[:len(r.Actors)-1]).ID
		r.must(r.Roles.Assign(r.all, pick(r, nodes), rbac.Assignment{User: user, Role: pick(r, r.roles)}))
	}
	r.must(r.Roles.SetSpecial(r.all, rbac.Special{
		DefaultUser: pick(r, roles), Guest: pick(r, roles), NotLoggedIn: pick(r, roles),
		FrontPage: pick(r, roles), FrontPageNode: pick(r, nodes).ID,
	}))
	for range 2 {
		r.must(r.Roles.SetSiteAdmin(r.all, pick(r, r.Actors[:len(r.Actors)-1]).ID, true))
	}
}
