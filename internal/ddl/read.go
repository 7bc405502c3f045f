package ddl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/tenant"
)

// Read reads the statements of a schema, one a text. What makes no table, key
// or view is kept as it is. The error names the statement that can not be read.
func Read(d tenant.Dialect, texts []string) (*Schema, error) {
	s := &Schema{Dialect: d, Texts: slices.Clone(texts)}
	for _, text := range texts {
		r, err := newReader(d, text)
		if err != nil {
			return nil, err
		}
		if err := r.statement(s); err != nil {
			return nil, fmt.Errorf("ddl: %.60q: %w", text, err)
		}
	}
	return s, nil
}

// reader goes over the tokens of one statement.
type reader struct {
	dialect tenant.Dialect
	text    string
	toks    []sqlscan.Token
	at      int
}

func newReader(d tenant.Dialect, text string) (*reader, error) {
	toks, err := sqlscan.Tokens(d, modes(d), text)
	if err != nil {
		return nil, atLine(text, err)
	}
	return &reader{dialect: d, text: text, toks: toks}, nil
}

// word returns the i-th token from here in lower case, or as it is if it is no word.
func (r *reader) word(i int) string {
	if r.at+i >= len(r.toks) {
		return ""
	}
	t := r.toks[r.at+i]
	if t.Kind != sqlscan.Word {
		return ""
	}
	return strings.ToLower(r.text[t.Start:t.End])
}

// take steps over these words if they stand here.
func (r *reader) take(words ...string) bool {
	for i, w := range words {
		if r.word(i) != w {
			return false
		}
	}
	r.at += len(words)
	return true
}

// takeAny steps over words as long as they are of this list.
func (r *reader) takeAny(words ...string) {
	for slices.Contains(words, r.word(0)) {
		r.at++
	}
}

func (r *reader) kind() sqlscan.Kind { return r.toks[r.at].Kind }

// name reads one name, quoted or not.
func (r *reader) name() (string, error) {
	t := r.toks[r.at]
	text := r.text[t.Start:t.End]
	switch {
	case t.Kind == sqlscan.Word:
		r.at++
		return sqlscan.Fold(r.dialect, text), nil
	case t.Kind == sqlscan.QuotedName, t.Kind == sqlscan.String && r.dialect == tenant.SQLite:
		r.at++
		return unquote(r.dialect, text), nil
	}
	return "", fmt.Errorf("a name should stand at byte %d", t.Start)
}

func unquote(d tenant.Dialect, text string) string {
	q, inner := text[:1], text[1:len(text)-1]
	if q != "[" {
		inner = strings.ReplaceAll(inner, q+q, q)
	}
	if d == tenant.SQLite {
		return sqlscan.Fold(d, inner)
	}
	return inner
}

// qualified reads a table's name with the schema before it, if there is one.
func (r *reader) qualified() (schema, name string, err error) {
	if name, err = r.name(); err != nil {
		return "", "", err
	}
	if r.kind() == sqlscan.Dot {
		r.at++
		schema = name
		name, err = r.name()
	}
	return schema, name, err
}

// list returns the spans of tokens between the commas of the parenthesis that
// stands here, and steps behind it.
func (r *reader) list() ([]span, error) {
	if r.kind() != sqlscan.LParen {
		return nil, fmt.Errorf("a list in parentheses should stand at byte %d", r.toks[r.at].Start)
	}
	end := int(r.toks[r.at].Match)
	var out []span
	from := r.at + 1
	for i := from; i <= end; i++ {
		switch r.toks[i].Kind {
		case sqlscan.LParen, sqlscan.LBracket:
			i = int(r.toks[i].Match)
		case sqlscan.Comma, sqlscan.RParen:
			if i > from {
				out = append(out, span{from, i})
			}
			from = i + 1
		}
	}
	r.at = end + 1
	return out, nil
}

// span is a run of tokens.
type span struct{ from, to int }

// within returns a reader for some of the tokens only.
func (r *reader) within(s span) *reader {
	end := sqlscan.Token{Start: r.toks[s.to].Start, End: r.toks[s.to].Start, Kind: sqlscan.EOF}
	toks := append(slices.Clone(r.toks[:s.to]), end) // partners stay where they are
	return &reader{dialect: r.dialect, text: r.text, toks: toks, at: s.from}
}

// statement reads one statement into s.
func (r *reader) statement(s *Schema) error {
	switch {
	case r.take("alter", "table"):
		return r.alter(s)
	case !r.take("create"):
		return nil
	}
	r.takeAny("or", "replace", "global", "local", "temporary", "temp", "unlogged", "materialized", "recursive", "force")
	switch {
	case r.take("table"):
		return r.table(s)
	case r.take("view"):
		r.take("if", "not", "exists")
		_, name, err := r.qualified()
		s.Views = append(s.Views, name)
		return err
	case r.take("unique", "index"):
		return r.uniqueIndex(s)
	}
	return nil
}

func (r *reader) table(s *Schema) error {
	r.take("if", "not", "exists")
	t := &Table{}
	var err error
	if t.Schema, t.Name, err = r.qualified(); err != nil {
		return err
	}
	if r.kind() != sqlscan.LParen {
		return fmt.Errorf("table %s: CREATE TABLE without a list of columns can not be read", t.Name)
	}
	items, err := r.list()
	if err != nil {
		return err
	}
	for _, item := range items {
		in := r.within(item)
		if in.isConstraint() {
			err = in.constraint(t)
		} else {
			err = in.column(t)
		}
		if err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
	}
	slices.SortStableFunc(t.Keys, func(a, b Key) int {
		switch {
		case a.Primary == b.Primary:
			return 0
		case a.Primary:
			return -1
		}
		return 1
	})
	primary := t.Primary()
	for _, name := range primary {
		if c := t.Column(name); c != nil {
			c.NotNull = true
			// SQLite's row id, and nothing but INTEGER makes one.
			c.Numbered = c.Numbered || r.dialect == tenant.SQLite && len(primary) == 1 && strings.EqualFold(c.Type, "integer")
		}
	}
	if s.Table(t.Name) != nil && s.Table(t.Name).Schema == t.Schema {
		return fmt.Errorf("table %s is made twice", t.Name)
	}
	s.Tables = append(s.Tables, t)
	return nil
}

// uniqueIndex reads what stands behind CREATE UNIQUE INDEX.
func (r *reader) uniqueIndex(s *Schema) error {
	r.takeAny("concurrently")
	r.take("if", "not", "exists")
	var k Key
	var err error
	if r.word(0) != "on" {
		if _, k.Name, err = r.qualified(); err != nil {
			return err
		}
	}
	if !r.take("on") {
		return fmt.Errorf("ON and a table should follow the index %s", k.Name)
	}
	r.take("only")
	_, name, err := r.qualified()
	if err != nil {
		return err
	}
	if r.take("using") {
		r.at++
	}
	if k.Columns, err = r.columns(); err != nil {
		return err
	}
	for ; r.kind() != sqlscan.EOF; r.at++ {
		k.Partial = k.Partial || r.word(0) == "where"
	}
	if t := s.Table(name); t != nil {
		t.Keys = append(t.Keys, k)
	}
	return nil
}

// alter reads what stands behind ALTER TABLE, if it adds keys or columns.
func (r *reader) alter(s *Schema) error {
	r.take("only")
	r.take("if", "exists")
	r.take("only")
	_, name, err := r.qualified()
	t := s.Table(name)
	if err != nil || t == nil {
		return err
	}
	for r.kind() != sqlscan.EOF {
		action := r.within(r.action())
		if !action.take("add") {
			continue
		}
		switch {
		case action.isConstraint():
			err = action.constraint(t)
		case action.word(0) == "column", action.kind() == sqlscan.Word, action.kind() == sqlscan.QuotedName:
			action.take("column")
			action.take("if", "not", "exists")
			if action.kind() == sqlscan.LParen { // MySQL: several
				continue
			}
			err = action.column(t)
		}
		if err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
	}
	return nil
}

// action returns the span to the next comma of an ALTER TABLE, and steps behind it.
func (r *reader) action() span {
	s := span{from: r.at}
	for r.kind() != sqlscan.EOF && r.kind() != sqlscan.Comma {
		r.skip()
	}
	if s.to = r.at; r.kind() == sqlscan.Comma {
		r.at++
	}
	return s
}
