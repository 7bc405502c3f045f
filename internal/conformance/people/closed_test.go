package people_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
	"github.com/gotenancy/tenancy/tenant/tenantsql"
)

// Where tenants are separate no global account enters one, neither by signing in
// on its host nor by a switch on a central route, which has passed nothing that
// would say so in its context.
func TestSeparateTenants(t *testing.T) {
	t.Parallel()
	for name, tenancy := range map[string]tenant.Tenancy{"on": tenant.TenancyOn, "separate": tenant.TenancySeparate} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, engines.Get(t, "sqlite"), func(c *member.Config) { c.Tenancy = tenancy })
			require.NoError(t, w.reg.Update(t.Context(), tenant.Tenant{ID: "acme", Code: "acme", Host: "acme.example.com"}))
			w.global("g1", "gina")
			w.member(w.acme, "a1", "ann")
			w.add(w.shared("acme", "bolt"), "g1")
			separate := tenancy == tenant.TenancySeparate
			reached := 0
			visit := func(host string, handle http.HandlerFunc) {
				tenant.Middleware(tenant.MiddlewareConfig{
					Registry: w.reg, Resolve: tenant.ByHost(w.reg), Tenancy: tenancy, Members: w.dir.MayEnter,
					Central: func(r *http.Request) bool { return r.Host == "central.example.com" },
				})(handle).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "http://"+host+"/", nil))
				reached++
			}
			visit("acme.example.com", func(_ http.ResponseWriter, r *http.Request) {
				reached++
				_, _, err := w.dir.SignIn(r.Context(), newSession(map[string]any{}), member.Attempt{UserName: "ann", Credential: "a1"})
				require.NoError(t, err, "the tenant's own member")
				s := newSession(map[string]any{})
				_, _, err = w.dir.SignIn(r.Context(), s, member.Attempt{UserName: "gina", Credential: "g1"})
				if separate {
					require.ErrorIs(t, err, member.ErrCredentials)
					require.Empty(t, s.values[s.token])
				} else {
					require.NoError(t, err)
				}
			})
			visit("central.example.com", func(_ http.ResponseWriter, r *http.Request) {
				reached++
				_, err := w.dir.Switch(tenant.WithActor(r.Context(), tenant.Actor{ID: "g1"}), newSession(map[string]any{}), "acme", "the trainer's day")
				if separate {
					require.ErrorIs(t, err, tenant.ErrSeparate)
				} else {
					require.NoError(t, err)
				}
			})
			require.Equal(t, 4, reached)
		})
	}
}

// A visitor of the default tenant changes nothing and nobody signs in there,
// also where the application has not given the directory its scoped pool.
func TestReadOnlyPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t, engines.Get(t, "sqlite"))
	w.member(w.acme, "a1", "ann")
	visitor := tenant.ReadOnly(w.acme)
	s := newSession(map[string]any{})
	_, _, err := w.dir.SignIn(visitor, s, member.Attempt{UserName: "ann", Credential: "a1"})
	require.ErrorIs(t, err, tenant.ErrReadOnly)
	require.Empty(t, s.values[s.token])

	_, plain := w.engine.NewDatabase(t)
	require.NoError(t, tenantsql.Migrate(t.Context(), plain, w.engine.Dialect))
	require.NoError(t, member.Migrate(t.Context(), plain, w.engine.Dialect))
	reg := tenantsql.NewRegistry(plain, w.engine.Dialect)
	require.NoError(t, reg.Create(t.Context(), tenant.Tenant{ID: "acme", Code: "acme"}))
	cfg := w.cfg
	cfg.Tenants = func(db tenant.DBTX) tenant.Registry { return reg.With(db) }
	dir, err := member.NewDirectory(plain, w.engine.Dialect, cfg)
	require.NoError(t, err)
	_, err = dir.AddMember(visitor, "", member.NewAccount{ID: "a2", UserName: "bea"})
	require.ErrorIs(t, err, tenant.ErrReadOnly)
	_, err = dir.AddMember(w.acme, "", member.NewAccount{ID: "a2", UserName: "bea"})
	require.NoError(t, err, "as nobody has the name")
	organisations := tenantsql.NewOrganisations(plain, w.engine.Dialect)
	require.ErrorIs(t, organisations.Create(visitor, tenant.Organisation{ShortName: "org", Name: "Org", Tenant: "acme"}), tenant.ErrReadOnly)
}

// What is typed into the form of a reset may be another mailbox than the one that
// is found by it: the domain strasse.de is not straße.de. The choice says where
// the mail goes.
func TestResetGoesToTheAccountsAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, engines.Get(t, "sqlite"))
	_, err := w.dir.AddMember(w.acme, "", member.NewAccount{ID: "a1", UserName: "ann", Email: "ann@straße.de"})
	require.NoError(t, err)
	choices, err := w.dir.StartReset(w.acme, "Ann@straẞe.de")
	require.NoError(t, err)
	require.Len(t, choices, 1)
	require.Equal(t, "ann@straße.de", choices[0].Email)
}
