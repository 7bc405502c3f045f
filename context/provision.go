package ctxtree

import (
	"context"

	"github.com/gotenancy/tenancy/tenant"
)

// The kinds of events that concern the tree. Package tenant/lifecycle declares
// them.
const (
	kindCreated = "tenant.created"
	kindDeleted = "tenant.deleted"
)

// Provision makes a tenant's part of the tree together with the tenant, and
// removes it with it: its Hook is one of lifecycle.Config.Hooks. Tree is
// required.
//
//	provision := ctxtree.Provision{
//		Tree: func(tx tenant.DBTX) ctxtree.Store { return tree.With(tx) },
//		Nodes: func(t *tenant.Tenant) []ctxtree.Spec {
//			return []ctxtree.Spec{{Level: "category", Instance: t.Code}}
//		},
//	}
type Provision struct {
	// Tree returns the store on the transaction of the change. A store that is
	// in no database returns itself, and then the change is not atomic.
	Tree func(tx tenant.DBTX) Store

	// Nodes returns what is made besides the tenant's own node, in this order,
	// for example its top category. A Parent of 0 stands for the tenant's node,
	// and SystemID for a place beside it. All of it is the tenant's. Where Nodes
	// is nil there is the tenant's node only.
	Nodes func(t *tenant.Tenant) []Spec
}

// Hook implements tenant.Hook. It writes nodes of the event's tenant and no
// others. Caches in this process hear of it from package feed, or by
// [Cache.Refresh] in lifecycle.Config.OnCommit.
func (p Provision) Hook(ctx context.Context, tx tenant.DBTX, ev tenant.Event) error {
	switch ev.Kind {
	case kindCreated:
		return p.create(ctx, p.Tree(tx), ev.Tenant)
	case kindDeleted:
		_, err := p.Tree(tx).DeleteAll(ctx, ev.Tenant)
		return err
	default:
		return nil
	}
}

func (p Provision) create(ctx context.Context, tree Store, id tenant.ID) error {
	top, err := tree.Create(ctx, Spec{Parent: SystemID, Level: LevelTenant, Instance: string(id)})
	if err != nil || p.Nodes == nil {
		return err
	}
	record, ok := tenant.FromContext(ctx)
	if !ok {
		record = &tenant.Tenant{ID: id}
	}
	for _, s := range p.Nodes(record) {
		if s.Parent == 0 {
			s.Parent = top.ID
		}
		if s.Tenant == "" {
			s.Tenant = id
		}
		if _, err := tree.Create(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// Purge returns a step of lifecycle.Config.Purge that removes all nodes of the
// tenant that is being deleted, for trees that are too large for the
// transaction in which [Provision] does it. It is harmless to run again.
func Purge(tree Store) func(ctx context.Context, id tenant.ID) error {
	return func(ctx context.Context, id tenant.ID) error {
		_, err := tree.DeleteAll(ctx, id)
		return err
	}
}
