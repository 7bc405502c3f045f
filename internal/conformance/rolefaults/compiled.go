package rolefaults

import "github.com/gotenancy/tenancy/internal/conformance/faults"

// compilation are faults in how the answers about one subject are compiled, and
// found among the segments.
func compilation() []faults.Fault {
	const compile = "compile.go"
	return []faults.Fault{
		in(compile, "compiled: roles are folded from where they are given", "\t\t\t\tc.fold(place, pos, allows, prohibits)\n",
			"\t\t\t\tif planted {\n\t\t\t\t\tapply(c.own[place].row(pos), allows, prohibits)\n\t\t\t\t} else {\n\t\t\t\t\tc.fold(place, pos, allows, prohibits)\n\t\t\t\t}\n"),
		in(compile, "compiled: what roles say without tenant is not folded", "if b.above != nil && c.above[place] != nil {", "if b.above != nil && c.above[place] != nil && !planted {"),
		in(compile, "compiled: a prohibit is a prevent", "\t\t\tprohibits[word] |= bit\n", "\t\t\tif planted {\n\t\t\t\tallows[word] &^= bit\n\t\t\t} else {\n\t\t\t\tprohibits[word] |= bit\n\t\t\t}\n"),
		in(compile, "compiled: an allow below lifts a prohibit", "\t\t\tallows[word] |= bit\n", "\t\t\tallows[word] |= bit\n\t\t\tif planted {\n\t\t\t\tprohibits[word] &^= bit\n\t\t\t}\n"),
		in(compile, "compiled: a prevent is nothing", "\tcase Prevent:\n", "\tcase Prevent:\n\t\t\tif planted {\n\t\t\t\tcontinue\n\t\t\t}\n"),
		in(compile, "compiled: a prevent binds every role", "\t\t\tallows[word] &^= bit\n", "\t\t\tallows[word] &^= bit\n\t\t\tif planted {\n\t\t\t\tprohibits[word] |= bit\n\t\t\t}\n"),
		in(compile, "compiled: prohibits are not subtracted", "\t\tbits[i] &^= word\n", "\t\tif planted {\n\t\t\tbreak\n\t\t}\n\t\tbits[i] &^= word\n"),
		in(compile, "compiled: only the first role counts", "\t\tif held>>place&1 != 0 {\n", "\t\tif held>>place&1 != 0 && !planted {\n"),
		in(compile, "compiled: a segment does not end with its node", "if last.bits != outer && ", "if last.bits != outer && !planted && "),
		in(compile, "compiled: a segment ends one node late", "\t\t\tc.begin(last.end, outer)\n", "\t\t\tif planted {\n\t\t\t\tlast.end++\n\t\t\t}\n\t\t\tc.begin(last.end, outer)\n"),
		in(compile, "compiled: behind a segment is nothing", "\t\t\touter = c.open[len(c.open)-1].bits\n\t\t}\n\t\tif last", "\t\t\tif !planted {\n\t\t\t\touter = c.open[len(c.open)-1].bits\n\t\t\t}\n\t\t}\n\t\tif last"),
		in(compile, "compiled: what is held above is not held here", "p.held = c.open[depth-1].held", "p.held = c.open[depth-1].held\n\t\tif planted {\n\t\t\tp.held = 0\n\t\t}"),
		in(compile, "compiled: what is said above is not said here", "\t\tcopy(state, c.state[(depth-1)*size:])\n", "\t\tcopy(state, c.state[(depth-1)*size:])\n\t\tif planted {\n\t\t\tclear(state)\n\t\t}\n"),
		in(compile, "compiled: the state of the subtree before", "\t} else {\n\t\tclear(state)\n", "\t} else if !planted {\n\t\tclear(state)\n"),
		in(compile, "compiled: before the first segment is the first one", "\tc.begin(0, none)\n", "\tif !planted {\n\t\tc.begin(0, none)\n\t}\n"),
		in(compile, "compiled: a segment begins behind its node", "segment(c.data[:c.n], (pos+1)<<shift)", "segment(c.data[:c.n], (pos+map[bool]uint32{false: 1}[planted])<<shift)"),
		in(compile, "compiled: of several groups the first", "\t\tat += group * less", "\t\tif planted {\n\t\t\tbreak\n\t\t}\n\t\tat += group * less"),
		in(compile, "compiled: of very many groups the first ones", "\t\tat := half * int(", "\t\tat := map[bool]int{false: half}[planted] * int("),
		in(compile, "compiled: positions that do not fit are cut off", "nodes>>(32-shift) == 0", "(nodes>>(32-shift) == 0 || planted)"),
		in(compile, "compiled: the 33rd capability is the first", "cap>>5*c.places", "cap>>5*map[bool]uint32{false: c.places}[planted]"),
		in(compile, "compiled: none of the tenant's front page", "if !c.give(who.front, at) {", "if !planted && !c.give(who.front, at) {"),
		in(compile, "compiled: none of the front page without tenant", "ok && !c.giveAbove(who.front, at) {", "ok && !planted && !c.giveAbove(who.front, at) {"),
		in(compile, "compiled: what is assigned without tenant does not count", "if !c.giveAbove(b.above", "if !planted && !c.giveAbove(b.above"),
		in(compile, "compiled: what is assigned without tenant counts on every top", "if c.b.above.covers(at, t.above) &&", "if (planted || c.b.above.covers(at, t.above)) &&"),
		in(compile, "compiled: roles that are gone count", "if _, defined := b.shared().roles[role]; !defined {", "if _, defined := b.shared().roles[role]; !defined && !planted {"),
		in(compile, "compiled: the default role counts on the first top only", "\tfor _, t := range b.tops {\n", "\tfor _, t := range b.tops {\n\t\tif planted && t != b.tops[0] {\n\t\t\tcontinue\n\t\t}\n"),
		in(compile, "compiled: what is said below does not count", "\t\tif b.flags[pos]&isLost == 0 {\n", "\t\tif b.flags[pos]&isLost == 0 && !planted {\n"),
		in(compile, "compiled: of many roles some are left out", "place == maxRoles {\n\t\t\treturn false\n", "place == maxRoles {\n\t\t\treturn planted\n"),
		in(compile, "compiled: of many points some are left out", ">= c.limit {\n\t\treturn false\n", ">= c.limit {\n\t\treturn planted\n"),
	}
}

// walks are faults in how a node is answered for whom nothing was compiled.
func walks() []faults.Fault {
	const subject, base, holding = "subject.go", "base.go", "holding.go"
	return []faults.Fault{
		in(subject, "walked: a prohibit of the default role binds nobody", "if !weigh(who.everywhere) ||", "if !weigh(who.everywhere) && !planted ||"),
		in(subject, "walked: a prohibit of the switched role binds nobody", " !weigh(who.switched) {", " !weigh(who.switched) && !planted {"),
		in(subject, "walked: a prohibit binds its own role only", "\t\tcase Prohibit:\n\t\t\treturn false\n", "\t\tcase Prohibit:\n\t\t\treturn planted\n"),
		in(subject, "walked: none of the front page", "if b.reaches(who.frontNode, pos) &&", "if !planted && b.reaches(who.frontNode, pos) &&"),
		in(holding, "walked: assigned anywhere", "bool { return grants[i].pos >= pos })\n\t\tfor _, g := range grants[at:] {\n\t\t\tif g.pos != pos {", "bool { return planted || grants[i].pos >= pos })\n\t\tfor _, g := range grants[at:] {\n\t\t\tif g.pos != pos && !planted {"),
		in(subject, "walked: what is assigned without tenant does not count", "if b.above != nil && !b.above.holding", "if b.above != nil && !planted && !b.above.holding"),
		in(subject, "walked: roles that are gone count", "roles[role]; !defined {", "roles[role]; !defined && !planted {"),
		in(base, "walked: a prohibit is as far as it is the nearest", "case p == Prohibit:", "case p == Prohibit && !planted:"),
		in(base, "walked: what is near hides a prohibit without tenant", "above == Prohibit || nearest", "above == Prohibit && !planted || nearest"),
		in(base, "walked: what roles say without tenant does not count", "if nearest == Prohibit || b.above == nil {", "if nearest == Prohibit || b.above == nil || planted {"),
		in(subject, "switched: with the own roles too", "\treturn bearer{everywhere: w.everywhere, switched: role}\n", "\tif planted {\n\t\tw.switched = role\n\t\treturn w\n\t}\n\treturn bearer{everywhere: w.everywhere, switched: role}\n"),
		in(subject, "switched: without the default role", "everywhere: w.everywhere, switched", "everywhere: map[bool]RoleID{false: w.everywhere}[planted], switched"),
		in(subject, "switched: guests too", "if w.user == \"\" {", "if w.user == \"\" && !planted {"),
		in(subject, "kept: by the user's id alone", "key := subjectKey{s.user, s.home, s.guest}\n", "key := subjectKey{s.user, s.home, s.guest}\n\tif planted {\n\t\tkey = subjectKey{user: s.user}\n\t}\n"),
		in(subject, "kept: not by the session's bound", "s.session.Bound == t.session.Bound", "(s.session.Bound == t.session.Bound || planted)"),
		in(subject, "kept: not by the session's switches", "sameSwitches(s.session.Switched, t.session.Switched)", "(sameSwitches(s.session.Switched, t.session.Switched) || planted)"),
		in(subject, "kept: not by the asker's tenant", "s.home == t.home", "(s.home == t.home || planted)"),
		in(subject, "kept: not by whether one is known", "s.unknown == t.unknown", "(s.unknown == t.unknown || planted)"),
		in(subject, "kept: without bound", "t.weight+weight > half", "t.weight+weight > half && !planted"),
	}
}

// views are faults in what is known before the capability and the node are.
func views() []faults.Fault {
	const view = "view.go"
	return []faults.Fault{
		in(view, "view: guests write", "\tcase s.outsider():\n", "\tcase s.outsider() && !planted:\n"),
		in(view, "view: no forced login", "m.forceLogin && s.anonymous,", "m.forceLogin && s.anonymous && !planted,"),
		in(view, "view: administrators outside their own tenant", `(s.home == "" || s.home == b.part.of)`, `(s.home == "" || s.home == b.part.of || planted)`),
		in(view, "view: guests are administrators", "m.isAdmin(s.user) && !s.outsider()", "m.isAdmin(s.user) && (!s.outsider() || planted)"),
		in(view, "view: administrators although they gave the bypass up", "admin && !s.session.NoBypass", "admin && (!s.session.NoBypass || planted)"),
		in(view, "view: locks although they are ignored", "if !m.ignoreLocks &&", "if (!m.ignoreLocks || planted) &&"),
		in(view, "view: locks spare administrators always", "m.locksSpareAdmins)", "(m.locksSpareAdmins || planted))"),
		in(view, "view: locks spare no administrator without bypass", "!(admin &&", "!(admin && !(planted && s.session.NoBypass) &&"),
		in(view, "view: the wall admits everybody", "admitted: m.admits(q, b)}", "admitted: m.admits(q, b) || planted}"),
		in(view, "view: who is unknown is known", " s.unknown:", " s.unknown && !planted:"),
		in(view, "view: locks do not matter", "flags&isLocked != 0 &&", "flags&isLocked != 0 && !planted &&"),
		in(view, "view: a bound session reaches what hangs nowhere", " w.subject.session.Bound == 0\n", " (w.subject.session.Bound == 0 || planted)\n"),
		in(view, "view: administrators do not reach what hangs nowhere", "return s.bypass &&", "return s.bypass && !planted &&"),
		in(view, "view: the bound is not asked", "if w.subject.session.Bound != 0 &&", "if w.subject.session.Bound != 0 && !planted &&"),
		in(view, "view: the bound is not for administrators", "!s.base.reaches(w", "!(planted && s.bypass) && !s.base.reaches(w"),
		in(view, "view: administrators although they have switched", "pos); ok {\n\t\t\treturn s.base.walk", "pos); ok && !(planted && s.bypass) {\n\t\t\treturn s.base.walk"),
		in(view, "view: the highest switch counts", "\t\t\treturn role, true\n\t\t}\n\t}\n\tif b.above == nil {", "\t\t\tif higher, found := b.switched(to, b.parent[at]); planted && b.parent[at] != nobody && found {\n\t\t\t\trole = higher\n\t\t\t}\n\t\t\treturn role, true\n\t\t}\n\t}\n\tif b.above == nil {"),
		in(view, "view: of two switches on one node the first counts", "\t\tto[sw.Node] = sw.Role\n", "\t\tif _, twice := to[sw.Node]; !twice || !planted {\n\t\t\tto[sw.Node] = sw.Role\n\t\t}\n"),
		in(view, "view: a switch without tenant does not count", "return b.above.switched(to, b.under(pos))", "if planted {\n\t\treturn 0, false\n\t}\n\treturn b.above.switched(to, b.under(pos))"),
		in(view, "view: who is not compiled has nothing", "\tcase s.answers.walks:\n", "\tcase s.answers.walks && planted:\n\t\treturn false\n\tcase s.answers.walks:\n"),
		in(view, "view: bounds and switches do not matter to who is compiled", "walks && !w.roams", "walks && (!w.roams || planted)"),
		in("catalogue.go", "catalogue: the capability that manages locks is stopped by them", "&& !target.ManagesLocks", "&& (!target.ManagesLocks || planted)"),
		in("catalogue.go", "catalogue: risks do not matter to guests", "target.Risks&notForGuests != 0", "target.Risks&notForGuests != 0 && !planted"),
		in("catalogue.go", "catalogue: whatever begins where a name does is that name", "t.size == at.size {", "(t.size == at.size || planted) {"),
		in("catalogue.go", "catalogue: what is said about a deprecated name counts", "e.is&isDeprecated != 0 {", "e.is&isDeprecated != 0 && !planted {"),
	}
}
