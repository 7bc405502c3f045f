package rbac

import (
	"context"
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

// decide answers the question that ctx and the arguments make up, in the plain
// form. The Decision is that of a question without an answer where the error is
// not nil.
func (c *Checker) decide(ctx context.Context, capability string, node int64) (Decision, error) {
	q, m, err := c.asked(ctx, node)
	if err != nil {
		return Decision{Capability: capability, Node: node}, err
	}
	return m.evaluate(q.scene, q.subject, capability, node), nil
}

// asked returns the question that ctx holds, and what is needed to answer it
// about the node.
func (c *Checker) asked(ctx context.Context, node int64) (question, *model, error) {
	q, err := c.question(ctx)
	if err != nil {
		return question{}, nil, err
	}
	m, err := c.model(ctx, q.scene, node)
	return q, m, err
}

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

	admin := m.isAdmin(s.user) && !s.outsider() && (s.home == "" || s.home == n.Tenant)
	line, inTree := m.line(n)
	if !m.ignoreLocks && c.Kind == Write && !c.ManagesLocks && (n.Locked || ctxtree.Locked(line)) && !(admin && m.locksSpareAdmins) {
		return deny(StepLock)
	}
	if s.unknown {
		return deny(StepUnknownUser)
	}
	bypass := admin && !s.session.NoBypass
	if !inTree {
		// Where it is cannot be known, so it is outside of every bound.
		d.Allowed, d.Step = bypass && s.session.Bound == 0, StepPath
		return d
	}
	if s.session.Bound != 0 && !onLine(line, s.session.Bound) {
		return deny(StepBound)
	}
	if _, switched := switchOn(line, s.session); bypass && !switched {
		d.Allowed, d.Step = true, StepAdmin
		return d
	}
	return m.weigh(d, line, m.considered(line, s))
}

// considered returns the roles that are weighed: the subject's own, or where
// one is switched to, that one and the default user role. Guests and visitors
// cannot switch: they keep their one role.
func (m *model) considered(line []ctxtree.Node, s subject) []RoleID {
	if role, switched := switchOn(line, s.session); switched && !s.outsider() {
		return m.defined(role, m.special().DefaultUser)
	}
	return m.rolesOn(line, s)
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
	special := m.special()
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
	for a := range m.holds(s.user) {
		if onLine(line, a.node) {
			roles = append(roles, a.role)
		}
	}
	return m.defined(roles...)
}

// defined returns those of the roles that exist, each once, by number.
func (m *model) defined(roles ...RoleID) []RoleID {
	slices.Sort(roles)
	return slices.DeleteFunc(slices.Compact(roles), func(id RoleID) bool {
		_, ok := m.role(id)
		return !ok
	})
}

// weigh hears each role. Any prohibit denies; otherwise one role that allows is
// enough.
func (m *model) weigh(d Decision, line []ctxtree.Node, roles []RoleID) Decision {
	d.Step = StepNothing
	for _, role := range roles {
		switch permission, at := m.says(line, role, d.Capability); {
		case permission == Prohibit:
			d.Allowed, d.Step, d.Role, d.At = false, StepProhibit, role, at
			return d
		case permission == Allow && !d.Allowed:
			d.Allowed, d.Step, d.Role, d.At = true, StepAllow, role, at
		}
	}
	return d
}

// says walks from the end of the line up to the system. It returns what the
// role says there, and on which node: its nearest permission, but a prohibit
// wherever it stands. Inherit is nothing at all.
func (m *model) says(line []ctxtree.Node, role RoleID, capability string) (permission Permission, at int64) {
	for _, n := range slices.Backward(line) {
		switch here := m.permission(n.ID, role, capability); {
		case here == Prohibit:
			return Prohibit, n.ID
		case permission == Inherit && here != Inherit:
			permission, at = here, n.ID
		}
	}
	return permission, at
}
