package scope

import (
	"strings"

	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// targets finds the tables that MySQL's UPDATE of a join writes to: those that
// SET names, and where it names a column only, those that may have it.
func (pl *planner) targets() error {
	for k := range pl.Sets {
		set := &pl.Sets[k]
		if block := &pl.Blocks[set.Block]; !block.Several {
			continue
		}
		n := set.Target.End - set.Target.First
		if n != 1 && n != 3 {
			return pl.refuse(ReasonUnsupported, "a schema in front of a column that is set", set.Target.First, "", "use the table's alias")
		}
		if err := pl.spendOn(set.Target.First, 10*len(pl.Refs)); err != nil {
			return err
		}
		column, found := pl.Fold(set.Target.End-1), false
		for i := range pl.Refs {
			ref := &pl.Refs[i]
			if ref.Block != set.Block || ref.Kind != sqlscan.TableRef {
				continue
			}
			if n == 3 {
				is := strings.EqualFold(pl.qualifierName(ref), pl.Fold(set.Target.First))
				ref.Target, found = ref.Target || is, found || is
				continue
			}
			o, err := pl.lookup(ref)
			if err != nil {
				return err
			}
			has := o.table == nil
			if !has {
				_, has = o.table.column(column)
			}
			ref.Target, found = ref.Target || has, found || has
		}
		switch {
		case !found && n == 1: // it may be new
			return pl.refuse(ReasonNeedsCatalogue, "a column that no table of the join is known to have", set.Target.First, "", "put its table in front")
		case !found:
			return pl.refuse(ReasonNotUnderstood, "a column of something that is no table of the join", set.Target.First, "", "")
		}
	}
	return nil
}

// assignments refuses to move a row to another tenant, and to give a row a
// value that another tenant's row may have in a key.
func (pl *planner) assignments() error {
	for k := range pl.Sets {
		set := &pl.Sets[k]
		if pl.givesRow(k) {
			continue
		}
		for i := range pl.Refs {
			o := &pl.owned[i]
			if pl.Refs[i].Block != set.Block || !pl.Refs[i].Target || !o.filtered() {
				continue
			}
			for t := set.Target.First; t < set.Target.End; t++ {
				if pl.isColumn(t, o.column) || pl.isRowID(t) {
					return pl.refuse(ReasonTenantColumn, "an assignment to the tenant column", t, pl.Refs[i].Name.Table, "rows never change tenant")
				}
			}
			loose, err := pl.looseKeys(i, set.Target.First, func(column string) bool { return pl.setsColumn(set, column) })
			if err != nil {
				return err
			}
			for _, key := range loose {
				if key.Replaces && key.given {
					return pl.refuse(ReasonUniqueKey, "a new value for a key whose duplicates are deleted", set.Target.First, pl.Refs[i].Name.Table, "it could delete another tenant's row")
				}
			}
		}
	}
	return nil
}

// givesRow reports whether assignment k is one of INSERT ... SET, which makes a
// row rather than changing one.
func (pl *planner) givesRow(k int) bool {
	for i := range pl.Inserts {
		if a := pl.Inserts[i].Assigned; int32(k) >= a.First && int32(k) < a.End {
			return true
		}
	}
	return false
}

func (pl *planner) setsColumn(set *sqlscan.Assignment, column string) bool {
	if pl.keepsColumn(set, column) {
		return false
	}
	for t := set.Target.First; t < set.Target.End; t++ {
		if pl.isColumn(t, column) {
			return true
		}
	}
	return false
}

// keepsColumn reports whether an upsert sets the column to what it is, perhaps
// by way of MySQL's LAST_INSERT_ID(x), as libraries do to learn the row's id.
func (pl *planner) keepsColumn(set *sqlscan.Assignment, column string) bool {
	if pl.Blocks[set.Block].Kind != sqlscan.InsertBlock || set.Target.End-set.Target.First != 1 || !pl.isColumn(set.Target.First, column) {
		return false
	}
	value := set.Value
	if strings.EqualFold(pl.Word(value.First), "LAST_INSERT_ID") && pl.Toks[value.First+1].Kind == sqlscan.LParen && pl.Toks[value.First+1].Match == value.End-1 {
		value = sqlscan.Span{First: value.First + 2, End: value.End - 1}
	}
	if value.Empty() || !pl.isIdent(value.End-1) || !pl.isColumn(value.End-1, column) {
		return false
	}
	switch value.End - value.First {
	case 1:
		return true
	case 3:
		for i := range pl.Refs {
			if ref := &pl.Refs[i]; ref.Block == set.Block && ref.Target && pl.Toks[value.First+1].Kind == sqlscan.Dot {
				return pl.isIdent(value.First) && pl.Fold(value.First) == pl.qualifierName(ref)
			}
		}
	}
	return false
}
