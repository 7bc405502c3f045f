package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/scope"
)

// values are what is made up for columns, in rows and in arguments, so that a
// statement about the first row finds one: of ids, keys and what refers to them
// the n-th row has the n-th value. Rows of other tenants have the same, but where
// a key holds for all of them: there theirs begin at foreign.
type values struct {
	dialect scope.Dialect
	schema  *ddl.Schema
	listed  map[string][]string // by table and column, where the schema lists what may stand there
}

// foreign is where package scopetest looks for the next free value of a key that
// holds for all tenants.
const foreign = 100

var (
	createTable = regexp.MustCompile("(?i)^\\s*(?:create\\s+table(?:\\s+if\\s+not\\s+exists)?|alter\\s+table(?:\\s+only)?)\\s+(?:[\"`]?\\w+[\"`]?\\.)?[\"`]?(\\w+)")
	checkIn     = regexp.MustCompile("(?i)check\\s*\\(\\s*[\"`]?(\\w+)[\"`]?(?:::\\w+)?\\s+in\\s*\\(([^()]*)\\)")
	checkAny    = regexp.MustCompile(`(?i)check\s*\(+\s*"?(\w+)"?\)?(?:::\w+)?\s*=\s*any\s*\(+\s*array\s*\[([^\]]*)\]`) // as pg_dump writes IN
	jsonDefault = regexp.MustCompile("(?im)^\\s*[\"`]?(\\w+)[\"`]?\\s+(?:text|varchar|longtext)[^,\n]*\\sdefault\\s+'(\\{\\}|\\[\\])'")
	quoted      = regexp.MustCompile(`'((?:[^']|'')*)'`)
	fraction    = regexp.MustCompile(`(?i)^(?:decimal|numeric)\s*\(\s*(\d+)\s*,\s*(\d+)\s*\)`)
)

func newValues(d scope.Dialect, s *ddl.Schema) *values {
	v := &values{dialect: d, schema: s, listed: map[string][]string{}}
	for _, text := range s.Texts {
		name := createTable.FindStringSubmatch(text)
		if name == nil {
			continue
		}
		for _, form := range []*regexp.Regexp{checkIn, checkAny} {
			for _, m := range form.FindAllStringSubmatch(text, -1) {
				v.list(name[1], m[1], m[2])
			}
		}
		for _, m := range jsonDefault.FindAllStringSubmatch(text, -1) {
			v.listed[key(name[1], m[1])] = objects
		}
	}
	for _, t := range s.Tables {
		for i := range t.Columns {
			c := &t.Columns[i]
			if kind, list, ok := strings.Cut(c.Type, "("); ok && strings.EqualFold(strings.TrimSpace(kind), "enum") {
				v.list(t.Name, c.Name, list)
			}
			if m := fraction.FindStringSubmatch(c.Type); m != nil && m[1] == m[2] {
				v.listed[key(t.Name, c.Name)] = []string{"0.1", "0.2", "0"}
			}
			if list := ofOther(c.Type); c.Kind == ddl.Other && list != nil {
				v.listed[key(t.Name, c.Name)] = list
			}
		}
	}
	return v
}

func key(table, column string) string { return strings.ToLower(table + "." + column) }

func (v *values) list(table, column, list string) {
	for _, m := range quoted.FindAllStringSubmatch(list, -1) {
		k := key(table, column)
		v.listed[k] = append(v.listed[k], strings.ReplaceAll(m[1], "''", "'"))
	}
}

var objects = []string{`{"a": 1}`, `{}`, `{"a": {"b": "x"}, "c": [1, 2]}`, `{"a": "x"}`}

// ofOther returns values of types that the reader of schemas does not know.
func ofOther(typ string) []string {
	typ = strings.ToLower(typ)
	switch {
	case strings.HasSuffix(typ, "[]") && strings.Contains(typ, "int"):
		return []string{"{1}", "{1,2}", "{}"}
	case strings.HasSuffix(typ, "[]"):
		return []string{"{a}", "{a,b}", "{}"}
	case typ == "inet", typ == "cidr":
		return []string{"10.0.0.1", "10.0.0.2"}
	case typ == "interval":
		return []string{"1 day", "1 hour"}
	case typ == "tsvector":
		return []string{"a b", "b x"}
	case strings.HasPrefix(typ, "time"):
		return []string{"03:04:05", "23:59:59"}
	}
	return nil
}

// origin follows a column that refers to another one, as long as there is one.
func (v *values) origin(table string, c *ddl.Column) (string, *ddl.Column) {
	for range 8 { // tables may refer to one another in a circle
		parent, column := v.parent(table, c)
		if column == nil {
			break
		}
		table, c = parent, column
	}
	return table, c
}

// refers reports whether a column refers to another one.
func (v *values) refers(table string, c *ddl.Column) bool {
	_, parent := v.parent(table, c)
	return parent != nil
}

func (v *values) parent(table string, c *ddl.Column) (string, *ddl.Column) {
	t := v.schema.Table(table)
	if t == nil {
		return "", nil
	}
	for _, f := range t.Foreign {
		parent := v.schema.Table(f.Table)
		if parent == nil {
			continue
		}
		to := f.References
		if len(to) == 0 {
			to = parent.Primary()
		}
		for i, name := range f.Columns {
			if name == c.Name && i < len(to) {
				return parent.Name, parent.Column(to[i])
			}
		}
	}
	return "", nil
}

// inKey reports whether the column is part of a key.
func (v *values) inKey(table string, c *ddl.Column) bool {
	if t := v.schema.Table(table); t != nil {
		for _, k := range t.Keys {
			for _, name := range k.Columns {
				if name == c.Name {
					return true
				}
			}
		}
	}
	return false
}

// nth returns the value that a column has in the n-th row, as the Go value that
// a driver takes: int64, float64, string or []byte.
func (v *values) nth(table string, c *ddl.Column, n int) any {
	table, c = v.origin(table, c)
	if list := v.listed[key(table, c.Name)]; len(list) > 0 {
		return list[n%len(list)]
	}
	if v.inKey(table, c) {
		return distinct(c, n)
	}
	switch n %= 4; c.Kind {
	case ddl.Int:
		return int64(1 + n)
	case ddl.Real:
		return []float64{1.5, 2.25, 0.5, 3}[n]
	case ddl.Bool:
		return int64(n % 2)
	case ddl.Date:
		return days[n]
	case ddl.Time:
		return days[n] + " 03:04:05"
	case ddl.JSON:
		return objects[n]
	case ddl.Text:
		return cut(c, []string{"a", "b", "x", "10"}[n])
	}
	return distinct(c, n)
}

var days = []string{"2026-01-02", "2026-01-03", "2026-02-28", "2025-12-31"}

// distinct is the n-th value of a key.
func distinct(c *ddl.Column, n int) any {
	switch c.Kind {
	case ddl.Int:
		return int64(1 + n)
	case ddl.Real:
		return float64(n) + 1.5
	case ddl.Date:
		return fmt.Sprintf("20%02d-01-02", 10+n%80)
	case ddl.Time:
		return fmt.Sprintf("20%02d-01-02 03:04:05", 10+n%80)
	case ddl.UUID:
		return fmt.Sprintf("00000000-0000-4000-9000-%012d", 1+n)
	case ddl.Blob:
		return []byte(fmt.Sprintf("k%d", 1+n))
	case ddl.Text:
		return cut(c, fmt.Sprintf("k%d", 1+n))
	}
	return int64(1 + n)
}

func cut(c *ddl.Column, text string) string {
	if c.Size > 0 && len(text) > c.Size {
		return text[:c.Size]
	}
	return text
}

// literal is Config.Value of package scopetest. It leaves to that package what
// does not matter: other tenants' rows then have values that are hard to bear.
func (v *values) literal(table, column string, n int) (string, bool) {
	t := v.schema.Table(table)
	if t == nil || t.Column(column) == nil {
		return "", false
	}
	c := t.Column(column)
	if len(v.listed[key(table, column)]) == 0 && !t.Unique(column) {
		return "", false
	}
	switch x := v.nth(table, c, n).(type) {
	case string:
		return "'" + strings.ReplaceAll(x, "'", "''") + "'", true
	case []byte:
		if v.dialect == scope.Postgres {
			return fmt.Sprintf(`'\x%x'`, x), true
		}
		return fmt.Sprintf("x'%x'", x), true
	default:
		return fmt.Sprint(x), true
	}
}
