package sqlgen

import (
	"slices"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// table is a table as statements see it: without the tenant column.
type table struct {
	*ddl.Table
	class  scope.Class
	tenant string // the tenant column, or ""
	kind   ddl.Kind
	cols   []column
	keys   []key // unique within one tenant, in a PerTenant or shared table
	global [][]string
	writes bool // a tenant may
}

// key is a key without the tenant column.
type key struct {
	name    string
	cols    []int // of table.cols
	total   bool  // no part of it may be NULL
	partial bool
	global  bool // the tenant column is not in it
	primary bool
}

// column is a column of a table or of a query's answer.
type column struct {
	name string // as the schema or the label has it
	kind ddl.Kind
	null bool
	ddl  *ddl.Column // of a table's column
}

// newTable returns the table under the policy, or nil if no statement on it is
// accepted.
func newTable(t *ddl.Table, p scope.Policy) *table {
	entry, err := p.Effective(t.Name)
	if err != nil {
		return nil
	}
	class := entry.Class
	out := &table{Table: t, class: class, writes: class != scope.Shared}
	if class == scope.PerTenant || class == scope.Mixed {
		out.tenant = entry.Column
		if p.Dialect == tenant.SQLite {
			out.tenant = fold(out.tenant) // as package ddl has it
		}
		if c := t.Column(out.tenant); c != nil {
			out.kind = c.Kind
		} else {
			return nil // no statement on it is accepted
		}
	}
	place := map[string]int{}
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.Name == out.tenant {
			continue
		}
		place[c.Name] = len(out.cols)
		out.cols = append(out.cols, column{name: c.Name, kind: c.Kind, null: !c.NotNull, ddl: c})
	}
	if len(out.cols) == 0 {
		return nil
	}
	for _, k := range t.Keys {
		own := key{name: k.Name, partial: k.Partial, total: !k.Partial && class != scope.Mixed, global: out.tenant != "", primary: k.Primary}
		for _, c := range k.Columns {
			if c == out.tenant && c != "" {
				own.global = false
				continue
			}
			i, ok := place[c]
			if !ok {
				own.cols = nil
				break
			}
			own.cols = append(own.cols, i)
			own.total = own.total && !out.cols[i].null
		}
		if len(own.cols) > 0 {
			out.keys = append(out.keys, own)
		}
	}
	return out
}

// total returns the columns that tell the rows of one tenant apart, or nil.
func (t *table) total() []int {
	for _, k := range t.keys {
		if k.total {
			return k.cols
		}
	}
	return nil
}

// inKey reports whether a column is part of some key.
func (t *table) inKey(i int) bool {
	return slices.ContainsFunc(t.keys, func(k key) bool { return slices.Contains(k.cols, i) })
}

// relation is one item of a FROM clause.
type relation struct {
	qual    string // how its columns are qualified, as written
	key     string // the same, to compare
	cols    []column
	total   []int  // columns that tell its rows apart, or nil
	table   *table // or nil
	hidden  bool   // its columns can not be qualified: part of an aliased join
	inner   bool   // no outer join fills it with NULLs
	labels  bool   // its columns were renamed
	unnamed bool   // no column of it may be named without its qualifier
	qualify bool   // nor in RETURNING
}

// block is what expressions of one query can see.
type block struct {
	rels    []relation
	outer   *block
	grouped []ref // in a grouped query the only columns outside of aggregates
	isGroup bool
	joined  string // of an UPDATE of several tables: the column that is joined by
	rollup  bool   // its groups are summed up once more
	ons     bool   // of ON, where other names may be in sight
}

// ref is one column of a block.
type ref struct {
	rel, col int
	text     string // as written in GROUP BY
	kind     ddl.Kind
}

// output is what a query returns.
type output struct {
	cols  []column
	total []int // columns that tell its rows apart, or nil
}
