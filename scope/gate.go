package scope

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"

	"github.com/gotenancy/tenancy/internal/carry"
)

// Gate is what every statement of a database passes where it does not go
// through database/sql; package scopepgx is made of it. It is such a pool's
// policy, plans, catalogue and hooks, without the connections. It is safe for
// concurrent use.
type Gate struct{ pool *pool }

// NewGate returns the Gate of one database, or an error that says what is wrong
// with the policy or an option. It touches nothing yet.
func NewGate(p Policy, opts ...Option) (*Gate, error) {
	pool, err := newPool(p, opts)
	if err != nil {
		return nil, err
	}
	return &Gate{pool}, nil
}

// Session is what a [Gate] knows of one connection, as long as it lives. It is
// used by whoever has the connection, one goroutine at a time.
type Session struct {
	conn *conn
	tx   driver.Tx // of conn, or nil
}

// TextSource is a connection as far as a [Session] has to ask the server
// something itself: for the catalogue, for what texts mean there.
type TextSource interface {
	// QueryText runs a query of the scoper's own, which has no arguments, and
	// returns all rows as text, NULL as "".
	QueryText(ctx context.Context, query string) ([][]string, error)
}

// Session returns the Session of a connection.
func (g *Gate) Session(src TextSource) *Session {
	return &Session{conn: &conn{inner: textConn{src}, pool: g.pool}}
}

// Load does at once what the first statement would do: it reads the catalogue.
func (s *Session) Load(ctx context.Context) error { return s.conn.pool.warmUp(ctx, s.conn) }

// Begin notes that a transaction is about to begin with ctx: until [Session.End]
// statements run as its tenant where their own context names none, and another
// tenant's are refused. The error is a [*RefusedError]; see [LimitTenant] for
// what it may wait for.
func (s *Session) Begin(ctx context.Context) error {
	tx, err := s.conn.BeginTx(ctx, driver.TxOptions{})
	if err == nil {
		s.tx = tx
	}
	return err
}

// Join returns an error if ctx must not take part in the open transaction. It
// has to be called before a part of that begins which may be rolled back by
// itself.
func (s *Session) Join(ctx context.Context) error {
	if v := s.conn.value(ctx); v.Mode == carry.Refused && s.conn.pool.watcher == nil {
		return refusedContext(v.Err())
	}
	s.conn.view.parts = true
	return nil
}

// End notes that the transaction is over.
func (s *Session) End() {
	if s.tx != nil {
		_ = s.tx.Commit() // it has nothing behind it that could fail
		s.tx = nil
	}
}

// Unscoped runs fn, which may use the connection itself, if ctx is one of
// tenant.AcrossAll, and reports that; see the function [Unscoped]. The connection
// must be closed afterwards.
func (s *Session) Unscoped(ctx context.Context, fn func() error) error {
	return s.conn.unscoped(ctx, fn)
}

// Release notes that the connection goes back to where others take it from: it
// counts for its tenant no longer, see [LimitTenant].
func (s *Session) Release() { s.conn.letGo() }

// Statement is a statement that may be sent, as the server is to get it.
type Statement struct {
	Query string
	Args  []any // the application's, and the tenant where the text wants it

	ctx   context.Context
	conn  *conn
	value *carry.Value
	plan  *plan
	given string // the application's text
}

// Statement returns the application's statement as it has to be sent for the
// tenant of ctx, having reported it if it crosses tenants. args are the values
// of its placeholders; the slice is not changed. The error is a
// [*RefusedError] if nothing must be sent, or that of the connection, which is
// asked for the catalogue where that is due.
func (s *Session) Statement(ctx context.Context, query string, args []any) (*Statement, error) {
	p, v, err := s.conn.plan(ctx, query)
	if err != nil {
		return nil, err
	}
	bound := make([]driver.NamedValue, len(args))
	for i, a := range args {
		bound[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
	}
	if bound, err = p.bindOrPass(v, bound); err != nil {
		return nil, err
	}
	if err := s.conn.ready(ctx, v, p, query); err != nil {
		return nil, err
	}
	out := &Statement{Query: p.text, Args: make([]any, len(bound)), ctx: ctx, conn: s.conn, value: v, plan: p, given: query}
	for i := range bound {
		out.Args[i] = bound[i].Value
	}
	return out, nil
}

// Sent has to be called when the server has run the statement, whether it
// failed or not: after DDL the catalogue is read again.
func (s *Statement) Sent() { s.conn.sent(s.ctx, s.value, s.plan, s.given, nil) }

// textConn is a TextSource in the place of a driver's connection. Nothing but
// our own questions goes through it, and its transactions are somebody else's.
type textConn struct{ src TextSource }

// QueryContext implements driver.QueryerContext.
func (c textConn) QueryContext(ctx context.Context, query string, _ []driver.NamedValue) (driver.Rows, error) {
	rows, err := c.src.QueryText(ctx, query)
	return &textRows{rows}, err
}

// BeginTx implements driver.ConnBeginTx.
func (c textConn) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) { return c, nil }

// Begin implements driver.Conn.
func (c textConn) Begin() (driver.Tx, error) { return c, nil }

// Commit implements driver.Tx.
func (textConn) Commit() error { return nil }

// Rollback implements driver.Tx.
func (textConn) Rollback() error { return nil }

// Prepare implements driver.Conn.
func (textConn) Prepare(string) (driver.Stmt, error) {
	return nil, errors.New("scope: nothing is prepared here")
}

// Close implements driver.Conn.
func (textConn) Close() error { return nil }

// textRows are the rows of a textConn.
type textRows struct{ rows [][]string }

// Columns implements driver.Rows. The names do not matter.
func (r *textRows) Columns() []string {
	if len(r.rows) == 0 {
		return nil
	}
	return make([]string, len(r.rows[0]))
}

// Close implements driver.Rows.
func (*textRows) Close() error { return nil }

// Next implements driver.Rows.
func (r *textRows) Next(to []driver.Value) error {
	if len(r.rows) == 0 {
		return io.EOF
	}
	for i, v := range r.rows[0] {
		to[i] = v
	}
	r.rows = r.rows[1:]
	return nil
}
