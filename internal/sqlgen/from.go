package sqlgen

import (
	"slices"

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
	if n > 2 && g.may(pTrailingOn, 25) {
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
