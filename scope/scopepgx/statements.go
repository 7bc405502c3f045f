package scopepgx

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// statements are the methods that a DB and its transactions have in common.
type statements struct {
	acquire func(context.Context) (*connection, error)
	names   *names // nil outside transactions
}

// Exec runs a statement, as pgx's Exec does, for the tenant of ctx.
func (s *statements) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	c, err := s.acquire(ctx)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	defer c.done()
	st, args, err := s.scoped(ctx, c, execOptions, sql, args)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	defer st.Sent()
	return c.to.Exec(ctx, st.Query, args...)
}

// Query runs a statement that returns rows, as pgx's Query does, for the tenant
// of ctx. Conn of the result returns nil, because the connection is not scoped.
func (s *statements) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	c, err := s.acquire(ctx)
	if err != nil {
		return noRows{err}, err
	}
	st, args, err := s.scoped(ctx, c, queryOptions, sql, args)
	if err != nil {
		c.done()
		return noRows{err}, err
	}
	inner, err := c.to.Query(ctx, st.Query, args...)
	st.Sent() // before the connection may be somebody else's
	if err != nil {
		c.done()
		return noRows{err}, err
	}
	return &rows{hidden{inner}, c}, nil
}

// QueryRow runs a statement that returns a row, as pgx's QueryRow does, for the
// tenant of ctx. As there, the connection is in use until Scan was called.
func (s *statements) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	c, err := s.acquire(ctx)
	if err != nil {
		return noRows{err}
	}
	st, args, err := s.scoped(ctx, c, queryOptions, sql, args)
	if err != nil {
		c.done()
		return noRows{err}
	}
	defer st.Sent()
	return &row{hiddenRow{c.to.QueryRow(ctx, st.Query, args...)}, c}
}
