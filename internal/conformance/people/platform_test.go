package people_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// plugin is an application's way to check passwords as it was before there were
// tenants: it knows accounts by name and looks at no context.
type plugin map[string]string

func (p plugin) Verify(_ context.Context, a member.Account, credential string) error {
	if want, ok := p[a.UserName]; !ok || want != credential {
		return member.ErrCredentials
	}
	return nil
}

// B18: an authentication plugin that has never heard of tenants serves them all,
// and lets nobody into a tenant who does not belong there.
func Test_B18_AuthenticationPluginsUnchanged(t *testing.T) {
	each(t, func(w *world) {
		w.member(w.acme, "a1", "ann")
		w.member(w.bolt, "b1", "bob")
		for _, c := range []struct {
			ctx      context.Context
			name, pw string
			want     string
		}{
			{w.acme, "ann", "secret-a", "a1"},
			{w.bolt, "bob", "secret-b", "b1"},
			{w.bolt, "ann", "secret-a", ""},
			{w.acme, "bob", "secret-b", ""},
			{w.acme, "ann", "secret-b", ""},
		} {
			_, a, err := w.dir.Login(c.ctx, member.Attempt{UserName: c.name, Credential: c.pw})
			require.Equal(w, c.want, a.ID)
			require.Equal(w, c.want == "", err != nil)
		}
	}, func(cfg *member.Config) { cfg.Authenticator = plugin{"ann": "secret-a", "bob": "secret-b"} })
}

// D15: accounts of the platform are created where there is no tenant and nowhere
// else, and only they come into the back office: neither a tenant's member, nor
// its manager, nor a visitor.
func Test_D15_BackOffice(t *testing.T) {
	each(t, func(w *world) {
		w.member(w.acme, "m1", "mia")
		require.NoError(w, w.dir.AddManager(w.central, "acme", "m1", ""))
		for _, ctx := range []context.Context{w.acme, tenant.WithActor(w.acme, tenant.Actor{ID: "m1", Tenant: "acme"}), w.Context()} {
			_, err := w.dir.AddGlobal(ctx, member.NewAccount{ID: "root", UserName: "root", Email: "root@mail.test"})
			require.Error(w, err)
		}
		w.global("root", "root")
		w.global("gus", "gus")

		office := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			ctx := tenant.AcrossAll(r.Context(), "the back office")
			a, err := w.dir.Account(ctx, r.Header.Get("Test-Account"))
			admin := false
			if err == nil && a.Tenant == "" {
				admin, err = w.cfg.Administrator(ctx, w.db, a.ID)
			}
			if err != nil || !admin {
				rw.WriteHeader(http.StatusForbidden)
				return
			}
			all, err := w.reg.List(ctx, "", 10)
			require.NoError(w, err)
			require.Len(w, all, 3)
		})
		site := tenant.Middleware(tenant.MiddlewareConfig{
			Registry: w.reg, Resolve: tenant.ByHost(w.reg),
			Central: func(r *http.Request) bool { return r.Host == "office.test" && r.URL.Path == "/tenants" },
		})(office)
		ask := func(url, account string) int {
			r := httptest.NewRequest(http.MethodGet, url, nil)
			r.Header.Set("Test-Account", account)
			rec := httptest.NewRecorder()
			site.ServeHTTP(rec, r)
			return rec.Code
		}
		require.Equal(w, http.StatusOK, ask("http://office.test/tenants", "root"))
		for _, account := range []string{"m1", "gus", "nobody", ""} {
			require.Equal(w, http.StatusForbidden, ask("http://office.test/tenants", account), account)
		}
		require.Equal(w, http.StatusNotFound, ask("http://acme.test/tenants", "root"), "no other host has it")
		require.ErrorIs(w, w.dir.Allocate(w.central, "root", "acme", "", ""), member.ErrAdministrator)
	})
}
