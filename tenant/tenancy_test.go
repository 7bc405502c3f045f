package tenant_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

// TestTenancy is the mode switch of an installation.
func TestTenancy(t *testing.T) {
	t.Parallel()
	reg := town(t)
	ids, codes := tenant.IDs(reg), tenant.Codes(reg)
	yes := func(context.Context, tenant.Actor, tenant.ID) (bool, error) { return true, nil }
	named := tenant.First(tenant.ByCookie("tenant", ids), tenant.ByHost(reg))
	local := proxies(t, "192.0.2.0/24") // httptest's own address
	for name, c := range map[string]struct {
		cfg    tenant.MiddlewareConfig
		host   string
		cookie string
		status int
		body   string
	}{
		"off: any host":                  {cfg: tenant.MiddlewareConfig{Tenancy: tenant.TenancyOff, Single: "acme"}, host: "bolt.example.com", status: 200, body: "tenant acme "},
		"off: no host at all":            {cfg: tenant.MiddlewareConfig{Tenancy: tenant.TenancyOff, Single: "acme"}, host: "", status: 200, body: "tenant acme "},
		"off: the resolver is not asked": {cfg: tenant.MiddlewareConfig{Tenancy: tenant.TenancyOff, Single: "acme", Resolve: says("bolt", nil)}, host: "bolt.example.com", status: 200, body: "tenant acme "},
		"off: a member":                  {cfg: tenant.MiddlewareConfig{Tenancy: tenant.TenancyOff, Single: "acme", Actor: signedIn(tenant.Actor{ID: "ann", Tenant: "acme"})}, host: "x", status: 200, body: "tenant acme ann"},
		"off: another tenant's member":   {cfg: tenant.MiddlewareConfig{Tenancy: tenant.TenancyOff, Single: "acme", Actor: signedIn(tenant.Actor{ID: "ben", Tenant: "bolt"})}, host: "x", status: 403},
		"off: suspended":                 {cfg: tenant.MiddlewareConfig{Tenancy: tenant.TenancyOff, Single: "cold"}, host: "x", status: 503},
		"off: not registered":            {cfg: tenant.MiddlewareConfig{Tenancy: tenant.TenancyOff, Single: "nobody"}, host: "x", status: 500},
		"off: nobody":                    {cfg: tenant.MiddlewareConfig{Tenancy: tenant.TenancyOff}, host: "acme.example.com", status: 500},
		"off: malformed":                 {cfg: tenant.MiddlewareConfig{Tenancy: tenant.TenancyOff, Single: "ACME"}, host: "acme.example.com", status: 500},
		"off: with a default":            {cfg: tenant.MiddlewareConfig{Tenancy: tenant.TenancyOff, Single: "acme", Default: "bolt"}, host: "acme.example.com", status: 500},
		"on: with a single":              {cfg: tenant.MiddlewareConfig{Resolve: tenant.ByHost(reg), Single: "acme"}, host: "bolt.example.com", status: 500},
		"on: no such mode":               {cfg: tenant.MiddlewareConfig{Resolve: tenant.ByHost(reg), Tenancy: 3}, host: "bolt.example.com", status: 500},
		"on: by cookie":                  {cfg: tenant.MiddlewareConfig{Resolve: named}, host: "bolt.example.com", cookie: "acme", status: 200, body: "tenant acme "},
		"on: malformed default":          {cfg: tenant.MiddlewareConfig{Resolve: named, Default: "ACME"}, host: "bolt.example.com", status: 500},

		"separate: its own host":                {cfg: tenant.MiddlewareConfig{Tenancy: tenant.TenancySeparate, Resolve: named}, host: "bolt.example.com", status: 200, body: "tenant bolt "},
		"separate: by cookie on another's host": {cfg: tenant.MiddlewareConfig{Tenancy: tenant.TenancySeparate, Resolve: named}, host: "bolt.example.com", cookie: "acme", status: 404},
		"separate: by cookie on its own host":   {cfg: tenant.MiddlewareConfig{Tenancy: tenant.TenancySeparate, Resolve: named}, host: "acme.example.com", cookie: "acme", status: 404},
		"separate: both agree": {cfg: tenant.MiddlewareConfig{Tenancy: tenant.TenancySeparate, Resolve: tenant.Agree(tenant.ByHost(reg), tenant.ByCookie("tenant", ids))},
			host: "acme.example.com", cookie: "acme", status: 200, body: "tenant acme "},
		"separate: by template": {cfg: tenant.MiddlewareConfig{Tenancy: tenant.TenancySeparate, Resolve: tenant.ByTemplate("{tenant}.example.com", codes)},
			host: "core.example.com", status: 200, body: "tenant t-3 "},
		"separate: forwarded": {cfg: tenant.MiddlewareConfig{Tenancy: tenant.TenancySeparate, Resolve: local.ForwardedHost(tenant.ByHost(reg))},
			host: "acme.example.com", status: 200, body: "tenant acme "},
		"separate: by a function": {cfg: tenant.MiddlewareConfig{Tenancy: tenant.TenancySeparate, Resolve: says("acme", nil)}, host: "acme.example.com", status: 404},
		"separate: a function that asks the host first": {cfg: tenant.MiddlewareConfig{Tenancy: tenant.TenancySeparate, Resolve: func(r *http.Request) (tenant.ID, error) {
			_, _ = tenant.ByHost(reg)(r)
			return "acme", nil
		}}, host: "bolt.example.com", status: 404},
		"separate: another registry's host": {cfg: tenant.MiddlewareConfig{Tenancy: tenant.TenancySeparate, Resolve: tenant.ByHost(town(t))}, host: "acme.example.com", status: 404},
		"separate: a member": {cfg: tenant.MiddlewareConfig{Tenancy: tenant.TenancySeparate, Resolve: named, Actor: signedIn(tenant.Actor{ID: "ann", Tenant: "acme"})},
			host: "acme.example.com", status: 200, body: "tenant acme ann"},
		"separate: a member elsewhere": {cfg: tenant.MiddlewareConfig{Tenancy: tenant.TenancySeparate, Resolve: named, Actor: signedIn(tenant.Actor{ID: "ann", Tenant: "acme"})},
			host: "bolt.example.com", status: 403},
		"separate: a global account": {cfg: tenant.MiddlewareConfig{Tenancy: tenant.TenancySeparate, Resolve: named, Actor: signedIn(tenant.Actor{ID: "gina"}), Members: yes},
			host: "acme.example.com", status: 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := c.cfg
			cfg.Registry = reg
			r := request(c.host)
			if c.cookie != "" {
				r.Header.Set("Cookie", "tenant="+c.cookie)
			}
			w := serve(tenant.Middleware(cfg)(whoami), r)
			require.Equal(t, c.status, w.Code, w.Body)
			if c.status == 200 {
				require.Equal(t, c.body, w.Body.String())
			} else {
				requireProblem(t, w)
			}
		})
	}
}

// TestSeparateSwitches: in an installation whose tenants are separate no
// context switches, also after it has crossed.
func TestSeparateSwitches(t *testing.T) {
	t.Parallel()
	reg := site(t)
	for mode, want := range map[tenant.Tenancy]error{tenant.TenancyOn: nil, tenant.TenancySeparate: tenant.ErrSeparate} {
		h := tenant.Middleware(tenant.MiddlewareConfig{Registry: reg, Resolve: tenant.ByHost(reg), Tenancy: mode})(
			http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				ctx := r.Context()
				for _, ctx := range []context.Context{
					tenant.Switch(ctx, "bolt", "test"),
					tenant.Switch(tenant.AcrossAll(ctx, "test"), "bolt", "test"),
					tenant.Switch(tenant.Across(ctx, "test", "acme", "bolt"), "bolt", "test"),
				} {
					require.ErrorIs(t, tenant.Err(ctx), want)
				}
				require.NoError(t, tenant.Err(tenant.Switch(ctx, "acme", "test")))
			}))
		require.Equal(t, 200, serve(h, request("acme.example.com")).Code)
	}
}

// TestDefault is the tenant of visitors whose request names none.
func TestDefault(t *testing.T) {
	t.Parallel()
	reg := site(t)
	require.NoError(t, reg.Put(tenant.Tenant{ID: "public", Host: "public.example.com"}))
	boom := errors.New("boom")
	yes := func(context.Context, tenant.Actor, tenant.ID) (bool, error) { return true, nil }
	for name, c := range map[string]struct {
		cfg      tenant.MiddlewareConfig
		host     string
		status   int
		body     string
		readOnly bool
	}{
		"an unknown host":          {host: "www.example.com", status: 200, body: "tenant public ", readOnly: true},
		"its own host":             {host: "public.example.com", status: 200, body: "tenant public ", readOnly: true},
		"another tenant's":         {host: "acme.example.com", status: 200, body: "tenant acme "},
		"a malformed host":         {host: "a b", status: 400},
		"archived":                 {host: "done.example.com", status: 404},
		"suspended":                {host: "cold.example.com", status: 503},
		"no answer":                {cfg: tenant.MiddlewareConfig{Resolve: tenant.First()}, host: "x", status: 200, body: "tenant public ", readOnly: true},
		"an unknown name":          {cfg: tenant.MiddlewareConfig{Resolve: says("", tenant.ErrUnknownTenant)}, host: "x", status: 404},
		"an unknown id":            {cfg: tenant.MiddlewareConfig{Resolve: says("nobody", nil)}, host: "x", status: 404},
		"a template's unknown":     {cfg: tenant.MiddlewareConfig{Resolve: tenant.ByTemplate("{tenant}.example.com", tenant.IDs(reg))}, host: "nobody.example.com", status: 404},
		"a failure":                {cfg: tenant.MiddlewareConfig{Resolve: says("", boom)}, host: "x", status: 503},
		"named, on a strange host": {cfg: tenant.MiddlewareConfig{Resolve: tenant.Agree(tenant.ByHost(reg), says("acme", nil))}, host: "x", status: 404},
		"a member":                 {cfg: tenant.MiddlewareConfig{Actor: signedIn(tenant.Actor{ID: "ann", Tenant: "acme"})}, host: "x", status: 403},
		"a global account":         {cfg: tenant.MiddlewareConfig{Actor: signedIn(tenant.Actor{ID: "gina"}), Members: yes}, host: "x", status: 403},
		"even its own member":      {cfg: tenant.MiddlewareConfig{Actor: signedIn(tenant.Actor{ID: "pat", Tenant: "public"})}, host: "x", status: 403},
		"not registered":           {cfg: tenant.MiddlewareConfig{Default: "nobody"}, host: "x", status: 500},
		"suspended default":        {cfg: tenant.MiddlewareConfig{Default: "cold"}, host: "x", status: 503},
		"the registry fails":       {cfg: tenant.MiddlewareConfig{Registry: brokenRegistry{reg, boom}}, host: "x", status: 503},
		"separate":                 {cfg: tenant.MiddlewareConfig{Tenancy: tenant.TenancySeparate}, host: "x", status: 200, body: "tenant public ", readOnly: true},
		"Extend drops read-only": {cfg: tenant.MiddlewareConfig{Extend: func(ctx context.Context) context.Context {
			a, _ := tenant.ActorFromContext(ctx)
			return tenant.WithActor(tenant.Switch(ctx, "public", "mistake"), a)
		}}, host: "x", status: 500},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := c.cfg
			if cfg.Registry == nil {
				cfg.Registry = reg
			}
			if cfg.Resolve == nil {
				cfg.Resolve = tenant.ByHost(reg)
			}
			if cfg.Default == "" {
				cfg.Default = "public"
			}
			reached := false
			w := serve(tenant.Middleware(cfg)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				reached = true
				require.Equal(t, c.readOnly, tenant.IsReadOnly(r.Context()))
				whoami(w, r)
			})), request(c.host))
			require.Equal(t, c.status, w.Code, w.Body)
			require.Equal(t, c.status == 200, reached)
			if reached {
				require.Equal(t, c.body, w.Body.String())
			}
		})
	}
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	acme := tenant.WithID(ctx, "acme")
	require.False(t, tenant.IsReadOnly(ctx))
	require.False(t, tenant.IsReadOnly(acme))
	ro := tenant.ReadOnly(acme)
	record := &tenant.Tenant{ID: "acme"}
	for name, ctx := range map[string]context.Context{
		"itself": ro, "twice": tenant.ReadOnly(ro), "actor": tenant.WithActor(ro, tenant.Actor{ID: "a"}), "same id": tenant.WithID(ro, "acme"),
		"same record": tenant.NewContext(ro, record),
	} {
		require.True(t, tenant.IsReadOnly(ctx), name)
		id, ok := tenant.IDFromContext(ctx)
		require.True(t, ok, name)
		require.Equal(t, tenant.ID("acme"), id, name)
	}
	for name, ctx := range map[string]context.Context{"none": ctx, "global": tenant.Global(ctx), "all": tenant.AcrossAll(ctx, "test"), "two": tenant.Across(ctx, "test", "acme", "bolt")} {
		require.ErrorIs(t, tenant.Err(tenant.ReadOnly(ctx)), tenant.ErrNoTenant, name)
	}
	require.ErrorIs(t, tenant.Err(tenant.ReadOnly(tenant.WithID(acme, "bolt"))), tenant.ErrTenantConflict)
	require.ErrorIs(t, tenant.Err(tenant.WithID(ro, "bolt")), tenant.ErrTenantConflict)
	require.False(t, tenant.IsReadOnly(tenant.Switch(ro, "bolt", "sign-up")))
	require.False(t, tenant.IsReadOnly(tenant.AcrossAll(ro, "sign-up")))
}

func TestTenancyText(t *testing.T) {
	t.Parallel()
	for _, mode := range []tenant.Tenancy{tenant.TenancyOn, tenant.TenancyOff, tenant.TenancySeparate} {
		text, err := json.Marshal(mode)
		require.NoError(t, err)
		require.Equal(t, `"`+mode.String()+`"`, string(text))
		var back tenant.Tenancy
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, mode, back)
	}
	_, err := json.Marshal(tenant.Tenancy(9))
	require.Error(t, err)
	require.Error(t, json.Unmarshal([]byte(`"On"`), new(tenant.Tenancy)))
	require.Equal(t, "Tenancy(9)", tenant.Tenancy(9).String())
}
