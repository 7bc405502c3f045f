package sqlgen

import (
	"slices"

	"github.com/gotenancy/tenancy/internal/ddl"
)

// mergeStatement writes a MERGE: a source with one row for each row of the target
// that it meets.
func (g *Generator) mergeStatement() {
	t := g.writeTarget(func(t *table) bool {
		k := t.total()
		return len(k) == 1 && t.cols[k[0]].kind == ddl.Int
	})
	g.withBefore(pMergeWith, t)
	g.w("MERGE INTO ")
	rel := g.targetName(t, pMergeAlias)
	b := &block{rels: []relation{rel}}
	using, on := g.mergeSource(b, &rel)
	g.w(using, " ON ", on)
	src := &block{rels: b.rels[1:]}
	n := 0
	for n == 0 {
		if g.may(pMergeDelete, 25) {
			n++
			g.w(" WHEN MATCHED AND ")
			g.predicate(b, 1)
			g.w(" THEN DELETE")
		}
		if g.may(pMergeNothing, 10) {
			n++
			g.w(" WHEN MATCHED AND ")
			g.predicate(b, 1)
			g.w(" THEN DO NOTHING")
		}
		if g.may(pMergeUpdate, 60) {
			n++
			g.w(" WHEN MATCHED THEN UPDATE SET ")
			g.set(b, t, "", 1)
		}
		if g.may(pMergeInsert, 50) {
			n++
			g.w(" WHEN NOT MATCHED THEN ")
			g.mergeInsert(src, t)
		}
	}
}

// mergeSource writes USING and returns the condition to match by.
func (g *Generator) mergeSource(b *block, rel *relation) (using, on string) {
	using, on = g.source(b, rel, " USING ")
	if using != "" {
		return using, on
	}
	alias := g.alias()
	b.rels = append(b.rels, relation{qual: alias, key: alias, cols: []column{{name: "id0", kind: ddl.Int}, {name: "n0", kind: ddl.Int}}, total: []int{0}, inner: true})
	on = "false"
	if own, ok := g.search(nil, &block{rels: b.rels[:1]}, ddl.Int); ok {
		on = g.capture(func() { g.w(alias, ".id0 = "); g.colRef(own, nil) })
	}
	return " USING (VALUES (1, 2), (77, 3)) AS " + alias + " (id0, n0)", on
}

// mergeInsert writes INSERT with keys that are new for each row of the source.
func (g *Generator) mergeInsert(src *block, t *table) {
	rel := &src.rels[0]
	keyCol := rel.qual + "." + g.ident(rel.cols[rel.total[0]].name, false)
	var cols []int
	for i, c := range t.cols {
		if c.ddl.Generated {
			continue
		}
		if !c.null || t.inKey(i) || t.foreign(c.name) || g.percent(50) {
			cols = append(cols, i)
		}
	}
	if len(cols) == 0 {
		g.w("DO NOTHING")
		return
	}
	g.w("INSERT (")
	g.list(len(cols), func(i int) { g.w(g.ident(t.cols[cols[i]].name, false)) })
	g.w(") VALUES (")
	g.list(len(cols), func(i int) {
		c := &t.cols[cols[i]]
		switch {
		case t.foreign(c.name) && c.null:
			g.w("NULL")
		case t.inKey(cols[i]) && countable(c.kind):
			global := slices.ContainsFunc(t.keys, func(k key) bool { return k.global })
			g.w(keyCol, map[bool]string{true: " + 5000", false: " + 2000"}[global])
		case t.inKey(cols[i]) && c.kind == ddl.Text:
			g.w("'m' || CAST(", keyCol, " AS text)") // no row has it that the statement may delete, before or after
		default:
			g.assigned(src, c, 0)
		}
	})
	g.w(")")
}

// writeCTE writes a query of WITH that writes a table.
func (g *Generator) writeCTE() {
	var c cte
	c.name, _ = g.cteName(false)
	t := g.writeTarget(func(t *table) bool { return !g.shadowed(t) })
	g.w(g.ident(c.name, true), " AS (")
	g.writes = true
	b := &block{}
	switch g.rnd.IntN(3) {
	case 0:
		g.w("DELETE FROM ")
		b.rels = []relation{g.targetName(t, pDeleteAlias)}
		g.whereOf(b, "")
	case 1:
		g.w("UPDATE ")
		b.rels = []relation{g.targetName(t, pUpdateAlias)}
		g.w(" SET ")
		g.set(b, t, "", 1)
		g.whereOf(b, "")
	default:
		g.w("INSERT INTO ")
		g.classHit(t)
		g.refs++
		g.tableName(t, false)
		s := &insertion{g: g, t: t, qual: g.quoted(t.Name)}
		s.choose()
		s.columns()
		s.rows()
	}
	g.w(" RETURNING ")
	var cols []column
	for i := range t.cols {
		if !t.cols[i].ddl.Numbered && (len(cols) == 0 || g.percent(40)) {
			col := t.cols[i]
			name := g.label()
			if len(cols) > 0 {
				g.w(", ")
			}
			g.w(g.ident(col.name, false), " AS ", name)
			cols = append(cols, column{name: name, kind: col.kind, null: true})
		}
	}
	if len(cols) == 0 {
		g.w("1 AS ", "one1")
		cols = []column{{name: "one1", kind: ddl.Int}}
	}
	g.w(")")
	c.cols, c.key = cols, fold(c.name)
	g.ctes = append(g.ctes, c)
}
