package scope

import (
	"regexp"

	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// field refuses q.x in PostgreSQL unless x can be a column of q, which is at
// token t: for anything else the server calls the function x with the row, and
// of a table function the row is its bare value.
func (pl *planner) field(t int32, q string) error {
	if pl.Dialect != Postgres || !pl.isIdent(t+2) || pl.names()[t] {
		return nil
	}
	if k := pl.Toks[t+3].Kind; k == sqlscan.Dot || k == sqlscan.LParen {
		return nil // a schema before a table; a call, which functions has seen
	}
	candidates := pl.refsNamed(q)
	if q == "excluded" { // of ON CONFLICT DO UPDATE
		for i := range pl.Refs {
			if pl.Refs[i].Target {
				candidates = append(candidates[:len(candidates):len(candidates)], int32(i))
			}
		}
	}
	i := pl.nearest(candidates, t)
	if i < 0 || pl.canBeColumn(i, pl.Fold(t+2)) { // what is in no FROM the server will not find either
		return nil
	}
	return pl.refuse(ReasonUnknownFunc, "a field that is no column of what stands before it", t+2, q, "PostgreSQL would call a function of that name")
}

// nearest returns the reference of the innermost block around token t, or -1.
func (pl *planner) nearest(candidates []int32, t int32) int32 {
	best, size := int32(-1), int32(0)
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
func (pl *planner) canBeColumn(i int32, x string) bool {
	ref := &pl.Refs[i]
	switch ref.Kind {
	case sqlscan.TableRef:
		if pl.owned[i].table == nil || ref.Columns && pl.inAlias(ref, x) {
			return true // without a catalogue nobody knows
		}
		_, ok := pl.owned[i].table.column(x)
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
	open := pl.aliasColumns(ref)
	if open < 0 {
		return false
	}
	for t := open + 1; t < pl.Toks[open].Match; t++ {
		if k := pl.Toks[t-1].Kind; pl.isIdent(t) && (k == sqlscan.LParen || k == sqlscan.Comma) && pl.Fold(t) == x {
			return true
		}
	}
	return false
}

// aliasColumns returns the token that opens the column list of a reference's
// alias, or -1.
func (pl *planner) aliasColumns(ref *sqlscan.Ref) int32 {
	open := ref.Tok + 1
	if ref.Alias >= 0 {
		open = ref.Alias + 1
	} else if pl.Toks[open].Kind == sqlscan.LParen { // f(...) AS (a int)
		open = pl.Toks[open].Match + 1
	}
	for ; pl.Toks[open].Kw == sqlscan.KwAs; open++ {
	}
	if pl.Toks[open].Kind != sqlscan.LParen {
		return -1
	}
	return open
}
