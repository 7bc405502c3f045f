package sqlgen

import (
	"strconv"
	"strings"

	"github.com/gotenancy/tenancy/internal/ddl"
)

// order writes ORDER BY and LIMIT.
func (s *selection) order() {
	g, b := s.g, s.b
	total := s.total()
	byKey := total != nil && !s.group && !s.single && !s.distinct // an order by keys is total
	byPlace := !s.star && len(s.out.cols) > 0
	if s.on != "" {
		g.w(" ORDER BY ", strings.TrimSuffix(strings.TrimPrefix(s.on, "DISTINCT ON ("), ") "), ", ")
		g.list(len(total), func(i int) { g.colRef(total[i], nil) })
		g.ordered = g.ordered || s.w.top
		s.limit(true)
		return
	}
	must := s.w.one && !s.single
	if s.single && g.percent(90) || s.w.exists && g.percent(90) || !must && !s.w.top && g.percent(85) && !g.focus[pOrderBy] && !g.focus[pLimit] {
		return
	}
	if s.w.in && g.isMy() || s.distinct && s.star || !must && !g.may(pOrderBy, 60) {
		return
	}
	if g.isMy() && s.seenRollup() {
		return // MariaDB takes no ORDER BY beside WITH ROLLUP
	}
	g.space()
	g.w("ORDER BY")
	g.space()
	first := false
	if !s.group && !s.single && !s.distinct && !s.w.arm {
		first = s.orderFirst(b)
	}
	comma := func() {
		if first {
			g.w(", ")
		}
		first = true
	}
	isTotal := false
	switch {
	case byKey && (g.percent(60) || !byPlace || must):
		for _, f := range total {
			comma()
			g.colRef(f, nil)
			s.direction()
		}
		isTotal = true
	case byPlace:
		for _, i := range g.rnd.Perm(len(s.out.cols)) {
			comma()
			g.w(strconv.Itoa(i + 1))
			s.direction()
		}
		isTotal = true
		if s.anyOther() {
			isTotal = false
		}
	default:
		comma()
		if s.star && !s.group {
			if f, ok := g.search(nil, b, ddl.Int); ok {
				g.colRef(f, nil)
				break
			}
		}
		g.w("1")
	}
	if s.w.top && isTotal {
		g.ordered = true
	}
	if must {
		g.hit(pLimit)
		g.w(" LIMIT 1")
		return
	}
	s.limit(isTotal)
}

// anyOther reports whether a column of the list can not be ordered by.
func (s *selection) anyOther() bool {
	for _, c := range s.out.cols {
		if c.kind == ddl.Other {
			return true
		}
	}
	return false
}

func (s *selection) seenRollup() bool { return s.group && !s.simple }

// orderFirst writes an expression to order by before what makes the order total.
func (s *selection) orderFirst(b *block) bool {
	g := s.g
	switch {
	case g.hostile && g.focusOr(pTenantOrder, 5):
		for i := range b.rels {
			if rel := &b.rels[i]; tenantClass(rel) && !rel.hidden && !rel.labels {
				g.hit(pTenantOrder)
				g.tenantColumn(rel)
				return true
			}
		}
		return false
	case g.may(pOrderSub, 6) && g.room():
		if g.percent(60) && g.matching(b) || g.scalar(b, ddl.Int, 0) {
			s.direction()
			return true
		}
		return false
	case g.percent(35):
		if f, ok := g.search(nil, b, ddl.Int); ok {
			g.colRef(f, nil)
			s.direction()
			return true
		}
	case g.percent(10):
		if f, ok := g.search(nil, b, ddl.Text); ok {
			g.w("lower(")
			g.colRef(f, nil)
			g.w(")")
			s.direction()
			return true
		}
	}
	return false
}

func (s *selection) direction() {
	g := s.g
	g.w(g.pick("", "", " ASC", " DESC"))
	if g.may(pNullsFirst, 4) {
		g.w(g.pick(" NULLS FIRST", " NULLS LAST"))
	}
}

// limit writes LIMIT where the order before it is total.
func (s *selection) limit(total bool) {
	g := s.g
	if !total || s.w.in && g.isMy() || !g.may(pLimit, 35) {
		return
	}
	g.limit()
}

func (g *Generator) limit() {
	switch form := g.one(option{pNone, 50}, option{pOffset, 20}, option{pFetch, 12}, option{pLimitSub, 6}, option{pLimitComma, 6}); form {
	case pOffset:
		g.w(" LIMIT ")
		g.number(1 + g.rnd.IntN(4))
		g.w(" OFFSET ")
		g.number(g.rnd.IntN(3))
	case pFetch:
		form := g.pick(" FETCH FIRST 2 ROWS ONLY", " FETCH FIRST ROW ONLY", " OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY")
		if g.isMy() && form[1] == 'O' {
			form = " FETCH NEXT 2 ROWS ONLY" // the scoper knows no OFFSET without LIMIT there
		}
		g.w(form)
	case pLimitSub:
		if !g.room() {
			g.w(" LIMIT 2")
			return
		}
		g.w(" LIMIT (")
		g.w("SELECT count(*) FROM ")
		rel := g.tableRef(&block{})
		_ = rel
		g.w(")")
	case pLimitComma:
		g.w(" LIMIT 1, 3")
	default:
		g.w(" LIMIT ")
		g.number(1 + g.rnd.IntN(4))
	}
}

// number writes a number or a placeholder for it.
func (g *Generator) number(n int) {
	if g.percent(50) && g.place(limitKind, int64(n)) {
		return
	}
	g.w(strconv.Itoa(n))
}

// limitKind tells the placeholders of row limits from others, because the server
// gives them a type of their own.
const limitKind ddl.Kind = 200

// keyKind tells the values of keys, which are given once.
const keyKind ddl.Kind = 201

// lock writes FOR UPDATE and its like.
func (s *selection) lock() {
	g := s.g
	if !s.w.top && !(s.w.named && g.percent(10)) || s.w.arm || s.group || s.single || s.distinct || s.on != "" || len(s.windows) > 0 || g.seen[pWindow] || g.seen[pValuesTable] || g.seen[pSetOperation] || g.seen[pWith] {
		return
	}
	for i := range s.b.rels {
		if !s.b.rels[i].inner || s.b.rels[i].table == nil {
			return
		}
	}
	if !g.may(pForUpdate, 6) {
		return
	}
	if g.isMy() {
		g.w(g.pick(" FOR UPDATE", " LOCK IN SHARE MODE"))
		return
	}
	g.w(g.pick(" FOR UPDATE", " FOR SHARE", " FOR NO KEY UPDATE", " FOR KEY SHARE"))
	if g.percent(40) {
		g.w(" OF ", s.b.rels[g.rnd.IntN(len(s.b.rels))].qual)
	}
	if g.percent(20) {
		g.w(g.pick(" NOWAIT", " SKIP LOCKED"))
	}
}
