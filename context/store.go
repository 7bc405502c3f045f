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

	// Node returns the node with that number.
	Node(ctx context.Context, id int64) (n Node, found bool, err error)

	// ByInstance returns the node of that level and instance which belongs to
	// the tenant, or with an empty id to none. Two tenants may each have one.
	ByInstance(ctx context.Context, of tenant.ID, level Level, instance string) (n Node, found bool, err error)

	// Ancestors returns the nodes from the system down to the node, which is
	// the last; nil if there is none that the context reads. The line is
	// always complete: above a node lie only nodes of its own tenant and
	// nodes without one.
	Ancestors(ctx context.Context, id int64) ([]Node, error)

	// Descendants returns what lies below the node, without itself, as far as
	// the context reads it, in byte order of the paths: each node after its
	// parent.
	Descendants(ctx context.Context, id int64) ([]Node, error)

	// OfTenant returns all nodes of one tenant, or with an empty id all nodes
	// without one, in byte order of the paths; nil if the context does not
	// read them.
	OfTenant(ctx context.Context, of tenant.ID) ([]Node, error)

	// Subscribe has fn called after each change made through this store, with
	// the tenant of the changed nodes, before the method that made it returns.
	// fn must return quickly and must not call the store. For changes made
	// elsewhere there is package feed.
	Subscribe(fn func(of tenant.ID))
}
