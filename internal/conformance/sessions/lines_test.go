package sessions

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/alexedwards/scs/v2"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
	"github.com/gotenancy/tenancy/tenant/tenantsql"
)

// shop is an application on a scoped pool: tenants and accounts in the
// database, notes that belong to tenants.
type shop struct {
	db       tenant.DBTX
	reg      *tenantsql.Registry
	sessions *scs.SessionManager
	binding  *tenant.SessionBinding
}

func newShop(t *testing.T, e engines.Engine) *shop {
	t.Helper()
	dsn, raw := e.NewDatabase(t)
	for _, stmt := range []string{
		"CREATE TABLE accounts (login VARCHAR(40) NOT NULL PRIMARY KEY, company VARCHAR(63) NOT NULL)",
		"CREATE TABLE notes (id INTEGER NOT NULL, tenant_id VARCHAR(63) NOT NULL, body VARCHAR(40) NOT NULL, PRIMARY KEY (tenant_id, id))",
		"INSERT INTO accounts (login, company) VALUES ('ann', 'acme'), ('ben', 'bolt'), ('gina', '')",
		"INSERT INTO notes (id, tenant_id, body) VALUES (1, 'acme', 'note of acme'), (1, 'bolt', 'note of bolt')",
	} {
		_, err := raw.ExecContext(t.Context(), stmt)
		require.NoError(t, err)
	}
	db, err := scope.OpenDB(e.Connector(t, dsn), scope.Policy{Dialect: e.Dialect, Column: "tenant_id", Default: scope.PerTenant,
		Tables: map[string]scope.Table{"accounts": {Class: scope.Shared}}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, feed.Migrate(t.Context(), db, e.Dialect))
	require.NoError(t, tenantsql.Migrate(t.Context(), db, e.Dialect))
	s := &shop{db: db, reg: tenantsql.NewRegistry(db, e.Dialect), sessions: scs.New()}
	s.binding = tenant.BindSessions(s.sessions)
	for _, record := range []tenant.Tenant{
		{ID: "acme", Code: "acme", Host: "acme.example.com", Domains: []tenant.Domain{{Name: "shop.acme.test", Verified: true}, {Name: "claimed.test"}}},
		{ID: "bolt", Code: "bolt", Host: "bolt.example.com"},
		{ID: "public"},
	} {
		require.NoError(t, s.reg.Create(t.Context(), record))
	}
	return s
}

// tenantOf is the mapping from accounts to tenants.
func (s *shop) tenantOf(ctx context.Context, login string) (tenant.ID, bool, error) {
	rows, err := s.db.QueryContext(tenant.Global(ctx), "SELECT login, company FROM accounts")
	if err != nil {
		return "", false, err
	}
	defer rows.Close()
	for rows.Next() {
		var name, company string
		if err := rows.Scan(&name, &company); err != nil {
			return "", false, err
		}
		if name == login {
			return tenant.ID(company), true, rows.Err()
		}
	}
	return "", false, rows.Err()
}

// serve starts the application and returns a client with a cookie.
func (s *shop) serve(t *testing.T, change ...func(*tenant.MiddlewareConfig)) func(method, url string, form url.Values) (int, string) {
	t.Helper()
	cfg := tenant.MiddlewareConfig{
		Registry: s.reg,
		Resolve: tenant.First(
			tenant.OnHosts(tenant.First(
				tenant.ByUser(tenant.FormField("login"), s.reg, s.tenantOf),
				tenant.ByUserName(tenant.FormField("user"), tenant.Codes(s.reg)),
				tenant.ByText(tenant.FormField("company"), tenant.Codes(s.reg)),
				s.binding.BySession(s.reg)), "www.example.com"),
			tenant.ByHost(s.reg)),
		Actor: s.binding.Actor(func(r *http.Request) (tenant.Actor, error) {
			return tenant.Actor{ID: s.sessions.GetString(r.Context(), "login"), Tenant: tenant.ID(s.sessions.GetString(r.Context(), "home"))}, nil
		}),
		Members: func(_ context.Context, a tenant.Actor, _ tenant.ID) (bool, error) { return a.ID == "gina", nil },
		Central: func(r *http.Request) bool { return r.Host == "admin.example.com" },
	}
	for _, fn := range change {
		fn(&cfg)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sign-in", func(w http.ResponseWriter, r *http.Request) {
		if err := s.binding.SignIn(r.Context()); err != nil {
			tenant.Refuse(w, r, err)
			return
		}
		id, _ := tenant.IDFromContext(r.Context())
		login := r.PostFormValue("login") + r.PostFormValue("name")
		if user, _, ok, _ := tenant.SplitUserName(r.PostFormValue("user")); ok {
			login = user
		}
		s.sessions.Put(r.Context(), "login", login)
		if login != "gina" {
			s.sessions.Put(r.Context(), "home", string(id))
		}
	})
	mux.HandleFunc("POST /switch", func(w http.ResponseWriter, r *http.Request) {
		a, _ := tenant.ActorFromContext(r.Context())
		if err := s.binding.Switch(r.Context(), tenant.ID(r.PostFormValue("to"))); err != nil {
			tenant.Refuse(w, r, err)
			return
		}
		s.sessions.Put(r.Context(), "login", a.ID)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		rows, err := s.db.QueryContext(r.Context(), "SELECT body FROM notes")
		if err != nil {
			http.Error(w, err.Error(), http.StatusTeapot)
			return
		}
		defer rows.Close()
		for rows.Next() {
			var body string
			if err := rows.Scan(&body); err != nil {
				return
			}
			_, _ = io.WriteString(w, body+";")
		}
		if rows.Err() == nil {
			_, _ = io.WriteString(w, "end")
		}
	})
	h := s.sessions.LoadAndSave(tenant.Middleware(cfg)(mux))
	cookie := ""
	return func(method, target string, form url.Values) (int, string) {
		if method == "FORGET" {
			cookie = ""
			return 0, ""
		}
		r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(form.Encode()))
		if form != nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		if cookie != "" {
			r.Header.Set("Cookie", s.sessions.Cookie.Name+"="+cookie)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		for _, c := range w.Result().Cookies() {
			cookie = c.Value
		}
		return w.Code, w.Body.String()
	}
}

// TestLines goes through what the source systems ask of the way from a request
// to a tenant, with tenants, accounts and data in a real database.
func TestLines(t *testing.T) {
	const acme, bolt = "note of acme;end", "note of bolt;end"
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		s := newShop(t, e)
		page := func(t *testing.T, ask func(string, string, url.Values) (int, string), target string, status int, body string) {
			t.Helper()
			code, got := ask("GET", target, nil)
			require.Equal(t, status, code, got)
			if status == 200 {
				require.Equal(t, body, got)
			} else {
				require.NotContains(t, got, "note of")
			}
		}
		t.Run("A04 A11 a domain leads to its site, anew for each request", func(t *testing.T) {
			ask := s.serve(t)
			page(t, ask, "http://acme.example.com/", 200, acme)
			page(t, ask, "http://shop.acme.test/", 200, acme)
			page(t, ask, "http://bolt.example.com/", 200, bolt)
			page(t, ask, "http://claimed.test/", 404, "")
			page(t, ask, "http://other.example.com/", 404, "")
		})
		t.Run("A09 D03 the account leads to its tenant, and the session stays there", func(t *testing.T) {
			ask := s.serve(t)
			for _, who := range []struct{ login, body string }{{"ann", acme}, {"ben", bolt}} {
				ask("FORGET", "", nil)
				code, text := ask("POST", "http://www.example.com/sign-in", url.Values{"login": {who.login}})
				require.Equal(t, 200, code, text)
				page(t, ask, "http://www.example.com/", 200, who.body)
			}
			// ben's session
			page(t, ask, "http://acme.example.com/", 403, "")
			ask("FORGET", "", nil)
			code, _ := ask("POST", "http://www.example.com/sign-in", url.Values{"login": {"mallory"}})
			require.Equal(t, 401, code)
		})
		t.Run("A10 B09 a user of another organization is refused, the main site has its own path", func(t *testing.T) {
			ask := s.serve(t)
			_, _ = ask("POST", "http://acme.example.com/sign-in", url.Values{"name": {"ann"}})
			page(t, ask, "http://acme.example.com/", 200, acme)
			page(t, ask, "http://bolt.example.com/", 403, "")
			// The main site admits, and its handler has no tenant to read as.
			page(t, ask, "http://admin.example.com/", http.StatusTeapot, "")
		})
		t.Run("A13 global staff see no tenant that they were not let into", func(t *testing.T) {
			ask := s.serve(t, func(cfg *tenant.MiddlewareConfig) {
				cfg.Members = func(_ context.Context, _ tenant.Actor, id tenant.ID) (bool, error) { return id == "acme", nil }
			})
			_, _ = ask("POST", "http://acme.example.com/sign-in", url.Values{"name": {"gina"}})
			page(t, ask, "http://acme.example.com/", 200, acme)
			_, _ = ask("POST", "http://acme.example.com/switch", url.Values{"to": {"bolt"}})
			page(t, ask, "http://bolt.example.com/", 403, "")
			closed := s.serve(t, func(cfg *tenant.MiddlewareConfig) { cfg.Members = nil })
			_, _ = closed("POST", "http://acme.example.com/sign-in", url.Values{"name": {"gina"}})
			page(t, closed, "http://acme.example.com/", 403, "")
		})
		t.Run("B10 C08 D10 on the shared host the session's choice counts, until it switches", func(t *testing.T) {
			ask := s.serve(t)
			_, _ = ask("POST", "http://www.example.com/sign-in", url.Values{"user": {"gina@acme"}})
			page(t, ask, "http://www.example.com/", 200, acme)
			code, _ := ask("POST", "http://www.example.com/switch", url.Values{"to": {"bolt"}})
			require.Equal(t, 200, code)
			page(t, ask, "http://www.example.com/", 200, bolt)
			page(t, ask, "http://acme.example.com/", 403, "")
		})
		t.Run("B17 off, on, separate", func(t *testing.T) {
			off := s.serve(t, func(cfg *tenant.MiddlewareConfig) { cfg.Tenancy, cfg.Single = tenant.TenancyOff, "bolt" })
			page(t, off, "http://acme.example.com/", 200, bolt)
			signIn := func(ask func(string, string, url.Values) (int, string), host, user string, want int) {
				t.Helper()
				code, text := ask("POST", "http://"+host+"/sign-in", url.Values{"user": {user}})
				require.Equal(t, want, code, text)
			}
			on := s.serve(t)
			page(t, on, "http://acme.example.com/", 200, acme)
			page(t, on, "http://bolt.example.com/", 200, bolt)
			signIn(on, "www.example.com", "gina@acme", 200)
			code, _ := on("POST", "http://www.example.com/switch", url.Values{"to": {"bolt"}})
			require.Equal(t, 200, code)
			page(t, on, "http://www.example.com/", 200, bolt)

			separate := s.serve(t, func(cfg *tenant.MiddlewareConfig) { cfg.Tenancy = tenant.TenancySeparate })
			page(t, separate, "http://acme.example.com/", 200, acme)
			signIn(separate, "www.example.com", "ann@acme", 404)
			signIn(separate, "acme.example.com", "gina@acme", 200)
			code, _ = separate("POST", "http://acme.example.com/switch", url.Values{"to": {"bolt"}})
			require.Equal(t, 403, code)
			page(t, separate, "http://bolt.example.com/", 403, "")
		})
		t.Run("D02 an anonymous request is in the default tenant, whose lists are empty", func(t *testing.T) {
			ask := s.serve(t, func(cfg *tenant.MiddlewareConfig) { cfg.Default = "public" })
			page(t, ask, "http://www.example.com/", 200, "end")
			page(t, ask, "http://unheard.of.test/", 200, "end")
			page(t, ask, "http://acme.example.com/", 200, acme)
		})
		t.Run("D09 D11 equal user names: by user@company, and by name and tenant", func(t *testing.T) {
			ask := s.serve(t)
			for company, body := range map[string]string{"acme": acme, "bolt": bolt} {
				for _, form := range []url.Values{{"user": {"ann@" + company}}, {"name": {"ann"}, "company": {company}}} {
					ask("FORGET", "", nil)
					code, text := ask("POST", "http://www.example.com/sign-in", form)
					require.Equal(t, 200, code, text)
					page(t, ask, "http://www.example.com/", 200, body)
				}
			}
		})
	})
}
