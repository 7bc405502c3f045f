package sqlgen

import (
	"slices"
	"strconv"

	"github.com/gotenancy/tenancy/internal/ddl"
)

// matching writes a query that counts the rows of a table that compare with a column
// of the block, so that its value differs from row to row.
func (g *Generator) matching(b *block) bool {
	outer, ok := g.search(nil, b, ddl.Int)
	if !ok || !g.room() {
		return false
	}
	var rel relation
	text := g.capture(func() { rel = g.tableRef(&block{rels: slices.Clone(b.rels)}) })
	inner, ok := g.search(nil, &block{rels: []relation{rel}}, ddl.Int)
	if !ok {
		return false
	}
	g.w("(SELECT count(*) FROM ", text, " WHERE ")
	g.colRef(inner, nil)
	g.w(g.pick(" <= ", " = ", " = ", " <> "))
	g.colRef(outer, nil)
	g.w(")")
	return true
}

// inTable writes SQLite's x IN t, which reads a table that stands in no FROM. It has
// to have one column.
func (g *Generator) inTable(b *block) bool {
	for _, i := range g.rnd.Perm(len(g.tables)) {
		if t := g.tables[i]; len(t.Columns) == 2 && !g.shadowed(t) {
			g.hit(pInTable)
			g.value(b, t.cols[0].kind, 0)
			g.w(g.pick(" IN ", " NOT IN "), g.ident(t.Name, true))
			return true
		}
	}
	return false
}

// executable writes a comment that MySQL and MariaDB run: one more table, which
// makes other rows of the same ones.
func (g *Generator) executable() {
	t := g.tables[g.rnd.IntN(len(g.tables))]
	if t == g.target || g.shadowed(t) {
		return
	}
	g.hit(pExecutable)
	g.names++
	g.w(g.pick(" /*!", " /*!50000 ", " /*M!100000 "), " CROSS JOIN ")
	g.quiet++
	g.w(g.ident(t.Name, true), " AS x", strconv.Itoa(g.names), " */")
	g.quiet--
}

// setTenant writes an assignment to the tenant column.
func (g *Generator) setTenant(t *table, qual string) {
	g.w(", ", qual, g.ident(t.tenant, false), " = ")
	if !g.percent(60) || !g.place(ddl.Other, g.tenantValue(t.kind)) {
		g.w(g.tenantLiteral(t.kind))
	}
}

// tenantValue returns some tenant's id as an argument.
func (g *Generator) tenantValue(kind ddl.Kind) any {
	id := string(g.tenantID(kind))
	if n, err := strconv.ParseInt(id, 10, 64); err == nil && kind == ddl.Int {
		return n
	}
	return id
}

// refusedEvery is in how many hostile statements there is one in a form that is
// refused whatever it says.
const refusedEvery = 25

// refused makes the finished statement one that may not be sent for a tenant: two in
// a text, its plan, its rows to a file.
func (g *Generator) refused() {
	n := g.count[pHostile]
	if !g.hostile || n%refusedEvery != 0 {
		return
	}
	switch n / refusedEvery % 3 {
	case 0:
		g.hit(pSecondStatement)
		g.w("\n; DELETE FROM ", g.quoted(g.tables[0].Name))
	case 1:
		g.hit(pExplain)
		g.buf = append([]byte("EXPLAIN "), g.buf...)
	default:
		if g.can(pCopy) {
			g.hit(pCopy)
			g.buf = append(append([]byte("COPY ("), g.buf...), "\n) TO STDOUT"...)
		}
	}
}
