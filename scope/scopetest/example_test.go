package scopetest_test

import (
	"database/sql"
	"database/sql/driver"
	"os"
	"testing"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/scope/scopetest"
)

// In your own test suite: the statements of the application, and a thousand that
// are made up for its schema.
func Example() {
	testIsolation := func(t *testing.T) {
		schema, err := os.ReadFile("schema.sql") // of the shared database, tenant columns included
		if err != nil {
			t.Fatal(err)
		}
		texts, err := scopetest.Split(scope.Postgres, string(schema))
		if err != nil {
			t.Fatal(err)
		}
		admin, err := sql.Open("pgx", "dbname=postgres") // may create databases
		if err != nil {
			t.Fatal(err)
		}
		defer admin.Close()
		config := scopetest.Config{
			Policy: scope.Policy{
				Dialect: scope.Postgres, Column: "tenant_id", Default: scope.PerTenant,
				Tables: map[string]scope.Table{"countries": {Class: scope.Shared}},
			},
			Schema: texts,
			Open: scopetest.CreateDatabases(admin, func(name string) (driver.Connector, error) {
				return admin.Driver().(driver.DriverContext).OpenConnector("dbname=" + name)
			}),
		}
		scopetest.Run(t, config,
			scopetest.Statement{Text: "SELECT * FROM invoices WHERE paid = $1 ORDER BY id", Args: []any{true}, Ordered: true},
			scopetest.Statement{Text: "UPDATE invoices SET paid = true WHERE id = $1", Args: []any{3}},
		)
		scopetest.RunRandom(t, config, 1000)
	}
	_ = testIsolation
}
