package tenant_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

// counting counts the look-ups.
type counting struct {
	*tenant.MemoryRegistry
	ids, codes, hosts int
}

func (c *counting) ByID(ctx context.Context, id tenant.ID) (*tenant.Tenant, bool, error) {
	c.ids++
	return c.MemoryRegistry.ByID(ctx, id)
}

func (c *counting) ByCode(ctx context.Context, code string) (*tenant.Tenant, bool, error) {
	c.codes++
	return c.MemoryRegistry.ByCode(ctx, code)
}

func (c *counting) ByHost(ctx context.Context, host string) (*tenant.Tenant, bool, error) {
	c.hosts++
	return c.MemoryRegistry.ByHost(ctx, host)
}

// TestOneLookup: a resolver of this package hands its record over, and only
// where that is the answer's own and from the middleware's registry.
func TestOneLookup(t *testing.T) {
	t.Parallel()
	reg, other := &counting{MemoryRegistry: town(t)}, &counting{MemoryRegistry: town(t)}
	byHost := tenant.ByHost(reg)
	for name, c := range map[string]struct {
		resolve           tenant.Resolver
		ids, codes, hosts int
		body              string
	}{
		"host":             {byHost, 0, 0, 1, "tenant acme "},
		"first":            {tenant.First(tenant.ByCookie("x", tenant.IDs(reg)), byHost), 0, 0, 1, "tenant acme "},
		"agree":            {tenant.Agree(byHost, tenant.ByTemplate("{tenant}.example.com", tenant.Codes(reg))), 0, 1, 1, "tenant acme "},
		"id":               {tenant.ByTemplate("{tenant}.example.com", tenant.IDs(reg)), 1, 0, 0, "tenant acme "},
		"a function":       {says("acme", nil), 1, 0, 0, "tenant acme "},
		"another registry": {tenant.ByHost(other), 1, 0, 0, "tenant acme "},
		"another answer": {func(r *http.Request) (tenant.ID, error) {
			_, err := byHost(r)
			return "bolt", err
		}, 1, 0, 1, "tenant bolt "},
	} {
		reg.ids, reg.codes, reg.hosts = 0, 0, 0
		w := serve(tenant.Middleware(tenant.MiddlewareConfig{Registry: reg, Resolve: c.resolve})(whoami), request("acme.example.com"))
		require.Equal(t, c.body, w.Body.String(), name)
		require.Equal(t, []int{c.ids, c.codes, c.hosts}, []int{reg.ids, reg.codes, reg.hosts}, name)
	}
}

// valueRegistry has a type that == panics on.
type valueRegistry struct {
	tenant.Registry
	_ []int
}

func TestRegistryThatCannotBeCompared(t *testing.T) {
	t.Parallel()
	reg := valueRegistry{Registry: town(t)}
	h := tenant.Middleware(tenant.MiddlewareConfig{Registry: reg, Resolve: tenant.ByHost(reg)})(whoami)
	require.Equal(t, "tenant acme ", serve(h, request("acme.example.com")).Body.String())
}

// lyingRegistry returns another tenant's record than was asked for.
type lyingRegistry struct{ tenant.Registry }

func (l lyingRegistry) ByID(ctx context.Context, _ tenant.ID) (*tenant.Tenant, bool, error) {
	return l.Registry.ByID(ctx, "bolt")
}

func TestAnotherRecord(t *testing.T) {
	t.Parallel()
	h := tenant.Middleware(tenant.MiddlewareConfig{Registry: lyingRegistry{town(t)}, Resolve: says("acme", nil)})(whoami)
	require.Equal(t, http.StatusNotFound, serve(h, request("acme.example.com")).Code)
}

// TestContextOfARequest: the request's own context stays behind ours, with its
// values, its end and what is derived from it.
func TestContextOfARequest(t *testing.T) {
	t.Parallel()
	reg := town(t)
	outer, cancel := context.WithCancelCause(context.WithValue(t.Context(), extra{}, "outer"))
	defer cancel(nil)
	over := errors.New("over")
	var kept []context.Context
	resolve := tenant.ByHost(reg)
	h := tenant.Middleware(tenant.MiddlewareConfig{
		Registry: reg,
		Resolve: func(r *http.Request) (tenant.ID, error) {
			require.ErrorIs(t, tenant.Err(r.Context()), tenant.ErrNoTenant)
			kept = append(kept, r.Context(), tenant.WithID(r.Context(), "bolt"))
			return resolve(r)
		},
		Actor: func(r *http.Request) (tenant.Actor, error) {
			kept = append(kept, r.Context())
			return tenant.Actor{}, nil
		},
	})(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		ctx, stop := context.WithCancel(r.Context())
		defer stop()
		require.Equal(t, "outer", ctx.Value(extra{}))
		id, ok := tenant.IDFromContext(ctx)
		require.True(t, ok)
		require.Equal(t, tenant.ID("acme"), id)
		require.NoError(t, ctx.Err())
		cancel(over)
		<-ctx.Done()
		require.Equal(t, over, context.Cause(ctx))

		// What was kept from earlier steps is this tenant's or says what it was
		// derived to say, never another's.
		for i, want := range []tenant.ID{"acme", "bolt", "acme"} {
			id, ok := tenant.IDFromContext(kept[i])
			require.True(t, ok)
			require.Equal(t, want, id)
		}
	}))
	require.Equal(t, 200, serve(h, request("acme.example.com").WithContext(outer)).Code)
	require.Len(t, kept, 3)
	require.ErrorIs(t, tenant.Err(outer), tenant.ErrNoTenant, "the server's own context has no tenant")
}

// TestRefuseUsesTheHook: what handlers refuse looks like what the middleware
// refuses.
func TestRefuseUsesTheHook(t *testing.T) {
	t.Parallel()
	reg := town(t)
	var told []error
	mw := tenant.Middleware(tenant.MiddlewareConfig{
		Registry: reg, Resolve: tenant.ByHost(reg),
		OnError: func(w http.ResponseWriter, _ *http.Request, fault *tenant.RequestError) {
			told = append(told, fault)
			w.WriteHeader(fault.Status + 20)
		},
	})
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		h      http.Handler
		status int
		err    error
	}{
		"require": {tenant.Require(whoami), 421, tenant.ErrUnauthenticated},
		"refuse": {http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			tenant.Refuse(w, r.WithContext(context.WithValue(r.Context(), extra{}, 1)), tenant.ErrReadOnly)
		}), 423, tenant.ErrReadOnly},
		"a failure": {http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { tenant.Refuse(w, r, boom) }), 523, boom},
	} {
		told = nil
		w := serve(mw(c.h), request("acme.example.com"))
		require.Equal(t, c.status, w.Code, name)
		require.Len(t, told, 1, name)
		require.ErrorIs(t, told[0], c.err, name)
	}
	// Outside of any middleware there is the default answer.
	require.Equal(t, http.StatusUnauthorized, serve(tenant.Require(whoami), request("acme.example.com")).Code)
}

// TestTwoApplications: a back office with its own chain and its own rules reads
// the same registry as the site.
func TestTwoApplications(t *testing.T) {
	t.Run("A12", func(t *testing.T) {
		t.Parallel()
		reg := town(t)
		staff := signedIn(tenant.Actor{ID: "gina"})
		shop := tenant.Middleware(tenant.MiddlewareConfig{Registry: reg, Resolve: tenant.ByHost(reg), Actor: staff})(whoami)
		studio := tenant.Middleware(tenant.MiddlewareConfig{
			Registry: reg, Actor: staff,
			Resolve: tenant.OnHosts(tenant.ByPath("/t/", tenant.Codes(reg)), "studio.example.com"),
			Members: func(_ context.Context, _ tenant.Actor, id tenant.ID) (bool, error) { return id == "acme", nil },
		})(tenant.StripPath("/t/", tenant.Codes(reg), whoami))
		in := func(h http.Handler, host, path string) int {
			r := request(host)
			r.URL.Path = path
			return serve(h, r).Code
		}
		require.Equal(t, 200, in(studio, "studio.example.com", "/t/acme/courses"))
		// A13: global staff see the tenants they were let into, and no other.
		require.Equal(t, 403, in(studio, "studio.example.com", "/t/bolt/courses"))
		require.Equal(t, 403, in(shop, "acme.example.com", "/"))
		require.Equal(t, 404, in(studio, "acme.example.com", "/t/acme/courses"))
		require.Equal(t, 404, in(shop, "studio.example.com", "/"))
	})
}
