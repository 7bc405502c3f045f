package transfer

import (
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/scope"
)

// arrange puts parents before children. Where foreign keys lead around in a
// circle, or from a table to itself, the columns of one that may be NULL are NULL
// at first and set when all rows are there; a key of the table says whose they
// are. That needs no right to switch constraints off and no more memory for a
// table of any size.
func (l *layout) arrange() error {
	for _, ring := range l.rings() {
		for _, t := range ring {
			for i := range t.links {
				k := &t.links[i]
				if k.parent == nil || !slices.Contains(ring, k.parent) || t.skipped || k.parent.skipped {
					continue
				}
				k.late = t.breakable(k)
			}
			for _, k := range t.links {
				if k.late {
					t.late = append(t.late, t.loosened(&k)...)
				}
			}
			slices.Sort(t.late)
			t.late = slices.Compact(t.late)
		}
	}
	var orphans []string
	for _, t := range l.tables {
		for _, k := range t.links {
			if !t.skipped && k.parent != nil && k.parent.skipped {
				orphans = append(orphans, t.Name)
			}
		}
	}
	if len(orphans) > 0 {
		return &TablesError{Reason: "tables refer to skipped ones", Tables: slices.Compact(orphans), Hint: "skip them too"}
	}
	return nil
}

// loosened are the columns of the link that are NULL for a while.
func (t *table) loosened(k *link) []int {
	var out []int
	for _, c := range k.columns {
		if t.columns[c].Nullable && !slices.Contains(t.key, c) {
			out = append(out, c)
		}
	}
	return out
}

// breakable reports whether the link can be left open for a while. A foreign
// key with a NULL in it is not checked.
func (t *table) breakable(k *link) bool { return t.key != nil && len(t.loosened(k)) > 0 }

// waits reports whether the link says nothing about the order of rows.
func (k *link) waits(t *table) bool {
	return k.parent == nil || k.late || k.Deferred || k.parent == t && t.skipped
}

// followed reports whether a delete needs no order between the rows of the link:
// the server deletes one with the other, or looks when the statement is done.
func (k *link) followed(t *table) bool {
	return k.waits(t) || k.parent == t || k.OnDelete != ""
}

// sort orders the tables, by their names where the links leave a choice.
func (l *layout) sort(waits func(k *link, t *table) bool) error {
	slices.SortFunc(l.tables, func(a, b *table) int { return strings.Compare(a.Name, b.Name) })
	var out []*table
	left := slices.Clone(l.tables)
	for len(left) > 0 {
		i := slices.IndexFunc(left, func(t *table) bool {
			return !slices.ContainsFunc(t.links, func(k link) bool { return !waits(&k, t) && slices.Contains(left, k.parent) })
		})
		if i < 0 {
			e := &CycleError{}
			for _, t := range left {
				e.Tables = append(e.Tables, t.Name)
			}
			return e
		}
		out = append(out, left[i])
		left = slices.Delete(left, i, i+1)
	}
	l.tables = out
	return nil
}

// rings are the sets of tables that refer to one another in a circle, and the
// tables that refer to themselves.
func (l *layout) rings() [][]*table {
	reach := map[*table]map[*table]bool{}
	for _, t := range l.tables {
		seen := map[*table]bool{}
		todo := []*table{t}
		for len(todo) > 0 {
			at := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			for _, k := range at.links {
				if k.parent != nil && !seen[k.parent] {
					seen[k.parent] = true
					todo = append(todo, k.parent)
				}
			}
		}
		reach[t] = seen
	}
	var out [][]*table
	done := map[*table]bool{}
	for _, t := range l.tables {
		if done[t] || !reach[t][t] {
			continue
		}
		var ring []*table
		for _, u := range l.tables {
			if reach[t][u] && reach[u][t] {
				ring, done[u] = append(ring, u), true
			}
		}
		out = append(out, ring)
	}
	return out
}

// deferred names tables whose rows stand only when the whole transaction does.
func (l *layout) deferred() []string {
	var out []string
	for i, t := range l.tables {
		for _, k := range t.links {
			if k.Deferred && !k.late && k.parent != nil && slices.Index(l.tables, k.parent) >= i {
				out = append(out, t.Name)
			}
		}
	}
	return slices.Compact(out)
}

// mixedParent reports whether the link leads to a table where everybody's rows
// can be meant as well as the tenant's own.
func (k *link) mixedParent() bool {
	return k.parent != nil && k.parent.Class == scope.Mixed && !k.Tenant
}
