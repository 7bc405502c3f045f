package rbac

import (
	"errors"
	"fmt"
)

// Why a [Manager] did not change anything; test with errors.Is. Whatever the
// actor may not do is [ErrDenied]: a [*DeniedError] where a capability is
// missing, a [*PairError] where no role of the actor has the role as its target.
// A node that the actor does not reach is ctxtree.ErrNoNode, like one that does
// not exist.
var (
	// ErrUnknownCapability: nobody has declared it.
	ErrUnknownCapability = errors.New("rbac: unknown capability")

	// ErrRoleLevel: the role is not for nodes of that level, see Role.Levels.
	ErrRoleLevel = errors.New("rbac: the role can not be assigned on nodes of this level")

	// ErrNoCandidate: this person can hold no role there, or not be acted as,
	// because it is unknown, the guest, a member of another tenant, or nobody
	// whom the tenant has to do with. Which of these is not said.
	ErrNoCandidate = errors.New("rbac: not a person for this")

	// ErrComponent: the assignment belongs to a part of the application, which
	// takes it back itself.
	ErrComponent = errors.New("rbac: the assignment was made by a part of the application")

	// ErrProhibited: under a prohibit of the same role no other permission has
	// an effect. A prohibit is taken away where it stands, by Inherit, and only
	// if there is no other above.
	ErrProhibited = errors.New("rbac: a prohibit of the role is in force there")

	// ErrMember: a member of a tenant can not be a site administrator.
	ErrMember = errors.New("rbac: a member of a tenant can not be a site administrator")

	// ErrActing: whoever acts as somebody else can not go on to a third, and
	// nobody begins whose session is limited in a way that would end with it.
	ErrActing = errors.New("rbac: already acting as somebody else")

	// ErrNotActing: nobody is acting as somebody else.
	ErrNotActing = errors.New("rbac: not acting as somebody else")
)

// ErrUnsafe: the actor may override safely only, and the capability carries a
// risk other than spam. It is an [ErrDenied].
var ErrUnsafe = fmt.Errorf("%w: a safe override leaves capabilities with risks alone", ErrDenied)

// PairError is an [ErrDenied]: what the actor wanted to do with which role.
type PairError struct {
	Kind   PairKind
	Target RoleID
	Node   int64
}

// Error says what was wanted.
func (e *PairError) Error() string {
	return fmt.Sprintf("rbac: denied: no role of the actor lets it %v role %d at node %d", e.Kind, e.Target, e.Node)
}

// Is reports whether target is [ErrDenied].
func (e *PairError) Is(target error) bool { return target == ErrDenied }
