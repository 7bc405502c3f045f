package scope

import (
	"context"
	"fmt"
	"strings"

	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// This file asks the server what no catalogue says: which texts a collation
// takes for one, and whether a table has rows without a tenant.

// probe puts the questions about each tenant column.
func (s *survey) probe(ctx context.Context) error {
	asked := map[string][]string{}
	for _, t := range s.all {
		c := s.tenantColumn(t)
		if !t.filtered() || t.cat.View || c == nil {
			continue
		}
		if kind, _ := kindOf(s.rules.Dialect, c.Type); kind == textValue && !c.Loose && t.collations[c.Name] != "" {
			query := s.collationQuery(t, c.Name)
			if asked[query] == nil {
				row, err := s.askOne(ctx, query)
				if err != nil {
					if err := s.unanswered(ctx, t, "which ids the collation of "+c.Name+" takes for one", err); err != nil {
						return err
					}
					continue
				}
				asked[query] = row
			}
			s.collation(t, c.Name, asked[query])
		}
		if t.class == PerTenant && c.Nullable {
			rows, err := s.ask(ctx, fmt.Sprintf("SELECT 1 FROM %s WHERE %s IS NULL LIMIT 1", s.quoted(t), sqlscan.Quote(s.rules.Dialect, c.Name)))
			if err != nil {
				if err := s.unanswered(ctx, t, "whether it has rows without a tenant", err); err != nil {
					return err
				}
			}
			if len(rows) > 0 {
				s.add(SeverityError, "row-without-tenant", t.name, "it has rows whose tenant column %s is NULL, which nobody sees and no tenant can mend; give them a tenant in a context made by tenant.AcrossAll, or classify the table as mixed if they are everybody's", c.Name)
			}
		}
	}
	return nil
}

// unanswered notes a question that the server refused, as to an account without
// the right to read the table. A context that has ended ends the check.
func (s *survey) unanswered(ctx context.Context, t *surveyed, what string, err error) error {
	if ctx.Err() != nil {
		return err
	}
	s.add(SeverityWarning, "not-checked", t.name, "the server did not say %s: %v", what, err)
	return nil
}

// collation judges the counts that collationQuery gives.
func (s *survey) collation(t *surveyed, column string, counts []string) {
	switch {
	case counts[0] != fmt.Sprint(probeIDs):
		s.add(SeverityError, "tenant-column-collation", t.name, "the collation of the tenant column %s takes different ids for one, so that a tenant can read another's rows; use a binary collation", column)
	case counts[1] != "2":
		s.add(SeverityWarning, "tenant-column-collation", t.name, "the collation of the tenant column %s ignores case, so that rows written as ACME by another way count as acme's; use a binary collation", column)
	case counts[2] != "2":
		s.add(SeverityInfo, "tenant-column-collation", t.name, "the collation of the tenant column %s ignores spaces at the end, which no id has", column)
	}
}

// The characters that an id begins with and goes on with, and how many ids of
// one or two of them there are. Collations take single characters for one,
// leave characters out, or take two for one; two are enough to see all of it.
const (
	idFirst  = "abcdefghijklmnopqrstuvwxyz0123456789"
	idOther  = idFirst + "-_"
	probeIDs = len(idFirst) * (1 + len(idOther))
)

// collationQuery counts what the collation of a column tells apart: all ids of
// up to two characters, a letter and its capital, a text and the same with a
// space. It reads no row.
func (s *survey) collationQuery(t *surveyed, column string) string {
	join := "a.c || b.c"
	if s.rules.Dialect == MySQL {
		join = "CONCAT(a.c, b.c)"
	}
	sets := []string{
		"SELECT " + join + " AS v FROM (" + texts(strings.Split(idFirst, "")...) + ") a CROSS JOIN (" + texts(append(strings.Split(idOther, ""), "")...) + ") b",
		texts("a", "A"),
		texts("a", "a "),
	}
	for i, set := range sets {
		if s.rules.Dialect == SQLite {
			// UNION compares as its first query does, and so as the column.
			sets[i] = fmt.Sprintf("(SELECT count(*) FROM (SELECT %s AS v FROM %s WHERE 0 UNION SELECT * FROM (%s)))", sqlscan.Quote(SQLite, column), s.quoted(t), set)
		} else {
			first := "v"
			if i > 0 {
				first = "c"
			}
			sets[i] = fmt.Sprintf("(SELECT COUNT(DISTINCT "+t.collations[column]+") FROM (%s) x)", first, set)
		}
	}
	return "SELECT " + strings.Join(sets, ", ")
}

// texts is a query that returns each text as a row, in the column c.
func texts(list ...string) string {
	var b strings.Builder
	for i, t := range list {
		if i > 0 {
			b.WriteString(" UNION ALL ")
		}
		b.WriteString("SELECT '" + t + "' AS c")
	}
	return b.String()
}

// quoted is the name of a table in a statement, with its schema.
func (s *survey) quoted(t *surveyed) string {
	name, schema := sqlscan.Quote(s.rules.Dialect, t.at.table), t.at.schema
	if s.rules.Dialect == SQLite {
		schema = "main"
	}
	return sqlscan.Quote(s.rules.Dialect, schema) + "." + name
}
