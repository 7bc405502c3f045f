package sessions

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/alexedwards/scs/v2"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

// *scs.SessionManager is what the binding takes.
var _ tenant.SessionStore = (*scs.SessionManager)(nil)

// site is an application with sign-in, a page for members and a switch.
type site struct {
	sessions *scs.SessionManager
	server   *httptest.Server
}

const (
	accountKey = "account" // the application's own key in the session
	homeKey    = "home"    // the tenant that the account is a member of; empty for a global one
)

func newSite(t *testing.T, change ...func(*tenant.MiddlewareConfig)) *site {
	t.Helper()
	s := &site{sessions: scs.New()}
	binding := tenant.BindSessions(s.sessions)
	reg, err := tenant.NewMemoryRegistry(
		tenant.Tenant{ID: "acme", Host: "acme.example.com"},
		tenant.Tenant{ID: "bolt", Host: "bolt.example.com"},
		tenant.Tenant{ID: "public"})
	require.NoError(t, err)
	user := tenant.FormField("user")
	cfg := tenant.MiddlewareConfig{
		Registry: reg,
		Resolve: tenant.First(
			tenant.OnHosts(tenant.First(tenant.ByUserName(user, tenant.IDs(reg)), binding.BySession(reg)), "www.example.com"),
			tenant.ByHost(reg)),
		Actor: binding.Actor(func(r *http.Request) (tenant.Actor, error) {
			return tenant.Actor{ID: s.sessions.GetString(r.Context(), accountKey), Tenant: tenant.ID(s.sessions.GetString(r.Context(), homeKey))}, nil
		}),
		Members: func(_ context.Context, a tenant.Actor, _ tenant.ID) (bool, error) { return a.ID == "gina", nil },
		Central: func(r *http.Request) bool { return r.URL.Path == "/unbound" || r.URL.Path == "/sign-out" },
	}
	for _, fn := range change {
		fn(&cfg)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sign-in", func(w http.ResponseWriter, r *http.Request) {
		if err := binding.SignIn(r.Context()); err != nil {
			tenant.Refuse(w, r, err)
			return
		}
		name, _, _, _ := tenant.SplitUserName(r.PostFormValue("user"))
		s.sessions.Put(r.Context(), accountKey, name)
		if name != "gina" { // who is a global account
			id, _ := tenant.IDFromContext(r.Context())
			s.sessions.Put(r.Context(), homeKey, string(id))
		}
	})
	mux.HandleFunc("POST /switch", func(w http.ResponseWriter, r *http.Request) {
		a, _ := tenant.ActorFromContext(r.Context())
		if err := binding.Switch(r.Context(), tenant.ID(r.PostFormValue("to"))); err != nil {
			tenant.Refuse(w, r, err)
			return
		}
		s.sessions.Put(r.Context(), accountKey, a.ID)
	})
	mux.HandleFunc("POST /basket", func(w http.ResponseWriter, r *http.Request) {
		if err := binding.Bind(r.Context()); err != nil {
			tenant.Refuse(w, r, err)
			return
		}
		s.sessions.Put(r.Context(), "basket", r.PostFormValue("what"))
	})
	mux.HandleFunc("/unbound", func(_ http.ResponseWriter, r *http.Request) {
		s.sessions.Put(r.Context(), accountKey, "gina") // an application that knows of no tenants
	})
	mux.HandleFunc("/sign-out", func(_ http.ResponseWriter, r *http.Request) { _ = s.sessions.Destroy(r.Context()) })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		id, _ := tenant.IDFromContext(r.Context())
		a, _ := tenant.ActorFromContext(r.Context())
		fmt.Fprintf(w, "secret of %s for %q, basket %q", id, a.ID, s.sessions.GetString(r.Context(), "basket"))
	})
	s.server = httptest.NewServer(s.sessions.LoadAndSave(tenant.Middleware(cfg)(mux)))
	t.Cleanup(s.server.Close)
	return s
}

// answer is what came back.
type answer struct {
	status int
	body   string
	token  string // the session's, as the browser has it afterwards
}

// send sends a request of someone who has that session token, or none.
func (s *site) send(t *testing.T, method, host, path, token, form string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.server.URL+path, strings.NewReader(form))
	require.NoError(t, err)
	r.Host = host
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		r.AddCookie(&http.Cookie{Name: s.sessions.Cookie.Name, Value: token})
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	got := answer{status: resp.StatusCode, body: string(body), token: token}
	for _, c := range resp.Cookies() {
		if c.Name == s.sessions.Cookie.Name {
			got.token = c.Value
		}
	}
	return got
}

func (a answer) refused(t *testing.T, status int) {
	t.Helper()
	require.Equal(t, status, a.status, a.body)
	require.NotContains(t, a.body, "secret")
	for _, name := range []string{"acme", "bolt", "ann", "gina"} {
		require.NotContains(t, a.body, name)
	}
}

// TestForeignSession: the session that began in one tenant opens nothing in the
// other, neither a page nor what an anonymous visitor would see there.
func TestForeignSession(t *testing.T) {
	s := newSite(t)
	signedIn := s.send(t, "POST", "acme.example.com", "/sign-in", "", "user=ann")
	require.Equal(t, 200, signedIn.status)
	require.NotEmpty(t, signedIn.token)
	require.Equal(t, `secret of acme for "ann", basket ""`, s.send(t, "GET", "acme.example.com", "/", signedIn.token, "").body)

	for _, c := range []struct{ method, path, form string }{
		{"GET", "/", ""}, {"POST", "/basket", "what=x"}, {"POST", "/sign-in", "user=ann"}, {"POST", "/switch", "to=bolt"},
	} {
		s.send(t, c.method, "bolt.example.com", c.path, signedIn.token, c.form).refused(t, http.StatusForbidden)
	}
	require.Equal(t, `secret of acme for "ann", basket ""`, s.send(t, "GET", "acme.example.com", "/", signedIn.token, "").body, "the session is as it was")
	require.Equal(t, `secret of bolt for "", basket ""`, s.send(t, "GET", "bolt.example.com", "/", "", "").body)
	require.Equal(t, `secret of bolt for "", basket ""`, s.send(t, "GET", "bolt.example.com", "/", "forged", "").body)
}

// TestForeignBasket: the same for a visitor who never signed in.
func TestForeignBasket(t *testing.T) {
	s := newSite(t)
	basket := s.send(t, "POST", "acme.example.com", "/basket", "", "what=screws")
	require.Equal(t, `secret of acme for "", basket "screws"`, s.send(t, "GET", "acme.example.com", "/", basket.token, "").body)
	s.send(t, "GET", "bolt.example.com", "/", basket.token, "").refused(t, http.StatusForbidden)
	s.send(t, "POST", "bolt.example.com", "/basket", basket.token, "what=nails").refused(t, http.StatusForbidden)
}

// TestSignInRenews: a token that was known before the sign-in is worth nothing
// after it.
func TestSignInRenews(t *testing.T) {
	s := newSite(t)
	planted := s.send(t, "POST", "acme.example.com", "/basket", "", "what=screws")
	signedIn := s.send(t, "POST", "acme.example.com", "/sign-in", planted.token, "user=ann")
	require.NotEqual(t, planted.token, signedIn.token)
	require.Equal(t, `secret of acme for "", basket ""`, s.send(t, "GET", "acme.example.com", "/", planted.token, "").body)
	require.Equal(t, `secret of acme for "ann", basket "screws"`, s.send(t, "GET", "acme.example.com", "/", signedIn.token, "").body)
}

// TestSwitch: a global account goes to another tenant; the session that it came
// with is dead, and nothing of it came along.
func TestSwitch(t *testing.T) {
	t.Run("C08", func(t *testing.T) {
		s := newSite(t)
		old := s.send(t, "POST", "www.example.com", "/sign-in", "", "user=gina%40acme")
		s.send(t, "POST", "www.example.com", "/basket", old.token, "what=screws")
		require.Equal(t, `secret of acme for "gina", basket "screws"`, s.send(t, "GET", "www.example.com", "/", old.token, "").body)
		require.Equal(t, `secret of acme for "gina", basket "screws"`, s.send(t, "GET", "acme.example.com", "/", old.token, "").body)

		now := s.send(t, "POST", "www.example.com", "/switch", old.token, "to=bolt")
		require.Equal(t, 200, now.status)
		require.NotEqual(t, old.token, now.token)
		require.Equal(t, `secret of bolt for "gina", basket ""`, s.send(t, "GET", "www.example.com", "/", now.token, "").body)
		require.Equal(t, `secret of bolt for "gina", basket ""`, s.send(t, "GET", "bolt.example.com", "/", now.token, "").body)
		s.send(t, "GET", "acme.example.com", "/", now.token, "").refused(t, http.StatusForbidden)

		// The old token is one that nobody has: on the shared host it names no
		// tenant, on the tenants' own it is a stranger's.
		s.send(t, "GET", "www.example.com", "/", old.token, "").refused(t, http.StatusNotFound)
		require.Equal(t, `secret of acme for "", basket ""`, s.send(t, "GET", "acme.example.com", "/", old.token, "").body)
		_, found, err := s.sessions.Store.Find(old.token)
		require.NoError(t, err)
		require.False(t, found)
	})
}

func TestSwitchIsRefused(t *testing.T) {
	s := newSite(t)
	member := s.send(t, "POST", "acme.example.com", "/sign-in", "", "user=ann")
	s.send(t, "POST", "acme.example.com", "/switch", member.token, "to=bolt").refused(t, http.StatusForbidden)
	s.send(t, "POST", "acme.example.com", "/switch", member.token, "to=BOLT").refused(t, http.StatusBadRequest)
	require.Equal(t, `secret of acme for "ann", basket ""`, s.send(t, "GET", "acme.example.com", "/", member.token, "").body)

	// Switching to a tenant that does not exist, or does not know the account,
	// leads nowhere: the middleware asks again.
	gina := s.send(t, "POST", "www.example.com", "/sign-in", "", "user=gina%40acme")
	nowhere := s.send(t, "POST", "www.example.com", "/switch", gina.token, "to=nowhere")
	require.Equal(t, 200, nowhere.status)
	s.send(t, "GET", "www.example.com", "/", nowhere.token, "").refused(t, http.StatusNotFound)
}

// TestSeparate: nobody switches, and a session leads to no tenant on a shared
// host.
func TestSeparate(t *testing.T) {
	t.Run("B17", func(t *testing.T) {
		s := newSite(t, func(cfg *tenant.MiddlewareConfig) { cfg.Tenancy = tenant.TenancySeparate })
		member := s.send(t, "POST", "acme.example.com", "/sign-in", "", "user=ann")
		require.Equal(t, `secret of acme for "ann", basket ""`, s.send(t, "GET", "acme.example.com", "/", member.token, "").body)
		s.send(t, "GET", "www.example.com", "/", member.token, "").refused(t, http.StatusNotFound)
		s.send(t, "POST", "www.example.com", "/sign-in", "", "user=ann%40acme").refused(t, http.StatusNotFound)

		global := s.send(t, "POST", "acme.example.com", "/sign-in", "", "user=gina")
		s.send(t, "POST", "acme.example.com", "/switch", global.token, "to=bolt").refused(t, http.StatusForbidden)
		s.send(t, "GET", "acme.example.com", "/", global.token, "").refused(t, http.StatusForbidden)
	})
}

// TestUnboundAccount: an account in a session that is bound to no tenant is
// nobody's.
func TestUnboundAccount(t *testing.T) {
	s := newSite(t)
	unbound := s.send(t, "GET", "www.example.com", "/unbound", "", "")
	require.NotEmpty(t, unbound.token)
	s.send(t, "GET", "acme.example.com", "/", unbound.token, "").refused(t, http.StatusUnauthorized)
}

// TestLoginNamesTheTenant: equal user names in two tenants, one page to sign in.
func TestLoginNamesTheTenant(t *testing.T) {
	t.Run("D03", func(t *testing.T) {
		s := newSite(t)
		for _, id := range []string{"acme", "bolt"} {
			in := s.send(t, "POST", "www.example.com", "/sign-in", "", "user=ann%40"+id)
			require.Equal(t, 200, in.status)
			require.Equal(t, fmt.Sprintf("secret of %s for %q, basket %q", id, "ann", ""), s.send(t, "GET", "www.example.com", "/", in.token, "").body)
		}
		for user, status := range map[string]int{"ann": 404, "ann%40nowhere": 404, "ann%40acme%40bolt": 400, "%40acme": 400, "ann%40": 400, "ann%40ACME": 400} {
			s.send(t, "POST", "www.example.com", "/sign-in", "", "user="+user).refused(t, status)
		}
		s.send(t, "POST", "www.example.com", "/sign-in", "", "user=ann%40acme&user=ann%40bolt").refused(t, 400)
	})
}

// TestDefaultTenantHoldsNoSession: visitors of the default tenant put nothing
// into a session, and who is signed in does not enter it.
func TestDefaultTenantHoldsNoSession(t *testing.T) {
	s := newSite(t, func(cfg *tenant.MiddlewareConfig) { cfg.Default = "public" })
	require.Equal(t, `secret of public for "", basket ""`, s.send(t, "GET", "www.example.com", "/", "", "").body)
	s.send(t, "POST", "www.example.com", "/basket", "", "what=x").refused(t, http.StatusForbidden)
	s.send(t, "POST", "www.example.com", "/sign-in", "", "user=ann").refused(t, http.StatusForbidden)
	member := s.send(t, "POST", "acme.example.com", "/sign-in", "", "user=ann")
	s.send(t, "GET", "unknown.example.com", "/", member.token, "").refused(t, http.StatusForbidden)
}

// TestWithoutTheStoresMiddleware: scs panics; the answer is a 500 that says so.
func TestWithoutTheStoresMiddleware(t *testing.T) {
	binding := tenant.BindSessions(scs.New())
	reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme", Host: "acme.example.com"})
	require.NoError(t, err)
	var cause error
	h := tenant.Middleware(tenant.MiddlewareConfig{
		Registry: reg, Resolve: tenant.ByHost(reg),
		Actor: binding.Actor(func(*http.Request) (tenant.Actor, error) { return tenant.Actor{}, nil }),
		OnError: func(w http.ResponseWriter, r *http.Request, fault *tenant.RequestError) {
			cause = fault
			tenant.WriteProblem(w, r, fault)
		},
	})(http.NotFoundHandler())
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://acme.example.com/", nil))
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.ErrorIs(t, cause, tenant.ErrMisconfigured)
	require.ErrorContains(t, cause, "goes around")
}
