package feed

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
)

// One statement takes the lock, whether the row exists or not: two that first
// look and then insert could both find nothing.
const (
	bumpReturning = `INSERT INTO tenancy_changes (tenant_id, number, changed_at) VALUES (?, 1, ?)
ON CONFLICT (tenant_id) DO UPDATE SET number = tenancy_changes.number + 1, changed_at = ?
RETURNING number`

	bumpMySQL = `INSERT INTO tenancy_changes (tenant_id, number, changed_at) VALUES (?, 1, ?)
ON DUPLICATE KEY UPDATE number = number + 1, changed_at = ?`

	selectNumber = `SELECT number FROM tenancy_changes WHERE tenant_id = ?`
)

// Number returns the change number of one tenant, or with an empty id the global
// one; 0 before the first change. Read in the same state of the database as what
// it counts, it says as of which change that is.
func Number(ctx context.Context, db tenant.DBTX, dialect tenant.Dialect, id tenant.ID) (number int64, err error) {
	err = db.QueryRowContext(carry.Library(ctx), sqltext.Rebind(dialect, selectNumber), string(id)).Scan(&number)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("feed: %w", err)
	}
	return number, nil
}

// Bump increments the change number of one tenant, or with an empty id the
// global one, and returns the new number. The first is 1.
//
// db must be the transaction that makes the change. Until it ends, other
// writers of the same tenant wait for it in Bump; with it the number is rolled
// back. A transaction that changes several tenants calls Bump in the order of
// their ids, so that two of them can not wait for each other.
func Bump(ctx context.Context, db tenant.DBTX, dialect tenant.Dialect, id tenant.ID) (number int64, err error) {
	if id != "" {
		if _, err := tenant.ParseID(string(id)); err != nil {
			return 0, fmt.Errorf("feed: %w", err)
		}
	}
	ctx = carry.Library(ctx)
	now := time.Now().UnixMilli()
	switch dialect {
	case tenant.Postgres, tenant.SQLite:
		err = db.QueryRowContext(ctx, sqltext.Rebind(dialect, bumpReturning), string(id), now, now).Scan(&number)
	case tenant.MySQL:
		if _, err = db.ExecContext(ctx, bumpMySQL, string(id), now, now); err == nil {
			// Our own change, which nobody else can follow before we commit.
			err = db.QueryRowContext(ctx, selectNumber, string(id)).Scan(&number)
		}
	default:
		err = fmt.Errorf("there is no dialect %v", dialect)
	}
	if err != nil {
		return 0, fmt.Errorf("feed: %w", err)
	}
	return number, nil
}
