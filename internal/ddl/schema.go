// Package ddl reads the CREATE statements of a schema: which tables there are,
// with their columns and keys, as the oracle of package scopetest and the audit
// of an application's SQL need them without a server at hand. It also writes a
// schema down again without its tenant columns, which is the database that one
// tenant would have alone.
//
// It is no SQL parser: what it does not know inside a CREATE TABLE it leaves as
// it is, and statements that make no table, key or view are passed on unread.
package ddl

import (
	"slices"

	"github.com/gotenancy/tenancy/tenant"
)

// Schema is what the statements make.
type Schema struct {
	Dialect tenant.Dialect
	Texts   []string // the statements, one each, in their order
	Tables  []*Table // in the order of the texts
	Views   []string
}

// Table returns the table with that name, or nil.
func (s *Schema) Table(name string) *Table {
	for _, t := range s.Tables {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// Table is one table.
type Table struct {
	Schema  string // in front of the name, as the text has it; often ""
	Name    string // without quotes, folded as the dialect does
	Columns []Column
	Keys    []Key // the primary key first, then the unique ones
	Foreign []ForeignKey
}

// Column returns the column with that name, or nil.
func (t *Table) Column(name string) *Column {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i]
		}
	}
	return nil
}

// Primary returns the columns of the primary key, or nil.
func (t *Table) Primary() []string {
	for _, k := range t.Keys {
		if k.Primary {
			return k.Columns
		}
	}
	return nil
}

// Unique reports whether some key has no other columns than these.
func (t *Table) Unique(columns ...string) bool {
	return slices.ContainsFunc(t.Keys, func(k Key) bool {
		return !k.Partial && !slices.ContainsFunc(k.Columns, func(c string) bool { return !slices.Contains(columns, c) })
	})
}

// Column is one column.
type Column struct {
	Name      string // without quotes, folded as the dialect does
	Type      string // as the text has it: "VARCHAR(40)"
	Kind      Kind   // what values it takes
	Size      int    // of "VARCHAR(40)": 40; 0 where the type names none
	NotNull   bool
	Default   bool // it has a default of some kind
	Numbered  bool // the server counts up where no value is given
	Generated bool // its value is computed
}

// Kind is what values a column takes.
type Kind uint8

// The kinds.
const (
	Other Kind = iota // nobody knows; give it NULL, or nothing
	Int
	Real // also decimal
	Text
	Bool
	Blob
	Date
	Time // a date with a time
	JSON
	UUID
)

// Key is a primary key or a unique one.
type Key struct {
	Name    string   // "" where it has none
	Columns []string // "" stands for an expression
	Primary bool
	Partial bool // it holds only the rows that meet a condition
}

// ForeignKey points at another table's key.
type ForeignKey struct {
	Columns    []string
	Table      string
	References []string // its columns; empty where the text names none: the primary key
}
