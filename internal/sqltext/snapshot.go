package sqltext

import (
	"context"
	"database/sql"

	"github.com/gotenancy/tenancy/tenant"
)

// Snapshot runs fn, which only reads, on a handle that sees one state of the
// database, so that what several statements read belongs together. Where db is
// the caller's own transaction the state is the caller's affair.
func Snapshot(ctx context.Context, db tenant.DBTX, dialect tenant.Dialect, fn func(tx tenant.DBTX) error) error {
	b, ok := db.(beginner)
	if !ok {
		return fn(db)
	}
	opts := &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	if dialect == tenant.SQLite {
		opts = nil // its transactions are that, and its drivers know no other
	}
	tx, err := b.BeginTx(ctx, opts)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	return ended(ctx, fn(tx))
}
