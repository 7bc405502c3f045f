package rbac

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/gotenancy/tenancy/tenant"
)

// Filter returns those of the nodes on which the actor of ctx has the
// capability, in the given order; what is given twice comes twice. Nodes beyond
// the wall are left out like those that do not exist.
//
// All answers about one tenant's nodes are of one state of the tree and the
// roles. Across tenants the nodes may be of several; each that was not seen
// with another one's part costs a read of the tree.
func (c *Checker) Filter(ctx context.Context, capability string, nodes []int64) ([]int64, error) {
	q, err := c.question(ctx)
	if err != nil {
		return nil, err
	}
	of, err := c.modelsFor(ctx, q.scene, nodes)
	if err != nil {
		return nil, err
	}
	e := c.settings.catalogue.find(capability)
	var last *model
	var w *view
	allowed := make([]int64, 0, len(nodes))
	for _, node := range nodes {
		m := of(node)
		if m == nil {
			continue
		}
		if m != last {
			last, w = m, m.view(q)
		}
		if w.allows(e, node) {
			allowed = append(allowed, node)
		}
	}
	if len(allowed) == 0 {
		return nil, nil
	}
	return allowed, nil
}

// modelsFor takes one model for each tenant that has one of the nodes. of
// returns that for a node, and nil for one that does not exist.
func (c *Checker) modelsFor(ctx context.Context, sc scene, nodes []int64) (of func(node int64) *model, err error) {
	if !sc.across {
		m, err := c.modelOf(ctx, sc.in)
		return func(int64) *model { return m }, err
	}
	byNode := make(map[int64]*model, len(nodes))
	byTenant := map[tenant.ID]*model{}
	for _, node := range nodes {
		if _, ok := byNode[node]; ok {
			continue
		}
		for _, m := range byTenant {
			if _, ok := m.node(node); ok {
				byNode[node] = m
				break
			}
		}
		if byNode[node] != nil {
			continue
		}
		n, found, err := c.tree.Node(ctx, node)
		if err != nil {
			return nil, fmt.Errorf("rbac: %w", err)
		}
		if !found {
			byNode[node] = nil
			continue
		}
		if byTenant[n.Tenant] == nil {
			if byTenant[n.Tenant], err = c.modelOf(ctx, n.Tenant); err != nil {
				return nil, err
			}
		}
		byNode[node] = byTenant[n.Tenant]
	}
	return func(node int64) *model { return byNode[node] }, nil
}

// Capabilities returns the names of all capabilities that the actor of ctx has
// on the node, in byte order and without deprecated ones: for an interface that
// shows what somebody can do. They are of one state of the tree and the roles.
// There are none on a node beyond the wall.
func (c *Checker) Capabilities(ctx context.Context, node int64) ([]string, error) {
	q, err := c.question(ctx)
	if err != nil {
		return nil, err
	}
	m, err := c.model(ctx, q.scene, node)
	if err != nil {
		return nil, err
	}
	var has []string
	for _, name := range slices.Sorted(maps.Keys(m.capabilities)) {
		if m.capabilities[name].Name == name && m.answer(q, name, node) {
			has = append(has, name)
		}
	}
	return has, nil
}

// CheckAny returns nil if the actor of ctx has at least one of the capabilities
// on the node. Otherwise the error is that of [Checker.Check] for the first of
// them. None to check is [ErrInvalid].
func (c *Checker) CheckAny(ctx context.Context, node int64, capabilities ...string) error {
	return c.checkSome(ctx, node, capabilities, func(has func(string) bool) (missing string, ok bool) {
		return capabilities[0], slices.ContainsFunc(capabilities, has)
	})
}

// CheckAll returns nil if the actor of ctx has all of the capabilities on the
// node. Otherwise the error is that of [Checker.Check] for the first one that
// is missing. None to check is [ErrInvalid], so that a list that was left empty
// by mistake allows nothing.
func (c *Checker) CheckAll(ctx context.Context, node int64, capabilities ...string) error {
	return c.checkSome(ctx, node, capabilities, func(has func(string) bool) (missing string, ok bool) {
		for _, name := range capabilities {
			if !has(name) {
				return name, false
			}
		}
		return "", true
	})
}

// checkSome asks decide, which combines the answers about single capabilities,
// all of one state. What decide finds missing is in the error.
func (c *Checker) checkSome(ctx context.Context, node int64, capabilities []string, decide func(has func(string) bool) (missing string, ok bool)) error {
	if len(capabilities) == 0 {
		return fmt.Errorf("%w: no capability to check", ErrInvalid)
	}
	q, err := c.question(ctx)
	if err != nil {
		return err
	}
	m, err := c.model(ctx, q.scene, node)
	if err != nil {
		return err
	}
	missing, ok := decide(func(name string) bool { return m.answer(q, name, node) })
	if ok {
		return nil
	}
	d := m.evaluate(q.scene, q.subject, missing, node)
	return &DeniedError{Step: d.Step, Capability: missing, Node: node}
}
