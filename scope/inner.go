package scope

import (
	"context"
	"database/sql/driver"
	"errors"
)

// The functions of this file call the driver underneath as database/sql would:
// with a context where the driver takes one, and in the old form where it does
// not. A driver without the interface answers driver.ErrSkip, and database/sql
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
		return nil, errors.Join(ctx.Err(), st.Close())
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
		return nil, errors.Join(ctx.Err(), tx.Rollback())
	}
	return tx, err
}

// checkValue converts one argument as database/sql does: by the statement, the
// connection or the default, whichever has a say first.
func checkValue(c driver.Conn, st driver.Stmt, nv *driver.NamedValue) error {
	err := driver.ErrSkip
	if ch, ok := st.(driver.NamedValueChecker); ok {
		err = ch.CheckNamedValue(nv)
	} else if ch, ok := c.(driver.NamedValueChecker); ok {
		err = ch.CheckNamedValue(nv)
	}
	if !errors.Is(err, driver.ErrSkip) {
		return err
	}
	conv := driver.ValueConverter(driver.DefaultParameterConverter)
	if cc, ok := st.(driver.ColumnConverter); ok { //nolint:staticcheck // old drivers have nothing else
		conv = cc.ColumnConverter(nv.Ordinal - 1)
	}
	nv.Value, err = conv.ConvertValue(nv.Value)
	return err
}
