package sqlgen

import (
	"slices"
	"strconv"

	"github.com/gotenancy/tenancy/internal/ddl"
)

// alias returns a new name.
func (g *Generator) alias() string {
	g.names++
	return string(rune('p'+g.rnd.IntN(6))) + strconv.Itoa(g.names)
}

// want is what a query has to return.
type want struct {
	kinds  []ddl.Kind // of the columns; nil if it may choose
	one    bool       // not more than one row
	named  bool       // every column has a name of its own
	in     bool       // the operand of IN and the like, where MariaDB wants no LIMIT
	exists bool       // nobody looks at the columns
	arm    bool       // of a set operation: no ORDER BY of its own
	top    bool
	insert bool // of an INSERT
}

// primary writes one item: a table, a query, a function.
func (g *Generator) primary(b *block, left []relation, depth int) []relation {
	if depth > 0 && g.room() {
		switch g.one(option{pNone, 74}, option{pDerived, 12}, option{pLateral, g.lateralWeight(left)}, option{pValuesTable, 4},
			option{pTableFunction, 2}, option{pCTERef, g.cteWeight()}, option{pJSONTable, 2}) {
		case pDerived:
			g.w("(")
			outer := b.outer
			if g.isMy() {
				outer = nil // MariaDB lets it see nothing around it
			}
			out := g.query(outer, want{named: true}, depth-1)
			g.w(")")
			return g.renamed(b, out)
		case pLateral:
			g.w("LATERAL (")
			out := g.query(&block{rels: left, outer: b.outer}, want{named: true}, depth-1)
			g.w(")")
			return g.renamed(b, out)
		case pValuesTable:
			return g.valuesTable(b)
		case pTableFunction:
			return g.tableFunction()
		case pJSONTable:
			return g.jsonTable()
		case pCTERef:
			return g.cteRef(b)
		}
	} else if len(g.ctes) > 0 && g.may(pCTERef, 30) {
		return g.cteRef(b)
	}
	return []relation{g.tableRef(b)}
}

func (g *Generator) lateralWeight(left []relation) int {
	if len(left) == 0 {
		return 0
	}
	return 8
}

func (g *Generator) cteWeight() int {
	if len(g.ctes) == 0 {
		return 0
	}
	return 60
}

// renamed writes the alias of a derived table, sometimes with names for its
// columns.
func (g *Generator) renamed(b *block, out output) []relation {
	alias := g.alias()
	key := alias
	if g.hostile && g.focusOr(pDerivedIsTable, 10) {
		if t := g.tables[g.rnd.IntN(len(g.tables))]; !g.taken(b, fold(t.Name)) && !g.shadowed(t) && t != g.target {
			g.hit(pDerivedIsTable)
			alias, key = g.ident(t.Name, true), fold(t.Name)
			g.used = append(g.used, key)
		}
	}
	g.w(g.pick(" AS ", " "), alias)
	rel := relation{qual: alias, key: key, cols: slices.Clone(out.cols), total: out.total, inner: true}
	if g.may(pColumnList, 10) {
		g.w(" (")
		g.list(len(rel.cols), func(i int) {
			g.labels++
			rel.cols[i].name = "v" + strconv.Itoa(g.labels)
			g.w(rel.cols[i].name)
		})
		g.w(")")
	}
	return []relation{rel}
}

// valuesTable writes (VALUES ..) AS v (a, b).
func (g *Generator) valuesTable(b *block) []relation {
	alias := g.alias()
	kinds := []ddl.Kind{ddl.Int, ddl.Text}
	cols := []column{{name: "column1", kind: ddl.Int}, {name: "column2", kind: ddl.Text}}
	g.w("(VALUES ")
	g.list(1+g.rnd.IntN(3), func(i int) {
		g.w("(", strconv.Itoa(i+1), ", ")
		g.constant(kinds[1])
		g.w(")")
	})
	g.w(") AS ", alias)
	if g.isPG() {
		for i := range cols {
			g.labels++
			cols[i].name = "v" + strconv.Itoa(g.labels)
		}
		g.w(" (", cols[0].name, ", ", cols[1].name, ")")
	}
	return []relation{{qual: alias, key: alias, cols: cols, total: []int{0}, inner: true}}
}

// tableFunction writes a function in FROM.
func (g *Generator) tableFunction() []relation {
	alias := g.alias()
	if g.isLite() {
		g.w("json_each('[1, 2, 3]') AS ", alias)
		return []relation{{qual: alias, key: alias, cols: jsonEach, total: []int{0}, inner: true, unnamed: true}}
	}
	g.labels++
	name := "v" + strconv.Itoa(g.labels)
	if g.percent(30) {
		g.w("unnest(ARRAY[1, 2, 3])")
	} else {
		g.w("generate_series(1, ", strconv.Itoa(2+g.rnd.IntN(3)), ")")
	}
	g.w(" AS ", alias, " (", name, ")")
	return []relation{{qual: alias, key: alias, cols: []column{{name: name, kind: ddl.Int}}, total: []int{0}, inner: true}}
}

// jsonEach are the columns of json_each, of which statements use the first.
var jsonEach = []column{{name: "value", kind: ddl.Int}, {name: "key"}, {name: "type"}, {name: "atom"}, {name: "id"}, {name: "parent"}, {name: "fullkey"}, {name: "path"}, {name: "json"}, {name: "root"}}

// jsonTable writes MariaDB's JSON_TABLE.
func (g *Generator) jsonTable() []relation {
	alias := g.alias()
	g.w("JSON_TABLE('[1, 2, 3]', '$[*]' COLUMNS (v INT PATH '$')) AS ", alias)
	return []relation{{qual: alias, key: alias, cols: []column{{name: "v", kind: ddl.Int}}, total: []int{0}, inner: true}}
}
