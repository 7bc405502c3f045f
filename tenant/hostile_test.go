package tenant_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

// TestHostileHosts sends every malformed host through the middleware: each is
// a 400, whatever else the request claims.
func TestHostileHosts(t *testing.T) {
	t.Parallel()
	reg := site(t)
	h := tenant.Middleware(tenant.MiddlewareConfig{Registry: reg, Resolve: tenant.ByHost(reg)})(whoami)
	for name, host := range hostileHosts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request(host)
			r.Header.Set("X-Forwarded-Host", "acme.example.com")
			r.Header.Set("Forwarded", "host=acme.example.com")
			r.Header.Set("X-Original-Host", "acme.example.com")
			w := serve(h, r)
			require.Equal(t, http.StatusBadRequest, w.Code)
			requireProblem(t, w)
		})
	}
}

func TestForwardedHostIsNotRead(t *testing.T) {
	t.Parallel()
	reg := site(t)
	h := tenant.Middleware(tenant.MiddlewareConfig{Registry: reg, Resolve: tenant.ByHost(reg)})(whoami)
	for _, header := range []string{"X-Forwarded-Host", "Forwarded", "X-Host", "X-Original-Host", "X-Forwarded-Server", "X-Http-Host-Override", "X-Tenant"} {
		r := request("acme.example.com")
		r.Header.Set(header, "bolt.example.com")
		require.Equal(t, "tenant acme ", serve(h, r).Body.String(), header)
	}
	r := request("acme.example.com")
	r.Header["Host"] = []string{"bolt.example.com"}
	require.Equal(t, http.StatusBadRequest, serve(h, r).Code, "a second host that something put among the headers")
}

// TestRawRequests speaks HTTP/1 to a real server, because net/http's client
// would not send most of this.
func TestRawRequests(t *testing.T) {
	t.Parallel()
	reg := site(t)
	srv := httptest.NewServer(tenant.Middleware(tenant.MiddlewareConfig{Registry: reg, Resolve: tenant.ByHost(reg)})(whoami))
	t.Cleanup(srv.Close)
	const acme, bolt = "acme.example.com", "bolt.example.com"
	for name, c := range map[string]struct {
		head   string
		status int
		body   string
	}{
		"one host":                     {"GET / HTTP/1.1\r\nHost: " + acme, 200, "tenant acme "},
		"one host, header in capitals": {"GET / HTTP/1.1\r\nHOST: " + acme, 200, "tenant acme "},
		"one host, spaces around":      {"GET / HTTP/1.1\r\nHost:  \t" + acme + " ", 200, "tenant acme "},
		"two hosts":                    {"GET / HTTP/1.1\r\nHost: " + acme + "\r\nHost: " + bolt, 400, ""},
		"the same host twice":          {"GET / HTTP/1.1\r\nHost: " + acme + "\r\nHost: " + acme, 400, ""},
		"two hosts, other case":        {"GET / HTTP/1.1\r\nHost: " + acme + "\r\nhOST: " + bolt, 400, ""},
		"two hosts, one line":          {"GET / HTTP/1.1\r\nHost: " + acme + ", " + bolt, 400, ""},
		"a folded line":                {"GET / HTTP/1.1\r\nHost: " + acme + "\r\n " + bolt, 400, ""},
		"a space before the colon":     {"GET / HTTP/1.1\r\nHost : " + acme, 400, ""},
		"no host":                      {"GET / HTTP/1.1\r\nX: y", 400, ""},
		"an empty host":                {"GET / HTTP/1.1\r\nHost:", 400, ""},
		"HTTP/1.0 without a host":      {"GET / HTTP/1.0\r\nX: y", 400, ""},
		"a NUL":                        {"GET / HTTP/1.1\r\nHost: " + acme + "\x00", 400, ""},
		"userinfo":                     {"GET / HTTP/1.1\r\nHost: x@" + acme, 400, ""},
		// RFC 9112 section 3.2.2: the request target decides, not the header.
		"a target with a host":          {"GET http://" + bolt + "/ HTTP/1.1\r\nHost: " + acme, 200, "tenant bolt "},
		"a target with an unknown host": {"GET http://evil.test/ HTTP/1.1\r\nHost: " + acme, 404, ""},
		"a target with userinfo":        {"GET http://" + acme + "@evil.test/ HTTP/1.1\r\nHost: " + acme, 404, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", srv.Listener.Addr().String())
			require.NoError(t, err)
			defer conn.Close()
			_, err = fmt.Fprintf(conn, "%s\r\nConnection: close\r\n\r\n", c.head)
			require.NoError(t, err)
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err)
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.Equal(t, c.status, resp.StatusCode, "%s", body)
			if c.status == http.StatusOK {
				require.Equal(t, c.body, string(body))
			} else {
				require.NotContains(t, string(body), "tenant ")
			}
		})
	}
}

// FuzzMiddleware: whatever the host and the headers are, the handler sees a
// registered, active tenant whose own host was asked for, or the answer is a
// 4xx (503 for the suspended one).
func FuzzMiddleware(f *testing.F) {
	for _, host := range hostileHosts {
		if len(host) < 1000 {
			f.Add(host, "X-Forwarded-Host", "acme.example.com")
		}
	}
	for _, host := range []string{"acme.example.com", "WWW.ACME.TEST.:1", "cold.example.com", "done.example.com", "[2001:db8::6]", "claimed.test"} {
		f.Add(host, "Host", "bolt.example.com")
	}
	hosts := map[tenant.ID][]string{
		"acme": {"acme.example.com", "www.acme.test"},
		"bolt": {"bolt.example.com"},
		"six":  {"[2001:db8::6]", "[2001:db8:0:0:0:0:0:6]"},
	}
	reg := site(f)
	mw := tenant.Middleware(tenant.MiddlewareConfig{Registry: reg, Resolve: tenant.ByHost(reg)})
	f.Fuzz(func(t *testing.T, host, header, value string) {
		r := request(host)
		r.Header[header] = []string{value}
		reached := false
		w := serve(mw(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			reached = true
			id, ok := tenant.IDFromContext(r.Context())
			require.True(t, ok)
			record, found, err := reg.ByID(r.Context(), id)
			require.NoError(t, err)
			require.True(t, found)
			require.Equal(t, tenant.Active, record.Status)
			if id != "six" {
				asked, _ := strings.CutSuffix(strings.ToLower(strings.SplitN(host, ":", 2)[0]), ".")
				require.Contains(t, hosts[id], asked)
			} else {
				require.True(t, strings.HasPrefix(host, "["))
			}
		})), r)
		switch {
		case reached:
			require.Equal(t, http.StatusOK, w.Code)
		case w.Code == http.StatusServiceUnavailable:
			require.True(t, strings.HasPrefix(strings.ToLower(host), "cold.example.com"))
		default:
			require.Contains(t, []int{http.StatusBadRequest, http.StatusNotFound}, w.Code)
		}
	})
}
