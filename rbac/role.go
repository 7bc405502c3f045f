package rbac

import (
	"fmt"

	ctxtree "github.com/gotenancy/tenancy/context"
)

// RoleID is the number of a role. It is never given out twice; 0 is no role.
type RoleID int64

// Role is a set of permissions with a name. Roles belong to the installation;
// what a tenant wants different it overrides on its own nodes.
type Role struct {
	ID    RoleID // given by the store
	Name  string // 1 to 63 bytes of a-z, 0-9, hyphen and underscore; unique
	Title string // for people; up to 190 bytes
}

// Check returns an error that is [ErrInvalid] if a field is malformed.
func (r Role) Check() error {
	if r.Name == "" || len(r.Name) > 63 {
		return fmt.Errorf("%w: a role's name is 1 to 63 bytes long", ErrInvalid)
	}
	for _, c := range []byte(r.Name) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return fmt.Errorf("%w: role name %q", ErrInvalid, r.Name)
		}
	}
	if r.Title != "" && !ctxtree.ValidInstance(r.Title) {
		return fmt.Errorf("%w: role title", ErrInvalid)
	}
	return nil
}

// Assignment gives a role to a person on a node and everything below it. Two
// that agree in all fields are the same one. Component and Item say which part
// of the application made it and for what, so that it can take it back; both
// are empty for an assignment made by hand.
type Assignment struct {
	Role      RoleID
	User      string // tenant.Actor.ID
	Component string // up to 100 bytes
	Item      int64
}

// maxComponentLen is the longest name of a component in bytes.
const maxComponentLen = 100

// Check returns an error that is [ErrInvalid] if a field is malformed.
func (a Assignment) Check() error {
	if !ctxtree.ValidInstance(a.User) {
		return fmt.Errorf("%w: user id", ErrInvalid)
	}
	if a.Component != "" && (!ctxtree.ValidInstance(a.Component) || len(a.Component) > maxComponentLen) {
		return fmt.Errorf("%w: component", ErrInvalid)
	}
	return nil
}

// Special says which roles people hold without an assignment. 0 is none: then
// nobody has anything by being a user, a guest or a visitor.
type Special struct {
	DefaultUser RoleID // on the system node, for everybody who is signed in and no guest
	Guest       RoleID // the guest's only role, on the system node
	NotLoggedIn RoleID // the only role of visitors who are not signed in, on the system node

	FrontPage     RoleID // on FrontPageNode, for everybody who is signed in and no guest
	FrontPageNode int64
}

// Roles returns the roles that are set.
func (s Special) Roles() []RoleID {
	var ids []RoleID
	for _, id := range []RoleID{s.DefaultUser, s.Guest, s.NotLoggedIn, s.FrontPage} {
		if id != 0 {
			ids = append(ids, id)
		}
	}
	return ids
}
