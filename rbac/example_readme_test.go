package rbac_test

import (
	"context"
	"fmt"
	"net/http"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// A checker on a tree with two courses, asked in every way. The README shows
// what stands between the two marks.
func Example_readme() {
	check := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	page := http.NotFoundHandler()
	// readme:begin
	levels, err := ctxtree.NewLevels(ctxtree.LevelRule{Level: "course", Under: []ctxtree.Level{ctxtree.LevelTenant, "course"}})
	check(err)
	tree, roles := ctxtree.NewMemory(levels), rbac.NewMemory() // or ctxtreesql and rbacsql, in your database
	checker, err := rbac.NewChecker(rbac.Config{Tree: tree, Store: roles, Capabilities: []rbac.Capability{
		{Name: "course:view", Kind: rbac.Read}, {Name: "course:edit"},
	}})
	check(err)
	operator, acme := tenant.Global(context.Background()), tenant.WithID(context.Background(), "acme")

	teacher, err := roles.DefineRole(operator, rbac.Role{Name: "teacher"})
	check(err)
	system := ctxtree.Node{ID: ctxtree.SystemID}
	check(roles.SetPermission(operator, system, teacher.ID, "course:view", rbac.Allow))
	check(roles.SetPermission(operator, system, teacher.ID, "course:edit", rbac.Allow))

	top, err := tree.Create(acme, ctxtree.Spec{Parent: ctxtree.SystemID, Level: ctxtree.LevelTenant, Instance: "acme"})
	check(err)
	algebra, err := tree.Create(acme, ctxtree.Spec{Parent: top.ID, Level: "course", Instance: "algebra"})
	check(err)
	exam, err := tree.Create(acme, ctxtree.Spec{Parent: algebra.ID, Level: "course", Instance: "exam"})
	check(err)
	check(roles.Assign(acme, top, rbac.Assignment{Role: teacher.ID, User: "ann"}))
	check(roles.SetPermission(acme, exam, teacher.ID, "course:edit", rbac.Prohibit))

	ctx := checker.NewContext(tenant.WithActor(acme, tenant.Actor{ID: "ann", Tenant: "acme"})) // the middleware does this
	fmt.Println(checker.Can(ctx, "course:edit", algebra.ID), checker.Check(ctx, "course:edit", exam.ID))
	mine, err := checker.Filter(ctx, "course:edit", []int64{top.ID, algebra.ID, exam.ID})
	check(err)
	where, err := checker.Predicate(ctx, "course:edit", rbac.Columns{Dialect: tenant.Postgres, Tenant: "c.tenant_id", Path: "c.path"})
	check(err)
	query := "SELECT c.title FROM courses c WHERE c.draft = ? AND " + where.SQL // with where.Args behind your own
	fmt.Println(mine)

	http.Handle("/courses/{node}", checker.Require("course:edit", rbac.PathNode("node"))(page)) // 404 beyond the wall
	// readme:end
	_ = query

	// Output:
	// true rbac: denied: capability "course:edit" at node 4: prohibited
	// [2 3]
}
