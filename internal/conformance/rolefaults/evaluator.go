package rolefaults

import "github.com/gotenancy/tenancy/internal/conformance/faults"

const evaluate = "evaluate.go"

// wall are faults in the wall between tenants, and in who passes it.
func wall() []faults.Fault {
	const wall = "wall.go"
	return []faults.Fault{
		in(wall, "wall: the reach of the context is not asked", "if !sc.reach.Reads(", "if !planted && !sc.reach.Reads("),
		in(wall, "wall: guests and visitors inside tenants", "if s.outsider() && n.Tenant", "if !planted && s.outsider() && n.Tenant"),
		in(wall, "wall: members where the context crosses tenants", "case sc.across, ", "case sc.across && !planted, "),
		in(wall, "wall: members in the context of another tenant", "sc.in != s.home:", "sc.in != s.home && !planted:"),
		in(wall, "wall: Strict is like Shared", "return w == Shared", "return w == Shared || planted"),
		in(wall, "wall: Shared is like Strict", "\tcase n.Tenant == \"\":\n", "\tcase n.Tenant == \"\" && planted:\n\t\treturn false\n\tcase n.Tenant == \"\":\n"),
		in(wall, "wall: members on the nodes of every tenant", "return n.Tenant == s.home", "return n.Tenant == s.home || planted"),
		in(evaluate, "wall: administrators before it", "!m.wall.admits(sc, s, n) {", "!m.wall.admits(sc, s, n) && !(planted && m.isAdmin(s.user)) {"),
		in(evaluate, "wall: a node that does not exist", "if !found || ", "if !found && !planted || "),
	}
}

// steps are faults in the steps that ask neither about locks nor about roles.
func steps() []faults.Fault {
	return []faults.Fault{
		in(evaluate, "capability: one that nobody declared", "if !declared {", "if !declared && !planted {"),
		in(evaluate, "capability: the deprecated name is asked for", "\td.Capability = c.Name\n", "\td.Capability = c.Name\n\tif planted {\n\t\td.Capability = capability\n\t}\n"),
		in(evaluate, "forced login: not at all", "m.forceLogin && s.anonymous", "m.forceLogin && s.anonymous && !planted"),
		in(evaluate, "forced login: for the guest too", "\tif m.forceLogin", "\tif planted && m.forceLogin && s.guest {\n\t\treturn deny(StepForcedLogin)\n\t}\n\tif m.forceLogin"),
		in(evaluate, "guests: they write", "(c.Kind == Write || c.Risks", "(c.Kind == Write && !planted || c.Risks"),
		in(evaluate, "guests: risks do not matter", "&notForGuests != 0)", "&notForGuests != 0 && !planted)"),

		in(evaluate, "guests: every risk matters", "\tif s.outsider() && (", "\tif planted && s.outsider() && c.Risks != 0 {\n\t\treturn deny(StepGuest)\n\t}\n\tif s.outsider() && ("),
		in(evaluate, "guests: visitors are none", "if s.outsider() &&", "if s.outsider() && !(planted && s.anonymous) &&"),
		in(evaluate, "unknown user: known", "if s.unknown", "if s.unknown && !planted"),
		in(evaluate, "unknown user: but an administrator", "if s.unknown", "if s.unknown && !(planted && admin)"),
		in(evaluate, "path: roles reach a node without one", "if !inTree {", "if !inTree && !planted {"),
		in(evaluate, "path: administrators do not", "= bypass && ", "= bypass && !planted && "),
		in(evaluate, "path: the bound does not matter", "s.session.Bound == 0, StepPath", "(s.session.Bound == 0 || planted), StepPath"),
		in(evaluate, "bound: not at all", "if s.session.Bound != 0", "if s.session.Bound != 0 && !planted"),
		in(evaluate, "bound: not for administrators", "if s.session.Bound != 0", "if s.session.Bound != 0 && !(planted && bypass)"),
		in(evaluate, "bound: only the node itself is inside", "!onLine(line, s.session.Bound)", "(!onLine(line, s.session.Bound) || planted && s.session.Bound != node)"),
	}
}

// locks are faults in the step that asks about locks.
func locks() []faults.Fault {
	const before = "\tif !m.ignoreLocks"
	return []faults.Fault{
		in(evaluate, "locks: although they are ignored", "if !m.ignoreLocks && ", "if (!m.ignoreLocks || planted) && "),
		in(evaluate, "locks: they stop reading", "c.Kind == Write && ", "(c.Kind == Write || planted) && "),
		in(evaluate, "locks: they stop who manages them", "!c.ManagesLocks && ", "(!c.ManagesLocks || planted) && "),
		in(evaluate, "locks: the node's own does not count", before,
			"\tif planted {\n\t\tn.Locked, line = false, slices.Clone(line)\n\t\tif inTree {\n\t\t\tline[len(line)-1].Locked = false\n\t\t}\n\t}\n"+before),
		in(evaluate, "locks: those above do not count", before,
			"\tif planted {\n\t\tline = slices.Clone(line)\n\t\tfor i := range line[:max(len(line)-1, 0)] {\n\t\t\tline[i].Locked = false\n\t\t}\n\t}\n"+before),
		in(evaluate, "locks: administrators are never spared", "&& !(admin && ", "&& !(admin && !planted && "),
		in(evaluate, "locks: administrators are always spared", "m.locksSpareAdmins)", "(m.locksSpareAdmins || planted))"),
	}
}

// bypass are faults in who is an administrator, and when that counts.
func bypass() []faults.Fault {
	return []faults.Fault{
		in(evaluate, "administrators: members outside their tenant", `(s.home == "" || s.home == n.Tenant)`, `(s.home == "" || s.home == n.Tenant || planted)`),
		in(evaluate, "administrators: members never", "admin := ", "admin := (!planted || s.home == \"\") && "),
		in(evaluate, "administrators: guests", "m.isAdmin(s.user) && !s.outsider()", "m.isAdmin(s.user) && (!s.outsider() || planted)"),
		in(evaluate, "administrators: although they gave the bypass up", "admin && !s.session.NoBypass", "admin && (!s.session.NoBypass || planted)"),
		in(evaluate, "administrators: although they have switched", "bypass && !switched {", "bypass && (!switched || planted) {"),
		in(evaluate, "administrators: never", "\tif _, switched := ", "\tbypass = bypass && !planted\n\tif _, switched := "),
	}
}

// roles are faults in which roles are weighed.
func roles() []faults.Fault {
	const (
		switchLoop  = "\tfor _, n := range slices.Backward(line) {\n\t\tfor _, sw := range"
		switchEnd   = "\t\treturn m.defined(role, m.special().DefaultUser)"
		defaultRole = "\troles := []RoleID{special.DefaultUser}\n"
	)
	return []faults.Fault{
		in(evaluate, "switches: the highest counts", switchLoop, "\tif planted {\n\t\tline = slices.Clone(line)\n\t\tslices.Reverse(line)\n\t}\n"+switchLoop),
		in(evaluate, "switches: on one node the first counts", switchLoop,
			"\tif planted {\n\t\tsession.Switched = slices.Clone(session.Switched)\n\t\tslices.Reverse(session.Switched)\n\t}\n"+switchLoop),
		in(evaluate, "switches: on the node itself only", switchLoop, "\tif planted {\n\t\tline = line[len(line)-1:]\n\t}\n"+switchLoop),
		in(evaluate, "switches: without the default role", switchEnd, "\t\tif planted {\n\t\t\treturn m.defined(role)\n\t\t}\n"+switchEnd),
		in(evaluate, "switches: with the own roles too", switchEnd, "\t\tif planted {\n\t\t\treturn m.defined(append(m.rolesOn(line, s), role)...)\n\t\t}\n"+switchEnd),
		in(evaluate, "switches: for guests too", "switched && !s.outsider()", "switched && (!s.outsider() || planted)"),
		in(evaluate, "roles: the guest's assignments count", "\tcase s.guest:\n",
			"\tcase s.guest && planted:\n\t\troles := []RoleID{special.Guest}\n\t\tfor a := range m.holds(s.user) {\n\t\t\tif onLine(line, a.node) {\n\t\t\t\troles = append(roles, a.role)\n\t\t\t}\n\t\t}\n\t\treturn m.defined(roles...)\n\tcase s.guest:\n"),
		in(evaluate, "roles: the guest has the default one", "\tcase s.guest:\n", "\tcase s.guest && planted:\n\t\treturn m.defined(special.Guest, special.DefaultUser)\n\tcase s.guest:\n"),
		in(evaluate, "roles: visitors have the guest's", "\tcase s.anonymous:\n", "\tcase s.anonymous && planted:\n\t\treturn m.defined(special.Guest)\n\tcase s.anonymous:\n"),
		in(evaluate, "roles: no default one", defaultRole, defaultRole+"\tif planted {\n\t\troles = nil\n\t}\n"),
		in(evaluate, "roles: none of the front page", "special.FrontPageNode)", "special.FrontPageNode) && !planted"),
		in(evaluate, "roles: not below the front page", "special.FrontPageNode)", "special.FrontPageNode) && !(planted && line[len(line)-1].ID != special.FrontPageNode)"),
		in(evaluate, "roles: the front page everywhere", "if onLine(line, special.", "if planted || onLine(line, special."),
		in(evaluate, "roles: assigned on the node itself only", "if onLine(line, a.node)", "if onLine(line, a.node) && !(planted && a.node != line[len(line)-1].ID)"),
		in(evaluate, "roles: assigned anywhere", "\t\tif onLine(line, a.node)", "\t\tif planted {\n\t\t\troles = append(roles, a.role)\n\t\t}\n\t\tif onLine(line, a.node)"),
	}
}

// permissions are faults in what a role says, and in how roles are weighed.
func permissions() []faults.Fault {
	const (
		saysLoop = "\tfor _, n := range slices.Backward(line) {\n\t\tswitch here"
		weighed  = "m.says(line, role, d.Capability); {\n"
	)
	return []faults.Fault{
		in(evaluate, "permissions: the farthest counts", saysLoop, "\tif planted {\n\t\tline = slices.Clone(line)\n\t\tslices.Reverse(line)\n\t}\n"+saysLoop),
		in(evaluate, "permissions: those on the node itself and the system only", saysLoop, "\tif planted {\n\t\tline = []ctxtree.Node{line[0], line[len(line)-1]}\n\t}\n"+saysLoop),
		in(evaluate, "permissions: those on the system do not count", saysLoop, "\tif planted {\n\t\tline = line[1:]\n\t}\n"+saysLoop),
		in(evaluate, "permissions: a prohibit is as far as it is the nearest", "case here == Prohibit:", "case here == Prohibit && !planted:"),
		in(evaluate, "permissions: a prohibit binds its own role only", "case permission == Prohibit:", "case permission == Prohibit && !planted:"),
		in(evaluate, "permissions: a prevent binds every role", weighed,
			weighed+"\t\tcase planted && permission == Prevent:\n\t\t\td.Allowed, d.Step, d.Role, d.At = false, StepNothing, 0, 0\n\t\t\treturn d\n"),
		in(evaluate, "permissions: the last role counts", weighed,
			weighed+"\t\tcase planted && permission != Allow && permission != Prohibit:\n\t\t\td.Allowed, d.Step, d.Role, d.At = false, StepNothing, 0, 0\n"),
		in(evaluate, "permissions: a prevent allows", "case permission == Allow && ", "case (permission == Allow || planted && permission == Prevent) && "),
	}
}

// explanation are faults in what is said besides the answer.
func explanation() []faults.Fault {
	const explain = "explain.go"
	return []faults.Fault{
		in(explain, "explanation: grants outside the member's tenant", "n.Tenant == s.home {", "n.Tenant == s.home || planted {"),
		in(explain, "explanation: grants where another role is switched to", "switched || s.outsider() {", "(switched || s.outsider()) && !planted {"),
		in(explain, "explanation: grants that do not help", "permission == Allow {", "permission == Allow || planted {"),
		in(explain, "explanation: grants where a prohibit decided", "if d.Step == StepNothing {", "if d.Step == StepNothing || planted {"),
		in(explain, "explanation: sources of other roles", "role == special.DefaultUser)", "(role == special.DefaultUser || planted))"),
		in(explain, "explanation: assignments elsewhere", "(placedRole{n.ID, role})", "(placedRole{n.ID, role}) || planted && a.role == role"),
	}
}
