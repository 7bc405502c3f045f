package tenant_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

// A body can be read once. What a resolver behind ForwardedHost has read of it,
// the handler has to find.
func TestForwardedHostKeepsTheForm(t *testing.T) {
	t.Parallel()
	reg := site(t)
	proxies, err := tenant.TrustedProxies("192.0.2.0/24")
	require.NoError(t, err)
	byField := tenant.ByText(tenant.FormField("company"), tenant.IDs(reg))
	form := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _ := tenant.IDFromContext(r.Context())
		io.WriteString(w, string(id)+" "+r.PostFormValue("user")+" at "+r.Host)
	})
	for name, resolve := range map[string]tenant.Resolver{
		"by the field":                  proxies.ForwardedHost(byField),
		"by the host and the field":     proxies.ForwardedHost(tenant.Agree(tenant.ByHost(reg), byField)),
		"by the host, and by the field": tenant.Agree(proxies.ForwardedHost(tenant.Agree(tenant.ByHost(reg), byField)), byField),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodPost, "http://10.0.0.3/", strings.NewReader(url.Values{"user": {"ann"}, "company": {"acme"}}.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("X-Forwarded-Host", "acme.example.com")
			r.RemoteAddr = "192.0.2.9:1234"
			w := serve(tenant.Middleware(tenant.MiddlewareConfig{Registry: reg, Resolve: resolve})(form), r)
			require.Equal(t, http.StatusOK, w.Code, w.Body)
			require.Equal(t, "acme ann at 10.0.0.3", w.Body.String())
		})
	}
}

// An actor without an id is a visitor; one that is also a member of a tenant, or
// a guest, is a mistake of the application's, and nobody is admitted as it.
func TestActorWithoutAnID(t *testing.T) {
	t.Parallel()
	reg := site(t)
	for name, a := range map[string]tenant.Actor{
		"of this tenant": {Tenant: "acme"}, "of another": {Tenant: "bolt"}, "a guest": {Guest: true}, "both": {Tenant: "acme", Guest: true},
	} {
		var hooked *tenant.RequestError
		w := serve(tenant.Middleware(tenant.MiddlewareConfig{
			Registry: reg, Resolve: tenant.ByHost(reg), Actor: signedIn(a),
			OnError: func(w http.ResponseWriter, r *http.Request, fault *tenant.RequestError) {
				hooked = fault
				tenant.WriteProblem(w, r, fault)
			},
		})(whoami), request("acme.example.com"))
		require.Equal(t, http.StatusInternalServerError, w.Code, name)
		require.ErrorIs(t, hooked, tenant.ErrMisconfigured, name)
	}
	w := serve(tenant.Middleware(tenant.MiddlewareConfig{Registry: reg, Resolve: tenant.ByHost(reg), Actor: signedIn(tenant.Actor{})})(whoami), request("acme.example.com"))
	require.Equal(t, "tenant acme ", w.Body.String())
}
