package tenant_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

// jar is a SessionStore with one session, which fails where it is told to.
type jar struct {
	values map[string]any
	token  int
	err    error
}

func (j *jar) GetString(_ context.Context, key string) string {
	s, _ := j.values[key].(string)
	return s
}

func (j *jar) Put(_ context.Context, key string, val any) {
	if j.values == nil {
		j.values = map[string]any{}
	}
	j.values[key] = val
}

func (j *jar) RenewToken(context.Context) error {
	if j.err == nil {
		j.token++
	}
	return j.err
}

func (j *jar) Destroy(context.Context) error {
	if j.err == nil {
		j.token++
		j.values = nil
	}
	return j.err
}

// The tests against the real library are in internal/conformance/sessions.
func TestSessionBinding(t *testing.T) {
	t.Parallel()
	none := context.Background()
	acme, bolt := tenant.WithID(none, "acme"), tenant.WithID(none, "bolt")
	boom := errors.New("boom")
	j := &jar{}
	b := tenant.BindSessions(j)

	require.ErrorIs(t, b.Bind(none), tenant.ErrNoTenant)
	require.ErrorIs(t, b.SignIn(tenant.Global(none)), tenant.ErrNoTenant)
	require.ErrorIs(t, b.Switch(tenant.AcrossAll(none, "test"), "acme"), tenant.ErrNoTenant)
	require.ErrorIs(t, b.Bind(tenant.WithID(acme, "bolt")), tenant.ErrTenantConflict)
	require.ErrorIs(t, b.Bind(tenant.ReadOnly(acme)), tenant.ErrReadOnly)
	require.ErrorIs(t, b.SignIn(tenant.ReadOnly(acme)), tenant.ErrReadOnly)
	j.err = boom
	require.ErrorIs(t, b.SignIn(acme), boom)
	require.Empty(t, j.values, "what failed has bound nothing")
	j.err = nil

	require.NoError(t, b.SignIn(acme))
	require.Equal(t, 1, j.token)
	require.NoError(t, b.Bind(acme))
	require.ErrorIs(t, b.Bind(bolt), tenant.ErrForeignSession)
	require.ErrorIs(t, b.SignIn(bolt), tenant.ErrForeignSession)
	require.ErrorIs(t, b.Switch(bolt, "acme"), tenant.ErrForeignSession)

	j.Put(acme, "basket", "screws")
	member := tenant.WithActor(acme, tenant.Actor{ID: "ann", Tenant: "acme"})
	require.ErrorIs(t, b.Switch(member, "bolt"), tenant.ErrNotMember)
	require.ErrorIs(t, b.Switch(acme, "BOLT"), tenant.ErrInvalidID)
	require.ErrorIs(t, b.Switch(acme, ""), tenant.ErrInvalidID)
	j.err = boom
	require.ErrorIs(t, b.Switch(acme, "bolt"), boom)
	require.NoError(t, b.Bind(acme), "a switch that failed leaves the session where it was")
	j.err = nil
	require.Equal(t, "screws", j.GetString(acme, "basket"))

	require.NoError(t, b.Switch(acme, "bolt"))
	require.Equal(t, 2, j.token)
	require.Empty(t, j.GetString(bolt, "basket"))
	require.NoError(t, b.Bind(bolt))
	require.ErrorIs(t, b.Bind(acme), tenant.ErrForeignSession)
}

func TestSessionBindingActor(t *testing.T) {
	t.Parallel()
	reg := site(t)
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		bound  string
		actor  tenant.Actor
		err    error
		status int
		asked  bool
	}{
		"signed in":                       {"acme", tenant.Actor{ID: "ann", Tenant: "acme"}, nil, 200, true},
		"signed out":                      {"acme", tenant.Actor{}, nil, 200, true},
		"a new visitor":                   {"", tenant.Actor{}, nil, 200, true},
		"bound elsewhere":                 {"bolt", tenant.Actor{ID: "ann", Tenant: "acme"}, nil, 403, false},
		"bound elsewhere, nobody":         {"bolt", tenant.Actor{}, nil, 403, false},
		"bound to nothing that is an id":  {"ACME", tenant.Actor{}, nil, 403, false},
		"an account that nobody bound":    {"", tenant.Actor{ID: "ann", Tenant: "acme"}, nil, 401, true},
		"the application's own error":     {"acme", tenant.Actor{}, boom, 401, true},
		"bound here, a member of another": {"acme", tenant.Actor{ID: "ben", Tenant: "bolt"}, nil, 403, true},
	} {
		j := &jar{}
		if c.bound != "" {
			j.Put(t.Context(), "tenancy.tenant", c.bound)
		}
		asked := false
		h := tenant.Middleware(tenant.MiddlewareConfig{
			Registry: reg, Resolve: tenant.ByHost(reg),
			Actor: tenant.BindSessions(j).Actor(func(*http.Request) (tenant.Actor, error) { asked = true; return c.actor, c.err }),
		})(whoami)
		w := serve(h, request("acme.example.com"))
		require.Equal(t, c.status, w.Code, name)
		require.Equal(t, c.asked, asked, name)
		if c.status != 200 {
			requireProblem(t, w)
		}
	}
}

func TestSessionBindingMisconfigured(t *testing.T) {
	t.Parallel()
	reg := site(t)
	acme := tenant.WithID(context.Background(), "acme")
	inner := signedIn(tenant.Actor{ID: "ann", Tenant: "acme"})
	for name, b := range map[string]*tenant.SessionBinding{"nil": nil, "zero": {}, "no store": tenant.BindSessions(nil)} {
		require.ErrorIs(t, b.Bind(acme), tenant.ErrMisconfigured, name)
		require.ErrorIs(t, b.SignIn(acme), tenant.ErrMisconfigured, name)
		require.ErrorIs(t, b.Switch(acme, "bolt"), tenant.ErrMisconfigured, name)
		w := serve(tenant.Middleware(tenant.MiddlewareConfig{Registry: reg, Resolve: tenant.ByHost(reg), Actor: b.Actor(inner)})(whoami), request("acme.example.com"))
		require.Equal(t, 500, w.Code, name)
	}
	w := serve(tenant.Middleware(tenant.MiddlewareConfig{Registry: reg, Resolve: tenant.ByHost(reg), Actor: tenant.BindSessions(&jar{}).Actor(nil)})(whoami), request("acme.example.com"))
	require.Equal(t, 500, w.Code)
}

func TestBySession(t *testing.T) {
	t.Parallel()
	reg := site(t)
	for bound, want := range map[string]error{"": tenant.ErrNoAnswer, "acme": nil, "nobody": tenant.ErrUnknownTenant, "ACME": tenant.ErrMalformed} {
		j := &jar{}
		j.Put(t.Context(), "tenancy.tenant", bound)
		id, err := tenant.BindSessions(j).BySession(reg)(request("x"))
		require.ErrorIs(t, err, want, bound)
		if want == nil {
			require.NoError(t, err)
			require.Equal(t, tenant.ID(bound), id)
		}
	}
}
