package sqlgen

import (
	"strconv"

	"github.com/gotenancy/tenancy/internal/ddl"
)

// setQuery writes a set operation with its ORDER BY and LIMIT.
func (g *Generator) setQuery(outer *block, w want, depth int) output {
	if w.kinds == nil {
		kinds := [...]ddl.Kind{ddl.Int, ddl.Text, ddl.Date, ddl.Int}
		for range 1 + g.rnd.IntN(3) {
			w.kinds = append(w.kinds, kinds[g.rnd.IntN(len(kinds))])
		}
	}
	arms := 2 + g.rnd.IntN(2)
	var out output
	distinct := false
	for i := range arms {
		arm := w
		arm.arm, arm.top, arm.one = true, false, false
		arm.named = w.named && (i == 0 || g.isMy())
		if i > 0 {
			distinct = g.operator()
		}
		o := g.arm(outer, arm, depth-1, i == 0)
		if i == 0 {
			out = o
			out.total = nil
		}
	}
	if distinct {
		for i := range out.cols {
			out.total = append(out.total, i)
		}
	}
	if (w.top && g.may(pOrderBy, 60)) || g.may(pOrderBy, 8) {
		g.space()
		g.w("ORDER BY")
		g.space()
		g.list(len(out.cols), func(i int) { g.w(strconv.Itoa(i+1), g.pick("", " DESC")) })
		if w.top {
			g.ordered = true
		}
		g.hit(pSetOrder)
		if !(w.in && g.isMy()) && g.may(pLimit, 30) {
			g.limit()
		}
	}
	return out
}

// operator writes the words between two arms.
func (g *Generator) operator() (distinct bool) {
	g.space()
	exceptAll := 4
	if g.isMy() && g.seen[pExceptAll] {
		exceptAll = 0 // MariaDB 10.11 never ends over a INTERSECT ALL b EXCEPT ALL c, and can not be killed
	}
	switch g.one(option{pUnion, 20}, option{pUnionAll, 30}, option{pIntersect, 10}, option{pExcept, 10}, option{pExceptAll, exceptAll}) {
	case pUnion:
		g.w("UNION")
		distinct = true
	case pIntersect:
		g.w("INTERSECT")
	case pExcept:
		g.w("EXCEPT")
	case pExceptAll:
		g.w(g.pick("EXCEPT ALL", "INTERSECT ALL"))
	default:
		g.w("UNION ALL")
	}
	g.space()
	return distinct
}

// arm writes one operand of a set operation.
func (g *Generator) arm(outer *block, w want, depth int, first bool) output {
	if depth > 0 && g.may(pSetParens, 18) {
		g.w("(")
		var out output
		if g.percent(50) && depth > 0 && g.room() {
			inner := w
			inner.arm = true
			out = g.arm(outer, inner, depth-1, true)
			next := w
			next.named = g.isMy() // which makes a derived table of it
			g.operator()
			g.arm(outer, next, 0, false)
		} else {
			inner := w
			inner.arm = g.isMy() && w.in // MariaDB wants no LIMIT there
			out = g.block(outer, inner, depth-1)
		}
		g.w(")")
		return out
	}
	if (g.isPG() || first) && !w.named && g.may(pSetValues, 3) {
		var out output
		g.w("VALUES (")
		g.list(len(w.kinds), func(i int) {
			g.constant(w.kinds[i])
			out.cols = append(out.cols, column{kind: w.kinds[i]})
		})
		g.w(")")
		return out
	}
	return g.block(outer, w, max(depth-1, 0))
}
