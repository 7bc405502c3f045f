// Package pgtree reads the syntax tree of PostgreSQL as the modules pg_query_go
// and oliphant hand it out. Their types have the same names and fields, and are
// not the same types.
package pgtree

import (
	"errors"
	"slices"
	"strconv"

	"github.com/gotenancy/tenancy/internal/difftest"
)

// Classes of differences that are meant.
const (
	locked = "FOR UPDATE OF: the names are those of entries in FROM, not of tables"
	twice  = "the tree has a table in two places"
	shared = "SET (a, b) = (SELECT ..): the tree has the query once for each column"
	system = "a function of the system by which the tree writes an operator"
)

var errSeveral = errors.New("not one statement")

// Read returns what is in tree, the *ParseResult of text.
func Read(tree any, text string) (difftest.Reading, error) {
	root := difftest.Tree(tree)
	stmts := root.All("Stmts")
	if len(stmts) != 1 {
		return difftest.Reading{}, errSeveral
	}
	r := reader{text: text}
	r.Extents = map[difftest.Clause][]difftest.Extent{}
	for _, c := range clauses {
		r.Extents[c] = nil
	}
	r.Marks = []int{} // not nil: ends are not known
	r.visit(false, stmts[0].Get("Stmt"), nil)
	return r.Reading, nil
}

// clauses are those of which the tree tells.
var clauses = []difftest.Clause{
	difftest.Where, difftest.Upserts, difftest.On, difftest.From, difftest.List, difftest.Row, difftest.Columns, difftest.Value,
}

type reader struct {
	difftest.Reading
	text string
}

// inner goes through the wrapper that stands for a node of any type.
func inner(n difftest.Node) difftest.Node {
	if n.Type() != "Node" {
		return n
	}
	var in difftest.Node
	n.Children(func(_ string, wrapper difftest.Node) {
		wrapper.Children(func(_ string, node difftest.Node) { in = node })
	})
	return in
}

func all(n difftest.Node, field string) (nodes []difftest.Node) {
	for _, node := range n.All(field) {
		nodes = append(nodes, inner(node))
	}
	return nodes
}

// visit reads a node and what is below it. target says that it is the table that
// the node above writes to.
func (r *reader) visit(target bool, n difftest.Node, visible *difftest.Names) {
	if n = inner(n); !n.Exists() {
		return
	}
	if n.Type() == "MultiAssignRef" && n.Int("Colno") > 1 {
		r.Tolerated = append(r.Tolerated, shared)
		return
	}
	if n.Has("Location") {
		r.mark(n.Int("Location"))
	}
	switch n.Type() {
	case "RangeVar":
		r.table(target, n, visible)
	case "FuncCall":
		r.call(n)
	case "JoinExpr":
		r.extent(difftest.On, n.Get("Quals"))
	case "OnConflictClause":
		r.extent(difftest.Upserts, n.Get("WhereClause"))
		r.values(n.All("TargetList"))
	case "MergeWhenClause":
		r.mergeWhen(n)
	case "LockingClause":
		if len(n.All("LockedRels")) > 0 {
			r.Tolerated = append(r.Tolerated, locked)
		}
		return
	case "SelectStmt":
		r.query(n)
	case "InsertStmt":
		if cols := n.All("Cols"); len(cols) > 0 {
			r.extent(difftest.Columns, cols...)
		}
	case "UpdateStmt":
		r.extent(difftest.Where, n.Get("WhereClause"))
		r.values(n.All("TargetList"))
		r.Trees = append(r.Trees, beside(n.Get("Relation"), all(n, "FromClause")))
	case "DeleteStmt":
		r.extent(difftest.Where, n.Get("WhereClause"))
		r.Trees = append(r.Trees, beside(n.Get("Relation"), all(n, "UsingClause")))
	case "MergeStmt":
		r.extent(difftest.On, n.Get("JoinCondition"))
		r.Trees = append(r.Trees, difftest.Joined(tree(n.Get("Relation")), "RIGHT", tree(n.Get("SourceRelation")), "ON"))
	}
	writes := slices.Contains(writing, n.Type())
	if n.Has("WithClause") && n.Get("WithClause").Exists() {
		visible = r.with(n.Get("WithClause"), visible)
	}
	n.Children(func(field string, child difftest.Node) {
		if field != "WithClause" {
			r.visit(writes && field == "Relation", child, visible)
		}
	})
}

// writing are the statements that have the table which they write to as Relation.
var writing = []string{"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"}

// with reads the queries of a WITH clause and returns what can be seen behind
// it. A query sees those before its own, and with RECURSIVE all of them.
func (r *reader) with(n difftest.Node, outer *difftest.Names) *difftest.Names {
	visible := outer
	r.mark(n.Int("Location"))
	ctes := all(n, "Ctes")
	if n.Bool("Recursive") {
		for _, c := range ctes {
			visible = visible.With(c.String("Ctename"))
		}
	}
	for _, c := range ctes {
		r.visit(false, c, visible)
		visible = visible.With(c.String("Ctename"))
	}
	return visible
}

func (r *reader) table(target bool, n difftest.Node, visible *difftest.Names) {
	t := difftest.Table{
		Offset: n.Int("Location"), Schema: n.String("Schemaname"), Name: n.String("Relname"),
		Alias: n.String("Alias", "Aliasname"), Target: target,
	}
	t.CTE = t.Schema == "" && !t.Target && visible.Has(t.Name)
	for _, before := range r.Tables {
		if before == t {
			r.Tolerated = append(r.Tolerated, twice)
			return
		}
	}
	r.Tables = append(r.Tables, t)
}

func (r *reader) call(n difftest.Node) {
	parts := all(n, "Funcname")
	last := parts[len(parts)-1].String("Sval")
	const explicit = 1 // COERCE_EXPLICIT_CALL: not one of the functions with a syntax of their own
	at := n.Int("Location")
	switch {
	case n.Int("Funcformat") != explicit:
	case parts[0].String("Sval") == "pg_catalog" && !written(r.text, at, "pg_catalog") && !written(r.text, at, "treat"):
		r.Tolerated = append(r.Tolerated, system)
	default:
		r.Calls = append(r.Calls, difftest.Call{Offset: at, Name: last})
	}
}

func (r *reader) query(n difftest.Node) {
	r.extent(difftest.Where, n.Get("WhereClause"))
	if list := n.All("TargetList"); len(list) > 0 && !isTable(n, r.text) {
		r.extent(difftest.List, list...)
	}
	if from := all(n, "FromClause"); len(from) > 0 {
		if !isTable(n, r.text) {
			r.extent(difftest.From, n.All("FromClause")...)
		}
		r.Trees = append(r.Trees, list(from))
	}
	for _, row := range all(n, "ValuesLists") {
		r.extent(difftest.Row, row.All("Items")...)
	}
}

// isTable reports whether the query is TABLE t, which the tree writes as SELECT
// * FROM t. There is no list then, and no FROM.
func isTable(n difftest.Node, text string) bool {
	list := all(n, "TargetList")
	if len(list) != 1 {
		return false
	}
	// The star of TABLE t has no place of its own.
	return inner(list[0].Get("Val")).Type() == "ColumnRef" && inner(list[0].Get("Val")).Int("Location") == -1
}

func (r *reader) mergeWhen(n difftest.Node) {
	const insert = 4 // CMD_INSERT
	if n.Int("CommandType") != insert {
		r.values(n.All("TargetList"))
		return
	}
	if cols := n.All("TargetList"); len(cols) > 0 {
		r.extent(difftest.Columns, cols...)
	}
	if values := n.All("Values"); len(values) > 0 {
		r.extent(difftest.Row, values...)
	}
}

// values notes the values of SET. A row that several columns share counts once.
func (r *reader) values(targets []difftest.Node) {
	for _, t := range targets {
		v := inner(inner(t).Get("Val"))
		if v.Type() == "MultiAssignRef" {
			if v.Int("Colno") > 1 {
				continue
			}
			v = inner(v.Get("Source"))
		}
		r.extent(difftest.Value, v)
	}
}

// extent notes a clause, if there is one.
func (r *reader) extent(c difftest.Clause, nodes ...difftest.Node) {
	in := reader{}
	there := false
	for _, n := range nodes {
		if inner(n).Exists() {
			there = true
			in.marksOf(n)
		}
	}
	if there {
		r.Extents[c] = append(r.Extents[c], difftest.Extent{Marks: append([]int{}, in.Marks...)})
	}
}

func (r *reader) marksOf(n difftest.Node) {
	if n = inner(n); n.Type() == "LockingClause" {
		return
	}
	if n.Has("Location") {
		r.mark(n.Int("Location"))
	}
	n.Children(func(_ string, child difftest.Node) { r.marksOf(child) })
}

// mark notes the place of a node. At 0 stands a keyword, or else the place is
// not known.
func (r *reader) mark(at int) {
	if at > 0 {
		r.Marks = append(r.Marks, at)
	}
}

// beside writes the tables that are joined to the one that is written to.
func beside(target difftest.Node, others []difftest.Node) string {
	if len(others) == 0 {
		return tree(target)
	}
	return difftest.Joined(tree(target), "INNER", list(others), "")
}

// list writes entries with commas between them.
func list(items []difftest.Node) string {
	out := tree(items[0])
	for _, item := range items[1:] {
		out = difftest.Joined(out, "INNER", tree(item), "")
	}
	return out
}

var joinTypes = map[int]string{1: "INNER", 2: "LEFT", 3: "FULL", 4: "RIGHT"} // JoinType

func tree(n difftest.Node) string {
	switch n = inner(n); n.Type() {
	case "RangeVar":
		return strconv.Itoa(n.Int("Location"))
	case "RangeTableSample":
		return tree(n.Get("Relation"))
	case "RangeSubselect":
		return difftest.Query
	case "JoinExpr":
		how := ""
		switch {
		case inner(n.Get("Quals")).Exists():
			how = "ON"
		case n.Bool("IsNatural"):
			how = "NATURAL"
		case len(n.All("UsingClause")) > 0:
			how = "USING"
		}
		out := difftest.Joined(tree(n.Get("Larg")), joinTypes[n.Int("Jointype")], tree(n.Get("Rarg")), how)
		if n.Get("Alias").Exists() {
			return difftest.Aliased(out)
		}
		return out
	default:
		return difftest.Function
	}
}
