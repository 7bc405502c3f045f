package configopenfeature_test

import (
	"context"
	"fmt"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/config/configopenfeature"
	"github.com/gotenancy/tenancy/tenant"
)

// Code that knows OpenFeature reads the settings of the request's tenant.
func ExampleNew() {
	settings, err := config.NewResolver(config.Config{
		Store: config.NewMemoryStore(),
		Keys:  []config.Declaration{config.Declare("dashboard.new", false)},
	})
	if err != nil {
		panic(err)
	}
	if err := openfeature.SetNamedProviderAndWait("example", configopenfeature.New(settings)); err != nil {
		panic(err)
	}
	client := openfeature.NewClient("example")

	ctx := context.Background()
	acme, bolt := tenant.WithID(ctx, "acme"), tenant.WithID(ctx, "bolt")
	_ = settings.Set(acme, "dashboard.new", true, "asked for it")

	// Whatever the invocation says, the tenant is the one of the context.
	liar := openfeature.NewEvaluationContext("acme", map[string]any{"tenant": "acme"})
	for _, ctx := range []context.Context{acme, bolt, ctx} {
		got, _ := client.BooleanValueDetails(ctx, "dashboard.new", false, liar)
		fmt.Printf("%v %s %q %q\n", got.Value, got.Reason, got.Variant, got.ErrorCode)
	}
	// Output:
	// true TARGETING_MATCH "tenant" ""
	// false DEFAULT "default" ""
	// false ERROR "" "INVALID_CONTEXT"
}
