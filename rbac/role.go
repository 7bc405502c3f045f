package rbac

import (
	"fmt"
	"slices"

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

	// Archetype says what the role begins with.
	Archetype Archetype

	// Levels are those of the nodes on which a [Manager] lets the role be
	// assigned, at most 16. Empty are all levels, or for the archetypes of
	// guests, users and the front page none. Stores return them sorted. They
	// have no say in any answer, and programs that use the store itself are
	// not bound by them.
	Levels []ctxtree.Level
}

// maxLevels is how many levels a role can name.
const maxLevels = 16

// Check returns an error that is [ErrInvalid] if a field is malformed.
func (r Role) Check() error {
	if !validWord(r.Name) {
		return fmt.Errorf("%w: a role's name is 1 to 63 bytes of a-z, 0-9, hyphen and underscore", ErrInvalid)
	}
	if r.Title != "" && !ctxtree.ValidInstance(r.Title) {
		return fmt.Errorf("%w: role title", ErrInvalid)
	}
	if !r.Archetype.valid() {
		return fmt.Errorf("%w: unknown archetype", ErrInvalid)
	}
	if len(r.Levels) > maxLevels {
		return fmt.Errorf("%w: a role names at most %d levels", ErrInvalid, maxLevels)
	}
	for i, level := range r.Levels {
		if !validWord(string(level)) || slices.Contains(r.Levels[:i], level) {
			return fmt.Errorf("%w: levels of a role", ErrInvalid)
		}
	}
	return nil
}

// Normal returns r in the form in which stores keep it.
func (r Role) Normal() Role {
	if len(r.Levels) == 0 {
		r.Levels = nil
		return r
	}
	r.Levels = slices.Sorted(slices.Values(r.Levels))
	return r
}

// AssignableOn reports whether the role may be assigned on nodes of the level.
func (r Role) AssignableOn(level ctxtree.Level) bool {
	if len(r.Levels) == 0 {
		return !slices.Contains(specialArchetypes, r.Archetype)
	}
	return slices.Contains(r.Levels, level)
}

// validWord reports whether s can be the name of a role or a level.
func validWord(s string) bool {
	if s == "" || len(s) > 63 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
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

// Without returns s without the role.
func (s Special) Without(id RoleID) Special {
	for _, role := range []*RoleID{&s.DefaultUser, &s.Guest, &s.NotLoggedIn, &s.FrontPage} {
		if *role == id {
			*role = 0
		}
	}
	return s
}
