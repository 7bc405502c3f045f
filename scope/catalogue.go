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

	// NoRowID: WITHOUT ROWID in SQLite, so that no INSERT makes a last id.
	NoRowID bool

	// Children are the tables whose rows a query of this one reads too, by
	// their full names: inheritance in PostgreSQL.
	Children []string
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
	Loose     bool // its collation may take two tenants' ids for one
	Numbered  bool // where an INSERT gives no value the server counts up; not noted for PostgreSQL, which has no REPLACE
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
// may be there, in bytes or for integers in bits; 0 is no limit. MySQL cuts
// what is too long down to what fits, to another tenant's id, unless its mode
// is strict. Only types in which an id has one form count: in a decimal column
// 07 and 7e0 would be the tenant 7. What SQLite makes of a type depends on words
// anywhere in it, between the parentheses too: INT wins over CHAR.
// https://www.sqlite.org/datatype3.html#determination_of_column_affinity
func kindOf(d Dialect, columnType string) (kind valueKind, length int) {
	t := strings.ToLower(columnType)
	base, rest, _ := strings.Cut(t, "(")
	base = strings.TrimSpace(base)
	if words := strings.Fields(base); len(words) > 0 && d == MySQL {
		base = words[0] // "bigint unsigned"
	}
	switch base {
	case "text", "character varying", "varchar", "character", "char", "bpchar", "nchar", "nvarchar", "tinytext", "mediumtext", "longtext", "clob":
		if d == SQLite && strings.Contains(t, "int") {
			return otherValue, 0
		}
		n, _, _ := strings.Cut(rest, ")")
		length, _ = strconv.Atoi(n)
		return textValue, length
	case "":
		if d == SQLite && t == "" { // no type: values stay as they are bound
			return textValue, 0
		}
	case "smallint", "integer", "bigint", "int", "tinyint", "mediumint", "int2", "int4", "int8":
		return intValue, integerBits(d, base, strings.Contains(t, "unsigned"))
	case "uuid":
		return uuidValue, 0
	}
	return otherValue, 0
}

// integerBits is how many bits an integer type has, with one for the sign.
func integerBits(d Dialect, base string, unsigned bool) int {
	bits := map[string]int{"tinyint": 8, "smallint": 16, "int2": 16, "mediumint": 24, "int": 32, "integer": 32, "int4": 32}[base]
	switch {
	case bits == 0, d == SQLite: // there every integer type has 64
		return 64
	case unsigned:
		return bits + 1
	}
	return bits
}
