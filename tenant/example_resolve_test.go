package tenant_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gotenancy/tenancy/tenant"
)

// answers sends requests for these URLs to a page that says whose it is.
func answers(resolve tenant.Resolver, reg tenant.Registry, urls ...string) {
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _ := tenant.IDFromContext(r.Context())
		fmt.Fprintf(w, "%s at %s", id, r.URL.Path)
	})
	h := tenant.Middleware(tenant.MiddlewareConfig{Registry: reg, Resolve: resolve})(tenant.StripPath("/t/", tenant.Codes(reg), page))
	for _, url := range urls {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, url, nil))
		if w.Code == http.StatusOK {
			fmt.Println(url, "->", w.Body)
		} else {
			fmt.Println(url, "->", w.Code)
		}
	}
}

func exampleRegistry() *tenant.MemoryRegistry {
	reg, err := tenant.NewMemoryRegistry(
		tenant.Tenant{ID: "c-17", Code: "acme", Host: "shop.acme.test"},
		tenant.Tenant{ID: "c-18", Code: "bolt"})
	if err != nil {
		panic(err)
	}
	return reg
}

// A registered host comes first, then a tenant's name below ours: bolt is the
// code of one tenant, and bolt.example.com the host of another.
func ExampleByTemplate() {
	reg := exampleRegistry()
	if err := reg.Put(tenant.Tenant{ID: "c-19", Code: "core", Host: "bolt.example.com"}); err != nil {
		panic(err)
	}
	hosts := tenant.ByHost(reg)
	resolve := tenant.First(
		func(r *http.Request) (tenant.ID, error) {
			id, err := hosts(r)
			if errors.Is(err, tenant.ErrUnknownTenant) {
				err = tenant.ErrNoAnswer // nobody has registered it: the template may know it
			}
			return id, err
		},
		tenant.ByTemplate("{tenant}.example.com", tenant.Codes(reg)))
	answers(resolve, reg, "http://acme.example.com/x", "http://bolt.example.com/x", "http://shop.acme.test/x", "http://nobody.example.com/x", "http://evil.test/x")
	// Output:
	// http://acme.example.com/x -> c-17 at /x
	// http://bolt.example.com/x -> c-19 at /x
	// http://shop.acme.test/x -> c-17 at /x
	// http://nobody.example.com/x -> 404
	// http://evil.test/x -> 404
}

// Tenants without a host of their own share one, and are told apart by the path.
func ExampleByPath() {
	reg := exampleRegistry()
	resolve := tenant.First(
		tenant.OnHosts(tenant.ByPath("/t/", tenant.Codes(reg)), "www.example.com"),
		tenant.ByHost(reg))
	answers(resolve, reg, "http://www.example.com/t/bolt/x", "http://shop.acme.test/x", "http://shop.acme.test/t/bolt/x", "http://www.example.com/t/acme/../bolt/x")
	// Output:
	// http://www.example.com/t/bolt/x -> c-18 at /x
	// http://shop.acme.test/x -> c-17 at /x
	// http://shop.acme.test/t/bolt/x -> 400
	// http://www.example.com/t/acme/../bolt/x -> 400
}

// A request that says two things is for nobody.
func ExampleAgree() {
	reg := exampleRegistry()
	resolve := tenant.Agree(tenant.ByHost(reg), tenant.ByQuery("company", tenant.Codes(reg)))
	answers(resolve, reg, "http://shop.acme.test/", "http://shop.acme.test/?company=acme", "http://shop.acme.test/?company=bolt")
	// Output:
	// http://shop.acme.test/ -> c-17 at /
	// http://shop.acme.test/?company=acme -> c-17 at /
	// http://shop.acme.test/?company=bolt -> 400
}

// The identity provider of one customer can not name another one.
func ExampleByClaim() {
	reg := exampleRegistry()
	token := map[string]any{"iss": "https://login.bolt.test", "aud": "shop", "company": "bolt"}
	resolve := tenant.ByClaim(tenant.ClaimConfig{
		Claims: func(*http.Request) (map[string]any, bool, error) { return token, true, nil }, // verified by the application
		Names:  tenant.Codes(reg),
		Issuers: map[string]tenant.Issuer{
			"https://login.example.com": {Audience: "shop", Claim: "company", AnyTenant: true},
			"https://login.bolt.test":   {Audience: "shop", Claim: "company", Tenants: []tenant.ID{"c-18"}},
		},
	})
	answers(resolve, reg, "http://api.example.com/")
	token["company"] = "acme"
	answers(resolve, reg, "http://api.example.com/")
	// Output:
	// http://api.example.com/ -> c-18 at /
	// http://api.example.com/ -> 401
}

// A load balancer says which host its client asked for, and nobody else does.
func ExampleProxies_ForwardedHost() {
	reg := exampleRegistry()
	balancers, err := tenant.TrustedProxies("192.0.2.0/24")
	if err != nil {
		panic(err)
	}
	resolve := balancers.ForwardedHost(tenant.ByHost(reg))
	for _, from := range []string{"192.0.2.9:1234", "203.0.113.5:1234"} {
		r := httptest.NewRequest(http.MethodGet, "http://10.0.0.3/", nil)
		r.RemoteAddr = from
		r.Header.Set("X-Forwarded-Host", "shop.acme.test")
		id, err := resolve(r)
		fmt.Printf("%q %v\n", id, err)
	}
	// Output:
	// "c-17" <nil>
	// "" tenant: unknown tenant: no tenant has the request's host
}

// Who may enter is asked once a minute, and anew when the feed tells of a change:
// poller.Subscribe(members.Invalidate).
func ExampleMemberCache() {
	asked := 0
	members, err := tenant.NewMemberCache(func(_ context.Context, a tenant.Actor, id tenant.ID) (bool, error) {
		asked++
		return a.ID == "gina" && id == "c-17", nil
	}, tenant.MemberCacheConfig{})
	if err != nil {
		panic(err)
	}
	for range 3 {
		ok, _ := members.Members(context.Background(), tenant.Actor{ID: "gina"}, "c-17")
		fmt.Println(ok, asked)
	}
	members.Invalidate("c-17", 1)
	ok, _ := members.Members(context.Background(), tenant.Actor{ID: "gina"}, "c-17")
	fmt.Println(ok, asked)
	// Output:
	// true 1
	// true 1
	// true 1
	// true 2
}
