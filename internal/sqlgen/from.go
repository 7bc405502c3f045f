package sqlgen

import (
	"slices"
	"strconv"

	"github.com/gotenancy/tenancy/internal/ddl"
)

// from writes the items of a FROM clause into b, which already has the outer
// block, and uses n relations.
func (g *Generator) from(b *block, n, depth int) {
	for n > 0 {
		k := n
		if n > 1 && g.may(pComma, 20) {
			k = 1 + g.rnd.IntN(n-1)
		}
		rels := g.tree(b, nil, k, depth, false)
		b.rels = append(b.rels, rels...)
		if g.hostile && g.focusOr(pExecutable, 3) && g.quiet == 0 {
			g.executable()
		}
		if n -= k; n > 0 {
			g.w(",")
			g.space()
		}
	}
}

// tree writes a join tree of n relations and returns them; a plain one begins
// with no alias of its own. left are those that a
// LATERAL item may name beside those of b.
func (g *Generator) tree(b *block, left []relation, n, depth int, plain bool) []relation {
	if n == 1 {
		return g.primary(b, left, depth)
	}
	if n > 2 && g.may(pTrailingOn, 10) {
		return g.trailingOn(b, n, depth)
	}
	if !plain && depth > 0 && g.may(pAliasedJoin, 4) {
		return g.aliasedJoin(b, n, depth)
	}
	var rels []relation
	var right []relation
	if n > 2 && g.may(pNestedJoin, 20) {
		rels = g.primary(b, left, depth)
		op := g.join(rels, false)
		g.w("(")
		right = g.tree(b, nil, n-1, depth, true)
		g.w(")")
		return g.joined(b, rels, right, op)
	}
	rels = g.tree(b, left, n-1, depth, false)
	op := g.join(rels, true)
	right = g.primary(&block{rels: append(slices.Clone(b.rels), rels...), outer: b.outer}, op.lateral(b, rels), depth)
	return g.joined(b, rels, right, op)
}

// operator is a join.
type operator struct {
	p        prod
	natural  bool
	noCond   bool // it has none
	optional bool // MySQL and SQLite do without
	left     bool // fills its right side with NULLs
	right    bool // fills its left side
}

// lateral returns the relations that a LATERAL item on the right may name.
func (o operator) lateral(b *block, rels []relation) []relation {
	if o.right || o.natural {
		return nil
	}
	return append(slices.Clone(b.rels), rels...)
}

// join writes the words of a join.
func (g *Generator) join(left []relation, plain bool) operator {
	o := operator{p: g.one(option{pJoin, 30}, option{pLeftJoin, 22}, option{pRightJoin, 8}, option{pFullJoin, 7},
		option{pCrossJoin, 6}, option{pStraightJoin, 6}, option{pNaturalJoin, g.naturalWeight(left, plain)})}
	g.space()
	switch o.p {
	case pLeftJoin:
		g.w(g.pick("LEFT JOIN", "LEFT OUTER JOIN"))
		o.left = true
	case pRightJoin:
		g.w(g.pick("RIGHT JOIN", "RIGHT OUTER JOIN"))
		o.right = true
	case pFullJoin:
		g.w(g.pick("FULL JOIN", "FULL OUTER JOIN"))
		o.left, o.right = true, true
	case pCrossJoin:
		g.w("CROSS JOIN")
		o.noCond = true
	case pStraightJoin:
		g.w("STRAIGHT_JOIN")
	case pNaturalJoin:
		o.natural, o.noCond = true, true
		switch g.one(option{pNone, 10}, option{pNaturalLeft, 5}, option{pNaturalRight, 3}, option{pNaturalFull, 2}) {
		case pNaturalLeft:
			g.w("NATURAL LEFT JOIN")
			o.left = true
		case pNaturalRight:
			g.w("NATURAL RIGHT JOIN")
			o.right = true
		case pNaturalFull:
			g.w("NATURAL FULL JOIN")
			o.left, o.right = true, true
		default:
			g.w("NATURAL JOIN")
		}
	default:
		g.w(g.pick("JOIN", "INNER JOIN"))
		o.optional = !g.isPG()
	}
	g.space()
	return o
}

// naturalWeight is that of a NATURAL JOIN: only of two single relations, because
// what is common to more of them is ambiguous.
func (g *Generator) naturalWeight(left []relation, plain bool) int {
	if !plain || len(left) != 1 || left[0].table == nil || left[0].labels {
		return 0
	}
	return 5
}

// joined writes the condition of a join.
func (g *Generator) joined(b *block, left, right []relation, op operator) []relation {
	rels := append(slices.Clone(left), right...)
	for i := range rels {
		if op.left && i >= len(left) || op.right && i < len(left) {
			rels[i].inner = false
		}
	}
	if op.natural {
		// Common columns are merged: what they are called alone differs.
		for i := range rels {
			rels[i].unnamed = true
		}
		return rels
	}
	if op.noCond {
		return rels
	}
	if name := g.common(left, right); name != "" && op.p != pStraightJoin && g.may(pUsing, 14) {
		g.w(" USING (", g.ident(name, false), ")")
		for i := range rels {
			rels[i].unnamed = true
		}
		return rels
	}
	if op.optional && g.may(pNoOn, 4) {
		return rels
	}
	g.on(b, rels, left, right)
	return rels
}

// on writes ON with a condition that mostly joins the two sides by a column.
func (g *Generator) on(b *block, rels, left, right []relation) {
	g.space()
	g.w("ON")
	g.space()
	in := &block{rels: rels, outer: b.outer, ons: true}
	if g.percent(85) || g.seen[pFullJoin] {
		kind := ddl.Int
		l, okL := g.search(nil, &block{rels: left}, kind)
		r, okR := g.search(nil, &block{rels: right}, kind)
		if okL && okR {
			g.colRef(l, nil)
			g.w(" = ")
			g.colRef(r, nil)
			// PostgreSQL knows FULL JOIN only for conditions that it can hash or merge.
			if !g.percent(35) || g.isPG() && g.seen[pFullJoin] {
				return
			}
			g.w(g.pick(" AND ", " AND ", " OR "))
		} else if g.isPG() && g.seen[pFullJoin] {
			g.w("true")
			return
		}
	}
	g.condition(in, 1)
}

// common returns a column that both sides have once and of one kind.
func (g *Generator) common(left, right []relation) string {
	for _, i := range g.rnd.Perm(len(left)) {
		for j := range left[i].cols {
			c := &left[i].cols[j]
			if count(left, c.name) == 1 && count(right, c.name) == 1 && !g.isTenantName(c.name) && c.kind != ddl.JSON && kindOf(right, c.name) == c.kind && !left[i].hidden {
				return c.name
			}
		}
	}
	return ""
}

func count(rels []relation, name string) int {
	n := 0
	for i := range rels {
		if rels[i].unnamed && len(rels) > 1 {
			n++ // it may have been merged already
		}
		for j := range rels[i].cols {
			if fold(rels[i].cols[j].name) == fold(name) {
				n++
			}
		}
	}
	return n
}

func kindOf(rels []relation, name string) ddl.Kind {
	for i := range rels {
		for j := range rels[i].cols {
			if fold(rels[i].cols[j].name) == fold(name) {
				return rels[i].cols[j].kind
			}
		}
	}
	return ddl.Other
}

// trailingOn writes a JOIN b JOIN c ON .. ON ..
func (g *Generator) trailingOn(b *block, n, depth int) []relation {
	first := g.primary(b, nil, depth)
	g.w(g.pick(" JOIN ", " LEFT JOIN "))
	second := g.primary(b, nil, depth)
	g.w(g.pick(" JOIN ", " LEFT JOIN "))
	third := g.primary(b, nil, depth)
	right := append(slices.Clone(second), third...)
	g.on(b, right, second, third)
	rels := append(slices.Clone(first), right...)
	g.on(b, rels, first, right)
	for i := range rels {
		if i > 0 {
			rels[i].inner = false
		}
	}
	return rels
}

// aliasedJoin writes (a JOIN b ON ..) AS j, which hides a and b.
func (g *Generator) aliasedJoin(b *block, n, depth int) []relation {
	g.w("(")
	rels := g.tree(&block{outer: b.outer}, nil, 2, depth, true)
	g.w(")")
	alias := g.alias()
	var cols []column
	for i := range rels {
		if rels[i].hidden || rels[i].unnamed {
			cols = nil
			break
		}
		cols = append(cols, rels[i].cols...)
	}
	var clear []column // those whose name stands once
	for i := range cols {
		same := 0
		for j := range cols {
			if fold(cols[i].name) == fold(cols[j].name) {
				same++
			}
		}
		if same == 1 && !g.isTenantName(cols[i].name) {
			clear = append(clear, cols[i])
		}
	}
	g.w(" AS ", alias)
	return []relation{{qual: alias, key: alias, cols: clear, labels: true}}
}

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
