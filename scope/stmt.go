package scope

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/gotenancy/tenancy/internal/carry"
)

// stmt is a prepared statement without a tenant. It is prepared on the server
// at its first execution, and again for each other text that a mode makes of
// it; the tenant is bound anew each time.
type stmt struct {
	conn  *conn
	query string
	inner []textStmt // few, most often one
}

// textStmt is a statement of the driver's, and its text.
type textStmt struct {
	text string
	driver.Stmt
	queried bool // rows of it may be open
}

// maxTexts bounds the server's statements behind one of ours. Only lists of
// tenants of different lengths make more than a few texts of one statement. Those
// beyond it whose rows may be open stay until the connection comes back.
const maxTexts = 8

// run is one execution of a prepared statement.
type run struct {
	inner driver.Stmt
	plan  *plan
	value *carry.Value
	args  []driver.NamedValue
}

// ready returns the execution for these arguments. What has to be refused is
// refused before the statement is prepared on the server.
func (s *stmt) ready(ctx context.Context, args []driver.NamedValue) (r run, err error) {
	p, v, err := s.conn.plan(ctx, s.query)
	if err != nil {
		return r, err
	}
	r = run{plan: p, value: v, args: args}
	// More arguments than placeholders can be right if the driver takes some
	// out for itself, but only its statement knows that.
	surplus := p.args >= 0 && len(args) > p.args
	if !surplus {
		if r.args, err = p.bindOrPass(v, args); err != nil {
			return r, err
		}
	}
	if r.inner, err = s.prepared(ctx, p.text); err != nil {
		return r, err
	}
	conv := newConverter(s.conn.inner, r.inner)
	if surplus {
		if args, err = conv.all(args); err != nil {
			return r, err
		}
		if r.args, err = p.bindOrPass(v, args); err != nil {
			return r, err
		}
	}
	added := len(r.args) - len(args)
	if r.args, err = conv.all(r.args); err != nil {
		return r, err
	}
	if want := conv.inputs; want >= 0 && want != len(r.args) {
		return r, fmt.Errorf("sql: expected %d arguments, got %d", want-added, len(r.args)-added)
	}
	if p.args >= 0 && len(r.args) != p.args+added {
		// The tenant would stand in another's place.
		return r, fmt.Errorf("sql: expected %d arguments, got %d", p.args, len(r.args)-added)
	}
	return r, s.conn.ready(ctx, v, p, s.query)
}

func (s *stmt) prepared(ctx context.Context, text string) (driver.Stmt, error) {
	for i := range s.inner {
		if s.inner[i].text == text {
			return s.inner[i].Stmt, nil
		}
	}
	if len(s.inner) >= maxTexts {
		if err := s.evict(); err != nil {
			return nil, err
		}
	}
	st, err := prepareConn(ctx, s.conn.inner, text)
	if err != nil {
		return nil, err
	}
	s.inner = append(s.inner, textStmt{text: text, Stmt: st})
	return st, nil
}

// evict makes room for another text, in the place of the oldest. A driver must
// not be told to close a statement whose rows are open, and some crash at it. As
// the rows are the driver's own, we do not see their end, but the connection comes
// back to the pool only after it.
func (s *stmt) evict() error {
	old := s.inner[0]
	s.inner = slices.Delete(s.inner, 0, 1)
	if !old.queried {
		return old.Close()
	}
	s.conn.evicted = append(s.conn.evicted, old.Stmt)
	return nil
}

// closeEvicted closes what evict left open. Nobody waits for what comes of it.
func (c *conn) closeEvicted() {
	for _, st := range c.evicted {
		_ = st.Close()
	}
	c.evicted = nil
}

// QueryContext implements driver.StmtQueryContext.
func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (rows driver.Rows, err error) {
	r, err := s.ready(ctx, args)
	if err != nil {
		return nil, err
	}
	defer func() { s.conn.sent(ctx, r.value, r.plan, s.query, err) }()
	for i := range s.inner {
		if s.inner[i].text == r.plan.text {
			s.inner[i].queried = true
		}
	}
	return queryStmt(ctx, r.inner, r.args)
}

// ExecContext implements driver.StmtExecContext.
func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (res driver.Result, err error) {
	r, err := s.ready(ctx, args)
	if err != nil {
		return nil, err
	}
	defer func() { s.conn.sent(ctx, r.value, r.plan, s.query, err) }()
	if r.plan.selects && len(args) == 0 && len(r.args) > 0 && s.conn.pool.rules.Dialect == MySQL {
		return s.discard(ctx, r)
	}
	res, err = execStmt(ctx, r.inner, r.args)
	return resultOf(s.conn.pool.rules.Dialect, r.plan, res, err)
}

// discard runs a query whose rows nobody wants. go-sql-driver waits forever for
// the end of a prepared one that is executed, and by adding the tenant we make a
// prepared one of a text without arguments.
func (s *stmt) discard(ctx context.Context, r run) (driver.Result, error) {
	rows, err := queryStmt(ctx, r.inner, r.args)
	if err != nil {
		return nil, err
	}
	values := make([]driver.Value, len(rows.Columns()))
	for err == nil {
		err = rows.Next(values)
	}
	if !errors.Is(err, io.EOF) {
		return nil, errors.Join(err, rows.Close())
	}
	return driver.RowsAffected(0), rows.Close()
}

// Query implements driver.Stmt.
func (s *stmt) Query(args []driver.Value) (driver.Rows, error) {
	return s.QueryContext(context.Background(), named(args))
}

// Exec implements driver.Stmt.
func (s *stmt) Exec(args []driver.Value) (driver.Result, error) {
	return s.ExecContext(context.Background(), named(args))
}

func named(args []driver.Value) []driver.NamedValue {
	out := make([]driver.NamedValue, len(args))
	for i, v := range args {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return out
}

// NumInput implements driver.Stmt. The count is not known before the first
// execution, so it is checked there.
func (s *stmt) NumInput() int { return -1 }

// CheckNamedValue implements driver.NamedValueChecker: it takes everything, see
// converter.
func (s *stmt) CheckNamedValue(*driver.NamedValue) error { return nil }

// Close implements driver.Stmt.
func (s *stmt) Close() error {
	var errs []error
	for _, st := range s.inner {
		if err := st.Close(); err != nil {
			errs = append(errs, err)
		}
	}
	s.inner = nil
	return errors.Join(errs...)
}
