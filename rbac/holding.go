package rbac

import (
	"cmp"
	"iter"
	"slices"
	"sort"
	"strings"
)

// holding is who holds which roles on the nodes of one part, each once however
// often it was assigned. Of an assignment it keeps twelve bytes besides the
// user's id.
type holding struct {
	users  []string // in order
	from   []uint32 // where in grants those of each user begin, and behind the last
	grants []grant  // of each user by position and role
	roles  []RoleID // that are held
	byNode []uint32 // places in grants, by position
}

// grant is a role that somebody holds on a node.
type grant struct {
	pos  uint32
	role uint32 // a place in roles
}

func newHolding(p *part, assignments []PlacedAssignment) holding {
	type held struct {
		user string
		grant
	}
	var h holding
	places := map[RoleID]uint32{}
	all := make([]held, 0, len(assignments))
	for _, a := range assignments {
		pos, here := p.place(a.Node)
		if !here {
			continue
		}
		role, ok := places[a.Role]
		if !ok {
			role = uint32(len(h.roles))
			places[a.Role] = role
			h.roles = append(h.roles, a.Role)
		}
		all = append(all, held{a.User, grant{pos, role}})
	}
	slices.SortFunc(all, func(a, b held) int {
		return cmp.Or(strings.Compare(a.user, b.user), cmp.Compare(a.pos, b.pos), cmp.Compare(a.role, b.role))
	})
	all = slices.Compact(all)
	users := 0
	for i := range all {
		if i == 0 || all[i].user != all[i-1].user {
			users++
		}
	}
	h.users, h.from = make([]string, 0, users), make([]uint32, 0, users+1)
	h.grants, h.byNode = make([]grant, len(all)), make([]uint32, len(all))
	for i, a := range all {
		if i == 0 || a.user != all[i-1].user {
			h.users, h.from = append(h.users, strings.Clone(a.user)), append(h.from, uint32(i))
		}
		h.grants[i], h.byNode[i] = a.grant, uint32(i)
	}
	h.from = append(h.from, uint32(len(all)))
	slices.SortFunc(h.byNode, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(h.grants[a].pos, h.grants[b].pos), cmp.Compare(a, b))
	})
	return h
}

// of returns what a user holds, by position.
func (h *holding) of(user string) []grant {
	i, ok := slices.BinarySearch(h.users, user)
	if !ok {
		return nil
	}
	return h.grants[h.from[i]:h.from[i+1]]
}

// heldOver calls each with the roles that a user holds at pos and above, until it
// returns false, and reports whether it never did. What it costs depends on how
// deep pos is, and hardly on how much the user holds.
func (h *holding) heldOver(user string, parent []uint32, pos uint32, each func(RoleID) bool) bool {
	grants := h.of(user)
	for ; pos != nobody && len(grants) > 0; pos = parent[pos] {
		at := sort.Search(len(grants), func(i int) bool { return grants[i].pos >= pos })
		for _, g := range grants[at:] {
			if g.pos != pos {
				break
			}
			if !each(h.roles[g.role]) {
				return false
			}
		}
		grants = grants[:at]
	}
	return true
}

// at returns who holds which role on one node.
func (h *holding) at(pos uint32) iter.Seq[holder] {
	return func(yield func(holder) bool) {
		first := sort.Search(len(h.byNode), func(i int) bool { return h.grants[h.byNode[i]].pos >= pos })
		for _, place := range h.byNode[first:] {
			g := h.grants[place]
			if g.pos != pos {
				return
			}
			user := sort.Search(len(h.users), func(i int) bool { return h.from[i+1] > place })
			if !yield(holder{h.users[user], h.roles[g.role]}) {
				return
			}
		}
	}
}

// holder is somebody who holds a role on a node.
type holder struct {
	user string
	role RoleID
}

// placedRole is a role that somebody holds on a node.
type placedRole struct {
	node int64
	role RoleID
}
