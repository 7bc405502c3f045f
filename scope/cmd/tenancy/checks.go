package main

import (
	"regexp"
	"strings"

	"github.com/gotenancy/tenancy/internal/ddl"
)

// checks are the values that a column takes where the schema lists them: a CHECK
// with IN, or MySQL's ENUM. Rows and arguments that are made up keep to them.
type checks map[string][]string // by table and column, in lower case

var (
	checkIn  = regexp.MustCompile("(?i)check\\s*\\(\\s*[\"`]?(\\w+)[\"`]?(?:::\\w+)?\\s+in\\s*\\(([^()]*)\\)")
	checkAny = regexp.MustCompile(`(?i)check\s*\(+\s*"?(\w+)"?\)?(?:::\w+)?\s*=\s*any\s*\(+\s*array\s*\[([^\]]*)\]`) // as pg_dump writes IN
	ofTable  = regexp.MustCompile("(?i)^\\s*(?:create\\s+table(?:\\s+if\\s+not\\s+exists)?|alter\\s+table(?:\\s+only)?)\\s+(?:[\"`]?\\w+[\"`]?\\.)?[\"`]?(\\w+)")
	quoted   = regexp.MustCompile(`'((?:[^']|'')*)'`)
)

func readChecks(s *ddl.Schema) checks {
	c := checks{}
	for _, text := range s.Texts {
		name := ofTable.FindStringSubmatch(text)
		if name == nil {
			continue
		}
		for _, form := range []*regexp.Regexp{checkIn, checkAny} {
			for _, m := range form.FindAllStringSubmatch(text, -1) {
				c.add(name[1], m[1], m[2])
			}
		}
	}
	for _, t := range s.Tables {
		for _, col := range t.Columns {
			if kind, list, ok := strings.Cut(col.Type, "("); ok && strings.EqualFold(strings.TrimSpace(kind), "enum") {
				c.add(t.Name, col.Name, list)
			}
		}
	}
	return c
}

func (c checks) add(table, column, list string) {
	key := strings.ToLower(table + "." + column)
	for _, m := range quoted.FindAllStringSubmatch(list, -1) {
		c[key] = append(c[key], strings.ReplaceAll(m[1], "''", "'"))
	}
}

func (c checks) values(table string, column *ddl.Column) []string {
	return c[strings.ToLower(table+"."+column.Name)]
}

// literal is Config.Value of package scopetest.
func (c checks) literal(table, column string, n int) (string, bool) {
	list := c[strings.ToLower(table+"."+column)]
	if len(list) == 0 {
		return "", false
	}
	return "'" + strings.ReplaceAll(list[n%len(list)], "'", "''") + "'", true
}
