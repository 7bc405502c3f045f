package sqltext

import (
	"context"
	"database/sql"

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
	b, ok := db.(beginner)
	if !ok {
		return fn(db)
	}
	tx, err := b.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}
