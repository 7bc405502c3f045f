package scope

import (
	"fmt"
	"reflect"
	"strings"
)

// TablesOf returns the policy for the tables of Go types, for [Policy].Tables,
// so that a type says whose rows it holds where its fields are declared. It
// takes values, pointers (nil ones too) or slices of struct types. A type says
// it with a tag on a blank field
//
//	type Contact struct {
//		_     struct{} `tenancy:"table=contacts,class=per-tenant,unique=id"`
//		ID    int64    `db:"id"`
//		Email string   `db:"email"`
//	}
//
// or, where the fields are generated, with a method
//
//	func (Contact) TenancyTable() (string, scope.Table) {
//		return "contacts", scope.Table{Class: scope.PerTenant}
//	}
//
// The tag holds settings with commas between them:
//
//	table=contacts     the table, "contacts" or "billing.contacts"; without it
//	                   it is what the method TableName() string of the type
//	                   returns, as GORM has it
//	class=per-tenant   the [Class] by its name; without it Inherit
//	column=owner       Table.Column
//	module=crm         Table.Module
//	unique=id          an entry of Table.GloballyUnique; more than one column is
//	                   written unique=country,code, and a second key with a
//	                   second unique=
//
// Nothing is guessed: a type that says nothing, a table without a name, an
// unknown setting and two types that say different things about one table are
// errors, which name the type and the field. A type may have several blank
// fields for several tables. The tag of an embedded type counts for that type
// only; its methods are those of the outer one, as methods are.
func TablesOf(models ...any) (map[string]Table, error) {
	out, by := map[string]Table{}, map[string]reflect.Type{}
	for _, m := range models {
		t := reflect.TypeOf(m)
		for t != nil && (t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice) {
			t = t.Elem()
		}
		if t == nil || t.Kind() != reflect.Struct {
			return nil, fmt.Errorf("scope: TablesOf: %T is no struct type; give a value or a pointer of one", m)
		}
		tables, err := tablesOf(t)
		if err != nil {
			return nil, err
		}
		for name, table := range tables {
			if other, ok := out[name]; ok && !reflect.DeepEqual(other, table) {
				return nil, fmt.Errorf("scope: types %v and %v say different things about table %s", by[name], t, name)
			}
			out[name], by[name] = table, t
		}
	}
	return out, nil
}

// tablesOf reads what one struct type says.
func tablesOf(t reflect.Type) (map[string]Table, error) {
	out := map[string]Table{}
	for i := range t.NumField() {
		f := t.Field(i)
		tag, ok := f.Tag.Lookup("tenancy")
		if !ok {
			continue
		}
		if f.Name != "_" {
			return nil, fmt.Errorf("scope: type %v, field %s: a tenancy tag is about a table; put it on a blank field, _ struct{}", t, f.Name)
		}
		name, table, err := parseTag(tag)
		if err == nil && name == "" {
			if n, ok := reflect.New(t).Interface().(interface{ TableName() string }); ok {
				name = n.TableName()
			}
			if name == "" {
				err = fmt.Errorf("it names no table; add table=, or a method TableName() string")
			}
		}
		if _, twice := out[name]; err == nil && twice {
			err = fmt.Errorf("table %s has a field already", name)
		}
		if err != nil {
			return nil, fmt.Errorf("scope: type %v, field _ with the tag %q: %w", t, tag, err)
		}
		out[name] = table
	}
	if m, ok := reflect.New(t).Interface().(interface{ TenancyTable() (string, Table) }); ok {
		if len(out) > 0 {
			return nil, fmt.Errorf("scope: type %v has a tenancy tag and the method TenancyTable; leave one out", t)
		}
		name, table := m.TenancyTable()
		if name == "" {
			return nil, fmt.Errorf("scope: type %v: the method TenancyTable returns no table name", t)
		}
		out[name] = table
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("scope: type %v says nothing about its table; add a field _ struct{} `tenancy:\"table=...\"`", t)
	}
	return out, nil
}

// parseTag reads the settings of one tag; what follows unique= without a name
// of its own is one more column of that key.
func parseTag(tag string) (name string, table Table, err error) {
	seen, last := map[string]bool{}, ""
	for _, part := range strings.Split(tag, ",") {
		key, value, ok := strings.Cut(part, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !ok && last == "unique" && key != "" {
			table.GloballyUnique[len(table.GloballyUnique)-1] += "," + key
			continue
		}
		if !ok || value == "" {
			return "", Table{}, fmt.Errorf("%q is no setting; write name=value", part)
		}
		if seen[key] && key != "unique" {
			return "", Table{}, fmt.Errorf("%s stands twice", key)
		}
		seen[key], last = true, key
		switch key {
		case "table":
			name = value
		case "class":
			err = table.Class.UnmarshalText([]byte(value))
		case "column":
			table.Column = value
		case "module":
			table.Module = value
		case "unique":
			table.GloballyUnique = append(table.GloballyUnique, value)
		default:
			err = fmt.Errorf("there is no setting %q; use table, class, column, module and unique", key)
		}
		if err != nil {
			return "", Table{}, err
		}
	}
	return name, table, nil
}
