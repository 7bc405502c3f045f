package sqlgen

import (
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// RandomSchema returns the statements that make a shared database of one to eight
// tables, with the tenant column in them, and a policy for it. The same seed
// gives the same schema.
//
// Most tables are PerTenant; there are shared ones and Mixed ones. Keys hold the
// tenant column, but for surrogate keys that the policy declares to be globally
// unique. A table may have no key at all, a tenant column of another name, or one
// in its midst.
func RandomSchema(d tenant.Dialect, seed uint64) (texts []string, p scope.Policy) {
	m := &maker{
		g:   &Generator{rnd: rand.New(rand.NewPCG(seed, 0x5c4e3a)), dialect: d, in: dialectSet(d), quiet: 1},
		d:   d,
		own: "tenant_id",
	}
	m.kind = ddl.Text
	switch {
	case m.g.percent(25):
		m.kind = ddl.Int
	case d == tenant.Postgres && m.g.percent(15):
		m.kind = ddl.UUID
	}
	if m.g.percent(20) {
		m.own = m.g.pick("owner", "Tenant", "org", "tenant")
	}
	m.policy = scope.Policy{Dialect: d, Column: m.stored(m.own), Default: scope.PerTenant, Tables: map[string]scope.Table{}}
	n := 1 + m.g.rnd.IntN(8)
	order := m.g.rnd.Perm(len(tableNames))
	for i := range n {
		m.table(tableNames[order[i]], i)
	}
	return m.texts, m.policy
}

var tableNames = [...]string{
	"contacts", "companies", "notes", "orders", "items", "tags", "events", "files", "tasks", "invoices",
	"order", "Group", "user", "select", "Mixed_Case", "with space", `od"d`, "tenant", "teams", "prices",
}

// maker makes a schema.
type maker struct {
	g      *Generator // for its chance and its names
	d      tenant.Dialect
	kind   ddl.Kind // of the tenant columns
	own    string   // the usual tenant column
	policy scope.Policy
	texts  []string
	made   []parent // tables that a foreign key may lead to
}

// parent is a table with a key that a foreign key may lead to.
type parent struct {
	name, tenant string
	key          []string
}

// stored returns a name as the catalogue has it.
func (m *maker) stored(name string) string {
	if m.d == tenant.SQLite || m.d == tenant.Postgres && m.g.plain(fold(name)) && !strings.ContainsAny(name, `" `) && fold(name) == name {
		return fold(name)
	}
	return name
}

func (m *maker) quote(name string) string {
	if m.g.plain(name) && m.g.percent(85) {
		return name
	}
	return m.g.quoted(name)
}

// draft is one table on its way.
type draft struct {
	cols   []string // definitions
	names  []string // of the columns
	tenant string   // its tenant column, or ""
	at     int      // where that stands
	key    []string // the first key, with the tenant column
}

func (m *maker) table(name string, i int) {
	g := m.g
	class := scope.PerTenant
	if i > 0 {
		switch n := g.rnd.IntN(20); {
		case n < 3:
			class = scope.Shared
		case n < 5:
			class = scope.SharedWritable
		case n < 8:
			class = scope.Mixed
		}
	}
	entry := scope.Table{Class: class}
	d := draft{}
	if class == scope.PerTenant || class == scope.Mixed {
		d.tenant = m.own
		if g.percent(12) {
			d.tenant = g.pick("owner_id", "site", "Org")
			entry.Column = m.stored(d.tenant)
		}
	}
	key := m.columns(&d, class)
	cons, global := m.keys(name, &d, class, key)
	if global != "" {
		entry.GloballyUnique = []string{m.stored(global)}
	}
	m.place(&d, class)
	cons = append(cons, m.foreign(name, &d, class)...)
	if m.single(class, key, global) {
		m.made = append(m.made, parent{name: name, tenant: d.tenant, key: d.key})
	}
	end := ")"
	switch {
	case m.d == tenant.MySQL:
		end = ") DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"
	case m.d == tenant.SQLite && len(cons) > 0 && strings.HasPrefix(cons[0], "PRIMARY KEY") && g.percent(15):
		end = ") WITHOUT ROWID"
	}
	m.texts = append(m.texts, "CREATE TABLE "+m.quote(name)+" ("+strings.Join(append(d.cols, cons...), ", ")+end)
	m.indexes(name, i, &d, class)
	// What inherits the default need not be named.
	if class != scope.PerTenant || entry.Column != "" || global != "" || g.percent(50) {
		m.policy.Tables[m.stored(name)] = entry
	}
}

// single reports whether a foreign key of one column beside the tenant's may
// lead to the table.
func (m *maker) single(class scope.Class, key, global string) bool {
	return key == "id" && (class == scope.PerTenant || class == scope.Shared) && global == ""
}

// pools of column names by kind.
var columnNames = map[ddl.Kind][]string{
	ddl.Int:  {"score", "amount", "qty", "Level", "rank_no", "parent", "key"},
	ddl.Text: {"name", "title", "body", "note", "label", "Nick Name", "desc"},
	ddl.Bool: {"active", "done"},
	ddl.Date: {"born", "due"},
	ddl.Real: {"price", "rate"},
	ddl.JSON: {"data", "extra"},
}

// columns adds those that are nobody's tenant column, and returns the name of the
// one that the key is made of, or "" for none.
func (m *maker) columns(d *draft, class scope.Class) (key string) {
	g := m.g
	add := func(name, def string) {
		d.names = append(d.names, name)
		d.cols = append(d.cols, m.quote(name)+" "+def)
	}
	switch n := g.rnd.IntN(20); {
	case n < 13:
		key = "id"
		add("id", "INTEGER NOT NULL")
	case n < 16:
		key = "code"
		add("code", "VARCHAR(20) NOT NULL")
		add("id", "INTEGER")
	case n < 18:
		key = "line"
		add("id", "INTEGER NOT NULL")
		add("line", "INTEGER NOT NULL")
	default:
		add("id", "INTEGER")
	}
	if (key == "id" || key == "") && g.percent(6) {
		return key // beside the tenant column it has one
	}
	kinds := []ddl.Kind{ddl.Int, ddl.Text, ddl.Text, ddl.Int, ddl.Bool, ddl.Date, ddl.Real, ddl.JSON}
	for range 1 + g.rnd.IntN(5) {
		kind := kinds[g.rnd.IntN(len(kinds))]
		pool := columnNames[kind]
		name := pool[g.rnd.IntN(len(pool))]
		taken := false
		for _, n := range d.names {
			taken = taken || fold(n) == fold(name)
		}
		if taken || fold(name) == fold(m.own) || fold(name) == fold(d.tenant) {
			continue
		}
		def := m.typeOf(kind)
		switch {
		case g.percent(20) && kind != ddl.JSON:
			def += " NOT NULL"
			if g.percent(40) {
				def += " DEFAULT " + m.defaultOf(kind)
			}
		case g.percent(12) && kind != ddl.JSON:
			def += " DEFAULT " + m.defaultOf(kind)
		}
		add(name, def)
	}
	if g.percent(7) {
		// A computed column of the first number.
		add("twice", "INTEGER GENERATED ALWAYS AS (id * 2) STORED")
	}
	if d.tenant == "" && g.percent(25) {
		add(m.own, m.typeOf(ddl.Text)) // spelled like a tenant column, but none
	}
	return key
}

// typeOf returns the type of a column.
func (m *maker) typeOf(kind ddl.Kind) string {
	g := m.g
	switch kind {
	case ddl.Int:
		return g.pick("INTEGER", "INTEGER", "BIGINT")
	case ddl.Text:
		if m.d == tenant.MySQL {
			return "VARCHAR(190)"
		}
		return g.pick("TEXT", "VARCHAR(190)", "TEXT")
	case ddl.Bool:
		return "BOOLEAN"
	case ddl.Date:
		return "DATE"
	case ddl.Real:
		if m.d == tenant.SQLite {
			return "REAL"
		}
		return "DECIMAL(12,4)"
	case ddl.JSON:
		if m.d == tenant.Postgres {
			return "JSONB"
		}
		return "JSON"
	}
	return "UUID"
}

func (m *maker) defaultOf(kind ddl.Kind) string {
	switch kind {
	case ddl.Int, ddl.Real:
		return "0"
	case ddl.Bool:
		return "TRUE"
	case ddl.Date:
		return "'2024-01-01'"
	}
	return "'x'"
}

// tenantType returns the type of a tenant column.
func (m *maker) tenantType() string {
	switch m.kind {
	case ddl.Int:
		return "INTEGER"
	case ddl.UUID:
		return "UUID"
	}
	if m.d == tenant.MySQL {
		return "VARCHAR(63)"
	}
	return m.g.pick("TEXT", "VARCHAR(63)")
}

// place puts the tenant column somewhere.
func (m *maker) place(d *draft, class scope.Class) {
	if d.tenant == "" {
		return
	}
	def := m.quote(d.tenant) + " " + m.tenantType()
	if class == scope.PerTenant {
		def += " NOT NULL"
	}
	switch m.g.rnd.IntN(4) {
	case 0:
		d.at = 0
	case 1:
		d.at = m.g.rnd.IntN(len(d.cols) + 1)
	default:
		d.at = len(d.cols)
	}
	d.cols = append(d.cols[:d.at], append([]string{def}, d.cols[d.at:]...)...)
}

func (m *maker) listed(names ...string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = m.quote(n)
	}
	return strings.Join(out, ", ")
}

func itoa(i int) string { return strconv.Itoa(i) }
