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
//   - into a query of its own, put in the table's place, where neither works:
//     see wrap.go.
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

// places decides for each reference that needs a predicate where it goes.
func (pl *planner) places() error {
	for i := range pl.Refs {
		if pl.Refs[i].Node < 0 || !pl.owned[i].filtered() || pl.owned[i].wrapped {
			continue
		}
		why := ""
		if pl.owned[i].clause, pl.owned[i].at, why = pl.placement(&pl.Refs[i]); why == "" {
			continue
		}
		if err := pl.wrap(i, why); err != nil {
			return err
		}
	}
	return nil
}

// placement walks from the leaf up its join tree. Where no condition will do,
// why says so.
func (pl *planner) placement(ref *sqlscan.Ref) (clause sqlscan.Clause, at int32, why string) {
	clause.Kw = -1
	natural, placed := false, false
	child := ref.Node
	for up := pl.Nodes[child].Parent; up >= 0; child, up = up, pl.Nodes[up].Parent {
		join := &pl.Nodes[up]
		natural = natural || join.Natural
		nullable := join.Type == sqlscan.Left && join.Right == child || join.Type == sqlscan.Right && join.Left == child
		switch {
		case join.Ref >= 0:
			return clause, 0, "an alias for a join"
		case placed:
		case join.Type == sqlscan.Full:
			return clause, 0, "FULL JOIN"
		case nullable && (join.Merges || join.On.Kw < 0):
			return clause, 0, "an outer join with USING or NATURAL"
		case nullable:
			clause, placed = join.On, true
		}
	}
	block := &pl.Blocks[ref.Block]
	switch {
	case ref.Columns:
		return clause, 0, "an alias that renames columns"
	case natural && !ref.Target && pl.owned[pl.Nodes[ref.Node].Ref].table != nil:
		// The tenant column would be one of those compared.
		return clause, 0, "NATURAL JOIN"
	case natural && pl.owned[pl.Nodes[ref.Node].Ref].class == Mixed:
		return clause, 0, "NATURAL JOIN" // everybody's rows have NULL there
	case placed:
		return clause, 0, ""
	case block.Kind == sqlscan.MergeBlock:
		return clause, 0, "the source of MERGE"
	}
	return block.Where, block.WhereAt, ""
}

// predicates writes one predicate for each reference that needs one.
func (pl *planner) predicates() error {
	var sites []site
	for i := range pl.Refs {
		o := &pl.owned[i]
		if pl.Refs[i].Node < 0 || !o.filtered() {
			continue
		}
		if o.wrapped {
			pl.wrapUp(i)
			continue
		}
		at := o.at
		if o.clause.Kw >= 0 {
			at = 0
		}
		k := 0
		for k < len(sites) && (sites[k].clause.Kw != o.clause.Kw || sites[k].at != at) {
			k++
		}
		if k == len(sites) {
			sites = append(sites, site{clause: o.clause, at: at})
		}
		sites[k].preds = append(sites[k].preds, pl.predicate(i))
	}
	for _, s := range sites {
		pl.restrict(s.clause, s.at, strings.Join(s.preds, " AND "))
	}
	return nil
}

// restrict puts preds in front of a condition, or makes a WHERE of them after
// token at.
func (pl *planner) restrict(clause sqlscan.Clause, at int32, preds string) {
	if clause.Kw < 0 {
		pl.insertAfter(at, newClause, " WHERE "+preds)
		return
	}
	before := pl.Toks[clause.Body.First].Start
	if before == pl.Toks[clause.Kw].End { // WHERE(...)
		preds = " " + preds
	}
	pl.edits = append(pl.edits, edit{before, before, opening, preds + " AND ("})
	pl.insertAfter(clause.Body.End-1, closing, ")")
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
