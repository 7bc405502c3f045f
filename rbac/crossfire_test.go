package rbac

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// TestCrossfire asks two checkers over the same tree about everybody's nodes, in
// contexts that were derived from one another, while parts are locked, moved,
// given roles and driven out of the memory. Nobody ever reaches another tenant's
// node, and nobody has in one installation what was said in the other.
func TestCrossfire(t *testing.T) {
	t.Parallel()
	all := tenant.AcrossAll(t.Context(), "test")
	levels, err := ctxtree.NewLevels(ctxtree.LevelRule{Level: "part", Under: []ctxtree.Level{ctxtree.LevelTenant, "part"}})
	require.NoError(t, err)
	tree := ctxtree.NewMemory(levels)
	names := []string{"view", "edit", "never"}
	var declared []Capability
	for _, name := range names {
		declared = append(declared, Capability{Name: name})
	}
	type installation struct {
		*Checker
		roles *Memory
		role  RoleID
		grant string
	}
	var both [2]installation
	for i := range both {
		roles := NewMemory()
		role, err := roles.DefineRole(all, Role{Name: "r"})
		require.NoError(t, err)
		c, err := NewChecker(Config{Tree: tree, Store: roles, Capabilities: declared, MaxTenants: 2})
		require.NoError(t, err)
		both[i] = installation{c, roles, role.ID, names[i]}
	}
	const tenants = 5
	var tops, from, to, leaves [tenants]ctxtree.Node
	node := func(parent ctxtree.Node, level ctxtree.Level, name string) ctxtree.Node {
		n, err := tree.Create(all, ctxtree.Spec{Parent: parent.ID, Level: level, Instance: name})
		require.NoError(t, err)
		return n
	}
	for i := range tenants {
		id := "t" + strconv.Itoa(i)
		tops[i] = node(ctxtree.Node{ID: ctxtree.SystemID}, ctxtree.LevelTenant, id)
		from[i], to[i] = node(tops[i], "part", "from"), node(tops[i], "part", "to")
		leaves[i] = node(from[i], "part", "leaf")
		for _, in := range both {
			require.NoError(t, in.roles.SetPermission(all, tops[i], in.role, in.grant, Allow))
			require.NoError(t, in.roles.Assign(all, tops[i], Assignment{Role: in.role, User: "ann"}))
		}
	}

	var asked, right atomic.Int64
	var wrong atomic.Pointer[string]
	var readers, writers sync.WaitGroup
	var stop atomic.Bool
	for i := range tenants {
		id := tenant.ID("t" + strconv.Itoa(i))
		plain := tenant.WithActor(tenant.WithID(context.Background(), id), tenant.Actor{ID: "ann", Tenant: id})
		readers.Go(func() {
			seated := both[0].NewContext(plain)
			contexts := []context.Context{ // each from the one before
				seated, tenant.WithActor(seated, tenant.Actor{ID: "ann", Tenant: id}), both[1].NewContext(seated), tenant.Detach(seated), plain,
			}
			stranger := tenant.WithActor(seated, tenant.Actor{ID: "eve", Tenant: id})
			for round := 0; !stop.Load(); round++ {
				ctx := contexts[round%len(contexts)]
				for k, in := range both {
					for other := range tenants {
						for _, n := range []ctxtree.Node{tops[other], leaves[other]} {
							asked.Add(1)
							allowed := in.Can(ctx, names[k], n.ID)
							if other == i && allowed {
								right.Add(1)
							}
							if other != i && allowed || in.Can(ctx, names[1-k], n.ID) || in.Can(ctx, "never", n.ID) || in.Can(ctx, "", n.ID) || in.Can(stranger, names[k], n.ID) {
								text := string(id) + " reached " + n.Path
								wrong.Store(&text)
							}
						}
					}
				}
			}
		})
	}
	for i := range tenants {
		writers.Go(func() {
			in := both[i%2]
			for round := range 40 {
				_ = tree.SetLocked(all, from[i].ID, round%2 == 0)
				under := to[i]
				if round%2 == 1 {
					under = from[i]
				}
				_, _ = tree.Move(all, leaves[i].ID, under.ID)
				n, _, _ := tree.Node(all, leaves[i].ID)
				_ = in.roles.Assign(all, n, Assignment{Role: in.role, User: "bob"})
				_ = in.roles.Unassign(all, n, Assignment{Role: in.role, User: "bob"})
			}
		})
	}
	writers.Wait()
	stop.Store(true)
	readers.Wait()
	if text := wrong.Load(); text != nil {
		t.Fatal(*text)
	}
	require.Positive(t, right.Load())
	require.Greater(t, asked.Load(), right.Load())
}
