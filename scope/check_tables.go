package scope

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// checkNames looks for what the policy names and the schema does not have.
func (s *survey) checkNames() {
	for _, name := range slices.Sorted(maps.Keys(s.rules.tables)) {
		if _, ok := s.cat.Tables[name]; ok {
			continue
		}
		hint := "create it, or take it out of the policy"
		plain := name[strings.LastIndexByte(name, '.')+1:]
		for _, t := range s.all {
			if strings.EqualFold(t.at.table, plain) {
				hint = "the schema has " + t.name + "; write the name like that"
			}
		}
		s.add(SeverityWarning, "absent", name, "the policy names it, but there is no such table or view; %s", hint)
	}
	for _, t := range s.all {
		if plain, ok := s.rules.tables[t.at.table]; ok && t.name == t.at.table && t.cat.Schema != "" {
			if full, ok := s.rules.tables[t.cat.Schema+"."+t.at.table]; ok && !reflect.DeepEqual(plain, full) {
				s.add(SeverityError, "declared-twice", t.name, "the policy has it as %s and as %s.%s, and says different things; which one counts depends on how a statement writes the name; leave one out",
					t.name, t.cat.Schema, t.name)
			}
		}
	}
}

// checkCatalogue compares the catalogue that a policy brings along.
func (s *survey) checkCatalogue() {
	if s.rules.Catalogue == nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(s.cat.Tables)) {
		if theirs, ok := s.rules.Catalogue.Tables[name]; ok && !sameTable(theirs, s.cat.Tables[name]) {
			s.add(SeverityError, "catalogue", name, "Policy.Catalogue has other columns or keys than the database; read it again with ReadCatalogue, or leave it out")
		}
	}
}

// sameTable compares two descriptions of one table; the order of keys is not
// part of them.
func sameTable(a, b CatalogueTable) bool {
	if a.Schema != b.Schema || a.View != b.View || !slices.Equal(a.Columns, b.Columns) || len(a.Keys) != len(b.Keys) {
		return false
	}
	return !slices.ContainsFunc(a.Keys, func(k CatalogueKey) bool {
		return !slices.ContainsFunc(b.Keys, func(l CatalogueKey) bool { return reflect.DeepEqual(k, l) })
	})
}

// checkTable is about the class of one table.
func (s *survey) checkTable(t *surveyed) {
	switch {
	case t.cat.View:
	case s.closed(t) && len(t.parents) > 0:
	case s.closed(t):
		s.add(SeverityError, "unclassified", t.name, "it has the column %s, but the policy does not name it and its default is Shared; its statements are refused until it is in Policy.Tables", t.column)
	case !t.declared && len(t.parents) == 0:
		s.add(SeverityInfo, "unlisted", t.name, "the policy does not name it, so it is %v", t.class)
	case t.declared && (t.class == Shared || t.class == SharedWritable) && s.tenantColumn(t) != nil:
		s.add(SeverityWarning, "shared-tenant-column", t.name, "it has the column %s, but it is %v: all tenants read all its rows; classify it per-tenant or mixed, or drop the column", t.column, t.class)
	}
	if t.class == SharedWritable {
		s.add(SeverityInfo, "shared-writable", t.name, "any tenant may change what the others read; nothing keeps them apart here")
	}
	if t.exposed {
		s.add(SeverityWarning, "exposed", t.name, "statements of this handle read it across all tenants; the policy's reason: %s", s.rules.Exposed.Reason)
	}
	if t.security {
		s.add(SeverityInfo, "row-security", t.name, "the server has row-level security on it, which comes on top of the scoper's predicate")
	}
}

// closed reports whether the statements of a table are refused because the
// policy does not name it and its default does not fit.
func (s *survey) closed(t *surveyed) bool {
	return !t.declared && t.class == Shared && s.tenantColumn(t) != nil
}

// checkParents is about partitions and children, whose rows can be reached
// under two names.
func (s *survey) checkParents(t *surveyed) {
	for _, at := range t.parents {
		p := s.tables[at]
		switch {
		case p == nil:
		case s.closed(t):
			p.children++
		case p.filtered() != t.filtered() || p.filtered() && !s.is(p.column, t.column):
			s.add(SeverityError, "inherits", t.name, "its rows are also those of %s, which is %v, while under its own name it is %v; give both the same class and tenant column", p.name, p.class, t.class)
		case p.class != t.class:
			s.add(SeverityWarning, "inherits", t.name, "its rows are also those of %s, which is %v, while under its own name it is %v; give both the same class", p.name, p.class, t.class)
		default:
			p.children++
		}
	}
}

// checkChildren sums up the partitions and children that are as they should be.
func (s *survey) checkChildren() {
	for _, t := range s.all {
		if t.children > 0 {
			s.add(SeverityInfo, "inherits", t.name, "%d partitions or children can be named in its place; each is %v as well, or its statements are refused", t.children, t.class)
		}
	}
}

// withoutRepeats leaves out what a partition is found to have because the
// partitioned table has it.
func (s *survey) withoutRepeats() []Finding {
	type about struct{ table, code string }
	seen := map[about]bool{}
	for _, f := range s.found {
		seen[about{f.Table, f.Code}] = true
	}
	parents := map[string][]string{}
	for _, t := range s.all {
		for _, at := range t.parents {
			if p := s.tables[at]; p != nil && t.kind == "partition" {
				parents[t.name] = append(parents[t.name], p.name)
			}
		}
	}
	return slices.DeleteFunc(s.found, func(f Finding) bool {
		return f.Code != "inherits" && slices.ContainsFunc(parents[f.Table], func(p string) bool { return seen[about{p, f.Code}] })
	})
}

// checkColumn is about the tenant column of a PerTenant or Mixed table.
func (s *survey) checkColumn(t *surveyed) {
	c := s.tenantColumn(t)
	if c == nil {
		switch {
		case !t.declared && (t.cat.View || t.extension != "" || t.name != t.at.table):
			// Its statements are refused too, but nobody names it by chance.
		case !t.declared:
			s.add(SeverityError, "no-tenant-column", t.name, "it is %v by the policy's default but has no column %s, so its statements are refused; add the column, or classify the table as shared", t.class, t.column)
		default:
			s.add(SeverityError, "no-tenant-column", t.name, "it is %v but has no column %s, so its statements are refused; add the column, or classify the table", t.class, t.column)
		}
		return
	}
	kind, length := kindOf(s.rules.Dialect, c.Type)
	switch {
	case kind == otherValue:
		s.add(SeverityError, "tenant-column-type", t.name, "the tenant column %s is of type %s, in which one value can stand for several ids; make it a text, integer or uuid column", c.Name, c.Type)
	case kind == textValue && length > 0 && length < maxIDLength:
		s.add(SeverityWarning, "tenant-column-short", t.name, "the tenant column %s holds %d characters, so the statements of a tenant with a longer id are refused; make it %d", c.Name, length, maxIDLength)
	}
	if c.Loose {
		s.add(SeverityError, "tenant-column-collation", t.name, "the collation of the tenant column %s can take different ids for one, so its statements are refused; use one that compares bytes", c.Name)
	}
	if t.cat.View {
		return
	}
	if c.Generated {
		s.add(SeverityError, "tenant-column-generated", t.name, "the tenant column %s is computed, so that no INSERT can say whose the row is; make it a plain column", c.Name)
	}
	if t.defaults[c.Name] {
		if t.class == Mixed {
			s.add(SeverityError, "tenant-column-default", t.name, "the tenant column %s has a default, so that a row of everybody's, which leaves it out, becomes a tenant's; drop the default", c.Name)
		} else {
			s.add(SeverityWarning, "tenant-column-default", t.name, "the tenant column %s has a default, so that a row that reaches the table by another way gets a tenant in silence; drop the default", c.Name)
		}
	}
	if c.Nullable && t.class == PerTenant {
		s.add(SeverityWarning, "tenant-column-nullable", t.name, "the tenant column %s may be NULL, and nobody sees such a row; make it NOT NULL, or classify the table as mixed if those rows are everybody's", c.Name)
	}
	if t.class == PerTenant && !s.has(t.leads, c.Name) && t.kind != "foreign table" {
		s.add(SeverityWarning, "no-tenant-index", t.name, "no index begins with the tenant column %s, so each statement reads all tenants' rows to find one's own, and a condition may meet others' values first; add an index on (%s, ...)", c.Name, c.Name)
	}
}

// maxIDLength is how long a tenant's id can be.
const maxIDLength = 63

// checkKinds finds the tables whose tenant column holds another kind of ids
// than most: a statement that names both sorts is refused.
func (s *survey) checkKinds() {
	count := [otherValue]int{}
	of := func(t *surveyed) (valueKind, bool) {
		if !t.filtered() || t.cat.View {
			return 0, false
		}
		c := s.tenantColumn(t)
		if c == nil {
			return 0, false
		}
		kind, _ := kindOf(s.rules.Dialect, c.Type)
		return kind, kind != otherValue
	}
	for _, t := range s.all {
		if kind, ok := of(t); ok {
			count[kind]++
		}
	}
	most := textValue
	for kind := range count {
		if count[kind] > count[most] {
			most = valueKind(kind)
		}
	}
	for _, t := range s.all {
		if kind, ok := of(t); ok && kind != most {
			s.add(SeverityError, "tenant-column-type", t.name, "the tenant column %s holds ids as %s, most other tables hold them as %s, and a statement that names both is refused; give all of them one type", t.column, kindNames[kind], kindNames[most])
		}
	}
}

var kindNames = [...]string{textValue: "text", intValue: "an integer", uuidValue: "a uuid"}
