package member

import (
	"context"
	"fmt"
	"slices"

	"github.com/gotenancy/tenancy/tenant"
)

const (
	updateHome       = `UPDATE tenancy_accounts SET tenant_id = ?, user_name = ?, name_key = ?, realm = ?, wide_key = ?, modified_at = ? WHERE id = ?`
	deleteManagersOf = `DELETE FROM tenancy_managers WHERE account_id = ? AND tenant_id <> ?`

	selectManaged    = `SELECT tenant_id FROM tenancy_managers WHERE account_id = ? ORDER BY tenant_id`
	selectAssociated = `SELECT p.tenant_id FROM tenancy_people p JOIN tenancy_cohort_members m ON m.cohort_id = p.associated_id WHERE m.account_id = ? ORDER BY p.tenant_id`
	selectInCohorts  = `SELECT c.tenant_id FROM tenancy_cohorts c JOIN tenancy_cohort_members m ON m.cohort_id = c.id WHERE m.account_id = ? AND c.tenant_id <> '' ORDER BY c.tenant_id`
	selectShared     = `SELECT c.id FROM tenancy_cohorts c JOIN tenancy_cohort_members m ON m.cohort_id = c.id WHERE m.account_id = ? AND c.tenant_id = '' ORDER BY c.id`
)

// ordered returns the ids in order, each once and without the empty one.
func ordered(ids ...tenant.ID) []tenant.ID {
	list := slices.Clone(ids)
	slices.Sort(list)
	list = slices.Compact(list)
	if len(list) > 0 && list[0] == "" {
		list = list[1:]
	}
	return list
}

// Allocate makes a global account a member of the tenant. It leaves every
// cohort and stops managing every other tenant: a member has no business
// elsewhere. Its sessions are to end. userName is its name there; "" keeps the
// one it has.
//
// Errors: [ErrUnknownAccount], [ErrMemberElsewhere], [ErrGuest],
// [ErrSuspended], [ErrAdministrator] and those of [Directory.AddMember]. For an
// account that is a member of this tenant already nothing is done.
//
// Modes: global, across-all.
func (d *Directory) Allocate(ctx context.Context, account string, to tenant.ID, userName, reason string) error {
	return d.settle(ctx, account, to, func(c *change, x target) error {
		switch x.Tenant {
		case to:
			return nil
		case "":
		default:
			return ErrMemberElsewhere
		}
		return c.enter(x, to, userName, reason, "global")
	})
}

// Move takes a member of one tenant to another. It stops managing the first and
// leaves its cohorts, and its sessions are to end. Naming both tenants is what
// makes this no accident; if the account is not a member of the first, the
// error is [ErrUnknownAccount], otherwise those of [Directory.Allocate].
//
// Modes: global, across-all.
func (d *Directory) Move(ctx context.Context, account string, from, to tenant.ID, userName, reason string) error {
	if from == to {
		return fmt.Errorf("member: move: %w", tenant.ErrDuplicateID)
	}
	return d.settle(ctx, account, to, func(c *change, x target) error {
		if x.Tenant != from || from == "" {
			return ErrUnknownAccount
		}
		if _, _, err := c.writable(from); err != nil {
			return err
		}
		if err := c.leaveHome(x, reason, "tenant"); err != nil {
			return err
		}
		return c.enter(x, to, userName, reason, "tenant")
	})
}

// Release makes a member a global account. It stops managing the tenant, leaves
// its cohorts, and its sessions are to end. userName is its name among the
// global accounts; "" keeps the one it has.
//
// Errors: [ErrUnknownAccount], [ErrNameTaken], [ErrNamePattern],
// [tenant.ErrArchived]. For an account that is global already nothing is done.
//
// Modes: global, across-all.
func (d *Directory) Release(ctx context.Context, account, userName, reason string) error {
	if err := central(ctx); err != nil {
		return err
	}
	return d.edit(ctx, account, func(c *change, x target) error {
		if x.Tenant == "" {
			return nil
		}
		if err := c.leaveHome(x, reason, "global"); err != nil {
			return err
		}
		if err := c.rehome(x.Account, "", userName, nil, ""); err != nil {
			return err
		}
		return c.publish(SessionsEnd, "", x.ID, reason)
	})
}

// settle locks what a change of the account's tenant needs.
func (d *Directory) settle(ctx context.Context, account string, to tenant.ID, fn func(*change, target) error) error {
	if err := central(ctx); err != nil {
		return err
	}
	if _, err := tenant.ParseID(string(to)); err != nil {
		return fmt.Errorf("member: %w", err)
	}
	return d.write(ctx, func(c *change) error {
		x, err := c.target("", account, to)
		if err != nil {
			return err
		}
		return fn(c, x)
	})
}

// tenantsOf returns the tenants that an account manages, is associated with or
// is in a cohort of, in order.
func (c *change) tenantsOf(account string) ([]tenant.ID, error) {
	var all []tenant.ID
	for _, query := range []string{selectManaged, selectAssociated, selectInCohorts} {
		ids, err := c.texts(query, account)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			all = append(all, tenant.ID(id))
		}
	}
	return ordered(all...), nil
}

// enter makes the account a member. It is global, or has just left its tenant.
func (c *change) enter(x target, to tenant.ID, userName, reason, from string) error {
	switch {
	case x.Guest:
		return ErrGuest
	case x.Suspended:
		return ErrSuspended
	}
	if err := c.noAdministrator(x.ID); err != nil {
		return err
	}
	t, p, err := c.writable(to)
	if err != nil {
		return err
	}
	if err := room(t, p); err != nil {
		return err
	}
	if err := c.leaveCohorts(x.Account, reason); err != nil {
		return err
	}
	if err := c.stopManaging(x.ID, to, reason); err != nil {
		return err
	}
	if err := c.rehome(x.Account, to, userName, t, p.pattern); err != nil {
		return err
	}
	if _, err := c.exec(updateMembers, 1, string(to)); err != nil {
		return err
	}
	x.Account.Tenant = to
	if _, err := c.sync(to, p, x.Account); err != nil {
		return err
	}
	if _, err := c.exec(deleteResets, x.ID); err != nil {
		return err
	}
	if err := c.publish(MemberAdded, to, x.ID, reason, "from", from); err != nil {
		return err
	}
	return c.publish(SessionsEnd, to, x.ID, reason)
}

// noAdministrator returns an error if the application says that the account is
// a global administrator.
func (c *change) noAdministrator(account string) error {
	admin, err := c.d.cfg.Administrator(c.outer, c.db, account)
	if err != nil {
		return fmt.Errorf("member: administrator: %w", err)
	}
	if admin {
		return ErrAdministrator
	}
	return nil
}

// rehome writes the account's tenant and name.
func (c *change) rehome(a Account, to tenant.ID, userName string, t *tenant.Tenant, pattern string) error {
	if userName != "" {
		a.UserName = userName
	}
	a.Tenant = to
	if err := c.checkName(a.UserName, t, pattern, false); err != nil {
		return err
	}
	ns := namespace{realm: to}
	if err := c.free(a, ns, false); err != nil {
		return err
	}
	_, err := c.exec(updateHome, string(to), a.UserName, fold(a.UserName), string(to), c.wide(a.UserName), now().UnixMilli(), a.ID)
	if err != nil {
		return &claimError{err: err, a: a, ns: ns}
	}
	return nil
}

// leaveHome undoes a membership: managing, cohorts, the count.
func (c *change) leaveHome(x target, reason, to string) error {
	if err := c.stopManaging(x.ID, "", reason); err != nil {
		return err
	}
	if _, err := c.exec(deleteFromTenant, x.ID, string(x.Tenant)); err != nil {
		return err
	}
	if _, err := c.exec(updateMembers, -1, string(x.Tenant)); err != nil {
		return err
	}
	return c.publish(MemberRemoved, x.Tenant, x.ID, reason, "to", to)
}

// leaveShared takes a global account that is about to go out of everything.
func (c *change) leaveShared(a Account, reason string) error {
	if err := c.leaveCohorts(a, reason); err != nil {
		return err
	}
	return c.stopManaging(a.ID, "", reason)
}

// stopManaging takes the account out of the managers of every tenant but keep.
// The tenants are locked.
func (c *change) stopManaging(account string, keep tenant.ID, reason string) error {
	managed, err := c.texts(selectManaged, account)
	if err != nil {
		return err
	}
	if _, err := c.exec(deleteManagersOf, account, string(keep)); err != nil {
		return err
	}
	for _, id := range managed {
		if tenant.ID(id) == keep {
			continue
		}
		if err := c.publish(ManagerRemoved, tenant.ID(id), account, reason); err != nil {
			return err
		}
	}
	return nil
}
