package sqlgen

import (
	"slices"
	"strconv"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/scope"
)

// cte is a query of WITH that can be read by name.
type cte struct {
	name, key string
	cols      []column
	total     []int
}

// with writes WITH and makes its names known; the caller takes them back.
func (g *Generator) with(outer *block, depth int, top bool) {
	g.w("WITH ")
	kind := pNone
	// MariaDB 10.11 crashes over recursive queries inside others of a write.
	if !g.seen[pMerge] && (top || !g.isMy()) {
		kind = g.one(option{pNone, 70}, option{pRecursive, 14}, option{pRecursiveTable, 8})
	}
	if kind != pNone {
		g.w("RECURSIVE ")
	}
	n := 1
	if g.may(pSeveralCTEs, 25) {
		n = 2 + g.rnd.IntN(2)
	}
	g.list(n, func(i int) {
		switch {
		case i == 0 && kind == pRecursive:
			g.recursive(outer, depth)
		case i == 0 && kind == pRecursiveTable:
			g.recursiveTable(outer)
		case top && g.writable() && g.may(pWriteCTE, 8):
			g.writeCTE()
		default:
			g.plainCTE(outer, depth, kind == pNone)
		}
	})
	g.space()
}

// withBefore may write WITH before a statement that writes a table.
func (g *Generator) withBefore(p prod, t *table) {
	if g.may(p, 6) {
		defer g.unread(t)()
		g.with(nil, 1, false)
	}
}

// writable reports whether the statement may still write a table.
func (g *Generator) writable() bool { return g.isPG() && !g.writes }

// cteName returns a new name, or that of a table, which the query that it stands
// for can not read in SQLite.
func (g *Generator) cteName(plain bool) (name string, hides *table) {
	if g.focus[pQualifiedBesideCTE] {
		g.focus[pCTEIsTable], g.focus[pCTEIsTableLite] = true, true
	}
	often := 5
	if g.isPG() && g.read != nil && len(g.ctes) > 0 {
		often = 20 // the queries before it may have read the table
	}
	if (plain || g.isPG()) && g.may(pCTEIsTable, often) || plain && g.target == nil && len(g.tables) > 1 && g.may(pCTEIsTableLite, 5) {
		t := g.tables[g.rnd.IntN(len(g.tables))]
		if g.read != nil && g.percent(50) {
			t = g.read // it was the table before, and is the query from now on
		}
		if !g.shadowed(t) && t != g.target {
			g.named = t
			return t.Name, t
		}
	}
	g.names++
	return "k" + strconv.Itoa(g.names), nil
}

func (g *Generator) plainCTE(outer *block, depth int, alone bool) {
	g.names++
	name, hides := "k"+strconv.Itoa(g.names), (*table)(nil)
	if alone { // beside a recursive query each name is known to all
		name, hides = g.cteName(true)
	}
	if g.isMy() {
		outer = nil // MariaDB lets it see nothing around it
	}
	c := cte{name: name}
	if hides != nil && g.isLite() {
		g.target = hides
		defer func() { g.target = nil }()
	}
	g.w(g.ident(c.name, true))
	list := g.may(pCTEColumns, 12)
	at := len(g.buf)
	g.w(" AS ")
	if g.may(pMaterialized, 15) {
		g.w(g.pick("MATERIALIZED ", "NOT MATERIALIZED "))
	}
	g.w("(")
	out := g.query(outer, want{named: true}, depth)
	g.w(")")
	c.cols, c.total = slices.Clone(out.cols), out.total
	if list {
		body := string(g.buf[at:])
		g.buf = g.buf[:at]
		g.w(" (")
		g.list(len(c.cols), func(i int) {
			c.cols[i].name = g.label()
			g.w(c.cols[i].name)
		})
		g.w(")", body)
	}
	c.key = fold(c.name)
	g.ctes = append(g.ctes, c)
}

// recursive writes a counter, sometimes with a table beside it.
func (g *Generator) recursive(outer *block, depth int) {
	var c cte
	c.name, _ = g.cteName(false)
	n, v := g.label(), g.label()
	c.cols = []column{{name: n, kind: ddl.Int}, {name: v, kind: ddl.Int, null: true}}
	c.key = fold(c.name)
	g.ctes = append(g.ctes, c) // so that no table of the name is read
	name := g.ident(c.name, true)
	g.w(name, " (", n, ", ", v, ") AS (SELECT 1, ")
	cast := map[bool]string{true: "::bigint", false: ""}[g.isPG()]
	if g.room() && g.percent(70) {
		g.w("(SELECT count(*) FROM ")
		g.tableRef(&block{})
		g.w(")", cast)
	} else {
		g.w("0", cast)
	}
	g.w(" UNION ALL SELECT r.", n, " + 1, ")
	if g.room() && g.percent(60) {
		t := g.capture(func() {
			rel := g.tableRef(&block{rels: []relation{{key: "r"}}})
			if f, ok := g.search(nil, &block{rels: []relation{rel}}, ddl.Int); ok {
				g.w(" ON ")
				g.colRef(f, nil)
				g.w(" = r.", n)
			} else {
				g.w(" ON r.", n, " = 1")
			}
		})
		g.w("r.", v, " + 1 FROM ", name, " r JOIN ", t, " WHERE r.", n, " < 3")
	} else {
		g.w("r.", v, " + 1 FROM ", name, " AS r WHERE r.", n, " < ", strconv.Itoa(2+g.rnd.IntN(3)))
	}
	g.w(")")
}

// recursiveTable walks a table by two of its columns; UNION ends it.
func (g *Generator) recursiveTable(outer *block) {
	var c cte
	c.name, _ = g.cteName(false)
	key := g.label()
	c.cols = []column{{name: key, kind: ddl.Int, null: true}}
	c.total = []int{0}
	name := g.ident(c.name, true)
	var t *table
	var ints []int
	for range 20 {
		t = g.tables[g.rnd.IntN(len(g.tables))]
		ints = ints[:0]
		for i, col := range t.cols {
			if col.kind == ddl.Int {
				ints = append(ints, i)
			}
		}
		if len(ints) > 1 && fold(t.cols[ints[0]].ddl.Type) == fold(t.cols[ints[1]].ddl.Type) && !g.shadowed(t) && t != g.target && t.class != scope.Mixed && fold(t.Name) != fold(c.name) {
			break
		}
		t = nil
	}
	if t == nil {
		g.w(name, " (", key, ") AS (SELECT 1 UNION SELECT r.", key, " + 1 FROM ", name, " r WHERE r.", key, " < 3)")
	} else {
		g.refs += 2
		g.classHit(t)
		from, to := t.cols[ints[0]].name, t.cols[ints[1]].name
		g.w(name, " (", key, ") AS (SELECT z.", g.ident(from, false), " FROM ")
		g.tableName(t, false)
		g.w(" z WHERE z.", g.ident(from, false), " < 3 UNION SELECT z.", g.ident(to, false), " FROM ", name, " r JOIN ")
		g.tableName(t, false)
		g.w(" z ON z.", g.ident(from, false), " = r.", key, ")")
	}
	c.key = fold(c.name)
	g.ctes = append(g.ctes, c)
}

// cteRef writes a reference to a query of WITH.
func (g *Generator) cteRef(b *block) []relation {
	c := g.ctes[len(g.ctes)-1-g.rnd.IntN(min(len(g.ctes), 3))]
	for i := len(g.ctes) - 1; i >= 0; i-- {
		if g.ctes[i].key == c.key {
			c = g.ctes[i] // the inner one of two with the same name
			break
		}
	}
	g.hit(pCTERef)
	alias := g.alias()
	g.w(g.ident(c.name, true), g.pick(" AS ", " "), alias)
	return []relation{{qual: alias, key: alias, cols: c.cols, total: c.total, inner: true}}
}
