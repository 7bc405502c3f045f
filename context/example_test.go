package ctxtree_test

import (
	"context"
	"fmt"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

func Example() {
	levels, err := ctxtree.NewLevels(
		ctxtree.LevelRule{Level: "category", Under: []ctxtree.Level{ctxtree.LevelTenant, "category"}},
		ctxtree.LevelRule{Level: "course", Under: []ctxtree.Level{"category"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	tree := ctxtree.NewMemory(levels)
	acme := tenant.WithID(context.Background(), "acme")
	bolt := tenant.WithID(context.Background(), "bolt")

	top, _ := tree.Create(acme, ctxtree.Spec{Parent: ctxtree.SystemID, Level: ctxtree.LevelTenant, Instance: "acme"})
	math, _ := tree.Create(acme, ctxtree.Spec{Parent: top.ID, Level: "category", Instance: "math"})
	course, _ := tree.Create(acme, ctxtree.Spec{Parent: math.ID, Level: "course", Instance: "algebra"})
	fmt.Println(course.Path, course.Tenant)

	_, found, err := tree.Node(bolt, course.ID)
	fmt.Println("bolt sees it:", found, err)

	_, err = tree.Create(acme, ctxtree.Spec{Parent: top.ID, Level: "course", Instance: "geometry"})
	fmt.Println(err)

	line, _ := tree.Ancestors(acme, course.ID)
	for _, n := range line[1:] { // below the system
		fmt.Println(n.Level, n.Instance)
	}

	// Output:
	// /1/2/3/4/ acme
	// bolt sees it: false <nil>
	// ctxtree: create below node 2: a node of level "course" is not allowed below one of level "tenant"
	// tenant acme
	// category math
	// course algebra
}
