// Package access is the world in which questions about access are measured.
package access

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// The world: a thousand tenants with a thousand nodes each, up to ten deep. A
// hundred users each hold ten roles in their tenant and one at the system, where
// a role allows a third of all capabilities. Every role is overridden at 5,000
// nodes.
const (
	Tenants      = 1_000
	Nodes        = 1_000 // of each tenant
	Users        = 100   // of each tenant
	Capabilities = 400

	deepest   = 10
	held      = 10 // by each user, in the tenant
	roles     = 20
	overrides = 100 // of each tenant
)

// Assigned is how many roles are held.
const Assigned = Tenants * Users * (held + 1)

// Capability returns the name of one: every time the same text, as of a constant.
func Capability(i int) string { return names()[i] }

var names = sync.OnceValue(func() []string {
	list := make([]string, Capabilities)
	for i := range list {
		list[i] = fmt.Sprintf("area%d/module:action%03d", i%10, i)
	}
	return list
})

// TenantID returns the id of one.
func TenantID(t int) tenant.ID { return tenant.ID(fmt.Sprintf("tenant-%04d", t)) }

func userID(t, u int) string { return fmt.Sprintf("user-%04d-%03d", t, u) }

// NodeID returns the number of a node: each tenant was made at once.
func NodeID(t, n int) int64 { return int64(t*Nodes + n + 2) }

// WovenID is NodeID where all tenants have grown at the same time, so that the
// numbers of each are far apart.
func WovenID(t, n int) int64 { return int64(n*Tenants + t + 2) }

// nodesOf are the nodes of one tenant, in the order of their paths.
func (m made) nodesOf(t int) []ctxtree.Node {
	r := rand.New(rand.NewPCG(uint64(t), 1))
	out := make([]ctxtree.Node, Nodes)
	for i := range out {
		n := ctxtree.Node{ID: m.id(t, i), Level: "course", Instance: strconv.Itoa(i), Tenant: TenantID(t), Parent: ctxtree.SystemID, Depth: 2}
		above := "/1/"
		if i == 0 {
			n.Level = ctxtree.LevelTenant
		} else {
			parent := out[r.IntN(i)]
			for parent.Depth == deepest {
				parent = out[r.IntN(i)]
			}
			n.Parent, n.Depth, above = parent.ID, parent.Depth+1, parent.Path
		}
		n.Path = above + strconv.FormatInt(n.ID, 10) + "/"
		out[i] = n
	}
	slices.SortFunc(out, func(a, b ctxtree.Node) int { return cmp.Compare(a.Path, b.Path) })
	return out
}

// made is a tree and a store that make up what they are asked for and keep
// nothing.
type made struct {
	assigned bool
	id       func(t, n int) int64
}

type madeTree struct {
	ctxtree.Store
	made
}

type madeRoles struct {
	rbac.Store
	made
}

func (madeTree) Subscribe(func(tenant.ID, int64))                  {}
func (madeRoles) Subscribe(func(tenant.ID, int64))                 {}
func (madeTree) Number(context.Context, tenant.ID) (int64, error)  { return 1, nil }
func (madeRoles) Number(context.Context, tenant.ID) (int64, error) { return 1, nil }

func numberOf(of tenant.ID) int {
	t, err := strconv.Atoi(string(of[len("tenant-"):]))
	if err != nil {
		panic(err)
	}
	return t
}

func (m madeTree) Load(_ context.Context, of tenant.ID) ([]ctxtree.Node, int64, error) {
	if of == "" {
		return []ctxtree.Node{{ID: ctxtree.SystemID, Level: ctxtree.LevelSystem, Path: "/1/", Depth: 1}}, 1, nil
	}
	return m.nodesOf(numberOf(of)), 1, nil
}

func (m madeRoles) Load(_ context.Context, of tenant.ID) (rbac.Rules, int64, error) {
	var out rbac.Rules
	if of == "" {
		for i := range roles {
			role := rbac.RoleID(i + 1)
			out.Roles = append(out.Roles, rbac.Role{ID: role, Name: "role-" + strconv.Itoa(i)})
			for k := range Capabilities {
				if (k+i)%3 == 0 {
					out.Permissions = append(out.Permissions, rbac.PlacedPermission{Node: ctxtree.SystemID, Role: role, Capability: Capability(k), Permission: rbac.Allow})
				}
			}
		}
		for t := range Tenants {
			for u := range Users {
				if m.assigned {
					out.Assignments = append(out.Assignments, rbac.PlacedAssignment{Node: ctxtree.SystemID, Assignment: rbac.Assignment{Role: rbac.RoleID(u%roles + 1), User: userID(t, u)}})
				}
			}
		}
		return out, 1, nil
	}
	t := numberOf(of)
	r := rand.New(rand.NewPCG(uint64(t), 2))
	for range overrides {
		out.Permissions = append(out.Permissions, rbac.PlacedPermission{
			Node: m.id(t, r.IntN(Nodes)), Role: rbac.RoleID(r.IntN(roles) + 1), Capability: Capability(r.IntN(Capabilities)),
			Permission: []rbac.Permission{rbac.Allow, rbac.Allow, rbac.Prevent, rbac.Prohibit}[r.IntN(4)],
		})
	}
	for u := range Users {
		for range held {
			if a := (rbac.Assignment{Role: rbac.RoleID(r.IntN(roles) + 1), User: userID(t, u)}); m.assigned {
				out.Assignments = append(out.Assignments, rbac.PlacedAssignment{Node: m.id(t, r.IntN(Nodes)), Assignment: a})
			}
		}
	}
	return out, 1, nil
}

// NewChecker returns a checker that has loaded every tenant, with or without the
// roles that are held.
func NewChecker(assigned bool) *rbac.Checker { return newChecker(made{assigned, NodeID}) }

// NewWoven is NewChecker for nodes with the numbers of WovenID.
func NewWoven() *rbac.Checker { return newChecker(made{true, WovenID}) }

func newChecker(m made) *rbac.Checker {
	cfg := rbac.Config{Tree: madeTree{made: m}, Store: madeRoles{made: m}}
	for i := range Capabilities {
		cfg.Capabilities = append(cfg.Capabilities, rbac.Capability{Name: Capability(i), Kind: rbac.Kind(i % 2)})
	}
	c, err := rbac.NewChecker(cfg)
	if err != nil {
		panic(err)
	}
	for t := range Tenants {
		c.Can(AsUser(c, t, 0), Capability(0), m.id(t, 0))
	}
	return c
}

// AsUser returns the context of a request of one user.
func AsUser(c *rbac.Checker, t, u int) context.Context {
	ctx := tenant.WithID(context.Background(), TenantID(t))
	return c.NewContext(tenant.WithActor(ctx, tenant.Actor{ID: userID(t, u), Tenant: TenantID(t)}))
}

// Heap returns the bytes in use.
func Heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// Best reports as best-ns the least that one call cost on average in a batch of
// so many: what it costs where nothing else interrupts.
func Best(b *testing.B, batch int, call func()) {
	least := time.Duration(1 << 62)
	for b.Loop() {
		began := time.Now()
		for range batch {
			call()
		}
		least = min(least, time.Since(began))
	}
	b.ReportMetric(float64(least)/float64(batch), "best-ns")
}
