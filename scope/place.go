package scope

import (
	"strings"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// A tenant's predicate goes where it can not change the answer that the
// statement would give on a database of this tenant alone:
//
//   - into WHERE for a table whose rows are never filled up with NULLs;
//   - into ON of the nearest outer join for a table on its nullable side;
//   - nowhere, and the statement is refused, where neither works: below a FULL
//     JOIN, and on the nullable side of USING or NATURAL.
//
// It comes first and the application's condition is put in parentheses. First,
// because the servers may evaluate in order and raise an error from another
// tenant's row (SQLite and MariaDB do); in parentheses, because of OR.

// site is a condition that predicates go into.
type site struct {
	clause sqlscan.Clause // Kw is -1 for a WHERE that has to be made
	at     int32          // the token after which it is made
	preds  []string
}

// predicates places one predicate for each reference that needs one.
func (pl *planner) predicates() error {
	var sites []site
	for i := range pl.Refs {
		if pl.Refs[i].Node < 0 || !pl.owned[i].filtered() {
			continue
		}
		clause, at, err := pl.placement(&pl.Refs[i])
		if err != nil {
			return err
		}
		k := 0
		for k < len(sites) && (sites[k].clause.Kw != clause.Kw || sites[k].at != at) {
			k++
		}
		if k == len(sites) {
			sites = append(sites, site{clause: clause, at: at})
		}
		sites[k].preds = append(sites[k].preds, pl.predicate(i))
	}
	for _, s := range sites {
		preds := strings.Join(s.preds, " AND ")
		if s.clause.Kw < 0 {
			pl.insertAfter(s.at, newClause, " WHERE "+preds)
			continue
		}
		before := pl.Toks[s.clause.Body.First].Start
		if before == pl.Toks[s.clause.Kw].End { // WHERE(...)
			preds = " " + preds
		}
		pl.edits = append(pl.edits, edit{before, before, opening, preds + " AND ("})
		pl.insertAfter(s.clause.Body.End-1, closing, ")")
	}
	return nil
}

// placement walks from the leaf up its join tree.
func (pl *planner) placement(ref *sqlscan.Ref) (clause sqlscan.Clause, at int32, err error) {
	child := ref.Node
	for up := pl.Nodes[child].Parent; up >= 0; child, up = up, pl.Nodes[up].Parent {
		join := &pl.Nodes[up]
		if join.Natural && pl.owned[pl.Nodes[ref.Node].Ref].class == Mixed {
			// The tenant column would be one of those compared, and everybody's
			// rows have NULL there.
			return clause, 0, pl.refuse(ReasonUnsupported, "NATURAL JOIN with a mixed table", ref.Tok, ref.Name.Table, "write ON")
		}
		nullable := join.Type == sqlscan.Left && join.Right == child || join.Type == sqlscan.Right && join.Left == child
		switch {
		case join.Type == sqlscan.Full:
			return clause, 0, pl.refuse(ReasonUnsupported, "FULL JOIN with a tenant's table", ref.Tok, ref.Name.Table, "join sub-queries in FROM instead: (SELECT ... FROM "+ref.Name.Table+") AS x")
		case nullable && (join.Merges || join.On.Kw < 0):
			return clause, 0, pl.refuse(ReasonUnsupported, "an outer join with USING or NATURAL on a tenant's table", ref.Tok, ref.Name.Table, "write ON")
		case nullable:
			return join.On, 0, nil
		}
	}
	block := &pl.Blocks[ref.Block]
	if block.Where.Kw >= 0 {
		return block.Where, 0, nil
	}
	return block.Where, block.WhereAt, nil
}

// predicate returns the condition for reference i, with a mark for each
// placeholder.
func (pl *planner) predicate(i int) string {
	col := pl.column(i)
	mixed := pl.owned[i].class == Mixed && !pl.Refs[i].Target
	switch {
	case pl.mode == carry.Global: // only Mixed tables get here
		return col + " IS NULL"
	case pl.mode == carry.Across:
		in := col + " IN (" + strings.TrimSuffix(strings.Repeat(mark+", ", pl.n), ", ") + ")"
		if mixed {
			return "(" + in + " OR " + col + " IS NULL)"
		}
		return in
	case mixed:
		return "(" + col + " = " + mark + " OR " + col + " IS NULL)"
	}
	return col + " = " + mark
}
