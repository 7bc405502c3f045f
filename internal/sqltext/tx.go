package sqltext

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/gotenancy/tenancy/tenant"
)

// beginner is a handle that is not inside a transaction: *sql.DB, *sql.Conn,
// *sqlx.DB.
type beginner interface {
	BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error)
}

// InTx runs fn in a transaction. Where db can begin one, InTx begins it, and
// commits if fn returns nil; otherwise db is the caller's own transaction
// already, and the caller commits.
//
// SQLite does not let a transaction that has read turn into a writing one
// while another has written, so fn should write before it reads.
func InTx(ctx context.Context, db tenant.DBTX, fn func(tx tenant.DBTX) error) error {
	return InTxWith(ctx, db, nil, fn)
}

// InTxWith is InTx with options for the transactions that it begins itself.
func InTxWith(ctx context.Context, db tenant.DBTX, opts *sql.TxOptions, fn func(tx tenant.DBTX) error) error {
	b, ok := db.(beginner)
	if !ok {
		return fn(db)
	}
	tx, err := b.BeginTx(ctx, opts)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	if err := fn(tx); err != nil {
		return ended(ctx, err)
	}
	return ended(ctx, tx.Commit())
}

// ended says why a transaction is over. database/sql rolls back as soon as ctx
// ends, from a goroutine of its own, so the next statement fails either with
// the context's error or with [sql.ErrTxDone], as it happens; callers look for
// the first.
func ended(ctx context.Context, err error) error {
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	return err
}
