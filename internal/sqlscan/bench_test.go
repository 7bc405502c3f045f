package sqlscan

import (
	"strings"
	"testing"

	"github.com/gotenancy/tenancy/tenant"
)

// benchTexts are the three texts on which the parsers of others were measured.
var benchTexts = []struct{ name, text string }{
	{"point", `SELECT id,name FROM contacts WHERE id=$1`},
	{"joins", `WITH recent AS (SELECT contact_id, max(created_at) AS last_at FROM activities WHERE created_at > $1 GROUP BY contact_id) ` +
		`SELECT c.id, c.name, o.name AS company, r.last_at, (SELECT count(*) FROM notes n WHERE n.contact_id = c.id) AS notes ` +
		`FROM contacts c JOIN companies o ON o.id = c.company_id LEFT JOIN recent r ON r.contact_id = c.id LEFT JOIN tags t ON t.contact_id = c.id AND t.name = 'vip' ` +
		`WHERE c.owner_id = $2 AND (c.name ILIKE $3 OR o.name ILIKE $3) ORDER BY r.last_at DESC NULLS LAST, c.id LIMIT 50`},
	{"q21", `SELECT s_name, count(*) AS numwait FROM supplier, lineitem l1, orders, nation ` +
		`WHERE s_suppkey = l1.l_suppkey AND o_orderkey = l1.l_orderkey AND o_orderstatus = 'F' AND l1.l_receiptdate > l1.l_commitdate ` +
		`AND EXISTS (SELECT * FROM lineitem l2 WHERE l2.l_orderkey = l1.l_orderkey AND l2.l_suppkey <> l1.l_suppkey) ` +
		`AND NOT EXISTS (SELECT * FROM lineitem l3 WHERE l3.l_orderkey = l1.l_orderkey AND l3.l_suppkey <> l1.l_suppkey AND l3.l_receiptdate > l3.l_commitdate) ` +
		`AND s_nationkey = n_nationkey AND n_name = 'SAUDI ARABIA' GROUP BY s_name ORDER BY numwait DESC, s_name LIMIT 100`},
}

// inDialect writes a text as the other dialects have it.
func inDialect(d tenant.Dialect, text string) string {
	if d == tenant.Postgres {
		return text
	}
	return strings.NewReplacer("$1", "?", "$2", "?", "$3", "?", " ILIKE ", " LIKE ", " NULLS LAST", "").Replace(text)
}

func BenchmarkLex(b *testing.B) {
	for _, t := range benchTexts {
		for _, d := range dialects {
			text, mem := inDialect(d, t.text), memories.Get().(*memory)
			b.Run(t.name+"/"+d.String(), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := mem.lex(d, 0, text); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for _, t := range benchTexts {
		for _, d := range dialects {
			text := inDialect(d, t.text)
			b.Run(t.name+"/"+d.String(), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					s, err := Parse(d, 0, text)
					if err != nil {
						b.Fatal(err)
					}
					s.Release()
				}
			})
		}
	}
}
