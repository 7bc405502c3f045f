package sqlgen

import (
	"slices"
	"strconv"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/scope"
)

// selection writes one SELECT whose FROM clause is known.
type selection struct {
	g        *Generator
	b        *block
	w        want
	depth    int
	from     string
	out      output
	distinct bool
	group    bool // it has GROUP BY
	simple   bool // a group is one row of each set of its columns
	single   bool // one row at most, by what it is
	star     bool // its columns are not counted
	on       string
	windows  []window
}

// total returns the columns that tell the rows of the FROM clause apart.
func (s *selection) total() []found {
	var out []found
	for i := range s.b.rels {
		rel := &s.b.rels[i]
		if rel.total == nil || rel.hidden {
			return nil
		}
		for _, c := range rel.total {
			out = append(out, found{rel, c, s.b})
		}
	}
	return out
}

func (s *selection) write() {
	g, b := s.g, s.b
	grouping := ""
	switch {
	case s.w.one:
		s.single = g.percent(75) || s.total() == nil
		if s.single {
			b.isGroup = true
		}
	case s.w.exists:
	case g.may(pGroupBy, 14):
		grouping = g.capture(s.groupBy)
	case s.w.kinds == nil && g.may(pAggregate, 5):
		s.single = true
		b.isGroup = true
	case g.may(pDistinctOn, 3) && s.total() != nil && !s.w.arm:
		s.distinctOn()
	case g.may(pDistinct, 8):
		s.distinct = true
	}
	grouped, isGroup := b.grouped, b.isGroup
	g.w("SELECT")
	g.space()
	if s.distinct {
		g.w("DISTINCT ")
	}
	g.w(s.on)
	s.list()
	g.space()
	g.w("FROM")
	g.space()
	g.w(s.from)
	b.isGroup, b.grouped = false, nil
	if g.may(pWhere, 68) {
		g.space()
		g.w("WHERE")
		g.space()
		g.condition(b, min(s.depth, 2))
	}
	b.isGroup, b.grouped = isGroup, grouped
	g.w(grouping)
	if (s.group || s.single && g.percent(5)) && g.may(pHaving, 30) {
		g.w(" HAVING ")
		s.having()
	}
	s.writeWindows()
	if !s.w.arm {
		s.order()
	}
	s.lock()
}

// groupBy chooses and writes GROUP BY.
func (s *selection) groupBy() {
	g, b := s.g, s.b
	var refs []ref
	for range 1 + g.rnd.IntN(2) {
		kinds := []ddl.Kind{ddl.Int, ddl.Text, ddl.Date, ddl.Bool}
		kind := kinds[g.rnd.IntN(len(kinds))]
		f, ok := g.search(nil, b, kind)
		if !ok {
			continue
		}
		i := slices.IndexFunc(b.rels, func(r relation) bool { return r.key == f.rel.key })
		if slices.ContainsFunc(refs, func(r ref) bool { return r.rel == i && r.col == f.col }) {
			continue
		}
		g.quiet++
		text := g.capture(func() { g.colRef(f, nil) })
		g.quiet--
		refs = append(refs, ref{rel: i, col: f.col, text: text, kind: kind})
	}
	if len(refs) == 0 {
		s.single, b.isGroup = true, true
		return
	}
	s.group, s.simple = true, true
	b.grouped, b.isGroup = refs, true
	g.w(" GROUP BY ")
	rollup := 6
	if !s.w.top {
		rollup = 0 // MariaDB 10.11 crashes over it in a query inside another
	}
	form := g.one(option{pNone, 70}, option{pGroupingSets, 5}, option{pRollup, 5}, option{pCube, 5}, option{pWithRollup, rollup}, option{pGroupSub, 8})
	text := func(i int) { g.w(refs[i].text) }
	switch form {
	case pGroupingSets:
		g.w("GROUPING SETS (")
		g.list(len(refs), func(i int) { g.w("("); text(i); g.w(")") })
		g.w(g.pick(")", ", ())"))
		s.simple = false
	case pRollup, pCube:
		g.w(g.pick("ROLLUP", "ROLLUP"), " (")
		if form == pCube {
			g.buf = append(g.buf[:len(g.buf)-len("ROLLUP (")], "CUBE ("...)
		}
		g.list(len(refs), text)
		g.w(")")
		s.simple = false
	case pWithRollup:
		g.list(len(refs), text)
		g.w(" WITH ROLLUP")
		b.rollup = true
		s.simple = false
	case pGroupSub:
		g.list(len(refs), text)
		if g.room() {
			g.w(", ")
			b.grouped, b.isGroup = nil, false
			if g.percent(85) && g.matching(b) {
				s.simple = false
			} else {
				// Its value is the same in each row, so that it splits no group.
				g.scalar(nil, ddl.Int, 0)
			}
			b.grouped, b.isGroup = refs, true
		}
	default:
		g.list(len(refs), text)
	}
}

// distinctOn writes DISTINCT ON (..), for which the order is fixed at the end.
func (s *selection) distinctOn() {
	g := s.g
	f, ok := g.search(nil, s.b, ddl.Int)
	if !ok {
		return
	}
	g.quiet++
	text := g.capture(func() { g.colRef(f, nil) })
	g.quiet--
	s.on = "DISTINCT ON (" + text + ") "
	s.windows = nil
	s.distinct = false
}

// list writes what is selected.
func (s *selection) list() {
	g, b := s.g, s.b
	if s.w.exists {
		switch g.one(option{pNone, 60}, option{pStar, 30}, option{pEmptyList, 10}) {
		case pStar:
			g.w("*")
		case pEmptyList:
		default:
			g.w(g.pick("1", "NULL", "1, 2"))
		}
		return
	}
	kinds := s.w.kinds
	if kinds == nil && !b.isGroup && s.on == "" && s.starList() {
		return
	}
	if kinds == nil {
		choice := [...]ddl.Kind{ddl.Int, ddl.Int, ddl.Text, ddl.Text, ddl.Bool, ddl.Date, ddl.Real, ddl.JSON}
		for range 1 + g.rnd.IntN(4) {
			kinds = append(kinds, choice[g.rnd.IntN(len(choice))])
		}
	}
	g.list(len(kinds), func(i int) {
		c := column{kind: kinds[i], null: true}
		bare := s.item(&c)
		switch {
		case s.w.named:
			c.name = g.label()
			g.w(g.pick(" AS ", " AS ", " "), c.name)
		case s.w.top && g.percent(40):
			c.name = g.label()
			if g.may(pOddLabel, 8) {
				c.name += g.pick(" x", "~", " it's", "-", "é")
			}
			g.w(" AS ", g.ident(c.name, false))
		case !bare:
			g.hit(pNoLabel)
		}
		s.out.cols = append(s.out.cols, c)
	})
	if s.distinct {
		for i := range s.out.cols {
			s.out.total = append(s.out.total, i)
		}
	}
}

// starList writes a list with a star in it.
func (s *selection) starList() bool {
	g, b := s.g, s.b
	if s.w.named {
		// The columns need names of their own: one table only.
		if len(b.rels) != 1 || b.rels[0].hidden || b.rels[0].unnamed || !g.may(pStar, 12) {
			return false
		}
		for _, c := range b.rels[0].cols {
			if g.isTenantName(c.name) {
				return false
			}
		}
		if b.rels[0].labels {
			return false
		}
		if g.percent(50) {
			g.w("*")
		} else {
			g.w(b.rels[0].qual, ".*")
		}
		s.out.cols = slices.Clone(b.rels[0].cols)
		s.out.total = b.rels[0].total
		return true
	}
	if !s.w.top {
		return false
	}
	switch g.one(option{pNone, 80}, option{pStar, 12}, option{pTableStar, 8}, option{pStarAndMore, 5}) {
	case pStar:
		g.w("*")
	case pTableStar:
		i := g.rnd.IntN(len(b.rels))
		g.w(b.rels[i].qual, ".*")
	case pStarAndMore:
		g.value(b, ddl.Int, 1)
		g.w(" AS ", g.label(), ", ", b.rels[g.rnd.IntN(len(b.rels))].qual, ".*")
	default:
		return false
	}
	s.star = true
	return true
}

// item writes one column of the list and reports whether it is a plain column.
func (s *selection) item(c *column) bool {
	g, b := s.g, s.b
	if b.isGroup {
		if s.single || g.percent(55) {
			g.aggregate(b, c.kind, s.depth)
			return false
		}
		for _, i := range g.rnd.Perm(len(b.grouped)) {
			if r := b.grouped[i]; r.kind == c.kind {
				g.w(r.text)
				return true
			}
		}
		g.aggregate(b, c.kind, s.depth)
		return false
	}
	if (s.w.top || s.w.named) && !s.w.in && (c.kind == ddl.Int || c.kind == ddl.Text) && s.steady() && g.may(pWindow, 5) && s.window(c.kind) {
		return false
	}
	if s.w.top && g.isPG() && g.hostile && s.wholeRow(c) {
		return false
	}
	if g.percent(55) && g.column(b, c.kind) {
		return true
	}
	g.value(b, c.kind, min(s.depth, 2))
	return false
}

// wholeRow writes a row as a value, or a field of one.
func (s *selection) wholeRow(c *column) bool {
	g := s.g
	rel := &s.b.rels[g.rnd.IntN(len(s.b.rels))]
	if rel.hidden || rel.table == nil || rel.labels {
		return false
	}
	switch {
	case g.may(pWholeRow, 4):
		// It reads like a column where another table has one of the name.
		g.w(rel.qual)
	case g.may(pRowCall, 1):
		g.w(g.pick("(row_to_json(", "(count("), rel.qual, ")::text)")
	case g.may(pRowField, 1):
		g.w("(", rel.qual, ").", g.pick(g.quoted(rel.cols[0].name), "length", "upper", "nothing"))
	default:
		return false
	}
	c.kind = ddl.Other
	return true
}

// having writes a condition on a group.
func (s *selection) having() {
	g, b := s.g, s.b
	switch {
	case g.percent(30) && len(b.grouped) > 0:
		g.condition(b, 1)
		return
	case g.may(pHavingSub, 20) && g.room():
		g.w("count(*) >= ")
		if g.scalar(b, ddl.Int, 0) {
			return
		}
		g.w("1")
		return
	}
	g.aggregate(b, ddl.Int, 0)
	g.w(g.pick(" > ", " >= ", " < ", " <> "), strconv.Itoa(g.rnd.IntN(4)))
}

// tenantClass reports whether the relation is a tenant's table.
func tenantClass(r *relation) bool {
	return r.table != nil && (r.table.class == scope.PerTenant || r.table.class == scope.Mixed)
}
