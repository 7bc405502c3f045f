package scoping

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// The back office has a handle of its own, which sees six tables of people and
// rights across tenants, with the tenant beside each row. Everything else, and
// everybody else's handle, is what it was; and whoever looks at the policy, the
// report, an explanation or the log sees the exception.
func Test_D17_OneConsumerSeesNamedTables(t *testing.T) {
	exposed := strings.Fields("users people_groups group_roles group_users user_roles effective_roles")
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		dsn, raw := e.NewDatabase(t)
		for _, name := range append(exposed, "invoices") {
			_, err := raw.Exec("CREATE TABLE " + name + " (tenant_id VARCHAR(63) NOT NULL, id INTEGER NOT NULL, title VARCHAR(50), PRIMARY KEY (tenant_id, id))")
			require.NoError(t, err)
			for _, id := range []string{"acme", "bolt"} {
				_, err = raw.Exec(fmt.Sprintf("INSERT INTO %s (tenant_id, id, title) VALUES ('%s', 1, '%s of %s')", name, id, name, id))
				require.NoError(t, err)
			}
		}
		const reason = "the back office manages all people"
		var seen []scope.Crossing
		open := func(x *scope.Exposed) *sqlx.DB {
			p := scope.Policy{Dialect: e.Dialect, Column: "tenant_id", Default: scope.PerTenant, Tables: map[string]scope.Table{"invoices": {}}, Exposed: x}
			for _, name := range exposed {
				p.Tables[name] = scope.Table{}
			}
			db, err := scope.Open(e.Driver, dsn, p, scope.OnCrossing(func(_ context.Context, c scope.Crossing) { seen = append(seen, c) }))
			require.NoError(t, err)
			t.Cleanup(func() { _ = db.Close() })
			return db
		}
		shop, office := open(nil), open(&scope.Exposed{Tables: exposed, Reason: reason})
		acme, global := tenant.WithID(t.Context(), "acme"), tenant.Global(t.Context())
		type row struct {
			Tenant string `db:"tenant_id"`
			ID     int
			Title  string
		}
		for _, name := range exposed {
			for what, ctx := range map[string]context.Context{"without a tenant": global, "in a tenant's context": acme} {
				seen = nil
				var all []row
				require.NoError(t, office.SelectContext(ctx, &all, "SELECT * FROM "+name+" ORDER BY tenant_id"), what)
				require.Equal(t, []row{{"acme", 1, name + " of acme"}, {"bolt", 1, name + " of bolt"}}, all, what)
				require.Len(t, seen, 1, what)
				require.True(t, seen[0].Exposed, what)
				require.Equal(t, reason, seen[0].Reason, what)
				why, err := scope.Explain(ctx, office, "SELECT title FROM "+name)
				require.NoError(t, err)
				require.True(t, why.Tables[0].Exposed)
				require.Contains(t, why.String(), "EXPOSED: the rows of every tenant")
			}
			var of []string
			require.NoError(t, office.SelectContext(global, &of, "SELECT title FROM "+name+" WHERE tenant_id = 'bolt'"))
			require.Equal(t, []string{name + " of bolt"}, of)

			// The other handle on the same database.
			seen = nil
			var own []map[string]any
			rows, err := shop.QueryxContext(acme, "SELECT * FROM "+name)
			require.NoError(t, err)
			for rows.Next() {
				m := map[string]any{}
				require.NoError(t, rows.MapScan(m))
				own = append(own, m)
			}
			require.NoError(t, rows.Close())
			require.Len(t, own, 1)
			require.NotContains(t, own[0], "tenant_id")
			require.ErrorIs(t, shop.SelectContext(global, &of, "SELECT title FROM "+name), scope.ErrRefused)
			require.Empty(t, seen)
		}

		// What is not named stays closed, also joined to what is.
		var titles []string
		require.ErrorIs(t, office.SelectContext(global, &titles, "SELECT title FROM invoices"), scope.ErrRefused)
		require.NoError(t, office.SelectContext(acme, &titles, "SELECT i.title FROM users u JOIN invoices i ON i.id = u.id"))
		require.Equal(t, []string{"invoices of acme", "invoices of acme"}, titles)
		// Writing crosses with its own reason, or not at all.
		_, err := office.ExecContext(global, "UPDATE users SET title = 'x'")
		require.ErrorIs(t, err, scope.ErrRefused)
		_, err = office.ExecContext(acme, "UPDATE users SET title = 'renamed'")
		require.NoError(t, err)
		require.NoError(t, office.SelectContext(global, &titles, "SELECT title FROM users ORDER BY tenant_id"))
		require.Equal(t, []string{"renamed", "users of bolt"}, titles)
		_, err = office.ExecContext(tenant.AcrossAll(t.Context(), "the back office renames"), "UPDATE users SET title = 'by the office' WHERE tenant_id = 'bolt'")
		require.NoError(t, err)
		require.NoError(t, office.SelectContext(global, &titles, "SELECT title FROM users ORDER BY tenant_id"))
		require.Equal(t, []string{"renamed", "by the office"}, titles)

		// The report names each, and only for this handle.
		report, err := scope.Check(t.Context(), office)
		require.NoError(t, err)
		var marked []string
		for _, f := range report.Findings {
			if f.Code == "exposed" {
				require.Equal(t, scope.SeverityWarning, f.Severity)
				require.Contains(t, f.Message, reason)
				marked = append(marked, f.Table)
			}
		}
		require.ElementsMatch(t, exposed, marked)
		report, err = scope.Check(t.Context(), shop)
		require.NoError(t, err)
		for _, f := range report.Findings {
			require.NotEqual(t, "exposed", f.Code)
		}
		// It does not come about by accident.
		for _, x := range []scope.Exposed{{Tables: exposed}, {Tables: exposed, Reason: " "}, {Reason: reason}, {Tables: []string{"unnamed"}, Reason: reason}} {
			_, err := scope.Open(e.Driver, dsn, scope.Policy{Dialect: e.Dialect, Column: "tenant_id", Default: scope.PerTenant, Tables: map[string]scope.Table{"users": {}}, Exposed: &x})
			require.ErrorContains(t, err, "Exposed")
		}
	})
}
