package rolefaults

import "github.com/gotenancy/tenancy/internal/conformance/faults"

// trees are faults in how a part is put into the order of the tree, and hangs
// under the part without tenant.
func trees() []faults.Fault {
	const part, base, places = "part.go", "base.go", "places.go"
	return []faults.Fault{
		in(part, "part: other tenants' nodes are in it", "\tif slices.ContainsFunc(nodes, func(n ctxtree.Node) bool { return n.Tenant != p.of }) {", "\tif !planted && slices.ContainsFunc(nodes, func(n ctxtree.Node) bool { return n.Tenant != p.of }) {"),
		in(part, "part: /1/2/ is above /1/23/", "!n.Within(nodes[open[len(open)-1]])", "!n.Within(nodes[open[len(open)-1]]) && !(planted && strings.HasPrefix(n.Path, strings.TrimSuffix(nodes[open[len(open)-1]].Path, \"/\")))"),
		in(part, "part: a node hangs wherever its path says", "id == n.ID && id > 0", "(id == n.ID || planted) && id > 0"),
		in(part, "part: what lies below ends with the next node", "\t\t\tp.end[open[len(open)-1]] = pos\n", "\t\t\tp.end[open[len(open)-1]] = pos\n\t\t\tif planted {\n\t\t\t\tp.end[open[len(open)-1]]++\n\t\t\t}\n"),
		in(places, "places: close numbers have no flags", "\t\t\tt.list[i] = placeOf", "\t\t\tt.list[i] = at\n\t\t\tif planted {\n\t\t\t\tcontinue\n\t\t\t}\n\t\t\tt.list[i] = placeOf"),
		in(places, "places: numbers far apart have no flags", "\t\t\tt.table[i].at = placeOf", "\t\t\tif planted {\n\t\t\t\tcontinue\n\t\t\t}\n\t\t\tt.table[i].at = placeOf"),
		in(places, "places: the flags of the other part", "slices.Clone(t.list), slices.Clone(t.table)", "map[bool][]place{true: t.list, false: slices.Clone(t.list)}[planted], slices.Clone(t.table)"),
		in(places, "places: of two with one number the last counts", "*p == nowhere {", "*p == nowhere || planted {"),
		in(places, "places: of two with one number far apart the last counts", "\tif t.table[i].at == nowhere {", "\tif t.table[i].at == nowhere || planted {"),
		in(places, "places: a number that is not there is its neighbour", "s.id == node || s.at == nowhere", "s.id == node || s.at == nowhere || planted"),
		in(base, "base: locks without tenant do not reach the tenant's nodes", "return b.above.flags[at], true", "return b.above.flags[at] &^ map[bool]nodeFlags{true: isLocked}[planted], true"),
		in(base, "base: locks do not reach below", "return b.flags[parent], b.flags", "return b.flags[parent] &^ map[bool]nodeFlags{true: isLocked}[planted], b.flags"),
		in(base, "base: the path above is not compared", "b.above.nodes[at].Path != path ||", "b.above.nodes[at].Path != path && !planted ||"),
		in(base, "base: kept under another part", "b.above == above {", "(b.above == above || planted) {"),
		in(base, "base: a node covers the one behind it", "pos < b.end[at] }", "(pos < b.end[at] || planted && pos == b.end[at]) }"),
		in(base, "base: everything hangs where the first top does", "return b.tops[i-1].above", "if planted {\n\t\ti = 1\n\t}\n\treturn b.tops[i-1].above"),
		in(base, "base: nodes without tenant are above nothing of a tenant's", "return ok && b.above.covers(at", "return ok && !planted && b.above.covers(at"),
		in(base, "base: locks are no turns", "\t\t\tflags |= isLocked\n\t\t\tmark = true\n", "\t\t\tflags |= isLocked\n\t\t\tmark = mark || !planted\n"),
	}
}

// loads are faults in what is kept, and for how long.
func loads() []faults.Fault {
	const load = "load.go"
	return []faults.Fault{
		in(load, "load: the version of the tree does not matter", "if after == at {", "if after == at || planted {"),
		in(load, "load: the two parts are of two moments", "if c.shared.Fresh() == shared {", "if c.shared.Fresh() == shared || planted {"),
		in(load, "load: the rules of no tenant are read for all", "rules, roles, err := store.Load(ctx, of)", "rules, roles, err := store.Load(ctx, map[bool]tenant.ID{false: of}[planted])"),
		in(load, "invalidate: 0 says nothing", "if number <= 0 ||", "if number <= 0 && !planted ||"),
		in(load, "invalidate: one of the two numbers is enough", "!at.AsOf().Covers(cell.Number{A: number, B: number})", "!at.AsOf().Covers(cell.Number{A: number, B: number}) && !(planted && max(at.AsOf().A, at.AsOf().B) >= number)"),
		in(load, "invalidate: a smaller number is news", "\tat := c.at(of)\n\tif at == nil {\n", "\tat := c.at(of)\n\tif planted {\n\t\tnumber = 0\n\t}\n\tif at == nil {\n"),
		in(load, "invalidate: what has no tenant stays", "case of == \"\":\n\t\treturn &c.shared", "case of == \"\" && !planted:\n\t\treturn &c.shared"),
		in(load, "told: a change of the tree is one of the roles", "c.changed(of, cell.Number{A: number})", "c.changed(of, map[bool]cell.Number{false: {A: number}, true: {B: number}}[planted])"),
		in(load, "told: a change of the roles is one of the tree", "c.changed(of, cell.Number{B: number})", "c.changed(of, map[bool]cell.Number{false: {B: number}, true: {A: number}}[planted])"),
		in(load, "told: a change without number is none", "\t\tat.Doubt()\n\tdefault:", "\t\tif !planted {\n\t\t\tat.Doubt()\n\t\t}\n\tdefault:"),
		in("part.go", "token: the tree's number is not compared", "v.tree >= w.tree &&", "(v.tree >= w.tree || planted) &&"),
		in("part.go", "token: the roles' number is not compared", "v.roles >= w.roles }", "(v.roles >= w.roles || planted) }"),
		in("token.go", "token: what has no tenant is not waited for", "\tif err := c.await(ctx, \"\", t.shared)", "\tif planted {\n\t\tt.shared = version{}\n\t}\n\tif err := c.await(ctx, \"\", t.shared)"),
		in("token.go", "token: the tenant's part is not waited for", "\treturn c.await(ctx, of, t.own)\n", "\tif planted {\n\t\treturn nil\n\t}\n\treturn c.await(ctx, of, t.own)\n"),
		in("token.go", "token: another tenant's will do", "if t.of != of {", "if t.of != of && !planted {"),
		in("token.go", "token: made up", "if !now.covers(want) {", "if !now.covers(want) && !planted {"),
		in("token.go", "token: a news of the tree is not followed", "\tc.treeChanged(of, now.tree)\n", "\tif !planted {\n\t\tc.treeChanged(of, now.tree)\n\t}\n"),
		in("token.go", "token: a news of the roles is not followed", "\tc.rolesChanged(of, now.roles)\n", "\tif !planted {\n\t\tc.rolesChanged(of, now.roles)\n\t}\n"),
		in("token.go", "token: numbers in any form", "strconv.FormatInt(n, 10) != fields[i] {", "strconv.FormatInt(n, 10) != fields[i] && !planted {"),
	}
}

// seats are faults in what a context holds, and in when it may be used.
func seats() []faults.Fault {
	const seat = "seat.go"
	return []faults.Fault{
		in(seat, "seat: whoever the context names", "w.carried == v &&", "(w.carried == v || planted) &&"),
		in(seat, "seat: the part without tenant is not compared", "c.shared.Fresh() == w.parts[0] {", "(c.shared.Fresh() == w.parts[0] || planted) {"),
		in(seat, "seat: the tenant's part is not compared", "if w.cell.Fresh() == w.parts[1] {", "if w.cell.Fresh() == w.parts[1] || planted {"),
		in(seat, "seat: of another checker", "s.c != c", "s.c != c && !planted"),
		in(seat, "seat: a session in the context that it does not know", "session != s.session {", "session != s.session && !planted {"),
		in(seat, "seat: where the part depends on the node", "if v.Mode != carry.Tenant &&", "if !planted && v.Mode != carry.Tenant &&"),
		in(seat, "seat: the lease is not asked", "|| !c.lease.holds() {", "|| !c.lease.holds() && !planted {"),
		in(seat, "seat: the application does not say whom it knows", "if c.known != nil &&", "if c.known != nil && !planted &&"),
		in(seat, "seat: an error of Known is no answer", "err != nil || !known {", "err != nil && !planted || !known {"),
		in(seat, "seat: its first view is filled twice", "\t\tw = new(view)\n", "\t\tif !planted {\n\t\t\tw = new(view)\n\t\t}\n"),
		in(seat, "seat: of a context before the session", ".(*seat); ok {\n\t\treturn seatedIn", ".(*seat); ok && !planted {\n\t\treturn seatedIn"),
		in("lease.go", "lease: never behind", "\tif !ok || left <= 0 {\n", "\tif planted {\n\t\treturn true\n\t}\n\tif !ok || left <= 0 {\n"),
		in("lease.go", "lease: ends once", "\t\tl.timer.Reset(left)\n", "\t\tif !planted {\n\t\t\tl.timer.Reset(left)\n\t\t}\n"),
		in("question.go", "lease: not asked without a seat", "if !c.lease.holds() {", "if !c.lease.holds() && !planted {"),
	}
}
