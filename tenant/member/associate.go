package member

import (
	"context"
	"strconv"

	"github.com/gotenancy/tenancy/tenant"
)

const updateAssociated = `UPDATE tenancy_people SET associated_id = ? WHERE tenant_id = ?`

// SetAssociated chooses the shared cohort whose global accounts are the
// tenant's associated users, or with "" none. Several tenants may choose the
// same. Being associated makes an account visible in the tenant and lets it
// enter; it gives no capability.
//
// The automatic cohort follows at once, in both directions: who was associated
// through the former cohort only leaves every cohort of the tenant.
//
// Errors: [ErrUnknownCohort], [ErrNotGlobal] if it is not a shared cohort,
// [tenant.ErrArchived], [tenant.ErrUnknownTenant]. Modes: global, across-all.
func (d *Directory) SetAssociated(ctx context.Context, id tenant.ID, cohort, reason string) error {
	if err := central(ctx); err != nil {
		return err
	}
	id, err := inside(ctx, id)
	if err != nil {
		return err
	}
	return d.write(ctx, func(c *change) error {
		if err := c.lock("", id); err != nil {
			return err
		}
		if _, _, err := c.writable(id); err != nil {
			return err
		}
		if cohort != "" {
			k, err := c.cohort("", cohort, c.forUpdate())
			if err != nil {
				return err
			}
			if k.Kind != SharedCohort {
				return ErrNotGlobal
			}
		}
		if _, err := c.exec(updateAssociated, cohort, string(id)); err != nil {
			return err
		}
		came, left, err := c.syncAll(id)
		if err != nil {
			return err
		}
		return c.publish(CohortLinked, id, cohort, reason, "accounts", strconv.Itoa(came), "left", strconv.Itoa(left))
	})
}

// Associated returns the id of the tenant's associated cohort, or "". Modes:
// global and across-all; a tenant sees its users, not what it shares with
// others.
func (d *Directory) Associated(ctx context.Context, id tenant.ID) (cohort string, err error) {
	if err := central(ctx); err != nil {
		return "", err
	}
	if id, err = inside(ctx, id); err != nil {
		return "", err
	}
	p, _, err := d.reader(ctx).people(id, "")
	return p.associated, err
}

// AddToCohort puts an account into a cohort: into a tenant's own one of the
// tenant's users, into a shared one a global account. In the latter case the
// account becomes an associated user of each tenant that uses the cohort. An
// account that is in the cohort already stays there.
//
// Errors: [ErrUnknownCohort], [ErrUnknownAccount], [ErrReadOnly],
// [ErrNotGlobal] for a member and a shared cohort, [ErrGuest],
// [tenant.ErrArchived]. Modes: tenant, for its own cohorts; global, across-all.
func (d *Directory) AddToCohort(ctx context.Context, cohort, account, reason string) error {
	return d.editCohort(ctx, cohort, func(c *change, k Cohort) error {
		a, err := c.fit(k, account)
		if err != nil {
			return err
		}
		n, err := c.count(countIn+c.forUpdate(), k.ID, account)
		if err != nil || n > 0 {
			return err
		}
		if _, err := c.exec(insertIn, k.ID, account); err != nil {
			return err
		}
		if err := c.publish(CohortMemberAdded, k.Tenant, account, reason, "cohort", k.ID); err != nil {
			return err
		}
		return c.follow(k, a, reason)
	})
}

// RemoveFromCohort takes an account out of a cohort; one that is not in it is
// nothing to do. From a shared cohort, the account stops being an associated
// user of the tenants that use it, and leaves their cohorts too.
//
// Errors: [ErrUnknownCohort], [ErrReadOnly], [tenant.ErrArchived]. Modes:
// tenant, for its own cohorts; global, across-all.
func (d *Directory) RemoveFromCohort(ctx context.Context, cohort, account, reason string) error {
	return d.editCohort(ctx, cohort, func(c *change, k Cohort) error {
		if !isID(account) {
			return nil
		}
		n, err := c.exec(deleteIn, k.ID, account)
		if err != nil || n == 0 {
			return err
		}
		if err := c.publish(CohortMemberRemoved, k.Tenant, account, reason, "cohort", k.ID); err != nil {
			return err
		}
		return c.follow(k, Account{ID: account}, reason)
	})
}

// fit returns the account if the cohort may hold it. A shared cohort's account
// is held against a change of its own by the global lock, a tenant's by the
// tenant's.
func (c *change) fit(k Cohort, account string) (Account, error) {
	a, _, found, err := c.account(selectAccount, account)
	if err != nil {
		return Account{}, err
	}
	if k.Kind == SharedCohort {
		switch {
		case !found:
			return Account{}, ErrUnknownAccount
		case a.Guest:
			return Account{}, ErrGuest
		case a.Tenant != "":
			return Account{}, ErrNotGlobal
		}
		return a, nil
	}
	p, _, err := c.people(k.Tenant, "")
	if err != nil {
		return Account{}, err
	}
	n, err := c.count(countIn+c.forUpdate(), p.cohort, account)
	if err == nil && (!found || n == 0) {
		err = ErrUnknownAccount // for the tenant there are its users only
	}
	return a, err
}

// follow brings the tenants that use a shared cohort up to a change of one
// account in it. They are locked.
func (c *change) follow(k Cohort, a Account, reason string) error {
	linked, err := c.linked(k)
	if err != nil {
		return err
	}
	return c.associate(linked, a, reason)
}

func (c *change) associate(linked []tenant.ID, a Account, reason string) error {
	for _, id := range linked {
		p, found, err := c.people(id, c.forUpdate())
		if err != nil {
			return err
		}
		if !found {
			continue // the tenant was deleted while we waited for it
		}
		delta, err := c.sync(id, p, a)
		if err != nil {
			return err
		}
		kind := AssociatedAdded
		switch delta {
		case 0:
			continue
		case -1:
			kind = AssociatedGone
		}
		if err := c.publish(kind, id, a.ID, reason); err != nil {
			return err
		}
	}
	return nil
}

// leaveCohorts takes a global account out of every cohort. The global lock and
// those of all tenants that it has to do with are held.
func (c *change) leaveCohorts(a Account, reason string) error {
	shared, err := c.texts(selectShared, a.ID)
	if err != nil {
		return err
	}
	for _, id := range shared {
		k := Cohort{ID: id, Kind: SharedCohort}
		if _, err := c.exec(deleteIn, id, a.ID); err != nil {
			return err
		}
		if err := c.publish(CohortMemberRemoved, "", a.ID, reason, "cohort", id); err != nil {
			return err
		}
		if err := c.follow(k, a, reason); err != nil {
			return err
		}
	}
	return nil
}
