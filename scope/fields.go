package scope

import (
	"regexp"

	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// field refuses q.x in PostgreSQL unless x can be a column of q, which is at
// token t: for anything else the server calls the function x with the row.
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
	if err := pl.spendOn(t, len(candidates)); err != nil {
		return err
	}
	x := pl.Fold(t + 2)
	for _, i := range candidates {
		// The row of a table function is its bare value, which many functions
		// take: there no doubt about what is visible from where will do.
		if pl.Refs[i].Kind == sqlscan.FuncRef && !pl.canBeColumn(i, x) {
			return pl.refuse(ReasonUnknownFunc, "a field that is no column of what stands before it", t+2, q, "name the columns of the table function: AS "+q+" (x)")
		}
	}
	i, err := pl.visible(candidates, t)
	switch {
	case err != nil:
		return err
	case i < 0 && pl.namesType(t), i >= 0 && pl.canBeColumn(i, x):
		return nil
	case i < 0:
		return pl.refuse(ReasonNotUnderstood, "a field of something that is in no FROM here", t, q, "")
	}
	return pl.refuse(ReasonUnknownFunc, "a field that is no column of what stands before it", t+2, q, "PostgreSQL would call a function of that name")
}

// visible returns which of the references a name at token t means: that of the
// innermost block around it, or -1. A query in FROM does not see its
// neighbours, unless it is LATERAL.
func (pl *planner) visible(candidates []int32, t int32) (int32, error) {
	best, size := int32(-1), int32(0)
	for _, i := range candidates {
		if pl.Refs[i].Block < 0 {
			continue
		}
		all := pl.Blocks[pl.Refs[i].Block].All
		if t < all.First || t >= all.End || best >= 0 && all.End-all.First >= size {
			continue
		}
		if err := pl.spendOn(t, len(pl.Refs)); err != nil {
			return -1, err
		}
		if !pl.walledOff(pl.Refs[i].Block, t) {
			best, size = i, all.End-all.First
		}
	}
	return best, nil
}

// walledOff reports whether token t stands in a query of the block's FROM.
func (pl *planner) walledOff(block, t int32) bool {
	for i := range pl.Refs {
		d := &pl.Refs[i]
		if d.Block == block && d.Kind == sqlscan.DerivedRef && t >= d.Start && t <= d.Last && (d.Start == 0 || pl.Toks[d.Start-1].Kw != sqlscan.KwLateral) {
			return true
		}
	}
	return false
}

// namesType reports whether a qualified name at token t is that of a type or a
// collation.
func (pl *planner) namesType(t int32) bool {
	if t == 0 {
		return false
	}
	before := &pl.Toks[t-1]
	return before.Kw == sqlscan.KwAs || before.Kw == sqlscan.KwCollate || before.Kind == sqlscan.Op && pl.Word(t-1) == "::"
}

// maxLooks bounds how often names are compared with references.
const maxLooks = 10_000_000

// spendOn counts n comparisons for the name at token t.
func (pl *planner) spendOn(t int32, n int) error {
	if pl.looks += n; pl.looks > maxLooks {
		return pl.refuse(ReasonTooLong, "too many names of too many tables", t, "", "")
	}
	return nil
}

// outputs are the columns of the reviewed table functions that name theirs.
// Those of the others are called as the function, or its alias.
var outputs = map[string]map[string]bool{
	"json_each": wordSet("key value"), "json_each_text": wordSet("key value"),
	"jsonb_each": wordSet("key value"), "jsonb_each_text": wordSet("key value"),
	"json_array_elements": wordSet("value"), "json_array_elements_text": wordSet("value"),
	"jsonb_array_elements": wordSet("value"), "jsonb_array_elements_text": wordSet("value"),
	"ts_debug": wordSet("alias description token dictionaries dictionary lexemes"),
	"ts_parse": wordSet("tokid token"), "ts_token_type": wordSet("tokid alias description"),
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
		if ref.Columns {
			return pl.inAlias(ref, x) || x == "ordinality"
		}
		name := pl.Fold(ref.Tok)
		if _, reviewed := pl.rules.review.allowed[name]; !reviewed || pl.rules.funcs[name] || ref.Tok != ref.First && pl.Fold(ref.First) != "pg_catalog" {
			return false // what a function of the application calls its columns nobody knows
		}
		if columns, ok := outputs[name]; ok {
			return columns[x]
		}
		return x == pl.qualifierName(ref)
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
