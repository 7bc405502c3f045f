package sqlgen

import (
	"slices"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/scope"
)

// updateStatement writes an UPDATE as a statement.
func (g *Generator) updateStatement() {
	if g.may(pUpdateJoin, 22) {
		g.updateJoin()
		return
	}
	t := g.writeTarget(g.suited())
	g.withBefore(pUpdateWith, t)
	g.update(t)
}

// targetName writes the table of a write and returns it as a relation.
func (g *Generator) targetName(t *table, p prod) relation {
	g.classHit(t)
	g.refs++
	rel := relation{cols: t.cols, total: t.total(), table: t, inner: true}
	if g.may(pOnly, 3) {
		g.w("ONLY ")
	}
	g.tableName(t, g.shadowed(t) && g.schemaName() != "")
	if g.may(p, 35) {
		rel.qual = g.alias()
		rel.key = rel.qual
		if g.isMy() {
			g.w(" ", rel.qual)
		} else {
			g.w(" AS ", rel.qual)
		}
	} else {
		rel.qual, rel.key = g.qualifier(t.Name), fold(t.Name)
		g.used = append(g.used, rel.key)
	}
	return rel
}

func (g *Generator) update(t *table) {
	switch g.one(option{pNone, 90}, option{pUpdateIgnore, 5}) {
	case pUpdateIgnore:
		g.w(map[bool]string{true: "UPDATE IGNORE ", false: "UPDATE OR IGNORE "}[g.isMy()])
	default:
		g.w("UPDATE ")
	}
	rel := g.targetName(t, pUpdateAlias)
	b := &block{rels: []relation{rel}}
	from, where := "", ""
	if g.may(pUpdateFrom, 25) {
		from, where = g.source(b, &rel, " FROM ")
	}
	g.w(" SET ")
	moved := from == "" && g.may(pUpdateKey, 5) && g.setKey(t)
	if moved && g.isMy() {
		// A row that has moved may be met again where the table is read beside it.
		defer g.unread(t)()
	}
	if !moved && g.set(b, t, "", 1) && g.isMy() {
		// To a later assignment a column has its new value, but its old one where the
		// table is read besides.
		defer g.unread(t)()
	}
	g.w(from)
	g.whereOf(b, where)
	if from == "" && !moved && t.total() != nil && g.isMy() && g.may(pWriteLimit, 10) {
		g.orderLimit(&rel)
	}
	if from != "" {
		b.rels = b.rels[:1]
		b.rels[0].qualify = true
	}
	if g.isLite() && rel.key != fold(t.Name) {
		b = nil // it does not know the alias there
	}
	g.returning(pReturningUpdate, b, t, 14)
}

// setKey moves a key out of the way of all others.
func (g *Generator) setKey(t *table) bool {
	for _, k := range t.keys {
		for _, c := range k.cols {
			if t.cols[c].kind != ddl.Int || t.foreign(t.cols[c].name) || t.referenced(g, t.cols[c].name) || t.cols[c].ddl.Generated {
				continue
			}
			if k.global {
				g.hit(pGlobalKey)
			}
			name := g.ident(t.cols[c].name, false)
			g.w(name, " = ", name, " + 1000000")
			return true
		}
	}
	return false
}

// referenced reports whether a foreign key of some table leads to the column.
func (t *table) referenced(g *Generator, name string) bool {
	return slices.ContainsFunc(g.tables, func(o *table) bool {
		return slices.ContainsFunc(o.Foreign, func(f ddl.ForeignKey) bool {
			return f.Table == t.Name && (len(f.References) == 0 || slices.Contains(f.References, name))
		})
	})
}

// source writes a second relation of which at most one row meets each row of the
// target, and returns it with the condition that sees to that.
func (g *Generator) source(b *block, rel *relation, word string) (from, where string) {
	var src *table
	for range 30 {
		c := g.tables[g.rnd.IntN(len(g.tables))]
		if k := c.total(); c != g.target && len(k) == 1 && c.cols[k[0]].kind == ddl.Int && !g.shadowed(c) && c.class != scope.Mixed {
			src = c
			break
		}
	}
	own, ok := g.search(nil, &block{rels: []relation{*rel}}, ddl.Int)
	if src == nil || !ok {
		return "", ""
	}
	alias := g.alias()
	from = g.capture(func() {
		g.w(word)
		if depth := 1; g.room() && g.may(pUpdateDerived, 20) {
			// Grouped by what it is joined by.
			key := g.ident(src.cols[src.total()[0]].name, false)
			_ = depth
			g.refs++
			g.classHit(src)
			g.w("(SELECT ", key, " AS id0, count(*) AS n0 FROM ")
			g.tableName(src, false)
			g.w(" GROUP BY ", key, ") AS ", alias)
			b.rels = append(b.rels, relation{qual: alias, key: alias, cols: []column{{name: "id0", kind: ddl.Int}, {name: "n0", kind: ddl.Int}}, total: []int{0}, inner: true})
			return
		}
		g.refs++
		g.classHit(src)
		g.tableName(src, false)
		g.w(" AS ", alias)
		b.rels = append(b.rels, relation{qual: alias, key: alias, cols: src.cols, total: src.total(), table: src, inner: true})
	})
	last := &b.rels[len(b.rels)-1]
	b.joined = own.rel.cols[own.col].name
	where = g.capture(func() {
		g.w(last.qual, ".", g.ident(last.cols[last.total[0]].name, false), " = ")
		g.colRef(own, nil)
	})
	return from, where
}

// whereOf writes WHERE with a condition that has to hold and another.
func (g *Generator) whereOf(b *block, must string) {
	also := g.may(pWriteWhere, 75)
	if must == "" && !also {
		return
	}
	g.space()
	g.w("WHERE")
	g.space()
	if must != "" {
		g.w(must)
		if !also {
			return
		}
		g.w(" AND (")
		g.condition(b, 1)
		g.w(")")
		return
	}
	g.condition(b, 2)
}

// orderLimit writes ORDER BY key LIMIT n.
func (g *Generator) orderLimit(rel *relation) {
	g.w(" ORDER BY ")
	g.list(len(rel.total), func(i int) {
		g.w(g.ident(rel.cols[rel.total[i]].name, false), g.pick("", " DESC"))
	})
	g.w(" LIMIT ")
	g.number(1 + g.rnd.IntN(4))
}

// updateJoin writes an UPDATE of joined tables, as MySQL has it.
func (g *Generator) updateJoin() {
	t := g.writeTarget(func(t *table) bool { return len(t.settable()) > 0 })
	g.target = t
	g.w("UPDATE ")
	rel := g.targetName(t, pUpdateAlias)
	b := &block{rels: []relation{rel}}
	from, on := g.source(b, &rel, "")
	if from == "" {
		g.w(" SET ")
		g.set(b, t, "", 1)
		g.whereOf(b, "")
		return
	}
	comma := g.percent(25)
	if comma {
		g.w(", ", from)
	} else {
		g.w(g.pick(" JOIN ", " INNER JOIN ", " LEFT JOIN "), from, " ON ", on)
	}
	g.w(" SET ")
	second := b.rels[1].table
	both := second != nil && second.class != scope.Mixed && second != t && second.writes && len(second.settable()) > 0 && g.may(pUpdateBoth, 20)
	if both {
		g.budget = g.refs // MariaDB may not read what it writes
	}
	seen := b
	if both {
		seen = &block{rels: b.rels[:1], joined: b.joined} // not what is set beside it
	}
	g.set(seen, t, rel.qual+".", 1)
	if both {
		// To constants, because several rows of the target may meet it.
		c := &second.cols[second.settable()[0]]
		g.w(", ", b.rels[1].qual, ".", g.ident(c.name, false), " = ")
		g.constantFor(c)
	}
	switch {
	case both && comma:
		g.w(" WHERE ", on)
	case both:
		// What is set may not be asked for: a row may be met again.
	case comma:
		g.whereOf(b, on)
	default:
		g.whereOf(b, "")
	}
}
