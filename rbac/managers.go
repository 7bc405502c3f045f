package rbac

import (
	"context"
	"errors"
	"fmt"
	"slices"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// The kinds of events on which [TenantManagers] acts. Packages lifecycle and
// member publish them.
const (
	tenantCreated  = "tenant.created"
	managerAdded   = "manager.added"
	managerRemoved = "manager.removed"
)

// ManagersComponent is the component of the assignments that [TenantManagers]
// makes.
const ManagersComponent = "tenant-managers"

// TenantManagersConfig says where tenants' managers get which role. All but Top
// is required.
type TenantManagersConfig struct {
	// Store and Tree return the stores on a transaction; with nil, outside of
	// any.
	Store func(db tenant.DBTX) Store
	Tree  func(db tenant.DBTX) ctxtree.Store

	// Role is the role; one of ArchetypeTenantManager is made for this.
	Role RoleID

	// Managers returns the ids of those who manage the tenant. Package member
	// calls that Managers, and Directory.With binds it to db, which is nil over
	// stores in memory.
	Managers func(ctx context.Context, db tenant.DBTX, of tenant.ID) ([]string, error)

	// Top returns the tenant's top category, if there is one. It may lie below
	// the tenant's node or beside it.
	Top func(ctx context.Context, tree ctxtree.Store, of tenant.ID) (n ctxtree.Node, found bool, err error)
}

// TenantManagers gives a role to those who manage a tenant, at the tenant's node
// and at its top category, and takes it back. Its assignments carry a component
// of their own: nobody takes them away by hand, and what is assigned by hand, or
// by others, is none of its business. It asks nobody. It is safe for concurrent
// use.
type TenantManagers struct {
	cfg TenantManagersConfig
}

// NewTenantManagers returns one. The error says what is missing.
func NewTenantManagers(cfg TenantManagersConfig) (*TenantManagers, error) {
	if cfg.Store == nil || cfg.Tree == nil || cfg.Role == 0 || cfg.Managers == nil {
		return nil, errors.New("rbac: NewTenantManagers needs Store, Tree, Role and Managers")
	}
	return &TenantManagers{cfg: cfg}, nil
}

// Hook is a tenant.Hook. Give it to package lifecycle, behind the hook that
// places the tenant in the tree, and to package member: when a tenant is
// created, and when a manager comes or goes, it does what [TenantManagers.Sync]
// does, within the transaction of that change. Other events are nothing to it.
func (t *TenantManagers) Hook(ctx context.Context, tx tenant.DBTX, ev tenant.Event) error {
	switch ev.Kind {
	case tenantCreated, managerAdded, managerRemoved:
		return t.sync(ctx, tx, ev.Tenant)
	default:
		return nil
	}
}

// Sync repairs the assignments of one tenant: it adds those that are missing,
// and removes those of its own that are anybody else's or stand anywhere else.
// Where nothing is to be done nothing but the change number is another. A tenant without a node is
// ctxtree.ErrNoNode.
func (t *TenantManagers) Sync(ctx context.Context, of tenant.ID) error { return t.sync(ctx, nil, of) }

// sync decides by what it finds under the tenant's lock, which every change of
// the managers in the same database takes too.
func (t *TenantManagers) sync(ctx context.Context, db tenant.DBTX, of tenant.ID) error {
	if _, err := tenant.ParseID(string(of)); err != nil {
		return fmt.Errorf("rbac: %w", err)
	}
	return t.cfg.Store(db).Change(ctx, of, func(tx Store, db tenant.DBTX) error {
		want, nodes, err := t.wanted(ctx, db, of)
		if err != nil {
			return err
		}
		component := ManagersComponent
		have, err := tx.Assignments(ctx, of, Filter{Component: &component})
		if err != nil {
			return err
		}
		for _, a := range have {
			if i := slices.Index(want, a); i >= 0 {
				want = slices.Delete(want, i, i+1)
				continue
			}
			if _, err := tx.UnassignAll(ctx, of, Filter{User: a.User, Role: a.Role, Node: a.Node, Component: &component, Item: &a.Item}); err != nil {
				return err
			}
		}
		for _, a := range want {
			if err := tx.Assign(ctx, nodes[a.Node], a.Assignment); err != nil {
				return err
			}
		}
		return nil
	})
}

// wanted returns the assignments that there should be, and their nodes.
func (t *TenantManagers) wanted(ctx context.Context, db tenant.DBTX, of tenant.ID) (want []PlacedAssignment, nodes map[int64]ctxtree.Node, err error) {
	tree := t.cfg.Tree(db)
	n, found, err := tree.ByInstance(ctx, of, ctxtree.LevelTenant, string(of))
	if err != nil {
		return nil, nil, fmt.Errorf("rbac: %w", err)
	}
	if !found {
		return nil, nil, errNoNode()
	}
	nodes = map[int64]ctxtree.Node{n.ID: n}
	if t.cfg.Top != nil {
		top, found, err := t.cfg.Top(ctx, tree, of)
		switch {
		case err != nil:
			return nil, nil, fmt.Errorf("rbac: %w", err)
		case found && top.Tenant != of:
			return nil, nil, fmt.Errorf("rbac: %w", ctxtree.ErrOutside)
		case found:
			nodes[top.ID] = top
		}
	}
	managers, err := t.cfg.Managers(ctx, db, of)
	if err != nil {
		return nil, nil, fmt.Errorf("rbac: %w", err)
	}
	for _, user := range managers {
		for id := range nodes {
			want = append(want, PlacedAssignment{Node: id, Assignment: Assignment{Role: t.cfg.Role, User: user, Component: ManagersComponent}})
		}
	}
	return want, nodes, nil
}
