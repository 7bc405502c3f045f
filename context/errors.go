package ctxtree

import (
	"errors"
	"fmt"
)

// What can be wrong with a change of the tree. The stores return them in a
// [*NodeError]; test with errors.Is. On any error the tree is as it was.
var (
	// ErrNoNode: there is no such node, or none that the context reads.
	ErrNoNode = errors.New("there is no such node")

	// ErrOutside: the context reads the node but does not own it.
	ErrOutside = errors.New("the node is outside what this context may change")

	// ErrLevel: the level is not declared, or not allowed below the parent's.
	// The error is a [*LevelError].
	ErrLevel = errors.New("the level is not allowed there")

	// ErrInstance: the instance is malformed, see ValidInstance, or for a
	// tenant's node not a tenant's id.
	ErrInstance = errors.New("malformed instance")

	// ErrTaken: the tenant has a node of that level and instance already.
	ErrTaken = errors.New("there is a node of that level and instance already")

	// ErrCycle: the node would come to lie below itself.
	ErrCycle = errors.New("a node can not lie below itself")

	// ErrCrossTenant: the node would come to lie in another tenant.
	ErrCrossTenant = errors.New("a node can not lie in another tenant")

	// ErrSystem: the system node can be neither moved nor deleted.
	ErrSystem = errors.New("the system node can be neither moved nor deleted")

	// ErrLockedAbove: a node above is locked, so that the lock of this one can
	// not be changed.
	ErrLockedAbove = errors.New("a node above it is locked")

	// ErrTooDeep: the path would be longer than MaxPathLen.
	ErrTooDeep = errors.New("the path would be too long")
)

// NodeError is why a store did not do something: what it was asked to do, the
// number of the node (of the parent, for a node to be created), and the cause.
type NodeError struct {
	Op   string // "create", "move", "lock", "delete", "delete all", "enter" or "show"
	Node int64  // 0 where it is about none, or none that is known
	Err  error
}

// Error says what failed and why.
func (e *NodeError) Error() string {
	switch {
	case e.Op == "create":
		return fmt.Sprintf("ctxtree: create below node %d: %v", e.Node, e.Err)
	case e.Node == 0:
		return fmt.Sprintf("ctxtree: %s: %v", e.Op, e.Err)
	}
	return fmt.Sprintf("ctxtree: %s node %d: %v", e.Op, e.Node, e.Err)
}

// Unwrap returns the cause.
func (e *NodeError) Unwrap() error { return e.Err }

// LevelError is an [ErrLevel]: a node of Level can not lie below one of Parent.
type LevelError struct {
	Level, Parent Level
}

// Error names both levels.
func (e *LevelError) Error() string {
	return fmt.Sprintf("a node of level %q is not allowed below one of level %q", e.Level, e.Parent)
}

// Is reports whether target is [ErrLevel].
func (e *LevelError) Is(target error) bool { return target == ErrLevel }
