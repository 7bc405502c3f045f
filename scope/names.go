package scope

import (
	"regexp"
	"strings"

	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// This file looks at the names inside expressions, which the parser does not
// read.

// fields refuses q.x in PostgreSQL unless x can be a column of q: for anything
// else the server calls the function x with the row, and of a table function
// the row is its bare value.
func (pl *planner) fields() error {
	if pl.Dialect != Postgres {
		return nil
	}
	refs := map[string][]int{}
	for i := range pl.Refs {
		if pl.Refs[i].Alias >= 0 || pl.Refs[i].Kind != sqlscan.DerivedRef {
			name := pl.qualifierName(&pl.Refs[i])
			refs[name] = append(refs[name], i)
		}
		if pl.Refs[i].Target {
			refs["excluded"] = append(refs["excluded"], i) // of ON CONFLICT DO UPDATE
		}
	}
	seen := map[[2]string]int{} // the reference that q.x was proved for
	for t := int32(0); pl.Toks[t].Kind != sqlscan.EOF; t++ {
		if !pl.isIdent(t) || pl.Toks[t+1].Kind != sqlscan.Dot || !pl.isIdent(t+2) || pl.names()[t] {
			continue
		}
		if k := pl.Toks[t+3].Kind; k == sqlscan.Dot || k == sqlscan.LParen {
			continue // a schema before a table; a call, which functions has seen
		}
		q, x := pl.Fold(t), pl.Fold(t+2)
		i := pl.nearest(refs[q], t)
		if i < 0 {
			continue // the server will not find it either
		}
		if at, ok := seen[[2]string{q, x}]; ok && at == i {
			continue
		}
		if !pl.canBeColumn(i, x) {
			return pl.refuse(ReasonUnknownFunc, "a field that is no column of what stands before it", t+2, q, "PostgreSQL would call a function of that name")
		}
		seen[[2]string{q, x}] = i
	}
	return nil
}

// nearest returns the reference of the innermost block around token t, or -1.
func (pl *planner) nearest(candidates []int, t int32) int {
	best, size := -1, int32(0)
	for _, i := range candidates {
		if pl.Refs[i].Block < 0 {
			continue
		}
		all := pl.Blocks[pl.Refs[i].Block].All
		if t >= all.First && t < all.End && (best < 0 || all.End-all.First < size) {
			best, size = i, all.End-all.First
		}
	}
	return best
}

// canBeColumn reports whether reference i may have a column x.
func (pl *planner) canBeColumn(i int, x string) bool {
	ref := &pl.Refs[i]
	switch ref.Kind {
	case sqlscan.TableRef:
		if pl.owned[i].table == nil || ref.Columns && pl.inAlias(ref, x) {
			return true // without a catalogue nobody knows
		}
		_, ok := pl.owned[i].table.column(Postgres, x)
		return ok
	case sqlscan.FuncRef:
		// Its columns are called as its alias says, or as the function or the
		// alias itself, or as the reviewed functions call theirs.
		if ref.Columns {
			return pl.inAlias(ref, x) || x == "ordinality"
		}
		return x == pl.qualifierName(ref) || x == pl.Fold(ref.Tok) || x == "key" || x == "value" || x == "ordinality"
	default:
		// A query's output: a name that the statement writes somewhere, or a
		// column of a table that it reads.
		return pl.written()[x] || pl.columnNames()[x] || valuesColumn.MatchString(x)
	}
}

// valuesColumn is how PostgreSQL calls the columns of VALUES.
var valuesColumn = regexp.MustCompile(`^column[0-9]+$`)

// inAlias reports whether the column list of a reference's alias has x.
func (pl *planner) inAlias(ref *sqlscan.Ref, x string) bool {
	open := ref.Tok + 1
	if ref.Alias >= 0 {
		open = ref.Alias + 1
	} else if pl.Toks[open].Kind == sqlscan.LParen { // f(...) AS (a int)
		open = pl.Toks[open].Match + 1
	}
	for ; pl.Toks[open].Kw == sqlscan.KwAs; open++ {
	}
	if pl.Toks[open].Kind != sqlscan.LParen {
		return false
	}
	for t := open + 1; t < pl.Toks[open].Match; t++ {
		if k := pl.Toks[t-1].Kind; pl.isIdent(t) && (k == sqlscan.LParen || k == sqlscan.Comma) && pl.Fold(t) == x {
			return true
		}
	}
	return false
}

// hiddenColumns are those that every table of PostgreSQL has. They tell when
// and where other tenants wrote.
var hiddenColumns = wordSet(`ctid xmin xmax cmin cmax tableoid`)

// systemColumns refuses them: a table can have no column of such a name.
func (pl *planner) systemColumns() error {
	if pl.Dialect != Postgres {
		return nil
	}
	for t := int32(0); pl.Toks[t].Kind != sqlscan.EOF; t++ {
		if pl.isIdent(t) && pl.Toks[t].End-pl.Toks[t].Start <= 10 && hiddenColumns[pl.Fold(t)] {
			return pl.refuse(ReasonUnsupported, "the system column "+pl.Fold(t), t, "", "it tells of other tenants' writes; use a column of the table")
		}
	}
	return nil
}

// strayTables is the second net under the parser: a word in an expression that
// is the name of a tenant's table, and of no column in sight, would be a table
// that the parser has not seen as one. It needs the catalogue.
func (pl *planner) strayTables() error {
	if pl.cat == nil {
		return nil
	}
	for t := int32(0); pl.Toks[t].Kind != sqlscan.EOF; t++ {
		tok := &pl.Toks[t]
		if !pl.isIdent(t) || tok.Kind == sqlscan.Word && tok.Kw != sqlscan.KwNone || pl.Toks[t+1].Kind == sqlscan.Dot || pl.Toks[t+1].Kind == sqlscan.LParen {
			continue
		}
		if t > 0 && (pl.Toks[t-1].Kind == sqlscan.Dot || pl.Toks[t-1].Kw == sqlscan.KwAs) {
			continue
		}
		name := pl.Fold(t)
		tab, ok := pl.cat.Tables[name]
		if !ok || pl.names()[t] || pl.columnNames()[lowerUnlessPostgres(pl.Dialect, name)] || pl.labels()[name] {
			continue
		}
		if u, declared := pl.rules.tables[name]; declared && (u.class == Shared || u.class == SharedWritable) && !tab.View {
			continue
		}
		return pl.refuse(ReasonNotUnderstood, "the name of a table inside an expression", t, name, "if it is a column, put its table in front: t."+name)
	}
	return nil
}

func (pl *planner) isIdent(t int32) bool {
	k := pl.Toks[t].Kind
	return k == sqlscan.Word || k == sqlscan.QuotedName
}

// words are sets of names of one statement, made when they are first asked for.
type words struct {
	columns map[string]bool // of the tables it reads
	labels  map[string]bool // what it gives with AS
	written map[string]bool // what it writes without a qualifier
}

// columnNames are the columns of the statement's tables, folded.
func (pl *planner) columnNames() map[string]bool {
	if pl.words.columns == nil {
		pl.words.columns = map[string]bool{}
		done := map[string]bool{}
		for i := range pl.Refs {
			tab, name := pl.owned[i].table, pl.Refs[i].Name.Schema+"."+pl.Refs[i].Name.Table
			if tab == nil || done[name] {
				continue
			}
			done[name] = true
			for _, c := range tab.Columns {
				pl.words.columns[lowerUnlessPostgres(pl.Dialect, c.Name)] = true
			}
		}
	}
	return pl.words.columns
}

// lowerUnlessPostgres: only PostgreSQL tells columns apart by case.
func lowerUnlessPostgres(d Dialect, name string) string {
	if d == Postgres {
		return name
	}
	return strings.ToLower(name)
}

// labels are the names that the statement gives with AS, folded.
func (pl *planner) labels() map[string]bool {
	if pl.words.labels == nil {
		pl.words.labels = map[string]bool{}
		for t := int32(1); pl.Toks[t-1].Kind != sqlscan.EOF; t++ {
			if pl.Toks[t-1].Kw == sqlscan.KwAs && pl.isIdent(t) && pl.Toks[t+1].Kind != sqlscan.LParen {
				pl.words.labels[pl.Fold(t)] = true
			}
		}
	}
	return pl.words.labels
}

// written are the identifiers that stand somewhere without a qualifier.
func (pl *planner) written() map[string]bool {
	if pl.words.written == nil {
		pl.words.written = map[string]bool{}
		for t := range pl.Toks {
			if pl.isIdent(int32(t)) && (t == 0 || pl.Toks[t-1].Kind != sqlscan.Dot) {
				pl.words.written[pl.Fold(int32(t))] = true
			}
		}
	}
	return pl.words.written
}
