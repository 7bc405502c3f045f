package scoping

import (
	"context"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// The tables that B2 and B3 name: with a tenant column and nothing else each of
// them is one tenant's, whatever it is called. B23: a feature whose table has no
// tenant column is out of order in a tenant, and comes into order by getting one.
func Test_B02_B03_B23_TablesOfALearningSystem(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		dsn, raw := e.NewDatabase(t)
		quote := func(name string) string {
			if e.Dialect == tenant.MySQL {
				return "`" + name + "`"
			}
			return `"` + name + `"`
		}
		tables := strings.Fields("user course course_categories sessions log context course_request event cohort blog tag scale external_tokens")
		for _, name := range tables {
			column := ", tenant_id VARCHAR(63) NOT NULL"
			if name == "blog" {
				column = ""
			}
			_, err := raw.Exec("CREATE TABLE " + quote(name) + " (id INTEGER NOT NULL, title VARCHAR(50)" + column + ")")
			require.NoError(t, err)
		}
		policy := scope.Policy{Dialect: e.Dialect, Column: "tenant_id", Default: scope.PerTenant}
		open := func() *sqlx.DB {
			db, err := scope.Open(e.Driver, dsn, policy)
			require.NoError(t, err)
			t.Cleanup(func() { _ = db.Close() })
			return db
		}
		db := open()
		acme, bolt := tenant.WithID(t.Context(), "acme"), tenant.WithID(t.Context(), "bolt")
		check := func(db *sqlx.DB, name string) {
			for _, ctx := range []context.Context{acme, bolt} {
				_, err := db.ExecContext(ctx, "INSERT INTO "+quote(name)+" (id, title) VALUES (1, 'mine')")
				require.NoError(t, err, name)
			}
			_, err := db.ExecContext(acme, "UPDATE "+quote(name)+" SET title = 'changed'")
			require.NoError(t, err, name)
			var titles []string
			require.NoError(t, db.SelectContext(bolt, &titles, "SELECT title FROM "+quote(name)), name)
			require.Equal(t, []string{"mine"}, titles, name)
			_, err = db.ExecContext(acme, "DELETE FROM "+quote(name))
			require.NoError(t, err, name)
			var n int
			var owner string
			require.NoError(t, raw.QueryRow("SELECT COUNT(*), MAX(tenant_id) FROM "+quote(name)).Scan(&n, &owner))
			require.Equal(t, 1, n, name)
			require.Equal(t, "bolt", owner, name)
		}
		for _, name := range tables {
			if name != "blog" {
				check(db, name)
				continue
			}
			var refused *scope.RefusedError
			_, err := db.ExecContext(acme, "INSERT INTO "+quote(name)+" (id, title) VALUES (1, 'everybody sees it')")
			require.ErrorAs(t, err, &refused)
			require.Equal(t, name, refused.Table)
		}
		_, err := raw.Exec("ALTER TABLE " + quote("blog") + " ADD COLUMN tenant_id VARCHAR(63)")
		require.NoError(t, err)
		check(open(), "blog")
	})
}
