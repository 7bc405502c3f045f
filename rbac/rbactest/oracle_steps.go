package rbactest

import (
	"slices"

	"github.com/gotenancy/tenancy/rbac"
)

// step says which step has to decide: by the recorded facts, and by nothing of
// package rbac.
func (w *world) step(a asking, user string, c oracleCap, at string) rbac.Step {
	u, flags := w.users[user], w.scenario.Flags
	outsider := u.Kind != "user"
	line := w.above(at)
	of := w.nodes[at].Tenant
	admin := w.admins[user] && (u.Tenant == "" || u.Tenant == of)
	switchedTo, switched := "", false
	for _, key := range line { // the deepest, and there the last
		for _, x := range a.switches {
			if x[1] == key && !switched {
				switchedTo = x[0]
			}
		}
		switched = switched || slices.ContainsFunc(a.switches, func(x [2]string) bool { return x[1] == key })
	}
	switch {
	case outsider && of != "",
		u.Tenant != "" && of != "" && of != u.Tenant,
		u.Tenant != "" && of == "" && a.wall == rbac.Strict:
		return rbac.StepWall
	case flags.ForceLogin && u.Kind == "notloggedin":
		return rbac.StepForcedLogin
	case outsider && (c.Type == "write" || c.Risky):
		return rbac.StepGuest
	case w.locks(c, at) && (!admin || flags.LockAppliesToAdmin):
		return rbac.StepLock
	case u.Deleted:
		return rbac.StepUnknownUser
	case admin && !a.noBypass && !switched:
		return rbac.StepAdmin
	}
	var roles []string
	special := w.scenario.SpecialRoles
	switch {
	case u.Kind == "notloggedin":
		roles = []string{special.NotLoggedIn}
	case u.Kind == "guest":
		roles = []string{special.Guest}
	case switched:
		roles = []string{special.DefaultUser, switchedTo}
	default:
		roles = []string{special.DefaultUser}
		for _, key := range line {
			if key == special.FrontPageContext {
				roles = append(roles, special.FrontPage)
			}
			for _, x := range w.scenario.Assignments {
				if x[0] == user && x[2] == key {
					roles = append(roles, x[1])
				}
			}
		}
	}
	decided := rbac.StepNothing
	for _, role := range roles {
		first := ""
		for _, key := range line {
			switch p := w.says(role, key, c.Key); {
			case p == "prohibit":
				return rbac.StepProhibit
			case first == "":
				first = p
			}
		}
		if first == "allow" {
			decided = rbac.StepAllow
		}
	}
	return decided
}

// above returns the keys from the context up to the system.
func (w *world) above(at string) (line []string) {
	for ; at != ""; at = w.parents[at] {
		line = append(line, at)
	}
	return line
}

// locks reports whether a lock stops those whom locks bind.
func (w *world) locks(c oracleCap, at string) bool {
	return w.scenario.Flags.Locking && c.Type == "write" && !c.LockExempt &&
		slices.ContainsFunc(w.scenario.Contexts, func(x oracleContext) bool { return x.Locked && slices.Contains(w.above(at), x.Key) })
}

// says returns the permission of the role on the context itself, or nothing.
func (w *world) says(role, at, capability string) string {
	for _, x := range w.scenario.RoleCaps {
		if x[0] == role && x[1] == at && x[2] == capability {
			return x[3]
		}
	}
	return ""
}
