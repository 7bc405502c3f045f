package rbac

import (
	"context"
	"fmt"

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
	// DefineRole adds the role, or gives the one of that name what r says
	// besides, and returns it with its number. Roles stand in the part without
	// tenant.
	DefineRole(ctx context.Context, r Role) (Role, error)

	// DeleteRole removes the role, its pairs, its place among the special roles,
	// and what the part without tenant says about it. Numbers are not given out
	// again, so that what is left in tenants' parts has no effect any more; it
	// goes with Sweep.
	DeleteRole(ctx context.Context, id RoleID) error

	// Sweep removes what the part says about roles that are deleted, and
	// returns how much that was.
	Sweep(ctx context.Context, of tenant.ID) (int, error)

	// DeleteAll removes all permissions and assignments of the part of a tenant,
	// and returns how many they were: they end with the tenant, as its nodes do.
	// It is harmless to run again. With an empty id it is ctxtree.ErrSystem: what
	// has no tenant ends with the application.
	DeleteAll(ctx context.Context, of tenant.ID) (int, error)

	// SetPermission sets what the role says about the capability on the node,
	// and with Inherit removes it. Whether the capability is declared is not
	// known here.
	SetPermission(ctx context.Context, at ctxtree.Node, role RoleID, capability string, p Permission) error

	// SetPermissions does that for several capabilities in one change. The
	// others are left as they are.
	SetPermissions(ctx context.Context, at ctxtree.Node, role RoleID, all map[string]Permission) error

	// Assign gives a role to a person on the node.
	Assign(ctx context.Context, at ctxtree.Node, a Assignment) error

	// Unassign takes it away: this assignment and no other one that gives the
	// same role.
	Unassign(ctx context.Context, at ctxtree.Node, a Assignment) error

	// UnassignAll takes away all assignments of the part that the filter
	// selects, and returns how many those were.
	UnassignAll(ctx context.Context, of tenant.ID, f Filter) (int, error)

	// Assignments returns the assignments of the part that the filter selects,
	// in the order of Rules.
	Assignments(ctx context.Context, of tenant.ID, f Filter) ([]PlacedAssignment, error)

	// SetPair adds or removes a pair. Pairs stand in the part without tenant.
	SetPair(ctx context.Context, p Pair, allowed bool) error

	// SetSpecial replaces the special roles, which stand in the part without
	// tenant.
	SetSpecial(ctx context.Context, s Special) error

	// SetSiteAdmin says whether the person is a site administrator. That
	// stands in the part without tenant.
	SetSiteAdmin(ctx context.Context, user string, admin bool) error

	// IsSiteAdmin reads that.
	IsSiteAdmin(ctx context.Context, user string) (bool, error)

	// LoadLine returns what concerns one person on a line of nodes, as
	// Ancestors of a tree returned it: of the part without tenant (shared) and
	// of that of the last node, if it has one (own), the permissions on these
	// nodes and the person's assignments to them; of shared also the rest, but
	// of the site administrators only this one.
	LoadLine(ctx context.Context, line []ctxtree.Node, user string) (shared, own Rules, err error)

	// Change runs fn as one change of the part: what fn does through tx counts
	// as a whole when fn returns nil, and not at all otherwise. While fn runs
	// nobody else changes the part or the one without tenant, so that what fn
	// reads through tx is still so when its change begins to count. tx changes
	// no other part. fn must not change anything through another store than tx.
	//
	// db is the transaction, for stores that have one: others of the same
	// database are bound to it with their method With. It is nil otherwise.
	Change(ctx context.Context, of tenant.ID, fn func(tx Store, db tenant.DBTX) error) error

	// Load returns one part and the change number as of which it is complete: a
	// change with that number or a smaller one is in it.
	Load(ctx context.Context, of tenant.ID) (r Rules, number int64, err error)

	// Snapshot runs fn, which only reads, on the store in one state of it. db is
	// the transaction, for stores that have one: others of the same database are
	// bound to it with their method With. It is nil otherwise, and then the state
	// is whatever it is at each call.
	Snapshot(ctx context.Context, fn func(s Store, db tenant.DBTX) error) error

	// Number returns the change number of the newest change of the part; 0
	// before the first. What else is counted with the same number, as all of
	// one database are, may have changed instead.
	Number(ctx context.Context, of tenant.ID) (int64, error)

	// Subscribe has fn called after each change made through this store, with
	// the tenant of the part and the change's number, before the method that
	// made it returns. The number is 0 after a change that may have failed or
	// not. fn must return quickly and must not call the store. For changes made
	// elsewhere there is package feed.
	Subscribe(fn func(of tenant.ID, number int64))
}

// Rules are the contents of one part.
type Rules struct {
	Permissions []PlacedPermission // ordered by node, role, capability
	Assignments []PlacedAssignment // ordered by node, role, user, component, item

	// The rest is empty for a tenant's part.

	Roles      []Role // ordered by number
	Pairs      []Pair // ordered by kind, role, target
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

// Filter selects assignments: those that have what is set. A filter that
// selects everything is malformed, so that nothing selects everything by
// mistake.
type Filter struct {
	User string
	Role RoleID
	Node int64

	// Component and Item may well be empty and 0: the assignments made by hand
	// are those without a component.
	Component *string
	Item      *int64
}

// Check returns an error that is [ErrInvalid] if the filter is malformed.
func (f Filter) Check() error {
	if f == (Filter{}) {
		return fmt.Errorf("%w: a filter that selects everything", ErrInvalid)
	}
	return nil
}

// Selects reports whether the filter selects the assignment.
func (f Filter) Selects(a PlacedAssignment) bool {
	return (f.User == "" || f.User == a.User) && (f.Role == 0 || f.Role == a.Role) && (f.Node == 0 || f.Node == a.Node) &&
		(f.Component == nil || *f.Component == a.Component) && (f.Item == nil || *f.Item == a.Item)
}

// PlacedAssignment is an assignment with the number of its node.
type PlacedAssignment struct {
	Node int64
	Assignment
}
