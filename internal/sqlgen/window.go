package sqlgen

import (
	"strconv"

	"github.com/gotenancy/tenancy/internal/ddl"
)

// window is a named one.
type window struct {
	name, text string
}

// steady reports whether the server survives a window function here. MariaDB
// 10.11 crashes over columns of a derived table that an outer join fills with
// NULLs where they stand in a window and in ORDER BY; the scoper makes such
// tables for USING and NATURAL.
func (s *selection) steady() bool {
	if !s.g.isMy() {
		return true
	}
	for i := range s.b.rels {
		if rel := &s.b.rels[i]; !rel.inner && (rel.table == nil || rel.unnamed) {
			return false
		}
	}
	return true
}

// window writes a window function that returns the kind. Those that tell equal
// rows apart get an order that does.
func (s *selection) window(kind ddl.Kind) bool {
	g, b := s.g, s.b
	f, ok := g.search(nil, b, kind)
	if !ok {
		return false
	}
	total := s.total()
	exact, ranked, framed := false, false, true
	if g.focus[pFrameRange] && kind == ddl.Int {
		total = nil
	}
	switch {
	case kind == ddl.Text:
		if total == nil {
			g.w(g.pick("min(", "max("))
			g.colRef(f, b)
			g.w(")")
			break
		}
		exact = true
		switch form := g.rnd.IntN(3); {
		case form == 0:
			g.w(g.pick("first_value(", "last_value("))
			g.colRef(f, b)
			g.w(")")
		case form == 1 && !(g.isMy() && g.focus[pFrameRows]):
			framed = !g.isMy()
			g.w(g.pick("lag(", "lead("))
			g.colRef(f, b)
			g.w(")")
		default:
			g.w("nth_value(")
			g.colRef(f, b)
			g.w(", 2)")
		}
	case total != nil && (g.percent(50) || g.focus[pFrameRows]):
		exact = true
		if g.focus[pFrameRows] && (g.isMy() || g.percent(50)) {
			g.w(g.pick("sum(", "count(", "max("))
			g.colRef(f, b)
			g.w(")")
			break
		}
		framed = !g.isMy() // MariaDB takes no frame beside a ranking
		g.w(g.pick("row_number()", "row_number()", "ntile(2)"))
	case g.percent(50) && !g.focus[pFrameRange] && !g.focus[pFrameRows]:
		ranked, framed = true, !g.isMy()
		g.w(g.pick("rank()", "dense_rank()"))
	default:
		g.w(g.pick("sum(", "count(", "max("))
		g.colRef(f, b)
		g.w(")")
		if !exact && g.percent(50) {
			g.filter(b)
		}
	}
	g.w(" OVER ")
	text := g.capture(func() { s.windowText(exact, ranked, framed, total) })
	if g.may(pNamedWindow, 25) {
		name := "w" + strconv.Itoa(len(s.windows)+1)
		s.windows = append(s.windows, window{name, text})
		g.w(name)
		return true
	}
	g.w("(", text, ")")
	return true
}

// windowText writes what stands inside the parentheses.
func (s *selection) windowText(exact, ranked, framed bool, total []found) {
	g, b := s.g, s.b
	part := false
	if g.percent(50) || g.focus[pWindowSub] {
		if f, ok := g.search(nil, b, ddl.Int); ok {
			g.w("PARTITION BY ")
			switch {
			case !g.may(pWindowSub, 25) || !g.room():
				g.colRef(f, nil)
			case g.percent(85) && g.matching(b): // it differs by row
			case g.scalar(b, ddl.Int, 0):
				g.w(", ")
				g.colRef(f, nil)
			default:
				g.colRef(f, nil)
			}
			part = true
		}
	}
	if !exact && !ranked && g.percent(30) && !g.focus[pFrameRange] {
		return
	}
	if part {
		g.w(" ")
	}
	g.w("ORDER BY ")
	if !exact {
		if f, ok := g.search(nil, b, ddl.Int); ok {
			g.colRef(f, nil)
		} else {
			// A constant: all rows are equal.
			g.w("coalesce(1, 2)")
		}
		if framed && g.may(pFrameRange, 20) {
			g.w(" RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW")
		}
		return
	}
	if f, ok := g.search(nil, b, ddl.Int); ok && g.percent(40) {
		g.colRef(f, nil)
		g.w(g.pick(", ", " DESC, "))
	}
	g.list(len(total), func(i int) { g.colRef(total[i], nil) })
	if framed && g.may(pFrameRows, 25) {
		g.w(g.pick(" ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING", " ROWS UNBOUNDED PRECEDING", " ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING"))
	}
}

// writeWindows writes the WINDOW clause.
func (s *selection) writeWindows() {
	if len(s.windows) == 0 {
		return
	}
	s.g.w(" WINDOW ")
	s.g.list(len(s.windows), func(i int) { s.g.w(s.windows[i].name, " AS (", s.windows[i].text, ")") })
}
