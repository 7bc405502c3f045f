package scope

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
)

// ReadCatalogue reads the live schema of a database, for a [Policy] that brings
// its catalogue along or a [Rewriter] without a pool. db is a *sql.DB or a
// *sqlx.DB, plain or opened by this package. It reads the server's own tables
// only, in two or three queries, on one connection: what that one's search path
// reaches is what needs no schema in front of its name.
func ReadCatalogue(ctx context.Context, db interface {
	Conn(context.Context) (*sql.Conn, error)
}, d Dialect) (*Catalogue, error) {
	if d < Postgres || d > SQLite {
		return nil, fmt.Errorf("scope: the dialect is not set; use scope.Postgres, scope.MySQL or scope.SQLite")
	}
	var cat *Catalogue
	err := onConn(ctx, db, func(c driver.Conn, _ *pool) (err error) {
		cat, err = readCatalogue(ctx, c, d)
		return err
	})
	return cat, err
}

// onConn runs f with one connection of the driver underneath, and with the
// scoped pool that it belongs to, or nil. What f runs is not scoped.
func onConn(ctx context.Context, db interface {
	Conn(context.Context) (*sql.Conn, error)
}, f func(driver.Conn, *pool) error) error {
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // it goes back to the pool
	return c.Raw(func(dc any) error {
		switch x := dc.(type) {
		case *conn:
			return f(x.inner, x.pool)
		case driver.Conn:
			return f(x, nil)
		}
		return fmt.Errorf("scope: a connection of type %T is none of database/sql", dc)
	})
}
