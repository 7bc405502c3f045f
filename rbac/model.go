package rbac

import ctxtree "github.com/gotenancy/tenancy/context"

// part is what one tenant owns, or what has no tenant: its nodes and what is
// said on them, loaded together. It is immutable.
//
// Everything is keyed by the number of the node. A move changes paths, never
// numbers, so nothing in here can be left behind at an old place.
type part struct {
	nodes       map[int64]ctxtree.Node
	permissions map[permissionKey]Permission
	assignments map[string][]placedRole // by user

	// The rest is empty for a tenant's part.

	roles   map[RoleID]Role
	special Special
	admins  map[string]bool
}

// placedRole is a role that somebody holds on a node.
type placedRole struct {
	node int64
	role RoleID
}

// newPart joins the nodes of one tenant and the rules of the same. What is
// said about other nodes is left out: it is about deleted ones, or was written
// into a part that has no say over them.
func newPart(nodes []ctxtree.Node, r Rules) *part {
	p := &part{
		nodes:       make(map[int64]ctxtree.Node, len(nodes)),
		permissions: make(map[permissionKey]Permission, len(r.Permissions)),
		assignments: make(map[string][]placedRole),
		roles:       make(map[RoleID]Role, len(r.Roles)),
		special:     r.Special,
		admins:      make(map[string]bool, len(r.SiteAdmins)),
	}
	for _, n := range nodes {
		p.nodes[n.ID] = n
	}
	for _, x := range r.Permissions {
		if _, ok := p.nodes[x.Node]; ok {
			p.permissions[permissionKey{x.Node, x.Role, x.Capability}] = x.Permission
		}
	}
	for _, x := range r.Assignments {
		if _, ok := p.nodes[x.Node]; ok {
			p.assignments[x.User] = append(p.assignments[x.User], placedRole{x.Node, x.Role})
		}
	}
	for _, role := range r.Roles {
		p.roles[role.ID] = role
	}
	for _, user := range r.SiteAdmins {
		p.admins[user] = true
	}
	return p
}

// model is all that an answer depends on: the part without a tenant, and that
// of the tenant in question. It holds nothing of any other tenant.
type model struct {
	*settings
	shared *part
	own    *part // nil where the question is about no tenant
}

// settings are what does not change while a checker lives.
type settings struct {
	capabilities     capabilities
	wall             Wall
	forceLogin       bool
	ignoreLocks      bool
	locksSpareAdmins bool
}

// parts returns the parts there are.
func (m *model) parts() []*part {
	if m.own == nil {
		return []*part{m.shared}
	}
	return []*part{m.shared, m.own}
}

// node returns the node with that number, if it belongs to one of the parts.
func (m *model) node(id int64) (ctxtree.Node, bool) {
	for _, p := range m.parts() {
		if n, ok := p.nodes[id]; ok {
			return n, true
		}
	}
	return ctxtree.Node{}, false
}

// line returns the nodes from the system down to n. ok is false where n does
// not hang in the tree.
func (m *model) line(n ctxtree.Node) (line []ctxtree.Node, ok bool) {
	ids, ok := n.Line()
	if !ok {
		return nil, false
	}
	for _, id := range ids {
		above, ok := m.node(id)
		if !ok {
			return nil, false
		}
		line = append(line, above)
	}
	return line, true
}

// permission returns what the role says about the capability on the node.
func (m *model) permission(node int64, role RoleID, capability string) Permission {
	for _, p := range m.parts() {
		if permission, ok := p.permissions[permissionKey{node, role, capability}]; ok {
			return permission
		}
	}
	return Inherit
}
