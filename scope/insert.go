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
	ref := &pl.Refs[ins.Ref]
	table := ref.Name.Table
	// Whether an upsert can touch another tenant's row depends on the keys of
	// the table, which are not read yet.
	switch {
	case ins.Replace:
		return pl.refuse(ReasonUnsupported, "REPLACE into a tenant's table", ref.Tok, table, "use UPDATE, then INSERT if no row was there")
	case ins.Or >= 0:
		return pl.refuse(ReasonUnsupported, "a conflict action on a tenant's table", ins.Or, table, "use a plain INSERT")
	case ins.Conflict >= 0:
		return pl.refuse(ReasonUnsupported, "an upsert into a tenant's table", ins.Conflict, table, "use UPDATE, then INSERT if no row was there")
	}
	if ins.HasCols {
		given, err := pl.givenColumn(ins, o)
		if given || err != nil {
			return err
		}
	}
	if pl.mode == carry.Global {
		return nil // a Mixed row of everybody's: the column stays NULL
	}
	return pl.addColumn(ins, o)
}

// givenColumn looks for the tenant column in the column list. Where it is
// there each row has to bind it, and the value is compared at execution.
func (pl *planner) givenColumn(ins *sqlscan.InsertInto, o *ownership) (bool, error) {
	index, pos := -1, 0
	for t := ins.Columns.First; t < ins.Columns.End; t++ {
		switch {
		case pl.Toks[t].Kind == sqlscan.Comma:
			pos++
		case pl.isRowID(t):
			return true, pl.refuse(ReasonTenantColumn, "an INSERT that names the row id", t, pl.Refs[ins.Ref].Name.Table, "name the key column")
		case pl.isColumn(t, o.column):
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
		at, ok := pl.item(row, index)
		if !ok || pl.Toks[at].Kind != sqlscan.Param || at+1 < row.End && pl.Toks[at+1].Kind != sqlscan.Comma || pl.Params > sqlscan.Numbered {
			return true, pl.refuse(ReasonTenantColumn, "a value for the tenant column that is no placeholder", row.First, table, "leave the column out, or bind it")
		}
		pl.given = append(pl.given, givenValue{arg: pl.argOf(at), offset: int(pl.Toks[at].Start), table: table})
	}
	return true, nil
}

// item returns the first token of item number index in a row.
func (pl *planner) item(row sqlscan.Span, index int) (int32, bool) {
	for t, pos := row.First, 0; t < row.End; t++ {
		if pos == index {
			return t, true
		}
		switch pl.Toks[t].Kind {
		case sqlscan.LParen, sqlscan.LBracket:
			t = pl.Toks[t].Match
		case sqlscan.Comma:
			pos++
		}
	}
	return 0, false
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
	table, column := ref.Name.Table, sqlscan.Quote(pl.Dialect, o.column)
	if ins.Default >= 0 {
		pl.replace(ins.Default, ins.Default+1, "("+column+") VALUES ("+mark+")")
		return nil
	}
	switch {
	case ins.HasCols && ins.Columns.Empty():
		return pl.refuse(ReasonUnsupported, "an empty column list", ins.Columns.First, table, "write DEFAULT VALUES, or name a column")
	case ins.HasCols:
		pl.insertAfter(ins.Columns.End-1, opening, ", "+column)
	default:
		list, err := pl.positional(ins, o)
		if err != nil {
			return err
		}
		pl.insertAfter(ins.InsertAt, opening, " ("+list+column+")")
	}
	for _, row := range ins.Rows {
		if row.Empty() {
			return pl.refuse(ReasonUnsupported, "an empty row", row.First, table, "name a column")
		}
		pl.insertAfter(row.End-1, opening, ", "+mark)
	}
	for _, arm := range ins.Arms {
		block := &pl.Blocks[arm]
		if block.Kind != sqlscan.SelectBlock {
			return pl.refuse(ReasonUnsupported, "INSERT from a set operation with VALUES", ins.InsertAt, table, "write SELECT")
		}
		pl.insertAfter(block.List.End-1, newClause, ", "+pl.typedMark(o))
	}
	return nil
}

// typedMark returns a placeholder whose type the server can tell in a select
// list, where there is no column next to it.
func (pl *planner) typedMark(o *ownership) string {
	if pl.Dialect != Postgres {
		return mark
	}
	// A base type without length: a cast to varchar(4) would cut the id short
	// in silence, the assignment to the column does not.
	typ := "text"
	if o.table != nil {
		if c, ok := o.table.column(pl.Dialect, o.column); ok {
			switch kind, _ := kindOf(pl.Dialect, c.Type); kind {
			case intValue:
				typ = "bigint"
			case uuidValue:
				typ = "uuid"
			}
		}
	}
	return "CAST(" + mark + " AS " + typ + ")"
}

// positional returns the column list that an INSERT without one means, with
// the tenant column left out and a comma at the end. PostgreSQL lets a row be
// shorter than the table.
func (pl *planner) positional(ins *sqlscan.InsertInto, o *ownership) (string, error) {
	ref := &pl.Refs[ins.Ref]
	if o.table == nil || len(ins.Rows) == 0 {
		return "", pl.refuse(ReasonNeedsCatalogue, "an INSERT without a column list", ref.Tok, ref.Name.Table, "name the columns")
	}
	values := 1
	for t := ins.Rows[0].First; t < ins.Rows[0].End; t++ {
		switch pl.Toks[t].Kind {
		case sqlscan.LParen, sqlscan.LBracket:
			t = pl.Toks[t].Match
		case sqlscan.Comma:
			values++
		}
	}
	var b strings.Builder
	for _, c := range o.table.Columns {
		if c.Hidden || c.Generated && pl.Dialect == SQLite || strings.EqualFold(c.Name, o.column) {
			continue
		}
		if values == 0 && pl.Dialect == Postgres {
			break
		}
		values--
		b.WriteString(sqlscan.Quote(pl.Dialect, c.Name))
		b.WriteString(", ")
	}
	if values != 0 && b.Len() > 0 {
		return "", pl.refuse(ReasonTenantColumn, "an INSERT whose rows do not fit the table without its tenant column", ref.Tok, ref.Name.Table, "name the columns")
	}
	return b.String(), nil
}
