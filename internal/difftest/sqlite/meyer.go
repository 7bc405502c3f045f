package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/sqlc-dev/meyer/lexer"
	"github.com/sqlc-dev/meyer/parser"
	"github.com/sqlc-dev/meyer/token"

	"github.com/gotenancy/tenancy/internal/difftest"
)

// limited is why an UPDATE or DELETE with ORDER BY or LIMIT is read: some
// builds of SQLite accept it, and so do we.
var limited = parser.Options{UpdateDeleteLimit: true}

var errSeveral = errors.New("not one statement")

// readMeyer returns what meyer makes of a text.
func readMeyer(text string) (difftest.Reading, error) {
	stmts, err := limited.ParseString(text)
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
	r.visit(difftest.Tree(stmts[0]), nil)
	return r.Reading, nil
}

// clauses are those of which the tree tells.
var clauses = []difftest.Clause{
	difftest.Where, difftest.Upserts, difftest.On, difftest.From, difftest.List, difftest.Row, difftest.Columns, difftest.Value,
}

// meyerTokens returns the tokens of a text.
func meyerTokens(text string) (toks []difftest.Token, err error) {
	for _, tok := range lexer.Lex(text) {
		if tok.Kind != token.EOF {
			toks = append(toks, difftest.Token{Start: tok.Pos, End: tok.End})
		}
	}
	return toks, nil
}

type reader struct{ difftest.Reading }

// visit reads a node and what is below it.
func (r *reader) visit(n difftest.Node, visible *difftest.Names) {
	if n.Has("With") && n.Get("With").Exists() {
		// Each query of the clause sees all of them, RECURSIVE or not.
		for _, c := range n.All("With", "CTEs") {
			visible = visible.With(fold(c.String("Name", "Name")))
		}
	}
	switch n.Type() {
	case "SelectQuery":
		r.extent(difftest.Where, n.Get("Where"))
		r.extent(difftest.List, n.All("Columns")...)
		if from := n.All("From"); len(from) > 0 {
			r.extent(difftest.From, from...)
			r.Trees = append(r.Trees, list(from))
		}
	case "ValuesClause":
		for _, row := range n.All("Rows") {
			r.extent(difftest.Row, row.Items()...)
		}
	case "TableRef":
		r.extent(difftest.On, n.Get("On"))
		if name := n.Get("Name"); name.Exists() {
			if n.Bool("HasArgs") {
				r.call(name.Get("Name"), name)
			} else {
				r.table(name, n.Get("Alias"), false, visible)
			}
		}
	case "InExpr":
		if name := n.Get("Table"); name.Exists() && !n.Bool("HasArgs") {
			r.table(name, difftest.Node{}, false, visible)
		}
	case "InsertStmt":
		r.table(n.Get("Table"), n.Get("Alias"), true, nil)
		if cols := n.All("Columns"); len(cols) > 0 {
			r.extent(difftest.Columns, cols...)
		}
	case "UpdateStmt":
		r.table(n.Get("Table"), n.Get("Alias"), true, nil)
		r.extent(difftest.Where, n.Get("Where"))
		tree := strconv.Itoa(start(n.Get("Table")))
		if from := n.All("From"); len(from) > 0 {
			tree = difftest.Joined(tree, "INNER", list(from), "")
		}
		r.Trees = append(r.Trees, tree)
	case "DeleteStmt":
		r.table(n.Get("Table"), n.Get("Alias"), true, nil)
		r.extent(difftest.Where, n.Get("Where"))
		r.Trees = append(r.Trees, strconv.Itoa(start(n.Get("Table"))))
	case "Upsert":
		r.extent(difftest.Upserts, n.Get("Where"))
	case "SetPair":
		r.extent(difftest.Value, n.Get("Value"))
	case "FuncCall":
		r.call(n.Get("Name"), n.Get("Name"))
	}
	n.Children(func(_ string, child difftest.Node) { r.visit(child, visible) })
}

func (r *reader) table(name, alias difftest.Node, target bool, visible *difftest.Names) {
	t := difftest.Table{
		Offset: start(name), Schema: fold(name.String("Schema", "Name")), Name: fold(name.String("Name", "Name")),
		Alias: fold(alias.String("Name")), Target: target,
	}
	t.CTE = t.Schema == "" && visible.Has(t.Name)
	r.Tables = append(r.Tables, t)
}

func (r *reader) call(name, first difftest.Node) {
	r.Calls = append(r.Calls, difftest.Call{Offset: start(first), Name: name.String("Name")})
}

// extent notes a clause, if there is one.
func (r *reader) extent(c difftest.Clause, nodes ...difftest.Node) {
	if len(nodes) > 0 && nodes[0].Exists() {
		r.Extents[c] = append(r.Extents[c], difftest.Extent{Start: start(nodes[0]), End: nodes[len(nodes)-1].Int("Span", "Stop")})
	}
}

func start(n difftest.Node) int { return n.Int("Span", "Start") }

// fold ignores ASCII case, as SQLite does.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

// Bits of the type of a join.
const (
	natural = 1 << 2
	left    = 1 << 3
	right   = 1 << 4
	outer   = 1 << 5
)

// list writes a FROM clause: each entry is joined to all before it.
func list(refs []difftest.Node) string {
	out := leaf(refs[0])
	for _, ref := range refs[1:] {
		typ, how, words := "INNER", "", ref.Int("Join", "Type")
		switch {
		case words&left != 0 && words&right != 0, words&outer != 0 && words&(left|right) == 0:
			typ = "FULL"
		case words&left != 0:
			typ = "LEFT"
		case words&right != 0:
			typ = "RIGHT"
		}
		switch {
		case ref.Get("On").Exists():
			how = "ON"
		case len(ref.All("Using")) > 0:
			how = "USING"
		case words&natural != 0:
			how = "NATURAL"
		}
		out = difftest.Joined(out, typ, leaf(ref), how)
	}
	return out
}

func leaf(ref difftest.Node) string {
	switch {
	case ref.Get("Select").Exists():
		return difftest.Query
	case ref.Bool("HasArgs"):
		return difftest.Function
	case ref.Get("Name").Exists():
		return strconv.Itoa(start(ref.Get("Name")))
	}
	if in := ref.All("List"); len(in) == 1 && in[0].Get("Select").Exists() && !in[0].Get("Alias").Exists() {
		return difftest.Query // ((SELECT ..)) AS a: to SQLite a join of one query, to us a query in parentheses
	}
	out := list(ref.All("List"))
	if ref.Get("Alias").Exists() {
		return difftest.Aliased(out)
	}
	return out
}

// texts returns the statements of SQLite's own tests, out of those of meyer.
func texts() ([]string, error) {
	dir, err := difftest.ModuleDir("github.com/sqlc-dev/meyer")
	if err != nil {
		return nil, err
	}
	return difftest.Cases(filepath.Join(dir, "parser", "testdata"), ".test", cases)
}

var begin = regexp.MustCompile(`^stmt (\d+) `)

// cases reads a file in which a script stands between a line with ==== and a
// line with ----, behind which the offsets of its statements are listed.
func cases(file string, add func(string)) error {
	all, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	for _, block := range strings.Split("\n"+string(all), "\n==== ")[1:] {
		_, body, _ := strings.Cut(block, "\n")
		script, results, ok := strings.Cut(body, "\n----\n")
		if !ok {
			continue
		}
		offsets := []int{}
		for _, line := range strings.Split(results, "\n") {
			if m := begin.FindStringSubmatch(line); m != nil {
				at, err := strconv.Atoi(m[1])
				if err != nil || at > len(script) {
					return errors.New(file + ": an offset that is none: " + m[1])
				}
				offsets = append(offsets, at)
			}
		}
		for i, at := range offsets {
			end := len(script)
			if i+1 < len(offsets) {
				end = offsets[i+1]
			}
			add(script[at:end])
		}
	}
	return nil
}
