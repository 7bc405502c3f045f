package scope

import (
	"context"
	"database/sql/driver"

	"github.com/gotenancy/tenancy/internal/carry"
)

// BeginTx implements driver.ConnBeginTx. A second transaction on the connection
// is refused: some servers would end the first by it, and a statement of the
// first that has no tenant would run as the second's.
func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	v := carry.From(ctx)
	if c.pool.watcher == nil {
		switch {
		case v.Mode == carry.Refused:
			return nil, refusedContext(v.Err())
		case c.tx != nil:
			return nil, &RefusedError{Reason: ReasonUnsupported, Construct: "a second transaction on one connection", Offset: -1, Hint: "use SAVEPOINT, or another connection"}
		}
	}
	if err := c.hold(ctx, v); err != nil {
		return nil, err
	}
	began := c.pool.changes.Load()
	if c.pool.live && !v.Library && (v.Mode != carry.AcrossAll || c.pool.watcher != nil) {
		// What is read now is for all connections, and SQLite: see settled.
		if _, err := c.pool.current(ctx, c); err != nil {
			return nil, err
		}
		if c.pool.rules.Dialect == SQLite {
			if err := c.pool.watch(ctx, c); err != nil {
				return nil, err
			}
		}
	}
	inner, err := beginConn(ctx, c.inner, opts)
	if err != nil {
		return nil, err
	}
	of := *v
	of.Library = false
	c.tx, c.ddl, c.view = &of, false, view{began: began}
	c.pin()
	return &tx{inner: inner, conn: c, ctx: ctx, of: &of}, nil
}

// Begin implements driver.Conn.
func (c *conn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

// tx ends the transaction of a conn.
type tx struct {
	inner driver.Tx
	conn  *conn
	ctx   context.Context // it began with
	of    *carry.Value
}

// Commit implements driver.Tx.
func (t *tx) Commit() error {
	defer t.end() // whoever reads the catalogue before the server is done would read the old one
	return t.inner.Commit()
}

// Rollback implements driver.Tx. When a transaction's context ends, database/sql
// rolls back by itself, and keeps the connection only if its driver can tell
// that it is well.
func (t *tx) Rollback() error {
	t.end()
	if t.ctx.Err() != nil && !tellsItsState(t.conn.inner) {
		t.conn.spoilt = true
	}
	return t.inner.Rollback()
}

func (t *tx) end() {
	if t.conn.ddl {
		t.conn.changed()
	}
	if t.conn.modesInTx {
		t.conn.forgetSession()
	}
	if t.conn.tx == t.of {
		t.conn.tx, t.conn.ddl, t.conn.view = nil, false, view{}
	}
}
