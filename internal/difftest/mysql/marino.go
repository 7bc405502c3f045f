package mysql

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/sqlc-dev/marino/ast"
	"github.com/sqlc-dev/marino/mysql"
	"github.com/sqlc-dev/marino/parser"

	"github.com/gotenancy/tenancy/internal/difftest"
)

// Classes of differences that are meant.
const (
	locked   = "FOR UPDATE OF: the names are those of entries in FROM, not of tables"
	argument = "a sequence: nextval(s) takes its name, and no table is read"
	listed   = "DELETE of several tables: the names in front are those of entries in FROM"
)

var errSeveral = errors.New("not one statement")

// readMarino returns what marino makes of a text.
func readMarino(text string) (difftest.Reading, error) {
	p := parser.New()
	p.SetMariaDB(true)
	stmts, _, err := p.ParseSQL(text)
	if err != nil {
		return difftest.Reading{}, err
	}
	if len(stmts) != 1 {
		return difftest.Reading{}, errSeveral
	}
	r := reader{}
	r.Extents = map[difftest.Clause][]difftest.Extent{}
	for _, c := range clauses {
		r.Extents[c] = nil
	}
	r.Marks = []int{} // not nil: ends are not known
	r.Loose = true    // marino moves joins out of parentheses, and writes some of RIGHT as LEFT
	r.visit(difftest.Tree(stmts[0]), above{})
	for _, check := range r.late {
		check()
	}
	return r.Reading, r.err
}

// clauses are those of which the tree tells.
var clauses = []difftest.Clause{
	difftest.Where, difftest.On, difftest.From, difftest.List, difftest.Row, difftest.Columns, difftest.Value,
}

// Texts that marino accepts and no server does.
var (
	errPriority = errors.New("UPDATE HIGH_PRIORITY and UPDATE DELAYED, of TiDB")
	errTarget   = errors.New("DELETE from a table that is not in FROM")
)

type reader struct {
	difftest.Reading
	err  error
	late []func() // what can be said only when all of the tree has been seen
}

// above is what the nodes above say of a node.
type above struct {
	visible *difftest.Names
	written func(alias, name string) bool // of the entries of a FROM clause; nil for none
}

// visit reads a node and what is below it.
func (r *reader) visit(n difftest.Node, c above) {
	if n.Has("With") && n.Get("With").Exists() {
		// A query sees those before its own, and with RECURSIVE itself. MariaDB
		// sees more with RECURSIVE; we refuse such names.
		for _, cte := range n.All("With", "CTEs") {
			inside := c
			name := c.visible.With(cte.String("Name", "O"))
			if n.Bool("With", "IsRecursive") {
				inside.visible = name
			}
			r.visit(cte, inside)
			c.visible = name
		}
	}
	r.mark(n)
	skip := []string{"With"}
	below := c
	below.written = nil
	switch n.Type() {
	case "TableSource":
		if name := n.Get("Source"); name.Type() == "TableName" {
			r.table(name, n.String("AsName", "O"), c)
			skip = append(skip, "Source")
		}
	case "TableRefsClause", "Join":
		below.written = c.written
		r.extent(difftest.On, n, "On", "Expr")
	case "SelectStmt":
		r.query(n)
		if n.Get("LockInfo").Exists() && len(n.All("LockInfo", "Tables")) > 0 {
			r.Tolerated = append(r.Tolerated, locked)
		}
		skip = append(skip, "LockInfo", "MoreLockInfos")
	case "InsertStmt":
		r.insert(n)
		below.written = func(string, string) bool { return true }
	case "UpdateStmt":
		if p := mysql.PriorityEnum(n.Int("Priority")); p == mysql.HighPriority || p == mysql.DelayedPriority {
			r.err = errPriority
		}
		r.extent(difftest.Where, n, "Where")
		r.tree(n.Get("TableRefs"))
		if join := n.Get("TableRefs", "TableRefs"); !join.Get("Right").Exists() && join.Get("Left").Type() == "TableSource" {
			below.written = func(string, string) bool { return true }
		}
	case "DeleteStmt":
		r.extent(difftest.Where, n, "Where")
		r.tree(n.Get("TableRefs"))
		below.written = r.deleted(n)
		skip = append(skip, "Tables")
	case "Assignment":
		r.extent(difftest.Value, n, "Expr")
	case "TableNameExpr":
		r.Tolerated = append(r.Tolerated, argument)
		skip = append(skip, "Name")
	case "TableName":
		r.table(n, "", c) // in a place that nobody has thought of
	}
	n.Children(func(field string, child difftest.Node) {
		for _, s := range skip {
			if s == field {
				return
			}
		}
		if written := below.written; written != nil && field != "Table" && field != "TableRefs" && field != "Left" && field != "Right" {
			inside := below
			inside.written = nil
			r.visit(child, inside)
			return
		}
		r.visit(child, below)
	})
}

// deleted says which entries of FROM a DELETE writes to.
func (r *reader) deleted(n difftest.Node) func(alias, name string) bool {
	if !n.Bool("IsMultiTable") {
		return func(string, string) bool { return true }
	}
	r.Tolerated = append(r.Tolerated, listed)
	found := map[string]bool{}
	for _, t := range n.All("Tables", "Tables") {
		found[t.String("Name", "L")] = false
	}
	r.late = append(r.late, func() {
		for _, there := range found {
			if !there {
				r.err = errTarget
			}
		}
	})
	return func(alias, name string) bool {
		if alias != "" {
			name = alias
		}
		name = strings.ToLower(name)
		if _, written := found[name]; !written {
			return false
		}
		found[name] = true
		return true
	}
}

func (r *reader) table(n difftest.Node, alias string, c above) {
	t := difftest.Table{Offset: position(n), Schema: n.String("Schema", "O"), Name: n.String("Name", "O"), Alias: alias}
	t.Target = c.written != nil && c.written(alias, t.Name)
	t.CTE = t.Schema == "" && c.visible.Has(t.Name)
	r.mark(n)
	r.Tables = append(r.Tables, t)
}

func (r *reader) query(n difftest.Node) {
	r.extent(difftest.Where, n, "Where")
	if ast.SelectStmtKind(n.Uint("Kind")) == ast.SelectStmtKindSelect {
		r.extent(difftest.List, n, "Fields")
		r.extent(difftest.From, n, "From")
	}
	for _, row := range n.All("Lists") {
		r.extents(difftest.Row, row.All("Values"))
	}
	r.tree(n.Get("From"))
}

func (r *reader) insert(n difftest.Node) {
	rows := n.All("Lists")
	if n.Bool("Setlist") {
		for _, row := range rows {
			for _, value := range row.Items() {
				r.extents(difftest.Value, []difftest.Node{value})
			}
		}
		return
	}
	for _, row := range rows {
		r.extents(difftest.Row, row.Items())
	}
	if cols := n.All("Columns"); len(cols) > 0 {
		r.extents(difftest.Columns, cols)
	}
}

// extent notes the clause that the fields lead to, if it is there.
func (r *reader) extent(c difftest.Clause, n difftest.Node, fields ...string) {
	for _, f := range fields {
		if !n.Has(f) {
			return
		}
		n = n.Get(f)
	}
	if n.Exists() {
		r.extents(c, []difftest.Node{n})
	}
}

func (r *reader) extents(c difftest.Clause, nodes []difftest.Node) {
	in := reader{}
	in.Marks = []int{}
	for _, n := range nodes {
		in.marks(n)
	}
	r.Extents[c] = append(r.Extents[c], difftest.Extent{Marks: in.Marks})
}

func (r *reader) marks(n difftest.Node) {
	r.mark(n)
	n.Children(func(_ string, child difftest.Node) { r.marks(child) })
}

// mark notes the place of a node. At 0 stands a keyword, or else the place is
// not known.
func (r *reader) mark(n difftest.Node) {
	if at := position(n); at > 0 {
		r.Marks = append(r.Marks, at)
	}
}

func position(n difftest.Node) int {
	if p, ok := n.Interface().(interface{ OriginTextPosition() int }); ok {
		return p.OriginTextPosition()
	}
	return 0
}

func (r *reader) tree(from difftest.Node) {
	if from.Exists() {
		r.Trees = append(r.Trees, tree(from.Get("TableRefs")))
	}
}

func tree(n difftest.Node) string {
	switch n.Type() {
	case "TableSource":
		return tree(n.Get("Source"))
	case "TableName":
		return strconv.Itoa(position(n))
	case "Join":
		if !n.Get("Right").Exists() {
			return tree(n.Get("Left"))
		}
		typ, how := "INNER", ""
		switch ast.JoinType(n.Int("Tp")) {
		case ast.LeftJoin:
			typ = "LEFT"
		case ast.RightJoin:
			typ = "RIGHT"
		}
		switch {
		case n.Get("On").Exists():
			how = "ON"
		case len(n.All("Using")) > 0:
			how = "USING"
		case n.Bool("NaturalJoin"):
			how = "NATURAL"
		}
		return difftest.Joined(tree(n.Get("Left")), typ, tree(n.Get("Right")), how)
	case "JSONTableExpr":
		return difftest.Function
	}
	return difftest.Query
}

// marinoTexts returns the statements of the tests of marino.
func marinoTexts() ([]string, error) {
	dir, err := difftest.ModuleDir("github.com/sqlc-dev/marino")
	if err != nil {
		return nil, err
	}
	return difftest.Cases(filepath.Join(dir, "parser", "testdata"), ".sql", func(file string, add func(string)) error {
		all, err := os.ReadFile(file)
		for _, text := range strings.Split(string(all), "\n-- case\n") {
			add(text)
		}
		return err
	})
}
