package tenant_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

// town is a registry whose tenants have codes, one of them in capitals.
func town(t testing.TB) *tenant.MemoryRegistry {
	t.Helper()
	reg, err := tenant.NewMemoryRegistry(
		tenant.Tenant{ID: "acme", Code: "acme", Host: "acme.example.com"},
		tenant.Tenant{ID: "bolt", Code: "bolt", Host: "bolt.example.com"},
		tenant.Tenant{ID: "t-3", Code: "Core", Host: "xn--mnchen-3ya.example"},
		tenant.Tenant{ID: "cold", Code: "cold", Host: "cold.example.com", Status: tenant.Suspended},
		tenant.Tenant{ID: "done", Code: "done", Host: "done.example.com", Status: tenant.Archived},
		tenant.Tenant{ID: "xn--80ak6aa92e", Code: "xn--80ak6aa92e"},
	)
	require.NoError(t, err)
	return reg
}

func proxies(t testing.TB, cidrs ...string) tenant.Proxies {
	t.Helper()
	p, err := tenant.TrustedProxies(cidrs...)
	require.NoError(t, err)
	return p
}

// claimsOf reads a token as an application would that has verified it: its
// claims follow the word Bearer, in base64.
func claimsOf(r *http.Request) (map[string]any, bool, error) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return nil, false, nil
	}
	text, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		return nil, false, err
	}
	var claims map[string]any
	return claims, true, json.Unmarshal(text, &claims)
}

// sites are the ways to name a tenant, each as a chain of its own. Requests of
// these tests come from 127.0.0.1, which is a trusted proxy of some.
func sites(t testing.TB, reg tenant.Registry) map[string]tenant.Resolver {
	t.Helper()
	local, elsewhere := proxies(t, "127.0.0.0/8", "::1/128"), proxies(t, "10.0.0.0/8", "fd00::/8")
	ids, codes := tenant.IDs(reg), tenant.Codes(reg)
	keys := func(_ context.Context, key string) (tenant.ID, bool, error) {
		id, ok := map[string]tenant.ID{"k-acme": "acme", "k-bolt": "bolt", "k-cold": "cold", "k-gone": "gone", "k-bad": "BAD"}[key]
		return id, ok, nil
	}
	user := tenant.FormField("user")
	return map[string]tenant.Resolver{
		"host":      tenant.ByHost(reg),
		"template":  tenant.ByTemplate("{tenant}.example.com", codes),
		"region":    tenant.ByTemplate("{tenant}.*.example.com", ids),
		"path":      tenant.ByPath("/t/", ids),
		"codepath":  tenant.ByPath("/", codes),
		"header":    tenant.ByHeader("X-Tenant", local, ids),
		"stranger":  tenant.First(tenant.ByHeader("X-Tenant", elsewhere, ids), elsewhere.ForwardedHost(tenant.ByHost(reg))),
		"forwarded": local.ForwardedHost(tenant.ByHost(reg)),
		"query":     tenant.ByQuery("tenant", ids),
		"cookie":    tenant.ByCookie("tenant", ids),
		"claim": tenant.ByClaim(tenant.ClaimConfig{Claims: claimsOf, Names: ids, Issuers: map[string]tenant.Issuer{
			"https://id.example.com":   {Audience: "app", Claim: "org_id", AnyTenant: true},
			"https://id.bolt.example/": {Audience: "app", Claim: "company", Tenants: []tenant.ID{"bolt"}},
		}}),
		"key":    tenant.ByAPIKey("X-Api-Key", reg, keys),
		"bearer": tenant.ByAPIKey("Authorization", reg, keys),
		"user":   tenant.ByUserName(user, codes),
		"pattern": tenant.ByUserPattern(user, reg, tenant.UserPattern{Tenant: "acme", Pattern: "ac_.*|x"},
			tenant.UserPattern{Tenant: "bolt", Pattern: "bo_.*"}, tenant.UserPattern{Tenant: "bolt", Pattern: "ac_b.*"}),
		"agree": tenant.Agree(tenant.ByHost(reg), tenant.ByHeader("X-Tenant", local, ids), tenant.ByQuery("tenant", ids), tenant.ByCookie("tenant", ids)),
		"shared": tenant.First(
			tenant.OnHosts(tenant.First(tenant.ByPath("/t/", ids), tenant.ByCookie("tenant", ids)), "www.example.com"),
			tenant.ByHost(reg)),
	}
}

// siteHandler answers with the tenant and the path that reached it.
func siteHandler(t testing.TB, reg tenant.Registry, name string, resolve tenant.Resolver) http.Handler {
	t.Helper()
	var page http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, ok := tenant.IDFromContext(r.Context())
		require.True(t, ok)
		record, ok := tenant.FromContext(r.Context())
		require.True(t, ok)
		require.Equal(t, id, record.ID)
		require.Equal(t, tenant.Active, record.Status)
		fmt.Fprintf(w, "reached %s at %s", id, r.URL.EscapedPath())
	})
	switch name {
	case "path", "shared":
		page = tenant.StripPath("/t/", tenant.IDs(reg), page)
	case "codepath":
		page = tenant.StripPath("/", tenant.Codes(reg), page)
	}
	return tenant.Middleware(tenant.MiddlewareConfig{Registry: reg, Resolve: resolve})(page)
}

// hostile is a request as it is sent, and what has to come of it: the tenant
// and the path that its handler sees, or the status of a refusal.
type hostile struct {
	site, request, want string
}

// TestHostileRequests sends each over a socket of its own, because a client
// library would mend most of them.
func TestHostileRequests(t *testing.T) {
	t.Parallel()
	reg := town(t)
	servers := map[string]*httptest.Server{}
	for name, resolve := range sites(t, reg) {
		servers[name] = httptest.NewServer(siteHandler(t, reg, name, resolve))
		t.Cleanup(servers[name].Close)
	}
	refusals := 0
	for i, c := range hostileRequests() {
		if _, err := strconv.Atoi(c.want); err == nil {
			refusals++
		}
		require.Contains(t, servers, c.site)
		t.Run(fmt.Sprintf("%s %d", c.site, i), func(t *testing.T) {
			t.Parallel()
			status, body := exchange(t, servers[c.site].Listener.Addr().String(), c.request)
			if want, err := strconv.Atoi(c.want); err == nil {
				require.Equal(t, want, status, "%q gave %s", c.request, body)
				require.NotContains(t, body, "reached ")
				return
			}
			require.Equal(t, http.StatusOK, status, "%q gave %s", c.request, body)
			require.Equal(t, "reached "+c.want, body, "%q", c.request)
		})
	}
	require.GreaterOrEqual(t, refusals, 200)
}

// exchange sends the bytes and returns the answer.
func exchange(t *testing.T, addr, request string) (status int, body string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, request)
	require.NoError(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err, "%q", request)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(text)
}

// FuzzSites: whatever a request says in whatever place, every chain ends at an
// active tenant of the registry, or in an error with a status for it.
func FuzzSites(f *testing.F) {
	for _, c := range hostileRequests() {
		if r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(c.request))); err == nil {
			body, _ := io.ReadAll(r.Body)
			f.Add(r.Host, r.RequestURI, r.Header.Get("X-Tenant"), r.Header.Get("Cookie"), r.Header.Get("Authorization"), r.Header.Get("Forwarded"), string(body))
		}
	}
	reg := town(f)
	all := sites(f, reg)
	f.Fuzz(func(t *testing.T, host, target, header, cookie, auth, forwarded, form string) {
		for name, resolve := range all {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://h"+target, strings.NewReader(form))
			if err != nil {
				return
			}
			r.Host, r.RemoteAddr = host, "127.0.0.1:9"
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			for field, value := range map[string]string{
				"X-Tenant": header, "Cookie": cookie, "Authorization": auth, "X-Api-Key": auth, "Forwarded": forwarded, "X-Forwarded-Host": header,
			} {
				if value != "" {
					r.Header[field] = []string{value}
				}
			}
			id, err := resolve(r)
			if err == nil {
				record, found, err := reg.ByID(t.Context(), id)
				require.NoError(t, err)
				require.True(t, found, "%s gave %q", name, id)
				require.Equal(t, id, record.ID)
			} else {
				require.Empty(t, id, name)
				require.False(t, errors.Is(err, tenant.ErrMisconfigured), name)
			}
			w := httptest.NewRecorder()
			siteHandler(t, reg, name, resolve).ServeHTTP(w, r)
			switch {
			case w.Code == http.StatusOK:
				require.NoError(t, err, name)
				require.True(t, strings.HasPrefix(w.Body.String(), "reached "+string(id)+" at "), "%s: %s", name, w.Body)
			case w.Code == http.StatusServiceUnavailable:
				require.Equal(t, tenant.ID("cold"), id, name)
			default:
				require.Contains(t, []int{400, 401, 404}, w.Code, name)
			}
		}
	})
}
