package scope

import "strings"

// Catalogue is what the scoper has to know of a live schema: which tables and
// views there are, and their columns in order. Pools that this package opened
// read it themselves; set [Policy.Catalogue] to bring one along.
type Catalogue struct {
	// Tables by name: plain for what needs no schema in front of it, and
	// "schema.table" for everything that has a schema.
	Tables map[string]CatalogueTable
}

// CatalogueTable is one table or view.
type CatalogueTable struct {
	Schema  string // where it lives; "" in SQLite
	View    bool
	Columns []CatalogueColumn // in the order of the schema
}

// CatalogueColumn is one column.
type CatalogueColumn struct {
	Name string // as the schema has it
	Type string // as the server writes it, for example "character varying(63)"

	Hidden    bool // a star does not return it
	Generated bool // its value is computed, so that no INSERT gives one
}

// column returns the column of that name, compared as the dialect does.
func (t *CatalogueTable) column(d Dialect, name string) (*CatalogueColumn, bool) {
	for i := range t.Columns {
		if c := t.Columns[i].Name; c == name || d != Postgres && strings.EqualFold(c, name) {
			return &t.Columns[i], true
		}
	}
	return nil, false
}

// valueKind is how the tenant's id is bound.
type valueKind uint8

const (
	textValue valueKind = iota
	intValue
	uuidValue
)

// kindOf returns how ids are bound to a column of this type.
func kindOf(columnType string) valueKind {
	t := strings.ToLower(columnType)
	switch {
	case strings.HasPrefix(t, "uuid"):
		return uuidValue
	case strings.Contains(t, "int") && !strings.Contains(t, "interval") && !strings.Contains(t, "point"), strings.HasPrefix(t, "serial"), strings.HasPrefix(t, "bigserial"):
		return intValue
	}
	return textValue
}
