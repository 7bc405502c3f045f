package scope

import (
	"context"
	"database/sql/driver"
	"errors"
	"slices"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/tenant"
)

// conn is a connection of the inner driver whose statements are scoped.
// database/sql never uses it from two goroutines at a time.
type conn struct {
	inner driver.Conn
	pool  *pool
	tx    *carry.Value // what the open transaction began with, or nil
	ddl   bool         // the open transaction changed the schema

	modes     sqlscan.Modes // of the server's session; 0 if it was not asked
	modesInTx bool          // it was asked in the open transaction

	// told is a statement that was reported but not sent, because the driver
	// answered driver.ErrSkip: database/sql prepares it next.
	told string
}

// errConflict is for a statement whose context is not that of its transaction.
var errConflict = &carry.Value{Mode: carry.Refused, Err: tenant.ErrTenantConflict}

// value returns what the statement's context reaches. In a transaction, a
// context without a tenant is that of the transaction, and another tenant's is
// refused.
func (c *conn) value(ctx context.Context) *carry.Value {
	v := carry.From(ctx)
	if c.tx == nil || c.tx.Mode == carry.None || v.Library || v.Mode == carry.Refused {
		return v
	}
	switch {
	case v.Mode == carry.None:
		return c.tx
	case v.Mode == c.tx.Mode && v.ID == c.tx.ID && slices.Equal(v.IDs, c.tx.IDs):
		return v
	}
	return errConflict
}

// plan returns the plan of a statement and what it is bound with.
func (c *conn) plan(ctx context.Context, query string) (*plan, *carry.Value, error) {
	v := c.value(ctx)
	p, err := c.pool.planFor(ctx, c, v, query)
	if v.Library && (err != nil || !p.library) {
		// The mark does not cover the statement, so it counts as any other.
		plain := *v
		plain.Library = false
		return c.plan(carry.With(ctx, &plain), query)
	}
	return p, v, err
}

// sent notes what a statement that was just sent may have changed.
func (c *conn) sent(p *plan) {
	if p.ddl {
		c.ddl = true
		c.pool.stale.Store(true)
	}
	if p.opaque {
		c.forgetSession()
	}
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	p, v, err := c.plan(ctx, query)
	if err != nil {
		return nil, err
	}
	if args, err = p.bind(v, args); err != nil {
		return nil, err
	}
	c.pool.report(ctx, v, p, query)
	defer c.sent(p)
	out, err := queryConn(ctx, c.inner, p.text, args)
	if errors.Is(err, driver.ErrSkip) {
		c.told = query
	}
	return out, err
}

// ExecContext implements driver.ExecerContext.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	p, v, err := c.plan(ctx, query)
	if err != nil {
		return nil, err
	}
	if args, err = p.bind(v, args); err != nil {
		return nil, err
	}
	c.pool.report(ctx, v, p, query)
	defer c.sent(p)
	out, err := execConn(ctx, c.inner, p.text, args)
	if errors.Is(err, driver.ErrSkip) {
		c.told = query
	}
	return out, err
}

// PrepareContext implements driver.ConnPrepareContext. It sends nothing: which
// text the server gets depends on the context of each execution. A text that
// could not be run in any context of this kind fails here.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if v := c.value(ctx); v.Mode != carry.None || v.Library {
		if _, _, err := c.plan(ctx, query); err != nil {
			return nil, err
		}
	}
	st := &stmt{conn: c, query: query, told: c.told == query}
	c.told = ""
	return st, nil
}

// Prepare implements driver.Conn.
func (c *conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

// Close implements driver.Conn.
func (c *conn) Close() error { return c.inner.Close() }

// BeginTx implements driver.ConnBeginTx.
func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	v := carry.From(ctx)
	if v.Mode == carry.Refused {
		return nil, refusedContext(v.Err)
	}
	inner, err := beginConn(ctx, c.inner, opts)
	if err != nil {
		return nil, err
	}
	plain := *v
	plain.Library = false
	c.tx, c.ddl = &plain, false
	return &tx{inner: inner, conn: c}, nil
}

// Begin implements driver.Conn.
func (c *conn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

// Ping implements driver.Pinger.
func (c *conn) Ping(ctx context.Context) error {
	if p, ok := c.inner.(driver.Pinger); ok {
		return p.Ping(ctx)
	}
	return nil
}

// ResetSession implements driver.SessionResetter. A connection that comes back
// to the pool inside a transaction is in nobody's hands any more.
func (c *conn) ResetSession(ctx context.Context) error {
	if c.tx != nil {
		return driver.ErrBadConn
	}
	if r, ok := c.inner.(driver.SessionResetter); ok {
		return r.ResetSession(ctx)
	}
	return nil
}

// IsValid implements driver.Validator.
func (c *conn) IsValid() bool {
	if v, ok := c.inner.(driver.Validator); ok {
		return v.IsValid()
	}
	return true
}

// CheckNamedValue implements driver.NamedValueChecker.
func (c *conn) CheckNamedValue(nv *driver.NamedValue) error {
	if ch, ok := c.inner.(driver.NamedValueChecker); ok {
		return ch.CheckNamedValue(nv)
	}
	return driver.ErrSkip
}

// tx ends the transaction of a conn.
type tx struct {
	inner driver.Tx
	conn  *conn
}

// Commit implements driver.Tx.
func (t *tx) Commit() error {
	t.end()
	return t.inner.Commit()
}

// Rollback implements driver.Tx.
func (t *tx) Rollback() error {
	t.end()
	return t.inner.Rollback()
}

func (t *tx) end() {
	if t.conn.ddl {
		t.conn.pool.stale.Store(true)
	}
	if t.conn.modesInTx {
		t.conn.forgetSession()
	}
	t.conn.tx, t.conn.ddl = nil, false
}
