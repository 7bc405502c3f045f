package config_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// Whoever writes on what he has read says so, and is told when somebody else was
// faster. Several changes are made together or not at all.
func ExampleResolver_Update() {
	var (
		Seats = config.Declare("plan.seats", 5)
		Used  = config.Declare("plan.used", 0)
	)
	settings, err := config.NewResolver(config.Config{
		Store: config.NewMemoryStore(),
		Keys:  []config.Declaration{Seats, Used},
	})
	if err != nil {
		panic(err)
	}
	ctx := config.NewContext(tenant.WithID(context.Background(), "acme"), settings)

	take := func(n int) error {
		for {
			used, info, err := Used.Lookup(ctx)
			if err != nil {
				return err
			}
			version := int64(0) // the tenant has no value of its own yet
			if info.Layer == config.LayerTenant {
				version = info.Version
			}
			_, err = settings.Update(ctx, "seats were sold",
				Used.Put(used+n).IfVersion(version),
				Seats.Put(used+n+5))
			if !errors.Is(err, config.ErrConflict) {
				return err
			}
		}
	}
	fmt.Println(take(3), take(4), Used.Get(ctx), Seats.Get(ctx))

	_, err = settings.Update(ctx, "a form from yesterday", Used.Put(0).IfVersion(1), Seats.Put(5))
	fmt.Println(err)
	fmt.Println(Used.Get(ctx), Seats.Get(ctx))
	// Output:
	// <nil> <nil> 7 12
	// config: key "plan.used" in the tenant layer: config: the setting has been changed by somebody else
	// 7 12
}

// A group has values for all tenants in it, and can force them.
func ExampleResolver_Group() {
	settings, err := config.NewResolver(config.Config{
		Store:  config.NewMemoryStore(),
		Groups: func(context.Context, tenant.ID) ([]string, error) { return []string{"free"}, nil },
	})
	if err != nil {
		panic(err)
	}
	ctx := config.NewContext(context.Background(), settings)
	acme := tenant.WithID(ctx, "acme")

	_, err = settings.Group("free").Update(tenant.Global(ctx), "what the free plan has",
		config.Put("page.size", 10), config.Put("export.allowed", false).Force())
	fmt.Println(err)
	fmt.Println(settings.Set(acme, "page.size", 20, ""), settings.Set(acme, "export.allowed", true, ""))
	fmt.Println(config.Get(acme, "page.size", 0), config.Get(acme, "export.allowed", true))
	// Output:
	// <nil>
	// <nil> config: key "export.allowed" in the tenant layer: config: a layer below forces the value: the group layer
	// 20 false
}

// Every version is kept, with who made it and why, and can be had back.
func ExampleResolver_Rollback() {
	settings, err := config.NewResolver(config.Config{Store: config.NewMemoryStore()})
	if err != nil {
		panic(err)
	}
	ctx := config.NewContext(tenant.WithID(context.Background(), "acme"), settings)
	ctx = tenant.WithActor(ctx, tenant.Actor{ID: "ann"})

	_ = settings.Set(ctx, "title", "Acme", "the beginning")
	_ = settings.Set(ctx, "title", "ACME!!!", "louder")
	fmt.Println(settings.Rollback(ctx, "title", 1, "too loud"), config.Get(ctx, "title", ""))

	history, err := settings.History(ctx, "title", 10)
	for _, rev := range history {
		fmt.Printf("%d %s by %s: %s\n", rev.Version, rev.Value, rev.Actor, rev.Reason)
	}
	fmt.Println(err)
	fmt.Println(settings.Rollback(ctx, "title", 77, ""))
	// Output:
	// <nil> Acme
	// 3 "Acme" by ann: too loud
	// 2 "ACME!!!" by ann: louder
	// 1 "Acme" by ann: the beginning
	// <nil>
	// config: key "title" in the tenant layer: config: the history has no such version
}

// Settings are tried out in one place and then taken to another.
func ExampleResolver_Import() {
	var (
		Size  = config.Declare("page.size", 20, config.Between(1, 100))
		Title = config.Declare("page.title", "Welcome")
	)
	installation := func() *config.Resolver {
		settings, err := config.NewResolver(config.Config{
			Store: config.NewMemoryStore(),
			Keys:  []config.Declaration{Size, Title},
		})
		if err != nil {
			panic(err)
		}
		return settings
	}
	ctx := tenant.WithID(context.Background(), "acme")
	staging, production := installation(), installation()
	_, _ = staging.Update(ctx, "", Size.Put(50), Title.Put("Hello"))
	_, _ = production.Update(ctx, "", Size.Put(10))

	export, err := staging.Export(ctx)
	if err != nil {
		panic(err)
	}
	file, _ := json.Marshal(export)
	fmt.Println(string(file))

	var read config.Export
	_ = json.Unmarshal(file, &read)
	differences, err := production.Diff(ctx, read) // a dry run
	for _, d := range differences {
		fmt.Printf("%s %s: %s -> %s\n", d.Effect, d.Key, d.Old, d.New)
	}
	fmt.Println(err)
	_, err = production.Import(ctx, read, "as tried out in staging")
	fmt.Println(err, Size.Get(config.NewContext(ctx, production)))

	read.Settings[0].Value = json.RawMessage("500")
	_, err = production.Import(ctx, read, "a slip of the pen")
	fmt.Println(err)
	// Output:
	// {"format":1,"settings":[{"key":"page.size","value":50},{"key":"page.title","value":"Hello"}]}
	// change page.size: 10 -> 50
	// add page.title:  -> "Hello"
	// <nil>
	// <nil> 50
	// config: key "page.size" in the tenant layer: config: the value is not allowed: it is not between 1 and 100
}
