package sqlgen

import (
	"strconv"

	"github.com/gotenancy/tenancy/internal/ddl"
)

// value writes an expression of the kind.
func (g *Generator) value(b *block, kind ddl.Kind, depth int) {
	if depth > 0 {
		switch g.one(option{pNone, 70}, option{pCase, 4}, option{pCoalesce, 4}, option{pNullif, 2},
			option{pScalarSub, 5}, option{pCast, 3}, option{pConditional, 2}, option{pGreatest, 2}) {
		case pCase:
			g.caseOf(b, kind, depth-1)
			return
		case pCoalesce:
			g.w("coalesce(")
			g.value(b, kind, depth-1)
			g.w(", ")
			g.value(b, kind, depth-1)
			g.w(")")
			return
		case pNullif:
			g.w("nullif(")
			g.value(b, kind, depth-1)
			g.w(", ")
			g.value(b, kind, 0)
			g.w(")")
			return
		case pScalarSub:
			if g.scalar(b, kind, depth-1) {
				return
			}
		case pCast:
			g.w("CAST(")
			g.value(b, kind, depth-1)
			g.w(" AS ", g.typeName(kind), ")")
			return
		case pConditional:
			g.w(g.pickConditional(), "(")
			g.condition(b, depth-1)
			g.w(", ")
			g.value(b, kind, depth-1)
			g.w(", ")
			g.value(b, kind, depth-1)
			g.w(")")
			return
		case pGreatest:
			g.w(g.pick("greatest", "least"), "(")
			g.value(b, kind, depth-1)
			g.w(", ")
			g.value(b, kind, depth-1)
			g.w(")")
			return
		}
		switch kind {
		case ddl.Int:
			if g.intExpr(b, depth-1) {
				return
			}
		case ddl.Text:
			if g.textExpr(b, depth-1) {
				return
			}
		case ddl.Bool:
			if g.room() && g.may(pExistsValue, 12) {
				g.w("(", g.pick("", "NOT "), "EXISTS (")
				g.query(b, want{exists: true, in: true}, depth-1)
				g.w("))")
				return
			}
			if g.percent(60) {
				g.w("(")
				g.condition(b, depth-1)
				g.w(")")
				return
			}
		case ddl.Real:
			if g.percent(20) {
				g.w("(")
				g.value(b, ddl.Real, 0)
				g.w(" ", g.pick("+", "-"), " ")
				g.value(b, ddl.Real, 0)
				g.w(")")
				return
			}
		}
	}
	if g.percent(72) && g.column(b, kind) {
		return
	}
	g.literal(kind)
}

func (g *Generator) pickConditional() string {
	if g.isMy() {
		return "if"
	}
	return "iif"
}

func (g *Generator) caseOf(b *block, kind ddl.Kind, depth int) {
	g.w("CASE ")
	if g.percent(25) {
		g.value(b, ddl.Int, 0)
		g.w(" WHEN ")
		g.value(b, ddl.Int, 0)
	} else {
		g.w("WHEN ")
		g.condition(b, depth)
	}
	g.w(" THEN ")
	g.value(b, kind, depth)
	if g.percent(80) {
		g.w(" ELSE ")
		g.value(b, kind, depth)
	}
	g.w(" END")
}

// intExpr writes an arithmetic expression or a call that returns a number.
func (g *Generator) intExpr(b *block, depth int) bool {
	switch g.one(option{pNone, 45}, option{pArithmetic, 12}, option{pNumberCall, 8}, option{pPartial, g.ifHostile(2)},
		option{pExtract, 2}, option{pJSONNumber, 2}) {
	case pArithmetic:
		g.w("(")
		g.value(b, ddl.Int, depth)
		switch g.rnd.IntN(4) {
		case 0:
			g.w(" + ")
			g.value(b, ddl.Int, depth)
		case 1:
			g.w(" - ")
			g.value(b, ddl.Int, depth)
		case 2:
			g.w(" * ", strconv.Itoa(1+g.rnd.IntN(3)))
		default:
			g.w(" % ", strconv.Itoa(2+g.rnd.IntN(3)))
		}
		g.w(")")
	case pNumberCall:
		switch g.rnd.IntN(4) {
		case 0:
			g.w("abs(")
			g.value(b, ddl.Int, depth)
		case 1:
			g.w("length(")
			g.value(b, ddl.Text, depth)
		case 2:
			g.w("mod(")
			g.value(b, ddl.Int, depth)
			g.w(", 3")
		default:
			g.w("sign(")
			g.value(b, ddl.Int, depth)
			if g.isPG() {
				g.w(")::integer")
				return true
			}
		}
		g.w(")")
	case pExtract:
		if g.isPG() {
			g.w("EXTRACT(", g.pick("year", "month"), " FROM ")
			g.value(b, ddl.Date, 0)
			g.w(")::integer")
		} else {
			g.w(g.pick("EXTRACT(YEAR FROM ", "EXTRACT(MONTH FROM ", "year("))
			g.value(b, ddl.Date, 0)
			g.w(")")
		}
	case pJSONNumber:
		g.jsonNumber(b)
	case pPartial:
		g.partialInt(b)
	default:
		return false
	}
	return true
}

func (g *Generator) ifHostile(weight int) int {
	if g.hostile {
		return weight
	}
	return 0
}

// jsonNumber writes a call that fails on no document that is valid.
func (g *Generator) jsonNumber(b *block) {
	switch g.in {
	case pg:
		g.w("length(")
		g.value(b, ddl.JSON, 0)
		g.w(g.pick(" ->> 'a')", " ->> 'b')", " #>> '{b,0}')"))
	case my:
		g.w("length(json_value(")
		g.value(b, ddl.JSON, 0)
		g.w(g.pick(", '$.a'))", ", '$.b[0]'))"))
	default:
		g.w("length(json_quote(")
		g.value(b, ddl.Text, 0)
		g.w("))")
	}
}

// partialInt writes an expression that fails on some values of its columns.
func (g *Generator) partialInt(b *block) {
	switch g.rnd.IntN(3) {
	case 0:
		g.w("CAST(")
		g.value(b, ddl.Text, 0)
		g.w(" AS ", g.typeName(ddl.Int), ")")
	case 1:
		g.w("(10 / ")
		g.value(b, ddl.Int, 0)
		g.w(")")
	default:
		switch g.in {
		case pg:
			g.w("length((")
			g.value(b, ddl.Text, 0)
			g.w(")::json ->> 'a')")
		case my:
			g.w("length(json_value(")
			g.value(b, ddl.Text, 0)
			g.w(", '$.a'))")
		default:
			g.w("length(json_extract(")
			if g.percent(50) {
				g.value(b, ddl.Text, 0)
			} else {
				g.value(b, ddl.JSON, 0)
			}
			g.w(", '$.a'))")
		}
	}
}

// textExpr writes a call or an operator that returns a text.
func (g *Generator) textExpr(b *block, depth int) bool {
	switch g.one(option{pNone, 45}, option{pTextCall, 12}, option{pConcat, 8}, option{pTextOf, 4}) {
	case pTextCall:
		switch g.rnd.IntN(5) {
		case 0:
			g.w("upper(")
			g.value(b, ddl.Text, depth)
		case 1:
			g.w("lower(")
			g.value(b, ddl.Text, depth)
		case 2:
			if g.isPG() && g.percent(60) {
				g.w("substring(")
				g.value(b, ddl.Text, depth)
				g.w(" FROM 1 FOR 2")
			} else {
				g.w("substr(")
				g.value(b, ddl.Text, depth)
				g.w(", 1, 2")
			}
		case 3:
			g.w("replace(")
			g.value(b, ddl.Text, depth)
			g.w(", 'a', 'b'")
		default:
			if !g.isLite() && g.percent(50) {
				g.w("trim(BOTH 'x' FROM ")
			} else {
				g.w("trim(")
			}
			g.value(b, ddl.Text, depth)
		}
		g.w(")")
	case pConcat:
		if g.isMy() || g.isPG() && g.percent(30) {
			g.w("concat(")
			g.value(b, ddl.Text, depth)
			g.w(", ")
			g.value(b, ddl.Text, depth)
			g.w(")")
		} else {
			g.w("(")
			g.value(b, ddl.Text, depth)
			g.w(" || ")
			g.value(b, ddl.Text, depth)
			g.w(")")
		}
	case pTextOf:
		g.w("CAST(")
		g.value(b, ddl.Int, depth)
		g.w(" AS ", g.typeName(ddl.Text), ")")
	default:
		return false
	}
	return true
}
