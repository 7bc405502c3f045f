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
	switch {
	case err != nil:
		return nil, err
	case pool.limit != nil || pool.watcher != nil:
		return nil, errors.New("scope: LimitTenant and ReportOnly need a pool of database/sql")
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
func (s *Session) Load(ctx context.Context) error {
	return s.conn.pool.warmUp(ctx, s.conn)
}

// Begin notes that a transaction is about to begin with ctx: until [Session.End]
// statements run as its tenant where their own context names none, and another
// tenant's are refused. The error is a [*RefusedError].
func (s *Session) Begin(ctx context.Context) error {
	if err := s.Join(ctx); err != nil {
		return err
	}
	if s.tx != nil {
		return &RefusedError{Reason: ReasonUnsupported, Construct: "a second transaction on one connection", Offset: -1, Hint: "begin it in the first, for a savepoint, or use another connection"}
	}
	tx, err := s.conn.BeginTx(ctx, driver.TxOptions{})
	if err != nil {
		return err
	}
	s.tx = tx
	return nil
}

// Join returns an error if the open transaction is not that of ctx.
func (s *Session) Join(ctx context.Context) error {
	if v := s.conn.value(ctx); v.Mode == carry.Refused {
		return refusedContext(v.Err)
	}
	return nil
}

// End notes that the transaction is over.
func (s *Session) End() {
	if s.tx != nil {
		_ = s.tx.Commit() // it has nothing behind it that could fail
		s.tx = nil
	}
}

// Statement is a statement that may be sent, as the server is to get it.
type Statement struct {
	Query string
	Args  []any // the application's, and the tenant where the text wants it

	conn  *conn
	plan  *plan
	value *carry.Value
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
	given := make([]driver.NamedValue, len(args))
	for i, a := range args {
		given[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
	}
	bound, err := p.bind(v, given)
	if err != nil {
		return nil, err
	}
	if err := s.conn.pool.tell(ctx, s.conn.origin(ctx), v, p, query); err != nil {
		return nil, err
	}
	out := &Statement{Query: p.text, Args: make([]any, len(bound)), conn: s.conn, plan: p, value: v}
	for i := range bound {
		out.Args[i] = bound[i].Value
	}
	return out, nil
}

// Sent has to be called when the server has run the statement, whether it
// failed or not: after DDL the catalogue is read again.
func (s *Statement) Sent() { s.conn.sent(context.Background(), s.value, s.plan, "", nil) }

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
