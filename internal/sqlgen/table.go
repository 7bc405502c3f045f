package sqlgen

import (
	"slices"

	"github.com/gotenancy/tenancy/scope"
)

// tableRef writes a reference to a random table, with or without an alias.
func (g *Generator) tableRef(b *block) relation {
	if g.focus[pQualifiedBesideCTE] {
		for _, t := range g.tables {
			if t != g.target && g.shadowed(t) {
				return g.reference(b, t, true)
			}
		}
	}
	if t := g.named; t != nil && g.isPG() && t != g.target && !g.shadowed(t) && g.percent(30) {
		return g.reference(b, t, false) // inside the query of its name, or where that is not known
	}
	var t *table
	shadowed := false
	for range 20 {
		t = g.tables[g.rnd.IntN(len(g.tables))]
		if t.class != scope.PerTenant && t.class != scope.Mixed && g.percent(40) {
			continue // most of them shall be a tenant's
		}
		if shadowed = g.shadowed(t); t == g.target && g.target != nil || shadowed && (g.schemaName() == "" || !g.focusOr(pQualifiedBesideCTE, 30)) {
			continue
		}
		break
	}
	if t == g.target && g.target != nil || shadowed && g.schemaName() == "" {
		for _, i := range g.rnd.Perm(len(g.tables)) {
			if c := g.tables[i]; c != g.target && !g.shadowed(c) {
				t, shadowed = c, false
				break
			}
		}
	}
	return g.reference(b, t, shadowed)
}

// shadowed reports whether a CTE has the name of the table.
func (g *Generator) shadowed(t *table) bool {
	return slices.ContainsFunc(g.ctes, func(c cte) bool { return c.key == fold(t.Name) })
}

// reference writes a reference to the table.
func (g *Generator) reference(b *block, t *table, qualified bool) relation {
	g.refs++
	g.read = t
	rel := relation{cols: t.cols, total: t.total(), table: t, inner: true}
	if t.class == scope.Mixed {
		rel.total = nil
	}
	g.classHit(t)
	if g.may(pOnly, 3) {
		g.w("ONLY ")
	}
	g.tableName(t, qualified)
	switch {
	case g.hostile && g.focusOr(pAliasIsTable, 8) && g.aliasIsTable(b, &rel):
	case !qualified && !g.taken(b, fold(t.Name)) && g.percent(22):
		rel.qual, rel.key = g.qualifier(t.Name), fold(t.Name)
		g.used = append(g.used, rel.key)
		g.hit(pNoAlias)
	default:
		rel.qual = g.alias()
		rel.key = rel.qual
		g.w(g.pick(" AS ", " "), rel.qual)
		if g.may(pTableColumnList, 3) {
			g.columnList(&rel)
		}
	}
	switch {
	case !rel.labels && g.may(pTablesample, 2):
		g.w(g.pick(" TABLESAMPLE BERNOULLI (100)", " TABLESAMPLE SYSTEM (100)"))
	case g.may(pIndexHint, 5):
		g.indexHint(t)
	}
	return rel
}

func (g *Generator) classHit(t *table) {
	switch t.class {
	case scope.Shared:
		g.hit(pSharedTable)
	case scope.SharedWritable:
		g.hit(pSharedWritable)
	case scope.Mixed:
		g.hit(pMixedTable)
	default:
		g.hit(pTenantTable)
	}
}

// tableName writes the name of a table.
func (g *Generator) tableName(t *table, qualified bool) {
	if g.isTenantName(t.Name) {
		g.hit(pTenantLike)
	}
	if s := g.schemaName(); s != "" && (qualified || g.may(pSchemaName, 3)) {
		if qualified {
			g.hit(pQualifiedBesideCTE)
		}
		g.w(s, ".")
	} else if t.Schema != "" {
		g.w(g.ident(t.Schema, true), ".")
	}
	if g.isLite() && g.rare(pStringTable, 4) {
		g.w("'", t.Name, "'")
		return
	}
	g.w(g.ident(t.Name, true))
}

// qualifier returns a table's name as it stands before its columns, always the
// same way.
func (g *Generator) qualifier(name string) string {
	if g.plain(name) {
		return name
	}
	return g.quoted(name)
}

// taken reports whether a name is in use as a qualifier in the block, or is that
// of a CTE.
func (g *Generator) taken(b *block, key string) bool {
	if slices.Contains(g.used[g.frame:], key) {
		return true
	}
	return slices.ContainsFunc(b.rels, func(r relation) bool { return r.key == key })
}

// aliasIsTable gives the relation the name of another table as its alias.
func (g *Generator) aliasIsTable(b *block, rel *relation) bool {
	other := g.tables[g.rnd.IntN(len(g.tables))]
	if g.taken(b, fold(other.Name)) {
		return false
	}
	g.hit(pAliasIsTable)
	rel.qual, rel.key = g.ident(other.Name, true), fold(other.Name)
	g.used = append(g.used, rel.key)
	g.w(" AS ", rel.qual)
	return true
}

// columnList writes names for the first columns behind the alias of a table.
func (g *Generator) columnList(rel *relation) {
	n := 1 + g.rnd.IntN(min(len(rel.cols), 3))
	rel.cols = slices.Clone(rel.cols[:n])
	rel.labels = true
	if slices.ContainsFunc(rel.total, func(i int) bool { return i >= n }) {
		rel.total = nil
	}
	g.w(" (")
	g.list(n, func(i int) {
		rel.cols[i].name = g.label()
		g.w(rel.cols[i].name)
	})
	g.w(")")
}

// indexHint writes a hint of MySQL that names the primary key.
func (g *Generator) indexHint(t *table) {
	if t.Primary() == nil {
		g.w(" USE INDEX ()")
		return
	}
	g.w(g.pick(" USE INDEX (PRIMARY)", " FORCE INDEX (PRIMARY)", " IGNORE INDEX (PRIMARY)", " USE INDEX FOR JOIN (PRIMARY)", " USE INDEX ()"))
}
