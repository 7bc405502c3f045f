package rbac

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// part is what one tenant owns, or what has no tenant: its nodes and what is
// said on them, loaded together. Its content is immutable.
//
// Inside, a node is known by its position in the order of the tree, each after
// its parent and before whatever is not below it, so that what lies below it is
// a range. Positions come from the numbers of the nodes as they were loaded
// together with what is said on them. A move changes paths, never numbers, so
// nothing in here can be left behind at an old place.
type part struct {
	of      tenant.ID
	version version

	nodes  []ctxtree.Node // by position
	places places
	parent []uint32 // nobody at the top of the part, and of what does not hang in the tree
	end    []uint32 // of what lies below: the position behind the last

	rows    map[RoleID]*rows
	holding holding

	// The rest is empty for a tenant's part.

	roles   map[RoleID]Role
	special Special
	admins  map[string]bool

	base atomic.Pointer[base] // the newest that was made of it
}

// nobody is no position.
const nobody = ^uint32(0)

// version is as of which changes of the two stores something is complete.
type version struct{ tree, roles int64 }

// covers reports whether everything up to w is contained in v.
func (v version) covers(w version) bool { return v.tree >= w.tree && v.roles >= w.roles }

// newPart joins the nodes of one tenant and the rules of the same. What is
// said about other nodes is left out: it is about deleted ones, or was written
// into a part that has no say over them. So is what is said about capabilities
// that are not declared.
func newPart(of tenant.ID, nodes []ctxtree.Node, r Rules, v version, known *catalogue) *part {
	p := &part{
		of:      of,
		version: v,
		roles:   make(map[RoleID]Role, len(r.Roles)),
		special: r.Special,
		admins:  make(map[string]bool, len(r.SiteAdmins)),
	}
	p.plant(nodes)
	p.rows = newRows(p, r.Permissions, known)
	p.holding = newHolding(p, r.Assignments)
	for _, role := range r.Roles {
		p.roles[role.ID] = role
	}
	for _, user := range r.SiteAdmins {
		p.admins[user] = true
	}
	return p
}

// plant puts the nodes into the order of the tree.
func (p *part) plant(nodes []ctxtree.Node) {
	if slices.ContainsFunc(nodes, func(n ctxtree.Node) bool { return n.Tenant != p.of }) {
		nodes = slices.DeleteFunc(slices.Clone(nodes), func(n ctxtree.Node) bool { return n.Tenant != p.of })
	}
	byPath := func(a, b ctxtree.Node) int { return cmp.Compare(a.Path, b.Path) }
	if !slices.IsSortedFunc(nodes, byPath) {
		nodes = slices.SortedStableFunc(slices.Values(nodes), byPath)
	}
	p.nodes = nodes
	p.parent, p.end = make([]uint32, len(nodes)), make([]uint32, len(nodes))
	var open []uint32 // the line to where we are
	for i, n := range nodes {
		pos := uint32(i)
		for len(open) > 0 && !n.Within(nodes[open[len(open)-1]]) {
			p.end[open[len(open)-1]] = pos
			open = open[:len(open)-1]
		}
		p.parent[i], p.end[i] = nobody, pos+1
		if len(open) > 0 && hangsAt(n, nodes[open[len(open)-1]].Path) {
			p.parent[i] = open[len(open)-1]
		}
		if n.Path != "" {
			open = append(open, pos)
		}
	}
	for _, pos := range open {
		p.end[pos] = uint32(len(nodes))
	}
	p.places = newPlaces(nodes)
}

// hangsAt reports whether n is directly below the node of that path, or with an
// empty path the system.
func hangsAt(n ctxtree.Node, path string) bool {
	if path == "" {
		return n.ID == ctxtree.SystemID && n.Path == "/1/"
	}
	rest, ok := strings.CutPrefix(n.Path, path)
	if !ok {
		return false
	}
	digits, ok := strings.CutSuffix(rest, "/")
	if !ok {
		return false
	}
	id, err := strconv.ParseInt(digits, 10, 64)
	return err == nil && id == n.ID && id > 0
}

// parentIn returns the number in a path that stands before the last, or 0.
func parentIn(path string) (id int64, above string) {
	inner, ok := strings.CutSuffix(path, "/")
	if !ok {
		return 0, ""
	}
	cut := strings.LastIndexByte(inner, '/')
	if cut <= 0 {
		return 0, ""
	}
	above = inner[:cut+1]
	id, err := strconv.ParseInt(above[strings.LastIndexByte(inner[:cut], '/')+1:cut], 10, 64)
	if err != nil {
		return 0, ""
	}
	return id, above
}

// place returns the position of a node.
func (p *part) place(node int64) (pos uint32, ok bool) {
	at := p.places.find(node)
	return at.pos(), at != nowhere
}
