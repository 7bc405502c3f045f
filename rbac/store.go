package rbac

import (
	"context"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// Store keeps roles, permissions and assignments. [Memory] and package rbacsql
// implement it; the suite in package rbactest holds every implementation to
// this contract.
//
// Everything is kept in parts, one for each tenant and one for what has none.
// What is said on a node stands in the part of the node's tenant, so writing
// methods take the node as the tree returned it; they do not look it up, and
// what is said about a node in a part that the node does not belong to has no
// effect. Which parts a context reads and writes is as for the nodes
// themselves, see package ctxtree; beyond it the error is
// ctxtree.ErrOutside or tenant.ErrSeveralTenants.
//
// Setting what is set already and removing what is not there do nothing and
// are no errors. Implementations are safe for concurrent use.
type Store interface {
	// DefineRole adds the role, or gives the one of that name another title,
	// and returns it with its number. Roles stand in the part without tenant.
	DefineRole(ctx context.Context, r Role) (Role, error)

	// SetPermission sets what the role says about the capability on the node,
	// and with Inherit removes it. Whether the capability is declared is not
	// known here.
	SetPermission(ctx context.Context, at ctxtree.Node, role RoleID, capability string, p Permission) error

	// Assign gives a role to a person on the node.
	Assign(ctx context.Context, at ctxtree.Node, a Assignment) error

	// Unassign takes it away: this assignment and no other one that gives the
	// same role.
	Unassign(ctx context.Context, at ctxtree.Node, a Assignment) error

	// SetSpecial replaces the special roles, which stand in the part without
	// tenant.
	SetSpecial(ctx context.Context, s Special) error

	// SetSiteAdmin says whether the person is a site administrator. That
	// stands in the part without tenant.
	SetSiteAdmin(ctx context.Context, user string, admin bool) error

	// Load returns one part.
	Load(ctx context.Context, of tenant.ID) (Rules, error)

	// Subscribe has fn called after each change made through this store, with
	// the tenant of the part, before the method that made it returns. fn must
	// return quickly and must not call the store. For changes made elsewhere
	// there is package feed.
	Subscribe(fn func(of tenant.ID))
}

// Rules are the contents of one part.
type Rules struct {
	Permissions []PlacedPermission // ordered by node, role, capability
	Assignments []PlacedAssignment // ordered by node, role, user, component, item

	// The rest is empty for a tenant's part.

	Roles      []Role // ordered by number
	Special    Special
	SiteAdmins []string // ordered
}

// PlacedPermission is what a role says about a capability on a node.
type PlacedPermission struct {
	Node       int64
	Role       RoleID
	Capability string
	Permission Permission // never Inherit
}

// PlacedAssignment is an assignment with the number of its node.
type PlacedAssignment struct {
	Node int64
	Assignment
}
