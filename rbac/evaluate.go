package rbac

import (
	"slices"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// subject is who a question is about.
type subject struct {
	user      string
	home      tenant.ID // whose member; empty for nobody's
	guest     bool
	anonymous bool
	unknown   bool // the application does not know the user any more
	session   Session
}

// outsider reports whether the subject is nobody in particular.
func (s subject) outsider() bool { return s.guest || s.anonymous }

// evaluate answers one question, step by step in the order of the constants of
// type Step. It is the literal form of the rules: whatever else answers
// questions faster is compared with it.
func (m *model) evaluate(sc scene, s subject, capability string, node int64) Decision {
	d := Decision{Capability: capability, Node: node}
	deny := func(step Step) Decision {
		d.Step = step
		return d
	}

	n, found := m.node(node)
	if !found || !m.wall.admits(sc, s, n) {
		return deny(StepWall)
	}

	c, declared := m.capabilities[capability]
	if !declared {
		return deny(StepCapability)
	}
	d.Capability = c.Name

	if m.forceLogin && s.anonymous {
		return deny(StepForcedLogin)
	}
	if s.outsider() && (c.Kind == Write || c.Risks&notForGuests != 0) {
		return deny(StepGuest)
	}

	admin := m.shared.admins[s.user] && !s.outsider() && (s.home == "" || s.home == n.Tenant)
	line, inTree := m.line(n)
	if !m.ignoreLocks && c.Kind == Write && !c.ManagesLocks && (n.Locked || ctxtree.Locked(line)) && !(admin && m.locksSpareAdmins) {
		return deny(StepLock)
	}
	if s.unknown {
		return deny(StepUnknownUser)
	}
	bypass := admin && !s.session.NoBypass
	if !inTree {
		d.Allowed, d.Step = bypass, StepPath
		return d
	}
	if s.session.Bound != 0 && !onLine(line, s.session.Bound) {
		return deny(StepBound)
	}
	switched, isSwitched := switchOn(line, s.session)
	if bypass && !isSwitched {
		d.Allowed, d.Step = true, StepAdmin
		return d
	}

	roles := m.rolesOn(line, s)
	if isSwitched && !s.outsider() { // guests and visitors keep their one role
		roles = m.defined(switched, m.shared.special.DefaultUser)
	}
	return m.weigh(d, line, roles)
}

func onLine(line []ctxtree.Node, id int64) bool {
	return slices.ContainsFunc(line, func(n ctxtree.Node) bool { return n.ID == id })
}

// switchOn returns the role that is switched to on the line: of several that
// on the deepest node, and of several there the last.
func switchOn(line []ctxtree.Node, session Session) (role RoleID, ok bool) {
	for _, n := range slices.Backward(line) {
		for _, sw := range slices.Backward(session.Switched) {
			if sw.Node == n.ID {
				return sw.Role, true
			}
		}
	}
	return 0, false
}

// rolesOn returns the roles that the subject holds at the end of the line,
// each once.
func (m *model) rolesOn(line []ctxtree.Node, s subject) []RoleID {
	special := m.shared.special
	switch {
	case s.anonymous:
		return m.defined(special.NotLoggedIn)
	case s.guest:
		return m.defined(special.Guest)
	}
	roles := []RoleID{special.DefaultUser}
	if onLine(line, special.FrontPageNode) {
		roles = append(roles, special.FrontPage)
	}
	for _, p := range m.parts() {
		for _, a := range p.assignments[s.user] {
			if onLine(line, a.node) {
				roles = append(roles, a.role)
			}
		}
	}
	return m.defined(roles...)
}

// defined returns those of the roles that exist, each once, by number.
func (m *model) defined(roles ...RoleID) []RoleID {
	slices.Sort(roles)
	return slices.DeleteFunc(slices.Compact(roles), func(id RoleID) bool {
		_, ok := m.shared.roles[id]
		return !ok
	})
}

// weigh walks for each role from the end of the line up to the system. Any
// prohibit denies; otherwise one role whose nearest permission is an allow is
// enough.
func (m *model) weigh(d Decision, line []ctxtree.Node, roles []RoleID) Decision {
	d.Step = StepNothing
	for _, role := range roles {
		nearest := Inherit
		for _, n := range slices.Backward(line) {
			permission := m.permission(n.ID, role, d.Capability)
			if permission == Prohibit {
				d.Allowed, d.Step, d.Role, d.At = false, StepProhibit, role, n.ID
				return d
			}
			if nearest != Inherit || permission == Inherit {
				continue
			}
			nearest = permission
			if permission == Allow && !d.Allowed {
				d.Allowed, d.Step, d.Role, d.At = true, StepAllow, role, n.ID
			}
		}
	}
	return d
}
