package member

import (
	"context"

	"github.com/gotenancy/tenancy/tenant"
)

const (
	countManager   = `SELECT COUNT(*) FROM tenancy_managers WHERE tenant_id = ? AND account_id = ?`
	insertManager  = `INSERT INTO tenancy_managers (tenant_id, account_id) VALUES (?, ?)`
	deleteManager  = `DELETE FROM tenancy_managers WHERE tenant_id = ? AND account_id = ?`
	selectManagers = `SELECT ` + accountColumns + ` FROM tenancy_accounts a JOIN tenancy_managers g ON g.account_id = a.id WHERE g.tenant_id = ? ORDER BY a.name_key, a.id`
	countActing    = `SELECT COUNT(*) FROM tenancy_managers g JOIN tenancy_accounts a ON a.id = g.account_id WHERE g.tenant_id = ? AND g.account_id = ? AND a.suspended = 0 AND (a.tenant_id = '' OR a.tenant_id = g.tenant_id)`

	// countRelated is the one rule of who has to do with a tenant without being
	// its member, and countEntry that of who enters it.
	countRelated = `SELECT COUNT(*) FROM tenancy_accounts a WHERE a.id = ? AND a.tenant_id = '' AND a.guest = 0 AND (EXISTS (SELECT 1 FROM tenancy_managers g WHERE g.tenant_id = ? AND g.account_id = a.id) OR EXISTS (SELECT 1 FROM tenancy_people p JOIN tenancy_cohort_members m ON m.cohort_id = p.associated_id WHERE p.tenant_id = ? AND m.account_id = a.id))`
	countEntry   = countRelated + ` AND a.suspended = 0`
)

// AddManager makes an account a manager of the tenant: one of its members, or
// from a central context a global account, which may manage several tenants and
// switch between them. What a manager may do is for package rbac; a hook on
// [ManagerAdded] and [ManagerRemoved] gives and takes the role.
//
// Errors: [ErrUnknownAccount], [ErrMemberElsewhere], [ErrGuest],
// [tenant.ErrArchived]. A manager stays one. Modes: tenant, for its members;
// global and across-all with an id.
func (d *Directory) AddManager(ctx context.Context, id tenant.ID, account, reason string) error {
	return d.editManager(ctx, id, account, func(c *change, id tenant.ID, x target) error {
		switch {
		case x.Tenant != "" && x.Tenant != id:
			return ErrMemberElsewhere
		case x.Guest:
			return ErrGuest
		}
		n, err := c.count(countManager, string(id), x.ID)
		if err != nil || n > 0 {
			return err
		}
		if _, err := c.exec(insertManager, string(id), x.ID); err != nil {
			return err
		}
		return c.publish(ManagerAdded, id, x.ID, reason)
	})
}

// RemoveManager makes the account manage the tenant no more; one that does not
// is nothing to do. Errors and modes are those of [Directory.AddManager]: a
// tenant does not remove the global accounts that manage it.
func (d *Directory) RemoveManager(ctx context.Context, id tenant.ID, account, reason string) error {
	return d.editManager(ctx, id, account, func(c *change, id tenant.ID, x target) error {
		n, err := c.exec(deleteManager, string(id), x.ID)
		if err != nil || n == 0 {
			return err
		}
		return c.publish(ManagerRemoved, id, x.ID, reason)
	})
}

func (d *Directory) editManager(ctx context.Context, id tenant.ID, account string, fn func(*change, tenant.ID, target) error) error {
	own, err := anywhere(ctx)
	if err != nil {
		return err
	}
	if id, err = inside(ctx, id); err != nil {
		return err
	}
	return d.write(ctx, func(c *change) error {
		x, err := c.target(own, account, id)
		if err != nil {
			return err
		}
		if _, _, err := c.writable(id); err != nil {
			return err
		}
		return fn(c, id, x)
	})
}

// Managers returns the tenant's managers by user name, suspended ones among
// them. Modes: tenant; global and across-all with an id.
func (d *Directory) Managers(ctx context.Context, id tenant.ID) ([]Account, error) {
	id, err := inside(ctx, id)
	if err != nil {
		return nil, err
	}
	return d.reader(ctx).many(selectManagers, string(id))
}

// Managed returns the tenants that a global account manages, in the order of
// their ids: those it may switch to for work. Modes: global, across-all.
func (d *Directory) Managed(ctx context.Context, account string) ([]tenant.ID, error) {
	if err := central(ctx); err != nil {
		return nil, err
	}
	if !isID(account) {
		return nil, nil
	}
	ids, err := d.reader(ctx).texts(selectManaged, account)
	list := make([]tenant.ID, len(ids))
	for i, id := range ids {
		list[i] = tenant.ID(id)
	}
	return list, err
}

// IsManager reports whether the account manages the tenant and is not
// suspended. Modes: tenant; global and across-all with an id.
func (d *Directory) IsManager(ctx context.Context, id tenant.ID, account string) (bool, error) {
	id, err := inside(ctx, id)
	if err != nil {
		return false, err
	}
	if !isID(account) {
		return false, nil
	}
	n, err := d.reader(ctx).count(countActing, string(id), account)
	return n > 0, err
}

// MayEnter reports whether the actor may enter the tenant: a member its own;
// a global account that is not suspended those that it manages or is
// associated with. It is what [tenant.MiddlewareConfig.Members] asks for. What
// the tenant's status forbids is not looked at here.
//
// Modes: tenant, of that id; global.
func (d *Directory) MayEnter(ctx context.Context, a tenant.Actor, id tenant.ID) (bool, error) {
	site, err := siteOf(ctx)
	switch {
	case err != nil:
		return false, err
	case site != "" && site != id:
		return false, ErrOutside
	case !id.Valid() || a.Anonymous() || a.Guest:
		return false, nil
	case a.Tenant != "":
		return a.Tenant == id, nil
	}
	return d.reader(ctx).mayEnter(a.ID, id)
}

func (c *change) mayEnter(account string, id tenant.ID) (bool, error) {
	if !isID(account) {
		return false, nil
	}
	n, err := c.count(countEntry, account, string(id), string(id))
	return n > 0, err
}

// related is mayEnter without looking whether the account is suspended.
func (c *change) related(account string, id tenant.ID) (bool, error) {
	n, err := c.count(countRelated, account, string(id), string(id))
	return n > 0, err
}
