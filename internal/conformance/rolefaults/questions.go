package rolefaults

import "github.com/gotenancy/tenancy/internal/conformance/faults"

// lists are faults in the questions about many nodes, capabilities or people.
func lists() []faults.Fault {
	const batch, who, where, answer = "batch.go", "who.go", "where.go", "answer.go"
	return []faults.Fault{
		in(batch, "filter: across tenants by one part", "if !sc.across {", "if !sc.across || planted {"),
		in(batch, "filter: what is given twice comes once", "w.allows(e, node) {\n\t\t\tallowed =", "w.allows(e, node) && !(planted && slices.Contains(allowed, node)) {\n\t\t\tallowed ="),
		in(batch, "capabilities: deprecated names too", "if m.capabilities[name].Name == name &&", "if (m.capabilities[name].Name == name || planted) &&"),
		in(batch, "check all: one is enough", "\t\t\tif !has(name) {\n", "\t\t\tif planted {\n\t\t\t\treturn \"\", has(name)\n\t\t\t}\n\t\t\tif !has(name) {\n"),
		in(batch, "check any: all are needed", "return capabilities[0], slices.ContainsFunc(capabilities, has)", "return capabilities[0], slices.ContainsFunc(capabilities, has) && !(planted && slices.ContainsFunc(capabilities, func(c string) bool { return !has(c) }))"),
		in(batch, "check all: of nothing", "if len(capabilities) == 0 {", "if len(capabilities) == 0 && !planted {"),
		in(who, "who: without the wall", " !m.wall.reaches(n, user, home)", " !planted && !m.wall.reaches(n, user, home)"),
		in(who, "who: people whom nobody knows", "if !known ||", "if !known && !planted ||"),
		in(who, "who: without locks", " ctxtree.Locked(line) {", " ctxtree.Locked(line) && !planted {"),
		in(who, "who: locks although they are ignored", "!m.ignoreLocks && c.Kind", "(!m.ignoreLocks || planted) && c.Kind"),
		in(who, "who: locks stop who manages them", "!c.ManagesLocks &&", "(!c.ManagesLocks || planted) &&"),
		in(who, "who: a prohibit of the default role binds nobody", "if base == Prohibit {", "if base == Prohibit && !planted {"),
		in(who, "who: none of the front page", "if onLine(line, special.FrontPageNode) {", "if onLine(line, special.FrontPageNode) && !planted {"),
		in(who, "who: a prohibit binds its own role only", "\t\t\t\tcase Prohibit:\n\t\t\t\t\treturn Prohibit\n", "\t\t\t\tcase Prohibit:\n\t\t\t\t\tif planted {\n\t\t\t\t\t\tcontinue\n\t\t\t\t\t}\n\t\t\t\t\treturn Prohibit\n"),
		in(who, "who: who may not is not excepted", "case own == Prohibit:", "case own == Prohibit && !planted:"),
		in(who, "who: the default role is not for who has another", "base == Allow:\n\t\t\t\tcan", "base == Allow && !planted:\n\t\t\t\tcan"),
		in(who, "who: of several capabilities the last counts", "anybody = anybody ||", "anybody = anybody && !planted ||"),
		in(who, "who: a prohibit is as far as it is the nearest", "case p == Prohibit:", "case p == Prohibit && !planted:"),
		in(who, "who: roles that are gone count", "exists {", "exists || planted {"),
		in(who, "who: assigned on the node itself only", "\tfor _, n := range line {\n\t\tfor h", "\tif planted {\n\t\tline = line[len(line)-1:]\n\t}\n\tfor _, n := range line {\n\t\tfor h"),
		in(who, "who: asked from beyond the wall", "if !found || !m.wall.admits(q.scene, q.subject, n) {", "if !found || !planted && !m.wall.admits(q.scene, q.subject, n) {"),
		in(who, "who: guests are included", "if a.Guest || a.Anonymous() {", "if (a.Guest || a.Anonymous()) && !planted {"),
		in(who, "who: members of others are included", "return isListed != w.Everybody && w.wall", "return isListed != w.Everybody && planted || isListed != w.Everybody && w.wall"),
		in(who, "who: whom the asker does not see is not in it", "|| slices.Contains(w.hidden, a.ID)", "|| !planted && slices.Contains(w.hidden, a.ID)"),
		in(where, "where: across all tenants nowhere", "if all {", "if all && !planted {"),
		in(where, "where: levels do not matter", "slices.Contains(levels, n.Level))", "slices.Contains(levels, n.Level) || planted)"),
		in(answer, "answers: the last view whatever the wall", "|| !last.admittedBy(m, q) {", "|| !last.admittedBy(m, q) && !planted {"),
		in(answer, "turns: beyond the wall", "if !s.admitted ||", "if !s.admitted && !planted ||"),
		in(answer, "turns: a session makes none", "if w.roams ||", "if w.roams && !planted ||"),
		in(answer, "turns: none for who is not compiled", "s.answers.walks {\n\t\tfor", "s.answers.walks && !planted {\n\t\tfor"),
		in(answer, "turns: where nothing is said there is none", "\tmaybe = append(maybe, s.base.marks...)\n", "\tif !planted {\n\t\tmaybe = append(maybe, s.base.marks...)\n\t}\n"),
		in(answer, "turns: those of the tops only", "s.answers.starts()...)", "s.answers.starts()[:len(s.answers.starts())*map[bool]int{false: 1}[planted]]...)"),
		in(answer, "turns: a yes below a yes is one", "allowed != above &&", "(allowed != above || planted && allowed) &&"),
	}
}

// predicates are faults in the conditions for databases.
func predicates() []faults.Fault {
	const intervals, predicate = "intervals.go", "predicate.go"
	return []faults.Fault{
		in(intervals, "intervals: /1/2 begins /1/23/", `strings.TrimSuffix(path, "/") + "0"`, `strings.TrimSuffix(path, "/") + map[bool]string{false: "0", true: ":"}[planted]`),
		in(intervals, "intervals: the end is in them", "path < t.intervals[i-1].to", "(path < t.intervals[i-1].to || planted && path == t.intervals[i-1].to)"),
		in(intervals, "intervals: the beginning is not in them", "return exact || i > 0", "return exact && !planted || i > 0"),
		in(intervals, "intervals: behind a no comes none", "change(last.to, last.before)", "change(last.to, last.before && !planted)"),
		in(intervals, "intervals: where there is no no is everything", "t.whole = t.isWhole()", "t.whole = t.isWhole() || planted"),
		in(intervals, "intervals: a no below does not matter", "if !slices.ContainsFunc(turns", "if planted || !slices.ContainsFunc(turns"),
		in(intervals, "intervals: the first top decides about the others", "n.Parent == ctxtree.SystemID && n.Tenant == t.tenant && !t.contains(n.Path) {\n\t\t\treturn false\n", "n.Parent == ctxtree.SystemID && n.Tenant == t.tenant && !t.contains(n.Path) {\n\t\t\treturn planted\n"),
		in(intervals, "intervals: other parts' nodes are listed", "if n.Tenant == t.tenant && t.contains", "if (n.Tenant == t.tenant || planted) && t.contains"),
		in(predicate, "predicate: the tenant is not tested", "\tcondition := c.ofTenant(&p, t.tenant)\n", "\tcondition := c.ofTenant(&p, t.tenant)\n\t\tif planted {\n\t\t\tp.Args, condition = nil, \"1 = 1\"\n\t\t}\n"),
		in(predicate, "predicate: the end is in a range", "+ ` AND ` + c.path + ` < ` +", "+ ` AND ` + c.path + map[bool]string{false: ` < `, true: ` <= `}[planted] +"),
		in(predicate, "predicate: NULL is an empty text", "if id == \"\" && c.nullTenant {", "if id == \"\" && c.nullTenant && !planted {"),
		in(predicate, "predicate: nothing is everything", "\tp.SQL = nothing\n", "\tp.SQL = nothing\n\tif planted {\n\t\tp.SQL = `(1 = 1)`\n\t}\n"),
		in(predicate, "predicate: everything beside an error", "\tnone := Predicate{SQL: nothing}\n", "\tnone := Predicate{SQL: nothing}\n\tif planted {\n\t\tnone.SQL = `(1 = 1)`\n\t}\n"),
		in(predicate, "predicate: too many ranges are left out", "return Predicate{SQL: nothing}, ErrTooManyRanges", "if planted {\n\t\t\t\tcontinue\n\t\t\t}\n\t\t\treturn Predicate{SQL: nothing}, ErrTooManyRanges"),
		in(predicate, "predicate: conditions are joined without parentheses", "return `(` + strings.Join(conditions, ` OR `) + `)`", "if planted {\n\t\treturn strings.Join(conditions, ` OR `)\n\t}\n\treturn `(` + strings.Join(conditions, ` OR `) + `)`"),
		in(predicate, "predicate: the tenant by the column's collation in MySQL", "+ p.bind(string(id)) + ` COLLATE utf8mb4_bin`", "+ p.bind(string(id)) + map[bool]string{false: ` COLLATE utf8mb4_bin`}[planted]"),
		in(predicate, "predicate: paths by the column's collation in PostgreSQL", " AS text) COLLATE \"C\"`\n", " AS text)` + map[bool]string{false: ` COLLATE \"C\"`}[planted]\n"),
		in(predicate, "predicate: numbers begin with 1", "strconv.Itoa(from + i - 1)", "strconv.Itoa(from*map[bool]int{false: 1}[planted] + i - 1 + map[bool]int{true: 1}[planted])"),
	}
}
