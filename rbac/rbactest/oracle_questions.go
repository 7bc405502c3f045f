package rbactest

import (
	"context"
	"fmt"
	"slices"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// Questions are forms in which something answers besides the single check. The
// questions are about the actor of the context, with its session, except
// WhoCan. Each function may be nil: then that form is not compared. The order
// of what they return does not count.
type Questions struct {
	// Filter returns those of the nodes on which the actor has the capability.
	Filter func(ctx context.Context, capability string, nodes []int64) ([]int64, error)

	// Capabilities returns what the actor has on the node.
	Capabilities func(ctx context.Context, node int64) ([]string, error)

	// WhereCan returns the nodes of these levels on which the actor has the
	// capability, as far as the context reaches.
	WhereCan func(ctx context.Context, capability string, levels ...ctxtree.Level) ([]ctxtree.Node, error)

	// Predicate returns what a predicate for the user's own queries lets
	// through: the nodes of all levels, as in WhereCan.
	Predicate func(ctx context.Context, capability string) ([]int64, error)

	// WhoCan returns who has any of the capabilities on the node: the users, or
	// with everybody set, everybody whom the wall lets reach the node but for
	// except.
	WhoCan func(ctx context.Context, node int64, capabilities ...string) (everybody bool, users, except []string, err error)

	// RoleList returns the roles that the actor may assign, override, switch to
	// or see on the node: kind is "assignable", "overridable", "switchable" or
	// "viewable".
	RoleList func(ctx context.Context, kind string, node int64) ([]rbac.RoleID, error)
}

// RoleRules say who manages which roles.
type RoleRules struct {
	// Whoever holds the first role of a pair may do it to the second.
	Assign, Override, Switch, View [][2]rbac.RoleID

	// Levels are those on which a role can be assigned, by the role's name.
	Levels map[string][]ctxtree.Level
}

// managementCapabilities are those that the lists of roles ask for. Every
// checker declares them.
var managementCapabilities = []string{"assign", "override", "safeoverride", "switchroles"}

func (w *world) roleRules() RoleRules {
	pairs := func(kind string) (out [][2]rbac.RoleID) {
		for _, p := range w.scenario.Allow[kind] {
			out = append(out, [2]rbac.RoleID{w.roles[p[0]], w.roles[p[1]]})
		}
		return out
	}
	levels := map[string][]ctxtree.Level{}
	for _, x := range w.scenario.RoleLevels {
		levels[x[0]] = append(levels[x[0]], ctxtree.Level(x[1]))
	}
	return RoleRules{Assign: pairs("assign"), Override: pairs("override"), Switch: pairs("switch"), View: pairs("view"), Levels: levels}
}

// same fails unless the two lists hold the same, each once.
func same[T int64 | string | rbac.RoleID](w *world, what string, got, want []T) {
	w.Helper()
	w.compared++
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		w.Fatalf("%s: %v, it must be %v", what, got, want)
	}
}

// compareForms wants the same from each form as from single checks, of
// everybody, in every mode.
func (w *world) compareForms(wall rbac.Wall, checker *rbac.Checker) {
	w.Helper()
	if w.Questions == nil {
		return
	}
	q := w.Questions(checker)
	for user := range w.users {
		for _, noBypass := range []bool{false, true} {
			for _, ctx := range w.modes(user) {
				session := rbac.Session{NoBypass: noBypass}
				w.compareForm(q, checker, rbac.WithSession(tenant.WithActor(ctx, w.actor(user)), session), user)
			}
		}
	}
	for _, sw := range w.scenario.Switched {
		session := w.session(asking{switches: sw.Switches})
		w.compareForm(q, checker, rbac.WithSession(tenant.WithActor(tenant.Global(context.Background()), w.actor(sw.User)), session), sw.User)
	}
	w.comparePeople(q, wall)
}

// modes are the contexts in which the user asks for lists.
func (w *world) modes(user string) []context.Context {
	bg := context.Background()
	if home := w.users[user].Tenant; home != "" {
		return []context.Context{tenant.WithID(bg, home), tenant.Global(bg)}
	}
	modes := []context.Context{tenant.Global(bg)}
	if w.scenario.MatrixNoWall != nil {
		modes = append(modes, tenant.WithID(bg, "t1"), tenant.WithID(bg, "t2"))
	}
	return modes
}

// compareForm compares what the actor of one context is told.
func (w *world) compareForm(q Questions, checker *rbac.Checker, ctx context.Context, user string) {
	w.Helper()
	what := fmt.Sprintf("%s in mode %v", user, tenant.ModeOf(ctx))
	var ids []int64
	byID := map[int64]ctxtree.Node{}
	has := map[int64][]string{}
	for _, n := range w.nodes {
		ids, byID[n.ID] = append(ids, n.ID), n
	}
	slices.Sort(ids)
	for _, c := range w.caps {
		var allowed, placed []int64
		for _, id := range ids {
			if checker.Can(ctx, c.Key, id) {
				allowed, has[id] = append(allowed, id), append(has[id], c.Key)
				if level := byID[id].Level; level == "course" || level == "category" {
					placed = append(placed, id)
				}
			}
		}
		if q.Filter != nil {
			got, err := q.Filter(ctx, c.Key, append(slices.Clone(ids), 1<<40))
			w.must(err)
			same(w, what+": Filter for "+c.Key, got, allowed)
		}
		if q.WhereCan != nil {
			nodes, err := q.WhereCan(ctx, c.Key, "course", "category")
			w.must(err)
			same(w, what+": WhereCan for "+c.Key, idsOf(nodes), placed)
		}
		if q.Predicate != nil {
			got, err := q.Predicate(ctx, c.Key)
			w.must(err)
			same(w, what+": Predicate for "+c.Key, got, allowed)
		}
	}
	if q.Capabilities == nil {
		return
	}
	for _, id := range ids {
		got, err := q.Capabilities(ctx, id)
		w.must(err)
		got = slices.DeleteFunc(got, func(name string) bool { return slices.Contains(managementCapabilities, name) })
		same(w, fmt.Sprintf("%s: Capabilities at %s", what, byID[id].Instance), got, has[id])
	}
}

func idsOf(nodes []ctxtree.Node) (ids []int64) {
	for _, n := range nodes {
		ids = append(ids, n.ID)
	}
	return ids
}

// comparePeople wants from WhoCan whom single checks without the bypass of
// administrators allow, but where a lock is in force nobody: it does not know
// the administrators whom locks spare.
func (w *world) comparePeople(q Questions, wall rbac.Wall) {
	w.Helper()
	if q.WhoCan == nil {
		return
	}
	for i, key := range w.scenario.Contexts {
		for j := range w.caps {
			asked := []oracleCap{w.caps[j]}
			if (i+j)%3 == 0 {
				asked = append(asked, w.caps[(j+1)%len(w.caps)])
			}
			var want []string
			for _, user := range w.people() {
				if slices.ContainsFunc(asked, func(c oracleCap) bool {
					return !w.locks(c, key.Key) && allows(w.step(asking{wall: wall, noBypass: true}, user, c, key.Key))
				}) {
					want = append(want, user)
				}
			}
			w.whoCan(q, wall, key.Key, want, asked...)
		}
	}
}

func (w *world) whoCan(q Questions, wall rbac.Wall, at string, want []string, asked ...oracleCap) {
	w.Helper()
	n := w.nodes[at]
	ctx := tenant.Global(context.Background())
	if n.Tenant != "" {
		ctx = tenant.WithID(context.Background(), n.Tenant)
	}
	ctx = tenant.WithActor(ctx, tenant.Actor{ID: "auditor"})
	var names []string
	for _, c := range asked {
		names = append(names, c.Key)
	}
	everybody, got, except, err := q.WhoCan(ctx, n.ID, names...)
	w.must(err)
	if everybody {
		for _, user := range w.people() {
			beyond := w.step(asking{wall: wall}, user, asked[0], at) == rbac.StepWall
			if !beyond && !slices.Contains(except, user) && !slices.Contains(got, user) {
				got = append(got, user)
			}
		}
	}
	same(w, fmt.Sprintf("WhoCan at %s for %v", at, names), got, want)
}

// compareRecordedLists compares with lists that were recorded as such.
func (w *world) compareRecordedLists(checker *rbac.Checker) {
	w.Helper()
	w.compareWhereCan()
	if w.Questions == nil {
		return
	}
	q := w.Questions(checker)
	for _, l := range w.scenario.WhoCan {
		if i := w.capability(l.Capability); q.WhoCan != nil {
			w.whoCan(q, rbac.Shared, l.Of, l.List, w.caps[i])
		}
	}
	if q.RoleList == nil || w.Define == nil {
		return
	}
	for _, l := range w.scenario.RoleLists {
		for kind, want := range map[string][]string{
			"assignable": l.Assignable, "overridable": l.Overridable, "switchable": l.Switchable, "viewable": l.Viewable,
		} {
			ctx := tenant.WithActor(tenant.Global(context.Background()), w.actor(l.User))
			got, err := q.RoleList(ctx, kind, w.nodes[l.Context].ID)
			w.must(err)
			var ids []rbac.RoleID
			for _, name := range want {
				ids = append(ids, w.roles[name])
			}
			same(w, fmt.Sprintf("roles that are %s to %s at %s", kind, l.User, l.Context), got, ids)
		}
	}
}

// compareWhereCan compares the recorded lists of nodes, which ignore locks and
// the bypass of administrators, with single checks that do.
func (w *world) compareWhereCan() {
	w.Helper()
	if w.scenario.WhereCan == nil {
		return
	}
	checker := w.checker(rbac.Shared, func(cfg *rbac.Config) { cfg.IgnoreLocks = true })
	var q Questions
	if w.Questions != nil {
		q = w.Questions(checker)
	}
	for _, l := range w.scenario.WhereCan {
		ctx := tenant.WithActor(tenant.Global(context.Background()), w.actor(l.Of))
		ctx = rbac.WithSession(ctx, rbac.Session{NoBypass: true})
		var want, got []int64
		for _, key := range l.List {
			want = append(want, w.nodes[key].ID)
		}
		for _, c := range w.scenario.Contexts {
			if n := w.nodes[c.Key]; (n.Level == "course" || n.Level == "category") && checker.Can(ctx, l.Capability, n.ID) {
				got = append(got, n.ID)
			}
		}
		same(w, fmt.Sprintf("nodes where %s has %s without locks", l.Of, l.Capability), got, want)
		if q.WhereCan != nil {
			nodes, err := q.WhereCan(ctx, l.Capability, "course", "category")
			w.must(err)
			same(w, fmt.Sprintf("WhereCan of %s for %s without locks", l.Of, l.Capability), idsOf(nodes), want)
		}
	}
}

// capability returns which one has that key.
func (w *world) capability(key string) int {
	return slices.IndexFunc(w.caps, func(c oracleCap) bool { return c.Key == key })
}
