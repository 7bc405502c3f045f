package sqlgen

import (
	"strings"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// keys returns the primary key and unique constraints of a table, and the column
// of a key that all tenants share, or "".
func (m *maker) keys(name string, d *draft, class scope.Class, key string) (cons []string, global string) {
	g := m.g
	own := []string{"id"}
	switch key {
	case "":
		return nil, ""
	case "code":
		own = []string{"code"}
	case "line":
		own = []string{"id", "line"}
	}
	if d.tenant == "" {
		d.key = own
		return []string{"PRIMARY KEY (" + m.listed(own...) + ")"}, ""
	}
	full := append([]string{d.tenant}, own...)
	defer func() { d.key = full }()
	if g.percent(60) {
		full = append(own[:len(own):len(own)], d.tenant)
	}
	if class == scope.Mixed {
		// A primary key takes no row without a tenant.
		if g.percent(60) {
			return []string{m.unique(name, "k", full)}, ""
		}
		return nil, ""
	}
	switch n := g.rnd.IntN(20); {
	case n < 5 && key == "id":
		cons = append(cons, "PRIMARY KEY ("+m.quote("id")+")")
		if n := m.number(d); n != "" && g.percent(60) {
			cons = append(cons, m.unique(name, "n", []string{d.tenant, n}))
		}
		return cons, "id"
	case n < 8:
		return []string{m.unique(name, "k", full)}, ""
	}
	if m.d == tenant.Postgres && g.percent(40) {
		return []string{"CONSTRAINT " + m.g.quoted(plainName(name)+"_key0") + " PRIMARY KEY (" + m.listed(full...) + ")"}, ""
	}
	return []string{"PRIMARY KEY (" + m.listed(full...) + ")"}, ""
}

// number returns a column that a second key may be made of.
func (m *maker) number(d *draft) string {
	for _, n := range d.names {
		if n == "score" || n == "qty" || n == "amount" {
			return n
		}
	}
	return ""
}

func (m *maker) unique(table, suffix string, cols []string) string {
	if m.g.percent(60) {
		return "CONSTRAINT " + m.g.quoted(plainName(table)+"_"+suffix) + " UNIQUE (" + m.listed(cols...) + ")"
	}
	return "UNIQUE (" + m.listed(cols...) + ")"
}

// plainName is a table's name without what needs quotes.
func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r == '_' {
			return r
		}
		return 'q'
	}, fold(s))
}

// foreign returns a foreign key to a table that is there already.
func (m *maker) foreign(_ string, d *draft, class scope.Class) []string {
	g := m.g
	if len(m.made) == 0 || class != scope.PerTenant || !g.percent(25) {
		return nil
	}
	to := m.made[g.rnd.IntN(len(m.made))]
	d.cols = append(d.cols, "ref INTEGER")
	d.names = append(d.names, "ref")
	action := g.pick("", "", " ON DELETE CASCADE")
	if to.tenant == "" {
		return []string{"FOREIGN KEY (ref) REFERENCES " + m.quote(to.name) + " (" + m.listed(to.key...) + ")"}
	}
	var from, dest []string // in the order of the key, as MySQL wants it
	for _, c := range to.key {
		dest = append(dest, c)
		if c == to.tenant {
			from = append(from, d.tenant)
		} else {
			from = append(from, "ref")
		}
	}
	return []string{"FOREIGN KEY (" + m.listed(from...) + ") REFERENCES " + m.quote(to.name) + " (" + m.listed(dest...) + ")" + action}
}

// indexes adds indexes, some of them unique.
func (m *maker) indexes(name string, i int, d *draft, class scope.Class) {
	g := m.g
	for _, c := range d.names {
		if c == "id" || c == "ref" || c == "data" || c == "extra" || c == "twice" || c == "body" || !g.percent(12) {
			continue
		}
		cols := m.quote(c)
		if d.tenant != "" {
			cols = m.quote(d.tenant) + ", " + cols
		}
		kind, where := "INDEX", ""
		if g.percent(35) && c != "active" && c != "done" && class == scope.PerTenant {
			kind = "UNIQUE INDEX"
			if m.d != tenant.MySQL && g.percent(30) {
				where = " WHERE id > 2"
			}
		}
		m.texts = append(m.texts, "CREATE "+kind+" "+m.quote("ix"+itoa(i)+"_"+plainName(c))+" ON "+m.quote(name)+" ("+cols+")"+where)
	}
}
