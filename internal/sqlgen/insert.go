package sqlgen

import (
	"slices"
	"strconv"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/tenant"
)

// insertion is one INSERT.
type insertion struct {
	g       *Generator
	t       *table
	cols    []int // given, in order
	qual    string
	verb    prod
	upsert  bool      // a row may meet an old one
	listing bool      // the columns are named
	tenant  bool      // the tenant column is given too
	id      tenant.ID // what is given for it
	selects bool      // it has a SELECT
}

// insertStatement writes an INSERT as a statement.
func (g *Generator) insertStatement() {
	t := g.writeTarget(g.suited())
	g.withBefore(pInsertWith, t)
	g.insert(t)
}

// suited returns what a table must be like for the productions that are sought, or
// nil.
func (g *Generator) suited() func(*table) bool {
	switch {
	case g.focus[pInsertDefault]:
		return func(t *table) bool { return (&insertion{t: t}).defaultWeight() > 0 }
	case g.focus[pGlobalKey]:
		return func(t *table) bool { return slices.ContainsFunc(t.keys, func(k key) bool { return k.global }) }
	case g.focus[pOnConstraint]:
		return func(t *table) bool {
			return slices.ContainsFunc(t.keys, func(k key) bool { return k.name != "" && !k.global && !k.partial })
		}
	case g.focus[pTenantGiven]:
		return func(t *table) bool { return t.tenant != "" }
	case g.focus[pDefaultCell], g.focus[pSetDefault]:
		return func(t *table) bool {
			return slices.ContainsFunc(t.cols, func(c column) bool { return c.ddl.Default })
		}
	}
	return nil
}

func (g *Generator) insert(t *table) {
	s := &insertion{g: g, t: t}
	if g.isMy() {
		// MariaDB may not read what it is writing.
		g.target = t
	}
	s.verb = g.one(option{pNone, 76}, option{pInsertIgnore, 8}, option{pReplace, 6}, option{pInsertOr, 8})
	switch s.verb {
	case pInsertIgnore:
		g.w(map[bool]string{true: "INSERT IGNORE INTO ", false: "INSERT OR IGNORE INTO "}[g.isMy()])
	case pReplace:
		g.w("REPLACE INTO ")
	case pInsertOr:
		g.w(g.pick("INSERT OR REPLACE INTO ", "INSERT OR ABORT INTO ", "INSERT OR FAIL INTO "))
	default:
		g.w("INSERT INTO ")
	}
	g.classHit(t)
	g.refs++
	g.tableName(t, g.shadowed(t) && g.schemaName() != "")
	s.qual = g.qualifier(t.Name)
	s.choose()
	form := g.one(option{pInsertValues, 50}, option{pInsertSelect, 22}, option{pInsertDefault, s.defaultWeight()},
		option{pInsertEmpty, s.emptyWeight()}, option{pInsertSet, 8})
	if s.verb == pNone && form != pInsertDefault && !g.isMy() && g.may(pInsertAlias, 10) {
		s.qual = g.alias()
		g.w(" AS ", s.qual)
	}
	conflict := s.verb == pNone && g.may(pUpsert, 35) || s.verb == pInsertIgnore || s.verb == pReplace || s.verb == pInsertOr
	s.upsert = conflict
	switch form {
	case pInsertDefault:
		g.w(" DEFAULT VALUES")
		if g.isLite() {
			return
		}
	case pInsertEmpty:
		g.w(" () VALUES ()")
	case pInsertSet:
		g.w(" SET ")
		g.list(len(s.cols), func(i int) {
			g.w(g.ident(t.cols[s.cols[i]].name, false), " = ")
			s.cell(s.cols[i], i)
		})
	case pInsertSelect:
		s.columns()
		s.selects = true
		s.query(conflict && s.verb == pNone)
	default:
		s.columns()
		s.rows()
	}
	if conflict && s.verb == pNone {
		s.conflict()
	}
	b := &block{rels: []relation{{qual: s.qual, key: fold(s.qual), cols: t.cols, table: t}}}
	if g.isMy() {
		g.returning(pReturningInsert, nil, t, 10)
	} else {
		g.returning(pReturningInsert, b, t, 16)
	}
}

// defaultWeight is above 0 where every column does without a value.
func (s *insertion) defaultWeight() int {
	for i, c := range s.t.cols {
		if !c.null && !c.ddl.Default && !c.ddl.Numbered || s.t.inKey(i) {
			return 0
		}
	}
	return 6
}

// emptyWeight is that of a row without values, in which the tenant column can not be
// given: one in a shared table would be accepted.
func (s *insertion) emptyWeight() int {
	if s.t.tenant == "" {
		return 0
	}
	return s.defaultWeight() / 2
}

// choose decides which columns get a value.
func (s *insertion) choose() {
	g, t := s.g, s.t
	s.listing = !g.may(pNoColumnList, 12)
	for i, c := range t.cols {
		if c.ddl.Generated {
			if !s.listing {
				s.listing = true
			}
			continue
		}
		if c.kind == ddl.Other && c.null {
			if !s.listing {
				s.listing = true
			}
			continue
		}
		need := !c.null || s.inTotal(i) || t.foreign(c.name) || c.ddl.Numbered || c.ddl.Default && t.inKey(i)
		if !s.listing || need || g.percent(60) {
			s.cols = append(s.cols, i)
		}
	}
	if s.listing {
		g.rnd.Shuffle(len(s.cols), func(i, j int) { s.cols[i], s.cols[j] = s.cols[j], s.cols[i] })
	}
	if len(s.cols) == 0 {
		s.cols = []int{0}
	}
}

// inTotal reports whether the column is in a key that has to be given a value.
func (s *insertion) inTotal(i int) bool {
	return slices.ContainsFunc(s.t.keys, func(k key) bool { return slices.Contains(k.cols, i) && (k.primary || k.total) })
}

// columns writes the list of them.
func (s *insertion) columns() {
	g := s.g
	if !s.listing && len(s.cols) == len(s.t.cols) {
		return
	}
	g.w(" (")
	g.list(len(s.cols), func(i int) { g.w(g.ident(s.t.cols[s.cols[i]].name, false)) })
	if s.t.tenant != "" && (!s.selects || g.percent(4)) && g.rare(pTenantGiven, 4) {
		s.id = g.tenantID(s.t.kind)
		g.hit(pTenantColumn)
		s.tenant = true
		g.w(", ", g.ident(s.t.tenant, false))
	}
	g.w(")")
}

// rows writes VALUES.
func (s *insertion) rows() {
	g := s.g
	g.space()
	g.w("VALUES")
	g.space()
	n := 1
	if g.may(pMultiRow, 30) {
		n = 2 + g.rnd.IntN(2)
	}
	g.list(n, func(int) {
		g.w("(")
		g.list(len(s.cols), func(i int) { s.cell(s.cols[i], i) })
		s.last()
		g.w(")")
	})
}

// last writes the value of the tenant column where the statement gives one.
func (s *insertion) last() {
	if !s.tenant {
		return
	}
	g := s.g
	g.w(", ")
	value := any(string(s.id))
	if s.t.kind == ddl.Int {
		n, _ := strconv.ParseInt(string(s.id), 10, 64) // it is one digit
		value = n
	}
	if s.selects || g.percent(8) || !g.place(keyKind, value) {
		g.w(g.tenantLiteral(s.t.kind))
	}
}

// cell writes the value of a column in a new row.
func (s *insertion) cell(col, _ int) {
	g, t := s.g, s.t
	c := &t.cols[col]
	global := slices.ContainsFunc(t.keys, func(k key) bool { return k.global && slices.Contains(k.cols, col) })
	switch {
	case t.foreign(c.name):
		if c.null && g.percent(50) {
			g.w("NULL")
		} else {
			g.foreignValue(c)
		}
	case global:
		if (s.upsert || g.focus[pGlobalKey]) && g.may(pGlobalKey, 30) {
			g.any(c)
		} else {
			g.fresh(c)
		}
	case t.inKey(col):
		// One row in two shall meet an old one where that is provided for.
		if s.upsert && g.percent(50) && g.keys < 6 && c.kind == ddl.Int {
			g.keys++
			g.w(strconv.Itoa(g.keys))
		} else {
			g.fresh(c)
		}
	case c.ddl.Default && !s.selects && g.may(pDefaultCell, 8):
		g.w("DEFAULT")
	case c.null && g.room() && g.may(pValuesSub, 10) && g.scalar(nil, c.kind, 1):
	default:
		g.assigned(nil, c, 1)
	}
}

// countable reports whether a number of one's own can be a value of the kind.
func countable(kind ddl.Kind) bool { return kind == ddl.Int || kind == ddl.Real }

// foreignValue writes a value that the other table is likely to have.
func (g *Generator) foreignValue(c *column) {
	if c.kind == ddl.Int {
		g.w(g.pick("1", "2", "3"))
		return
	}
	g.constantFor(c)
}

// query writes the SELECT of an INSERT: rows with new keys.
func (s *insertion) query(conflict bool) {
	g, t := s.g, s.t
	g.space()
	b := &block{}
	// One source with a key of its own, or one row.
	var src *table
	for range 20 {
		c := g.tables[g.rnd.IntN(len(g.tables))]
		if k := c.total(); c != g.target && len(k) == 1 && c.cols[k[0]].kind == ddl.Int && !g.shadowed(c) {
			src = c
			break
		}
	}
	keyed := 0 // columns that need a value of their own in each row
	for _, i := range s.cols {
		if t.inKey(i) {
			keyed++
		}
	}
	frame := g.frame
	g.frame = len(g.used)
	defer func() { g.used, g.frame = g.used[:g.frame], frame }()
	if src == nil || g.percent(25) || slices.ContainsFunc(s.cols, func(i int) bool {
		return t.inKey(i) && !t.cols[i].null && !countable(t.cols[i].kind) && t.cols[i].kind != ddl.Text
	}) {
		g.w("SELECT ")
		g.list(len(s.cols), func(i int) { s.cell(s.cols[i], i) })
		s.last()
		if g.percent(40) && g.room() {
			g.w(" WHERE EXISTS (")
			g.query(nil, want{exists: true, in: true}, 1)
			g.w(")")
		} else if conflict && g.isLite() {
			g.w(" WHERE true")
		}
		return
	}
	var rel relation
	from := g.capture(func() { rel = g.reference(b, src, false) })
	if rel.labels {
		from, rel = "", relation{}
		from = g.capture(func() {
			a := g.alias()
			g.tableName(src, false)
			g.w(" AS ", a)
			rel = relation{qual: a, key: a, cols: src.cols, total: src.total(), table: src, inner: true}
		})
	}
	b.rels = []relation{rel}
	keyCol := rel.qual + "." + g.ident(rel.cols[rel.total[0]].name, false)
	g.w("SELECT ")
	g.list(len(s.cols), func(i int) {
		c := &t.cols[s.cols[i]]
		switch {
		case c.null && (t.foreign(c.name) || t.inKey(s.cols[i]) && !countable(c.kind) && c.kind != ddl.Text):
			g.w("NULL")
			if g.isPG() {
				g.w("::", g.typeName(c.kind))
			}
		case t.inKey(s.cols[i]) && countable(c.kind):
			global := slices.ContainsFunc(t.keys, func(k key) bool { return k.global && slices.Contains(k.cols, s.cols[i]) })
			if conflict && !global && g.percent(50) {
				g.w(keyCol)
			} else {
				g.w(keyCol, " + 1000")
			}
		case t.inKey(s.cols[i]) && c.kind == ddl.Text:
			if g.isMy() {
				g.w("concat('k', ", keyCol, ")")
			} else {
				g.w("'k' || CAST(", keyCol, " AS ", g.typeName(ddl.Text), ")")
			}
		default:
			g.assigned(b, c, 1)
		}
	})
	s.last()
	g.w(" FROM ", from)
	switch {
	case g.percent(60):
		g.w(" WHERE ")
		g.condition(b, 1)
	case conflict && g.isLite():
		g.w(" WHERE true")
	}
}
