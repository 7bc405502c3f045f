package transfer

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gotenancy/tenancy/scope"
)

// mostMapped is how many answers of a MapFunc are kept.
const mostMapped = 1 << 14

// mapper gives values their new form. A column is ruled by its root: the column
// that it refers to in the end, by foreign keys and by ImportOptions.References.
type mapper struct {
	*layout
	options ImportOptions
	roots   map[string]string // of each column of a tenant's table, by "table.column"
	rules   map[string]*rule  // by root
	lost    UnmappedError
}

// rule is what happens to the values of one root.
type rule struct {
	fn    MapFunc
	known map[string]string
	shift int64
	salt  string
	stays map[string]bool // keys of everybody's rows
}

func newMapper(l *layout, o ImportOptions) (*mapper, error) {
	m := &mapper{layout: l, options: o, roots: map[string]string{}, rules: map[string]*rule{}}
	for name, to := range o.References {
		if t, _ := m.split(name); t == nil || to != "" && !m.exists(to) {
			return nil, &TablesError{Reason: "ImportOptions.References names columns that are not there", Tables: []string{name, to}}
		}
	}
	for name, fn := range o.Map {
		if !m.exists(name) || fn == nil {
			return nil, &TablesError{Reason: "ImportOptions.Map names columns that are not there, or has no function", Tables: []string{name}}
		}
	}
	for _, t := range l.tables {
		for i := range t.columns {
			if _, err := m.settle(t, i, nil); err != nil {
				return nil, err
			}
		}
	}
	return m, nil
}

// split returns the table and column of a name, where they are a tenant's. The
// name of a table may have a schema in it.
func (m *mapper) split(name string) (*table, int) {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return nil, -1
	}
	t := m.layout.find(name[:i])
	if t == nil {
		return nil, -1
	}
	c := t.column(m.dialect, name[i+1:])
	if c < 0 {
		return nil, -1
	}
	return t, c
}

// exists reports whether there is a column of that name, whosever it is.
func (m *mapper) exists(name string) bool {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return false
	}
	t := m.all.Find(name[:i])
	return t != nil && slices.ContainsFunc(t.Columns, func(c scope.DescribedColumn) bool { return c.Name == name[i+1:] })
}

// settle finds the root of a column. Two foreign keys of one column have to lead
// to the same.
func (m *mapper) settle(t *table, at int, seen []string) (string, error) {
	name := t.Name + "." + t.columns[at].Name
	if root, ok := m.roots[name]; ok {
		return root, nil
	}
	if slices.Contains(seen, name) {
		return slices.Min(seen), nil // a circle of keys: any of them, always the same
	}
	seen = append(seen, name)
	var roots []string
	follow := func(to string) error {
		root := to
		if p, c := m.split(to); p != nil {
			var err error
			if root, err = m.settle(p, c, seen); err != nil {
				return err
			}
		}
		roots = append(roots, root)
		return nil
	}
	if _, ok := m.options.Map[name]; !ok {
		if to, ok := m.options.References[name]; ok && to != "" {
			if err := follow(to); err != nil {
				return "", err
			}
		} else if !ok {
			for _, k := range t.links {
				if i := slices.Index(k.columns, at); i >= 0 {
					if err := follow(k.Table + "." + k.refs[i]); err != nil {
						return "", err
					}
				}
			}
		}
	}
	slices.Sort(roots)
	roots = slices.Compact(roots)
	switch {
	case len(roots) > 1:
		for _, r := range roots {
			if p, c := m.split(r); m.options.Map[r] != nil || m.options.NewKeys && p != nil && m.renewable(p, c) {
				return "", &TablesError{Reason: "foreign keys of one column lead to several, whose values change", Tables: append([]string{name}, roots...), Hint: "say in ImportOptions.References which one counts"}
			}
		}
	case len(roots) == 0:
		roots = []string{name}
	}
	m.roots[name] = roots[0]
	return roots[0], nil
}

// root returns the root of a column.
func (m *mapper) root(t *table, column string) string { return m.roots[t.Name+"."+column] }

// renewable reports whether a column is a key that all tenants share, of a type
// for which there are new values.
func (m *mapper) renewable(t *table, at int) bool {
	c := t.columns[at].codec
	return (c.whole || c.uuid) && slices.ContainsFunc(t.Keys, func(k scope.DescribedKey) bool {
		return !k.Tenant && k.Declared && len(k.Columns) == 1 && t.column(m.dialect, k.Columns[0]) == at
	})
}

// renumbered reports whether a column is the root of keys that get new values.
func (m *mapper) renumbered(t *table, at int) bool {
	name := t.Name + "." + t.columns[at].Name
	return m.options.NewKeys && m.roots[name] == name && m.options.Map[name] == nil && m.renewable(t, at)
}

// strays are columns that look like references, of which nothing is known.
func (m *mapper) strays() []string {
	var out []string
	for _, t := range m.travelling() {
		for i, c := range t.columns {
			name := t.Name + "." + c.Name
			lower := strings.ToLower(c.Name)
			looks := lower != "id" && (strings.HasSuffix(lower, "_id") || strings.HasSuffix(c.Name, "Id") || strings.HasSuffix(c.Name, "ID"))
			_, told := m.options.References[name]
			linked := slices.ContainsFunc(t.links, func(k link) bool { return slices.Contains(k.columns, i) })
			if looks && (c.codec.whole || c.codec.uuid) && !told && !linked && m.options.Map[name] == nil && !m.renumbered(t, i) {
				out = append(out, name)
			}
		}
	}
	return out
}

// follow makes the rules.
func (m *mapper) follow(p keyPlan) {
	for name, fn := range m.options.Map {
		m.rules[name] = &rule{fn: fn, known: map[string]string{}}
	}
	for _, t := range m.tables {
		for i, c := range t.columns {
			name := t.Name + "." + c.Name
			if p.New && m.renumbered(t, i) {
				r := &rule{shift: p.Shift[name]}
				if c.codec.uuid {
					r.salt = p.Salt
				}
				m.rules[name] = r
			}
		}
	}
}

// keep has the key of one of everybody's rows stay as it is.
func (m *mapper) keep(root, value string) {
	if r := m.rules[root]; r != nil {
		if r.stays == nil {
			r.stays = map[string]bool{}
		}
		r.stays[value] = true
	}
}

// mapped returns the value that takes the place of c.
func (m *mapper) mapped(ctx context.Context, t *table, at int, c cell) (cell, error) {
	r := m.rules[m.roots[t.Name+"."+t.columns[at].Name]]
	if r == nil || c.kind == null || r.stays[c.text] {
		return c, nil
	}
	switch {
	case r.fn != nil:
		v, ok := r.known[c.text]
		if !ok {
			var err error
			if v, ok, err = r.fn(ctx, c.text); err != nil {
				return cell{}, fmt.Errorf("transfer: mapping a value of %s.%s: %w", t.Name, t.columns[at].Name, err)
			}
			if !ok {
				m.lack(t.Name+"."+t.columns[at].Name, c.text)
				return c, nil
			}
			if len(r.known) >= mostMapped {
				clear(r.known)
			}
			r.known[c.text] = v
		}
		c.text = v
		if c.kind == integer {
			if _, err := strconv.ParseInt(v, 10, 64); err != nil {
				return cell{}, fmt.Errorf("transfer: the function for %s.%s answers with what is no whole number", t.Name, t.columns[at].Name)
			}
		}
	case r.salt != "":
		c.text = renewed(r.salt, c.text)
	case r.shift != 0:
		n, err := strconv.ParseInt(c.text, 10, 64)
		sum := n + r.shift
		if err != nil || (sum > n) != (r.shift > 0) {
			return cell{}, &KeySpaceError{Column: t.Name + "." + t.columns[at].Name, Needs: "more than 64 bits"}
		}
		c.text = strconv.FormatInt(sum, 10)
	}
	return c, nil
}

// lack notes a value that has no place here.
func (m *mapper) lack(column, value string) {
	m.lost.Rows++
	x := Missing{column, value}
	if len(m.lost.Missing) < 100 && !slices.Contains(m.lost.Missing, x) {
		m.lost.Missing = append(m.lost.Missing, x)
	}
}
