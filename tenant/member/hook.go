package member

import (
	"context"
	"strconv"

	"github.com/gotenancy/tenancy/tenant"
)

const (
	updateHeld     = `UPDATE tenancy_people SET held = ? WHERE tenant_id = ?`
	deletePeople   = `DELETE FROM tenancy_people WHERE tenant_id = ?`
	deleteManaging = `DELETE FROM tenancy_managers WHERE tenant_id = ?`
	deleteResetsIn = `DELETE FROM tenancy_resets WHERE tenant_id = ?`
	freeCohorts    = `UPDATE tenancy_cohorts SET tenant_id = '', kind = ? WHERE tenant_id = ?`

	deleteMembersIn = `DELETE FROM tenancy_cohort_members WHERE account_id IN (SELECT id FROM tenancy_accounts WHERE tenant_id = ?)`
	deleteMembers   = `DELETE FROM tenancy_accounts WHERE tenant_id = ?`
	releaseMembers  = `UPDATE tenancy_accounts SET tenant_id = '', realm = NULL, wide_key = NULL, suspended = 1, modified_at = ? WHERE tenant_id = ?`
)

// Hook takes part in a tenant's life. Give it to package lifecycle, which calls
// it with the transaction of its own change:
//
//	created    the automatic cohort is made
//	archived   the members count as suspended, and nobody can resume them; the
//	           tenant's people can not be changed
//	restored   that ends; who had been suspended before still is
//	suspended  nothing but [SessionsEnd]; so for archived and deleted
//	deleted    the members become global accounts that are suspended and hold
//	           no user name, or are deleted ([Config.Departed]); nobody manages
//	           the tenant or is associated with it; its cohorts stay with who is
//	           in them, as shared ones
//
// Other events are nothing to it. [SessionsEnd] with an empty Object is for all
// sessions of the tenant.
func (d *Directory) Hook(ctx context.Context, tx tenant.DBTX, ev tenant.Event) error {
	var act func(*change, tenant.Event) error
	switch ev.Kind {
	case tenantCreated:
		act = func(c *change, ev tenant.Event) error {
			_, err := c.ensure(ev.Tenant)
			return err
		}
	case tenantSuspended:
		act = func(c *change, ev tenant.Event) error { return c.publish(SessionsEnd, ev.Tenant, "", ev.Reason) }
	case tenantArchived:
		act = func(c *change, ev tenant.Event) error { return c.hold(ev, 1) }
	case tenantRestored:
		act = func(c *change, ev tenant.Event) error { return c.hold(ev, 0) }
	case tenantDeleted:
		act = (*change).dissolve
	default: // tenantResumed among them: suspension changed nothing
		return nil
	}
	if own, ok := tenant.IDFromContext(ctx); ok && own != ev.Tenant {
		return ErrOutside
	}
	if _, err := tenant.ParseID(string(ev.Tenant)); err != nil {
		return err
	}
	return d.With(tx).write(ctx, func(c *change) error {
		if err := c.lock(ev.Tenant); err != nil {
			return err
		}
		return act(c, ev)
	})
}

// hold makes the members of a tenant count as suspended, or no more.
func (c *change) hold(ev tenant.Event, held int) error {
	if _, err := c.ensure(ev.Tenant); err != nil {
		return err
	}
	if _, err := c.exec(updateHeld, held, string(ev.Tenant)); err != nil {
		return err
	}
	if held == 0 {
		return nil
	}
	if _, err := c.exec(deleteResetsIn, string(ev.Tenant)); err != nil {
		return err
	}
	return c.publish(SessionsEnd, ev.Tenant, "", ev.Reason)
}

// dissolve is for a tenant that is being deleted. It needs no global lock: that
// would wait for who holds it and waits for this tenant, and what it frees is
// nobody else's.
func (c *change) dissolve(ev tenant.Event) error {
	id := string(ev.Tenant)
	for _, stmt := range []string{deleteResetsIn, deleteManaging} {
		if _, err := c.exec(stmt, id); err != nil {
			return err
		}
	}
	kind := MembersReleased
	n := 0
	var err error
	if c.d.cfg.Departed == DeleteMembers {
		kind = MembersDeleted
		if _, err = c.exec(deleteMembersIn, id); err == nil {
			n, err = c.exec(deleteMembers, id)
		}
	} else {
		n, err = c.exec(releaseMembers, now().UnixMilli(), id)
	}
	if err != nil {
		return err
	}
	if _, err := c.exec(freeCohorts, string(SharedCohort), id); err != nil {
		return err
	}
	if _, err := c.exec(deletePeople, id); err != nil {
		return err
	}
	if err := c.publish(kind, ev.Tenant, "", ev.Reason, "accounts", strconv.Itoa(n)); err != nil {
		return err
	}
	return c.publish(SessionsEnd, ev.Tenant, "", ev.Reason)
}
