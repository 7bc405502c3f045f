package scope

import (
	"regexp"
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// This file is about what runs inside the server, where nobody rewrites it.

// checkView is about one view, or another relation whose content is up to the
// server.
func (s *survey) checkView(t *surveyed) {
	owned, opaque := s.readBy(t, map[tableName]bool{})
	names := make([]string, len(owned))
	for i, o := range owned {
		names[i] = o.name
	}
	what := t.kind
	if what == "" {
		what = "view"
	}
	list := strings.Join(names, ", ")
	switch {
	case !t.declared && len(owned) > 0:
		s.add(SeverityInfo, "view", t.name, "a %s over tenants' rows of %s, which the policy does not declare: statements that name it are refused", what, list)
	case !t.declared:
		s.add(SeverityInfo, "view", t.name, "a %s that the policy does not declare: statements that name it are refused", what)
	case len(owned) > 0 && !t.filtered():
		s.add(SeverityError, "view", t.name, "a %s that is declared %v but reads tenants' rows of %s: all tenants see them; let it return the tenant column, and declare it per-tenant", what, t.class, list)
	case len(owned) > 0:
		s.add(SeverityWarning, "view", t.name, "a %s over tenants' rows of %s: the predicate is on what it returns, and whether that belongs to the tenant in its tenant column nobody has looked at; review it", what, list)
	case opaque != "":
		s.add(SeverityWarning, "view", t.name, "a %s, and what it reads is not known (%s); review it", what, opaque)
	}
}

// readBy returns the tenants' tables that a view reads, through other views too,
// and why there may be more.
func (s *survey) readBy(t *surveyed, seen map[tableName]bool) (owned []*surveyed, opaque string) {
	seen[t.at] = true
	opaque = t.opaque
	for _, at := range t.reads {
		r := s.tables[at]
		switch {
		case seen[at]:
		case r == nil:
			opaque = "it reads " + at.table + ", which is not in the catalogue"
		case r.cat.View:
			more, why := s.readBy(r, seen)
			owned = append(owned, more...)
			if opaque == "" {
				opaque = why
			}
		default:
			seen[at] = true
			if r.filtered() {
				owned = append(owned, r)
			}
		}
	}
	return owned, opaque
}

// readsOf fills what a view reads from the text of its query, for the engines
// that keep no list.
func (s *survey) readsOf(t *surveyed, query string) {
	stmt, err := sqlscan.Parse(s.rules.Dialect, 0, query)
	if err != nil {
		t.opaque = "its text is not understood"
		return
	}
	for _, ref := range stmt.Refs {
		switch ref.Kind {
		case sqlscan.TableRef:
			schema := ref.Name.Schema
			if schema == "" || s.rules.Dialect == SQLite {
				schema = t.cat.Schema
			}
			t.reads = append(t.reads, tableName{schema, ref.Name.Table})
		case sqlscan.FuncRef:
			t.opaque = "it calls a table function"
		}
	}
	for _, call := range stmt.Calls {
		if ok, name, _ := s.rules.allows(stmt, call); !ok {
			t.opaque = "it calls " + name
		}
	}
}

// viewQuery finds the query in SQLite's text of a view.
func (s *survey) viewQuery(text string) (string, bool) {
	for _, at := range asWord.FindAllStringIndex(text, -1) {
		if _, err := sqlscan.Parse(s.rules.Dialect, 0, text[at[1]:]); err == nil {
			return text[at[1]:], true
		}
	}
	return "", false
}

var asWord = regexp.MustCompile(`(?i)\bAS\b`)

// checkRuns is about triggers, rules, and functions of the schema.
func (s *survey) checkRuns() {
	for _, r := range s.runs {
		name := ""
		if t := s.tables[r.at]; t != nil {
			if !t.declared && isLibrary(t.at.table) {
				continue
			}
			name = t.name
		}
		switch r.code {
		case "trigger", "rule":
			s.add(SeverityWarning, r.code, name, "%s runs in the server and sees all tenants' rows; see to it that it stays with the tenant of the row", r.what)
		case "function":
			s.add(SeverityWarning, r.code, name, "%s, which sees all tenants' rows; review it, and list it in Policy.Functions if it reads no tenant's table", r.what)
		case "function-hides-builtin":
			s.add(SeverityWarning, r.code, name, "%s has the name of a built-in function, so that a statement which names that one may run it, and it sees all tenants' rows; rename it", r.what)
		default:
			s.add(SeverityWarning, r.code, name, "%s calls a function of the schema, which sees all tenants' rows and which no statement has to name; review it", r.what)
		}
	}
}

// reviewed reports whether the policy has a function among its own.
func (s *survey) reviewed(schema, name string) bool {
	return slices.ContainsFunc([]string{name, schema + "." + name}, func(n string) bool { return s.rules.funcs[strings.ToLower(n)] })
}
