package member

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/gotenancy/tenancy/tenant"
)

// CohortKind says who keeps a cohort and whom it may hold.
type CohortKind string

// The kinds of cohorts.
const (
	// Automatic holds a tenant's members and associated users. The directory
	// keeps it; there is one for each tenant.
	Automatic CohortKind = "automatic"

	// TenantCohort is one of a tenant's own. It holds users of that tenant.
	TenantCohort CohortKind = "tenant"

	// SharedCohort is the installation's. It holds global accounts, and several
	// tenants may use it as their associated cohort. Tenants do not see it.
	SharedCohort CohortKind = "shared"
)

// Cohort is a named set of accounts.
type Cohort struct {
	ID      string    // made by the directory
	Tenant  tenant.ID // whose it is; empty for a shared one
	Kind    CohortKind
	Name    string
	Created time.Time
}

const (
	insertCohort  = `INSERT INTO tenancy_cohorts (id, tenant_id, kind, name, created_at) VALUES (?, ?, ?, ?, ?)`
	deleteCohort  = `DELETE FROM tenancy_cohorts WHERE id = ?`
	emptyCohort   = `DELETE FROM tenancy_cohort_members WHERE cohort_id = ?`
	selectCohort  = `SELECT id, tenant_id, kind, name, created_at FROM tenancy_cohorts WHERE id = ?`
	selectCohorts = `SELECT id, tenant_id, kind, name, created_at FROM tenancy_cohorts WHERE tenant_id = ? ORDER BY name, id`
	selectLinked  = `SELECT tenant_id FROM tenancy_people WHERE associated_id = ? ORDER BY tenant_id`
)

func scanCohort(row scanner) (k Cohort, err error) {
	var created int64
	err = row.Scan(&k.ID, &k.Tenant, &k.Kind, &k.Name, &created)
	k.Created = time.UnixMilli(created).UTC()
	return k, err
}

// cohort reads a cohort that a context confined to own may see.
func (c *change) cohort(own tenant.ID, id, lock string) (Cohort, error) {
	k, err := scanCohort(c.row(selectCohort+lock, id))
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && own != "" && k.Tenant != own:
		return Cohort{}, ErrUnknownCohort
	case err != nil:
		return Cohort{}, fmt.Errorf("member: %w", err)
	}
	return k, nil
}

// CreateCohort makes a cohort: the tenant's own in its context, or where a
// central context names a tenant; a shared one where it names none.
//
// Errors: [ErrBadName], [tenant.ErrArchived], [tenant.ErrSuspended],
// [tenant.ErrUnknownTenant]. Modes: tenant, global, across-all.
func (d *Directory) CreateCohort(ctx context.Context, id tenant.ID, name string) (Cohort, error) {
	own, err := anywhere(ctx)
	if err == nil && (own != "" || id != "") {
		id, err = inside(ctx, id)
	}
	if err != nil {
		return Cohort{}, err
	}
	if err := checkText("name of the cohort", name, maxEmail); err != nil {
		return Cohort{}, err
	}
	k := Cohort{ID: rand.Text(), Tenant: id, Kind: TenantCohort, Name: name, Created: now()}
	if id == "" {
		k.Kind = SharedCohort
	}
	return k, d.write(ctx, func(c *change) error {
		if err := c.lock(id); err != nil {
			return err
		}
		if id != "" {
			if _, _, err := c.writable(id); err != nil {
				return err
			}
		}
		if _, err := c.exec(insertCohort, k.ID, string(k.Tenant), string(k.Kind), k.Name, k.Created.UnixMilli()); err != nil {
			return err
		}
		return c.publish(CohortCreated, id, k.ID, "")
	})
}

// DeleteCohort deletes a cohort, not the accounts in it. Errors:
// [ErrUnknownCohort], [ErrReadOnly] for an automatic one, [ErrInUse] while a
// tenant uses it as its associated cohort. Modes: tenant, for its own; global,
// across-all.
func (d *Directory) DeleteCohort(ctx context.Context, cohort string) error {
	return d.editCohort(ctx, cohort, func(c *change, k Cohort) error {
		linked, err := c.texts(selectLinked, k.ID)
		if err != nil {
			return err
		}
		if len(linked) > 0 {
			return ErrInUse
		}
		for _, stmt := range []string{emptyCohort, deleteCohort} {
			if _, err := c.exec(stmt, k.ID); err != nil {
				return err
			}
		}
		return c.publish(CohortDeleted, k.Tenant, k.ID, "")
	})
}

// editCohort runs fn on a cohort that may be changed by hand, under its locks.
// Those of a shared one are the global lock and all tenants that use it.
func (d *Directory) editCohort(ctx context.Context, cohort string, fn func(*change, Cohort) error) error {
	own, err := anywhere(ctx)
	if err != nil {
		return err
	}
	return d.write(ctx, func(c *change) error {
		if err := c.lock(own); err != nil {
			return err
		}
		k, err := c.cohort(own, cohort, "")
		if err != nil {
			return err
		}
		if k.Kind == Automatic {
			return ErrReadOnly
		}
		if own == "" {
			linked, err := c.linked(k)
			if err != nil {
				return err
			}
			if err := c.lock(ordered(append(linked, k.Tenant)...)...); err != nil {
				return err
			}
			// The tenant may have been deleted meanwhile, and its cohorts with it
			// become shared ones.
			again, err := c.cohort("", cohort, c.forUpdate())
			if err != nil {
				return err
			}
			if again != k {
				return ErrUnknownCohort
			}
		}
		if k.Tenant != "" {
			if _, _, err := c.writable(k.Tenant); err != nil {
				return err
			}
		}
		return fn(c, k)
	})
}

// linked returns the tenants whose associated cohort this is, in order.
func (c *change) linked(k Cohort) ([]tenant.ID, error) {
	if k.Kind != SharedCohort {
		return nil, nil
	}
	ids, err := c.texts(selectLinked, k.ID)
	list := make([]tenant.ID, len(ids))
	for i, id := range ids {
		list[i] = tenant.ID(id)
	}
	return list, err
}

// Cohorts returns a tenant's cohorts, the automatic one among them, by name; or
// the shared ones, where a central context names no tenant. Modes: tenant,
// global, across-all.
func (d *Directory) Cohorts(ctx context.Context, id tenant.ID) ([]Cohort, error) {
	own, err := anywhere(ctx)
	if err == nil && (own != "" || id != "") {
		id, err = inside(ctx, id)
	}
	if err != nil {
		return nil, err
	}
	c := d.reader(ctx)
	rows, err := c.db.QueryContext(c.ctx, d.rebind(selectCohorts), string(id))
	if err != nil {
		return nil, fmt.Errorf("member: %w", err)
	}
	defer rows.Close()
	var list []Cohort
	for rows.Next() {
		k, err := scanCohort(rows)
		if err != nil {
			return nil, fmt.Errorf("member: %w", err)
		}
		list = append(list, k)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("member: %w", err)
	}
	return list, nil
}

// AutomaticCohort returns the id of the cohort that holds the tenant's members
// and associated users, and whether there is one yet: it is made with the
// tenant ([Directory.Hook]), or with the first change to its people. Modes:
// tenant; global and across-all with an id.
func (d *Directory) AutomaticCohort(ctx context.Context, id tenant.ID) (cohort string, found bool, err error) {
	if id, err = inside(ctx, id); err != nil {
		return "", false, err
	}
	p, found, err := d.reader(ctx).people(id, "")
	return p.cohort, found, err
}
