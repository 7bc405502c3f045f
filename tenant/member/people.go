package member

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"

	"github.com/gotenancy/tenancy/tenant"
)

const (
	selectPeople  = `SELECT cohort_id, associated_id, members, held, name_pattern FROM tenancy_people WHERE tenant_id = ?`
	insertPeople  = `INSERT INTO tenancy_people (tenant_id, cohort_id, associated_id, members, held, name_pattern) VALUES (?, ?, '', 0, 0, '')`
	updateMembers = `UPDATE tenancy_people SET members = members + ? WHERE tenant_id = ?`
	updatePattern = `UPDATE tenancy_people SET name_pattern = ? WHERE tenant_id = ?`
)

// people is what the directory keeps of one tenant.
type people struct {
	cohort     string // the automatic one
	associated string // the associated one, or ""
	members    int
	held       bool // the tenant is archived
	pattern    string
}

func (c *change) registry() tenant.Registry { return c.d.cfg.Tenants(c.db) }

// tenant returns the record of a tenant, whatever its status.
func (c *change) tenant(id tenant.ID) (*tenant.Tenant, error) {
	t, found, err := c.registry().ByID(c.ctx, id)
	if err != nil {
		return nil, fmt.Errorf("member: %w", err)
	}
	if !found {
		return nil, fmt.Errorf("member: %w", tenant.ErrUnknownTenant)
	}
	return t, nil
}

// writable returns what is known of a tenant whose people may be changed. Its
// row in the feed is locked. An archived tenant's people rest; a suspended
// tenant's are for the central back office only.
func (c *change) writable(id tenant.ID) (*tenant.Tenant, people, error) {
	t, err := c.tenant(id)
	if err != nil {
		return nil, people{}, err
	}
	p, err := c.ensure(id)
	if err != nil {
		return nil, people{}, err
	}
	_, within := tenant.IDFromContext(c.outer)
	switch {
	case t.Status == tenant.Archived || p.held:
		return nil, people{}, fmt.Errorf("member: %w", tenant.ErrArchived)
	case t.Status != tenant.Active && within:
		return nil, people{}, fmt.Errorf("member: %w", t.Status.Err())
	}
	return t, p, nil
}

// people reads the row of a tenant.
func (c *change) people(id tenant.ID, lock string) (p people, found bool, err error) {
	var held int
	err = c.row(selectPeople+lock, string(id)).Scan(&p.cohort, &p.associated, &p.members, &held, &p.pattern)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return people{}, false, nil
	case err != nil:
		return people{}, false, fmt.Errorf("member: %w", err)
	}
	p.held = held != 0
	return p, true, nil
}

// ensure returns the row of a tenant, and makes it with the automatic cohort
// where the tenant has none yet: it may be older than this package in the
// application, or nobody has wired the hook.
func (c *change) ensure(id tenant.ID) (people, error) {
	p, found, err := c.people(id, c.forUpdate())
	if err != nil || found {
		return p, err
	}
	p = people{cohort: rand.Text()}
	if _, err := c.exec(insertCohort, p.cohort, string(id), string(Automatic), string(id), now().UnixMilli()); err != nil {
		return people{}, err
	}
	_, err = c.exec(insertPeople, string(id), p.cohort)
	return p, err
}

// room returns a *LimitError unless the tenant may have one more member. Every
// change of the count holds the tenant's lock, so that of many at once exactly
// as many get in as there is room for.
func room(t *tenant.Tenant, p people) error {
	if t.MaxUsers > 0 && p.members >= t.MaxUsers {
		return &LimitError{Limit: t.MaxUsers}
	}
	return nil
}

// Usage returns how many members the tenant has and how many it may have, 0 for
// any number. Suspended members count, associated users and global managers do
// not. Modes: tenant; global and across-all with an id.
func (d *Directory) Usage(ctx context.Context, id tenant.ID) (members, limit int, err error) {
	if id, err = inside(ctx, id); err != nil {
		return 0, 0, err
	}
	c := d.reader(ctx)
	t, err := c.tenant(id)
	if err != nil {
		return 0, 0, err
	}
	p, _, err := c.people(id, "")
	return p.members, t.MaxUsers, err
}

// NamePattern returns the regular expression that user names of the tenant's
// members match as a whole, or "". Modes: tenant; global and across-all with an
// id.
func (d *Directory) NamePattern(ctx context.Context, id tenant.ID) (string, error) {
	id, err := inside(ctx, id)
	if err != nil {
		return "", err
	}
	p, _, err := d.reader(ctx).people(id, "")
	return p.pattern, err
}

// SetNamePattern sets the regular expression (RE2, package regexp) that user
// names of the tenant's members have to match as a whole when they are given;
// "" lifts the rule. Names that exist stay. With a pattern such as `sk1_.*` for
// each tenant, names are unique in the installation by themselves.
//
// Modes: global and across-all; a tenant does not choose its own pattern.
func (d *Directory) SetNamePattern(ctx context.Context, id tenant.ID, pattern string) error {
	if err := central(ctx); err != nil {
		return err
	}
	id, err := inside(ctx, id)
	if err != nil {
		return err
	}
	if _, err := compile(pattern); err != nil {
		return err
	}
	return d.write(ctx, func(c *change) error {
		if err := c.lock(id); err != nil {
			return err
		}
		if _, _, err := c.writable(id); err != nil {
			return err
		}
		if _, err := c.exec(updatePattern, pattern, string(id)); err != nil {
			return err
		}
		return c.publish(NamePatternChanged, id, "", "")
	})
}
