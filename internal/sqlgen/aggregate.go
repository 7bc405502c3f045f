package sqlgen

import (
	"github.com/gotenancy/tenancy/internal/ddl"
)

// aggregate writes an aggregate that returns the kind. Its argument begins with a
// column of the block itself, because one of columns from outside alone would
// belong to the query outside.
func (g *Generator) aggregate(b *block, kind ddl.Kind, depth int) {
	grouped, isGroup := b.grouped, b.isGroup
	b.grouped, b.isGroup = nil, false
	defer func() { b.grouped, b.isGroup = grouped, isGroup }()
	g.hit(pAggregate)
	switch kind {
	case ddl.Int:
		g.countOrSum(b, depth)
	case ddl.Text:
		if f, ok := g.search(nil, b, ddl.Text); ok {
			g.textAggregate(b, f)
			return
		}
		g.wrapCount(b, ddl.Text)
	case ddl.Bool:
		switch f, ok := g.search(nil, b, ddl.Bool); {
		case ok && g.isPG():
			g.w(g.pick("bool_and(", "bool_or(", "every("))
			g.colRef(f, b)
			g.w(")")
			g.filter(b)
		default:
			g.w("(count(*) > 1)")
		}
	case ddl.Real, ddl.Date, ddl.Time:
		if f, ok := g.search(nil, b, kind); ok {
			g.w(g.pick("min(", "max("))
			g.colRef(f, b)
			g.w(")")
			g.filter(b)
			return
		}
		g.wrapCount(b, kind)
	default:
		g.wrapCount(b, kind)
	}
}

// wrapCount writes a value of a kind that no column of the block has.
func (g *Generator) wrapCount(_ *block, kind ddl.Kind) {
	g.w("CASE WHEN count(*) > 2 THEN ")
	g.constant(kind)
	g.w(" END")
}

// filter writes FILTER (WHERE ..) behind an aggregate. It names a column of the
// block for the same reason.
func (g *Generator) filter(b *block) {
	if !g.can(pFilter) {
		return
	}
	f, ok := g.search(nil, b, ddl.Int)
	if ok && g.may(pFilter, 8) {
		g.w(" FILTER (WHERE ")
		g.colRef(f, b)
		g.w(g.pick(" > 0 AND ", " IS NOT NULL OR "))
		if g.percent(30) && g.matching(b) {
			g.w(" > 1")
		} else {
			g.predicate(b, 1)
		}
		g.w(")")
	}
}

func (g *Generator) countOrSum(b *block, depth int) {
	f, ok := g.search(nil, b, ddl.Int)
	if !ok {
		g.w("count(*)")
		g.filter(b)
		return
	}
	switch g.rnd.IntN(8) {
	case 0, 1:
		g.w("count(*)")
	case 2:
		g.w("count(")
		if !b.rollup && g.percent(40) { // MariaDB counts wrong in the sum of all groups
			g.w("DISTINCT ")
		}
		g.colRef(f, b)
		g.w(")")
	case 3:
		g.w("sum(CASE WHEN ")
		g.colRef(f, b)
		g.w(" > 1 AND ")
		g.predicate(b, min(depth, 1))
		g.w(" THEN 1 ELSE 0 END)")
	case 4:
		g.w(g.pick("min(", "max("))
		g.colRef(f, b)
		g.w(")")
	case 5:
		g.w("sum(")
		g.colRef(f, b)
		g.w(" + coalesce(")
		g.value(b, ddl.Int, min(depth, 1))
		g.w(", 0))")
	case 6:
		if g.isPG() && g.may(pWithinGroup, 50) {
			g.w("percentile_disc(0.5) WITHIN GROUP (ORDER BY ")
			g.colRef(f, b)
			g.w(")")
		} else {
			g.w("sum(", map[bool]string{true: "", false: "DISTINCT "}[b.rollup])
			g.colRef(f, b)
			g.w(")")
		}
	default:
		g.w("sum(")
		g.colRef(f, b)
		g.w(")")
	}
	g.filter(b)
}

// textAggregate writes an aggregate of texts; lists are ordered by their items.
func (g *Generator) textAggregate(b *block, f found) {
	text := g.capture(func() { g.colRef(f, b) })
	if b.rollup || !g.may(pListAggregate, 35) { // MariaDB sums up lists wrong, too
		g.w(g.pick("min(", "max("), text, ")")
		g.filter(b)
		return
	}
	switch g.in {
	case my:
		g.w("GROUP_CONCAT(", g.pick("", "DISTINCT "), text, " ORDER BY ", text, g.pick("", " DESC"), g.pick("", " SEPARATOR ';'"), ")")
	case pg:
		switch g.rnd.IntN(3) {
		case 0:
			g.w("string_agg(", text, "::text, ',' ORDER BY ", text, "::text)")
		case 1:
			g.w("array_to_string(array_agg(", text, " ORDER BY ", text, "), ',')")
		default:
			g.w("string_agg(DISTINCT ", text, "::text, ';' ORDER BY ", text, "::text)")
		}
		if g.percent(90) {
			return
		}
	default:
		g.w("group_concat(", text, ", ',' ORDER BY ", text, ")")
	}
}
