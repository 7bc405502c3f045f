package scope

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// Copy is a bulk load into one table, PostgreSQL's COPY FROM STDIN, that may be
// sent. It is not safe for concurrent use.
type Copy struct {
	Columns []string // to be copied: the application's, and last the tenant's where it was added

	plan   *plan
	value  *carry.Value
	given  int          // which of the application's columns is the tenant's, or -1
	added  bool         // the tenant column was added
	n      int          // how many columns the application gives
	tenant driver.Value // or nil in global mode
	row    []any
	rows   int // so far
}

// Copy returns how rows of these columns have to be copied into a table for
// the tenant of ctx. table is its name as the schema has it, with or without
// the schema in front; columns are those that the rows will have.
//
// The rules are those of INSERT, because it asks for the plan of that INSERT:
// a tenant's table gets the tenant column, which the rows may also give
// themselves, as long as it is the tenant of ctx; a Shared table is refused. It
// is reported as that INSERT where it crosses tenants, and so is a refusal. The
// error is as that of [Session.Statement].
func (s *Session) Copy(ctx context.Context, table, columns []string) (*Copy, error) {
	insert := insertFor(table, columns)
	p, v, err := s.conn.plan(ctx, insert)
	if err != nil {
		return nil, err
	}
	out := &Copy{Columns: columns, plan: p, value: v, given: -1, n: len(columns)}
	for _, given := range p.given { // there is one row, so there is one at most
		out.given = given.arg
	}
	// In global mode the column gets a NULL, as by INSERT, and not its default.
	if out.added = p.text != insert; out.added {
		stmt, err := sqlscan.Parse(Postgres, 0, p.text)
		if err != nil {
			return nil, refusedBy(err)
		}
		defer stmt.Release()
		// Where the column is added it is the last.
		out.Columns = append(slices.Clone(columns), stmt.Fold(stmt.Inserts[0].Columns.End-1))
	}
	if p.extra > 0 || out.given >= 0 {
		if out.tenant, err = p.tenantValue(v, 0); err != nil {
			return nil, err
		}
	}
	if err := s.conn.ready(ctx, v, p, insert); err != nil {
		return nil, err
	}
	return out, nil
}

// Row returns the next row of the application with the values in the order of
// Columns. The result is valid until the next call; values is not changed.
// After an error the COPY has to be abandoned, so that no row of it is kept.
func (c *Copy) Row(values []any) ([]any, error) {
	c.rows++
	if len(values) != c.n {
		return nil, fmt.Errorf("scope: %d columns are copied, row %d has %d values", c.n, c.rows, len(values))
	}
	c.row = append(c.row[:0], values...)
	if c.given >= 0 {
		if !c.plan.sameTenant(c.value, values[c.given]) {
			return nil, fmt.Errorf("scope: no row is kept, because of row %d: %w", c.rows, &RefusedError{Reason: ReasonTenantColumn,
				Construct: "a value for the tenant column that is not the context's tenant", Offset: -1, Table: c.plan.given[0].table, Hint: "leave the column out: it is supplied"})
		}
		c.row[c.given] = c.tenant // what was compared is not what may be sent, see plan.bind
	}
	if c.added {
		c.row = append(c.row, c.tenant)
	}
	return c.row, nil
}

// insertFor writes the INSERT of one row that a COPY stands for.
func insertFor(table, columns []string) string {
	values := make([]string, len(columns))
	for i := range values {
		values[i] = "$" + strconv.Itoa(i+1)
	}
	return "INSERT INTO " + strings.Join(quoted(table), ".") + " (" + strings.Join(quoted(columns), ", ") + ") VALUES (" + strings.Join(values, ", ") + ")"
}

// quoted quotes every name, as pgx does: COPY takes them as they are.
func quoted(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = sqlscan.Quote(Postgres, n)
	}
	return out
}
