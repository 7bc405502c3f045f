package sqlgen

import (
	"strconv"

	"github.com/gotenancy/tenancy/internal/ddl"
)

// maxDepth of queries in queries.
const maxDepth = 3

// selectStatement writes a query as a statement.
func (g *Generator) selectStatement() {
	g.query(nil, want{top: true}, maxDepth)
}

// scalar writes a query that returns one value, in parentheses.
func (g *Generator) scalar(b *block, kind ddl.Kind, depth int) bool {
	if !g.room() || depth < 0 {
		return false
	}
	g.w("(")
	g.query(b, want{kinds: []ddl.Kind{kind}, one: true}, depth)
	g.w(")")
	return true
}

// query writes a query with its WITH, ORDER BY and LIMIT.
func (g *Generator) query(outer *block, w want, depth int) output {
	names := len(g.ctes)
	if depth > 0 && g.room() && g.may(pWith, 12) {
		g.with(outer, depth-1, w.top)
	}
	defer func() { g.ctes = g.ctes[:names] }()
	if w.kinds == nil && !w.exists && !w.one {
		switch g.one(option{pNone, 90}, option{pTableStatement, 3}, option{pValues, 3}) {
		case pTableStatement:
			if out, ok := g.tableStatement(); ok {
				return out
			}
		case pValues:
			return g.values(outer, w)
		}
	}
	if !w.one && !w.exists && !w.arm && depth > 0 && g.may(pSetOperation, 9) {
		return g.setQuery(outer, w, depth)
	}
	return g.block(outer, w, depth)
}

// tableStatement writes TABLE t.
func (g *Generator) tableStatement() (output, bool) {
	t := g.tables[g.rnd.IntN(len(g.tables))]
	if g.shadowed(t) {
		return output{}, false
	}
	g.refs++
	g.classHit(t)
	g.w("TABLE ")
	g.tableName(t, false)
	return output{cols: t.cols}, true
}

// values writes VALUES as a query.
func (g *Generator) values(outer *block, w want) output {
	rows := 1 + g.rnd.IntN(3)
	out := output{cols: []column{{name: "column1", kind: ddl.Int}, {name: "column2", kind: ddl.Text, null: true}}}
	g.w("VALUES ")
	g.list(rows, func(i int) {
		g.w("(", strconv.Itoa(i), ", ")
		if g.may(pValuesSub, 25) && g.room() {
			if g.scalar(outer, ddl.Text, 1) {
				g.w(")")
				return
			}
		}
		g.constant(ddl.Text)
		g.w(")")
	})
	out.total = []int{0}
	if w.top && g.isPG() && g.percent(40) {
		g.w(" ORDER BY 1")
		g.ordered = true
	}
	return out
}

// block writes one SELECT.
func (g *Generator) block(outer *block, w want, depth int) output {
	b := &block{outer: outer}
	if g.may(pNoFrom, 2) && !w.top {
		return g.noFrom(b, w)
	}
	s := selection{g: g, b: b, w: w, depth: depth}
	frame := g.frame
	g.frame = len(g.used)
	s.from = g.capture(func() { g.from(b, g.size(depth), depth) })
	g.used, g.frame = g.used[:g.frame], frame
	s.write()
	return s.out
}

// size returns how many relations a FROM clause gets.
func (g *Generator) size(depth int) int {
	n := 1
	left := g.budget - g.refs
	for n < 4 && n < left && g.percent(map[bool]int{true: 45, false: 22}[depth == maxDepth]) {
		n++
	}
	if n == 1 && left > 1 && (g.focus[pJoinAny]) {
		n = 2 + g.rnd.IntN(2)
	}
	if n > 1 {
		g.hit(pJoinAny)
	}
	return n
}

// noFrom writes a SELECT without FROM.
func (g *Generator) noFrom(b *block, w want) output {
	var out output
	if g.isMy() {
		b = &block{} // MariaDB 10.11 crashes over some that name columns around it
	}
	kinds := w.kinds
	if kinds == nil {
		kinds = []ddl.Kind{ddl.Int}
	}
	g.w("SELECT ")
	g.list(len(kinds), func(i int) {
		g.value(b, kinds[i], 1)
		out.cols = append(out.cols, column{kind: kinds[i], null: true})
		if w.named {
			out.cols[i].name = g.label()
			g.w(" AS ", out.cols[i].name)
		}
	})
	return out
}
