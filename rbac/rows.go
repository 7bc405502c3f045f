package rbac

import (
	"cmp"
	"slices"
)

// rows are what one role says on the nodes of one part: for each node on which
// it says anything a few numbers, one for each capability it says something
// about, in the order of the capabilities.
type rows struct {
	at   []uint32 // positions of the nodes, in order
	from []uint32 // where in says each row begins, and behind the last
	says []said
}

// said is a capability and what is said about it.
type said uint32

func (s said) cap() uint32            { return uint32(s) >> 2 }
func (s said) permission() Permission { return Permission(s & 3) }

func newRows(p *part, permissions []PlacedPermission, known *catalogue) map[RoleID]*rows {
	type cell struct {
		role RoleID
		pos  uint32
		said said
	}
	cells := make([]cell, 0, len(permissions))
	for _, x := range permissions {
		pos, here := p.place(x.Node)
		bit, declared := known.bit(x.Capability)
		if here && declared && x.Permission != Inherit {
			cells = append(cells, cell{x.Role, pos, said(bit<<2 | uint32(min(x.Permission, Prohibit)))})
		}
	}
	slices.SortFunc(cells, func(a, b cell) int {
		return cmp.Or(cmp.Compare(a.role, b.role), cmp.Compare(a.pos, b.pos), cmp.Compare(a.said, b.said))
	})
	all := map[RoleID]*rows{}
	for len(cells) > 0 {
		role, n := cells[0].role, 0
		for n < len(cells) && cells[n].role == role {
			n++
		}
		r := &rows{says: make([]said, n)}
		for i, c := range cells[:n] {
			if last := len(r.at) - 1; last < 0 || r.at[last] != c.pos {
				r.at, r.from = append(r.at, c.pos), append(r.from, uint32(i))
			}
			r.says[i] = c.said
		}
		r.at, r.from = slices.Clip(r.at), slices.Clip(append(r.from, uint32(n)))
		all[role], cells = r, cells[n:]
	}
	return all
}

// row returns what is said on one node.
func (r *rows) row(pos uint32) []said {
	if r == nil {
		return nil
	}
	i, ok := slices.BinarySearch(r.at, pos)
	if !ok {
		return nil
	}
	return r.says[r.from[i]:r.from[i+1]]
}

// about returns what is said on one node about one capability.
func (r *rows) about(pos, cap uint32) Permission {
	row := r.row(pos)
	i, _ := slices.BinarySearch(row, said(cap<<2))
	if i < len(row) && row[i].cap() == cap {
		return row[i].permission()
	}
	return Inherit
}

// below returns the positions from pos to before end on which anything is said.
func (r *rows) below(pos, end uint32) []uint32 {
	if r == nil {
		return nil
	}
	from, _ := slices.BinarySearch(r.at, pos)
	to, _ := slices.BinarySearch(r.at[from:], end)
	return r.at[from : from+to]
}
