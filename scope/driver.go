package scope

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"sync"

	"github.com/gotenancy/tenancy/internal/carry"
)

// WrapDriver returns a driver whose connections are scoped, for libraries that
// open a database by the name of a registered driver:
//
//	drv, err := scope.WrapDriver(stdlib.GetDefaultDriver(), policy)
//	...
//	sql.Register("pgx-scoped", drv)
//	db, err := sql.Open("pgx-scoped", dsn)
//
// sqlx knows no placeholders for such a name; tell it with
// sqlx.BindDriver("pgx-scoped", sqlx.DOLLAR). Where the application opens its
// pool itself, [Connect], [Open] and [OpenDB] are simpler.
//
// Each sql.Open has a catalogue, plans and limits of its own. The error says
// what is wrong with the policy or an option.
func WrapDriver(d driver.Driver, p Policy, opts ...Option) (driver.Driver, error) {
	if d == nil {
		return nil, fmt.Errorf("scope: WrapDriver needs a driver")
	}
	if _, err := newPool(p, opts); err != nil {
		return nil, err
	}
	return &wrapped{inner: d, policy: p, opts: opts, pools: map[string]*pool{}}, nil
}

// wrapped is a driver whose connections are scoped.
type wrapped struct {
	inner  driver.Driver
	policy Policy
	opts   []Option

	mu    sync.Mutex
	pools map[string]*pool // of Open, by data source name
}

// OpenConnector implements driver.DriverContext.
func (w *wrapped) OpenConnector(dsn string) (driver.Connector, error) {
	inner, err := connectorOf(w.inner, dsn)
	if err != nil {
		return nil, err
	}
	p, err := newPool(w.policy, w.opts)
	if err != nil {
		return nil, err
	}
	return &connector{inner: inner, pool: p, driver: w}, nil
}

// Open implements driver.Driver. database/sql does not call it; other wrappers
// do, and ask for one connection after the other. Those of one data source
// share what belongs to a pool.
func (w *wrapped) Open(dsn string) (driver.Conn, error) {
	p, err := w.pool(dsn)
	if err != nil {
		return nil, err
	}
	inner, err := w.inner.Open(dsn)
	if err != nil {
		return nil, err
	}
	return &conn{inner: inner, pool: p}, nil
}

func (w *wrapped) pool(dsn string) (*pool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := w.pools[dsn]; p != nil {
		return p, nil
	}
	p, err := newPool(w.policy, w.opts)
	if err == nil {
		w.pools[dsn] = p
	}
	return p, err
}

// connectorOf returns the driver's connector for a data source, as sql.Open
// does.
func connectorOf(d driver.Driver, dsn string) (driver.Connector, error) {
	if dc, ok := d.(driver.DriverContext); ok {
		return dc.OpenConnector(dsn)
	}
	return dsnConnector{dsn, d}, nil
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
	inner  driver.Connector
	pool   *pool
	driver *wrapped // whose connector it is, or nil
}

// Connect implements driver.Connector. A statement that would be refused for
// its tenant's limit is refused here, before it costs the server a connection.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	if v := carry.From(ctx); c.pool.limits(v) && c.pool.limit.full(v.ID) {
		return nil, busy()
	}
	inner, err := c.inner.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{inner: inner, pool: c.pool}, nil
}

// Driver implements driver.Connector. For a pool of [OpenDB] it is the inner
// driver, whose type tells libraries the dialect, and which opens unscoped
// connections only for those who have a data source name anyway. For a driver
// of [WrapDriver] it is that one: other wrappers find the driver behind a
// registered name in this way, and must not find the unscoped one.
func (c *connector) Driver() driver.Driver {
	if c.driver != nil {
		return c.driver
	}
	return c.inner.Driver()
}

// Close implements io.Closer.
func (c *connector) Close() error {
	if cl, ok := c.inner.(io.Closer); ok {
		return cl.Close()
	}
	return nil
}
