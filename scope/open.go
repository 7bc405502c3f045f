package scope

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"

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
	connector := driver.Connector(dsnConnector{dsn, drv})
	if dc, ok := drv.(driver.DriverContext); ok {
		if connector, err = dc.OpenConnector(dsn); err != nil {
			return nil, err
		}
	}
	db, err := OpenDB(connector, p, opts...)
	if err != nil {
		return nil, err
	}
	return sqlx.NewDb(db, bindName(driverName, p.Dialect)), nil
}

// OpenDB returns a pool over the connector, in which every statement is scoped
// to the tenant of its context. It takes the place of sql.OpenDB and touches
// nothing yet. The error says what is wrong with the policy.
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
	return withConn(ctx, db, func(c *conn) error {
		if !c.pool.live {
			return nil
		}
		return c.pool.refresh(ctx, c.inner, nil)
	})
}

// dsnConnector makes a connector of a driver that has none.
type dsnConnector struct {
	dsn string
	drv driver.Driver
}

func (c dsnConnector) Connect(context.Context) (driver.Conn, error) { return c.drv.Open(c.dsn) }
func (c dsnConnector) Driver() driver.Driver                        { return c.drv }

// connector hands out scoped connections.
type connector struct {
	inner driver.Connector
	pool  *pool
}

// Connect implements driver.Connector.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.inner.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{inner: inner, pool: c.pool}, nil
}

// Driver implements driver.Connector. It is the inner one, for libraries that
// look at its type to learn the dialect; it opens unscoped connections only
// for those who have a data source name anyway.
func (c *connector) Driver() driver.Driver { return c.inner.Driver() }

// Close implements io.Closer.
func (c *connector) Close() error {
	if cl, ok := c.inner.(io.Closer); ok {
		return cl.Close()
	}
	return nil
}
