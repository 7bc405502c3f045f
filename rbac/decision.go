package rbac

import "fmt"

// Step is a step of the evaluation. A question passes them in this order until
// one of them decides. The zero Step is a question that was never evaluated.
type Step uint8

// The steps, in the order in which they are asked. All but StepAdmin and
// StepAllow deny. Those that depend on it see whether the actor is a site
// administrator, which nobody is who is a guest, not signed in, or a member of
// another tenant than the node's (of any tenant, where the node has none).
const (
	_ Step = iota

	// StepWall: the node is beyond the wall, see the package's documentation,
	// or there is no such node.
	StepWall

	// StepCapability: nobody has declared the capability. For a deprecated one
	// everything below is asked of its replacement.
	StepCapability

	// StepForcedLogin: everybody has to sign in first.
	StepForcedLogin

	// StepGuest: the capability changes something, or carries a configuration,
	// XSS or data-loss risk, and the actor is a guest or not signed in.
	StepGuest

	// StepLock: the capability changes something, and the node or one above is
	// locked. Neither for the capability that manages locks nor, where the
	// configuration spares them, for site administrators.
	StepLock

	// StepUnknownUser: the application does not know the actor any more.
	StepUnknownUser

	// StepPath: the node does not hang in the tree, so that no role can reach
	// it. Site administrators are allowed, unless their session is bound or
	// gives the bypass up.
	StepPath

	// StepBound: the node is outside what the session is bound to.
	StepBound

	// StepAdmin allows: the actor is a site administrator, and no switched
	// role is in force at the node.
	StepAdmin

	// StepProhibit: one of the actor's roles has a prohibit at the node or
	// above.
	StepProhibit

	// StepAllow allows: of one of the actor's roles the nearest permission is
	// an allow.
	StepAllow

	// StepNothing: no role of the actor allows it.
	StepNothing
)

var stepTexts = [...]string{
	"not evaluated",
	"outside the tenant",
	"unknown capability",
	"sign-in required",
	"not for guests or anonymous visitors",
	"locked",
	"unknown user",
	"not in the tree",
	"outside what the session is bound to",
	"site administrator",
	"prohibited",
	"allowed by a role",
	"no role allows it",
}

// String returns a few words that say what the step has found.
func (s Step) String() string {
	if int(s) < len(stepTexts) {
		return stepTexts[s]
	}
	return fmt.Sprintf("Step(%d)", uint8(s))
}

// Decision is an answer with its reason.
type Decision struct {
	Allowed bool
	Step    Step // which decided

	Capability string // that was asked about in the end: of a deprecated one the replacement
	Node       int64  // that was asked about

	// Role and At say which permission decided, in StepAllow and StepProhibit:
	// what Role says on node At. In StepLock At is the nearest node that is
	// locked. They are 0 in every other step.
	Role RoleID
	At   int64

	// Roles are those that were heard, in StepProhibit, StepAllow and
	// StepNothing: ordered by number, and each once for every reason why the
	// actor has it.
	Roles []Considered

	// Grants say what would help, in StepNothing: ordered by role. There are
	// none where no assignment would help, because the actor is a guest or not
	// signed in, has switched to another role, or cannot hold a role on any of
	// the nodes.
	Grants []Grant
}
