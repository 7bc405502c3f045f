package rbac_test

import (
	"context"
	"errors"
	"fmt"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

func Example() {
	levels, _ := ctxtree.NewLevels(ctxtree.LevelRule{Level: "course", Under: []ctxtree.Level{ctxtree.LevelTenant}})
	tree, roles := ctxtree.NewMemory(levels), rbac.NewMemory()
	checker, err := rbac.NewChecker(rbac.Config{
		Tree:  tree,
		Store: roles,
		Capabilities: []rbac.Capability{
			{Name: "course:view", Kind: rbac.Read},
			{Name: "course:edit", Kind: rbac.Write},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	// Roles belong to the installation, so they are defined in global mode.
	global := tenant.Global(context.Background())
	system, _, _ := tree.Node(global, ctxtree.SystemID)
	editor, _ := roles.DefineRole(global, rbac.Role{Name: "editor"})
	_ = roles.SetPermission(global, system, editor.ID, "course:view", rbac.Allow)
	_ = roles.SetPermission(global, system, editor.ID, "course:edit", rbac.Allow)

	// Who holds them where is each tenant's affair.
	acme := tenant.WithID(context.Background(), "acme")
	top, _ := tree.Create(acme, ctxtree.Spec{Parent: ctxtree.SystemID, Level: ctxtree.LevelTenant, Instance: "acme"})
	course, _ := tree.Create(acme, ctxtree.Spec{Parent: top.ID, Level: "course", Instance: "algebra"})
	_ = roles.Assign(acme, top, rbac.Assignment{Role: editor.ID, User: "ann"})

	ann := tenant.WithActor(acme, tenant.Actor{ID: "ann", Tenant: "acme"})
	fmt.Println("ann may edit:", checker.Can(ann, "course:edit", course.ID))

	// An override: nobody edits this course by being an editor.
	_ = roles.SetPermission(acme, course, editor.ID, "course:edit", rbac.Prohibit)
	err = checker.Check(ann, "course:edit", course.ID)
	fmt.Println(err)
	fmt.Println("denied:", errors.Is(err, rbac.ErrDenied))

	// Beyond the wall nothing counts, not even the flag of an administrator.
	_ = roles.SetSiteAdmin(global, "bob", true)
	bob := tenant.WithActor(acme, tenant.Actor{ID: "bob", Tenant: "bolt"})
	fmt.Println(checker.Check(bob, "course:view", course.ID))

	// Output:
	// ann may edit: true
	// rbac: denied: capability "course:edit" at node 3: prohibited
	// denied: true
	// rbac: denied: capability "course:view" at node 3: outside the tenant
}
