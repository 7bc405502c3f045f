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

// predicates writes one predicate for each reference that needs one. Those that
// belong into the same condition stand together, in the order of the tables.
func (pl *planner) predicates() error {
	for i := range pl.Refs {
		o := &pl.owned[i]
		switch {
		case pl.Refs[i].Node < 0 || !o.filtered() || o.written:
		case o.wrapped:
			pl.wrapUp(i)
		default:
			pl.restrict(o.clause, o.at, pl.together(i)...)
		}
	}
	return nil
}

// together returns i and the references after it whose predicates go into the
// same condition.
func (pl *planner) together(i int) []int {
	o := &pl.owned[i]
	pl.site = pl.site[:0]
	for j := i; j < len(pl.Refs); j++ {
		p := &pl.owned[j]
		if pl.Refs[j].Node < 0 || !p.filtered() || p.wrapped || p.written || p.clause.Kw != o.clause.Kw || o.clause.Kw < 0 && p.at != o.at {
			continue
		}
		p.written = true
		pl.site = append(pl.site, j)
	}
	return pl.site
}

// restrict puts the predicates of refs in front of a condition, or makes a
// WHERE of them after token at.
func (pl *planner) restrict(clause sqlscan.Clause, at int32, refs ...int) {
	if clause.Kw < 0 {
		end := pl.Toks[at].End
		pl.edit(end, end, newClause, " WHERE ")
	} else if pl.insertBefore(clause.Body.First); pl.Toks[clause.Body.First].Start == pl.Toks[clause.Kw].End {
		pl.write(" ") // WHERE(...)
	}
	for k, i := range refs {
		if k > 0 {
			pl.write(" AND ")
		}
		pl.predicate(i)
	}
	if clause.Kw < 0 {
		pl.spaced()
		return
	}
	pl.write(" AND (")
	pl.insertAfter(clause.Body.End-1, closing, ")")
}

// predicate writes the condition for reference i, with a mark for each
// placeholder.
func (pl *planner) predicate(i int) {
	qualifier, column := pl.Qualifier(&pl.Refs[i]), pl.owned[i].quoted
	mixed := pl.owned[i].class == Mixed && !pl.Refs[i].Target
	if pl.mode == carry.Global { // only Mixed tables get here
		pl.write(qualifier, ".", column, " IS NULL")
		return
	}
	if mixed {
		pl.write("(")
	}
	pl.write(qualifier, ".", column)
	if pl.mode == carry.Across {
		pl.write(" IN (", strings.TrimSuffix(strings.Repeat(mark+", ", pl.n), ", "), ")")
	} else {
		pl.write(" = " + mark)
	}
	if mixed {
		pl.write(" OR ", qualifier, ".", column, " IS NULL)")
	}
}
