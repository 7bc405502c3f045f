package sqlgen

import (
	"slices"
	"strconv"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/scope"
)

// writeTarget returns a table that a tenant may write.
func (g *Generator) writeTarget(fits func(*table) bool) *table {
	t := g.chooseTarget(fits)
	if t.class == scope.Mixed {
		g.hit(pMixedWrite)
	}
	return t
}

func (g *Generator) chooseTarget(fits func(*table) bool) *table {
	var t *table
	for range 30 {
		c := g.tables[g.rnd.IntN(len(g.tables))]
		if !c.writes || c.class == scope.SharedWritable && g.percent(60) {
			continue
		}
		if t == nil {
			t = c
		}
		if fits == nil || fits(c) {
			return c
		}
	}
	if t == nil {
		return g.tables[g.rnd.IntN(len(g.tables))]
	}
	return t
}

// unread keeps queries from reading a table while f of the result has not been
// called, where the server would show them its rows as they change.
func (g *Generator) unread(t *table) (f func()) {
	before := g.target
	if !g.isPG() {
		g.target = t
	}
	return func() { g.target = before }
}

// settable returns columns that UPDATE may change without meeting a key.
func (t *table) settable() []int {
	var out []int
	for i := range t.cols {
		if c := t.cols[i].ddl; !t.inKey(i) && !c.Generated && !t.foreign(c.Name) && t.cols[i].kind != ddl.Other && t.cols[i].kind != ddl.Blob {
			out = append(out, i)
		}
	}
	return out
}

// foreign reports whether a column is part of a foreign key.
func (t *table) foreign(name string) bool {
	return slices.ContainsFunc(t.Foreign, func(f ddl.ForeignKey) bool { return slices.Contains(f.Columns, name) })
}

// assigned writes an expression that a column takes.
func (g *Generator) assigned(b *block, c *column, depth int) {
	end := ""
	if !c.null && !g.isPlainLiteral() {
		g.w("coalesce(")
		end = g.capture(func() { g.w(", "); g.constantFor(c); g.w(")") })
	}
	if c.kind == ddl.Text && c.ddl != nil && c.ddl.Size > 0 && c.ddl.Size < 200 {
		g.w("substr(")
		end = ", 1, " + strconv.Itoa(c.ddl.Size) + ")" + end
	}
	if b == nil {
		b = &block{}
	}
	if c.kind == ddl.Real && !g.isLite() {
		g.constant(ddl.Real)
	} else {
		g.value(b, c.kind, depth)
	}
	g.w(end)
}

// isPlainLiteral is where coalesce is not needed; there is no such place yet.
func (g *Generator) isPlainLiteral() bool { return false }

// constantFor writes a literal that fits the column.
func (g *Generator) constantFor(c *column) {
	if c.kind == ddl.Text && c.ddl != nil && c.ddl.Size > 0 && c.ddl.Size < 4 {
		g.w(g.textLiteral("a"))
		return
	}
	g.constant(c.kind)
}

// fresh writes a value that no row has yet.
func (g *Generator) fresh(c *column) {
	g.keys++
	n := 1000 + g.keys
	switch c.kind {
	case ddl.Int, ddl.Real:
		if g.percent(40) && g.place(keyKind, int64(n)) {
			return
		}
		g.w(strconv.Itoa(n))
	case ddl.Text:
		g.w("'k", strconv.Itoa(n), "'")
	case ddl.Date:
		g.w("'2", strconv.Itoa(n)[1:], "-06-01'")
	case ddl.UUID:
		g.w("'00000000-0000-4000-9000-00000000", strconv.Itoa(n), "'")
	default:
		g.constantFor(c)
	}
}

// old writes a key that some row may have.
func (g *Generator) old(c *column) {
	switch c.kind {
	case ddl.Int, ddl.Real:
		n := 1 + g.rnd.IntN(6)
		if g.percent(40) && g.place(keyKind, int64(n)) {
			return
		}
		g.w(strconv.Itoa(n))
	default:
		g.fresh(c)
	}
}

// any writes a key that a row of any tenant may have.
func (g *Generator) any(c *column) {
	if c.kind != ddl.Int {
		g.old(c)
		return
	}
	n := 1 + g.rnd.IntN(40)
	if g.percent(40) && g.place(keyKind, int64(n)) {
		return
	}
	g.w(strconv.Itoa(n))
}

// set writes the assignments of UPDATE. from may hold columns of other tables; it
// is nil where several of their rows can meet one of the target's. It reports whether
// it wrote more than one.
func (g *Generator) set(b *block, t *table, qual string, depth int) (several bool) {
	defer g.unread(t)()
	cols := t.settable()
	if qual != "" {
		cols = slices.DeleteFunc(cols, func(i int) bool { return t.cols[i].name == b.joined })
	}
	if len(cols) == 0 {
		// All columns are keys or generated: set one to itself.
		i := 0
		for t.cols[i].ddl.Generated && i+1 < len(t.cols) {
			i++
		}
		name := g.ident(t.cols[i].name, false)
		g.w(qual, name, " = ", name)
		return false
	}
	g.rnd.Shuffle(len(cols), func(i, j int) { cols[i], cols[j] = cols[j], cols[i] })
	cols = cols[:1+g.rnd.IntN(min(len(cols), 3))]
	if qual != "" {
		// In which order several tables' columns are set is up to the plan.
		own := b.rels[0]
		own.cols = slices.DeleteFunc(slices.Clone(own.cols), func(c column) bool {
			return slices.ContainsFunc(cols, func(i int) bool { return t.cols[i].name == c.name })
		})
		own.total = nil
		b = &block{rels: append([]relation{own}, b.rels[1:]...), outer: b.outer}
	}
	if len(cols) > 1 && qual == "" && g.may(pSetRow, 12) {
		g.w("(")
		g.list(len(cols), func(i int) { g.w(g.ident(t.cols[cols[i]].name, false)) })
		g.w(") = (")
		if g.room() && g.percent(40) && !slices.ContainsFunc(cols, func(i int) bool { return !t.cols[i].null }) {
			kinds := make([]ddl.Kind, len(cols))
			for i, c := range cols {
				kinds[i] = t.cols[c].kind
			}
			g.query(b, want{kinds: kinds, one: true}, depth)
		} else {
			g.list(len(cols), func(i int) { g.assigned(b, &t.cols[cols[i]], 0) })
		}
		g.w(")")
		return true
	}
	g.list(len(cols), func(i int) {
		c := &t.cols[cols[i]]
		g.w(qual, g.ident(c.name, false), " = ")
		switch {
		case c.ddl.Default && g.may(pSetDefault, 5):
			g.w("DEFAULT")
		case c.null && g.room() && g.may(pSetSub, 12):
			g.scalar(b, c.kind, depth)
		default:
			g.assigned(b, c, depth)
		}
	})
	if t.tenant != "" && g.rare(pTenantSet, 6) {
		g.setTenant(t, qual)
	}
	return len(cols) > 1
}

// returning writes RETURNING where the dialect has it for the statement.
func (g *Generator) returning(p prod, b *block, t *table, percent int) {
	if !g.may(p, percent) {
		return
	}
	defer g.unread(t)()
	g.space()
	g.w("RETURNING")
	g.space()
	switch {
	case g.percent(30):
		g.w("*")
	default:
		g.list(1+g.rnd.IntN(2), func(int) {
			i := g.rnd.IntN(len(t.cols))
			if t.cols[i].ddl.Numbered {
				g.w("1")
				return
			}
			if b != nil && b.rels[0].qualify {
				g.w(b.rels[0].qual, ".")
			}
			g.w(g.ident(t.cols[i].name, false))
		})
		if g.room() && (len(g.tables) > 1 || !g.isLite()) && g.may(pReturningSub, 15) {
			g.w(", ")
			g.scalar(b, ddl.Int, 0)
		}
	}
}
