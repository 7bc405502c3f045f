package ctxtree

import (
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// table is the nodes of a [Memory], linked from each to those below it. Only
// below the system do nodes of several tenants lie side by side, so those hang
// in the parts of their tenants.
type table struct {
	last  int64 // the greatest number given out
	nodes map[int64]*held
	parts map[tenant.ID]*part
}

// held is one node in its place.
type held struct {
	Node
	below []*held // in no order
	at    int     // where it is in the below of its parent, or in the tops of its part
}

// part is the nodes of one tenant, or of none.
type part struct {
	objects map[object]*held
	tops    []*held // directly below the system; the system itself is none
	number  int64   // of changes
}

// object is what is unique within a part.
type object struct {
	level    Level
	instance string
}

func (n Node) object() object { return object{n.Level, n.Instance} }

func newTable() table {
	t := table{last: SystemID, nodes: map[int64]*held{}, parts: map[tenant.ID]*part{}}
	system := &held{Node: root()}
	t.nodes[SystemID] = system
	t.part("").objects[system.object()] = system
	return t
}

// part returns the part of a tenant, which begins to exist with that.
func (t *table) part(of tenant.ID) *part {
	p := t.parts[of]
	if p == nil {
		p = &part{objects: map[object]*held{}}
		t.parts[of] = p
	}
	return p
}

// read returns the node if there is one that the reach covers.
func (t *table) read(reach Reach, id int64) *held {
	if h := t.nodes[id]; h != nil && reach.Reads(h.Tenant) {
		return h
	}
	return nil
}

// readable returns the parts that the reach covers.
func (t *table) readable(reach Reach) []*part {
	ids, all := reach.Readable()
	var parts []*part
	if all {
		for _, p := range t.parts {
			parts = append(parts, p)
		}
		return parts
	}
	for _, id := range ids {
		if p := t.parts[id]; p != nil {
			parts = append(parts, p)
		}
	}
	return parts
}

// add puts a new node into its place.
func (t *table) add(n Node) {
	h := &held{Node: n}
	t.nodes[n.ID] = h
	t.part(n.Tenant).objects[n.object()] = h
	t.attach(h)
}

// forget removes a node that is detached, or lies below one.
func (t *table) forget(h *held) {
	delete(t.nodes, h.ID)
	delete(t.part(h.Tenant).objects, h.object())
}

// siblings returns the list that the node is in.
func (t *table) siblings(h *held) *[]*held {
	if h.Parent == SystemID {
		return &t.part(h.Tenant).tops
	}
	return &t.nodes[h.Parent].below
}

func (t *table) attach(h *held) {
	list := t.siblings(h)
	h.at = len(*list)
	*list = append(*list, h)
}

func (t *table) detach(h *held) {
	list := t.siblings(h)
	last := len(*list) - 1
	moved := (*list)[last]
	(*list)[h.at], moved.at = moved, h.at
	(*list)[last] = nil
	*list = (*list)[:last]
}

// line returns the nodes from the system down to h.
func (t *table) line(h *held) []Node {
	line := make([]Node, h.Depth)
	for i := range line {
		line[len(line)-1-i] = h.Node
		h = t.nodes[h.Parent]
	}
	return line
}

// subtree appends h and what lies below it, parents first. Not for the system.
func (h *held) subtree(to []*held) []*held {
	to = append(to, h)
	for _, d := range h.below {
		to = d.subtree(to)
	}
	return to
}

// subtrees appends the nodes of the part, except for the system.
func (p *part) subtrees(to []*held) []*held {
	for _, h := range p.tops {
		to = h.subtree(to)
	}
	return to
}

// byPath returns copies of the nodes in byte order of their paths.
func byPath(list []*held) []Node {
	if len(list) == 0 {
		return nil
	}
	nodes := make([]Node, len(list))
	for i, h := range list {
		nodes[i] = h.Node
	}
	slices.SortFunc(nodes, func(a, b Node) int { return strings.Compare(a.Path, b.Path) })
	return nodes
}

// byTenant sorts nodes of different tenants.
func byTenant(nodes []Node) []Node {
	slices.SortFunc(nodes, func(a, b Node) int { return strings.Compare(string(a.Tenant), string(b.Tenant)) })
	return nodes
}
