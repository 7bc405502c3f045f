package tenantsql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
)

// Organisations keeps organisations and what is linked to them. It is safe for
// concurrent use.
//
// The wall is the tenant of the context. In tenant mode only that tenant's
// organisations are there, for reads and for writes; across tenants those of
// the listed ones can be read, and [tenant.AcrossAll] reaches all of them.
// Every other context is refused, with [tenant.ErrNoTenant] or its own error.
// [Organisations.TenantOf] alone answers without a tenant, since it is what
// finds the tenant.
//
// Every write increments the number of the organisation's tenant in package
// feed, in the same transaction.
type Organisations struct {
	db      tenant.DBTX
	dialect tenant.Dialect
}

// NewOrganisations returns a store on db, whose schema [Migrate] or the files
// in [Migrations] have made.
func NewOrganisations(db tenant.DBTX, dialect tenant.Dialect) *Organisations {
	return &Organisations{db: db, dialect: dialect}
}

// With returns the same store on db, usually a transaction. A write that fails
// there may have been half made: the caller rolls back.
func (o *Organisations) With(db tenant.DBTX) *Organisations {
	return &Organisations{db: db, dialect: o.dialect}
}

const (
	selectOwner         = `SELECT o.tenant_id FROM tenancy_organisations o WHERE o.name_key = ? AND o.active = 1`
	selectHolder        = `SELECT tenant_id FROM tenancy_organisations WHERE name_key = ?`
	selectOrganisations = `SELECT o.short_name, o.tenant_id, o.name, o.description, o.active, o.created_at, o.modified_at FROM tenancy_organisations o`
	selectOrganisation  = selectOrganisations + ` WHERE o.name_key = ?`
	selectNames         = selectOrganisations + ` WHERE o.name_key > ?`

	insertOrganisation = `INSERT INTO tenancy_organisations (name_key, short_name, tenant_id, name, description, active, created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
	updateOrganisation = `UPDATE tenancy_organisations SET name = ?, description = ?, active = ?, modified_at = ? WHERE name_key = ? AND tenant_id = ?`
	deleteOrganisation = `DELETE FROM tenancy_organisations WHERE name_key = ? AND tenant_id = ?`
	deleteOwn          = `DELETE FROM tenancy_organisations WHERE tenant_id = ?`
	deleteLinks        = `DELETE FROM tenancy_organisation_links WHERE name_key = ? AND tenant_id = ?`
	deleteOwnLinks     = `DELETE FROM tenancy_organisation_links WHERE tenant_id = ?`
)

// reach returns the condition that keeps a statement to the tenants of ctx, on
// column tenant_id of table alias t, with its values.
func reach(ctx context.Context, t string) (condition string, args []any, err error) {
	v := carry.From(ctx)
	switch v.Mode {
	case carry.Tenant:
		return ` AND ` + t + `.tenant_id = ?`, []any{v.ID}, nil
	case carry.Across:
		for _, id := range v.IDs() {
			args = append(args, id)
		}
		return ` AND ` + t + `.tenant_id IN (?` + strings.Repeat(", ?", len(args)-1) + `)`, args, nil
	case carry.AcrossAll:
		return "", nil, nil
	case carry.Refused:
		return "", nil, v.Err()
	default:
		return "", nil, fmt.Errorf("tenantsql: organisations belong to tenants: %w", tenant.ErrNoTenant)
	}
}

// mayWrite returns nil if ctx may change what belongs to that tenant.
func mayWrite(ctx context.Context, id tenant.ID) error {
	switch v := carry.From(ctx); {
	case v.ReadOnly:
		return fmt.Errorf("tenantsql: %w", tenant.ErrReadOnly)
	case v.Mode == carry.AcrossAll, v.Mode == carry.Tenant && v.ID == string(id):
		return nil
	case v.Mode == carry.Tenant:
		return fmt.Errorf("tenantsql: the organisation belongs to another tenant: %w", tenant.ErrTenantConflict)
	case v.Mode == carry.Across:
		return fmt.Errorf("tenantsql: organisations are changed for one tenant, or in tenant.AcrossAll: %w", tenant.ErrSeveralTenants)
	default:
		_, _, err := reach(ctx, "")
		return err
	}
}

// TenantOf returns the tenant of an active organisation by its short name,
// ignoring ASCII case. It is for finding a request's tenant, and so needs none
// in the context; where there is one it answers for that one only.
func (o *Organisations) TenantOf(ctx context.Context, shortName string) (id tenant.ID, found bool, err error) {
	if !tenant.ValidOrganisationName(shortName) {
		return "", false, nil
	}
	condition, args := "", []any(nil)
	if mode := tenant.ModeOf(ctx); mode != tenant.ModeNone && mode != tenant.ModeGlobal {
		if condition, args, err = reach(ctx, "o"); err != nil {
			return "", false, err
		}
	}
	query := sqltext.Rebind(o.dialect, selectOwner+condition)
	args = append([]any{strings.ToLower(shortName)}, args...)
	err = o.db.QueryRowContext(carry.Library(ctx), query, args...).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return id, err == nil, wrap(err)
}

// ByName returns the organisation with that short name, ignoring ASCII case,
// whether active or not. Absence is no error, and neither is an organisation
// that the context does not reach: it is absent.
func (o *Organisations) ByName(ctx context.Context, shortName string) (org tenant.Organisation, found bool, err error) {
	condition, args, err := reach(ctx, "o")
	if err != nil || !tenant.ValidOrganisationName(shortName) {
		return org, false, err
	}
	list, err := o.read(ctx, selectOrganisation+condition, append([]any{strings.ToLower(shortName)}, args...)...)
	if err != nil || len(list) == 0 {
		return org, false, err
	}
	return list[0], true, nil
}

// List returns at most limit organisations that the context reaches, in byte
// order of their short names in lower case, beginning after that name; ""
// starts at the beginning. Fewer than limit means that there are no more.
func (o *Organisations) List(ctx context.Context, after string, limit int) ([]tenant.Organisation, error) {
	condition, args, err := reach(ctx, "o")
	if err != nil || limit <= 0 {
		return nil, err
	}
	args = append(append([]any{strings.ToLower(after)}, args...), limit)
	return o.read(ctx, selectNames+condition+` ORDER BY o.name_key LIMIT ?`, args...)
}

func (o *Organisations) read(ctx context.Context, query string, args ...any) ([]tenant.Organisation, error) {
	rows, err := o.db.QueryContext(carry.Library(ctx), sqltext.Rebind(o.dialect, query), args...)
	if err != nil {
		return nil, fmt.Errorf("tenantsql: %w", err)
	}
	defer rows.Close()
	var list []tenant.Organisation
	for rows.Next() {
		var (
			org                       tenant.Organisation
			active, created, modified int64
		)
		if err := rows.Scan(&org.ShortName, &org.Tenant, &org.Name, &org.Description, &active, &created, &modified); err != nil {
			return nil, fmt.Errorf("tenantsql: %w", err)
		}
		org.Active = active != 0
		org.Created, org.Modified = time.UnixMilli(created).UTC(), time.UnixMilli(modified).UTC()
		list = append(list, org)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("tenantsql: %w", err)
	}
	return list, nil
}

// Create registers a new organisation. Created and Modified are kept to the
// millisecond, and are the present time where they are zero.
//
// The error is [tenant.ErrTaken] if the short name is registered already, in
// any case and under any tenant; it does not say under which.
// [tenant.ErrUnknownTenant] if the tenant is not in the registry, and
// [tenant.ErrTenantConflict] if it is not the context's. On any error nothing
// has changed. What [Registry.Create] says of the caller's own transaction holds
// here too.
func (o *Organisations) Create(ctx context.Context, org tenant.Organisation) error {
	if err := org.Check(); err != nil {
		return err
	}
	if err := mayWrite(ctx, org.Tenant); err != nil {
		return err
	}
	now := time.Now()
	if org.Created.IsZero() {
		org.Created = now
	}
	if org.Modified.IsZero() {
		org.Modified = now
	}
	key := strings.ToLower(org.ShortName)
	wrote := false
	err := o.write(ctx, org.Tenant, func(tx writer) error {
		n, err := tx.count(countID+tx.newest(), string(org.Tenant))
		if err == nil && n == 0 {
			err = tenant.ErrUnknownTenant
		}
		if err != nil {
			return err
		}
		if err := tx.free(key, ""); err != nil {
			return err
		}
		wrote = true
		return tx.exec(insertOrganisation, key, org.ShortName, string(org.Tenant), org.Name, org.Description,
			bit(org.Active), org.Created.UnixMilli(), org.Modified.UnixMilli())
	})
	if err == nil || !wrote {
		return err
	}
	// As in Registry.write: who lost a race finds out that it was one.
	again := writer{carry.Library(ctx), o.db, o.dialect}
	if taken := again.free(key, again.newest()); errors.Is(taken, tenant.ErrTaken) {
		return taken
	}
	return fmt.Errorf("tenantsql: %w", err)
}

// Update replaces name, description and Active of a registered organisation;
// Modified becomes the present time. The error is
// [tenant.ErrUnknownOrganisation] if there is none with that short name under
// that tenant. On any error nothing has changed.
func (o *Organisations) Update(ctx context.Context, org tenant.Organisation) error {
	if err := org.Check(); err != nil {
		return err
	}
	if err := mayWrite(ctx, org.Tenant); err != nil {
		return err
	}
	key := strings.ToLower(org.ShortName)
	return o.change(ctx, org.Tenant, key, func(tx writer) error {
		return tx.exec(updateOrganisation, org.Name, org.Description, bit(org.Active), time.Now().UnixMilli(), key, string(org.Tenant))
	})
}

// Delete removes an organisation of the tenant, with its links. Its name is
// free from then on. The error is [tenant.ErrUnknownOrganisation] if there is
// none with that short name under that tenant.
func (o *Organisations) Delete(ctx context.Context, id tenant.ID, shortName string) error {
	if err := (tenant.Organisation{ShortName: shortName, Tenant: id}).Check(); err != nil {
		return err
	}
	if err := mayWrite(ctx, id); err != nil {
		return err
	}
	key := strings.ToLower(shortName)
	return o.change(ctx, id, key, func(tx writer) error {
		if err := tx.exec(deleteLinks, key, string(id)); err != nil {
			return err
		}
		return tx.exec(deleteOrganisation, key, string(id))
	})
}

// DeleteAll removes every organisation of a tenant, with their links. It is
// what goes with the deletion of the tenant, which [Registry.Delete] leaves to
// the caller; a tenant without organisations is no error.
func (o *Organisations) DeleteAll(ctx context.Context, id tenant.ID) error {
	if !id.Valid() {
		return tenant.ErrInvalidID
	}
	if err := mayWrite(ctx, id); err != nil {
		return err
	}
	return wrap(o.write(ctx, id, func(tx writer) error {
		if err := tx.exec(deleteOwnLinks, string(id)); err != nil {
			return err
		}
		return tx.exec(deleteOwn, string(id))
	}))
}

// write runs fn in a transaction that begins by incrementing the tenant's
// number, and so waits for other writers of the same tenant.
func (o *Organisations) write(ctx context.Context, id tenant.ID, fn func(writer) error) error {
	ctx = carry.Library(ctx)
	return sqltext.InTx(ctx, o.db, func(db tenant.DBTX) error {
		if _, err := feed.Bump(ctx, db, o.dialect, id); err != nil {
			return err
		}
		return fn(writer{ctx, db, o.dialect})
	})
}

// change is write for an organisation that must be there.
func (o *Organisations) change(ctx context.Context, id tenant.ID, key string, fn func(writer) error) error {
	return wrap(o.write(ctx, id, func(tx writer) error {
		holder, err := tx.holder(key, tx.newest())
		if err != nil {
			return err
		}
		if holder != id {
			return tenant.ErrUnknownOrganisation
		}
		return fn(tx)
	}))
}
