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

// Memory returns what makes databases in memory for the oracle, on one of the
// engines that need no server, and whether name is one.
func Memory(name string) (scopetest.Opener, bool) {
	for _, e := range embedded() {
		if e.Name == name {
			db, err := sql.Open(e.Driver, "")
			if err != nil {
				return nil, false // its driver is not registered
			}
			defer db.Close() // it has opened nothing
			return scopetest.InMemory(db.Driver(), ":memory:"), true
		}
	}
	return nil, false
}

// OnServer returns what makes databases for the oracle on a server.
func OnServer(server *servers.Server) scopetest.Opener {
	return func(ctx context.Context) (driver.Connector, func(context.Context) error, error) {
		dsn, drop, err := server.CreateDatabase(ctx)
		if err != nil {
			return nil, nil, err
		}
		if server.Kind.Name == "mysql" {
			// Texts that are equal and not the same have no order.
			dsn += "&collation=utf8mb4_bin"
		}
		c, err := connectorFor(server.Kind.Driver, dsn)
		return c, drop, err
	}
}

// Opener is one of the two for an engine by its name. A server is looked for.
func Opener(ctx context.Context, name string) (scopetest.Opener, tenant.Dialect, error) {
	if open, ok := Memory(name); ok {
		return open, tenant.SQLite, nil
	}
	for _, k := range servers.Kinds() {
		if k.Name == name {
			server, err := k.Find(ctx)
			if err != nil {
				return nil, 0, err
			}
			return OnServer(server), Dialect(name), nil
		}
	}
	return nil, 0, fmt.Errorf("there is no engine %q", name)
}

// Dialect returns that of an engine by its name.
func Dialect(name string) tenant.Dialect {
	switch name {
	case "postgres":
		return tenant.Postgres
	case "mysql":
		return tenant.MySQL
	}
	return tenant.SQLite
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
