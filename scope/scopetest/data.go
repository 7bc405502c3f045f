package scopetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// table is one of the schema's, under the policy.
type table struct {
	*ddl.Table
	class  scope.Class
	tenant string   // the tenant column, "" where rows have no tenant
	name   string   // as statements write it
	others []string // its columns but the tenant's and computed ones

	dump, dumpAlone string // queries of all rows, see dumps
	sharesKeys      bool   // the policy has keys of it that are unique across tenants
}

// owned reports whether rows of the table have a tenant.
func (t *table) owned() bool { return t.class == scope.PerTenant || t.class == scope.Mixed }

// row is one row of the shared database.
type row struct {
	owner int      // the tenant's place; -1 is everybody
	cells []string // literals, one for each of table.others
}

// everybody owns what has no tenant.
const everybody = -1

// tablesOf returns the tables of a schema, parents before children.
func tablesOf(s *ddl.Schema, p scope.Policy) ([]*table, error) {
	var out []*table
	for _, t := range s.Tables {
		if t.Schema != "" && t.Schema != "public" && t.Schema != "main" {
			return nil, fmt.Errorf("scopetest: table %s.%s: tables of other schemas are not supported", t.Schema, t.Name)
		}
		rule, err := p.Effective(t.Name)
		if err != nil {
			return nil, err
		}
		x := &table{Table: t, class: rule.Class, name: sqlscan.Quote(p.Dialect, t.Name), sharesKeys: len(rule.GloballyUnique) > 0}
		if x.owned() {
			x.tenant = columnName(p.Dialect, rule.Column)
			if t.Column(x.tenant) == nil {
				return nil, fmt.Errorf("scopetest: table %s is %v and has no column %s; add it to the schema, or classify the table", t.Name, x.class, x.tenant)
			}
		}
		for _, c := range t.Columns {
			if c.Name != x.tenant && !c.Generated {
				x.others = append(x.others, c.Name)
			}
		}
		x.dump, x.dumpAlone = x.dumps(p.Dialect)
		out = append(out, x)
	}
	return parentsFirst(out), nil
}

func parentsFirst(in []*table) []*table {
	var out []*table
	visiting := map[string]bool{}
	var visit func(t *table)
	visit = func(t *table) {
		if visiting[t.Name] {
			return // done, or a circle
		}
		visiting[t.Name] = true
		for _, f := range t.Foreign {
			for _, p := range in {
				if p.Name == f.Table {
					visit(p)
				}
			}
		}
		out = append(out, t)
	}
	for _, t := range in {
		visit(t)
	}
	return out
}

// filler makes up the rows of the tables.
type filler struct {
	values
	tables []*table
	rows   map[string][]row // by table
	most   int              // rows of a tenant in a table
	value  func(table, column string, n int) (string, bool)
	taken  map[string]bool // tuples of keys
	count  int
}

// fill makes up rows of a table for one owner.
func (f *filler) fill(t *table, owner int) []row {
	n := f.rnd.IntN(f.most + 1)
	if owner == 0 && f.rnd.IntN(8) > 0 {
		n = max(n, min(2, f.most)) // nothing proves little, but now and then
	}
	if owner == 0 && slices.ContainsFunc(t.Columns, func(c ddl.Column) bool { return c.Numbered }) {
		n = max(n, 1) // for top
	}
	var out []row
	for i := range n {
		for try := range 30 {
			r := row{owner: owner, cells: make([]string, len(t.others))}
			for k, name := range t.others {
				r.cells[k] = f.cell(t, t.Column(name), owner, i, try)
			}
			f.follow(t, &r)
			if i == n-1 {
				f.top(t, &r)
			}
			if f.claim(t, r) {
				out = append(out, r)
				break
			}
		}
	}
	return out
}

func (f *filler) cell(t *table, c *ddl.Column, owner, n, try int) string {
	if f.value != nil {
		if literal, ok := f.value(t.Name, c.Name, n+100*try); ok {
			return literal
		}
	}
	if !f.inKey(t, c.Name) {
		return f.literal(c, owner)
	}
	if f.global(t, c.Name) { // a value of its own for each tenant
		f.count++
		return f.distinct(c, owner, f.count%generatedAbove)
	}
	if try < 10 && len(t.Keys) > 0 && !t.Unique(c.Name, t.tenant) {
		return f.literal(c, owner) // some other column makes the difference
	}
	return f.distinct(c, owner, n+try)
}

func (f *filler) inKey(t *table, column string) bool {
	return slices.ContainsFunc(t.Keys, func(k ddl.Key) bool { return slices.Contains(k.Columns, column) })
}

// global reports whether the column is a key by itself, without the tenant.
func (f *filler) global(t *table, column string) bool {
	return t.owned() && t.Unique(column)
}

// follow makes foreign keys point at rows of the same owner, or of everybody.
func (f *filler) follow(t *table, r *row) {
	for _, fk := range t.Foreign {
		i := slices.IndexFunc(f.tables, func(p *table) bool { return p.Name == fk.Table })
		if i < 0 {
			continue
		}
		parent := f.tables[i]
		references := fk.References
		if len(references) == 0 {
			references = parent.Primary()
		}
		var candidates []row
		for _, p := range f.rows[parent.Name] {
			if p.owner == r.owner || p.owner == everybody && !parent.owned() {
				candidates = append(candidates, p)
			}
		}
		none := len(candidates) == 0 || f.rnd.IntN(8) == 0
		var parentRow row
		if !none {
			parentRow = pick(f.rnd, candidates...)
		}
		for k, name := range fk.Columns {
			at := slices.Index(t.others, name)
			if at < 0 || k >= len(references) {
				continue // the tenant column
			}
			from := slices.Index(parent.others, references[k])
			switch {
			case from < 0:
			case !none:
				r.cells[at] = parentRow.cells[from]
			case !t.Column(name).NotNull:
				r.cells[at] = "NULL"
			case len(candidates) > 0:
				r.cells[at] = candidates[0].cells[from]
			}
		}
	}
}

// top gives the last row of the tenant that asks the highest number, so that
// the server counts on from there in each database.
func (f *filler) top(t *table, r *row) {
	if r.owner > 0 {
		return
	}
	for k, name := range t.others {
		if t.Column(name).Numbered {
			r.cells[k] = fmt.Sprint(generatedAbove)
		}
	}
}

// claim reports whether the row meets no other one in a key, and takes its place.
// What the tenant that asks sees must not do so without the tenant column either.
func (f *filler) claim(t *table, r row) bool {
	var mine []string
	for i, k := range t.Keys {
		var b strings.Builder
		null, owned := false, false
		for _, name := range k.Columns {
			if name == t.tenant && name != "" {
				owned = true
				continue
			}
			if at := slices.Index(t.others, name); at >= 0 {
				null = null || r.cells[at] == "NULL"
				fmt.Fprintf(&b, " %q", strings.ToLower(strings.TrimRight(r.cells[at], "' "))) // collations
			}
		}
		if null && !(f.dialect == tenant.Postgres && k.Primary) {
			continue
		}
		whose := everybody
		if owned && r.owner > 0 {
			whose = r.owner
		}
		mine = append(mine, fmt.Sprintf("%s %d of %d: %s", t.Name, i, whose, b.String()))
	}
	if slices.ContainsFunc(mine, func(m string) bool { return f.taken[m] }) {
		return false
	}
	for _, m := range mine {
		f.taken[m] = true
	}
	return true
}

// fillAll makes up all rows but those that are kept.
func (f *filler) fillAll(tenants int, kept map[string][]row) {
	f.rows, f.taken = map[string][]row{}, map[string]bool{}
	for _, t := range f.tables {
		for _, r := range kept[t.Name] {
			f.claim(t, r)
		}
		f.rows[t.Name] = slices.Clone(kept[t.Name])
	}
	for _, t := range f.tables {
		if kept == nil && t.class != scope.PerTenant {
			f.rows[t.Name] = append(f.rows[t.Name], f.fill(t, everybody)...)
		}
		if !t.owned() {
			continue
		}
		for owner := range tenants {
			if kept == nil || owner > 0 {
				f.rows[t.Name] = append(f.rows[t.Name], f.fill(t, owner)...)
			}
		}
	}
}

func newFiller(d tenant.Dialect, c Config, tables []*table) *filler {
	most := c.Rows
	if most <= 0 {
		most = 8
	}
	return &filler{values: values{d, rand.New(rand.NewPCG(c.Seed, 11))}, tables: tables, most: most, value: c.Value}
}
