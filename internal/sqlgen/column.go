package sqlgen

import "github.com/gotenancy/tenancy/internal/ddl"

// found is a column that an expression may name.
type found struct {
	rel *relation
	col int
	b   *block
}

// find returns a random visible column of the kind, of this block or, less
// often, of one around it.
func (g *Generator) find(b *block, kind ddl.Kind) (found, bool) {
	if b == nil {
		return found{}, false
	}
	if b.outer != nil && (g.focus[pCorrelated] && g.percent(40) || g.percent(20)) {
		if f, ok := g.search(b, b.outer, kind); ok {
			g.hit(pCorrelated)
			return f, true
		}
	}
	if f, ok := g.search(nil, b, kind); ok {
		return f, true
	}
	if b.outer != nil && g.percent(30) {
		if f, ok := g.search(b, b.outer, kind); ok {
			g.hit(pCorrelated)
			return f, true
		}
	}
	return found{}, false
}

// search looks for a column in one block, seen from an inner one.
func (g *Generator) search(inner, b *block, kind ddl.Kind) (f found, ok bool) {
	n := 0
	if b.isGroup {
		for _, r := range b.grouped {
			if rel := &b.rels[r.rel]; r.kind == kind && !hides(inner, b, rel) {
				if n++; g.rnd.IntN(n) == 0 {
					f = found{rel, r.col, b}
				}
			}
		}
		return f, n > 0
	}
	for i := range b.rels {
		rel := &b.rels[i]
		if rel.hidden || hides(inner, b, rel) {
			continue
		}
		for j := range rel.cols {
			if rel.cols[j].kind == kind {
				if n++; g.rnd.IntN(n) == 0 {
					f = found{rel, j, b}
				}
			}
		}
	}
	return f, n > 0
}

// hides reports whether a block between inner and b has something of the same
// name as rel.
func hides(inner, b *block, rel *relation) bool {
	for ; inner != nil && inner != b; inner = inner.outer {
		for i := range inner.rels {
			if inner.rels[i].key == rel.key {
				return true
			}
		}
	}
	return false
}

// colRef writes a column, with or without its qualifier.
func (g *Generator) colRef(f found, b *block) {
	name := f.rel.cols[f.col].name
	if g.isTenantName(name) {
		g.hit(pTenantLike)
	}
	if f.b == b && !f.rel.unnamed && g.percent(30) && g.alone(b, name) && !(b.ons && g.isLite()) {
		g.hit(pUnqualified)
		g.w(g.ident(name, false))
		return
	}
	if f.rel.table != nil && f.rel.key == fold(f.rel.table.Name) && g.fixed == 0 && g.schemaName() != "" && g.may(pSchemaColumn, 1) {
		g.w(g.schemaName(), ".")
	}
	g.w(f.rel.qual, ".", g.ident(name, false))
}

// alone reports whether a column of that name is in one relation of the block
// only, and no tenant column is spelled so.
func (g *Generator) alone(b *block, name string) bool {
	n := 0
	for i := range b.rels {
		for j := range b.rels[i].cols {
			if fold(b.rels[i].cols[j].name) == fold(name) {
				n++
			}
		}
	}
	return n == 1 && !g.isTenantName(name)
}

func (g *Generator) isTenantName(name string) bool {
	for _, t := range g.tables {
		if t.tenant != "" && fold(t.tenant) == fold(name) {
			return true
		}
	}
	return false
}

// schemaName returns what may stand in front of a table's name, or "".
func (g *Generator) schemaName() string {
	switch {
	case g.isPG():
		return "public"
	case g.isLite():
		return "main"
	}
	return ""
}

// column writes a column of the kind if there is one.
func (g *Generator) column(b *block, kind ddl.Kind) bool {
	if g.hostile && b != nil && (kind == ddl.Int || kind == ddl.Text || kind == ddl.UUID) && g.focusOr(pTenantValue, 4) {
		for i := range b.rels {
			if rel := &b.rels[i]; rel.table != nil && rel.table.tenant != "" && rel.table.kind == kind && !rel.hidden && !b.isGroup && !rel.labels {
				g.tenantColumn(rel)
				g.hit(pTenantValue)
				return true
			}
		}
	}
	f, ok := g.find(b, kind)
	if ok {
		g.colRef(f, b)
	}
	return ok
}

// focusOr is may without taking note, for what may turn out not to be possible.
func (g *Generator) focusOr(p prod, percent int) bool {
	return g.can(p) && (g.focus[p] && g.percent(60) || g.percent(percent))
}

// tenantColumn writes the tenant column of a relation.
func (g *Generator) tenantColumn(rel *relation) {
	g.hit(pTenantColumn)
	g.w(rel.qual, ".", g.ident(rel.table.tenant, false))
}
