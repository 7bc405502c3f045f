package transfer

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// DB is a pool that package scope opened: *sql.DB and *sqlx.DB.
type DB interface {
	tenant.DBTX
	Conn(ctx context.Context) (*sql.Conn, error)
	BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error)
}

// Summary says what was moved.
type Summary struct {
	Tenant tenant.ID
	Tables []Count // all that may have rows, parents first
	Rows   int64   // the sum
	Digest string  // of the file, as its last line has it; "" for a purge
}

// Count is the number of rows of one table.
type Count struct {
	Table string
	Rows  int64
}

func (s *Summary) add(table string, rows int64) {
	s.Tables = append(s.Tables, Count{table, rows})
	s.Rows += rows
}

// Progress is told while a transfer runs: for each table at its beginning and
// end, and about once in a thousand rows.
type Progress struct {
	Table string
	Rows  int64 // of this table, so far
}

// every is how often progress is told.
const every = 1000

// inside returns ctx for the tenant. An operator's context, global or across all,
// changes to it by name; that of another tenant is refused by what is asked next.
// A member of another tenant is refused in every mode, and in none.
func inside(ctx context.Context, id tenant.ID) (context.Context, error) {
	if a, ok := tenant.ActorFromContext(ctx); ok && a.Tenant != "" && a.Tenant != id {
		return ctx, fmt.Errorf("transfer: of another tenant than the actor's: %w", tenant.ErrNotMember)
	}
	switch tenant.ModeOf(ctx) {
	case tenant.ModeGlobal, tenant.ModeAcrossAll:
		ctx = tenant.Switch(ctx, id, "transfer of the tenant's rows")
	default:
		ctx = tenant.WithID(ctx, id)
	}
	return ctx, tenant.Err(ctx)
}

// change is inside for what writes: a read-only context is refused before
// anything is asked.
func change(ctx context.Context, id tenant.ID) (context.Context, error) {
	if tenant.IsReadOnly(ctx) {
		return ctx, fmt.Errorf("transfer: %w", tenant.ErrReadOnly)
	}
	return inside(ctx, id)
}

// begin begins the transaction that rows are read in: one that sees the database
// at one moment. SQLite's always do.
func (l *layout) begin(ctx context.Context, db DB) (*sql.Tx, error) {
	if l.dialect == scope.SQLite {
		return db.BeginTx(ctx, nil)
	}
	return db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
}

// mark is placeholder n of a statement, from 1.
func (l *layout) mark(n int) string {
	if l.dialect == scope.Postgres {
		return fmt.Sprintf("$%d", n)
	}
	return "?"
}

// rows calls fn for each row of a query that selects the columns of t, in the
// order of at. The slice is fn's until it returns.
func (l *layout) rows(ctx context.Context, tx *sql.Tx, t *table, at []int, rest string, distinct bool, fn func([]cell) error) (err error) {
	list := make([]string, len(at))
	n := 0
	for i, c := range at {
		list[i] = t.columns[c].codec.selected("c." + t.columns[c].quoted)
		n += t.columns[c].codec.values()
	}
	query := "SELECT "
	if distinct {
		query += "DISTINCT "
	}
	if len(list) == 0 {
		list = []string{"1"} // a table of nothing but its tenant column
		n = 1
	}
	rows, err := tx.QueryContext(ctx, query+strings.Join(list, ", ")+" FROM "+t.quoted+" c"+rest)
	if err != nil {
		return fmt.Errorf("transfer: reading table %s: %w", t.Name, err)
	}
	defer rows.Close() //nolint:errcheck // its error is that of Err
	raw, into, out := make([]any, n), make([]any, n), make([]cell, len(at))
	for i := range raw {
		into[i] = &raw[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return fmt.Errorf("transfer: reading table %s: %w", t.Name, err)
		}
		k := 0
		for i, c := range at {
			codec := t.columns[c].codec
			if out[i], err = codec.read(raw[k : k+codec.values()]); err != nil {
				return fmt.Errorf("transfer: reading column %s.%s: %w", t.Name, t.columns[c].Name, err)
			}
			k += codec.values()
		}
		if err := fn(out); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("transfer: reading table %s: %w", t.Name, err)
	}
	return nil
}

// count returns how many rows the tenant has in a table.
func (l *layout) count(ctx context.Context, q tenant.DBTX, t *table) (n int64, err error) {
	if err = q.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+t.quoted+" c"+where(l.own(t))).Scan(&n); err != nil {
		return 0, fmt.Errorf("transfer: counting the rows of table %s: %w", t.Name, err)
	}
	return n, nil
}
