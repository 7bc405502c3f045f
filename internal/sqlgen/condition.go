package sqlgen

import (
	"github.com/gotenancy/tenancy/internal/ddl"
)

// comparable kinds, by how often a condition is about them.
func (g *Generator) comparedKind(b *block) ddl.Kind {
	kinds := [...]ddl.Kind{ddl.Int, ddl.Int, ddl.Int, ddl.Text, ddl.Text, ddl.Date, ddl.Bool, ddl.Real}
	return kinds[g.rnd.IntN(len(kinds))]
}

// condition writes a condition, which may have an OR at its top.
func (g *Generator) condition(b *block, depth int) {
	if g.rare(pTautology, 8) {
		switch g.rnd.IntN(3) {
		case 0:
			g.predicate(b, depth)
			g.w(" OR ", g.pick("1 = 1", "true", "1 <> 2", "NOT (1 = 2)"))
		case 1:
			g.w(g.pick("1 = 1", "true", "'a' = 'a'"), " OR ")
			g.predicate(b, depth)
		default:
			g.w(g.pick("1 = 1", "1 = 1 AND true"))
		}
		return
	}
	if g.rare(pPartial, 4) {
		g.partialInt(b)
		g.w(g.pick(" = ", " > "), "1")
		return
	}
	if g.hostile && b != nil && g.focusOr(pTenantCondition, 6) && g.tenantCondition(b) {
		return
	}
	switch g.one(option{pNone, 62}, option{pAnd, 18}, option{pOr, 14}, option{pNot, 5}) {
	case pAnd:
		g.predicate(b, depth)
		g.space()
		g.w("AND")
		g.space()
		g.condition(b, depth-1)
	case pOr:
		g.predicate(b, depth)
		g.space()
		g.w("OR")
		g.space()
		g.condition(b, depth-1)
	case pNot:
		g.w("NOT ")
		if g.percent(70) {
			g.w("(")
			g.condition(b, depth-1)
			g.w(")")
		} else {
			g.predicate(b, depth-1)
		}
	default:
		g.predicate(b, depth)
	}
}

// tenantCondition writes a condition on the tenant column.
func (g *Generator) tenantCondition(b *block) bool {
	for i := range b.rels {
		rel := &b.rels[i]
		if rel.table == nil || rel.table.tenant == "" || rel.hidden || b.isGroup || rel.labels {
			continue
		}
		g.hit(pTenantCondition)
		switch g.rnd.IntN(5) {
		case 0:
			g.tenantColumn(rel)
			g.w(" = ")
			g.tenantColumn(rel)
		case 1:
			g.tenantColumn(rel)
			g.w(g.pick(" <> ", " = "), g.tenantLiteral(rel.table.kind))
		case 2:
			g.tenantColumn(rel)
			g.w(g.pick(" IS NOT NULL", " IS NULL"))
		case 3:
			g.tenantColumn(rel)
			g.w(" IN (", g.tenantLiteral(rel.table.kind), ", ", g.tenantLiteral(rel.table.kind), ")")
		default:
			g.predicate(b, 0)
			g.w(" OR ")
			g.tenantColumn(rel)
			g.w(" = ", g.tenantLiteral(rel.table.kind))
		}
		return true
	}
	return false
}

// predicate writes one condition; what has AND or OR in it is in parentheses.
func (g *Generator) predicate(b *block, depth int) {
	if depth < 0 {
		g.compare(b, 0)
		return
	}
	switch {
	case g.hostile && g.focusOr(pInTable, 4) && g.inTable(b):
		return
	case g.rare(pTwoDashes, 4):
		g.w(g.pick("5--4 > 0", "1--1 = 2")) // to MySQL they are signs
		return
	}
	switch g.one(option{pNone, 40}, option{pIsNull, 7}, option{pBetween, 4}, option{pInList, 5}, option{pInSub, 7},
		option{pExists, 7}, option{pQuantified, 3}, option{pLike, 5}, option{pRowCompare, 2}, option{pRowIn, 2},
		option{pDistinctFrom, 2}, option{pNullSafe, 2}, option{pBoolColumn, 4}, option{pParens, 4}, option{pIsTrue, 2},
		option{pPattern, 2}, option{pInValues, 1}, option{pJSONCondition, 1}, option{pArrayAny, 1}) {
	case pIsNull:
		kind := g.comparedKind(b)
		g.value(b, kind, 0)
		g.w(g.pick(" IS NULL", " IS NOT NULL"))
	case pBetween:
		kind := g.comparedKind(b)
		if kind == ddl.Bool {
			kind = ddl.Int
		}
		g.value(b, kind, depth-1)
		g.w(g.pick(" BETWEEN ", " NOT BETWEEN "))
		g.value(b, kind, 0)
		g.w(" AND ")
		g.value(b, kind, 0)
	case pInList:
		kind := g.comparedKind(b)
		g.value(b, kind, depth-1)
		g.w(g.pick(" IN (", " NOT IN ("))
		g.list(1+g.rnd.IntN(3), func(int) { g.value(b, kind, 0) })
		g.w(")")
	case pInSub:
		if !g.room() {
			g.compare(b, depth)
			return
		}
		kind := g.comparedKind(b)
		g.value(b, kind, 0)
		g.w(g.pick(" IN (", " IN (", " NOT IN ("))
		g.query(b, want{kinds: []ddl.Kind{kind}, in: true}, depth-1)
		g.w(")")
	case pExists:
		if !g.room() {
			g.compare(b, depth)
			return
		}
		g.w(g.pick("EXISTS (", "EXISTS (", "NOT EXISTS ("))
		g.query(b, want{exists: true, in: true}, depth-1)
		g.w(")")
	case pQuantified:
		if !g.room() {
			g.compare(b, depth)
			return
		}
		kind := g.comparedKind(b)
		g.value(b, kind, 0)
		g.w(g.pick(" = ", " <> ", " > ", " < "), g.pick("ANY (", "ALL (", "SOME ("))
		g.query(b, want{kinds: []ddl.Kind{kind}, in: true}, depth-1)
		g.w(")")
	case pLike:
		g.value(b, ddl.Text, depth-1)
		if g.isPG() && g.percent(30) {
			g.w(g.pick(" ILIKE ", " NOT ILIKE "))
		} else {
			g.w(g.pick(" LIKE ", " NOT LIKE "))
		}
		g.w(g.pick("'a%'", "'%x'", "'_'", "'%'", "'A%'"))
		if g.percent(10) {
			g.w(" ESCAPE '!'")
		}
	case pRowCompare:
		g.w("(")
		g.value(b, ddl.Int, 0)
		g.w(", ")
		g.value(b, ddl.Text, 0)
		g.w(")", g.pick(" = ", " <> ", " < "), "(")
		g.value(b, ddl.Int, 0)
		g.w(", ")
		g.value(b, ddl.Text, 0)
		g.w(")")
	case pRowIn:
		if !g.room() {
			g.compare(b, depth)
			return
		}
		g.w("(")
		g.value(b, ddl.Int, 0)
		g.w(", ")
		g.value(b, ddl.Text, 0)
		g.w(g.pick(") IN (", ") NOT IN ("))
		g.query(b, want{kinds: []ddl.Kind{ddl.Int, ddl.Text}, in: true}, depth-1)
		g.w(")")
	case pDistinctFrom:
		kind := g.comparedKind(b)
		g.value(b, kind, depth-1)
		g.w(g.pick(" IS DISTINCT FROM ", " IS NOT DISTINCT FROM "))
		g.value(b, kind, 0)
	case pNullSafe:
		kind := g.comparedKind(b)
		g.value(b, kind, depth-1)
		if g.isMy() {
			g.w(" <=> ")
		} else {
			g.w(g.pick(" IS ", " IS NOT "))
		}
		g.value(b, kind, 0)
	case pBoolColumn:
		if !g.column(b, ddl.Bool) {
			g.compare(b, depth)
		}
	case pParens:
		g.w("(")
		g.condition(b, depth-1)
		g.w(")")
	case pIsTrue:
		g.w("(")
		g.condition(b, depth-1)
		g.w(")", g.pick(" IS TRUE", " IS NOT TRUE", " IS FALSE"))
	case pPattern:
		g.value(b, ddl.Text, 0)
		switch g.in {
		case pg:
			g.w(g.pick(" ~ '^a'", " !~ 'x$'", " SIMILAR TO '(a|b)%'"))
		case my:
			g.w(g.pick(" REGEXP '^a'", " NOT REGEXP 'x$'", " RLIKE 'a'"))
		default:
			g.w(g.pick(" GLOB 'a*'", " NOT GLOB '*x'"))
		}
	case pInValues:
		g.value(b, ddl.Int, 0)
		g.w(" IN (VALUES ")
		g.list(1+g.rnd.IntN(3), func(int) { g.w("("); g.value(b, ddl.Int, 0); g.w(")") })
		g.w(")")
	case pJSONCondition:
		g.value(b, ddl.JSON, 0)
		g.w(g.pick(` ? 'a'`, ` @> '{"a": 1}'`, ` ?| ARRAY['a', 'b']`))
	case pArrayAny:
		g.value(b, ddl.Int, 0)
		switch {
		case g.percent(50) || !g.room():
			g.w(" = ANY (ARRAY[1, 2, 3])")
		default:
			g.w(" = ANY (ARRAY(")
			g.query(b, want{kinds: []ddl.Kind{ddl.Int}, in: true}, depth-1)
			g.w("))")
		}
	default:
		g.compare(b, depth)
	}
}

// compare writes the comparison of two values of one kind.
func (g *Generator) compare(b *block, depth int) {
	kind := g.comparedKind(b)
	if g.percent(85) && g.column(b, kind) {
		g.w(g.pick(" = ", " = ", " <> ", " > ", " < ", " >= ", " <= "))
	} else {
		g.value(b, kind, max(depth-1, 0))
		g.w(g.pick(" = ", " > ", " < "))
	}
	g.value(b, kind, max(depth-1, 0))
}

// room reports whether the statement may read one more table.
func (g *Generator) room() bool {
	return g.refs < g.budget && (g.target == nil || len(g.tables) > 1)
}
