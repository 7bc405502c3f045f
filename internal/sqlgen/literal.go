package sqlgen

import (
	"strconv"

	"github.com/gotenancy/tenancy/internal/ddl"
)

// words that texts are made of: many rows share them.
var words = [...]string{"a", "b", "x", "A", "ACME", "BOLT", "acme", "bolt", "it''s", ""}

// typeName is the type to cast to.
func (g *Generator) typeName(kind ddl.Kind) string {
	switch kind {
	case ddl.Int:
		if g.isMy() {
			return "SIGNED"
		}
		return "integer"
	case ddl.Text:
		if g.isMy() {
			return "CHAR"
		}
		return "text"
	case ddl.Bool:
		if g.isMy() {
			return "SIGNED"
		}
		return "boolean"
	case ddl.Real:
		if g.isLite() {
			return "real"
		}
		return "decimal(12,4)"
	case ddl.Date:
		if g.isLite() {
			return "text"
		}
		return "date"
	case ddl.Time:
		switch g.in {
		case pg:
			return "timestamp"
		case my:
			return "datetime"
		}
		return "text"
	case ddl.UUID:
		return "uuid"
	case ddl.JSON:
		if g.isPG() {
			return "jsonb"
		}
	}
	if g.isMy() {
		return "CHAR"
	}
	return "text"
}

// literal writes a value of the kind, or a placeholder for one.
func (g *Generator) literal(kind ddl.Kind) {
	if g.percent(60) {
		switch kind {
		case ddl.Int:
			if g.typed(kind, int64(g.rnd.IntN(7))) {
				return
			}
		case ddl.Text:
			w := words[g.rnd.IntN(len(words))]
			if w == "it''s" {
				w = "it's"
			}
			if g.typed(kind, w) {
				return
			}
		}
	}
	if g.percent(4) && g.fixed == 0 {
		g.hit(pNull)
		if g.isPG() {
			g.w("CAST(NULL AS ", g.typeName(kind), ")")
		} else {
			g.w("NULL")
		}
		return
	}
	g.constant(kind)
}

// typed writes a placeholder, with a cast where PostgreSQL may know no type.
func (g *Generator) typed(kind ddl.Kind, value any) bool {
	if !g.isPG() {
		return g.place(kind, value)
	}
	from := len(g.buf)
	short := g.percent(50)
	if !short {
		g.w("CAST(")
	}
	if !g.place(kind, value) {
		g.buf = g.buf[:from]
		return false
	}
	if short {
		g.w("::", g.typeName(kind))
	} else {
		g.w(" AS ", g.typeName(kind), ")")
	}
	return true
}

// constant writes a literal of the kind.
func (g *Generator) constant(kind ddl.Kind) {
	switch kind {
	case ddl.Int:
		g.w(strconv.Itoa(g.rnd.IntN(7)))
	case ddl.Text:
		w := words[g.rnd.IntN(len(words))]
		if w == "it''s" {
			w = "it's"
		}
		g.w(g.textLiteral(w))
	case ddl.Bool:
		g.w(g.pick("true", "false", "TRUE"))
	case ddl.Real:
		g.w(g.pick("0.5", "1.25", "2", "10.75"))
		if g.isPG() {
			g.w("::numeric")
		}
	case ddl.Date:
		d := "'2024-0" + strconv.Itoa(1+g.rnd.IntN(3)) + "-01'"
		if !g.isLite() {
			d = "DATE " + d
		}
		g.w(d)
	case ddl.Time:
		d := "'2024-01-0" + strconv.Itoa(1+g.rnd.IntN(3)) + " 00:00:00'"
		if !g.isLite() {
			d = "TIMESTAMP " + d
		}
		g.w(d)
	case ddl.UUID:
		u := "'00000000-0000-4000-8000-00000000000" + strconv.Itoa(1+g.rnd.IntN(4)) + "'"
		if g.isPG() {
			u += "::uuid"
		}
		g.w(u)
	case ddl.JSON:
		j := g.pick(`'{"a": 1}'`, `'{"a": "x", "b": [1, 2]}'`, `'[1, 2]'`, `'null'`)
		if g.isPG() {
			j += "::jsonb"
		}
		g.w(j)
	default:
		g.w("NULL")
	}
}

// textLiteral returns a text in quotes, with its type in PostgreSQL, where a bare
// one has none in some places.
func (g *Generator) textLiteral(s string) string {
	lit := g.str(s)
	if g.isPG() {
		return lit + "::text"
	}
	if len(lit) > 0 && g.isLite() && lit[0] == '\'' && len(lit) > 2 && lit[1] == '\'' && lit[2] == ' ' {
		return "(" + lit + ")"
	}
	return lit
}
