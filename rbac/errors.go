package rbac

import (
	"errors"
	"fmt"
)

// What can be wrong with a question or a change; test with errors.Is. A
// question that the context does not allow at all has the error of tenant.Err,
// a change beyond the context's tenant that of ctxtree.Reach.
var (
	// ErrDenied: the answer is no. The error is a [*DeniedError].
	ErrDenied = errors.New("rbac: denied")

	// ErrNoActor: the context does not say who is asking. An anonymous visitor
	// is an actor too, see tenant.WithActor.
	ErrNoActor = errors.New("rbac: no actor in the context")

	// ErrBehind: this process has not heard of changes for longer than
	// Config.MaxLag, so that it gives no answers.
	ErrBehind = errors.New("rbac: the feed of changes is further behind than Config.MaxLag")

	// ErrNoHomes: the question is about people who are not in the context, and
	// the checker was not told how to find out whose members they are.
	ErrNoHomes = errors.New("rbac: Config.Homes is not set")

	// ErrUnknownRole: there is no role with that number.
	ErrUnknownRole = errors.New("rbac: unknown role")

	// ErrInvalid: a name, an id or a permission is malformed.
	ErrInvalid = errors.New("rbac: malformed")
)

// DeniedError is an answer that is no: to which question, and by which step.
type DeniedError struct {
	Step       Step
	Capability string
	Node       int64
}

// Error says what was asked and which step denied it. It says no more about a
// node beyond the wall than about one that does not exist.
func (e *DeniedError) Error() string {
	return fmt.Sprintf("rbac: denied: capability %q at node %d: %v", e.Capability, e.Node, e.Step)
}

// Is reports whether target is [ErrDenied].
func (e *DeniedError) Is(target error) bool { return target == ErrDenied }
