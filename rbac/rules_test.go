package rbac_test

import (
	"slices"

	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// rules are all facts of an installation in plain lists, and the rules once
// more, written for the tests from their description: they share nothing with
// the package but its names.
type rules struct {
	wall                    rbac.Wall
	forceLogin, ignoreLocks bool
	spareAdmins             bool

	capabilities []rbac.Capability
	nodes        []ruleNode // a parent before its children when they are made, not after a move
	says         []rulePermission
	holds        []ruleHolding
	users        []ruleUser
	roles        []rbac.RoleID
	special      rbac.Special
}

type ruleNode struct {
	id, parent int64 // parent is 0 for the system
	tenant     tenant.ID
	locked     bool
}

type rulePermission struct {
	node       int64
	role       rbac.RoleID
	capability string
	permission rbac.Permission
}

type ruleHolding struct {
	user string
	role rbac.RoleID
	node int64
}

type ruleUser struct {
	actor         tenant.Actor
	admin, erased bool
}

// ruleQuestion is one question, and the mode in which it is asked.
type ruleQuestion struct {
	mode       tenant.Mode
	in         []tenant.ID // the tenant of the context, or those that it crosses
	user       int
	session    rbac.Session
	capability string
	node       int64
}

// up returns the nodes from the one with that number to the system.
func (r *rules) up(id int64) (line []ruleNode) {
	for id != 0 {
		i := slices.IndexFunc(r.nodes, func(n ruleNode) bool { return n.id == id })
		if i < 0 {
			return nil
		}
		line = append(line, r.nodes[i])
		id = r.nodes[i].parent
	}
	return line
}

// reaches is the wall.
func (r *rules) reaches(q ruleQuestion, of tenant.ID) bool {
	actor := r.users[q.user].actor
	nobody := actor.Guest || actor.ID == ""
	ofMode := map[tenant.Mode]bool{
		tenant.ModeTenant:    of == "" || slices.Contains(q.in, of),
		tenant.ModeGlobal:    of == "",
		tenant.ModeAcross:    slices.Contains(q.in, of),
		tenant.ModeAcrossAll: true,
	}
	switch {
	case !ofMode[q.mode], nobody && of != "":
		return false
	case actor.Tenant == "":
		return true
	case q.mode == tenant.ModeAcross, q.mode == tenant.ModeAcrossAll:
		return false
	case q.mode == tenant.ModeTenant && q.in[0] != actor.Tenant:
		return false
	case of == "":
		return r.wall == rbac.Shared
	default:
		return of == actor.Tenant
	}
}

// declared finds the capability that the name stands for in the end.
func (r *rules) declared(name string) (rbac.Capability, bool) {
	for _, c := range r.capabilities {
		if c.Name == name {
			if c.ReplacedBy != "" {
				return r.declared(c.ReplacedBy)
			}
			return c, true
		}
	}
	return rbac.Capability{}, false
}

// step returns the step that decides, and the roles that are heard.
func (r *rules) step(q ruleQuestion) (rbac.Step, []rbac.RoleID) {
	user := r.users[q.user]
	nobody := user.actor.Guest || user.actor.ID == ""
	line := r.up(q.node)
	if len(line) == 0 || !r.reaches(q, line[0].tenant) {
		return rbac.StepWall, nil
	}
	c, ok := r.declared(q.capability)
	if !ok {
		return rbac.StepCapability, nil
	}
	if r.forceLogin && user.actor.ID == "" {
		return rbac.StepForcedLogin, nil
	}
	if nobody && (c.Kind == rbac.Write || c.Risks&rbac.RiskConfig > 0 || c.Risks&rbac.RiskXSS > 0 || c.Risks&rbac.RiskDataLoss > 0) {
		return rbac.StepGuest, nil
	}
	admin := user.admin && !nobody
	if admin && user.actor.Tenant != "" {
		admin = line[0].tenant == user.actor.Tenant
	}
	if c.Kind == rbac.Write && !r.ignoreLocks && !c.ManagesLocks {
		for _, n := range line {
			if n.locked && !(r.spareAdmins && admin) {
				return rbac.StepLock, nil
			}
		}
	}
	if user.erased && !nobody {
		return rbac.StepUnknownUser, nil
	}
	on := func(id int64) bool {
		for _, n := range line {
			if n.id == id {
				return true
			}
		}
		return false
	}
	if q.session.Bound != 0 && !on(q.session.Bound) {
		return rbac.StepBound, nil
	}
	var switched *rbac.RoleID
	for _, n := range line {
		for i := range q.session.Switched {
			if switched == nil && q.session.Switched[len(q.session.Switched)-1-i].Node == n.id {
				switched = &q.session.Switched[len(q.session.Switched)-1-i].Role
			}
		}
	}
	if admin && !q.session.NoBypass && switched == nil {
		return rbac.StepAdmin, nil
	}

	var heard []rbac.RoleID
	hear := func(role rbac.RoleID) {
		if slices.Contains(r.roles, role) && !slices.Contains(heard, role) {
			heard = append(heard, role)
		}
	}
	switch {
	case user.actor.ID == "":
		hear(r.special.NotLoggedIn)
	case user.actor.Guest:
		hear(r.special.Guest)
	case switched != nil:
		hear(*switched)
		hear(r.special.DefaultUser)
	default:
		hear(r.special.DefaultUser)
		if on(r.special.FrontPageNode) {
			hear(r.special.FrontPage)
		}
		for _, h := range r.holds {
			if h.user == user.actor.ID && on(h.node) {
				hear(h.role)
			}
		}
	}
	slices.Sort(heard)
	allowed, prohibited := false, false
	for _, role := range heard {
		value := r.value(line, role, c.Name)
		allowed = allowed || value == rbac.Allow
		prohibited = prohibited || value == rbac.Prohibit
	}
	switch {
	case prohibited:
		return rbac.StepProhibit, heard
	case allowed:
		return rbac.StepAllow, heard
	default:
		return rbac.StepNothing, heard
	}
}

// value is what one role says at the lower end of the line.
func (r *rules) value(line []ruleNode, role rbac.RoleID, capability string) rbac.Permission {
	value := rbac.Inherit
	for i := len(line) - 1; i >= 0; i-- { // from the system down, the last word counts
		for _, p := range r.says {
			if p.node == line[i].id && p.role == role && p.capability == capability && value != rbac.Prohibit {
				value = p.permission
			}
		}
	}
	return value
}
