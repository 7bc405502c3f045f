package scopetest

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/internal/sqlgen"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// Config says what is proved, and on which engine.
type Config struct {
	// Policy is the one under test. Its Catalogue is not used: the scoper reads
	// that of the engine.
	Policy scope.Policy

	// Schema holds the statements that make the shared database, one each, with
	// the tenant columns. [Split] makes them of a file.
	Schema []string

	// Open makes an empty database. A world needs three.
	Open Opener

	// Tenants are those whose rows are in the shared database; the first of them
	// is the one that asks. Where it is empty, there are four whose ids fit the
	// type of the tenant column.
	Tenants []tenant.ID

	// Rows is how many rows a tenant has in a table at most; 0 stands for 8.
	Rows int

	// Seed chooses the rows. A failure names it.
	Seed uint64

	// Value makes a value that the package can not: that of a type which it does
	// not know, or one that meets a condition of the schema. It returns a literal
	// in the dialect's SQL for the n-th row of the table, and false where the
	// package is to choose. Equal n of two tenants may have equal values.
	Value func(table, column string, n int) (literal string, ok bool)

	// Options are given to the scoped pool.
	Options []scope.Option

	// Timeout ends a statement, which then counts as not run; 0 stands for 20
	// seconds.
	Timeout time.Duration
}

// Opener makes an empty database and returns how to reach it, and how to drop
// it. One connection is used of each, and kept, so a database in memory will do.
type Opener func(ctx context.Context) (c driver.Connector, drop func(context.Context) error, err error)

// Split returns the statements of a file, for [Config.Schema].
func Split(d tenant.Dialect, text string) ([]string, error) { return ddl.Split(d, text) }

// CreateDatabases is the [Opener] for a server: it makes databases called
// tenancy_test_... through admin, and connect returns how to reach one by its
// name.
func CreateDatabases(admin *sql.DB, connect func(database string) (driver.Connector, error)) Opener {
	var count atomic.Int64
	return func(ctx context.Context) (driver.Connector, func(context.Context) error, error) {
		name := "tenancy_test_" + strconv.FormatInt(time.Now().UnixNano(), 36) + "_" + strconv.FormatInt(count.Add(1), 36)
		if _, err := admin.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
			return nil, nil, err
		}
		drop := func(ctx context.Context) error {
			_, err := admin.ExecContext(ctx, "DROP DATABASE "+name)
			return err
		}
		c, err := connect(name)
		if err != nil {
			return nil, nil, errors.Join(err, drop(ctx))
		}
		return c, drop, nil
	}
}

// InMemory is the [Opener] for SQLite: d is the driver, and name what it calls a
// database in memory, ":memory:" for most.
func InMemory(d driver.Driver, name string) Opener {
	return func(context.Context) (driver.Connector, func(context.Context) error, error) {
		c, err := connectorOf(d, name)
		return c, func(context.Context) error { return nil }, err
	}
}

func connectorOf(d driver.Driver, dsn string) (driver.Connector, error) {
	if dc, ok := d.(driver.DriverContext); ok {
		return dc.OpenConnector(dsn)
	}
	return simpleConnector{d, dsn}, nil
}

// simpleConnector serves drivers that have none of their own.
type simpleConnector struct {
	driver driver.Driver
	dsn    string
}

func (c simpleConnector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c simpleConnector) Driver() driver.Driver                        { return c.driver }

// Tenants returns ids that the tenant columns of a schema can hold, four of them
// that lie close to one another, or an error if they have types of which no id
// fits all.
func Tenants(p scope.Policy, s []string) ([]tenant.ID, error) {
	schema, err := ddl.Read(p.Dialect, s)
	if err != nil {
		return nil, err
	}
	return tenantsOf(p, schema)
}

func tenantsOf(p scope.Policy, s *ddl.Schema) ([]tenant.ID, error) {
	var kind ddl.Kind
	size := 63
	for _, t := range s.Tables {
		rule, err := p.Effective(t.Name)
		if err != nil {
			return nil, err
		}
		c := t.Column(columnName(p.Dialect, rule.Column))
		if c == nil || rule.Class != scope.PerTenant && rule.Class != scope.Mixed {
			continue
		}
		k := c.Kind
		if p.Dialect == tenant.SQLite && strings.EqualFold(c.Type, "uuid") {
			k = ddl.UUID
		}
		switch {
		case k != ddl.Int && k != ddl.Text && k != ddl.UUID:
			return nil, fmt.Errorf("scopetest: table %s: the tenant column has the type %s, which holds no tenant id", t.Name, c.Type)
		case k == ddl.Text && kind != ddl.Other: // any id is a text
		case kind != ddl.Other && kind != ddl.Text && kind != k:
			return nil, fmt.Errorf("scopetest: table %s: its tenant column and those before have types that hold no common id; set Config.Tenants", t.Name)
		default:
			kind = k
		}
		if c.Size > 0 && k == ddl.Text {
			size = min(size, c.Size)
		}
	}
	if kind == ddl.Text && size < 4 {
		return []tenant.ID{"b", "a", "c", "d"}, nil
	}
	return sqlgen.TenantIDs(kind), nil
}

// columnName is a column of a policy as package ddl writes it.
func columnName(d tenant.Dialect, name string) string {
	if d == tenant.SQLite {
		return strings.ToLower(name)
	}
	return name
}

func (c Config) timeout() time.Duration { return cmp.Or(c.Timeout, 20*time.Second) }
