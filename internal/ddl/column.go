package ddl

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/tenant"
)

// attributes begin what follows a column's type.
var attributes = []string{"not", "null", "default", "primary", "unique", "references", "check", "constraint", "collate", "generated", "as",
	"auto_increment", "autoincrement", "comment", "charset", "on", "invisible", "visible", "key", "deferrable", "storage", "compression"}

// column reads one column's definition.
func (r *reader) column(t *Table) (err error) {
	var c Column
	if c.Name, err = r.name(); err != nil {
		return err
	}
	from := r.at
	for r.kind() != sqlscan.EOF && !slices.Contains(attributes, r.word(0)) && !(r.word(0) == "character" && r.word(1) == "set") {
		r.skip()
	}
	if r.at > from {
		c.Type = r.text[r.toks[from].Start:r.toks[r.at-1].End]
	}
	base, size, _ := strings.Cut(c.Type, "(")
	if size, _, ok := strings.Cut(size, ")"); ok {
		c.Size, _ = strconv.Atoi(strings.TrimSpace(size))
	}
	c.Kind = kindOf(r.dialect, strings.ToLower(c.Type))
	if strings.HasSuffix(strings.ToLower(strings.TrimSpace(base)), "serial") {
		c.Numbered, c.NotNull = true, true
	}
	for r.kind() != sqlscan.EOF {
		switch {
		case r.take("not", "null"):
			c.NotNull = true
		case r.take("default"):
			c.Default = true
			r.skip()
		case r.take("auto_increment"), r.take("autoincrement"):
			c.Numbered = true
		case r.take("generated", "always", "as", "identity"), r.take("generated", "by", "default", "as", "identity"):
			c.Numbered, c.NotNull = true, true
		case r.word(0) == "generated", r.word(0) == "as":
			c.Generated = true
			r.at++
		case r.take("primary", "key"):
			t.Keys = append(t.Keys, Key{Columns: []string{c.Name}, Primary: true})
			c.NotNull = true
		case r.take("unique"):
			t.Keys = append(t.Keys, Key{Columns: []string{c.Name}})
		case r.word(0) == "references":
			if err := r.references(t, ForeignKey{Columns: []string{c.Name}}); err != nil {
				return err
			}
		default:
			r.skip()
		}
	}
	t.Columns = append(t.Columns, c)
	return nil
}

// skip steps over one token, or over a parenthesis with what is in it.
func (r *reader) skip() {
	if k := r.kind(); k == sqlscan.LParen || k == sqlscan.LBracket {
		r.at = int(r.toks[r.at].Match)
	}
	r.at++
}

// kindOf returns what values a type takes; typ is in lower case.
func kindOf(d tenant.Dialect, typ string) Kind {
	base, _, _ := strings.Cut(typ, "(")
	base = strings.TrimSpace(base)
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(base, w) })
	}
	switch {
	case strings.Contains(typ, "["): // an array of PostgreSQL
		return Other
	case d == tenant.MySQL && base == "tinyint" && strings.HasPrefix(typ, "tinyint(1)"), has("bool"):
		return Bool
	case has("interval", "point", "range", "vector"):
		return Other
	case has("int", "serial"), base == "year":
		return Int
	case has("jsonpath"):
		return Other
	case has("json"):
		return JSON
	case has("uuid"):
		return UUID
	case has("blob", "bytea", "binary"):
		return Blob
	case has("datetime", "timestamp"):
		return Time
	case base == "date":
		return Date
	case has("char", "text", "clob"):
		return Text
	case has("real", "double", "float", "numeric", "decimal", "money"):
		return Real
	case base == "" && d == tenant.SQLite:
		return Text
	}
	return Other
}
