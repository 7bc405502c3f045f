// Package scope_test measures what scoping a statement costs.
package scope_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strconv"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

const (
	threeJoins = `SELECT c.id, c.name, o.name, n.body FROM contacts c JOIN companies o ON o.id = c.company_id ` +
		`LEFT JOIN notes n ON n.contact_id = c.id LEFT JOIN tags t ON t.note_id = n.id WHERE c.id = $1 AND c.name <> $2 ORDER BY c.id`
	oneTable = `SELECT id, name FROM contacts WHERE id = $1`

	// Q21 of TPC-H: the largest of the standard texts.
	q21 = `SELECT s_name, count(*) AS numwait FROM supplier, lineitem l1, orders, nation ` +
		`WHERE s_suppkey = l1.l_suppkey AND o_orderkey = l1.l_orderkey AND o_orderstatus = 'F' AND l1.l_receiptdate > l1.l_commitdate ` +
		`AND EXISTS (SELECT * FROM lineitem l2 WHERE l2.l_orderkey = l1.l_orderkey AND l2.l_suppkey <> l1.l_suppkey) ` +
		`AND NOT EXISTS (SELECT * FROM lineitem l3 WHERE l3.l_orderkey = l1.l_orderkey AND l3.l_suppkey <> l1.l_suppkey AND l3.l_receiptdate > l3.l_commitdate) ` +
		`AND s_nationkey = n_nationkey AND n_name = 'SAUDI ARABIA' GROUP BY s_name ORDER BY numwait DESC, s_name LIMIT 100`
)

func newRewriter(b *testing.B) *scope.Rewriter {
	var columns []scope.CatalogueColumn
	for _, name := range []string{"id", "name", "body", "company_id", "contact_id", "note_id", "l_suppkey", "l_orderkey", "l_receiptdate", "l_commitdate"} {
		columns = append(columns, scope.CatalogueColumn{Name: name, Type: "integer"})
	}
	columns = append(columns, scope.CatalogueColumn{Name: "tenant_id", Type: "text"})
	cat := &scope.Catalogue{Tables: map[string]scope.CatalogueTable{}}
	for _, t := range []string{"contacts", "companies", "notes", "tags", "supplier", "lineitem", "orders", "nation"} {
		cat.Tables[t] = scope.CatalogueTable{Columns: columns}
	}
	r, err := scope.NewRewriter(scope.Policy{Dialect: scope.Postgres, Column: "tenant_id", Default: scope.PerTenant, Catalogue: cat})
	if err != nil {
		b.Fatal(err)
	}
	return r
}

func rewrite(b *testing.B, r *scope.Rewriter, ctx context.Context, query string, args []driver.NamedValue) {
	if _, _, err := r.Rewrite(ctx, query, args); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkHit: a statement that has been seen before. The floor is the slice
// of arguments that any rewriter has to make.
func BenchmarkHit(b *testing.B) {
	args := []driver.NamedValue{{Ordinal: 1, Value: int64(1)}, {Ordinal: 2, Value: "x"}}
	b.Run("floor", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			out := make([]driver.NamedValue, len(args), len(args)+1)
			copy(out, args)
			sink = append(out, driver.NamedValue{Ordinal: 3, Value: "acme"})
		}
	})
	b.Run("ours", func(b *testing.B) {
		r, ctx := newRewriter(b), tenant.WithID(context.Background(), "acme")
		b.ReportAllocs()
		for b.Loop() {
			rewrite(b, r, ctx, threeJoins, args)
		}
	})
}

var sink []driver.NamedValue

// BenchmarkMiss: lex, parse, plan, splice and verify. The texts differ in a
// comment, which takes about 100 ns to write, so that none is in the cache.
func BenchmarkMiss(b *testing.B) {
	for name, query := range map[string]string{"one-table": oneTable, "q21": q21} {
		b.Run(name+"/ours", func(b *testing.B) {
			r, ctx := newRewriter(b), tenant.WithID(context.Background(), "acme")
			var args []driver.NamedValue
			if name == "one-table" {
				args = []driver.NamedValue{{Ordinal: 1, Value: int64(1)}}
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				rewrite(b, r, ctx, query+" -- "+strconv.Itoa(i), args)
			}
		})
	}
}

// BenchmarkSQLite: a point read end to end on an embedded database, where the
// engine is fastest. The floor is the same statement with the predicate written
// by hand, on the bare driver.
func BenchmarkSQLite(b *testing.B) {
	dsn := "file:" + b.TempDir() + "/bench.db"
	plain, err := sql.Open("sqlite", dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer plain.Close()
	for _, q := range []string{
		`CREATE TABLE contacts (tenant_id TEXT NOT NULL, id INTEGER NOT NULL, name TEXT, PRIMARY KEY (tenant_id, id))`,
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO contacts SELECT 'acme', i, 'c' || i FROM n`,
	} {
		if _, err := plain.Exec(q); err != nil {
			b.Fatal(err)
		}
	}
	read := func(b *testing.B, db interface {
		QueryRowContext(context.Context, string, ...any) *sql.Row
	}, ctx context.Context, query string, args ...any) {
		var name string
		for b.Loop() {
			if err := db.QueryRowContext(ctx, query, args...).Scan(&name); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("floor", func(b *testing.B) {
		read(b, plain, context.Background(), `SELECT name FROM contacts WHERE contacts."tenant_id" = ? AND (id = ?)`, "acme", 500)
	})
	b.Run("ours", func(b *testing.B) {
		db, err := scope.Open("sqlite", dsn, scope.Policy{Dialect: scope.SQLite, Column: "tenant_id", Default: scope.PerTenant})
		if err != nil {
			b.Fatal(err)
		}
		defer db.Close()
		read(b, db, tenant.WithID(context.Background(), "acme"), `SELECT name FROM contacts WHERE id = ?`, 500)
	})
}
