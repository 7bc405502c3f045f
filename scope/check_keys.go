package scope

import (
	"slices"
	"strings"
)

// checkKeys is about the unique keys of a PerTenant or Mixed table.
func (s *survey) checkKeys(t *surveyed) {
	for i := range t.cat.Keys {
		key := &t.cat.Keys[i]
		if s.has(key.Columns, t.column) {
			continue
		}
		switch name := keyName(key); {
		case key.Replaces:
			s.add(SeverityError, "unique-without-tenant", t.name, "the key (%s) lacks the tenant column %s and replaces: an INSERT deletes the row of another tenant that has the value; make the key (%s, ...), without ON CONFLICT REPLACE",
				name, t.column, t.column)
		case !s.rules.globallyUnique(t.rule, key):
			s.add(SeverityWarning, "unique-without-tenant", t.name, "the key (%s) lacks the tenant column %s: a duplicate tells that another tenant has the value, and statements that give it one are refused; "+
				"make the key (%s, ...), or list %q in GloballyUnique if its values are told apart across tenants, as those of a sequence or UUIDs are", name, t.column, t.column, name)
		}
	}
	for _, entry := range t.unique {
		only := rules{Policy: Policy{Dialect: s.rules.Dialect}}
		if !slices.ContainsFunc(t.cat.Keys, func(k CatalogueKey) bool { return only.globallyUnique(rule{unique: []string{entry}}, &k) }) {
			s.add(SeverityWarning, "unknown-key", t.name, "its GloballyUnique names %q, but it has no such key; correct the entry, or take it out", entry)
		}
	}
}

// checkLinks is about foreign keys, whose rows and actions the server finds
// without any predicate.
func (s *survey) checkLinks() {
	for i := range s.links {
		l := &s.links[i]
		child, parent := s.tables[l.child], s.tables[l.parent]
		if child == nil || parent == nil || isLibrary(child.at.table) || isLibrary(parent.at.table) {
			continue
		}
		switch {
		case child.filtered() && parent.filtered():
			s.checkOwnedLink(l, child, parent)
		case child.filtered():
			s.checkSharedParent(l, child, parent)
		case parent.filtered():
			s.checkSharedChild(l, child, parent)
		}
	}
}

// checkOwnedLink is for a foreign key between two tables of tenants.
func (s *survey) checkOwnedLink(l *link, child, parent *surveyed) {
	paired := false
	for i, c := range l.columns {
		paired = paired || s.is(c, child.column) && i < len(l.refs) && s.is(l.refs[i], parent.column)
	}
	deletes, updates := action(l.delete), action(l.update)
	switch {
	case !paired && deletes+updates != "":
		s.add(SeverityError, "foreign-key-tenant", child.name, "the foreign key %s to %s lacks the tenant column, and its %s changes another tenant's rows that refer to the row; make it (%s, ...) references %s (%s, ...)",
			l.describe(), parent.name, l.actions(), child.column, parent.name, parent.column)
	case !paired:
		s.add(SeverityWarning, "foreign-key-tenant", child.name, "the foreign key %s to %s lacks the tenant column: a row can refer to another tenant's, which tells that it exists and keeps it from being deleted; make it (%s, ...) references %s (%s, ...)",
			l.describe(), parent.name, child.column, parent.name, parent.column)
	case strings.HasPrefix(deletes, "SET") && s.has(l.sets, child.column), strings.HasPrefix(updates, "SET"):
		s.add(SeverityError, "foreign-key-sets-tenant", child.name, "the foreign key %s to %s has %s, which takes the row from its tenant along with its parent; use CASCADE or RESTRICT, or name the columns to set",
			l.describe(), parent.name, l.actions())
	}
}

// checkSharedParent is for tenants' rows that refer to everybody's.
func (s *survey) checkSharedParent(l *link, child, parent *surveyed) {
	switch {
	case action(l.delete)+action(l.update) == "":
	case parent.class == SharedWritable:
		s.add(SeverityError, "foreign-key-shared", child.name, "the foreign key %s has %s, and any tenant may write its parent %s: that changes all tenants' rows; use RESTRICT", l.describe(), l.actions(), parent.name)
	default:
		s.add(SeverityWarning, "foreign-key-shared", child.name, "the foreign key %s has %s: a write to the shared table %s changes all tenants' rows; use RESTRICT", l.describe(), l.actions(), parent.name)
	}
}

// checkSharedChild is for everybody's rows that refer to a tenant's.
func (s *survey) checkSharedChild(l *link, child, parent *surveyed) {
	sev, what := SeverityWarning, "all tenants read them"
	if action(l.delete)+action(l.update) != "" {
		sev, what = SeverityError, "a tenant changes them by "+l.actions()
	}
	s.add(sev, "foreign-key-to-tenant", child.name, "it is %v, but by the foreign key %s its rows belong to rows of %s, which is %v, and %s; give it the tenant column, and classify it", child.class, l.describe(), parent.name, parent.class, what)
}

// describe names the foreign key and its columns.
func (l *link) describe() string {
	columns := "(" + strings.Join(l.columns, ", ") + ")"
	if l.name == "" {
		return columns
	}
	return l.name + " " + columns
}

// actions names those of its actions that change rows.
func (l *link) actions() string {
	var out []string
	if a := action(l.delete); a != "" {
		out = append(out, "ON DELETE "+a)
	}
	if a := action(l.update); a != "" {
		out = append(out, "ON UPDATE "+a)
	}
	return strings.Join(out, " and ")
}
