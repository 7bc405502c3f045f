package rbac_test

import (
	"context"
	"errors"
	"fmt"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// A tenant's manager gives a colleague a role, and can not give more than that.
func ExampleManager() {
	capabilities := []rbac.Capability{
		{Name: "course:edit", Defaults: map[rbac.Archetype]rbac.Permission{rbac.ArchetypeTeacher: rbac.Allow}},
		{Name: "role:assign", Defaults: map[rbac.Archetype]rbac.Permission{rbac.ArchetypeManager: rbac.Allow}},
	}
	tree, store := ctxtree.NewMemory(ctxtree.Levels{}), rbac.NewMemory()
	global := tenant.Global(context.Background())
	roles, _ := rbac.Install(global, store, capabilities,
		rbac.Role{Name: "tenant-manager", Archetype: rbac.ArchetypeTenantManager},
		rbac.Role{Name: "teacher", Archetype: rbac.ArchetypeTeacher})
	acme := tenant.WithID(context.Background(), "acme")
	node, _ := tree.Create(acme, ctxtree.Spec{Parent: ctxtree.SystemID, Level: ctxtree.LevelTenant, Instance: "acme"})
	_ = store.Assign(acme, node, rbac.Assignment{Role: roles[0].ID, User: "ann"})

	checker, _ := rbac.NewChecker(rbac.Config{Tree: tree, Store: store, Capabilities: capabilities})
	manager, _ := rbac.NewManager(rbac.ManagerConfig{
		Checker: checker,
		Asks:    rbac.Asks{Assign: "role:assign"},
		Tree:    func(tenant.DBTX) ctxtree.Store { return tree },
		Homes: func(context.Context, tenant.DBTX, []string) (map[string]tenant.ID, error) {
			return map[string]tenant.ID{"ann": "acme", "amy": "acme", "bob": "bolt"}, nil
		},
	})
	ann := tenant.WithActor(acme, tenant.Actor{ID: "ann", Tenant: "acme"})
	for _, a := range []rbac.Assignment{
		{Role: roles[1].ID, User: "amy"}, {Role: roles[1].ID, User: "bob"}, {Role: roles[0].ID, User: "amy"},
	} {
		err := manager.Assign(ann, node.ID, a)
		fmt.Println(err, errors.Is(err, rbac.ErrDenied))
	}
	// Output:
	// <nil> false
	// rbac: not a person for this false
	// rbac: denied: no role of the actor lets it assign role 1 at node 2 true
}
