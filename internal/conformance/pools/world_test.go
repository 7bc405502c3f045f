package pools

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

const (
	tenants  = 120 // all of them are read
	writing  = 100 // the first of them are written to, the others never
	items    = 12  // rows of each
	accounts = 4   // of each
	opening  = 1000
	counters = 3 // of each; 0 is the lock of its notes
	notes    = 3 // of each

	goroutines = 32
	conns      = 4 // of each pool
)

func name(k int) tenant.ID { return tenant.ID(fmt.Sprintf("t%03d", k)) }

func as(k int) context.Context { return tenant.WithID(context.Background(), name(k)) }

// mark is in a row to say whose it is, whatever statement returned it.
func mark(k, n int) string { return fmt.Sprintf("%s:%d", name(k), n) }

func policy(d tenant.Dialect) scope.Policy {
	return scope.Policy{Dialect: d, Column: "tenant_id", Default: scope.PerTenant}
}

// schema has the tenant first in each key, and rows of equal ids in all of them.
// A doubled entry is allowed, because the test has to see it.
var schema = []string{
	`CREATE TABLE items (tenant_id VARCHAR(63) NOT NULL, id INTEGER NOT NULL, mark VARCHAR(80) NOT NULL, PRIMARY KEY (tenant_id, id))`,
	`CREATE TABLE accounts (tenant_id VARCHAR(63) NOT NULL, id INTEGER NOT NULL, mark VARCHAR(80) NOT NULL, balance INTEGER NOT NULL, PRIMARY KEY (tenant_id, id))`,
	`CREATE TABLE counters (tenant_id VARCHAR(63) NOT NULL, id INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (tenant_id, id))`,
	`CREATE TABLE notes (tenant_id VARCHAR(63) NOT NULL, id INTEGER NOT NULL, mark VARCHAR(80) NOT NULL, PRIMARY KEY (tenant_id, id))`,
	`CREATE TABLE entries (tenant_id VARCHAR(63) NOT NULL, attempt INTEGER NOT NULL, mark VARCHAR(80) NOT NULL)`,
	`CREATE INDEX entries_of ON entries (tenant_id, attempt)`,
}

// fill makes the tables on an unscoped pool.
func fill(t *testing.T, db *sql.DB) {
	t.Helper()
	for _, query := range schema {
		_, err := db.ExecContext(t.Context(), query)
		require.NoError(t, err, query)
	}
	insert := func(table string, n int, row func(k, i int) string) {
		var rows []string
		for k := range tenants {
			for i := range n {
				rows = append(rows, fmt.Sprintf("('%s', %d, %s)", name(k), i, row(k, i)))
			}
		}
		_, err := db.ExecContext(t.Context(), "INSERT INTO "+table+" VALUES "+strings.Join(rows, ", "))
		require.NoError(t, err, table)
	}
	text := func(k, i int) string { return "'" + mark(k, i) + "'" }
	insert("items", items, text)
	insert("accounts", accounts, func(k, i int) string { return fmt.Sprintf("%s, %d", text(k, i), opening) })
	insert("counters", counters, func(k, i int) string { return "0" })
	insert("notes", notes, text)
}

// place is a database with the pools under test on it.
type place struct {
	dialect tenant.Dialect
	admin   *sql.DB // unscoped and straight to the server, on one connection
	clients []client
	faults  faults
	limited bool // one of the clients has a scope.Limit
}

// client is one pool under test, through whatever library. Statements have ?
// for placeholders, and give rows as text.
type client interface {
	String() string
	session
	readers() []reader
	begin(ctx context.Context) (transaction, error)
	idle() error // that no connection is in use
}

type session interface {
	query(ctx context.Context, query string, args ...any) ([][]string, error)
	exec(ctx context.Context, query string, args ...any) (int64, error)
}

type transaction interface {
	session
	commit(ctx context.Context) error
	rollback() error
}

// item is a row of items, as an application has it.
type item struct {
	ID   int    `db:"id"`
	Mark string `db:"mark"`
}

// reader is one way of reading the items with ids in [from, to]. Those that
// read one item are given from == to. What they had read before an error they
// return with it.
type reader struct {
	name string
	one  bool
	read func(ctx context.Context, from, to int) ([]item, error)
}

const (
	oneItem   = `SELECT id, mark FROM items WHERE id = ?`
	someItems = `SELECT id, mark FROM items WHERE id >= ? AND id <= ? ORDER BY id`
)

func (p *place) bind(query string) string { return sqltext.Rebind(p.dialect, query) }

// fetch asks the server itself.
func (p *place) fetch(t *testing.T, query string) [][]string {
	t.Helper()
	rows, err := p.admin.QueryContext(t.Context(), query)
	require.NoError(t, err, query)
	out, err := texts(rows)
	require.NoError(t, err, query)
	return out
}

// texts reads all rows and closes them. With an error it returns those before
// it.
func texts(rows *sql.Rows) ([][]string, error) {
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var out [][]string
	for rows.Next() {
		cells, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			return out, err
		}
		row := make([]string, len(columns))
		for i, c := range cells {
			row[i] = c.String
		}
		out = append(out, row)
	}
	return out, rows.Err()
}
