package scope

import (
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// A row that is in the way of an INSERT may be another tenant's if some unique
// key of the table lacks the tenant column. So:
//
//   - a value for such a key is refused, unless the policy lists the key in
//     GloballyUnique, whose values are told apart across tenants anyway;
//   - a conflict target that names the application's own key is completed with
//     the tenant column where the table's key is (tenant, key);
//   - what DO UPDATE changes is limited to own rows, and ON DUPLICATE KEY UPDATE
//     fails over another tenant's;
//   - REPLACE, which deletes the row, is refused where the key lacks the tenant.

// conflicts sees to what an INSERT does where a row is in its way.
func (pl *planner) conflicts(ins *sqlscan.InsertInto, o *ownership) error {
	ref := &pl.Refs[ins.Ref]
	acts := ins.Replace || ins.Or >= 0 || len(ins.Upserts) > 0
	if o.table == nil {
		if !acts {
			return nil // what the keys are nobody knows, see NewRewriter
		}
		return pl.refuse(ReasonNeedsCatalogue, "an upsert into a tenant's table", ref.Tok, ref.Name.Table, "set Policy.Catalogue, or use UPDATE, then INSERT if no row was there")
	}
	loose, err := pl.looseKeys(int(ins.Ref), ref.Tok, func(column string) bool { return pl.gives(ins, o, column) })
	if err != nil {
		return err
	}
	for _, key := range loose {
		if ins.Replace || key.Replaces {
			return pl.refuse(ReasonUniqueKey, "REPLACE in a table with the key ("+keyName(key.CatalogueKey)+"), which all tenants share", ref.Tok, ref.Name.Table, "it could delete another tenant's row; use UPDATE, then INSERT")
		}
	}
	for i := range ins.Upserts {
		u := &ins.Upserts[i]
		if u.Duplicate {
			if len(loose) > 0 && ins.Or >= 0 {
				return pl.refuse(ReasonUnsupported, "IGNORE with ON DUPLICATE KEY UPDATE in a table with a key that all tenants share", ins.Or, ref.Name.Table, "leave IGNORE out")
			}
			if len(loose) > 0 {
				pl.guard(u, int(ins.Ref))
			}
			continue
		}
		if err := pl.conflictTarget(u, ref, o); err != nil {
			return err
		}
		if !u.Nothing {
			pl.restrict(u.Where, u.End, int(ins.Ref))
		}
	}
	return nil
}

// looseKey is a unique key that lacks the tenant column.
type looseKey struct {
	*CatalogueKey
	given bool // the statement gives it a value
}

// looseKeys returns the unique keys of reference i that lack the tenant column,
// but for those whose value the server will count up. given reports whether the
// statement gives a column a value; one for a key that the policy does not
// declare is refused.
func (pl *planner) looseKeys(i int, at int32, given func(column string) bool) ([]looseKey, error) {
	o := &pl.owned[i]
	if o.table == nil {
		return nil, nil
	}
	var loose []looseKey
	for k := range o.table.Keys {
		key := &o.table.Keys[k]
		if pl.hasColumn(key.Columns, o.column) {
			continue
		}
		touched, numbered := false, len(key.Columns) == 1
		for _, name := range key.Columns {
			c := CatalogueColumn{Generated: true} // an expression, which changes with any column
			if index, ok := o.table.column(name); ok && name != "" {
				c = o.table.Columns[index]
			}
			touched = touched || c.Generated || given(name)
			numbered = numbered && c.Numbered
		}
		if touched && !pl.rules.globallyUnique(o.rule, key) {
			name := keyName(key)
			return nil, pl.refuse(ReasonUniqueKey, "a value for the key ("+name+"), which lacks the tenant column", at, pl.Refs[i].Name.Table,
				"make the key ("+o.column+","+name+"), or list \""+name+"\" in GloballyUnique")
		}
		if touched || !numbered {
			loose = append(loose, looseKey{key, touched}) // a value by default may be another row's too
		}
	}
	return loose, nil
}

// keyName is how a policy calls the key: by its columns, or by its name if an
// expression is among them.
func keyName(key *CatalogueKey) string {
	if slices.Contains(key.Columns, "") {
		return key.Name
	}
	return strings.Join(key.Columns, ",")
}

// hasColumn compares names as the dialect compares those of columns.
func (pl *planner) hasColumn(columns []string, name string) bool {
	return slices.ContainsFunc(columns, func(c string) bool {
		return c == name || pl.Dialect != Postgres && strings.EqualFold(c, name)
	})
}

// gives reports whether an INSERT gives a column a value of its own, rather
// than the default. In MySQL and SQLite NULL asks for a generated number.
func (pl *planner) gives(ins *sqlscan.InsertInto, o *ownership, column string) bool {
	index := -1
	switch {
	case ins.Default >= 0:
		return false
	case !ins.Assigned.Empty():
		for k := ins.Assigned.First; k < ins.Assigned.End; k++ {
			if set := &pl.Sets[k]; pl.isColumn(set.Target.End-1, column) && !pl.leftOut(set.Value) {
				return true
			}
		}
		return false
	case ins.HasCols:
		pos := 0
		for t := ins.Columns.First; t < ins.Columns.End; t++ {
			if pl.Toks[t].Kind == sqlscan.Comma {
				pos++
			} else if pl.isColumn(t, column) {
				index = pos
			}
		}
	default:
		index = slices.IndexFunc(pl.insertable(o), func(c string) bool { return strings.EqualFold(c, column) })
	}
	if index < 0 {
		return false
	}
	for _, row := range ins.Rows {
		if value, ok := pl.item(row, index); ok && !pl.leftOut(value) {
			return true
		}
	}
	return len(ins.Rows) == 0
}

func (pl *planner) leftOut(value sqlscan.Span) bool {
	if value.End-value.First != 1 {
		return false
	}
	kw := pl.Toks[value.First].Kw
	return kw == sqlscan.KwDefault || kw == sqlscan.KwNull && pl.Dialect != Postgres
}

// conflictTarget makes sure that the key which ON CONFLICT names has the tenant
// column, or is declared to be unique without it.
func (pl *planner) conflictTarget(u *sqlscan.Upsert, ref *sqlscan.Ref, o *ownership) error {
	if u.Constraint >= 0 {
		name := pl.Fold(u.Constraint)
		for k := range o.table.Keys {
			if key := &o.table.Keys[k]; key.Name == name && (pl.hasColumn(key.Columns, o.column) || pl.rules.globallyUnique(o.rule, key)) {
				return nil
			}
		}
		return pl.refuse(ReasonUniqueKey, "ON CONFLICT ON CONSTRAINT with a key that lacks the tenant column", u.Constraint, ref.Name.Table, "name the columns of a key")
	}
	if !u.HasTarget {
		return nil // any key: looseKeys has seen to those without the tenant
	}
	columns, plain := pl.targetColumns(u)
	if pl.hasColumn(columns, o.column) {
		return nil
	}
	declared := false
	if plain {
		for k := range o.table.Keys {
			key := &o.table.Keys[k]
			switch {
			case pl.sameColumns(key.Columns, append(columns[:len(columns):len(columns)], o.column)):
				plain = false
			case pl.sameColumns(key.Columns, columns):
				declared = declared || pl.rules.globallyUnique(o.rule, key)
			}
		}
	}
	switch {
	case !plain: // a key with the tenant, or expressions, of which the server knows whether a key has them
		pl.insertAfter(u.Target.End-1, opening, ", ", o.quoted)
		return nil
	case declared:
		return nil
	}
	return pl.refuse(ReasonUniqueKey, "a conflict target for which the table has no key with the tenant column", u.Target.First, ref.Name.Table,
		"the key would be ("+o.column+","+strings.Join(columns, ",")+")")
}

// targetColumns returns the columns that a conflict target names; plain is
// false where it holds more than names.
func (pl *planner) targetColumns(u *sqlscan.Upsert) (columns []string, plain bool) {
	plain = true
	for t := u.Target.First; t < u.Target.End; t++ {
		switch {
		case pl.isIdent(t) && (t+1 == u.Target.End || pl.Toks[t+1].Kind == sqlscan.Comma) && (t == u.Target.First || pl.Toks[t-1].Kind == sqlscan.Comma):
			columns = append(columns, pl.Fold(t))
		case pl.Toks[t].Kind != sqlscan.Comma:
			plain = false
		}
	}
	return columns, plain
}

// sameColumns reports whether two lists hold the same columns, in any order.
func (pl *planner) sameColumns(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	return !slices.ContainsFunc(a, func(c string) bool { return !pl.hasColumn(b, c) })
}

// guard has ON DUPLICATE KEY UPDATE fail where the row in the way is another
// tenant's: the tenant column is first set to what it is, which for such a row is
// a query of two rows. The other assignments stay as they are, since a condition
// around them would change types, and RETURNING would show the row.
func (pl *planner) guard(u *sqlscan.Upsert, i int) {
	column := pl.Qualifier(&pl.Refs[i]) + "." + pl.owned[i].quoted
	pl.insertBefore(pl.Sets[u.Sets.First].Target.First, pl.owned[i].quoted, " = IF(")
	pl.predicate(i)
	pl.write(", ", column, ", (SELECT ", column, " UNION ALL SELECT ", column, ")), ")
}
