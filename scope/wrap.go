package scope

import (
	"strings"

	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// Where no condition of the statement can hold a table's predicate, a query
// takes the table's place:
//
//	FROM a FULL JOIN b USING (id)
//	FROM (SELECT a.id, a.name FROM a WHERE a.tenant_id = $1) AS a FULL JOIN ...
//
// It gives the columns that the application knows, so a star, a whole row and a
// NATURAL JOIN mean what they mean in a database of this tenant alone.

// wrap decides that a query takes the place of reference i, because of why.
func (pl *planner) wrap(i int, why string) error {
	ref, o := &pl.Refs[i], &pl.owned[i]
	switch {
	case o.wrapped:
		return nil
	case ref.Target:
		return pl.refuse(ReasonUnsupported, why+" on a table that is written to", ref.Tok, ref.Name.Table, "write ON, and choose the rows in WHERE")
	case o.table == nil:
		return pl.refuse(ReasonNeedsCatalogue, why+" on a tenant's table", ref.Tok, ref.Name.Table, "set Policy.Catalogue, or write ON and name the columns")
	case pl.Dialect == MySQL && pl.Blocks[ref.Block].Locks:
		// A query in FROM is not locked along with the outer one.
		return pl.refuse(ReasonUnsupported, why+" on a tenant's table whose rows are locked", ref.Tok, ref.Name.Table, "write ON")
	}
	if pl.Dialect == MySQL && pl.hasWindow(ref.Block) {
		// MariaDB 10.11 crashes over such a query on the nullable side of a join, if
		// its column stands in a window and in ORDER BY.
		return pl.refuse(ReasonUnsupported, why+" on a tenant's table beside a window function", ref.Tok, ref.Name.Table, "write ON, and name the columns")
	}
	if pl.namesWithSchema(ref) {
		return pl.refuse(ReasonUnsupported, why+" on a tenant's table whose columns are named with its schema", ref.Tok, ref.Name.Table, "leave the schema out in front of columns")
	}
	// A column that the query does not give would be looked for further out.
	if hidden := pl.namesHidden(o.table); hidden != "" {
		return pl.refuse(ReasonUnsupported, why+" on a tenant's table beside the hidden column "+hidden, ref.Tok, ref.Name.Table, "write ON, and name the columns")
	}
	o.wrapped = true
	return nil
}

// hasWindow reports whether OVER stands in a block.
func (pl *planner) hasWindow(block int32) bool {
	all := pl.Blocks[block].All
	for t := all.First; t < all.End; t++ {
		if pl.Toks[t].Kw == sqlscan.KwOver {
			return true
		}
	}
	return false
}

// namesWithSchema reports whether the text has a column in the form schema.table.column,
// which does not reach into a query that takes the table's place.
func (pl *planner) namesWithSchema(ref *sqlscan.Ref) bool {
	name := pl.qualifierName(ref) // SQLite takes main.a.id for a column of an alias, too
	for t := 2; t+2 < len(pl.Toks); t++ {
		if pl.Toks[t-1].Kind == sqlscan.Dot && pl.Toks[t+1].Kind == sqlscan.Dot && strings.EqualFold(pl.Fold(int32(t)), name) {
			return true
		}
	}
	return false
}

// namesHidden returns a column that a star does not give and the application's
// text names, or "".
func (pl *planner) namesHidden(t *knownTable) string {
	for _, c := range t.Columns {
		if c.Hidden && pl.namesColumn(c.Name) {
			return c.Name
		}
	}
	if pl.Dialect == SQLite {
		for _, name := range []string{"rowid", "oid", "_rowid_"} {
			if _, own := t.column(name); !own && pl.namesColumn(name) {
				return name
			}
		}
	}
	return ""
}

// wrapUp writes the query around the table's entry in FROM.
func (pl *planner) wrapUp(i int) {
	ref, o := &pl.Refs[i], &pl.owned[i]
	qualifier := pl.Qualifier(ref)
	named := !ref.Columns && pl.namesColumn(o.column) // an alias that renames columns counts them
	pl.insertBefore(ref.Start, "(SELECT ")
	first := true
	for k, c := range o.table.Columns {
		if c.Hidden || !named && strings.EqualFold(c.Name, o.column) {
			continue
		}
		if !first {
			pl.write(", ")
		}
		first = false
		pl.write(qualifier, ".", o.table.quoted[k])
	}
	pl.write(" FROM ")
	end := pl.Toks[ref.Last].End
	pl.edit(end, end, closing, " WHERE ")
	pl.predicate(i)
	pl.write(") AS ", qualifier)
	pl.spaced()
}

// namesColumn reports whether the application's text names the column anywhere.
func (pl *planner) namesColumn(column string) bool {
	for t := range pl.Toks {
		if pl.isColumn(int32(t), column) {
			return true
		}
	}
	return false
}

// hiddenInJoin reports whether reference i stands inside a join that has an
// alias, which then stands for it.
func (pl *planner) hiddenInJoin(i int) bool {
	node := pl.Refs[i].Node
	if node < 0 {
		return false
	}
	for up := pl.Nodes[node].Parent; up >= 0; up = pl.Nodes[up].Parent {
		if pl.Nodes[up].Ref >= 0 {
			return true
		}
	}
	return false
}
