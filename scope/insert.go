package scope

import (
	"strings"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// inserts supplies the tenant column of every INSERT into a tenant's table. It
// goes last in the column list and in the rows, so that ORDER BY 1 of an
// INSERT ... SELECT keeps its meaning.
func (pl *planner) inserts() error {
	for i := range pl.Inserts {
		ins := &pl.Inserts[i]
		o := &pl.owned[ins.Ref]
		if !o.filtered() || pl.mode == carry.AcrossAll {
			continue
		}
		if err := pl.insert(ins, o); err != nil {
			return err
		}
	}
	return nil
}

func (pl *planner) insert(ins *sqlscan.InsertInto, o *ownership) error {
	var err error
	if pl.mode == carry.Global {
		err = pl.common(ins)
	} else {
		err = pl.conflicts(ins, o)
	}
	if err != nil {
		return err
	}
	if ins.HasCols || !ins.Assigned.Empty() {
		given, err := pl.givenColumn(ins, o)
		if given || err != nil {
			return err
		}
	}
	return pl.addColumn(ins, o)
}

// common is about a row of everybody's in a Mixed table. Its tenant column is
// NULL, whatever the default, and no key takes NULL for a duplicate.
func (pl *planner) common(ins *sqlscan.InsertInto) error {
	if ins.Replace || ins.Or >= 0 || len(ins.Upserts) > 0 {
		ref := &pl.Refs[ins.Ref]
		return pl.refuse(ReasonMode, "an upsert in global mode", ref.Tok, ref.Name.Table, "use UPDATE, then INSERT if no row was there")
	}
	return nil
}

// inserted is what goes into the tenant column.
func (pl *planner) inserted() string {
	if pl.mode == carry.Global {
		return "NULL"
	}
	return mark
}

// givenColumn looks for the tenant column in the column list. Where it is
// there each row has to bind it, and the value is compared at execution.
func (pl *planner) givenColumn(ins *sqlscan.InsertInto, o *ownership) (bool, error) {
	if !ins.Assigned.Empty() {
		return pl.assignedColumn(ins, o)
	}
	index, pos := -1, 0
	for t := ins.Columns.First; t < ins.Columns.End; t++ {
		switch {
		case pl.Toks[t].Kind == sqlscan.Comma:
			pos++
		case pl.isRowID(t):
			return true, pl.refuse(ReasonTenantColumn, "an INSERT that names the row id", t, pl.Refs[ins.Ref].Name.Table, "name the key column")
		case pl.isColumn(t, o.column):
			if pl.Dialect == Postgres && pl.Fold(t) != o.column {
				return true, pl.refuse(ReasonTenantColumn, "a column whose name differs from the tenant column's in case only", t, pl.Refs[ins.Ref].Name.Table, "the server takes it for another one; rename it")
			}
			if index >= 0 { // SQLite takes the first of them
				return true, pl.refuse(ReasonTenantColumn, "the tenant column, twice", t, pl.Refs[ins.Ref].Name.Table, "leave it out: it is supplied")
			}
			index = pos
		}
	}
	if index < 0 {
		return false, nil
	}
	table := pl.Refs[ins.Ref].Name.Table
	if len(ins.Rows) == 0 || pl.mode == carry.Global {
		return true, pl.refuse(ReasonTenantColumn, "an INSERT that names the tenant column", ins.Columns.First, table, "leave the column out: it is supplied")
	}
	for _, row := range ins.Rows {
		value, ok := pl.item(row, index)
		if !ok {
			value = sqlscan.Span{First: row.First, End: row.First}
		}
		if err := pl.givenValue(value, table); err != nil {
			return true, err
		}
	}
	return true, nil
}

// assignedColumn is givenColumn for INSERT ... SET.
func (pl *planner) assignedColumn(ins *sqlscan.InsertInto, o *ownership) (given bool, err error) {
	for k := ins.Assigned.First; k < ins.Assigned.End; k++ {
		set := &pl.Sets[k]
		if !pl.isColumn(set.Target.End-1, o.column) {
			continue
		}
		if given {
			return true, pl.refuse(ReasonTenantColumn, "the tenant column, twice", set.Target.First, pl.Refs[ins.Ref].Name.Table, "leave it out: it is supplied")
		}
		given = true
		if err := pl.givenValue(set.Value, pl.Refs[ins.Ref].Name.Table); err != nil {
			return true, err
		}
	}
	return given, nil
}

// givenValue notes an argument that the application binds to the tenant column.
func (pl *planner) givenValue(value sqlscan.Span, table string) error {
	if pl.mode == carry.Global || value.End-value.First != 1 || pl.Toks[value.First].Kind != sqlscan.Param || pl.Params > sqlscan.Numbered {
		return pl.refuse(ReasonTenantColumn, "a value for the tenant column that is no placeholder", value.First, table, "leave the column out, or bind it")
	}
	pl.given = append(pl.given, givenValue{arg: pl.argOf(value.First), offset: int(pl.Toks[value.First].Start), table: table})
	return nil
}

// item returns item number index of a row.
func (pl *planner) item(row sqlscan.Span, index int) (sqlscan.Span, bool) {
	first, pos := row.First, 0
	for t := row.First; t < row.End; t++ {
		switch pl.Toks[t].Kind {
		case sqlscan.LParen, sqlscan.LBracket:
			t = pl.Toks[t].Match
		case sqlscan.Comma:
			if pos == index {
				return sqlscan.Span{First: first, End: t}, true
			}
			pos++
			first = t + 1
		}
	}
	return sqlscan.Span{First: first, End: row.End}, pos == index && first < row.End
}

// argOf returns the index of the argument that the placeholder at token t takes.
func (pl *planner) argOf(t int32) int {
	if pl.Params == sqlscan.Numbered {
		n := 0
		for _, c := range pl.Word(t)[1:] {
			n = n*10 + int(c-'0')
		}
		return n - 1
	}
	if pl.args == nil {
		pl.args = make([]int32, len(pl.Toks))
		n := int32(0)
		for i := range pl.Toks {
			pl.args[i] = n
			if pl.Toks[i].Kind == sqlscan.Param {
				n++
			}
		}
	}
	return int(pl.args[t])
}

// addColumn puts the tenant column into the column list and the rows.
func (pl *planner) addColumn(ins *sqlscan.InsertInto, o *ownership) error {
	ref := &pl.Refs[ins.Ref]
	table, column := ref.Name.Table, o.quoted
	if !ins.Assigned.Empty() {
		pl.insertAfter(ins.End, opening, ", ", column, " = ", pl.inserted())
		return nil
	}
	if ins.Default >= 0 {
		pl.replace(ins.Default, ins.Default+1, "(", column, ") VALUES (", pl.inserted(), ")")
		return nil
	}
	switch {
	case ins.HasCols && ins.Columns.Empty():
		return pl.refuse(ReasonUnsupported, "an empty column list", ins.Columns.First, table, "write DEFAULT VALUES, or name a column")
	case ins.HasCols:
		pl.insertAfter(ins.Columns.End-1, opening, ", ", column)
	default:
		list, err := pl.positional(ins, o)
		if err != nil {
			return err
		}
		pl.insertAfter(ins.InsertAt, opening, " (", list, column, ")")
	}
	for _, row := range ins.Rows {
		if row.Empty() {
			return pl.refuse(ReasonUnsupported, "an empty row", row.First, table, "name a column")
		}
		pl.insertAfter(row.End-1, opening, ", ", pl.inserted())
	}
	for _, arm := range ins.Arms {
		block := &pl.Blocks[arm]
		for _, row := range block.Rows {
			pl.insertAfter(row.End-1, opening, ", ", pl.typedMark(o))
		}
		if block.Kind == sqlscan.ValuesBlock {
			continue
		}
		if block.List.Empty() {
			return pl.refuse(ReasonUnsupported, "INSERT from TABLE", ins.InsertAt, table, "write SELECT and the columns")
		}
		pl.insertAfter(block.List.End-1, newClause, ", ", pl.typedMark(o))
	}
	return nil
}

// typedMark returns a placeholder whose type the server can tell in a select
// list, where there is no column next to it.
func (pl *planner) typedMark(o *ownership) string {
	if pl.Dialect != Postgres {
		return pl.inserted()
	}
	// A base type without length: a cast to varchar(4) would cut the id short
	// in silence, the assignment to the column does not.
	typ := "text"
	switch o.value.kind {
	case intValue:
		typ = "bigint"
	case uuidValue:
		typ = "uuid"
	}
	return "CAST(" + pl.inserted() + " AS " + typ + ")"
}

// positional returns the column list that an INSERT without one means, with
// the tenant column left out and a comma at the end. PostgreSQL lets a row be
// shorter than the table.
func (pl *planner) positional(ins *sqlscan.InsertInto, o *ownership) (string, error) {
	ref := &pl.Refs[ins.Ref]
	if o.table == nil {
		return "", pl.refuse(ReasonNeedsCatalogue, "an INSERT without a column list", ref.Tok, ref.Name.Table, "name the columns")
	}
	columns := pl.insertable(o)
	values, known := pl.rowLength(ins)
	if pl.Dialect == Postgres {
		if !known {
			return "", pl.refuse(ReasonUnsupported, "an INSERT without a column list from a star", ref.Tok, ref.Name.Table, "name the columns")
		}
		columns = columns[:min(values, len(columns))]
	}
	if known && values != len(columns) {
		return "", pl.refuse(ReasonTenantColumn, "an INSERT whose rows do not fit the table without its tenant column", ref.Tok, ref.Name.Table, "name the columns")
	}
	var b strings.Builder
	for _, c := range columns {
		b.WriteString(sqlscan.Quote(pl.Dialect, c))
		b.WriteString(", ")
	}
	return b.String(), nil
}

// insertable are the columns that an INSERT without a column list means, but
// for the tenant column.
func (pl *planner) insertable(o *ownership) []string {
	var names []string
	for _, c := range o.table.Columns {
		if c.Hidden || c.Generated && pl.Dialect == SQLite || strings.EqualFold(c.Name, o.column) {
			continue
		}
		names = append(names, c.Name)
	}
	return names
}

// rowLength counts the values of the first row of an INSERT; it is not known
// where a star stands for some.
func (pl *planner) rowLength(ins *sqlscan.InsertInto) (n int, known bool) {
	var row sqlscan.Span
	switch {
	case len(ins.Rows) > 0:
		row = ins.Rows[0]
	case len(ins.Arms) > 0 && len(pl.Blocks[ins.Arms[0]].Rows) > 0:
		row = pl.Blocks[ins.Arms[0]].Rows[0]
	case len(ins.Arms) > 0:
		row = pl.Blocks[ins.Arms[0]].List
		for i := range pl.Stars {
			if pl.Stars[i].Block == ins.Arms[0] {
				return 0, false
			}
		}
	}
	if row.Empty() {
		return 0, true
	}
	n = 1
	for t := row.First; t < row.End; t++ {
		switch pl.Toks[t].Kind {
		case sqlscan.LParen, sqlscan.LBracket:
			t = pl.Toks[t].Match
		case sqlscan.Comma:
			n++
		}
	}
	return n, true
}
