package config_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// A setting is read as a global one was, with the request's context in front.
func ExampleGet() {
	settings, err := config.NewResolver(config.Config{Store: config.NewMemoryStore()})
	if err != nil {
		panic(err)
	}
	ctx := config.NewContext(context.Background(), settings)
	acme, bolt := tenant.WithID(ctx, "acme"), tenant.WithID(ctx, "bolt")

	_ = settings.Set(tenant.Global(ctx), "page.size", 50, "bigger screens")
	_ = settings.Set(acme, "page.size", 10, "slow network")
	_ = settings.Set(acme, "beta", false, "") // false is a value too

	fmt.Println(config.Get(acme, "page.size", 20), config.Get(bolt, "page.size", 20))
	fmt.Println(config.Get(acme, "beta", true), config.Get(bolt, "beta", true))
	fmt.Println(config.Get(ctx, "page.size", 20)) // no tenant: the caller's default
	// Output:
	// 10 50
	// false true
	// 20
}

// Lookup says where a value comes from, or why there is none.
func ExampleLookup() {
	settings, err := config.NewResolver(config.Config{Store: config.NewMemoryStore()})
	if err != nil {
		panic(err)
	}
	ctx := config.NewContext(context.Background(), settings)
	_ = settings.Set(tenant.Global(ctx), "title", "Everybody", "")

	title, info, err := config.Lookup[string](tenant.WithID(ctx, "acme"), "title")
	fmt.Println(title, info.Found, info.Layer, err)
	_, _, err = config.Lookup[int](tenant.WithID(ctx, "acme"), "title")
	fmt.Println(err)
	_, _, err = config.Lookup[string](ctx, "title")
	fmt.Println(errors.Is(err, tenant.ErrNoTenant))
	// Output:
	// Everybody true global <nil>
	// config: key "title" in the global layer: config: the value does not fit: this JSON string is no int
	// true
}

// A declared key has a type, a default and rules.
func ExampleDeclare() {
	var (
		Currency = config.Declare("billing.currency", "EUR")
		Timeout  = config.Declare("billing.timeout", 30*time.Second)
		Signup   = config.Declare("signup.open", true,
			config.Closed(false), // in doubt nobody signs up
			config.Isolation(tenant.Shared))
	)
	settings, err := config.NewResolver(config.Config{
		Store: config.NewMemoryStore(),
		Keys:  []config.Declaration{Currency, Timeout, Signup},
		Base:  map[string]any{"billing.timeout": "1m"},
	})
	if err != nil {
		panic(err)
	}
	acme := config.NewContext(tenant.WithID(context.Background(), "acme"), settings)

	_ = Currency.Set(acme, "CHF", "moved to Zürich")
	fmt.Println(Currency.Get(acme), Timeout.Get(acme), Signup.Get(acme), Signup.Get(context.Background()))
	fmt.Println(Signup.Set(acme, true, ""))
	// Output:
	// CHF 1m0s true false
	// config: key "signup.open" in the tenant layer: config: a shared key has no value of a tenant's own
}

// The middleware of package tenant puts the resolver into each request.
func ExampleNewContext() {
	reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme", Host: "acme.example.com"})
	if err != nil {
		panic(err)
	}
	settings, err := config.NewResolver(config.Config{Store: config.NewMemoryStore()})
	if err != nil {
		panic(err)
	}
	middleware := tenant.Middleware(tenant.MiddlewareConfig{
		Registry: reg,
		Resolve:  tenant.ByHost(reg),
		Extend:   func(ctx context.Context) context.Context { return config.NewContext(ctx, settings) },
	})
	http.Handle("/", middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, config.Get(r.Context(), "front.title", "Welcome"))
	})))
}
