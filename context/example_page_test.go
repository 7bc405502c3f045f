package ctxtree_test

import (
	"context"
	"errors"
	"fmt"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// school is a tree with the courses of two tenants, and their registry.
func school() (*ctxtree.Memory, *tenant.MemoryRegistry) {
	levels, _ := ctxtree.NewLevels(
		ctxtree.LevelRule{Level: "category", Under: []ctxtree.Level{ctxtree.LevelSystem, ctxtree.LevelTenant}},
		ctxtree.LevelRule{Level: "course", Under: []ctxtree.Level{"category"}})
	tree := ctxtree.NewMemory(levels)
	for _, id := range []tenant.ID{"acme", "bolt"} {
		ctx := tenant.WithID(context.Background(), id)
		top, _ := tree.Create(ctx, ctxtree.Spec{Parent: ctxtree.SystemID, Level: ctxtree.LevelTenant, Instance: string(id)})
		courses, _ := tree.Create(ctx, ctxtree.Spec{Parent: top.ID, Level: "category", Instance: "courses of " + string(id)})
		tree.Create(ctx, ctxtree.Spec{Parent: courses.ID, Level: "course", Instance: "algebra"})
		tree.Create(ctx, ctxtree.Spec{Parent: courses.ID, Level: "course", Instance: "history of " + string(id)})
	}
	tree.Create(tenant.Global(context.Background()), ctxtree.Spec{Parent: ctxtree.SystemID, Level: "category", Instance: "for everybody"})
	registry, _ := tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme"}, tenant.Tenant{ID: "bolt"})
	return tree, registry
}

// A page of an application begins with the one id in its URL. From that come the
// node, those above it, and for a global user the tenant.
func ExamplePages() {
	tree, registry := school()
	pages := ctxtree.Pages{
		Tree: tree, Registry: registry,
		// In an application this is MayEnter of package tenant/member.
		MayEnter: func(_ context.Context, a tenant.Actor, id tenant.ID) (bool, error) { return a.ID == "eve", nil },
	}
	show := func(ctx context.Context, instance string) {
		ctx, err := pages.EnterObject(ctx, "course", instance)
		if err != nil {
			fmt.Println(err)
			return
		}
		page, _ := ctxtree.Current(ctx)
		id, _ := tenant.IDFromContext(ctx)
		fmt.Printf("%s in %q of tenant %s\n", page.Node.Instance, page.Line[2].Instance, id)
	}
	ann := tenant.WithActor(tenant.WithID(context.Background(), "acme"), tenant.Actor{ID: "ann", Tenant: "acme"})
	show(ann, "algebra")
	show(ann, "history of bolt")

	eve := tenant.WithActor(tenant.Global(context.Background()), tenant.Actor{ID: "eve"})
	show(eve, "history of bolt")
	show(eve, "algebra") // both tenants have it
	// Output:
	// algebra in "courses of acme" of tenant acme
	// ctxtree: enter: there is no such node
	// history of bolt in "courses of bolt" of tenant bolt
	// ctxtree: enter: several tenants have that object
}

// The navigation of a page, of which roles may hide parts.
func ExampleCache_Navigation() {
	tree, _ := school()
	cache := ctxtree.NewCache(tree, ctxtree.CacheConfig{}) // one a process
	pages := ctxtree.Pages{Tree: tree}

	var print func(items []ctxtree.Item, indent string)
	print = func(items []ctxtree.Item, indent string) {
		for _, i := range items {
			mark := ""
			if i.Active {
				mark = " <"
			}
			fmt.Println(indent + i.Node.Instance + mark)
			print(i.Items, indent+"  ")
		}
	}
	ctx, err := pages.EnterObject(tenant.WithID(context.Background(), "acme"), "course", "algebra")
	if err != nil {
		fmt.Println(err)
		return
	}
	items, err := cache.Navigation(ctx, ctxtree.NavigationOptions{
		// In an application this asks package rbac.
		Visible: func(n ctxtree.Node) bool { return n.Instance != "history of acme" },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	print(items, "")

	_, err = cache.Navigation(context.Background(), ctxtree.NavigationOptions{})
	fmt.Println(errors.Is(err, tenant.ErrNoTenant))
	// Output:
	// acme <
	//   courses of acme <
	//     algebra <
	// for everybody
	// true
}
