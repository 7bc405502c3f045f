package ddl

import (
	"fmt"

	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/tenant"
)

// isConstraint reports whether the item that begins here is no column.
func (r *reader) isConstraint() bool {
	switch r.word(0) {
	case "constraint", "primary", "unique", "foreign", "check":
		return true
	case "exclude", "like":
		return r.dialect == tenant.Postgres && r.toks[r.at+1].Kind != sqlscan.EOF
	case "key", "index", "fulltext", "spatial":
		return r.dialect == tenant.MySQL
	}
	return false
}

// constraint reads a constraint of the table.
func (r *reader) constraint(t *Table) (err error) {
	name := ""
	if r.take("constraint") {
		switch r.word(0) {
		case "primary", "unique", "foreign", "check": // without a name, which MySQL allows
		default:
			if name, err = r.name(); err != nil {
				return err
			}
		}
	}
	switch {
	case r.take("primary", "key"):
		return r.key(t, Key{Name: name, Primary: true})
	case r.take("unique"):
		if r.dialect == tenant.MySQL {
			r.takeAny("key", "index")
		}
		return r.key(t, Key{Name: name})
	case r.take("foreign", "key"):
		return r.foreign(t)
	}
	return nil
}

func (r *reader) key(t *Table, k Key) (err error) {
	r.take("nulls", "not", "distinct")
	r.take("nulls", "distinct")
	if r.kind() != sqlscan.LParen && r.word(0) != "using" {
		if k.Name, err = r.name(); err != nil {
			return err
		}
	}
	if r.take("using") {
		if r.take("index") {
			return fmt.Errorf("a key that uses an index by its name can not be read")
		}
		r.at++
	}
	k.Columns, err = r.columns()
	t.Keys = append(t.Keys, k)
	return err
}

func (r *reader) foreign(t *Table) (err error) {
	if r.kind() != sqlscan.LParen { // MySQL: its index
		if _, err = r.name(); err != nil {
			return err
		}
	}
	var f ForeignKey
	if f.Columns, err = r.columns(); err != nil {
		return err
	}
	return r.references(t, f)
}

// references reads REFERENCES and what follows it.
func (r *reader) references(t *Table, f ForeignKey) (err error) {
	if !r.take("references") {
		return fmt.Errorf("REFERENCES should follow the columns of a foreign key")
	}
	if _, f.Table, err = r.qualified(); err != nil {
		return err
	}
	if r.kind() == sqlscan.LParen {
		if f.References, err = r.columns(); err != nil {
			return err
		}
	}
	t.Foreign = append(t.Foreign, f)
	return nil
}

// columns reads a list of columns; an expression becomes "".
func (r *reader) columns() ([]string, error) {
	items, err := r.list()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, item := range items {
		in := r.within(item)
		name, err := in.name()
		if err != nil || in.kind() == sqlscan.LParen && !in.isPrefix() || in.kind() == sqlscan.Dot || in.kind() == sqlscan.Op {
			name = "" // lower(name), (a + b)
		}
		out = append(out, name)
	}
	return out, nil
}

// isPrefix reports whether the parenthesis here is the length of MySQL's name(10).
func (r *reader) isPrefix() bool {
	return r.dialect == tenant.MySQL && int(r.toks[r.at].Match) == r.at+2 && r.toks[r.at+1].Kind == sqlscan.Number
}
