package scope

import (
	"cmp"
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
)

// survey is what the rules of a check look at: the catalogue, and what the
// engines have beyond it. The files check_postgres.go, check_mysql.go and
// check_sqlite.go fill it, the others judge it.
type survey struct {
	rules *rules
	conn  driver.Conn

	cat    *Catalogue
	tables map[tableName]*surveyed
	all    []*surveyed // the same by name, without the tables of this library
	links  []link
	runs   []side
	found  []Finding
}

// surveyed is one table or view.
type surveyed struct {
	rule
	cat      CatalogueTable
	at       tableName
	name     string // as the policy would name it
	declared bool

	kind       string            // what it is, if no plain table: "partition", "materialized view"
	leads      []string          // columns that an index of all rows begins with
	collations map[string]string // how to write the collation of a column, where equality is not that of bytes
	defaults   map[string]bool   // columns with a default that is not NULL
	parents    []tableName       // whose rows its rows are too
	children   int               // whose rows are its rows too, and of its class
	security   bool              // it has row-level security
	extension  string            // whose it is

	reads  []tableName // of a view
	opaque string      // why it is not known what a view reads, or ""
}

// filtered reports whether the scoper puts predicates on the table.
func (t *surveyed) filtered() bool { return t.class == PerTenant || t.class == Mixed }

// link is a foreign key.
type link struct {
	name          string
	child, parent tableName
	columns, refs []string
	sets          []string // columns of the child that ON DELETE SET NULL sets
	delete        string   // what ON DELETE does: "CASCADE", "SET NULL", ..., or "" where nothing
	update        string
}

// side is something that the server runs by itself.
type side struct {
	code string // of the finding
	at   tableName
	what string // for example "trigger audit"
}

// changing are the actions of a foreign key that change or delete the child.
var changing = wordSet("CASCADE SET_NULL SET_DEFAULT")

// action returns an action that changes rows, or "".
func action(rule string) string {
	if changing[strings.ReplaceAll(rule, " ", "_")] {
		return rule
	}
	return ""
}

func newSurvey(c driver.Conn, r *rules) *survey {
	return &survey{rules: r, conn: c, tables: map[tableName]*surveyed{}}
}

// ask puts a question to the server.
func (s *survey) ask(ctx context.Context, query string) ([][]string, error) {
	return queryText(ctx, s.conn, query)
}

// askOne puts a question that has one row as its answer.
func (s *survey) askOne(ctx context.Context, query string) ([]string, error) {
	rows, err := s.ask(ctx, query)
	if err == nil && len(rows) != 1 {
		err = fmt.Errorf("a question about the server has %d answers", len(rows))
	}
	if err != nil {
		return nil, err
	}
	return rows[0], nil
}

func (s *survey) add(sev Severity, code, table, format string, args ...any) {
	s.found = append(s.found, Finding{Severity: sev, Code: code, Table: table, Message: fmt.Sprintf(format, args...)})
}

// readSchema reads the catalogue and what the engine has beyond it.
func (s *survey) readSchema(ctx context.Context) (err error) {
	if s.cat, err = readCatalogue(ctx, s.conn, s.rules.Dialect); err != nil {
		return err
	}
	for key, t := range s.cat.Tables {
		at := tableName{"", key}
		if t.Schema != "" {
			if !strings.HasPrefix(key, t.Schema+".") {
				continue // the same table under its plain name
			}
			at = tableName{t.Schema, key[len(t.Schema)+1:]}
		}
		e := &surveyed{cat: t, at: at, name: key, collations: map[string]string{}, defaults: map[string]bool{}}
		if plain, ok := s.cat.Tables[at.table]; ok && plain.Schema == t.Schema {
			e.name = at.table
		}
		e.rule, e.declared = s.ruleOf(e)
		s.tables[at] = e
		if e.declared || !isLibrary(at.table) {
			s.all = append(s.all, e)
		}
	}
	slices.SortFunc(s.all, func(a, b *surveyed) int { return cmp.Compare(a.name, b.name) })
	switch s.rules.Dialect {
	case Postgres:
		return s.readPostgres(ctx)
	case MySQL:
		return s.readMySQL(ctx)
	default:
		return s.readSQLite(ctx)
	}
}

// ruleOf returns what the policy says about a table, under the name that needs
// no schema first, as statements are looked up.
func (s *survey) ruleOf(t *surveyed) (rule, bool) {
	if u, ok := s.rules.tables[t.name]; ok {
		return u, true
	}
	if t.cat.Schema != "" {
		if u, ok := s.rules.tables[t.cat.Schema+"."+t.at.table]; ok {
			return u, true
		}
	}
	return rule{class: s.rules.Default, column: s.rules.Column}, false
}

// table returns what was read about a table, or nil for one that the catalogue
// does not have.
func (s *survey) table(schema, name string) *surveyed {
	return s.tables[tableName{schema, sqliteFold(s.rules.Dialect, name)}]
}

// is compares the names of columns as the dialect does.
func (s *survey) is(a, b string) bool {
	return a == b || s.rules.Dialect != Postgres && strings.EqualFold(a, b)
}

func (s *survey) has(columns []string, name string) bool {
	return slices.ContainsFunc(columns, func(c string) bool { return s.is(c, name) })
}

// tenantColumn returns the tenant column of a table, or nil.
func (s *survey) tenantColumn(t *surveyed) *CatalogueColumn {
	for i := range t.cat.Columns {
		if s.is(t.cat.Columns[i].Name, t.column) {
			return &t.cat.Columns[i]
		}
	}
	return nil
}
