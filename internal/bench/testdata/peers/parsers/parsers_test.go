// Package parsers_test measures our analysis of a statement next to parsers
// that build a whole tree, each in the dialect it is made for.
package parsers_test

import (
	"strings"
	"testing"

	mysql "github.com/sqlc-dev/marino/parser"
	sqlite "github.com/sqlc-dev/meyer/parser"
	postgres "github.com/sqlc-dev/oliphant"

	"github.com/gotenancy/tenancy/internal/bench/turns"
	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/tenant"
)

// texts are a point read, a report with WITH, joins and a scalar sub-query, and
// Q21 of TPC-H.
var texts = []struct{ name, text string }{
	{"point", `SELECT id,name FROM contacts WHERE id=$1`},
	{"joins", `WITH recent AS (SELECT contact_id, max(created_at) AS last_at FROM activities WHERE created_at > $1 GROUP BY contact_id) ` +
		`SELECT c.id, c.name, o.name AS company, r.last_at, (SELECT count(*) FROM notes n WHERE n.contact_id = c.id) AS notes ` +
		`FROM contacts c JOIN companies o ON o.id = c.company_id LEFT JOIN recent r ON r.contact_id = c.id LEFT JOIN tags t ON t.contact_id = c.id AND t.name = 'vip' ` +
		`WHERE c.owner_id = $2 AND (c.name LIKE $3 OR o.name LIKE $3) ORDER BY r.last_at DESC, c.id LIMIT 50`},
	{"q21", `SELECT s_name, count(*) AS numwait FROM supplier, lineitem l1, orders, nation ` +
		`WHERE s_suppkey = l1.l_suppkey AND o_orderkey = l1.l_orderkey AND o_orderstatus = 'F' AND l1.l_receiptdate > l1.l_commitdate ` +
		`AND EXISTS (SELECT * FROM lineitem l2 WHERE l2.l_orderkey = l1.l_orderkey AND l2.l_suppkey <> l1.l_suppkey) ` +
		`AND NOT EXISTS (SELECT * FROM lineitem l3 WHERE l3.l_orderkey = l1.l_orderkey AND l3.l_suppkey <> l1.l_suppkey AND l3.l_receiptdate > l3.l_commitdate) ` +
		`AND s_nationkey = n_nationkey AND n_name = 'SAUDI ARABIA' GROUP BY s_name ORDER BY numwait DESC, s_name LIMIT 100`},
}

var ordinal = strings.NewReplacer("$1", "?", "$2", "?", "$3", "?")

// BenchmarkPostgres compares with oliphant.
func BenchmarkPostgres(b *testing.B) {
	compare(b, tenant.Postgres, func(text string) error {
		_, err := postgres.Parse(text)
		return err
	})
}

// BenchmarkMySQL compares with marino, whose parser is made once: it may not be
// shared between goroutines, so a program would keep several.
func BenchmarkMySQL(b *testing.B) {
	parser := mysql.New()
	compare(b, tenant.MySQL, func(text string) error {
		_, _, err := parser.ParseSQL(text)
		return err
	})
}

// BenchmarkSQLite compares with meyer.
func BenchmarkSQLite(b *testing.B) {
	compare(b, tenant.SQLite, func(text string) error {
		_, err := sqlite.ParseString(text)
		return err
	})
}

func compare(b *testing.B, d tenant.Dialect, peer func(text string) error) {
	for _, t := range texts {
		text := t.text
		if d != tenant.Postgres {
			text = ordinal.Replace(text)
		}
		b.Run(t.name+"/ours", func(b *testing.B) {
			turns.Compare(b, func() error { return peer(text) }, func() error {
				s, err := sqlscan.Parse(d, 0, text)
				if err == nil {
					s.Release()
				}
				return err
			})
		})
	}
}
