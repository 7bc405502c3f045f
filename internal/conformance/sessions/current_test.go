package sessions

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// The current tenant drives what a page looks like: a handler behind the
// middleware gets theme and language from the record, and the navigation from
// the tree, of the tenant whose page it is. The handler names no tenant but with
// what its context says.
func Test_B11_CurrentTenantDrivesThePage(t *testing.T) {
	t.Parallel()
	reg, err := tenant.NewMemoryRegistry(
		tenant.Tenant{ID: "acme", Host: "acme.example.com", Theme: "dark", Language: "de"},
		tenant.Tenant{ID: "bolt", Host: "bolt.example.com", Theme: "light", Language: "pt-BR"},
		tenant.Tenant{ID: "core", Host: "core.example.com"},
	)
	require.NoError(t, err)
	levels, err := ctxtree.NewLevels(ctxtree.LevelRule{Level: "category", Under: []ctxtree.Level{ctxtree.LevelTenant}})
	require.NoError(t, err)
	tree := ctxtree.NewMemory(levels)
	central := tenant.AcrossAll(t.Context(), "a test plants trees")
	for _, id := range []string{"acme", "bolt"} {
		top, err := tree.Create(central, ctxtree.Spec{Parent: ctxtree.SystemID, Level: ctxtree.LevelTenant, Instance: id})
		require.NoError(t, err)
		_, err = tree.Create(central, ctxtree.Spec{Parent: top.ID, Level: "category", Instance: "of-" + id})
		require.NoError(t, err)
	}
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now, ok := tenant.FromContext(r.Context())
		if !ok {
			http.Error(w, "no tenant", http.StatusTeapot)
			return
		}
		fmt.Fprintf(w, "theme=%s lang=%s", now.Theme, now.Language)
		below, err := tree.Descendants(r.Context(), ctxtree.SystemID)
		if err != nil {
			fmt.Fprint(w, err)
		}
		for _, n := range below {
			fmt.Fprintf(w, " %s:%s", n.Level, n.Instance)
		}
	})
	site := tenant.Middleware(tenant.MiddlewareConfig{
		Registry: reg, Resolve: tenant.ByHost(reg),
		Central: func(r *http.Request) bool { return r.Host == "www.example.com" },
	})(page)
	get := func(host string) string {
		w := httptest.NewRecorder()
		site.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://"+host+"/", nil))
		return w.Body.String()
	}
	for range 2 { // the tenants take turns: nothing is left over from the one before
		require.Equal(t, "theme=dark lang=de tenant:acme category:of-acme", get("acme.example.com"))
		require.Equal(t, "theme=light lang=pt-BR tenant:bolt category:of-bolt", get("bolt.example.com"))
		require.Equal(t, "theme= lang=", get("core.example.com"), "it has neither, and no tree")
		require.Equal(t, "no tenant\n", get("www.example.com"))
	}
}
