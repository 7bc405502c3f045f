package feed

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
)

// Hold keeps the change number of one tenant, or with an empty id the global
// one, from being incremented until the transaction ends. Any number of
// transactions hold it at the same time; writers of that tenant wait for them in
// [Bump]. It is for a change of one tenant that depends on what is global.
//
// db must be a transaction. As in Bump, the order is that of the ids, the empty
// one first. Before the tenant's first change there is nothing to hold.
//
// On SQLite, where one transaction writes at a time, it does nothing: whoever
// has called Bump there holds everything.
func Hold(ctx context.Context, db tenant.DBTX, dialect tenant.Dialect, id tenant.ID) error {
	query := selectNumber
	switch dialect {
	case tenant.Postgres:
		query += ` FOR SHARE`
	case tenant.MySQL:
		query += ` LOCK IN SHARE MODE` // MariaDB has no other form
	case tenant.SQLite:
		return nil
	default:
		return fmt.Errorf("feed: there is no dialect %v", dialect)
	}
	var number int64
	err := db.QueryRowContext(carry.Library(ctx), sqltext.Rebind(dialect, query), string(id)).Scan(&number)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("feed: %w", err)
	}
	return nil
}
