package tenant

import (
	"context"
	"database/sql"
	"fmt"
)

// DBTX is what the SQL stores of this module need of a database: *sql.DB,
// *sql.Tx, *sql.Conn and their sqlx forms all have it. Every SQL store has a
// method With(DBTX), so that one transaction can span several stores.
//
// A store takes a DBTX that has BeginTx for a pool, and begins its transactions
// there; one without it for the caller's transaction. So a wrapper around a
// pool has to have BeginTx too, or a write of several statements is not atomic.
//
// Give the stores the application's own pool as package scope opened it; their
// statements name only tables that begin with "tenancy_".
type DBTX interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Dialect is the SQL a database speaks.
type Dialect uint8

// The dialects. The zero value is none: what needs a dialect says so.
const (
	Postgres Dialect = iota + 1 // PostgreSQL 13 and later
	MySQL                       // MySQL 8 and MariaDB 10.6 and later
	SQLite                      // SQLite 3.37 and later
)

var dialectNames = [...]string{"", "postgres", "mysql", "sqlite"}

// String returns "postgres", "mysql" or "sqlite".
func (d Dialect) String() string {
	if d > 0 && int(d) < len(dialectNames) {
		return dialectNames[d]
	}
	return fmt.Sprintf("Dialect(%d)", uint8(d))
}

// MarshalText writes the form that [Dialect.String] returns.
func (d Dialect) MarshalText() ([]byte, error) {
	if d == 0 || int(d) >= len(dialectNames) {
		return nil, fmt.Errorf("tenant: dialect %d does not exist", uint8(d))
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads the form that [Dialect.String] returns.
func (d *Dialect) UnmarshalText(text []byte) error {
	for k, name := range dialectNames[1:] {
		if name == string(text) {
			*d = Dialect(k + 1)
			return nil
		}
	}
	return fmt.Errorf("tenant: unknown dialect; use postgres, mysql or sqlite")
}
