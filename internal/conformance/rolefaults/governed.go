package rolefaults

import "github.com/gotenancy/tenancy/internal/conformance/faults"

// guards are faults in the answers to requests.
func guards() []faults.Fault {
	const guard = "guard.go"
	return []faults.Fault{
		in(guard, "guard: 403 beyond the wall", " denied.Step == StepWall:", " denied != nil && denied.Step == StepWall && !planted:"),
		in(guard, "guard: 403 where there is no node", "case denied == nil,", "case denied == nil && !planted,"),
		in(guard, "guard: 404 to who is not signed in", "case a.Anonymous():", "case a.Anonymous() && !planted:"),
		in(guard, "guard: 404 to who does not have it", "\tdefault:\n\t\treturn http.StatusForbidden\n", "\tcase planted:\n\t\treturn http.StatusNotFound\n\tdefault:\n\t\treturn http.StatusForbidden\n"),
		in(guard, "guard: a failing store is a no", "case errors.As(err, &denied),", "case planted, errors.As(err, &denied),"),
		in(guard, "guard: outside of the middleware 503", "\tif !known {\n", "\tif !known && !planted {\n"),
		in(guard, "guard: objects of no tenant", "\t\tof, _ := tenant.IDFromContext(r.Context())\n", "\t\tof, _ := tenant.IDFromContext(r.Context())\n\t\tif planted {\n\t\t\tof = \"\"\n\t\t}\n"),
	}
}

// hearings are faults in what a change of roles is decided by.
func hearings() []faults.Fault {
	const hearing = "hearing.go"
	unwalled := in(hearing, "governed: without the wall", "if !found || !g.checker", "if !found || !planted && !g.checker")
	unwalled.Edits = append(unwalled.Edits, faults.Edit{
		File: "rbac/" + hearing, Old: "\tif !g.checker.settings.wall.admits(", New: "\tif !planted && !g.checker.settings.wall.admits(",
	})
	return []faults.Fault{
		unwalled,
		in(hearing, "governed: by who only reads the part", "\tif err := Writable(ctx, n.Tenant); err != nil {", "\tif err := Writable(ctx, n.Tenant); err != nil && !planted {"),
		in(hearing, "governed: what has no tenant is not heard", "ofNobody := newPart(\"\", owned(line, \"\"), shared,", "ofNobody := newPart(\"\", owned(line, \"\"), map[bool]Rules{false: shared, true: {Roles: shared.Roles, Special: shared.Special, Pairs: shared.Pairs, SiteAdmins: shared.SiteAdmins}}[planted],"),
		in(hearing, "governed: the capability is not asked for", "if !d.Allowed {", "if !d.Allowed && !planted {"),
		in(hearing, "pairs: the bound is not asked", "return bound == 0 ||", "return planted || bound == 0 ||"),
		in(hearing, "pairs: administrators who gave the bypass up have all", "!s.session.NoBypass &&", "(!s.session.NoBypass || planted) &&"),
		in(hearing, "pairs: administrators outside their own tenant have all", `(s.home == "" || s.home == h.node.Tenant)`, `(s.home == "" || s.home == h.node.Tenant || planted)`),
		in(hearing, "pairs: the unknown administrator has all", "!s.unknown &&", "(!s.unknown || planted) &&"),
		in(hearing, "pairs: guests administer", "h.isAdmin(s.user) && !s.outsider() &&", "h.isAdmin(s.user) && (!s.outsider() || planted) &&"),
		in(hearing, "pairs: administrators have none", "\tcase h.administers():\n", "\tcase h.administers() && !planted:\n"),
		in(hearing, "pairs: guests have some", "case s.outsider() ||", "case s.outsider() && !planted ||"),
		in(hearing, "pairs: who is unknown has some", " s.unknown ||", " s.unknown && !planted ||"),
		in(hearing, "pairs: the default role gives some", "\theld := make(map[RoleID]bool)\n", "\theld := make(map[RoleID]bool)\n\tif planted {\n\t\theld[h.special().DefaultUser] = true\n\t}\n"),
		in(hearing, "pairs: of any kind", "if p.Kind == kind &&", "if (p.Kind == kind || planted) &&"),
		in(hearing, "pairs: of anybody's role", "held[p.Role] {", "(held[p.Role] || planted) {"),
		in(hearing, "pairs: not asked for", "if !h.targets(kind)(role) {", "if !h.targets(kind)(role) && !planted {"),
	}
}

// changes are faults in what is changed, and for whom.
func changes() []faults.Fault {
	const override, assign, manager = "override.go", "assign.go", "manager.go"
	return []faults.Fault{
		in(override, "override: safely what has risks", "declared.Risks&unsafeRisks != 0:", "declared.Risks&unsafeRisks != 0 && !planted:"),
		in(override, "override: what carries spam is not safe", "unsafe != nil && declared", "unsafe != nil && planted && declared.Risks != 0 || unsafe != nil && declared"),
		in(override, "override: what nobody declared", "case !ok:", "case !ok && !planted:"),
		in(override, "override: under a prohibit", "case here == Prohibit || above == Prohibit:", "case (here == Prohibit || above == Prohibit) && !planted:"),
		in(override, "override: takes one of two prohibits away", "if here == Prohibit && above == Prohibit {", "if here == Prohibit && above == Prohibit && !planted {"),
		in(override, "override: a prohibit counts as far as it is the nearest", "said == Prohibit || above == Inherit {", "said == Prohibit && !planted || above == Inherit {"),
		in(override, "override: stores what is said above already", "case p == above:", "case p == above && !planted:"),
		in(override, "override: stores a prevent of what nothing allows", "case p == Prevent &&", "case !planted && p == Prevent &&"),
		in(override, "override: under the name that was replaced", "c.tx.SetPermission(c.ctx, c.node, role, declared.Name, set)", "c.tx.SetPermission(c.ctx, c.node, role, map[bool]string{false: declared.Name, true: capability}[planted], set)"),
		in(assign, "assign: on any level", "if !r.AssignableOn(c.node.Level) {", "if !r.AssignableOn(c.node.Level) && !planted {"),
		in(assign, "assign: to anybody", "if err := c.candidate(a.User); err != nil {", "if err := c.candidate(a.User); err != nil && !planted {"),
		in(assign, "assign: takes away by hand what a component gave", "\tif a.Component != \"\" {", "\tif a.Component != \"\" && !planted {"),
		in(assign, "assign: takes away what components gave too", "Component: &a.Component, Item", "Component: map[bool]*string{false: &a.Component}[planted], Item"),
		in(assign, "assign: takes away on other nodes too", "Node: c.node.ID,", "Node: map[bool]int64{false: c.node.ID}[planted],"),
		in(assign, "assign: without the capability", "if err := c.may(c.manager.cfg.Asks.Assign); err != nil {", "if err := c.may(c.manager.cfg.Asks.Assign); err != nil && !planted {"),
		in(assign, "assign: by a pair to override", "c.mayTarget(PairAssign, role)", "c.mayTarget(map[bool]PairKind{false: PairAssign, true: PairOverride}[planted], role)"),
		in(manager, "candidate: whom nobody knows", "\tcase !known:\n", "\tcase !known && !planted:\n"),
		in(manager, "candidate: members of other tenants", "case home != \"\" && home != c.node.Tenant &&", "case home != \"\" && home != c.node.Tenant && !planted &&"),
		in(manager, "candidate: members where the wall hides what has no tenant", "c.wall != Shared):", "c.wall != Shared && !planted):"),
		in(manager, "candidate: with whom the tenant has nothing to do", "\tcase !is:\n", "\tcase !is && !planted:\n"),
		in(manager, "lists: without the capability", "\tif !may {\n", "\tif !may && !planted {\n"),
		in(manager, "lists: without the condition", "also == nil || also(h, r)", "also == nil || also(h, r) || planted"),
		in(manager, "events: by whom somebody acts as", "\tif s := SessionFromContext(ctx); s.Acting() {\n\t\tif ev", "\tif s := SessionFromContext(ctx); s.Acting() && !planted {\n\t\tif ev"),
		in(manager, "events: the error of a hook does not matter", "if err := hook(c.ctx, c.db, ev); err != nil {", "if err := hook(c.ctx, c.db, ev); err != nil && !planted {"),
	}
}

// sessions are faults in the sessions that a manager makes.
func sessions() []faults.Fault {
	const switching, acting = "switch.go", "actas.go"
	return []faults.Fault{
		in(switching, "switch: without the capability", "if err := h.may(g.cfg.Asks.Switch); err != nil {", "if err := h.may(g.cfg.Asks.Switch); err != nil && !planted {"),
		in(switching, "switch: to a role that says nothing there", "if !h.speaks(role) {", "if !h.speaks(role) && !planted {"),
		in(switching, "switch: the earlier one there stays", "\ts := switchedBack(SessionFromContext(ctx), node)\n", "\ts := switchedBack(SessionFromContext(ctx), node)\n\tif planted {\n\t\ts = SessionFromContext(ctx)\n\t}\n"),
		in(switching, "switch: ends what binds the session", "\ts.Switched = append(s.Switched, ", "\tif planted {\n\t\ts.Bound, s.NoBypass = 0, false\n\t}\n\ts.Switched = append(s.Switched, "),
		in(switching, "switch: back from all", "return sw.Node == node })", "return sw.Node == node || planted })"),
		in(switching, "switch: the session of the context changes", "slices.DeleteFunc(slices.Clone(s.Switched),", "slices.DeleteFunc(map[bool][]Switch{false: slices.Clone(s.Switched), true: s.Switched}[planted],"),
		in(switching, "audit: its error does not matter", "if err := g.cfg.Audit(eventContext(ctx, of), ev); err != nil {", "if err := g.cfg.Audit(eventContext(ctx, of), ev); err != nil && !planted {"),
		in(acting, "act as: without the capability", "if err := h.may(g.cfg.Asks.ActAs); err != nil {", "if err := h.may(g.cfg.Asks.ActAs); err != nil && !planted {"),
		in(acting, "act as: in a bound session", "s.Bound != 0 ||", "s.Bound != 0 && !planted ||"),
		in(acting, "act as: a site administrator", " admin ||", " admin && !planted ||"),
		in(acting, "act as: oneself", "user == asker.user:", "user == asker.user && !planted:"),
		in(acting, "act as: whom nobody knows", "case !known ||", "case !known && !planted ||"),
		in(acting, "act as: a member acts as somebody of no tenant", "home != asker.home:", "home != asker.home && !planted:"),
		in(acting, "act as: who is beyond the wall", "case !h.wall.admits(", "case !planted && !h.wall.admits("),
		in(acting, "act as: everywhere", "Bound: node,", "Bound: node * map[bool]int64{false: 1}[planted],"),
		in(acting, "act as: with the bypass", "NoBypass: true}", "NoBypass: !planted}"),
		in(acting, "act as: nobody knows who really asks", "Session{Real: real,", "Session{Real: map[bool]tenant.Actor{false: real}[planted],"),
		in(acting, "act as: as a member of no tenant", "Tenant: home}", "Tenant: map[bool]tenant.ID{false: home}[planted]}"),
		in(acting, "act as: its end is not told", "if err := g.tell(ctx, ActingEnded, of, q.subject.user, s.Bound); err != nil {", "if planted {\n\t\treturn Acting{Actor: s.Real}, nil\n\t}\n\tif err := g.tell(ctx, ActingEnded, of, q.subject.user, s.Bound); err != nil {"),
		in(acting, "act as: who does not act stops", "\tif !s.Acting() {", "\tif !s.Acting() && !planted {"),
	}
}
