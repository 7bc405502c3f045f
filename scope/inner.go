package scope

import (
	"context"
	"database/sql/driver"
	"errors"
)

// The functions of this file call the driver underneath as database/sql would:
// with a context where the driver takes one, and in the old form where it does
// not. Where it has neither form, conn answers driver.ErrSkip, and database/sql
// takes its other way.

var errNamed = errors.New("sql: driver does not support the use of Named Parameters")

// values is the old form of arguments.
func values(args []driver.NamedValue) ([]driver.Value, error) {
	out := make([]driver.Value, len(args))
	for i, a := range args {
		if a.Name != "" {
			return nil, errNamed
		}
		out[i] = a.Value
	}
	return out, nil
}

// queries reports whether a connection runs queries that are not prepared.
func queries(c driver.Conn) bool {
	if _, ok := c.(driver.QueryerContext); ok {
		return true
	}
	_, ok := c.(driver.Queryer) //nolint:staticcheck // old drivers have nothing else
	return ok
}

func queryConn(ctx context.Context, c driver.Conn, query string, args []driver.NamedValue) (driver.Rows, error) {
	if q, ok := c.(driver.QueryerContext); ok {
		return q.QueryContext(ctx, query, args)
	}
	q, ok := c.(driver.Queryer) //nolint:staticcheck // old drivers have nothing else
	if !ok {
		return nil, driver.ErrSkip
	}
	vals, err := values(args)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return q.Query(query, vals)
}

// executes reports whether a connection runs statements that are not prepared.
func executes(c driver.Conn) bool {
	if _, ok := c.(driver.ExecerContext); ok {
		return true
	}
	_, ok := c.(driver.Execer) //nolint:staticcheck // old drivers have nothing else
	return ok
}

func execConn(ctx context.Context, c driver.Conn, query string, args []driver.NamedValue) (driver.Result, error) {
	if e, ok := c.(driver.ExecerContext); ok {
		return e.ExecContext(ctx, query, args)
	}
	e, ok := c.(driver.Execer) //nolint:staticcheck // old drivers have nothing else
	if !ok {
		return nil, driver.ErrSkip
	}
	vals, err := values(args)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return e.Exec(query, vals)
}

func prepareConn(ctx context.Context, c driver.Conn, query string) (driver.Stmt, error) {
	if p, ok := c.(driver.ConnPrepareContext); ok {
		return p.PrepareContext(ctx, query)
	}
	st, err := c.Prepare(query)
	if err == nil && ctx.Err() != nil {
		_ = st.Close() // the context's error is the one that the caller knows
		return nil, ctx.Err()
	}
	return st, err
}

func queryStmt(ctx context.Context, st driver.Stmt, args []driver.NamedValue) (driver.Rows, error) {
	if q, ok := st.(driver.StmtQueryContext); ok {
		return q.QueryContext(ctx, args)
	}
	vals, err := values(args)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return st.Query(vals) //nolint:staticcheck // old drivers have nothing else
}

func execStmt(ctx context.Context, st driver.Stmt, args []driver.NamedValue) (driver.Result, error) {
	if e, ok := st.(driver.StmtExecContext); ok {
		return e.ExecContext(ctx, args)
	}
	vals, err := values(args)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return st.Exec(vals) //nolint:staticcheck // old drivers have nothing else
}

func beginConn(ctx context.Context, c driver.Conn, opts driver.TxOptions) (driver.Tx, error) {
	if b, ok := c.(driver.ConnBeginTx); ok {
		return b.BeginTx(ctx, opts)
	}
	switch {
	case opts.Isolation != 0:
		return nil, errors.New("sql: driver does not support non-default isolation level")
	case opts.ReadOnly:
		return nil, errors.New("sql: driver does not support read-only transactions")
	}
	tx, err := c.Begin() //nolint:staticcheck // old drivers have nothing else
	if err == nil && ctx.Err() != nil {
		_ = tx.Rollback() // the context's error is the one that the caller knows
		return nil, ctx.Err()
	}
	return tx, err
}

// tellsItsState reports whether a connection has both interfaces by which
// database/sql learns that it can be used again.
func tellsItsState(c driver.Conn) bool {
	_, resets := c.(driver.SessionResetter)
	_, validates := c.(driver.Validator)
	return resets && validates
}
