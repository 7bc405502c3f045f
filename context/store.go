package ctxtree

import (
	"context"

	"github.com/gotenancy/tenancy/tenant"
)

// Store keeps a tree. [Memory] and package ctxtreesql implement it; the suite
// in package ctxtreetest holds every implementation to this contract.
//
// What a context reads and changes follows from its mode. A method called with
// a context that reaches nothing returns the error of tenant.Err. For methods
// that look something up absence is not an error; methods that change a node
// return [ErrNoNode]. Their errors are [*NodeError] unless the context or the
// database failed. A change is made as a whole or not at all.
//
// Implementations are safe for concurrent use.
type Store interface {
	// Create adds a node and returns it.
	Create(ctx context.Context, s Spec) (Node, error)

	// Move puts the node, with everything below it, under another parent and
	// returns it. Numbers and tenants stay, paths and depths change.
	Move(ctx context.Context, id, parent int64) (Node, error)

	// SetLocked sets or clears the node's own lock. It is ErrLockedAbove if a
	// node above is locked: the lock of that one is in force here.
	SetLocked(ctx context.Context, id int64, locked bool) error

	// Delete removes the node and everything below it.
	Delete(ctx context.Context, id int64) error

	// DeleteAll removes all nodes of one tenant, which ctx has to be allowed to
	// change, and returns how many they were. It is harmless to run again. With
	// an empty id it is ErrSystem: the nodes without a tenant end with the
	// application.
	DeleteAll(ctx context.Context, of tenant.ID) (n int, err error)

	// Node returns the node with that number.
	Node(ctx context.Context, id int64) (n Node, found bool, err error)

	// ByInstance returns the node of that level and instance which belongs to
	// the tenant, or with an empty id to none. Two tenants may each have one.
	ByInstance(ctx context.Context, of tenant.ID, level Level, instance string) (n Node, found bool, err error)

	// Find returns the nodes of that level and instance, as far as the context
	// reads them, in byte order of their tenants: one of none comes first. In
	// tenant mode there are two at most.
	Find(ctx context.Context, level Level, instance string) ([]Node, error)

	// Ancestors returns the nodes from the system down to the node, which is
	// the last; nil if there is none that the context reads. The line is
	// always complete: above a node lie only nodes of its own tenant and
	// nodes without one.
	Ancestors(ctx context.Context, id int64) ([]Node, error)

	// Descendants returns what lies below the node, without itself, as far as
	// the context reads it, in byte order of the paths: each node after its
	// parent.
	Descendants(ctx context.Context, id int64) ([]Node, error)

	// Load returns all nodes of one tenant, or with an empty id all nodes
	// without one, in byte order of the paths, and the change number as of
	// which they are complete: a change with that number or a smaller one is in
	// them. Both are zero if the context does not read them.
	Load(ctx context.Context, of tenant.ID) (nodes []Node, number int64, err error)

	// Number returns the change number of the newest change of the tenant's
	// nodes, or with an empty id of those without one; 0 before the first, and
	// if the context does not read them. What else is counted with the same
	// number, as all of one database are, may have changed instead.
	Number(ctx context.Context, of tenant.ID) (int64, error)

	// Subscribe has fn called after each change made through this store, with
	// the tenant of the changed nodes and the change's number, before the method
	// that made it returns. The number is 0 after a change that may have failed
	// or not. fn must return quickly and must not call the store. For changes
	// made elsewhere there is package feed.
	Subscribe(fn func(of tenant.ID, number int64))
}
