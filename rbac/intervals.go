package rbac

import (
	"cmp"
	"slices"
	"strings"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// interval is a range of paths in byte order: from is in it, to is not. "/1/5/"
// to "/1/50" is node 5 and everything below it, the character 0 being the one
// after the slash: "/1/5" is no beginning of "/1/50/" here.
type interval struct{ from, to string }

// systemPath is where the system node is in every tree.
const systemPath = "/1/"

// subtree returns the paths of a node and of everything below it.
func subtree(path string) interval {
	return interval{path, strings.TrimSuffix(path, "/") + "0"}
}

// territory is where the answer is yes among the nodes of one tenant, or with
// an empty id among those of none.
type territory struct {
	tenant    tenant.ID
	intervals []interval // in order and apart from each other
	whole     bool       // there is no node of the tenant's outside of them
	model     *model
}

// territories returns one for each part of the models in which the answer is
// yes somewhere.
func territories(models []*model, q question, capability string) []territory {
	var all []territory
	for _, m := range models {
		for _, p := range m.parts() {
			turns := slices.Collect(m.turns(q, capability, p))
			if len(turns) == 0 {
				continue
			}
			t := territory{tenant: turns[0].node.Tenant, model: m, intervals: flatten(turns)}
			if !slices.ContainsFunc(turns, func(t turn) bool { return !t.allowed }) {
				t.whole = t.isWhole()
			}
			all = append(all, t)
		}
	}
	return all
}

// flatten turns nested yes and no into the intervals of yes.
func flatten(turns []turn) []interval {
	slices.SortFunc(turns, func(a, b turn) int { return cmp.Compare(a.node.Path, b.node.Path) })
	type level struct {
		to     string // where the subtree ends
		before bool   // the answer around it
	}
	var (
		out     []interval
		within  []level
		allowed bool
		from    string
	)
	change := func(at string, to bool) {
		switch {
		case to && !allowed:
			from = at
		case !to && allowed && from < at:
			out = append(out, interval{from, at})
		}
		allowed = to
	}
	leave := func(until string) {
		for len(within) > 0 && (until == "" || within[len(within)-1].to <= until) {
			last := within[len(within)-1]
			within = within[:len(within)-1]
			change(last.to, last.before)
		}
	}
	for _, t := range turns {
		s := subtree(t.node.Path)
		leave(s.from)
		within = append(within, level{s.to, allowed})
		change(s.from, t.allowed)
	}
	leave("")
	return out
}

// isWhole reports whether there is nothing of the tenant's outside of the
// intervals, below none of which there is a no. All of a tenant's nodes lie
// below the system, so those directly below tell.
func (t territory) isWhole() bool {
	if t.tenant == "" {
		return t.contains(systemPath)
	}
	for n := range t.model.all() {
		if n.Parent == ctxtree.SystemID && n.Tenant == t.tenant && !t.contains(n.Path) {
			return false
		}
	}
	return true
}

// contains reports whether the path is in one of the intervals.
func (t territory) contains(path string) bool {
	i, exact := slices.BinarySearchFunc(t.intervals, path, func(in interval, path string) int { return cmp.Compare(in.from, path) })
	return exact || i > 0 && path < t.intervals[i-1].to
}

// nodes returns the numbers of the nodes where the answer is yes.
func (t territory) nodes() []int64 {
	var ids []int64
	for n := range t.model.all() {
		if n.Tenant == t.tenant && t.contains(n.Path) {
			ids = append(ids, n.ID)
		}
	}
	slices.Sort(ids)
	return ids
}
