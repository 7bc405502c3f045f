package app

import (
	"context"
	"fmt"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// What can be allowed. All of it is asked on the tenant's own node.
const (
	MayView     = "sales:view"    // everything that a customer's people have entered
	MaySell     = "sales:edit"    // change it
	MayManage   = "quota:edit"    // set quotas, delete what others have entered
	MayReport   = "report:view"   // what everybody sells
	MaySettings = "settings:edit" // the customer's own settings
	MayPeople   = "people:manage" // the customer's users
	mayAssign   = "role:assign"
)

// The archetypes are those of package rbac; here the one who edits is the sales
// manager, and the one who takes part is the seller. They decide what the roles
// begin with and who may give them, and nothing else.
const (
	managers = rbac.ArchetypeEditingTeacher
	sellers  = rbac.ArchetypeTeacher
)

// Capabilities are what the checker knows.
func Capabilities() []rbac.Capability {
	to := func(who ...rbac.Archetype) map[rbac.Archetype]rbac.Permission {
		m := make(map[rbac.Archetype]rbac.Permission)
		for _, a := range who {
			m[a] = rbac.Allow
		}
		return m
	}
	return []rbac.Capability{
		{Name: MayView, Kind: rbac.Read, Defaults: to(rbac.ArchetypeTenantManager, managers, sellers)},
		{Name: MaySell, Defaults: to(rbac.ArchetypeTenantManager, managers, sellers)},
		{Name: MayManage, Defaults: to(rbac.ArchetypeTenantManager, managers)},
		{Name: MayReport, Kind: rbac.Read, Defaults: to(rbac.ArchetypeTenantManager, managers)},
		{Name: MaySettings, Defaults: to(rbac.ArchetypeTenantManager)},
		{Name: MayPeople, Risks: rbac.RiskPersonal, Defaults: to(rbac.ArchetypeTenantManager)},
		{Name: mayAssign, Defaults: to(rbac.ArchetypeTenantManager)},
	}
}

// Roles are the numbers of the application's roles.
type Roles struct {
	Administrator rbac.RoleID // of a customer: given to who manages the tenant, see rbac.TenantManagers
	Manager       rbac.RoleID
	Seller        rbac.RoleID
}

func (a *App) installRoles(ctx context.Context) error {
	roles, err := rbac.Install(tenant.Global(ctx), a.RoleStore, Capabilities(),
		rbac.Role{Name: "administrator", Title: "Administrator", Archetype: rbac.ArchetypeTenantManager},
		rbac.Role{Name: "manager", Title: "Sales manager", Archetype: managers},
		rbac.Role{Name: "seller", Title: "Seller", Archetype: sellers})
	if err == nil {
		a.Roles = Roles{roles[0].ID, roles[1].ID, roles[2].ID}
	}
	return err
}

// Node returns the node of the context's tenant, on which rights are asked.
func (a *App) Node(ctx context.Context) (ctxtree.Node, error) {
	id, _ := tenant.IDFromContext(ctx)
	n, found, err := a.Tree.ByInstance(ctx, id, ctxtree.LevelTenant, string(id))
	if err == nil && !found {
		err = fmt.Errorf("app: %w", ctxtree.ErrNoNode)
	}
	return n, err
}

// May returns nil if the actor of the context has the capability in its tenant.
func (a *App) May(ctx context.Context, capability string) error {
	n, err := a.Node(ctx)
	if err != nil {
		return err
	}
	return a.Checker.Check(ctx, capability, n.ID)
}
