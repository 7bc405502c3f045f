// Package endtoend_test measures statements through a driver to a database and
// back, scoped and with the predicate written by hand.
package endtoend_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"testing"

	"github.com/gotenancy/tenancy/internal/bench/turns"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// schema holds a thousand contacts of each of two tenants in a hundred
// companies, keyed as scoped applications key their tables.
var schema = []string{
	`CREATE TABLE companies (tenant_id VARCHAR(40) NOT NULL, id BIGINT NOT NULL, name VARCHAR(40) NOT NULL, PRIMARY KEY (tenant_id, id))`,
	`CREATE TABLE contacts (tenant_id VARCHAR(40) NOT NULL, id BIGINT NOT NULL, company_id BIGINT NOT NULL, name VARCHAR(40) NOT NULL, PRIMARY KEY (tenant_id, id))`,
	`CREATE INDEX contacts_company ON contacts (tenant_id, company_id)`,
}

const (
	tenants  = 2
	contacts = 1000
	perFirm  = 10
)

func fill(b *testing.B, ctx context.Context, db *sql.DB) {
	for _, statement := range schema {
		exec(b, ctx, db, statement)
	}
	for t := range tenants {
		var firms, people []string
		for i := range contacts {
			if i%perFirm == 0 {
				firms = append(firms, fmt.Sprintf("('tenant-%d', %d, 'firm %d')", t, i/perFirm, i))
			}
			people = append(people, fmt.Sprintf("('tenant-%d', %d, %d, 'contact %d')", t, i, i/perFirm, i))
		}
		exec(b, ctx, db, `INSERT INTO companies (tenant_id, id, name) VALUES `+strings.Join(firms, ","))
		exec(b, ctx, db, `INSERT INTO contacts (tenant_id, id, company_id, name) VALUES `+strings.Join(people, ","))
	}
}

func exec(b *testing.B, ctx context.Context, db *sql.DB, statement string, args ...any) {
	b.Helper()
	if _, err := db.ExecContext(ctx, statement, args...); err != nil {
		b.Fatal(err)
	}
}

// acme is the tenant that asks.
const acme = tenant.ID("tenant-1")

// The statements as an application writes them, and by hand for one table
// among several tenants'. PostgreSQL gets $1 for the question marks.
var statements = []struct {
	name         string
	scoped, hand string
	args         []any // of scoped; by hand there are tenants before them
	tenants      int
	rows         int
}{
	{
		name:   "point",
		scoped: `SELECT name FROM contacts WHERE id = ?`,
		hand:   `SELECT name FROM contacts WHERE tenant_id = ? AND id = ?`,
		args:   []any{500}, tenants: 1, rows: 1,
	},
	{
		name:   "join",
		scoped: `SELECT c.name, o.name FROM contacts c JOIN companies o ON o.id = c.company_id WHERE c.company_id = ? ORDER BY c.id`,
		hand: `SELECT c.name, o.name FROM contacts c JOIN companies o ON o.id = c.company_id ` +
			`WHERE c.tenant_id = ? AND o.tenant_id = ? AND c.company_id = ? ORDER BY c.id`,
		args: []any{50}, tenants: 2, rows: perFirm,
	},
}

// BenchmarkPostgres goes through pgx, on a server near by.
func BenchmarkPostgres(b *testing.B) { onEngine(b, "postgres") }

// BenchmarkMySQL goes through go-sql-driver, on a server near by.
func BenchmarkMySQL(b *testing.B) { onEngine(b, "mysql") }

func onEngine(b *testing.B, name string) {
	e := engines.Get(b, name)
	dsn, db := e.NewDatabase(b)
	ctx := context.Background()
	fill(b, ctx, db)
	if e.Dialect == tenant.Postgres {
		exec(b, ctx, db, `ANALYZE`)
	}
	conn, err := e.Connector(b, dsn).Connect(ctx)
	if err != nil {
		b.Fatal(err)
	}
	one := turns.OneConn{Conn: conn}
	plain, scoped := sql.OpenDB(one), openScoped(b, one, e.Dialect)
	defer plain.Close()
	for _, s := range statements {
		b.Run(s.name+"/ours", func(b *testing.B) { compare(b, e.Dialect, plain, scoped, s.hand, s.scoped, s.tenants, s.args, s.rows) })
	}
}

func openScoped(b *testing.B, c driver.Connector, d tenant.Dialect) *sql.DB {
	db, err := scope.OpenDB(c, policy(d))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	return db
}

func policy(d tenant.Dialect) scope.Policy {
	return scope.Policy{Dialect: d, Column: "tenant_id", Default: scope.PerTenant}
}

func compare(b *testing.B, d tenant.Dialect, plain, scoped *sql.DB, hand, text string, tenants int, args []any, rows int) {
	byHand := append(make([]any, 0, tenants+len(args)), args...)
	for range tenants {
		byHand = append([]any{string(acme)}, byHand...)
	}
	hand, text = sqltext.Rebind(d, hand), sqltext.Rebind(d, text)
	ctx, ours := context.Background(), tenant.WithID(context.Background(), acme)
	turns.Compare(b,
		func() error { return query(ctx, plain, rows, hand, byHand...) },
		func() error { return query(ours, scoped, rows, text, args...) },
	)
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// query reads all rows and returns an error if there are not as many as want.
func query(ctx context.Context, db querier, want int, text string, args ...any) error {
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	n := 0
	var name, firm string
	dest := []any{&name, &firm}
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := rows.Scan(dest[:len(columns)]...); err != nil {
			return err
		}
		n++
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if n != want {
		return fmt.Errorf("%d rows, want %d: %s", n, want, text)
	}
	return nil
}
