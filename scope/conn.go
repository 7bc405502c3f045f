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
//
// It has every optional interface, whatever the inner connection has: where
// that one lacks an interface, conn answers what makes database/sql go the way
// it would have gone (see inner.go). Nothing that it exports leads to the inner
// connection, so sql.Conn.Raw is no way around the scoper; [Unscoped] is.
type conn struct {
	inner  driver.Conn
	pool   *pool
	tx     *carry.Value // what the open transaction began with, or nil
	ddl    bool         // the open transaction changed the schema
	view   view         // of the schema, in the open transaction
	held   string       // the tenant for which it counts, see Limit, or ""
	spoilt bool         // it must not serve anybody else

	modes     sqlscan.Modes // of the server's session; 0 if it was not asked
	modesInTx bool          // it was asked in the open transaction
	asked     bool          // ever, or since it was handed out
	evicted   []driver.Stmt // of our prepared statements, to be closed when no rows are open
	looked    string        // the statement that was just planned, and that database/sql prepares next
}

// errConflict is for a statement whose context is not that of its transaction.
var errConflict = &carry.Value{Mode: carry.Refused, Beyond: &carry.Beyond{Err: tenant.ErrTenantConflict}}

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
	case v.Mode == c.tx.Mode && v.ID == c.tx.ID && slices.Equal(v.IDs(), c.tx.IDs()):
		return v
	}
	return errConflict
}

// scoped returns the plan of a statement and what it is bound with.
func (c *conn) scoped(ctx context.Context, query string) (*plan, *carry.Value, error) {
	v := c.value(ctx)
	p, err := c.pool.planFor(ctx, c, v, query)
	if v.Library && (err != nil && !errors.Is(err, tenant.ErrReadOnly) || err == nil && !p.library) {
		// The mark does not cover the statement, so it counts as any other.
		plain := *v
		plain.Library = false
		return c.scoped(carry.With(ctx, &plain), query)
	}
	if err == nil && c.tx != nil && c.tx.ReadOnly {
		err = p.reads() // whatever the statement's own context says
	}
	return p, v, err
}

// plan is scoped for a statement that is about to run. A savepoint outside a
// transaction is refused: SQLite would open a transaction by it, on a connection
// that goes back to the pool.
func (c *conn) plan(ctx context.Context, query string) (*plan, *carry.Value, error) {
	if err := c.pool.watch(ctx, c); err != nil {
		return nil, nil, err
	}
	p, v, err := c.scoped(ctx, query)
	if err == nil && p.savepoint && c.tx == nil {
		err = &RefusedError{Reason: ReasonUnsupported, Construct: "a savepoint outside a transaction", Offset: 0, Hint: "begin the transaction with BeginTx"}
	}
	if c.pool.watcher != nil {
		p, err = c.pool.watcher.pass(ctx, c.pool.rules.Dialect, v, query, p, err)
	}
	return p, v, err
}

// settled reports whether the connection is in a transaction that is to see no
// reading of ours: SQLite lets no transaction that has read become a writer while
// others write, so what we read would have the application's first write fail. The
// catalogue is read before it begins, and inside only where it has changed. One
// that has changed the schema is a writer.
func (c *conn) settled() bool {
	return c.tx != nil && !c.ddl && c.pool.rules.Dialect == SQLite
}

// ready is the last step before a statement is sent: it waits for the tenant's
// turn and tells the hooks.
func (c *conn) ready(ctx context.Context, v *carry.Value, p *plan, query string) error {
	if err := c.hold(ctx, v); err != nil {
		return err
	}
	return c.pool.tell(ctx, c.origin(ctx), v, p, query)
}

// sent notes what a statement that was just sent may have changed, or that it
// was not sent after all.
func (c *conn) sent(ctx context.Context, v *carry.Value, p *plan, query string, err error) {
	switch {
	case p.ddl:
		c.ddl = true
		c.changed()
	case c.ddl && (p.savepoint || err != nil):
		c.changed() // the server may have undone what was changed
	}
	if p.opaque {
		c.forgetSession()
	}
	if err == nil {
		return
	}
	if errors.Is(err, driver.ErrSkip) {
		c.looked = query
	}
	if errors.Is(err, driver.ErrSkip) || errors.Is(err, driver.ErrBadConn) {
		c.pool.untold(c.origin(ctx), v, p, query)
	}
}

// origin tells one caller's context from another's.
func (c *conn) origin(ctx context.Context) *carry.Value {
	if v := carry.From(ctx); v.Mode != carry.None || c.tx == nil {
		return v
	}
	return c.tx
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (rows driver.Rows, err error) {
	if !queries(c.inner) {
		return nil, driver.ErrSkip
	}
	p, v, args, err := c.bound(ctx, query, args)
	if err != nil {
		return nil, err
	}
	defer func() { c.sent(ctx, v, p, query, err) }()
	return queryConn(ctx, c.inner, p.text, args)
}

// ExecContext implements driver.ExecerContext.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (res driver.Result, err error) {
	if !executes(c.inner) {
		return nil, driver.ErrSkip
	}
	p, v, args, err := c.bound(ctx, query, args)
	if err != nil {
		return nil, err
	}
	defer func() { c.sent(ctx, v, p, query, err) }()
	res, err = execConn(ctx, c.inner, p.text, args)
	return resultOf(c.pool.rules.Dialect, p, res, err)
}

// bound makes a statement and its arguments ready to be sent. The arguments are
// converted in place: they are those that database/sql made for this call.
func (c *conn) bound(ctx context.Context, query string, args []driver.NamedValue) (*plan, *carry.Value, []driver.NamedValue, error) {
	p, v, err := c.plan(ctx, query)
	if err != nil {
		return nil, nil, nil, err
	}
	if args, err = newConverter(c.inner, nil).all(args); err != nil {
		return nil, nil, nil, err
	}
	if args, err = p.bindOrPass(v, args); err != nil {
		return nil, nil, nil, err
	}
	return p, v, args, c.ready(ctx, v, p, query)
}

// PrepareContext implements driver.ConnPrepareContext. It sends nothing: which
// text the server gets depends on the context of each execution. A text that
// could not be run in any context of this kind fails here.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	looked := c.looked == query
	c.looked = ""
	if v := c.value(ctx); !looked && c.pool.watcher == nil && (v.Mode != carry.None || v.Library) {
		if _, _, err := c.scoped(ctx, query); err != nil {
			return nil, err
		}
	}
	return &stmt{conn: c, query: query}, nil
}

// Prepare implements driver.Conn.
func (c *conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

// Close implements driver.Conn.
func (c *conn) Close() error {
	c.letGo()
	c.closeEvicted()
	return c.inner.Close()
}

// Ping implements driver.Pinger.
func (c *conn) Ping(ctx context.Context) error {
	if p, ok := c.inner.(driver.Pinger); ok {
		return p.Ping(ctx)
	}
	return nil
}

// ResetSession implements driver.SessionResetter: the connection begins to
// serve somebody else. One that is still inside a transaction is in nobody's
// hands any more.
func (c *conn) ResetSession(ctx context.Context) error {
	c.letGo()
	c.closeEvicted()
	if c.tx != nil || c.spoilt {
		return driver.ErrBadConn
	}
	if r, ok := c.inner.(driver.SessionResetter); ok {
		return r.ResetSession(ctx)
	}
	return nil
}

// IsValid implements driver.Validator. database/sql asks when the connection
// comes back to the pool: rows are closed, the transaction has ended.
func (c *conn) IsValid() bool {
	c.letGo()
	c.closeEvicted()
	if c.tx != nil || c.spoilt {
		return false
	}
	if v, ok := c.inner.(driver.Validator); ok {
		return v.IsValid()
	}
	return true
}

// CheckNamedValue implements driver.NamedValueChecker: it takes everything.
// Whether connection or statement converts an argument depends on the way the
// statement goes, so that is done when it has been chosen, see converter.
func (c *conn) CheckNamedValue(*driver.NamedValue) error { return nil }
