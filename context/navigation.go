package ctxtree

import (
	"cmp"
	"context"
	"slices"

	"github.com/gotenancy/tenancy/tenant"
)

// Item is a node in a navigation, with those below it.
type Item struct {
	Node   Node
	Locked bool   // a lock is in force, its own or one above
	Active bool   // the page of the context, or above it
	More   bool   // Depth has left out something below that is visible
	Items  []Item // below it, in the order in which they were created
}

// NavigationOptions say which part of the tree is shown. The zero value is all
// of it that the context reads.
type NavigationOptions struct {
	// Root is the node whose items are wanted; 0 is the system.
	Root int64

	// Depth is how many levels below Root are shown; 0 is all.
	Depth int

	// Visible reports whether a node is shown. One that is not hides everything
	// below it. It is asked about nodes that the context reads only, the system
	// excepted, each after its parent. Where it is nil all are visible. Roles
	// come in here, with a function that asks package rbac.
	Visible func(Node) bool
}

// Navigation returns the items below Root for the current tenant: its own nodes
// and those without a tenant, never another's. In global mode it is those
// without one. What it costs does not depend on how many tenants there are.
//
// The error is a [*NodeError] of [ErrNoNode] where the context does not read
// Root or it is not visible, tenant.ErrSeveralTenants in a context across
// tenants, that of tenant.Err, or [ErrUnavailable].
func (c *Cache) Navigation(ctx context.Context, opts NavigationOptions) ([]Item, error) {
	switch tenant.ModeOf(ctx) {
	case tenant.ModeAcross, tenant.ModeAcrossAll:
		return nil, tenant.ErrSeveralTenants
	}
	n := navigation{visible: opts.Visible, active: map[int64]bool{}}
	if n.visible == nil {
		n.visible = func(Node) bool { return true }
	}
	var err error
	if n.shared, err = c.Snapshot(ctx, ""); err != nil {
		return nil, err
	}
	parts := []*Snapshot{n.shared}
	if own, ok := tenant.IDFromContext(ctx); ok {
		s, err := c.Snapshot(ctx, own)
		if err != nil {
			return nil, err
		}
		parts = append(parts, s)
	}
	if page, ok := Current(ctx); ok {
		for _, above := range page.Line {
			n.active[above.ID] = true
		}
	}
	if system, found := n.shared.Find(SystemID); found {
		n.locked = n.shared.Locked(system)
	}
	if opts.Root != 0 && opts.Root != SystemID {
		for _, s := range parts {
			if at, found := s.Find(opts.Root); found && n.shows(s, at) {
				return n.items(s, at, opts.Depth), nil
			}
		}
		return nil, &NodeError{Op: "show", Node: opts.Root, Err: ErrNoNode}
	}
	var items []Item
	for _, s := range parts {
		top := -1
		if system, found := s.Find(SystemID); found {
			top = system
		}
		items = append(items, n.items(s, top, opts.Depth)...)
	}
	sortItems(items)
	return items, nil
}

// navigation is one walk.
type navigation struct {
	shared  *Snapshot
	visible func(Node) bool
	active  map[int64]bool
	locked  bool // the system is
}

// shows reports whether the node and all above it are visible.
func (n *navigation) shows(s *Snapshot, at int) bool {
	for _, p := range s.Line(at) {
		if s.ID(p) != SystemID && !n.visible(s.Node(p)) {
			return false
		}
	}
	return true
}

// items returns those below the position, as many levels as depth, or all if
// that is not positive.
func (n *navigation) items(s *Snapshot, at, depth int) []Item {
	var items []Item
	for p := range s.Children(at) {
		node := s.Node(p)
		if !n.visible(node) {
			continue
		}
		item := Item{Node: node, Locked: n.locked || s.Locked(p), Active: n.active[node.ID]}
		if depth == 1 {
			item.More = n.any(s, p)
		} else {
			item.Items = n.items(s, p, depth-1)
		}
		items = append(items, item)
	}
	sortItems(items)
	return items
}

// any reports whether something directly below is visible.
func (n *navigation) any(s *Snapshot, at int) bool {
	for p := range s.Children(at) {
		if n.visible(s.Node(p)) {
			return true
		}
	}
	return false
}

func sortItems(items []Item) {
	slices.SortFunc(items, func(a, b Item) int { return cmp.Compare(a.Node.ID, b.Node.ID) })
}
