package scope

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// Connect opens a database through the scoper, makes sure that it answers, and
// reads its catalogue. It takes the place of sqlx.Connect; driverName is the
// name under which the application's driver is registered with database/sql.
func Connect(ctx context.Context, driverName, dsn string, p Policy, opts ...Option) (*sqlx.DB, error) {
	db, err := Open(driverName, dsn, p, opts...)
	if err != nil {
		return nil, err
	}
	if err := warmUp(ctx, db.DB); err != nil {
		_ = db.Close() // the first error is the one that matters
		return nil, err
	}
	return db, nil
}

// Open is [Connect] without touching the database: the catalogue is read when
// the first statement needs it. It takes the place of sqlx.Open.
func Open(driverName, dsn string, p Policy, opts ...Option) (*sqlx.DB, error) {
	plain, err := sql.Open(driverName, dsn)
	if err != nil {
		return nil, err
	}
	drv := plain.Driver()
	if err := plain.Close(); err != nil {
		return nil, err
	}
	if _, scoped := drv.(*wrapped); scoped {
		return nil, fmt.Errorf("scope: the driver %q is scoped already; open it with sql.Open or sqlx.Open", driverName)
	}
	c, err := connectorOf(drv, dsn)
	if err != nil {
		return nil, err
	}
	db, err := OpenDB(c, p, opts...)
	if err != nil {
		return nil, err
	}
	return sqlx.NewDb(db, bindName(driverName, p.Dialect)), nil
}

// OpenDB returns a pool over the connector, in which every statement is scoped
// to the tenant of its context. It takes the place of sql.OpenDB and touches
// nothing yet. The error says what is wrong with the policy or an option.
func OpenDB(c driver.Connector, p Policy, opts ...Option) (*sql.DB, error) {
	pool, err := newPool(p, opts)
	if err != nil {
		return nil, err
	}
	if c == nil {
		return nil, fmt.Errorf("scope: OpenDB needs a connector")
	}
	return sql.OpenDB(&connector{inner: c, pool: pool}), nil
}

// bindName returns a driver name for which sqlx knows the placeholders.
func bindName(driverName string, d Dialect) string {
	if sqlx.BindType(driverName) != sqlx.UNKNOWN {
		return driverName
	}
	return map[Dialect]string{Postgres: "postgres", MySQL: "mysql", SQLite: "sqlite3"}[d]
}

// warmUp reads the catalogue through a connection of the pool.
func warmUp(ctx context.Context, db *sql.DB) error {
	if err := db.PingContext(ctx); err != nil {
		return err
	}
	return withConn(ctx, db, func(c *conn) error { return c.pool.warmUp(ctx, c) })
}
