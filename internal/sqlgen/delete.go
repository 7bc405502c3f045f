package sqlgen

import (
	"slices"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/scope"
)

// deleteStatement writes a DELETE as a statement.
func (g *Generator) deleteStatement() {
	if g.may(pDeleteJoin, 25) {
		g.deleteJoin()
		return
	}
	t := g.writeTarget(g.suited())
	g.withBefore(pDeleteWith, t)
	g.delete(t)
}

func (g *Generator) delete(t *table) {
	g.w("DELETE FROM ")
	var rel relation
	if g.isMy() {
		g.classHit(t)
		g.refs++
		g.tableName(t, false)
		rel = relation{qual: g.qualifier(t.Name), key: fold(t.Name), cols: t.cols, total: t.total(), table: t, inner: true}
	} else {
		rel = g.targetName(t, pDeleteAlias)
	}
	b := &block{rels: []relation{rel}}
	using, must := "", ""
	if g.may(pDeleteUsing, 25) {
		using, must = g.source(b, &rel, " USING ")
		g.w(using)
	}
	g.whereOf(b, must)
	if using == "" && t.total() != nil && g.isMy() && g.may(pWriteLimit, 12) {
		g.orderLimit(&rel)
	}
	if len(b.rels) > 1 {
		b.rels = b.rels[:1]
		b.rels[0].qualify = true
	}
	if g.isMy() || g.isLite() && rel.key != fold(t.Name) {
		b = nil // it does not know the alias there
	}
	g.returning(pReturningDelete, b, t, 14)
}

// deleteJoin writes a DELETE of joined tables, as MySQL has it.
func (g *Generator) deleteJoin() {
	t := g.writeTarget(nil)
	g.target = t
	alias, other := g.alias(), g.alias()
	second := g.tables[g.rnd.IntN(len(g.tables))]
	if second.class == scope.Mixed && second != t {
		g.hit(pMixedWrite) // should it be written too
	}
	a := relation{qual: alias, key: alias, cols: t.cols, table: t, inner: true}
	c := relation{qual: other, key: other, cols: second.cols, table: second, inner: true}
	b := &block{rels: []relation{a, c}}
	g.classHit(t)
	g.classHit(second)
	g.refs += 2
	// Which of two tables that point at one another loses its rows first is up to the plan.
	both := second.writes && second != t && !related(t, second) && g.may(pDeleteBoth, 25)
	names := alias
	if both {
		g.budget = 0 // MariaDB may not read what it writes
		names += ", " + other
	}
	using := g.percent(40)
	if using {
		g.w("DELETE FROM ", names, " USING ")
	} else {
		g.w("DELETE ", names, " FROM ")
	}
	g.tableName(t, false)
	g.w(" AS ", alias, g.pick(" JOIN ", " LEFT JOIN ", " INNER JOIN "))
	g.tableName(second, false)
	g.w(" AS ", other, " ON ")
	l, okL := g.search(nil, &block{rels: b.rels[:1]}, ddl.Int)
	r, okR := g.search(nil, &block{rels: b.rels[1:]}, ddl.Int)
	if okL && okR {
		g.colRef(l, nil)
		g.w(" = ")
		g.colRef(r, nil)
	} else {
		g.w("1 = 1")
	}
	g.whereOf(b, "")
}

// related reports whether one of the tables points at the other.
func related(a, b *table) bool {
	points := func(from, to *table) bool {
		return slices.ContainsFunc(from.Foreign, func(f ddl.ForeignKey) bool { return fold(f.Table) == fold(to.Name) })
	}
	return points(a, b) || points(b, a)
}
