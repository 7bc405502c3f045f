package tenant_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gotenancy/tenancy/tenant"
)

// A session stays in the tenant in which somebody signed in. The store is
// *scs.SessionManager or something with the same four methods.
func ExampleSessionBinding() {
	reg := exampleRegistry()
	sessions := &jar{}
	binding := tenant.BindSessions(sessions)
	mw := tenant.Middleware(tenant.MiddlewareConfig{
		Registry: reg,
		Resolve:  tenant.ByTemplate("{tenant}.example.com", tenant.Codes(reg)),
		Actor: binding.Actor(func(r *http.Request) (tenant.Actor, error) {
			return tenant.Actor{ID: sessions.GetString(r.Context(), "user"), Tenant: tenant.ID(sessions.GetString(r.Context(), "company"))}, nil
		}),
	})
	mux := http.NewServeMux()
	mux.HandleFunc("/sign-in", func(w http.ResponseWriter, r *http.Request) { // the password was right
		if err := binding.SignIn(r.Context()); err != nil {
			tenant.Refuse(w, r, err)
			return
		}
		id, _ := tenant.IDFromContext(r.Context())
		sessions.Put(r.Context(), "user", "ann")
		sessions.Put(r.Context(), "company", string(id))
		fmt.Fprint(w, "welcome")
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		a, _ := tenant.ActorFromContext(r.Context())
		fmt.Fprintf(w, "hello %q", a.ID)
	})
	for _, url := range []string{"http://acme.example.com/", "http://acme.example.com/sign-in", "http://acme.example.com/", "http://bolt.example.com/"} {
		w := httptest.NewRecorder()
		mw(mux).ServeHTTP(w, httptest.NewRequest(http.MethodGet, url, nil))
		fmt.Println(url, w.Code, w.Body)
	}
	// Output:
	// http://acme.example.com/ 200 hello ""
	// http://acme.example.com/sign-in 200 welcome
	// http://acme.example.com/ 200 hello "ann"
	// http://bolt.example.com/ 403 {"type":"about:blank","title":"Forbidden","status":403,"detail":"This session has no access here."}
}

// An installation for one customer: the same program, and every request is for
// that one.
func ExampleTenancy() {
	reg := exampleRegistry()
	h := tenant.Middleware(tenant.MiddlewareConfig{Registry: reg, Tenancy: tenant.TenancyOff, Single: "c-17"})(
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			id, _ := tenant.IDFromContext(r.Context())
			fmt.Fprint(w, id)
		}))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost:8080/", nil))
	fmt.Println(w.Code, w.Body)
	// Output: 200 c-17
}
