package rbac

import (
	"iter"
	"sync/atomic"

	ctxtree "github.com/gotenancy/tenancy/context"
)

// model is all that an answer depends on: the part without a tenant, and that
// of the tenant in question. It holds nothing of any other tenant.
type model struct {
	*settings
	shared *part
	own    *part // nil where the question is about no tenant

	bases [2]*base             // of the two
	asked atomic.Pointer[view] // the last view
}

// settings are what does not change while a checker lives.
type settings struct {
	capabilities     capabilities
	catalogue        *catalogue
	subjectBytes     int64
	maxPoints        int
	wall             Wall
	forceLogin       bool
	ignoreLocks      bool
	locksSpareAdmins bool
}

func newModel(set *settings, shared, own *part) *model {
	m := &model{settings: set, shared: shared, own: own}
	m.bases[0] = shared.over(nil)
	if own != nil {
		m.bases[1] = own.over(m.bases[0])
	}
	return m
}

// parts returns the parts there are.
func (m *model) parts() []*part {
	if m.own == nil {
		return []*part{m.shared}
	}
	return []*part{m.shared, m.own}
}

// place returns where the node with that number is, if it belongs to one of the
// parts.
func (m *model) place(id int64) (b *base, pos uint32, ok bool) {
	for _, b := range m.bases {
		if b == nil {
			continue
		}
		if pos, ok := b.place(id); ok {
			return b, pos, true
		}
	}
	return nil, 0, false
}

// The questions below are all that the literal form of the rules asks, so that
// it does not depend on how a part is kept.

// node returns the node with that number, if it belongs to one of the parts.
func (m *model) node(id int64) (ctxtree.Node, bool) {
	b, pos, ok := m.place(id)
	if !ok {
		return ctxtree.Node{}, false
	}
	return b.nodes[pos], true
}

// line returns the nodes from the system down to n. ok is false where n does
// not hang in the tree.
func (m *model) line(n ctxtree.Node) (line []ctxtree.Node, ok bool) {
	b, pos, ok := m.place(n.ID)
	if !ok {
		return nil, false
	}
	return b.line(pos)
}

// all returns the nodes of all parts, each after its parent.
func (m *model) all() iter.Seq[ctxtree.Node] {
	return func(yield func(ctxtree.Node) bool) {
		for _, p := range m.parts() {
			for _, n := range p.nodes {
				if !yield(n) {
					return
				}
			}
		}
	}
}

// holds returns the roles that are assigned to the user, anywhere.
func (m *model) holds(user string) iter.Seq[placedRole] {
	return func(yield func(placedRole) bool) {
		for _, p := range m.parts() {
			for _, g := range p.holding.of(user) {
				if !yield(placedRole{p.nodes[g.pos].ID, p.holding.roles[g.role]}) {
					return
				}
			}
		}
	}
}

// holdersAt returns who holds which role on the node itself, each once.
func (m *model) holdersAt(node int64) iter.Seq[holder] {
	b, pos, ok := m.place(node)
	if !ok {
		return func(func(holder) bool) {}
	}
	return b.holding.at(pos)
}

// role returns the role with that number.
func (m *model) role(id RoleID) (Role, bool) {
	r, ok := m.shared.roles[id]
	return r, ok
}

// special returns the special roles.
func (m *model) special() Special { return m.shared.special }

// isAdmin reports whether the user carries the flag of a site administrator.
func (m *model) isAdmin(user string) bool { return m.shared.admins[user] }

// permission returns what the role says about the capability on the node.
func (m *model) permission(node int64, role RoleID, capability string) Permission {
	b, pos, ok := m.place(node)
	if !ok {
		return Inherit
	}
	bit, ok := m.catalogue.bit(capability)
	if !ok {
		return Inherit
	}
	return b.rows[role].about(pos, bit)
}
