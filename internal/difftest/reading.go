package difftest

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
)

// Table is a reference to a table, or to a WITH query by its name.
type Table struct {
	Offset int // of the first byte of its name, with its schema
	Schema string
	Name   string
	Alias  string
	CTE    bool // it means a WITH query
	Target bool // it is written to
}

// Clause says what sort of text an [Extent] is.
type Clause string

// The clauses that are compared. Not every parser tells of each of them.
const (
	Where   Clause = "WHERE"
	Upserts Clause = "WHERE of an upsert" // the one behind DO UPDATE SET
	On      Clause = "ON"
	From    Clause = "FROM" // of a SELECT, without the keyword
	List    Clause = "select list"
	Row     Clause = "row of VALUES" // without its parentheses
	Columns Clause = "columns of INSERT"
	Value   Clause = "value of SET"
)

// Extent is where a clause stands.
type Extent struct {
	Start, End int
	// Marks are the places of the nodes in it. They stand for start and end
	// where a parser does not say where something ends.
	Marks []int
}

// Call is a function call.
type Call struct {
	Offset int // of the first byte of the function's name
	Name   string
}

// Reading is what a parser has understood of a statement.
type Reading struct {
	Tables  []Table
	Extents map[Clause][]Extent
	Trees   []string // of joins, one for each query block that has tables
	Calls   []Call
	// Loose says that the parser moves joins about where that does not change the
	// answer. Of a tree only its leaves count then, and which of them each outer
	// join may fill with NULLs.
	Loose bool

	Tokens []Token // ours only, see [Peer]

	// Marks are the places of all nodes. A parser that has them does not know
	// where its nodes end: its extents have marks only. Two extents are equal
	// then if all the nodes in the one are in the other.
	Marks []int

	// Tolerated are the classes of meant differences that were met and left out.
	Tolerated []string
}

// Difference is something that two parsers do not agree on.
type Difference struct {
	What   string // one of the constants below, or a clause
	Detail string
}

// What a difference is about. The first three let rows of another tenant out.
const (
	Missed   = "missed table"
	Scope    = "WITH query or table" // the two do not agree on which of them a name means
	Uncalled = "missed function call"
	Invented = "invented table"
	Named    = "name or alias"
	Joins    = "joins"
)

// Compare returns in what ours differs from the reading of a real parser. Of
// clauses it compares those of which peer knows, an empty list included.
func Compare(ours, peer Reading) []Difference {
	found, unplaced := compareTables(ours.Tables, peer.Tables)
	peer.Trees = place(peer.Trees, unplaced)
	for clause, theirs := range peer.Extents {
		a, b := keys(ours.Extents[clause], peer.Marks), keys(theirs, peer.Marks)
		if !slices.Equal(a, b) {
			found = append(found, Difference{string(clause), fmt.Sprintf("ours %v, theirs %v", a, b)})
		}
	}
	if peer.Trees != nil || peer.Extents != nil {
		a, b := joins(ours.Trees, peer.Loose), joins(peer.Trees, peer.Loose)
		if !slices.Equal(a, b) {
			found = append(found, Difference{Joins, fmt.Sprintf("ours %v, theirs %v", a, b)})
		}
	}
	for _, c := range peer.Calls {
		if !slices.ContainsFunc(ours.Calls, func(o Call) bool { return o.Offset == c.Offset }) {
			found = append(found, Difference{Uncalled, fmt.Sprintf("%s at %d", c.Name, c.Offset)})
		}
	}
	return found
}

// joins returns trees in an order in which they can be compared.
func joins(trees []string, loose bool) []string {
	trees = slices.Clone(trees)
	for i, tree := range trees {
		if loose {
			trees[i] = loosen(tree)
		}
	}
	slices.Sort(trees)
	return trees
}

// place gives the trees that are one table without a place the offsets of the
// tables that were paired by their names.
func place(trees []string, offsets []int) []string {
	out := slices.Clone(trees)
	for i, tree := range out {
		if tree == "0" && len(offsets) > 0 {
			out[i], offsets = strconv.Itoa(offsets[0]), offsets[1:]
		}
	}
	return out
}

// compareTables pairs the tables by their offsets. At 0 no table can stand: it
// means that a parser does not know. Such a table is paired with one of ours
// that is like it in everything else, and our offset is returned.
func compareTables(ours, theirs []Table) (found []Difference, unplaced []int) {
	theirs, placed := slices.Clone(theirs), map[int]bool{}
	for _, t := range theirs {
		placed[t.Offset] = true
	}
	for i, t := range theirs {
		if t.Offset > 0 {
			continue
		}
		for _, o := range ours {
			if t.Offset = o.Offset; t == o && !placed[o.Offset] {
				theirs[i], placed[o.Offset] = o, true
				unplaced = append(unplaced, o.Offset)
				break
			}
		}
	}
	at := map[int]Table{}
	for _, t := range ours {
		if _, twice := at[t.Offset]; twice {
			found = append(found, Difference{Invented, fmt.Sprintf("%+v a second time", t)})
		}
		at[t.Offset] = t
	}
	seen := map[int]bool{}
	for _, t := range theirs {
		o, ok := at[t.Offset]
		seen[t.Offset] = true
		switch {
		case !ok:
			found = append(found, Difference{Missed, fmt.Sprintf("%+v", t)})
		case o.CTE != t.CTE:
			found = append(found, Difference{Scope, fmt.Sprintf("ours %+v, theirs %+v", o, t)})
		case o != t:
			found = append(found, Difference{Named, fmt.Sprintf("ours %+v, theirs %+v", o, t)})
		}
	}
	for _, t := range ours {
		if !seen[t.Offset] {
			found = append(found, Difference{Invented, fmt.Sprintf("%+v", t)})
		}
	}
	return found, unplaced
}

// keys writes extents in a form in which they can be compared.
func keys(extents []Extent, marks []int) []string {
	out := make([]string, 0, len(extents))
	for _, e := range extents {
		switch {
		case marks == nil:
			out = append(out, fmt.Sprintf("%d-%d", e.Start, e.End))
		case e.Marks == nil:
			out = append(out, fmt.Sprint(distinct(within(marks, e.Start, e.End))))
		default:
			out = append(out, fmt.Sprint(distinct(e.Marks)))
		}
	}
	sort.Strings(out)
	return out
}

// within returns the marks from start up to end.
func within(marks []int, start, end int) (in []int) {
	for _, m := range marks {
		if m >= start && m < end {
			in = append(in, m)
		}
	}
	return in
}

// distinct sorts and drops what is there twice: several nodes of a tree may
// begin at one place, and some parsers have a node in two places of the tree.
func distinct(marks []int) []int {
	marks = slices.Clone(marks)
	slices.Sort(marks)
	return slices.Compact(marks)
}
