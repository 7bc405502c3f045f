package scope

import (
	"strings"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// verify reads the finished text again, from nothing, and checks two things:
// that without our insertions it is the application's statement, token for
// token, and that every reference to a tenant's table carries its predicate.
// A plan that fails is refused. The check shares the lexer with the planner but
// none of its decisions about places.
func (pl *planner) verify(p *plan) error {
	if len(pl.edits) == 0 {
		for i := range pl.Refs {
			if pl.owned[i].filtered() && pl.Refs[i].Node >= 0 {
				return pl.broken("a tenant's table without its predicate")
			}
		}
		return nil
	}
	out := &pl.again
	if out.Parse(pl.Dialect, pl.Modes, p.text) != nil {
		return pl.broken("the finished statement does not parse")
	}
	defer out.Release()
	if !pl.sameTokens(out) {
		return pl.broken("the application's text was changed")
	}
	return pl.checkPredicates(out)
}

func (pl *planner) broken(what string) error {
	return &RefusedError{Reason: ReasonNotUnderstood, Construct: "check after rewriting failed: " + what, Offset: -1, Hint: "please report the statement"}
}

// sameTokens reports whether the parts of the text that were kept are split
// into the same tokens as before: no insertion has grown into a token, opened a
// quote or begun a comment.
func (pl *planner) sameTokens(out *sqlscan.Stmt) bool {
	i, j := 0, 0
	for _, s := range pl.kept {
		for int(pl.Toks[i].Start) < s.old && pl.Toks[i].Kind != sqlscan.EOF {
			i++ // replaced by an edit
		}
		for int(out.Toks[j].Start) < s.now && out.Toks[j].Kind != sqlscan.EOF {
			if int(out.Toks[j].End) > s.now {
				return false
			}
			j++ // inserted by an edit
		}
		for int(pl.Toks[i].Start) < s.old+s.n && pl.Toks[i].Kind != sqlscan.EOF {
			a, b := &pl.Toks[i], &out.Toks[j]
			if a.Kind != b.Kind || int(a.Start)-s.old != int(b.Start)-s.now || a.End-a.Start != b.End-b.Start || int(a.End) > s.old+s.n {
				return false
			}
			i, j = i+1, j+1
		}
		if t := &out.Toks[j]; int(t.Start) < s.now+s.n && t.Kind != sqlscan.EOF {
			return false
		}
	}
	return true
}

// checkPredicates finds for each reference of the output to a tenant's table
// its predicate at the very front of a condition. A query that took a table's
// place is a reference more than there was.
func (pl *planner) checkPredicates(out *sqlscan.Stmt) error {
	j := 0
	for i := range pl.Refs {
		o := &pl.owned[i]
		if j >= len(out.Refs) || out.Refs[j].Name != pl.Refs[i].Name || out.Refs[j].Kind != pl.Refs[i].Kind {
			return pl.broken("the finished statement names other tables")
		}
		if o.filtered() && out.Refs[j].Node >= 0 && !pl.carries(out, i, j) {
			return pl.broken("a tenant's table without its predicate")
		}
		if j++; !o.wrapped {
			continue
		}
		if j >= len(out.Refs) || out.Refs[j].Kind != sqlscan.DerivedRef || out.Refs[j].Alias < 0 || out.Refs[j-1].Block == out.Refs[j].Block {
			return pl.broken("a query in a table's place is not one")
		}
		j++
	}
	if j != len(out.Refs) || len(out.Inserts) != len(pl.Inserts) {
		return pl.broken("the finished statement names other tables")
	}
	for k := range out.Inserts {
		if err := pl.checkInsert(out, k); err != nil {
			return err
		}
	}
	return nil
}

// checkInsert looks for the tenant column of an INSERT, and for the predicates
// of its DO UPDATE.
func (pl *planner) checkInsert(out *sqlscan.Stmt, k int) error {
	ins, i := &out.Inserts[k], int(pl.Inserts[k].Ref)
	o := &pl.owned[i]
	if !o.filtered() {
		return nil
	}
	if !pl.givesColumn(out, ins, o.column) {
		return pl.broken("an INSERT without its tenant column")
	}
	for _, u := range ins.Upserts {
		if !u.Nothing && !u.Duplicate && !pl.leads(out, u.Where, i, int(ins.Ref)) {
			return pl.broken("DO UPDATE without its predicate")
		}
	}
	return nil
}

// carries looks at the conditions that can restrict reference i, which is j in
// the output: those of the joins above it, and WHERE.
func (pl *planner) carries(out *sqlscan.Stmt, i, j int) bool {
	ref := &out.Refs[j]
	child := ref.Node
	for up := out.Nodes[child].Parent; up >= 0; child, up = up, out.Nodes[up].Parent {
		join := &out.Nodes[up]
		outer := join.Type == sqlscan.Left && join.Right == child || join.Type == sqlscan.Right && join.Left == child
		if join.Type == sqlscan.Full || join.Ref >= 0 {
			return false
		}
		if outer {
			return pl.leads(out, join.On, i, j)
		}
	}
	return pl.leads(out, out.Blocks[ref.Block].Where, i, j)
}

// leads reports whether the condition begins with a chain of predicates joined
// by AND one of which is that of reference i, which is j in the output.
func (pl *planner) leads(out *sqlscan.Stmt, c sqlscan.Clause, i, j int) bool {
	if c.Kw < 0 {
		return false
	}
	qualifier, column := out.Qualifier(&out.Refs[j]), pl.owned[i].quoted
	mixed := pl.owned[i].class == Mixed && !pl.Refs[i].Target
	for t := c.Body.First; t < c.Body.End; t++ {
		at, end, ok := pl.shape(out, t)
		if !ok || end < c.Body.End && out.Toks[end].Kw != sqlscan.KwAnd {
			return false
		}
		if out.Word(at) == qualifier && out.Word(at+2) == column && (at == t || mixed) {
			return true
		}
		t = end
	}
	return false
}

// shape matches one predicate of the mode at token t: a column, and what it is
// compared with. at is where the column begins, end the token after it all.
func (pl *planner) shape(out *sqlscan.Stmt, t int32) (at, end int32, ok bool) {
	tok := func(i int32) *sqlscan.Token { return &out.Toks[min(i, int32(len(out.Toks)-1))] }
	if tok(t).Kind == sqlscan.LParen { // (own OR everybody's)
		if at, end, ok = pl.shape(out, t+1); !ok || tok(end).Kw != sqlscan.KwOr {
			return at, end, false
		}
		same := tok(end+2).Kind == sqlscan.Dot && tok(end+4).Kw == sqlscan.KwIs && tok(end+5).Kw == sqlscan.KwNull &&
			out.Word(end+1) == out.Word(at) && out.Word(end+3) == out.Word(at+2)
		return at, end + 7, same && tok(t).Match == end+6
	}
	if tok(t+1).Kind != sqlscan.Dot {
		return t, t, false
	}
	switch op := tok(t + 3); {
	case pl.mode == carry.Global:
		return t, t + 5, op.Kw == sqlscan.KwIs && tok(t+4).Kw == sqlscan.KwNull
	case pl.mode == carry.Across:
		if op.Kw != sqlscan.KwIn || tok(t+4).Kind != sqlscan.LParen {
			return t, t, false
		}
		for i := t + 5; i < tok(t+4).Match; i++ {
			if k := tok(i).Kind; k != sqlscan.Param && k != sqlscan.Comma {
				return t, t, false
			}
		}
		return t, tok(t+4).Match + 1, true
	default:
		return t, t + 5, op.Kind == sqlscan.Equals && tok(t+4).Kind == sqlscan.Param
	}
}

// givesColumn reports whether an INSERT names the tenant column.
func (pl *planner) givesColumn(out *sqlscan.Stmt, ins *sqlscan.InsertInto, column string) bool {
	is := func(t int32) bool {
		return out.Fold(t) == sqlscan.Fold(pl.Dialect, column) || strings.Trim(out.Word(t), "\"`") == column
	}
	for t := ins.Columns.First; t < ins.Columns.End; t++ {
		if is(t) {
			return true
		}
	}
	for k := ins.Assigned.First; k < ins.Assigned.End; k++ {
		if is(out.Sets[k].Target.End - 1) {
			return true
		}
	}
	return false
}
