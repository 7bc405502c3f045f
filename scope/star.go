package scope

import (
	"strings"

	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// maxExpanded bounds the tables that the stars of one statement are looked up
// in, and the columns that they stand for.
const maxExpanded = 50000

// spend counts the work that a star makes.
func (pl *planner) spend(star *sqlscan.Star, n int) error {
	if pl.expanded += n; pl.expanded > maxExpanded {
		return pl.refuse(ReasonTooLong, "stars that stand for too many columns", star.Tok, "", "name the columns")
	}
	return nil
}

// stars replaces each star that stands for a tenant's table by the table's
// columns without the tenant column, so that the application's structs keep
// scanning. A star that can not be expanded exactly is refused.
func (pl *planner) stars() error {
	for i := range pl.Stars {
		star := &pl.Stars[i]
		if pl.onlyExists(star) {
			continue
		}
		var err error
		if star.Qualifier.Empty() {
			err = pl.bareStar(star)
		} else {
			err = pl.qualifiedStar(star)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// onlyExists reports whether a star is that of EXISTS (SELECT * ...), whose
// columns nobody sees.
func (pl *planner) onlyExists(star *sqlscan.Star) bool {
	all := pl.Blocks[star.Block].All
	open := all.First - 1
	return open >= 1 && !star.Returning && !star.Table && pl.Toks[open].Kind == sqlscan.LParen && pl.Toks[open].Match == all.End &&
		pl.Toks[open-1].Kw == sqlscan.KwExists && (open < 2 || pl.Toks[open-2].Kind != sqlscan.Dot)
}

// bareStar expands * into what each entry of the FROM clause has.
func (pl *planner) bareStar(star *sqlscan.Star) error {
	if err := pl.spend(star, len(pl.Refs)); err != nil {
		return err
	}
	if err := pl.mergedStar(star); err != nil {
		return err
	}
	expand, unnamed := false, false
	for i := range pl.Refs {
		if pl.inStar(i, star) {
			// TABLE takes no query, so that it is written as a SELECT there too.
			expand = expand || pl.owned[i].filtered() && (!pl.owned[i].wrapped || star.Table)
			unnamed = unnamed || pl.Refs[i].Alias < 0 && pl.Refs[i].Kind == sqlscan.DerivedRef
		}
	}
	switch {
	case !expand:
		return nil
	case unnamed:
		return pl.refuse(ReasonUnsupported, "* over a query without an alias", star.Tok, "", "give it an alias")
	}
	pl.replace(star.Tok, star.Tok)
	if star.Table {
		pl.write("SELECT ")
	}
	first := true
	for i := range pl.Refs {
		if !pl.inStar(i, star) {
			continue
		}
		if !first {
			pl.write(", ")
		}
		first = false
		if o := &pl.owned[i]; !o.filtered() || o.wrapped {
			pl.write(pl.Qualifier(&pl.Refs[i]), ".*")
		} else if err := pl.columns(i, star); err != nil {
			return err
		}
	}
	if star.Table {
		pl.write(" FROM")
	}
	return nil
}

// inStar reports whether a bare star stands for columns of reference i, among
// others.
func (pl *planner) inStar(i int, star *sqlscan.Star) bool {
	ref := &pl.Refs[i]
	return ref.Block == star.Block && ref.Kind != sqlscan.DualRef && !(star.Returning && !ref.Target && pl.Dialect == SQLite) && !pl.hiddenInJoin(i)
}

// mergedStar sees to a star that no list can stand for, as one over USING or NATURAL,
// which merge columns: such a star stays, and queries without the tenant column
// take the tables' places.
func (pl *planner) mergedStar(star *sqlscan.Star) error {
	if star.Returning && pl.Dialect == SQLite {
		return nil // it stands for the columns of the table that is written to, whatever is joined
	}
	merges := false
	for i := range pl.Nodes {
		n := &pl.Nodes[i]
		merges = merges || n.Block == star.Block && n.Merges && star.Qualifier.Empty()
	}
	for i := range pl.Refs {
		// SQLite makes a query of a join in parentheses: it knows no j.* of one, and
		// calls the second id in it id:1.
		ref := &pl.Refs[i]
		merges = merges || pl.Dialect == SQLite && ref.Block == star.Block && ref.Start > 0 && pl.Toks[ref.Start-1].Kind == sqlscan.LParen
	}
	if !merges {
		return nil
	}
	for i := range pl.Refs {
		if pl.Refs[i].Block == star.Block && pl.owned[i].filtered() {
			if err := pl.wrap(i, "* over such a join"); err != nil {
				return err
			}
		}
	}
	return nil
}

// qualifiedStar expands t.* if t is a tenant's table of this block. A t that
// belongs to another block, or to nothing we know, is refused if it could be
// one.
func (pl *planner) qualifiedStar(star *sqlscan.Star) error {
	if err := pl.spend(star, len(pl.Refs)); err != nil {
		return err
	}
	if err := pl.mergedStar(star); err != nil {
		return err
	}
	name := pl.Fold(star.Qualifier.End - 1)
	elsewhere := true // nothing but tables that need no expansion has this name
	for i := range pl.Refs {
		ref := &pl.Refs[i]
		if !pl.sameName(pl.qualifierOrEmpty(ref), name) {
			continue
		}
		if ref.Block != star.Block {
			elsewhere = elsewhere && !pl.owned[i].filtered()
			continue
		}
		if !pl.owned[i].filtered() || pl.owned[i].wrapped {
			return nil
		}
		if star.Qualifier.End-star.Qualifier.First > 1 {
			return pl.refuse(ReasonUnsupported, "a star with a schema in front", star.Tok, ref.Name.Table, "name the columns")
		}
		pl.replace(star.Qualifier.First, star.Tok)
		return pl.columns(i, star)
	}
	if !elsewhere {
		return pl.refuse(ReasonUnsupported, "t.* of a tenant's table from another query", star.Tok, name, "name the columns")
	}
	if !pl.named(name) {
		return pl.refuse(ReasonUnsupported, "t.* of something that is not in FROM", star.Tok, "", "name the columns")
	}
	return nil
}

// named reports whether some reference of the statement has this name.
func (pl *planner) named(name string) bool {
	for i := range pl.Refs {
		if pl.sameName(pl.qualifierOrEmpty(&pl.Refs[i]), name) {
			return true
		}
	}
	return false
}

func (pl *planner) qualifierOrEmpty(ref *sqlscan.Ref) string {
	if ref.Alias < 0 && ref.Kind == sqlscan.DerivedRef {
		return ""
	}
	return pl.qualifierName(ref)
}

// sameName compares folded names; MySQL may ignore case or not, so there it is
// ignored where that leads to more care.
func (pl *planner) sameName(a, b string) bool {
	return a == b || pl.Dialect == MySQL && strings.EqualFold(a, b)
}

// columns writes the columns of reference i without the tenant column.
func (pl *planner) columns(i int, star *sqlscan.Star) error {
	ref, o := &pl.Refs[i], &pl.owned[i]
	if o.table == nil {
		return pl.refuse(ReasonNeedsCatalogue, "* on a tenant's table", star.Tok, ref.Name.Table, "name the columns, or set Policy.Catalogue")
	}
	qualifier, dot := pl.Qualifier(ref), "."
	if star.Returning && (pl.Dialect == SQLite || ref.Node < 0) {
		qualifier, dot = "", "" // an INSERT's own row; SQLite knows no other in RETURNING
	}
	if err := pl.spend(star, len(o.table.Columns)*(1+len(qualifier)/16)); err != nil {
		return err
	}
	first := true
	for k, c := range o.table.Columns {
		if c.Hidden || strings.EqualFold(c.Name, o.column) {
			continue
		}
		if !first {
			pl.write(", ")
		}
		first = false
		pl.write(qualifier, dot, o.table.quoted[k])
		if pl.Dialect == SQLite && dot != "" {
			// A star's columns are names that ORDER BY finds first.
			pl.write(" AS ", o.table.quoted[k])
		}
	}
	if first {
		return pl.refuse(ReasonTenantColumn, "* on a table with no column but the tenant's", star.Tok, ref.Name.Table, "name the columns")
	}
	return nil
}
