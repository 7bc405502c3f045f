package engines

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"

	"github.com/gotenancy/tenancy/internal/conformance/servers"
	"github.com/gotenancy/tenancy/scope/scopetest"
	"github.com/gotenancy/tenancy/tenant"
)

// Opener returns what makes databases for the oracle on an engine: in memory for
// SQLite, else on the server, which is looked for. It needs no test.
func Opener(ctx context.Context, name string) (scopetest.Opener, tenant.Dialect, error) {
	for _, e := range embedded() {
		if e.Name == name {
			db, err := sql.Open(e.Driver, "")
			if err != nil {
				return nil, 0, err
			}
			defer db.Close() // it has opened nothing
			return scopetest.InMemory(db.Driver(), ":memory:"), e.Dialect, nil
		}
	}
	for _, k := range servers.Kinds() {
		if k.Name != name {
			continue
		}
		server, err := k.Find(ctx)
		if err != nil {
			return nil, 0, err
		}
		dialect := map[string]tenant.Dialect{"postgres": tenant.Postgres, "mysql": tenant.MySQL}[name]
		return func(ctx context.Context) (driver.Connector, func(context.Context) error, error) {
			dsn, drop, err := server.CreateDatabase(ctx)
			if err != nil {
				return nil, nil, err
			}
			c, err := connectorFor(k.Driver, dsn)
			return c, drop, err
		}, dialect, nil
	}
	return nil, 0, fmt.Errorf("there is no engine %q", name)
}

// connectorFor returns the driver's own connector, or one that opens as sql.Open does.
func connectorFor(driverName, dsn string) (driver.Connector, error) {
	db, err := sql.Open(driverName, dsn)
	if err != nil {
		return nil, err
	}
	defer db.Close() // it has opened nothing yet
	d := db.Driver()
	if withContext, ok := d.(driver.DriverContext); ok {
		return withContext.OpenConnector(dsn)
	}
	return connector{d, dsn}, nil
}
