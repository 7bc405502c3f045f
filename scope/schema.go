package scope

import (
	"strings"
	"sync"

	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// schema is a catalogue made ready for the planner, which asks it about every
// name of a statement. It is not changed once made.
type schema struct {
	tables map[string]*knownTable
	known  func() map[string]bool // the names of tables and columns in lower case; made when somebody asks
}

// knownTable is a table of the catalogue. Its columns are found by name, and
// written quoted.
type knownTable struct {
	*CatalogueTable
	dialect Dialect
	quoted  []string       // by column
	values  []columnValue  // by column
	byName  map[string]int // as the dialect compares names of columns
}

// columnValue is how a tenant's id is bound to a column.
type columnValue struct {
	kind   valueKind
	length int // the longest id it holds, see kindOf; 0 for any
}

// newSchema returns nil for no catalogue.
func newSchema(d Dialect, cat *Catalogue) *schema {
	if cat == nil {
		return nil
	}
	s := &schema{tables: make(map[string]*knownTable, len(cat.Tables))}
	for name, t := range cat.Tables {
		k := &knownTable{CatalogueTable: &t, dialect: d, quoted: make([]string, len(t.Columns)), values: make([]columnValue, len(t.Columns)), byName: make(map[string]int, len(t.Columns))}
		for i, c := range t.Columns {
			k.quoted[i] = sqlscan.Quote(d, c.Name)
			k.values[i].kind, k.values[i].length = kindOf(d, c.Type)
			k.byName[lowerUnlessPostgres(d, c.Name)] = i
		}
		s.tables[name] = k
	}
	s.known = sync.OnceValue(func() map[string]bool {
		known := map[string]bool{}
		for name, t := range s.tables {
			known[strings.ToLower(name)] = true
			for _, c := range t.Columns {
				known[strings.ToLower(c.Name)] = true
			}
		}
		return known
	})
	return s
}

// table returns nil where the catalogue knows no such table, or there is none.
func (s *schema) table(name string) *knownTable {
	if s == nil {
		return nil
	}
	return s.tables[name]
}

// names reports whether a table or a column has that name, for texts that people
// read.
func (s *schema) names(name string) bool {
	return s != nil && s.known()[strings.ToLower(name)]
}

// column returns the column of that name, compared as the dialect does.
func (t *knownTable) column(name string) (index int, ok bool) {
	index, ok = t.byName[lowerUnlessPostgres(t.dialect, name)]
	return index, ok
}

// lowerUnlessPostgres: only PostgreSQL tells columns apart by case.
func lowerUnlessPostgres(d Dialect, name string) string {
	if d == Postgres {
		return name
	}
	return strings.ToLower(name)
}
