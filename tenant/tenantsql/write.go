package tenantsql

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
)

const (
	insertTenant = `INSERT INTO tenancy_tenants (code, code_key, name, external_id, description, description_format, status, language, theme, max_users, parent_id, modified_at, metadata, created_at, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	updateTenant = `UPDATE tenancy_tenants SET code = ?, code_key = ?, name = ?, external_id = ?, description = ?, description_format = ?, status = ?, language = ?, theme = ?, max_users = ?, parent_id = ?, modified_at = ?, metadata = ? WHERE id = ?`
	updateStatus = `UPDATE tenancy_tenants SET status = ?, modified_at = ? WHERE id = ?`
	deleteTenant = `DELETE FROM tenancy_tenants WHERE id = ?`
	insertHost   = `INSERT INTO tenancy_hosts (tenant_id, host, seq, verified, claim) VALUES (?, ?, ?, ?, ?)`
	deleteHosts  = `DELETE FROM tenancy_hosts WHERE tenant_id = ?`

	countID    = `SELECT COUNT(*) FROM tenancy_tenants WHERE id = ?`
	countClaim = `SELECT COUNT(*) FROM tenancy_hosts WHERE claim = ? AND tenant_id <> ?`
)

// Create registers a new tenant. Created and Modified are kept to the
// millisecond, and are the present time where they are zero.
//
// The error is [tenant.ErrTaken] if the id is registered already or is another
// tenant's code, or the code is another's or another's id, or the primary host
// or a verified domain belongs to another tenant; it names none of them. On any
// error nothing has changed.
//
// Where the registry works on the caller's own transaction and PostgreSQL, of
// two that register the same name at the same moment the slower one gets the
// engine's error instead, since a transaction that has failed there can not
// ask why.
func (r *Registry) Create(ctx context.Context, t tenant.Tenant) error {
	t, err := t.Check()
	if err != nil {
		return err
	}
	now := time.Now()
	if t.Created.IsZero() {
		t.Created = now
	}
	if t.Modified.IsZero() {
		t.Modified = now
	}
	fields, err := columns(&t)
	if err != nil {
		return err
	}
	return r.write(ctx, &t, true, func(tx writer) error {
		if err := tx.exec(insertTenant, append(fields, t.Created.UnixMilli(), string(t.ID))...); err != nil {
			return err
		}
		if err := tx.claim(&t); err != nil {
			return err
		}
		return tx.insertHosts(&t)
	})
}

// Update replaces every field of a registered tenant but Created; Modified
// becomes the present time. Its hosts become exactly those of t.
//
// The error is [tenant.ErrUnknownTenant] if there is no tenant with that id,
// and [tenant.ErrTaken] as for [Registry.Create]. On any error nothing has
// changed.
func (r *Registry) Update(ctx context.Context, t tenant.Tenant) error {
	t, err := t.Check()
	if err != nil {
		return err
	}
	t.Modified = time.Now()
	fields, err := columns(&t)
	if err != nil {
		return err
	}
	return r.write(ctx, &t, false, func(tx writer) error {
		old, err := tx.codeOf(t.ID)
		if err != nil {
			return err
		}
		if err := tx.exec(updateTenant, append(fields, string(t.ID))...); err != nil {
			return err
		}
		if err := tx.exec(deleteHosts, string(t.ID)); err != nil {
			return err
		}
		if err := tx.rename(t.ID, old, strings.ToLower(t.Code)); err != nil {
			return err
		}
		return tx.insertHosts(&t)
	})
}

// SetStatus changes the status and nothing else. The error is
// [tenant.ErrUnknownTenant] if there is no tenant with that id.
func (r *Registry) SetStatus(ctx context.Context, id tenant.ID, status tenant.Status) error {
	t, err := tenant.Tenant{ID: id, Status: status}.Check()
	if err != nil {
		return err
	}
	return r.write(ctx, &t, false, func(tx writer) error {
		return tx.exec(updateStatus, status.String(), time.Now().UnixMilli(), string(id))
	})
}

// Delete removes the tenant from the registry, with its hosts and code, which
// are free from then on. Whatever else the application stores of it stays. The
// error is [tenant.ErrUnknownTenant] if there is no tenant with that id.
func (r *Registry) Delete(ctx context.Context, id tenant.ID) error {
	t, err := tenant.Tenant{ID: id}.Check()
	if err != nil {
		return err
	}
	return r.write(ctx, &t, false, func(tx writer) error {
		code, err := tx.codeOf(id)
		if err != nil {
			return err
		}
		if err := tx.rename(id, code, ""); err != nil {
			return err
		}
		if err := tx.exec(deleteName, string(id), string(id)); err != nil {
			return err
		}
		if err := tx.exec(deleteHosts, string(id)); err != nil {
			return err
		}
		return tx.exec(deleteTenant, string(id))
	})
}

// columns returns the values of a record in the order of updateTenant.
func columns(t *tenant.Tenant) ([]any, error) {
	if t.Metadata == nil {
		t.Metadata = map[string]string{}
	}
	metadata, err := json.Marshal(t.Metadata)
	if err != nil {
		return nil, fmt.Errorf("tenantsql: metadata: %w", err)
	}
	return []any{t.Code, orNull(strings.ToLower(t.Code)), t.Name, t.ExternalID, t.Description, t.DescriptionFormat,
		t.Status.String(), t.Language, t.Theme, t.MaxUsers, string(t.Parent), t.Modified.UnixMilli(), string(metadata)}, nil
}

// orNull stores no name as NULL, which is unique however often it occurs.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// writer is a transaction under way.
type writer struct {
	ctx     context.Context
	db      tenant.DBTX
	dialect tenant.Dialect
}

// write runs fn in a transaction, for a tenant that must be new or must exist.
//
// The bump comes first: it makes writers of the same tenant wait for each
// other, so that what is read next still holds when fn writes. Two tenants that
// want the same name, be it as an id or as a code, do not wait; then the unique
// index decides, and the loser
// finds out from which one it was by asking again.
func (r *Registry) write(ctx context.Context, t *tenant.Tenant, isNew bool, fn func(writer) error) error {
	ctx = carry.Library(ctx)
	wrote := false
	err := sqltext.InTx(ctx, r.db, func(db tenant.DBTX) error {
		tx := writer{ctx, db, r.dialect}
		if _, err := feed.Bump(ctx, db, r.dialect, t.ID); err != nil {
			return err
		}
		n, err := tx.count(countID, string(t.ID))
		switch {
		case err != nil:
			return err
		case isNew && n > 0:
			return fmt.Errorf("%w: the id", tenant.ErrTaken)
		case !isNew && n == 0:
			return tenant.ErrUnknownTenant
		}
		if err := tx.conflict(t, isNew, ""); err != nil {
			return err
		}
		wrote = true
		return fn(tx)
	})
	if err == nil || !wrote {
		return err
	}
	asking := writer{ctx, r.db, r.dialect}
	if taken := asking.conflict(t, isNew, asking.newest()); errors.Is(taken, tenant.ErrTaken) {
		return taken
	}
	return fmt.Errorf("tenantsql: %w", err)
}

// conflict returns an error that is tenant.ErrTaken if the code or a host of t
// belongs to another tenant, or its id where it is new.
func (w writer) conflict(t *tenant.Tenant, isNew bool, lock string) error {
	if isNew {
		if err := w.unclaimed(t.ID, string(t.ID), "the id", lock); err != nil {
			return err
		}
	}
	if code := strings.ToLower(t.Code); code != "" && code != string(t.ID) {
		if err := w.unclaimed(t.ID, code, "the code", lock); err != nil {
			return err
		}
	}
	for _, h := range hostsOf(t) {
		if h.claim == nil {
			continue
		}
		n, err := w.count(countClaim+lock, h.host, string(t.ID))
		if err != nil {
			return err
		}
		if n > 0 {
			return fmt.Errorf("%w: a host", tenant.ErrTaken)
		}
	}
	return nil
}

func (w writer) insertHosts(t *tenant.Tenant) error {
	for _, h := range hostsOf(t) {
		if err := w.exec(insertHost, string(t.ID), h.host, h.seq, h.verified, h.claim); err != nil {
			return err
		}
	}
	return nil
}

// claimRow is a row of tenancy_hosts to be written. claim is the host if it
// resolves to the tenant, else nil.
type claimRow struct {
	host          string
	seq, verified int
	claim         any
}

func hostsOf(t *tenant.Tenant) []claimRow {
	var out []claimRow
	if t.Host != "" {
		out = append(out, claimRow{t.Host, 0, 1, t.Host})
	}
	for i, d := range t.Domains {
		row := claimRow{host: d.Name, seq: i + 1}
		if d.Verified {
			row.verified, row.claim = 1, d.Name
		}
		out = append(out, row)
	}
	return out
}

func (w writer) exec(stmt string, args ...any) error {
	_, err := w.db.ExecContext(w.ctx, sqltext.Rebind(w.dialect, stmt), args...)
	return err
}

func (w writer) count(query string, args ...any) (n int, err error) {
	err = w.db.QueryRowContext(w.ctx, sqltext.Rebind(w.dialect, query), args...).Scan(&n)
	return n, err
}
