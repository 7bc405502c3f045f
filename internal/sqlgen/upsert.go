package sqlgen

import (
	"slices"

	"github.com/gotenancy/tenancy/internal/ddl"
)

// conflict writes what is to happen where a row is there already.
func (s *insertion) conflict() {
	g, t := s.g, s.t
	defer g.unread(t)()
	if g.isMy() {
		g.hit(pOnDuplicate)
		g.w(" ON DUPLICATE KEY UPDATE ")
		s.updates("", true)
		return
	}
	g.w(" ON CONFLICT")
	target := s.conflictTarget()
	switch {
	case target == "" && g.isPG(), g.may(pDoNothing, 35):
		g.hit(pDoNothing)
		g.w(target, " DO NOTHING")
		return
	}
	g.hit(pDoUpdate)
	g.w(target, " DO UPDATE SET ")
	s.updates(s.qual, false)
	if g.may(pDoUpdateWhere, 30) {
		g.w(" WHERE ")
		b := &block{rels: []relation{{qual: s.qual, key: fold(s.qual), cols: t.cols, table: t, unnamed: true}, {qual: "excluded", key: "excluded", cols: s.given()}}}
		g.condition(b, 1)
	}
}

// given returns the columns of the table that got a value, for excluded.
func (s *insertion) given() []column {
	var out []column
	for _, i := range s.cols {
		out = append(out, s.t.cols[i])
	}
	return out
}

// conflictTarget returns the target, or "" for none.
func (s *insertion) conflictTarget() string {
	g, t := s.g, s.t
	var keys []key
	for _, k := range t.keys {
		if !k.partial && len(k.cols) > 0 {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 || len(t.keys) == 1 && g.percent(12) {
		return "" // with several keys, which of them decides depends on their order
	}
	k := keys[g.rnd.IntN(len(keys))]
	if k.name != "" && !k.global && g.may(pOnConstraint, 15) {
		return " ON CONSTRAINT " + g.ident(k.name, false)
	}
	g.hit(pConflictTarget)
	return g.capture(func() {
		g.w(" (")
		g.list(len(k.cols), func(i int) { g.w(g.ident(t.cols[k.cols[i]].name, false)) })
		g.w(")")
	})
}

// updates writes the assignments of an upsert.
func (s *insertion) updates(qual string, values bool) {
	g, t := s.g, s.t
	cols := t.settable()
	if len(cols) == 0 {
		i := 0
		for t.cols[i].ddl.Generated && i+1 < len(t.cols) {
			i++
		}
		name := g.ident(t.cols[i].name, false)
		if qual != "" {
			g.w(name, " = ", qual, ".", name)
		} else {
			g.w(name, " = ", name)
		}
		return
	}
	g.rnd.Shuffle(len(cols), func(i, j int) { cols[i], cols[j] = cols[j], cols[i] })
	cols = cols[:1+g.rnd.IntN(min(len(cols), 2))]
	old := relation{qual: s.qual, key: fold(s.qual), cols: t.cols, table: t, unnamed: true}
	g.list(len(cols), func(i int) {
		c := &t.cols[cols[i]]
		name := g.ident(c.name, false)
		g.w(name, " = ")
		given := slices.Contains(s.cols, cols[i])
		switch {
		case c.null && g.room() && g.may(pUpsertSub, 15) && g.scalar(nil, c.kind, 1):
		case given && values && g.percent(60):
			g.w("VALUES(", name, ")")
		case given && !values && g.percent(60):
			g.w("excluded.", name)
		case c.kind == ddl.Int && c.null && g.percent(50):
			if values {
				g.w(name, " + 1")
			} else {
				g.w(s.qual, ".", name, " + 1")
			}
		default:
			g.assigned(&block{rels: []relation{old}}, c, 0)
		}
	})
}
