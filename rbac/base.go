package rbac

import (
	"slices"
	"sort"

	ctxtree "github.com/gotenancy/tenancy/context"
)

// base is a part together with what it hangs under: what follows from the two
// for everybody who asks. A tenant's part hangs under the part without tenant,
// which hangs under nothing. Whoever holds a base holds one state of both.
type base struct {
	*part
	above *base // nil for the part without tenant

	flags []nodeFlags // by position
	known places      // the part's, with the flags
	tops  []top       // by position
	marks []uint32    // positions where an answer may differ from the one at the parent, whoever asks

	subjects subjects
}

type nodeFlags uint8

const (
	isLost   nodeFlags = 1 << iota // does not hang in the tree
	isLocked                       // itself or by a node above
)

// top is a node of the part that hangs under one of another part, or is the
// system.
type top struct{ at, above uint32 }

// over returns the part as it hangs under above. What was found out about people
// stays with it as long as both stay.
func (p *part) over(above *base) *base {
	if b := p.base.Load(); b != nil && b.above == above {
		return b
	}
	b := newBase(p, above)
	p.base.Store(b)
	return b
}

func newBase(p *part, above *base) *base {
	b := &base{part: p, above: above, flags: make([]nodeFlags, len(p.nodes))}
	for i := range p.nodes {
		pos := uint32(i)
		flags, hangs := b.hang(pos)
		if !hangs {
			flags = isLost
		}
		parent := p.parent[pos]
		mark := parent == nobody || !hangs || p.nodes[parent].ID != p.nodes[i].Parent
		if p.nodes[pos].Locked && flags&isLocked == 0 {
			flags |= isLocked
			mark = true
		}
		if mark {
			b.marks = append(b.marks, pos)
		}
		b.flags[pos] = flags
	}
	b.known = p.places.with(b.flags)
	return b
}

// hang returns what a node inherits from the one it hangs under.
func (b *base) hang(pos uint32) (flags nodeFlags, ok bool) {
	n := b.nodes[pos]
	if parent := b.parent[pos]; parent != nobody {
		return b.flags[parent], b.flags[parent]&isLost == 0
	}
	if b.above == nil {
		if hangsAt(n, "") {
			b.tops = append(b.tops, top{pos, nobody})
			return 0, true
		}
		return 0, false
	}
	id, path := parentIn(n.Path)
	at, found := b.above.place(id)
	if !found || b.above.flags[at]&isLost != 0 || b.above.nodes[at].Path != path || !hangsAt(n, path) {
		return 0, false
	}
	b.tops = append(b.tops, top{pos, at})
	return b.above.flags[at], true
}

// shared returns the base without a tenant.
func (b *base) shared() *base {
	if b.above == nil {
		return b
	}
	return b.above
}

// under returns the position above of the node under which one of ours hangs.
func (b *base) under(pos uint32) uint32 {
	i := sort.Search(len(b.tops), func(i int) bool { return b.tops[i].at > pos })
	return b.tops[i-1].above
}

// reaches reports whether the node lies on the line to the one at pos, which
// hangs in the tree.
func (b *base) reaches(node int64, pos uint32) bool {
	if at, ok := b.place(node); ok {
		return b.covers(at, pos)
	}
	if b.above == nil {
		return false
	}
	at, ok := b.above.place(node)
	return ok && b.above.covers(at, b.under(pos))
}

// covers reports whether what lies below one position, or at it, has the other.
func (b *base) covers(at, pos uint32) bool { return at <= pos && pos < b.end[at] }

// line returns the nodes from the system down to the one at pos.
func (b *base) line(pos uint32) (line []ctxtree.Node, ok bool) {
	if b.flags[pos]&isLost != 0 {
		return nil, false
	}
	for at := pos; at != nobody; at = b.parent[at] {
		line = append(line, b.nodes[at])
	}
	if b.above != nil {
		for at := b.under(pos); at != nobody; at = b.above.parent[at] {
			line = append(line, b.above.nodes[at])
		}
	}
	slices.Reverse(line)
	return line, true
}

// says returns what a role says about a capability at a node that hangs in the
// tree: Prohibit if it does so anywhere on the line, else what is nearest.
func (b *base) says(role RoleID, pos, cap uint32) Permission {
	nearest := b.rows[role].walk(b.parent, pos, cap)
	if nearest == Prohibit || b.above == nil {
		return nearest
	}
	if above := b.above.rows[role].walk(b.above.parent, b.under(pos), cap); above == Prohibit || nearest == Inherit {
		return above
	}
	return nearest
}

// walk is base.says in one part.
func (r *rows) walk(parent []uint32, pos, cap uint32) (nearest Permission) {
	if r == nil {
		return Inherit
	}
	for ; pos != nobody; pos = parent[pos] {
		switch p := r.about(pos, cap); {
		case p == Prohibit:
			return Prohibit
		case nearest == Inherit:
			nearest = p
		}
	}
	return nearest
}
