package tenant_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

// site is a registry with a tenant in every state.
func site(t testing.TB) *tenant.MemoryRegistry {
	t.Helper()
	reg, err := tenant.NewMemoryRegistry(
		tenant.Tenant{ID: "acme", Host: "acme.example.com", Domains: []tenant.Domain{
			{Name: "www.acme.test", Verified: true}, {Name: "claimed.test"}}},
		tenant.Tenant{ID: "bolt", Host: "bolt.example.com"},
		tenant.Tenant{ID: "cold", Host: "cold.example.com", Status: tenant.Suspended},
		tenant.Tenant{ID: "done", Host: "done.example.com", Status: tenant.Archived},
		tenant.Tenant{ID: "six", Host: "[2001:db8::6]"},
	)
	require.NoError(t, err)
	return reg
}

// whoami answers with the tenant and the actor that reached it.
var whoami = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	id, _ := tenant.IDFromContext(r.Context())
	a, ok := tenant.ActorFromContext(r.Context())
	io.WriteString(w, tenant.ModeOf(r.Context()).String()+" "+string(id)+" "+a.ID)
	if !ok {
		io.WriteString(w, "no actor")
	}
})

// signedIn is an Actor function for one account.
func signedIn(a tenant.Actor) func(*http.Request) (tenant.Actor, error) {
	return func(*http.Request) (tenant.Actor, error) { return a, nil }
}

func request(host string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Host = host
	return r
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

type extra struct{}

func TestMiddleware(t *testing.T) {
	t.Parallel()
	reg := site(t)
	boom := errors.New("session store: connection refused by 10.0.0.7")
	byHost := tenant.ByHost(reg)
	global := tenant.Actor{ID: "gina"}
	allow := func(ok bool, err error) func(context.Context, tenant.Actor, tenant.ID) (bool, error) {
		return func(context.Context, tenant.Actor, tenant.ID) (bool, error) { return ok, err }
	}
	for name, c := range map[string]struct {
		cfg    tenant.MiddlewareConfig
		host   string
		status int
		body   string // of an admitted request
		err    error  // of a refused one
	}{
		"a visitor":                  {host: "acme.example.com", status: 200, body: "tenant acme "},
		"a host in another spelling": {host: "ACME.Example.com.:8080", status: 200, body: "tenant acme "},
		"a verified domain":          {host: "www.acme.test", status: 200, body: "tenant acme "},
		"an IPv6 host":               {host: "[2001:DB8:0::6]:443", status: 200, body: "tenant six "},
		"an unverified domain":       {host: "claimed.test", status: 404, err: tenant.ErrUnknownTenant},
		"an unknown host":            {host: "evil.example.com", status: 404, err: tenant.ErrUnknownTenant},
		"a parent domain":            {host: "example.com", status: 404, err: tenant.ErrUnknownTenant},
		"a sub-domain":               {host: "x.acme.example.com", status: 404, err: tenant.ErrUnknownTenant},
		"a malformed host":           {host: "acme.example.com:http", status: 400, err: tenant.ErrBadHost},
		"suspended":                  {host: "cold.example.com", status: 503, err: tenant.ErrSuspended},
		"archived":                   {host: "done.example.com", status: 404, err: tenant.ErrArchived},
		"a visitor, told by Actor": {host: "acme.example.com", status: 200, body: "tenant acme ",
			cfg: tenant.MiddlewareConfig{Actor: signedIn(tenant.Actor{})}},
		"a member": {host: "acme.example.com", status: 200, body: "tenant acme ann",
			cfg: tenant.MiddlewareConfig{Actor: signedIn(tenant.Actor{ID: "ann", Tenant: "acme"})}},
		"a member does not ask Members": {host: "acme.example.com", status: 200, body: "tenant acme ann",
			cfg: tenant.MiddlewareConfig{Actor: signedIn(tenant.Actor{ID: "ann", Tenant: "acme"}), Members: allow(false, boom)}},
		"a member of another tenant": {host: "bolt.example.com", status: 403, err: tenant.ErrNotMember,
			cfg: tenant.MiddlewareConfig{Actor: signedIn(tenant.Actor{ID: "ann", Tenant: "acme"})}},
		"a member of another tenant, whatever Members says": {host: "bolt.example.com", status: 403, err: tenant.ErrNotMember,
			cfg: tenant.MiddlewareConfig{Actor: signedIn(tenant.Actor{ID: "ann", Tenant: "acme"}), Members: allow(true, nil)}},
		"a global account without Members": {host: "acme.example.com", status: 403, err: tenant.ErrNotMember,
			cfg: tenant.MiddlewareConfig{Actor: signedIn(global)}},
		"a global account that may": {host: "acme.example.com", status: 200, body: "tenant acme gina",
			cfg: tenant.MiddlewareConfig{Actor: signedIn(global), Members: allow(true, nil)}},
		"a global account that may not": {host: "acme.example.com", status: 403, err: tenant.ErrNotMember,
			cfg: tenant.MiddlewareConfig{Actor: signedIn(global), Members: allow(false, nil)}},
		"Members fails": {host: "acme.example.com", status: 503, err: boom,
			cfg: tenant.MiddlewareConfig{Actor: signedIn(global), Members: allow(true, boom)}},
		"Actor fails": {host: "acme.example.com", status: 401, err: tenant.ErrUnauthenticated,
			cfg: tenant.MiddlewareConfig{Actor: func(*http.Request) (tenant.Actor, error) { return tenant.Actor{}, boom }}},
		"Actor fails and names somebody all the same": {host: "acme.example.com", status: 401, err: boom,
			cfg: tenant.MiddlewareConfig{Actor: func(*http.Request) (tenant.Actor, error) {
				return tenant.Actor{ID: "ann", Tenant: "acme"}, boom
			}}},
		"the resolver has no answer": {host: "acme.example.com", status: 404, err: tenant.ErrNoAnswer,
			cfg: tenant.MiddlewareConfig{Resolve: tenant.First()}},
		"the resolver fails": {host: "acme.example.com", status: 503, err: boom,
			cfg: tenant.MiddlewareConfig{Resolve: func(*http.Request) (tenant.ID, error) { return "acme", boom }}},
		"the resolver gives no id": {host: "acme.example.com", status: 404, err: tenant.ErrUnknownTenant,
			cfg: tenant.MiddlewareConfig{Resolve: func(*http.Request) (tenant.ID, error) { return "", nil }}},
		"the resolver gives an unregistered id": {host: "acme.example.com", status: 404, err: tenant.ErrUnknownTenant,
			cfg: tenant.MiddlewareConfig{Resolve: func(*http.Request) (tenant.ID, error) { return "evil", nil }}},
		"the resolver gives an invalid id": {host: "acme.example.com", status: 400, err: tenant.ErrInvalidID,
			cfg: tenant.MiddlewareConfig{Resolve: func(*http.Request) (tenant.ID, error) { return tenant.ParseID("A'--") }}},
		"the registry fails": {host: "acme.example.com", status: 503, err: boom,
			cfg: tenant.MiddlewareConfig{Registry: brokenRegistry{reg, boom}}},
		"Extend adds": {host: "acme.example.com", status: 200, body: "tenant acme ",
			cfg: tenant.MiddlewareConfig{Extend: func(ctx context.Context) context.Context {
				return context.WithValue(ctx, extra{}, 1)
			}}},
		"Extend changes the actor": {host: "acme.example.com", status: 500, err: tenant.ErrTenantConflict,
			cfg: tenant.MiddlewareConfig{Extend: func(ctx context.Context) context.Context {
				return tenant.WithActor(ctx, tenant.Actor{ID: "robot"})
			}}},
		"Extend returns nothing": {host: "acme.example.com", status: 500, err: tenant.ErrTenantConflict,
			cfg: tenant.MiddlewareConfig{Extend: func(context.Context) context.Context { return nil }}},
		"Extend changes the tenant": {host: "acme.example.com", status: 500, err: tenant.ErrTenantConflict,
			cfg: tenant.MiddlewareConfig{Extend: func(ctx context.Context) context.Context {
				return tenant.Switch(ctx, "bolt", "mistake")
			}}},
		"Extend leaves the tenant": {host: "acme.example.com", status: 500, err: tenant.ErrTenantConflict,
			cfg: tenant.MiddlewareConfig{Extend: func(ctx context.Context) context.Context {
				return tenant.AcrossAll(ctx, "mistake")
			}}},
		"Extend forgets the tenant": {host: "acme.example.com", status: 500, err: tenant.ErrTenantConflict,
			cfg: tenant.MiddlewareConfig{Extend: func(context.Context) context.Context { return context.Background() }}},
		"Extend asks for a second tenant": {host: "acme.example.com", status: 500, err: tenant.ErrTenantConflict,
			cfg: tenant.MiddlewareConfig{Extend: func(ctx context.Context) context.Context { return tenant.WithID(ctx, "bolt") }}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := c.cfg
			if cfg.Registry == nil {
				cfg.Registry = reg
			}
			if cfg.Resolve == nil {
				cfg.Resolve = byHost
			}
			var cause error
			cfg.OnError = func(w http.ResponseWriter, r *http.Request, fault *tenant.RequestError) {
				cause = fault
				tenant.WriteProblem(w, r, fault)
			}
			w := serve(tenant.Middleware(cfg)(whoami), request(c.host))
			require.Equal(t, c.status, w.Code)
			if c.status == http.StatusOK {
				require.Equal(t, c.body, w.Body.String())
				return
			}
			require.ErrorIs(t, cause, c.err)
			requireProblem(t, w)
		})
	}
}

// requireProblem checks the default answer: its form, and that it says nothing
// about tenants or causes.
func requireProblem(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
	body := w.Body.String()
	var p struct {
		Title  string
		Status int
	}
	require.NoError(t, json.Unmarshal([]byte(body), &p))
	require.Equal(t, w.Code, p.Status)
	require.Equal(t, http.StatusText(w.Code), p.Title)
	for _, leak := range []string{"acme", "bolt", "cold", "done", "evil", "claimed", "example.com", "10.0.0.7", "ann", "gina", "archived", "suspended"} {
		require.NotContains(t, strings.ToLower(body), leak)
	}
}

// brokenRegistry finds nothing by id for want of a connection.
type brokenRegistry struct {
	tenant.Registry
	err error
}

func (b brokenRegistry) ByID(context.Context, tenant.ID) (*tenant.Tenant, bool, error) {
	return nil, false, b.err
}

// An archived tenant and one that never was give the same answer, byte for
// byte: otherwise the answer would tell who was a customer once.
func TestArchivedLooksUnknown(t *testing.T) {
	t.Parallel()
	reg := site(t)
	h := tenant.Middleware(tenant.MiddlewareConfig{Registry: reg, Resolve: tenant.ByHost(reg)})(whoami)
	archived, unknown := serve(h, request("done.example.com")), serve(h, request("never.example.com"))
	require.Equal(t, unknown.Code, archived.Code)
	require.Equal(t, unknown.Header(), archived.Header())
	require.Equal(t, unknown.Body.String(), archived.Body.String())
}

func TestMiddlewareOrder(t *testing.T) {
	t.Parallel()
	reg := site(t)
	var seen []string
	cfg := tenant.MiddlewareConfig{
		Registry: reg, Resolve: tenant.ByHost(reg),
		Actor: func(r *http.Request) (tenant.Actor, error) {
			id, _ := tenant.IDFromContext(r.Context())
			record, ok := tenant.FromContext(r.Context())
			require.True(t, ok, "sessions live inside a tenant")
			require.Equal(t, id, record.ID)
			_, ok = tenant.ActorFromContext(r.Context())
			require.False(t, ok)
			seen = append(seen, "actor in "+string(id))
			return tenant.Actor{ID: "gina"}, nil
		},
		Members: func(ctx context.Context, a tenant.Actor, id tenant.ID) (bool, error) {
			now, _ := tenant.IDFromContext(ctx)
			require.Equal(t, id, now)
			seen = append(seen, "may "+a.ID+" enter "+string(id))
			return true, nil
		},
		Extend: func(ctx context.Context) context.Context {
			a, _ := tenant.ActorFromContext(ctx)
			seen = append(seen, "extend for "+a.ID)
			return ctx
		},
	}
	w := serve(tenant.Middleware(cfg)(whoami), request("acme.example.com"))
	require.Equal(t, "tenant acme gina", w.Body.String())
	require.Equal(t, []string{"actor in acme", "may gina enter acme", "extend for gina"}, seen)

	seen = nil
	for _, host := range []string{"cold.example.com", "done.example.com", "unknown.example.com", "bad host"} {
		serve(tenant.Middleware(cfg)(whoami), request(host))
	}
	require.Empty(t, seen, "nobody is asked about a request that has no tenant")
}

func TestMiddlewareUnconfigured(t *testing.T) {
	t.Parallel()
	reg := site(t)
	for name, cfg := range map[string]tenant.MiddlewareConfig{
		"zero":        {},
		"no registry": {Resolve: tenant.ByHost(reg)},
		"no resolver": {Registry: reg},
	} {
		w := serve(tenant.Middleware(cfg)(whoami), request("acme.example.com"))
		require.Equal(t, http.StatusInternalServerError, w.Code, name)
		requireProblem(t, w)
	}
}

func TestCentral(t *testing.T) {
	t.Parallel()
	reg := site(t)
	h := tenant.Middleware(tenant.MiddlewareConfig{
		Registry: reg, Resolve: tenant.ByHost(reg),
		Central: func(r *http.Request) bool { return r.URL.Path == "/healthz" },
	})(whoami)
	r := request("no such host!")
	r.URL.Path = "/healthz"
	require.Equal(t, "none  no actor", serve(h, r).Body.String(), "a central request has no tenant to fall back on")
	require.Equal(t, http.StatusBadRequest, serve(h, request("no such host!")).Code)
}

func TestNestedMiddleware(t *testing.T) {
	t.Parallel()
	reg := site(t)
	outer := tenant.Middleware(tenant.MiddlewareConfig{Registry: reg, Resolve: tenant.ByHost(reg)})
	asked := false
	inner := func(id tenant.ID) func(http.Handler) http.Handler {
		return tenant.Middleware(tenant.MiddlewareConfig{
			Registry: reg,
			Resolve:  func(*http.Request) (tenant.ID, error) { return id, nil },
			Actor: func(*http.Request) (tenant.Actor, error) {
				asked = true
				return tenant.Actor{}, nil
			},
		})
	}
	require.Equal(t, "tenant acme ", serve(outer(inner("acme")(whoami)), request("acme.example.com")).Body.String())
	require.True(t, asked)

	asked = false
	w := serve(outer(inner("bolt")(whoami)), request("acme.example.com"))
	require.Equal(t, http.StatusInternalServerError, w.Code, "two middlewares that disagree serve neither")
	requireProblem(t, w)
	require.False(t, asked, "nor is a session looked up with a context that refuses")

	for name, ctx := range map[string]context.Context{
		"global":     tenant.Global(context.Background()),
		"across all": tenant.AcrossAll(context.Background(), "mistake"),
		"refused":    tenant.WithID(context.Background(), ""),
	} {
		w := serve(outer(whoami), request("acme.example.com").WithContext(ctx))
		require.Equal(t, http.StatusInternalServerError, w.Code, name)
	}
}

func TestRequire(t *testing.T) {
	t.Parallel()
	h := tenant.Require(whoami)
	ctx := tenant.WithID(context.Background(), "acme")
	for name, c := range map[string]struct {
		ctx    context.Context
		status int
	}{
		"no actor":  {ctx, 401},
		"anonymous": {tenant.WithActor(ctx, tenant.Actor{}), 401},
		"signed in": {tenant.WithActor(ctx, tenant.Actor{ID: "ann", Tenant: "acme"}), 200},
	} {
		w := serve(h, request("acme.example.com").WithContext(c.ctx))
		require.Equal(t, c.status, w.Code, name)
		if c.status != http.StatusOK {
			requireProblem(t, w)
		}
	}
}

func TestFirst(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	says := func(id tenant.ID, err error) tenant.Resolver {
		return func(*http.Request) (tenant.ID, error) { return id, err }
	}
	silent := says("", tenant.ErrNoAnswer)
	for name, c := range map[string]struct {
		chain []tenant.Resolver
		id    tenant.ID
		err   error
	}{
		"none":                          {nil, "", tenant.ErrNoAnswer},
		"nobody answers":                {[]tenant.Resolver{silent, silent}, "", tenant.ErrNoAnswer},
		"the first that answers":        {[]tenant.Resolver{silent, says("acme", nil), says("bolt", nil)}, "acme", nil},
		"a wrong name is no silence":    {[]tenant.Resolver{says("", tenant.ErrUnknownTenant), says("bolt", nil)}, "", tenant.ErrUnknownTenant},
		"nor is a malformed one":        {[]tenant.Resolver{says("", tenant.ErrBadHost), says("bolt", nil)}, "", tenant.ErrBadHost},
		"nor is a failure":              {[]tenant.Resolver{silent, says("", boom), says("bolt", nil)}, "", boom},
		"later ones are not asked, yet": {[]tenant.Resolver{says("acme", nil), says("", boom)}, "acme", nil},
	} {
		id, err := tenant.First(c.chain...)(request("x"))
		require.Equal(t, c.id, id, name)
		require.ErrorIs(t, err, c.err, name)
	}
}
