package rbac

import (
	"context"
	"fmt"
	"slices"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// hearing is all that a decision about a change on one node depends on: who
// asks, the line to the node, and what is said on it, read at the time of the
// decision and not from what a checker has kept.
type hearing struct {
	question
	*model // of the line's nodes, with the assignments of the asker
	node   ctxtree.Node
	line   []ctxtree.Node
	rules  []Rules // of the part without tenant, and of the node's if it has one
}

// errNoNode is the answer about whatever lies beyond the wall.
func errNoNode() error { return fmt.Errorf("rbac: %w", ctxtree.ErrNoNode) }

// reached returns the node if it is on the asker's side of the wall. Its tenant
// never changes.
func (g *Manager) reached(ctx context.Context, q question, node int64) (ctxtree.Node, error) {
	n, found, err := g.checker.tree.Node(ctx, node)
	if err != nil {
		return ctxtree.Node{}, fmt.Errorf("rbac: %w", err)
	}
	if !found || !g.checker.settings.wall.admits(q.scene, q.subject, n) {
		return ctxtree.Node{}, errNoNode()
	}
	return n, nil
}

// ask hears the actor of ctx about a node without changing anything.
func (g *Manager) ask(ctx context.Context, node int64) (*hearing, error) {
	q, err := g.checker.question(ctx)
	if err != nil {
		return nil, err
	}
	n, err := g.reached(ctx, q, node)
	if err != nil {
		return nil, err
	}
	return g.hear(inside(ctx, n.Tenant), q, g.checker.tree, g.checker.store, node)
}

// change hears the actor of ctx about a node, and has fn make one change of the
// node's part. What was heard stays so until the change counts.
func (g *Manager) change(ctx context.Context, node int64, fn func(c *governed) error) error {
	q, err := g.checker.question(ctx)
	if err != nil {
		return err
	}
	n, err := g.reached(ctx, q, node)
	if err != nil {
		return err
	}
	if err := Writable(ctx, n.Tenant); err != nil {
		return err
	}
	// From here on in the mode that hooks are promised.
	ctx = eventContext(ctx, n.Tenant)
	return g.checker.store.Change(ctx, n.Tenant, func(tx Store, db tenant.DBTX) error {
		h, err := g.hear(ctx, q, g.cfg.Tree(db), tx, node)
		if err != nil {
			return err
		}
		return fn(&governed{hearing: h, manager: g, ctx: ctx, tx: tx, db: db})
	})
}

// governed is a change that is being decided and made.
type governed struct {
	*hearing
	manager *Manager
	ctx     context.Context
	tx      Store
	db      tenant.DBTX
}

// hear reads the line. Everything is decided by what tree and store give.
func (g *Manager) hear(ctx context.Context, q question, tree ctxtree.Store, store Store, node int64) (*hearing, error) {
	line, err := tree.Ancestors(ctx, node)
	if err != nil {
		return nil, fmt.Errorf("rbac: %w", err)
	}
	if len(line) == 0 {
		return nil, errNoNode()
	}
	n := line[len(line)-1]
	if !g.checker.settings.wall.admits(q.scene, q.subject, n) {
		return nil, errNoNode()
	}
	shared, own, err := store.LoadLine(ctx, line, q.subject.user)
	if err != nil {
		return nil, err
	}
	catalogue := g.checker.settings.catalogue
	ofNobody := newPart("", owned(line, ""), shared, version{}, catalogue)
	h := &hearing{question: q, node: n, line: line, rules: []Rules{shared}}
	if n.Tenant == "" {
		h.model = newModel(&g.checker.settings, ofNobody, nil)
		return h, nil
	}
	h.model = newModel(&g.checker.settings, ofNobody, newPart(n.Tenant, owned(line, n.Tenant), own, version{}, catalogue))
	h.rules = append(h.rules, own)
	return h, nil
}

// owned returns the nodes of one part.
func owned(line []ctxtree.Node, of tenant.ID) []ctxtree.Node {
	return slices.DeleteFunc(slices.Clone(line), func(n ctxtree.Node) bool { return n.Tenant != of })
}

// may returns nil if the asker has the capability on the node. One without a
// name nobody has.
func (h *hearing) may(capability string) error {
	d := h.evaluate(h.scene, h.subject, capability, h.node.ID)
	if !d.Allowed {
		return &DeniedError{Step: d.Step, Capability: capability, Node: h.node.ID}
	}
	return nil
}

// within reports whether the node is inside what the session is bound to.
func (h *hearing) within() bool {
	bound := h.subject.session.Bound
	return bound == 0 || onLine(h.line, bound)
}

// administers reports whether the asker is a site administrator at the node.
func (h *hearing) administers() bool {
	s := h.subject
	return h.isAdmin(s.user) && !s.outsider() && !s.unknown && !s.session.NoBypass && h.within() &&
		(s.home == "" || s.home == h.node.Tenant)
}

// targets reports for which roles the asker has a pair of the kind: through a
// role that is really assigned to it on the line. The role that everybody has
// gives none, and guests have none.
func (h *hearing) targets(kind PairKind) func(RoleID) bool {
	s := h.subject
	switch {
	case s.outsider() || s.unknown || !h.within():
		return func(RoleID) bool { return false }
	case h.administers():
		return func(RoleID) bool { return true }
	}
	held := make(map[RoleID]bool)
	for a := range h.holds(s.user) {
		if _, defined := h.role(a.role); defined && onLine(h.line, a.node) {
			held[a.role] = true
		}
	}
	may := make(map[RoleID]bool)
	for _, p := range h.rules[0].Pairs {
		if p.Kind == kind && held[p.Role] {
			may[p.Target] = true
		}
	}
	return func(id RoleID) bool { return may[id] }
}

// mayTarget returns nil if the asker has a pair of the kind with the role, which
// exists.
func (h *hearing) mayTarget(kind PairKind, role RoleID) (Role, error) {
	r, ok := h.role(role)
	if !ok {
		return Role{}, ErrUnknownRole
	}
	if !h.targets(kind)(role) {
		return Role{}, &PairError{Kind: kind, Target: role, Node: h.node.ID}
	}
	return r, nil
}

// speaks reports whether the role says anything on the line.
func (h *hearing) speaks(role RoleID) bool {
	for _, r := range h.rules {
		if slices.ContainsFunc(r.Permissions, func(p PlacedPermission) bool { return p.Role == role }) {
			return true
		}
	}
	return false
}

// list returns the roles for which keep is true, by number.
func (h *hearing) list(keep func(Role) bool) []Role {
	return slices.DeleteFunc(slices.Clone(h.rules[0].Roles), func(r Role) bool { return !keep(r) })
}
