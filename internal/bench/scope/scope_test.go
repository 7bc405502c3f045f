// Package scope_test measures what scoping a statement costs, apart from the
// database; see endtoend for both.
package scope_test

import (
	"context"
	"database/sql/driver"
	"runtime"
	"strconv"
	"testing"

	"github.com/gotenancy/tenancy/internal/bench/turns"
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
		turns.Alone(b, func(int) {
			out := make([]driver.NamedValue, len(args), len(args)+1)
			copy(out, args)
			sink = append(out, driver.NamedValue{Ordinal: 3, Value: "acme"})
		})
	})
	b.Run("ours", func(b *testing.B) {
		r, ctx := newRewriter(b), tenant.WithID(context.Background(), "acme")
		turns.Alone(b, func(int) { rewrite(b, r, ctx, threeJoins, args) })
	})
}

var sink []driver.NamedValue

// BenchmarkMiss: lex, parse, plan, splice and verify. The texts differ in a
// comment, which takes about 100 ns to write, so that none is in the cache.
func BenchmarkMiss(b *testing.B) {
	for _, s := range []struct {
		name, text string
		args       []driver.NamedValue
	}{
		{"one-table", oneTable, []driver.NamedValue{{Ordinal: 1, Value: int64(1)}}},
		{"q21", q21, nil},
	} {
		b.Run(s.name+"/ours", func(b *testing.B) {
			r, ctx := newRewriter(b), tenant.WithID(context.Background(), "acme")
			turns.Alone(b, func(i int) { rewrite(b, r, ctx, s.text+" -- "+strconv.Itoa(i), s.args) })
		})
	}
}

// BenchmarkUnique: memory under a stream of texts of which none comes twice, as
// of an application that writes its values into them. The cache has seen more
// than it can hold before the first measurement; growth is the live heap after
// the stream in units of that. For a long stream:
//
//	go test ./scope -run '^$' -bench Unique -benchtime 10000000x
func BenchmarkUnique(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		r, ctx := newRewriter(b), tenant.WithID(context.Background(), "acme")
		text := func(i int) string { return `SELECT id, name FROM contacts WHERE id = ` + strconv.Itoa(1e9+i) } // all of one length
		const full = 100_000
		for i := range full {
			rewrite(b, r, ctx, text(i), nil)
		}
		before := heap()
		for i := full; b.Loop(); i++ {
			rewrite(b, r, ctx, text(i), nil)
		}
		after := heap()
		b.ReportMetric(after/before, "growth")
		b.ReportMetric(after/(1<<20), "heap-MiB")
		runtime.KeepAlive(r)
	})
}

// heap returns the bytes that are in use.
func heap() float64 {
	runtime.GC()
	runtime.GC() // what pools hold survives one
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
