package main

import (
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/scope"
)

// placeholder is one value that a statement wants.
type placeholder struct {
	name   string      // of one with a name, without its sign
	column *ddl.Column // that it is compared with or written to, or nil
	table  string      // of column
	count  bool        // LIMIT and the like: a small number
}

// placeholders returns those of a statement in the order in which values are
// given. What they are compared with is a guess: the nearest column before or
// behind them. inserts says whether the statement inserts rows.
func placeholders(d scope.Dialect, schema *ddl.Schema, text string) (list []placeholder, inserts bool) {
	modes := sqlscan.Known
	if d == scope.MySQL {
		modes |= sqlscan.Backslashes
	}
	st, err := sqlscan.Parse(d, modes, text)
	if err != nil {
		return nil, false // it has been accepted, so it can be read
	}
	defer st.Release()
	g := guesser{st: st, schema: schema}
	for i := range st.Refs {
		if ref := &st.Refs[i]; ref.Kind == sqlscan.TableRef {
			if t := g.table(ref.Name.Table); t != nil {
				g.tables = append(g.tables, t)
			}
		}
	}
	var out []placeholder
	for i, tok := range st.Toks {
		if tok.Kind != sqlscan.Param {
			continue
		}
		at := len(out)
		name := ""
		switch word := st.Word(int32(i)); st.Params {
		case sqlscan.Numbered:
			at = number(word[1:]) - 1
		case sqlscan.NamedParam:
			name = word[1:]
			if k := slices.IndexFunc(out, func(p placeholder) bool { return p.name == name }); k >= 0 {
				at = k
			}
		}
		for len(out) <= at {
			out = append(out, placeholder{})
		}
		if p := &out[at]; p.column == nil && !p.count {
			p.name = name
			g.guess(int32(i), p)
		}
	}
	return out, len(st.Inserts) > 0 || st.Kind == sqlscan.Merge
}

func number(digits string) int {
	n := 0
	for _, c := range digits {
		n = 10*n + int(c-'0')
	}
	return n
}

// guesser knows the tables of a statement.
type guesser struct {
	st     *sqlscan.Stmt
	schema *ddl.Schema
	tables []*ddl.Table
}

func (g *guesser) table(name string) *ddl.Table {
	for _, t := range g.schema.Tables {
		if t.Name == name || g.st.Dialect != scope.Postgres && strings.EqualFold(t.Name, name) {
			return t
		}
	}
	return nil
}

// column notes the column that token i names, if it names one.
func (g *guesser) column(i int32, p *placeholder) bool {
	if i < 0 || int(i) >= len(g.st.Toks) {
		return false
	}
	if k := g.st.Toks[i].Kind; k != sqlscan.Word && k != sqlscan.QuotedName {
		return false
	}
	name := g.st.Fold(i)
	for _, t := range g.tables {
		for c := range t.Columns {
			if strings.EqualFold(t.Columns[c].Name, name) {
				p.column, p.table = &t.Columns[c], t.Name
				return true
			}
		}
	}
	return false
}

// guess looks around token i.
func (g *guesser) guess(i int32, p *placeholder) {
	if i > 0 && g.word(i-1) == "interval" {
		p.count = true
		return
	}
	if g.inserted(i, p) || g.assigned(i, p) {
		return
	}
	if g.leads(i) && g.ahead(i, p) {
		return
	}
	const near = 24 // tokens: a list in parentheses has passed by then
	for back := int32(1); back <= near && i-back >= 0; back++ {
		switch g.word(i - back) {
		case "limit", "offset", "interval", "fetch", "first", "next":
			p.count = true
			return
		case "where", "select", "on", "having", "from", "when", "then", "else", "set", "values", "by", "or":
			back = near // what stands before is of another condition
			continue
		}
		if g.column(i-back, p) {
			return
		}
	}
	g.ahead(i, p)
}

// ahead looks behind token i.
func (g *guesser) ahead(i int32, p *placeholder) bool {
	for n := int32(1); n <= 5; n++ {
		if g.column(i+n, p) {
			return true
		}
	}
	return false
}

// leads reports whether a condition begins with token i, so that what it is
// compared with follows.
func (g *guesser) leads(i int32) bool {
	if i < 2 {
		return false
	}
	switch g.word(i - 1) {
	case "where", "or", "on", "when", "having", "not":
		return true
	case "and":
		for back := i - 2; back >= max(0, i-6); back-- {
			if g.word(back) == "between" {
				return false
			}
		}
		return true
	}
	return false
}

func (g *guesser) word(i int32) string {
	if g.st.Toks[i].Kind != sqlscan.Word {
		return ""
	}
	return strings.ToLower(g.st.Word(i))
}

// assigned notes the column of a SET whose value token i is.
func (g *guesser) assigned(i int32, p *placeholder) bool {
	for _, set := range g.st.Sets {
		if set.Value.First == i && set.Value.End == i+1 {
			return g.column(set.Target.End-1, p)
		}
	}
	return false
}

// inserted notes the column of an INSERT whose value token i stands in.
func (g *guesser) inserted(i int32, p *placeholder) bool {
	for k := range g.st.Inserts {
		in := &g.st.Inserts[k]
		rows := in.Rows
		for _, arm := range in.Arms {
			rows = append(rows[:len(rows):len(rows)], g.st.Blocks[arm].List)
		}
		for _, row := range rows {
			if i < row.First || i >= row.End || !in.HasCols {
				continue
			}
			place, depth := 0, 0
			for t := row.First; t < i; t++ {
				switch g.st.Toks[t].Kind {
				case sqlscan.LParen, sqlscan.LBracket:
					depth++
				case sqlscan.RParen, sqlscan.RBracket:
					depth--
				case sqlscan.Comma:
					if depth == 0 {
						place++
					}
				}
			}
			for t := in.Columns.First; t < in.Columns.End; t++ {
				if g.st.Toks[t].Kind == sqlscan.Comma {
					place--
				} else if place == 0 {
					return g.column(t, p)
				}
			}
		}
	}
	return false
}
