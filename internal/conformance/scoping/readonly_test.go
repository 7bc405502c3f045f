package scoping

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/config/configsql"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
	"github.com/gotenancy/tenancy/tenant/tenantsql"
)

// TestDefaultTenant: an anonymous visitor whose request names no tenant gets
// pages with empty lists, and writes nothing anywhere: neither into the
// application's tables nor through this module's stores.
func TestDefaultTenant(t *testing.T) {
	t.Run("D02", func(t *testing.T) {
		engines.Each(t, func(t *testing.T, e engines.Engine) {
			w := newWorld(t, e)
			migrated := tenant.AcrossAll(t.Context(), "test")
			for _, up := range []func(context.Context) error{
				func(ctx context.Context) error { return feed.Migrate(ctx, w.scoped, e.Dialect) },
				func(ctx context.Context) error { return configsql.Migrate(ctx, w.scoped, e.Dialect) },
				func(ctx context.Context) error { return tenantsql.Migrate(ctx, w.scoped, e.Dialect) },
			} {
				require.NoError(t, up(migrated))
			}
			reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "public"}, tenant.Tenant{ID: "acme", Host: "acme.example.com"})
			require.NoError(t, err)
			settings, err := config.NewResolver(config.Config{Store: configsql.NewStore(w.scoped, e.Dialect)})
			require.NoError(t, err)
			tenants := tenantsql.NewRegistry(w.scoped, e.Dialect)

			// What the visitor's page tries, and what came of it.
			var tried []error
			count := -1
			page := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				ctx := r.Context()
				tried = nil
				require.NoError(t, w.scoped.QueryRowContext(ctx, "SELECT count(*) FROM contacts").Scan(&count))
				for _, query := range []string{
					"INSERT INTO contacts (id, name) VALUES (1, 'visitor')",
					"UPDATE contacts SET name = 'visitor'",
					"DELETE FROM notes",
					"INSERT INTO clicks (id, label) VALUES (77, 'visitor')",
				} {
					_, err := w.scoped.ExecContext(ctx, query)
					tried = append(tried, err)
				}
				tx, err := w.scoped.BeginTx(ctx, nil)
				require.NoError(t, err)
				_, err = tx.ExecContext(context.Background(), "DELETE FROM contacts")
				tried = append(tried, err)
				require.NoError(t, tx.Rollback())
				tried = append(tried, settings.Set(ctx, "theme", "dark", "test"))
				tried = append(tried, tenants.Create(ctx, tenant.Tenant{ID: "visitor"}))
			})
			h := tenant.Middleware(tenant.MiddlewareConfig{Registry: reg, Resolve: tenant.ByHost(reg), Default: "public"})(page)
			before := w.counts(t)
			r := httptest.NewRequest(http.MethodGet, "http://www.example.com/", nil)
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, r)
			require.Equal(t, http.StatusOK, rec.Code)
			require.Zero(t, count)
			require.Len(t, tried, 7)
			for i, err := range tried {
				require.ErrorIs(t, err, tenant.ErrReadOnly, "attempt %d", i)
			}
			require.Equal(t, before, w.counts(t))

			// The same page in a tenant that has data.
			h.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "http://acme.example.com/", nil))
			require.Equal(t, 4, count)
			require.NoError(t, tried[1])
		})
	})
}

// counts is how much is in the database, as text.
func (w *world) counts(t *testing.T) string {
	t.Helper()
	all := map[string][]string{}
	for _, name := range []string{"contacts", "notes", "clicks", "tenancy_tenants", "tenancy_settings", "tenancy_changes"} {
		var n int
		require.NoError(t, w.shared.QueryRowContext(t.Context(), "SELECT count(*) FROM "+name).Scan(&n))
		all[name] = append(all[name], fmt.Sprint(n))
	}
	var names string
	require.NoError(t, w.shared.QueryRowContext(t.Context(), "SELECT MAX(name) FROM contacts").Scan(&names))
	text, err := json.Marshal(all)
	require.NoError(t, err)
	return string(text) + names
}
