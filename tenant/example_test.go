package tenant_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gotenancy/tenancy/tenant"
)

// The middleware finds the tenant of a request by its host.
func ExampleMiddleware() {
	reg, err := tenant.NewMemoryRegistry(
		tenant.Tenant{ID: "acme", Name: "Acme Ltd", Host: "acme.example.com"},
		tenant.Tenant{ID: "bolt", Name: "Bolt Inc", Host: "bolt.example.com"})
	if err != nil {
		panic(err)
	}
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t, _ := tenant.FromContext(r.Context())
		fmt.Fprintf(w, "Welcome to %s", t.Name)
	})
	handler := tenant.Middleware(tenant.MiddlewareConfig{Registry: reg, Resolve: tenant.ByHost(reg)})(hello)

	for _, host := range []string{"acme.example.com", "BOLT.example.com:8080", "other.example.com"} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", "http://"+host+"/", nil))
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 Welcome to Acme Ltd
	// 200 Welcome to Bolt Inc
	// 404 {"type":"about:blank","title":"Not Found","status":404,"detail":"There is nothing at this address."}
}

// A context has one tenant. To become another takes Switch, and a reason.
func ExampleSwitch() {
	ctx := tenant.WithID(context.Background(), "acme")
	fmt.Println(tenant.Err(tenant.WithID(ctx, "bolt")))

	id, _ := tenant.IDFromContext(tenant.Switch(ctx, "bolt", "support call"))
	fmt.Println(id)
	// Output:
	// tenancy: the context already belongs elsewhere; changing tenant takes tenant.Switch
	// bolt
}

// A cache in front of a registry that asks a database. The feed tells it of
// changes: poller.Subscribe(reg.Invalidate).
func ExampleCachedRegistry() {
	store, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme", Host: "acme.example.com"})
	if err != nil {
		panic(err)
	}
	reg := tenant.NewCachedRegistry(store, tenant.CacheConfig{Tenants: 1000})
	ctx := context.Background()
	look := func() {
		t, _, err := reg.ByHost(ctx, "acme.example.com")
		fmt.Println(t.Status, err)
	}
	look()
	_ = store.Put(tenant.Tenant{ID: "acme", Host: "acme.example.com", Status: tenant.Suspended})
	look() // nobody has told
	reg.Invalidate("acme", 2)
	look()
	// Output:
	// active <nil>
	// active <nil>
	// suspended <nil>
}
