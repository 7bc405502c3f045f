package rbac

import (
	"fmt"
	"slices"
)

// PairKind is one of the four things that a role may let its holders do with
// another role.
type PairKind uint8

// The kinds of pairs. The zero PairKind is none.
const (
	_            PairKind = iota
	PairAssign            // give it to others
	PairOverride          // change what it says on a node
	PairSwitch            // switch to it
	PairView              // see that it exists
)

var pairKindNames = [...]string{"", "assign", "override", "switch", "view"}

// String returns "assign", "override", "switch" or "view".
func (k PairKind) String() string {
	if k > 0 && int(k) < len(pairKindNames) {
		return pairKindNames[k]
	}
	return fmt.Sprintf("PairKind(%d)", uint8(k))
}

// ParsePairKind reads the form that [PairKind.String] returns.
func ParsePairKind(text string) (PairKind, error) {
	if i := slices.Index(pairKindNames[:], text); i > 0 {
		return PairKind(i), nil
	}
	return 0, fmt.Errorf("%w: unknown kind of pair; use assign, override, switch or view", ErrInvalid)
}

// Pair says that who holds Role may do with Target what Kind says, on the nodes
// where Role is assigned and below. Pairs belong to the installation, as roles
// do.
type Pair struct {
	Kind   PairKind
	Role   RoleID
	Target RoleID
}

// Check returns an error that is [ErrInvalid] if there is no such kind.
func (p Pair) Check() error {
	if p.Kind == 0 || int(p.Kind) >= len(pairKindNames) {
		return fmt.Errorf("%w: kind of pair", ErrInvalid)
	}
	return nil
}

// defaultPairs are those with which roles begin, by the archetypes of both.
var defaultPairs = map[PairKind]map[Archetype][]Archetype{
	PairAssign: {
		ArchetypeManager:        append([]Archetype{ArchetypeManager}, courseArchetypes...),
		ArchetypeTenantManager:  courseArchetypes,
		ArchetypeEditingTeacher: {ArchetypeTeacher, ArchetypeStudent},
	},
	PairOverride: {
		ArchetypeManager:        slices.Concat([]Archetype{ArchetypeManager}, courseArchetypes, specialArchetypes),
		ArchetypeTenantManager:  append([]Archetype{ArchetypeGuest}, courseArchetypes...),
		ArchetypeEditingTeacher: {ArchetypeTeacher, ArchetypeStudent, ArchetypeGuest},
	},
	PairSwitch: {
		ArchetypeManager:        {ArchetypeEditingTeacher, ArchetypeTeacher, ArchetypeStudent, ArchetypeGuest},
		ArchetypeTenantManager:  {ArchetypeEditingTeacher, ArchetypeTeacher, ArchetypeStudent, ArchetypeGuest},
		ArchetypeEditingTeacher: {ArchetypeTeacher, ArchetypeStudent, ArchetypeGuest},
		ArchetypeTeacher:        {ArchetypeStudent, ArchetypeGuest},
	},
	PairView: {
		ArchetypeManager:        slices.Concat([]Archetype{ArchetypeManager, ArchetypeTenantManager}, courseArchetypes, specialArchetypes),
		ArchetypeTenantManager:  slices.Concat([]Archetype{ArchetypeTenantManager}, courseArchetypes, specialArchetypes),
		ArchetypeCreator:        courseArchetypes,
		ArchetypeEditingTeacher: courseArchetypes,
		ArchetypeTeacher:        courseArchetypes,
		ArchetypeStudent:        courseArchetypes,
	},
}

// pairsOf returns the pairs that begin between the role and each of all roles,
// itself included, in both directions.
func pairsOf(r Role, all []Role) map[Pair]bool {
	pairs := make(map[Pair]bool)
	for kind, table := range defaultPairs {
		for _, other := range all {
			if slices.Contains(table[r.Archetype], other.Archetype) {
				pairs[Pair{kind, r.ID, other.ID}] = true
			}
			if slices.Contains(table[other.Archetype], r.Archetype) {
				pairs[Pair{kind, other.ID, r.ID}] = true
			}
		}
	}
	return pairs
}
