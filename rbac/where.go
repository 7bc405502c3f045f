package rbac

import (
	"context"
	"errors"
	"slices"
	"strings"

	ctxtree "github.com/gotenancy/tenancy/context"
)

// ErrAllTenants: the question is about whole tenants and the context reaches
// all of them, which nothing here can list. Ask in the context of one, or name
// them with tenant.Across.
var ErrAllTenants = errors.New("rbac: the context does not say which tenants the question is about")

// WhereCan returns the nodes on which the actor of ctx has the capability, of
// the given levels only if there are any: exactly those for which
// [Checker.Check] says yes, locks included. They come in the order of the tree,
// each after those above it, and are of one state of the tree and the roles;
// across tenants that holds for each of them.
//
// It looks at every node that the context reads, in memory. To select rows in a
// database use [Checker.Predicate] instead. Across all tenants the error is
// [ErrAllTenants].
func (c *Checker) WhereCan(ctx context.Context, capability string, levels ...ctxtree.Level) ([]ctxtree.Node, error) {
	q, err := c.question(ctx)
	if err != nil {
		return nil, err
	}
	models, err := c.models(ctx, q.scene)
	if err != nil {
		return nil, err
	}
	var allowed []ctxtree.Node
	e := c.settings.catalogue.find(capability)
	for _, m := range models {
		w := m.view(q)
		for n := range m.all() {
			if (len(levels) == 0 || slices.Contains(levels, n.Level)) && w.allows(e, n.ID) {
				allowed = append(allowed, n)
			}
		}
	}
	slices.SortFunc(allowed, func(a, b ctxtree.Node) int { return strings.Compare(a.Path, b.Path) })
	return allowed, nil
}

// models returns what is needed to answer questions about everything that the
// scene reads: one model, or across tenants one for each. Across tenants the
// part that they share is not read, so no node counts twice.
func (c *Checker) models(ctx context.Context, sc scene) ([]*model, error) {
	if !sc.across {
		m, err := c.modelOf(ctx, sc.in)
		return []*model{m}, err
	}
	ids, all := sc.reach.Readable()
	if all {
		return nil, ErrAllTenants
	}
	models := make([]*model, len(ids))
	for i, id := range ids {
		var err error
		if models[i], err = c.modelOf(ctx, id); err != nil {
			return nil, err
		}
	}
	return models, nil
}
