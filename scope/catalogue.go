package scope

import (
	"strconv"
	"strings"
)

// Catalogue is what the scoper has to know of a live schema: which tables and
// views there are, and their columns in order. Pools that this package opened
// read it themselves; set [Policy.Catalogue] to bring one along, for example
// from [ReadCatalogue].
type Catalogue struct {
	// Tables by name: plain for what needs no schema in front of it, and
	// "schema.table" for everything that has a schema. A table with a dot in
	// its own name is left out, since nothing could name it.
	Tables map[string]CatalogueTable
}

// CatalogueTable is one table or view.
type CatalogueTable struct {
	Schema  string            // where it lives; "" in SQLite
	View    bool              // or another relation that is no plain table: what it reads is not looked at
	Columns []CatalogueColumn // in the order of the schema
	Keys    []CatalogueKey    // its primary key and every unique one, in no order
}

// CatalogueKey is a primary key, or a unique constraint or index. Whether a
// statement can meet another tenant's row by a duplicate depends on them.
type CatalogueKey struct {
	Name     string   // of the constraint or index; "" where it has none
	Columns  []string // as the schema has them; "" stands for an expression, and for a part in which two tenants' ids can be one
	Partial  bool     // it holds only the rows that meet a condition
	Replaces bool     // a duplicate deletes the older row, whatever the statement says: ON CONFLICT REPLACE in the schema of SQLite
}

// CatalogueColumn is one column.
type CatalogueColumn struct {
	Name string // as the schema has it
	Type string // as the server writes it, for example "character varying(63)"

	Hidden    bool // a star does not return it
	Generated bool // its value is computed, so that no INSERT gives one
	Nullable  bool
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
	otherValue // a type in which two ids may be one value
)

// kindOf returns how ids are bound to a column of this type, and how long they
// may be there; 0 is no limit. Only types in which an id has one form count:
// in a decimal column 07 and 7e0 would be the tenant 7.
func kindOf(d Dialect, columnType string) (kind valueKind, length int) {
	t := strings.ToLower(columnType)
	base, rest, _ := strings.Cut(t, "(")
	base = strings.TrimSpace(base)
	if words := strings.Fields(base); len(words) > 0 && d == MySQL {
		base = words[0] // "bigint unsigned"
	}
	switch base {
	case "text", "character varying", "varchar", "character", "char", "bpchar", "nchar", "nvarchar", "tinytext", "mediumtext", "longtext", "clob":
		n, _, _ := strings.Cut(rest, ")")
		length, _ = strconv.Atoi(n)
		return textValue, length
	case "":
		if d == SQLite { // no type: values stay as they are bound
			return textValue, 0
		}
	case "smallint", "integer", "bigint", "int", "tinyint", "mediumint", "int2", "int4", "int8":
		return intValue, 0
	case "uuid":
		return uuidValue, 0
	}
	return otherValue, 0
}
