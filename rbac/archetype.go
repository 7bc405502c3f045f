package rbac

import (
	"slices"

	ctxtree "github.com/gotenancy/tenancy/context"
)

// Archetype says what a role is meant for. It has no say in any answer: it
// decides which permissions and pairs a role begins with, see [Install] and
// [Manager.ResetRole].
type Archetype string

// The archetypes. A role without one begins with nothing.
const (
	NoArchetype             Archetype = ""
	ArchetypeManager        Archetype = "manager"
	ArchetypeCreator        Archetype = "creator"
	ArchetypeEditingTeacher Archetype = "editing-teacher"
	ArchetypeTeacher        Archetype = "teacher"
	ArchetypeStudent        Archetype = "student"
	ArchetypeGuest          Archetype = "guest"
	ArchetypeUser           Archetype = "user"
	ArchetypeFrontPage      Archetype = "front-page"

	// ArchetypeTenantManager is for the role that [TenantManagers] gives. It
	// begins with what ArchetypeManager has of the capabilities that are not
	// those of the system, except where Capability.Defaults says otherwise.
	ArchetypeTenantManager Archetype = "tenant-manager"
)

// specialArchetypes are the archetypes of roles that people have without an assignment.
var specialArchetypes = []Archetype{ArchetypeGuest, ArchetypeUser, ArchetypeFrontPage}

// courseArchetypes are those of the people in a course.
var courseArchetypes = []Archetype{ArchetypeCreator, ArchetypeEditingTeacher, ArchetypeTeacher, ArchetypeStudent}

func (a Archetype) valid() bool {
	return a == NoArchetype || a == ArchetypeManager || a == ArchetypeTenantManager ||
		slices.Contains(courseArchetypes, a) || slices.Contains(specialArchetypes, a)
}

// permission returns what a role of the archetype begins with.
func (c Capability) permission(a Archetype) Permission {
	p, said := c.Defaults[a]
	if !said && a == ArchetypeTenantManager && c.Level != ctxtree.LevelSystem {
		p = c.Defaults[ArchetypeManager]
	}
	return p
}

// definition returns the permissions that a role of the archetype begins with,
// by capability. Deprecated names have none: what replaced them is asked for.
func (cs capabilities) definition(a Archetype) map[string]Permission {
	all := make(map[string]Permission)
	if a == NoArchetype {
		return all
	}
	for name, c := range cs {
		if p := c.permission(a); name == c.Name && p != Inherit {
			all[name] = p
		}
	}
	return all
}
