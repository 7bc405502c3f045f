package rbac_test

import (
	"context"
	"fmt"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// school has two courses, algebra and biology, in which ann may view and edit;
// bob may view algebra.
func school() (checker *rbac.Checker, ann context.Context, algebra, biology ctxtree.Node) {
	levels, _ := ctxtree.NewLevels(ctxtree.LevelRule{Level: "course", Under: []ctxtree.Level{ctxtree.LevelTenant}})
	tree, roles := ctxtree.NewMemory(levels), rbac.NewMemory()
	global, acme := tenant.Global(context.Background()), tenant.WithID(context.Background(), "acme")
	system, _, _ := tree.Node(global, ctxtree.SystemID)
	top, _ := tree.Create(acme, ctxtree.Spec{Parent: system.ID, Level: ctxtree.LevelTenant, Instance: "acme"})
	algebra, _ = tree.Create(acme, ctxtree.Spec{Parent: top.ID, Level: "course", Instance: "algebra"})
	biology, _ = tree.Create(acme, ctxtree.Spec{Parent: top.ID, Level: "course", Instance: "biology"})

	editor, _ := roles.DefineRole(global, rbac.Role{Name: "editor"})
	reader, _ := roles.DefineRole(global, rbac.Role{Name: "reader"})
	_ = roles.SetPermission(global, system, editor.ID, "course:view", rbac.Allow)
	_ = roles.SetPermission(global, system, editor.ID, "course:edit", rbac.Allow)
	_ = roles.SetPermission(global, system, reader.ID, "course:view", rbac.Allow)
	_ = roles.Assign(acme, algebra, rbac.Assignment{Role: editor.ID, User: "ann"})
	_ = roles.Assign(acme, biology, rbac.Assignment{Role: editor.ID, User: "ann"})
	_ = roles.Assign(acme, algebra, rbac.Assignment{Role: reader.ID, User: "bob"})

	checker, _ = rbac.NewChecker(rbac.Config{
		Tree:  tree,
		Store: roles,
		Capabilities: []rbac.Capability{
			{Name: "course:view", Kind: rbac.Read},
			{Name: "course:edit"},
			{Name: "course:delete"},
		},
		Homes: func(_ context.Context, users []string) (map[string]tenant.ID, error) {
			homes := map[string]tenant.ID{} // from the application's table of users
			for _, user := range users {
				homes[user] = "acme"
			}
			return homes, nil
		},
	})
	return checker, tenant.WithActor(acme, tenant.Actor{ID: "ann", Tenant: "acme"}), algebra, biology
}

func ExampleChecker_Filter() {
	checker, ann, algebra, biology := school()
	unknown := int64(99)
	allowed, err := checker.Filter(ann, "course:edit", []int64{biology.ID, unknown, algebra.ID})
	fmt.Println(allowed, err)
	// Output: [4 3] <nil>
}

func ExampleChecker_Capabilities() {
	checker, ann, algebra, _ := school()
	has, err := checker.Capabilities(ann, algebra.ID)
	fmt.Println(has, err)
	// Output: [course:edit course:view] <nil>
}

func ExampleChecker_CheckAny() {
	checker, ann, algebra, _ := school()
	fmt.Println(checker.CheckAny(ann, algebra.ID, "course:delete", "course:edit"))
	fmt.Println(checker.CheckAll(ann, algebra.ID, "course:edit", "course:delete"))
	// Output:
	// <nil>
	// rbac: denied: capability "course:delete" at node 3: no role allows it
}

func ExampleChecker_WhoCan() {
	checker, ann, algebra, biology := school()
	who, err := checker.WhoCan(ann, algebra.ID, "course:view")
	fmt.Println(who.Users, err)
	who, err = checker.WhoCan(ann, biology.ID, "course:view")
	fmt.Println(who.Users, who.Includes(tenant.Actor{ID: "bob", Tenant: "acme"}), err)
	// Output:
	// [ann bob] <nil>
	// [ann] false <nil>
}

func ExampleChecker_WhereCan() {
	checker, ann, _, _ := school()
	courses, err := checker.WhereCan(ann, "course:edit", "course")
	for _, n := range courses {
		fmt.Println(n.Path, n.Instance)
	}
	fmt.Println(err)
	// Output:
	// /1/2/3/ algebra
	// /1/2/4/ biology
	// <nil>
}

// The application keeps documents in a table of its own, each in a course.
func ExampleChecker_Predicate() {
	checker, ann, _, _ := school()
	p, err := checker.Predicate(ann, "course:edit", rbac.Columns{
		Dialect: tenant.SQLite, Tenant: "d.tenant_id", ID: "d.course_id",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	query := "SELECT d.title FROM docs d WHERE d.draft = ? AND " + p.SQL + " ORDER BY d.title LIMIT 20"
	args := append([]any{true}, p.Args...)
	fmt.Println(query)
	fmt.Println(args...)

	// In PostgreSQL its placeholders continue those of the query.
	p, err = checker.Predicate(ann, "course:edit", rbac.Columns{
		Dialect: tenant.Postgres, Tenant: "d.tenant_id", Path: "d.path",
	})
	fmt.Println(p.Numbered(2).SQL, err)
	// Output:
	// SELECT d.title FROM docs d WHERE d.draft = ? AND (`d`.`tenant_id` = ? AND `d`.`tenant_id` = ? COLLATE BINARY AND `d`.`course_id` IN (SELECT value FROM json_each(?))) ORDER BY d.title LIMIT 20
	// true acme acme [3,4]
	// ("d"."tenant_id" = $2 AND (("d"."path" >= CAST($3 AS text) COLLATE "C" AND "d"."path" < CAST($4 AS text) COLLATE "C") OR ("d"."path" >= CAST($5 AS text) COLLATE "C" AND "d"."path" < CAST($6 AS text) COLLATE "C"))) <nil>
}
