package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/scope"
)

// layout is what a transfer has to know of a schema: the tables that hold rows of
// tenants, parents before children, and how they refer to one another.
type layout struct {
	dialect scope.Dialect
	tables  []*table
	all     *scope.Description
}

// table is one table with rows of tenants.
type table struct {
	scope.DescribedTable
	quoted  string
	columns []column // all but the tenant's and computed ones, in the order of the schema
	key     []int    // columns that tell the tenant's rows apart, or nil
	links   []link
	late    []int // columns that are NULL first and set when all rows are there
	skipped bool  // it is not exported
}

// column is one column that travels.
type column struct {
	scope.DescribedColumn
	quoted string
	codec  codec
}

// link is a foreign key, without the tenant columns.
type link struct {
	scope.ForeignKey
	parent  *table                // nil if its rows are no tenant's
	to      *scope.DescribedTable // nil if there is no such table
	columns []int                 // of the child
	refs    []string              // of the parent, in the same order
	late    bool
}

// readLayout describes the schema behind a scoped pool. skip names tables whose
// rows stay where they are.
func readLayout(ctx context.Context, db DB, skip []string) (*layout, error) {
	l, err := readTables(ctx, db, skip, false)
	if err != nil {
		return nil, err
	}
	return l, l.sort((*link).waits)
}

// readForPurge is readLayout where rows only go: their types do not matter, and
// more circles can be cut.
func readForPurge(ctx context.Context, db DB) (*layout, error) {
	l, err := readTables(ctx, db, nil, true)
	if err != nil {
		return nil, err
	}
	if err := l.sort((*link).waits); err == nil {
		return l, nil
	}
	return l, l.sort((*link).followed)
}

func readTables(ctx context.Context, db DB, skip []string, purge bool) (*layout, error) {
	d, err := scope.Describe(ctx, db)
	if err != nil {
		return nil, err
	}
	l := &layout{dialect: d.Dialect, all: d}
	var closed, kinds, types []string
	for i := range d.Tables {
		dt := &d.Tables[i]
		owned := dt.Class == scope.PerTenant || dt.Class == scope.Mixed
		switch {
		case !owned, dt.Kind == "view", dt.Kind == "materialized view", dt.Kind == "partition", dt.Kind == "shadow table":
			continue // not the tenant's, or rows of another table in another guise
		case purge && dt.Kind == "child":
			continue // they go with their parent's
		case slices.Contains(skip, dt.Name):
		case dt.Kind != "":
			kinds = append(kinds, dt.Name+" ("+dt.Kind+")")
			continue
		case dt.Tenant == "":
			closed = append(closed, dt.Name)
			continue
		}
		t := &table{DescribedTable: *dt, quoted: l.tableName(dt), skipped: slices.Contains(skip, dt.Name)}
		for _, c := range dt.Columns {
			if c.Name == dt.Tenant || c.Generated {
				continue
			}
			x := column{DescribedColumn: c, quoted: sqlscan.Quote(l.dialect, c.Name)}
			if x.codec = codecOf(l.dialect, c.Type); x.codec.expr == "" && !t.skipped && !purge {
				types = append(types, dt.Name+"."+c.Name+" ("+c.Type+")")
			}
			t.columns = append(t.columns, x)
		}
		if len(t.columns) == 0 && !purge {
			closed = append(closed, dt.Name)
			continue
		}
		t.key = t.identity(l.dialect)
		l.tables = append(l.tables, t)
	}
	for _, s := range skip {
		if !slices.ContainsFunc(l.tables, func(t *table) bool { return t.Name == s }) {
			return nil, &TablesError{Reason: "tables to skip are none with rows of tenants", Tables: []string{s}}
		}
	}
	switch {
	case len(closed) > 0:
		return nil, &TablesError{Reason: "tables are a tenant's by the policy and have no tenant column, or nothing else", Tables: closed, Hint: "add the column, or classify them in the policy"}
	case len(kinds) > 0:
		return nil, &TablesError{Reason: "tables of these kinds can not be transferred", Tables: kinds, Hint: "classify them as what they are, or skip them"}
	case len(types) > 0:
		return nil, &TablesError{Reason: "values of these types can not be written down exactly", Tables: types, Hint: "skip their tables"}
	}
	if err := l.connect(); err != nil {
		return nil, err
	}
	return l, l.arrange()
}

func (l *layout) tableName(t *scope.DescribedTable) string {
	if schema, name, ok := strings.Cut(t.Name, "."); ok && schema == t.Schema {
		return sqlscan.Quote(l.dialect, schema) + "." + sqlscan.Quote(l.dialect, name)
	}
	return sqlscan.Quote(l.dialect, t.Name)
}

// connect finds the tables and columns of the foreign keys.
func (l *layout) connect() error {
	for _, t := range l.tables {
		for _, f := range t.ForeignKeys {
			k := link{ForeignKey: f, parent: l.find(f.Table), to: l.all.Find(f.Table)}
			if k.parent == nil && k.to != nil && (k.to.Class == scope.PerTenant || k.to.Class == scope.Mixed) {
				return &TablesError{Reason: "a foreign key leads to a table whose rows travel under another name", Tables: []string{t.Name, f.Table}, Hint: "let it refer to the table that " + f.Table + " is a part of"}
			}
			for i, c := range f.Columns {
				at := t.column(l.dialect, c)
				if at < 0 || i >= len(f.References) {
					continue // the tenant column, or one that is computed of what travels
				}
				k.columns, k.refs = append(k.columns, at), append(k.refs, f.References[i])
			}
			t.links = append(t.links, k)
		}
	}
	return nil
}

// find returns the table of that name, or nil.
func (l *layout) find(name string) *table {
	for _, t := range l.tables {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// column returns the index of the column, or -1. Names compare as the dialect
// compares those of columns.
func (t *table) column(d scope.Dialect, name string) int {
	return slices.IndexFunc(t.columns, func(c column) bool { return c.Name == name || d != scope.Postgres && strings.EqualFold(c.Name, name) })
}

// identity returns the columns of a key that tells the tenant's rows apart: of
// several, the one with the fewest columns.
func (t *table) identity(d scope.Dialect) []int {
	var best []int
	for _, k := range t.Keys {
		var at []int
		usable := !k.Partial
		for _, name := range k.Columns {
			if name == t.Tenant || d != scope.Postgres && strings.EqualFold(name, t.Tenant) {
				continue
			}
			i := t.column(d, name) // an expression has no name
			if i < 0 || t.columns[i].Nullable || !t.columns[i].codec.compares {
				usable = false
				break
			}
			at = append(at, i)
		}
		if usable && len(at) > 0 && (best == nil || len(at) < len(best)) {
			best = at
		}
	}
	return best
}

// names of columns, for a statement.
func (t *table) list(at []int) string {
	out := make([]string, len(at))
	for i, c := range at {
		out[i] = t.columns[c].quoted
	}
	return strings.Join(out, ", ")
}

// every is the index of every column.
func (t *table) every() []int {
	out := make([]int, len(t.columns))
	for i := range out {
		out[i] = i
	}
	return out
}

// own is the condition that leaves out rows of everybody's.
func (l *layout) own(t *table) string {
	if t.Class != scope.Mixed {
		return ""
	}
	return sqlscan.Quote(l.dialect, t.Tenant) + " IS NOT NULL"
}

// where joins conditions that are not empty.
func where(conditions ...string) string {
	conditions = slices.DeleteFunc(conditions, func(c string) bool { return c == "" })
	if len(conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(conditions, " AND ")
}

// travelling are the tables whose rows are exported.
func (l *layout) travelling() []*table {
	return slices.DeleteFunc(slices.Clone(l.tables), func(t *table) bool { return t.skipped })
}

// shape is a table as the header of a file tells it.
type shape struct {
	Name    string        `json:"name"`
	Columns []shapeColumn `json:"columns"`
	Late    []string      `json:"late,omitempty"`   // set after all rows
	Key     []string      `json:"key,omitempty"`    // by which
	Bounds  []bounds      `json:"bounds,omitempty"` // of numbers that a server counts up
}

type shapeColumn struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// bounds are the least and the greatest value of a column.
type bounds struct {
	Column string `json:"column"`
	Min    string `json:"min"`
	Max    string `json:"max"`
}

func (t *table) shape() shape {
	s := shape{Name: t.Name}
	for _, c := range t.columns {
		s.Columns = append(s.Columns, shapeColumn{c.Name, c.Type})
	}
	for _, c := range t.late {
		s.Late = append(s.Late, t.columns[c].Name)
	}
	if len(t.late) > 0 {
		for _, c := range t.key {
			s.Key = append(s.Key, t.columns[c].Name)
		}
	}
	return s
}

// fingerprint is the same for schemas between which rows can travel: the same
// tables, columns, types and foreign keys, in whatever order they were made. The
// names of tenant columns are not in it, nor what only the server sees.
func (l *layout) fingerprint() string {
	var lines []string
	for _, t := range l.travelling() {
		for _, c := range t.columns {
			lines = append(lines, fmt.Sprintf("column %q %q %q %v", t.Name, c.Name, c.Type, c.Nullable))
		}
		if s := t.shape(); len(s.Late) > 0 {
			lines = append(lines, fmt.Sprintf("late %q %q %q", t.Name, s.Late, s.Key))
		}
		for _, k := range t.links {
			var cols []string
			for _, c := range k.columns {
				cols = append(cols, t.columns[c].Name)
			}
			lines = append(lines, fmt.Sprintf("link %q %q %q %q %v", t.Name, cols, k.Table, k.refs, k.Tenant))
		}
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(l.dialect.String() + "\n" + strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:])
}
