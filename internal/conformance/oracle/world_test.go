package oracle

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/scope/scopetest"
	"github.com/gotenancy/tenancy/tenant"
)

func TestTry(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		open, d, err := engines.Opener(t.Context(), e.Name)
		require.NoError(t, err)
		w, err := scopetest.NewWorld(t.Context(), scopetest.Config{
			Policy: scope.Policy{Dialect: d, Column: "tenant_id", Default: scope.PerTenant, Tables: map[string]scope.Table{"countries": {Class: scope.Shared}, "orders": {GloballyUnique: []string{"id"}}}},
			Schema: []string{
				"CREATE TABLE countries (code VARCHAR(2) NOT NULL PRIMARY KEY, title VARCHAR(80) NOT NULL)",
				"CREATE TABLE contacts (id BIGINT NOT NULL, name VARCHAR(40), country VARCHAR(2), score INTEGER, tenant_id VARCHAR(63) NOT NULL, PRIMARY KEY (id, tenant_id), FOREIGN KEY (country) REFERENCES countries (code))",
				map[tenant.Dialect]string{tenant.SQLite: "CREATE TABLE orders (id INTEGER PRIMARY KEY", tenant.MySQL: "CREATE TABLE orders (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY", tenant.Postgres: "CREATE TABLE orders (id BIGSERIAL PRIMARY KEY"}[d] +
					", contact BIGINT, tenant_id VARCHAR(63) NOT NULL, FOREIGN KEY (contact, tenant_id) REFERENCES contacts (id, tenant_id))",
			},
			Open: open, Seed: 3,
		})
		require.NoError(t, err)
		defer func() { require.NoError(t, w.Close()) }()
		for range 3 {
			for _, text := range []string{"SELECT * FROM contacts", "SELECT * FROM contacts WHERE tenant_id = 'acme'", "UPDATE contacts SET name = 'x' WHERE score > 1",
				"DELETE FROM orders", "INSERT INTO orders (contact) VALUES (NULL)", "INSERT INTO orders (contact) VALUES (NULL) RETURNING id", "SELECT 10 / score FROM contacts WHERE score < 3", "SELECT * FROM nosuch", "SELECT x FROM contacts",
				"SELECT CAST(name AS INTEGER) FROM contacts", "SELECT count(*) FROM contacts c JOIN orders o ON o.contact = c.id", "DELETE FROM contacts WHERE id NOT IN (SELECT contact FROM orders WHERE contact IS NOT NULL)"} {
				v, err := w.Check(context.Background(), scopetest.Statement{Text: text})
				require.NoError(t, err, text)
				t.Log(v)
			}
			require.NoError(t, w.Reseed(context.Background()))
		}
	})
}
