package ddl

import (
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// Alone returns the statements without the tenant columns: the schema that one
// tenant would have for itself. column returns the tenant column of a table, or
// "" where it has none. A key of the tenant column alone is left out, in others
// and in foreign keys it is taken out of the lists.
func (s *Schema) Alone(column func(table string) string) ([]string, error) {
	var out []string
	for _, text := range s.Texts {
		r, err := newReader(s.Dialect, text)
		if err != nil {
			return nil, err
		}
		e := eraser{reader: r, column: column}
		if err := e.statement(); err != nil {
			return nil, err
		}
		if text, keep := e.result(); keep {
			out = append(out, text)
		}
	}
	return out, nil
}

// eraser takes the tenant columns out of one statement.
type eraser struct {
	*reader
	column func(table string) string
	gone   []span // of tokens
	whole  bool   // nothing of the statement is left
}

// result returns the text without what is gone.
func (e *eraser) result() (text string, keep bool) {
	if e.whole {
		return "", false
	}
	slices.SortFunc(e.gone, func(a, b span) int { return a.from - b.from })
	var b strings.Builder
	at := int32(0)
	for _, g := range e.gone {
		b.WriteString(e.text[at:max(at, e.toks[g.from].Start)])
		at = max(at, e.toks[g.to-1].End)
		if e.toks[g.to-1].Kind == sqlscan.Comma {
			at = e.toks[g.to].Start
		}
	}
	b.WriteString(e.text[at:])
	return b.String(), true
}

func (e *eraser) statement() error {
	switch {
	case e.take("alter", "table"):
		return e.alter()
	case !e.take("create"):
		return nil
	}
	e.takeAny("or", "replace", "global", "local", "temporary", "temp", "unlogged")
	switch {
	case e.take("table"):
		return e.table()
	case e.take("unique", "index"), e.take("index"), e.take("fulltext", "index"):
		return e.index()
	}
	return nil
}

func (e *eraser) table() error {
	e.take("if", "not", "exists")
	_, name, err := e.qualified()
	if err != nil {
		return err
	}
	own := e.column(name)
	items, err := e.list()
	if err != nil {
		return err
	}
	var gone []span
	for _, item := range items {
		in := e.within(item)
		if in.isConstraint() {
			empty, err := e.constraint(in, own)
			if err != nil {
				return err
			}
			if empty {
				gone = append(gone, item)
			}
		} else if first, err := in.name(); err == nil && own != "" && first == own {
			gone = append(gone, item)
		}
	}
	e.drop(items, gone)
	return nil
}

func (e *eraser) index() error {
	for e.kind() != sqlscan.EOF && !e.take("on") {
		e.at++
	}
	e.take("only")
	_, name, err := e.qualified()
	if err != nil {
		return err
	}
	if e.take("using") {
		e.at++
	}
	e.whole, err = e.shorten(e.reader, e.column(name))
	return err
}

func (e *eraser) alter() error {
	e.take("only")
	e.take("if", "exists")
	e.take("only")
	_, name, err := e.qualified()
	if err != nil {
		return err
	}
	own := e.column(name)
	var actions, gone []span
	for e.kind() != sqlscan.EOF {
		actions = append(actions, e.action())
		action := e.within(actions[len(actions)-1])
		drop := false
		if action.take("add") {
			if action.isConstraint() {
				drop, err = e.constraint(action, own)
			} else {
				action.take("column")
				action.take("if", "not", "exists")
				first, nameErr := action.name()
				drop = nameErr == nil && own != "" && first == own
			}
		} else if action.take("alter") { // SET NOT NULL and its like
			action.take("column")
			first, nameErr := action.name()
			drop = nameErr == nil && own != "" && first == own
		}
		if err != nil {
			return err
		}
		if drop {
			gone = append(gone, actions[len(actions)-1])
		}
	}
	if e.whole = len(gone) == len(actions) && len(gone) > 0; !e.whole {
		e.drop(actions, gone)
	}
	return nil
}

// constraint shortens the lists of a constraint, and reports whether nothing is
// left of it.
func (e *eraser) constraint(in *reader, own string) (empty bool, err error) {
	for in.kind() != sqlscan.EOF {
		switch {
		case in.word(0) == "check", in.word(0) == "exclude":
			return false, nil
		case in.kind() == sqlscan.LParen:
			if empty, err = e.shorten(in, own); empty || err != nil {
				return empty, err
			}
		case in.take("references"):
			_, name, err := in.qualified()
			if err != nil {
				return false, err
			}
			if in.kind() == sqlscan.LParen {
				if _, err := e.shorten(in, e.column(name)); err != nil {
					return false, err
				}
			}
			return false, nil
		default:
			in.at++
		}
	}
	return false, nil
}

// shorten takes a column out of the list that stands here.
func (e *eraser) shorten(in *reader, column string) (empty bool, err error) {
	items, err := in.list()
	if err != nil || column == "" {
		return false, err
	}
	var gone []span
	for _, item := range items {
		if name, err := in.within(item).name(); err == nil && name == column {
			gone = append(gone, item)
		}
	}
	if len(gone) == len(items) {
		return true, nil
	}
	e.drop(items, gone)
	return false, nil
}

// drop takes some items out of a list, each with one of its commas.
func (e *eraser) drop(items, gone []span) {
	kept := false
	for i, item := range items {
		switch drop := slices.Contains(gone, item); {
		case !drop:
			kept = true
		case kept: // with the comma before it
			e.gone = append(e.gone, span{item.from - 1, item.to})
		case i+1 < len(items): // with the comma behind it
			e.gone = append(e.gone, span{item.from, item.to + 1})
		}
	}
}
