package member

import (
	"context"

	"github.com/gotenancy/tenancy/tenant"
)

// The users of a tenant are its members and, where it has an associated
// cohort, the global accounts in that. The automatic cohort holds exactly
// these; the tenant's other cohorts hold nobody else.
const (
	countIn          = `SELECT COUNT(*) FROM tenancy_cohort_members WHERE cohort_id = ? AND account_id = ?`
	insertIn         = `INSERT INTO tenancy_cohort_members (cohort_id, account_id) VALUES (?, ?)`
	deleteIn         = `DELETE FROM tenancy_cohort_members WHERE cohort_id = ? AND account_id = ?`
	deleteFromTenant = `DELETE FROM tenancy_cohort_members WHERE account_id = ? AND cohort_id IN (SELECT id FROM tenancy_cohorts WHERE tenant_id = ?)`

	// Each row is held against the users of this very tenant: a condition that
	// is true as soon as the tenant has any user would keep the stale ones. It
	// looks each account up, since PostgreSQL forgets to hash a large NOT IN.
	deleteStale = `DELETE FROM tenancy_cohort_members WHERE cohort_id IN (SELECT id FROM tenancy_cohorts WHERE tenant_id = ?) AND NOT EXISTS (SELECT 1 FROM tenancy_accounts a WHERE a.id = tenancy_cohort_members.account_id AND (a.tenant_id = ? OR a.tenant_id = '' AND a.guest = 0 AND EXISTS (SELECT 1 FROM tenancy_people p JOIN tenancy_cohort_members m ON m.cohort_id = p.associated_id WHERE p.tenant_id = ? AND m.account_id = a.id)))`

	// The same for MySQL, which reads a table that it deletes from only through
	// a derived one.
	deleteStaleMySQL = `DELETE FROM tenancy_cohort_members WHERE cohort_id IN (SELECT id FROM tenancy_cohorts WHERE tenant_id = ?) AND account_id NOT IN (SELECT u.id FROM (SELECT id FROM tenancy_accounts WHERE tenant_id = ? UNION SELECT a.id FROM tenancy_people p JOIN tenancy_cohort_members m ON m.cohort_id = p.associated_id JOIN tenancy_accounts a ON a.id = m.account_id WHERE p.tenant_id = ? AND a.tenant_id = '' AND a.guest = 0) u)`

	insertMembers    = `INSERT INTO tenancy_cohort_members (cohort_id, account_id) SELECT p.cohort_id, a.id FROM tenancy_people p JOIN tenancy_accounts a ON a.tenant_id = p.tenant_id WHERE p.tenant_id = ? AND NOT EXISTS (SELECT 1 FROM tenancy_cohort_members x WHERE x.cohort_id = p.cohort_id AND x.account_id = a.id)`
	insertAssociated = `INSERT INTO tenancy_cohort_members (cohort_id, account_id) SELECT p.cohort_id, a.id FROM tenancy_people p JOIN tenancy_cohort_members m ON m.cohort_id = p.associated_id JOIN tenancy_accounts a ON a.id = m.account_id WHERE p.tenant_id = ? AND a.tenant_id = '' AND a.guest = 0 AND NOT EXISTS (SELECT 1 FROM tenancy_cohort_members x WHERE x.cohort_id = p.cohort_id AND x.account_id = a.id)`

	recountMembers = `UPDATE tenancy_people SET members = (SELECT COUNT(*) FROM tenancy_accounts a WHERE a.tenant_id = ?) WHERE tenant_id = ?`
)

// sync makes the automatic cohort of a tenant right for one account, whose
// Tenant is already the new one: +1 says that it came in, -1 that it left the
// tenant's cohorts, 0 that all was right.
func (c *change) sync(id tenant.ID, p people, a Account) (delta int, err error) {
	belongs := a.Tenant == id
	if a.Tenant == "" && !a.Guest && p.associated != "" {
		n, err := c.count(countIn+c.forUpdate(), p.associated, a.ID)
		if err != nil {
			return 0, err
		}
		belongs = n > 0
	}
	n, err := c.count(countIn+c.forUpdate(), p.cohort, a.ID)
	switch {
	case err != nil:
		return 0, err
	case belongs && n == 0:
		_, err = c.exec(insertIn, p.cohort, a.ID)
		return 1, err
	case !belongs && n > 0:
		_, err = c.exec(deleteFromTenant, a.ID, string(id))
		return -1, err
	}
	return 0, nil
}

// syncAll makes the cohorts of a tenant right for everybody.
func (c *change) syncAll(id tenant.ID) (came, left int, err error) {
	stale := deleteStale
	if c.d.dialect == tenant.MySQL {
		stale = deleteStaleMySQL
	}
	if left, err = c.exec(stale, string(id), string(id), string(id)); err != nil {
		return 0, 0, err
	}
	for _, stmt := range []string{insertMembers, insertAssociated} {
		n, err := c.exec(stmt, string(id))
		if err != nil {
			return 0, 0, err
		}
		came += n
	}
	return came, left, nil
}

// Resync makes the cohorts and the count of a tenant's members right again, and
// returns how many accounts came into its automatic cohort and left its
// cohorts. Every change keeps them right by itself: this is for after an
// import that wrote to the tables, and an application may run it in a timer and
// raise an alarm where it is not 0 and 0.
//
// Modes: global, across-all.
func (d *Directory) Resync(ctx context.Context, id tenant.ID) (came, left int, err error) {
	if err := central(ctx); err != nil {
		return 0, 0, err
	}
	if id, err = inside(ctx, id); err != nil {
		return 0, 0, err
	}
	err = d.write(ctx, func(c *change) error {
		if err := c.lock("", id); err != nil {
			return err
		}
		if _, err := c.tenant(id); err != nil {
			return err
		}
		if _, err := c.ensure(id); err != nil {
			return err
		}
		if came, left, err = c.syncAll(id); err != nil {
			return err
		}
		_, err = c.exec(recountMembers, string(id), string(id))
		return err
	})
	return came, left, err
}
