package tenantsql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
)

// What is linked to an organisation is an object of the application: its kind
// is a name such as these, or one of the application's own.
const (
	KindCourse = "course"
	KindUser   = "user"
)

const (
	maxKind   = 63
	maxObject = 255

	insertLink  = `INSERT INTO tenancy_organisation_links (tenant_id, kind, object_id, name_key) VALUES (?, ?, ?, ?)`
	deleteLink  = `DELETE FROM tenancy_organisation_links WHERE tenant_id = ? AND kind = ? AND object_id = ? AND name_key = ?`
	selectOf    = selectOrganisations + ` JOIN tenancy_organisation_links l ON l.tenant_id = o.tenant_id AND l.name_key = o.name_key WHERE l.kind = ? AND l.object_id = ?`
	selectLinks = `SELECT l.object_id FROM tenancy_organisation_links l WHERE l.name_key = ? AND l.kind = ? AND l.object_id > ?`
)

// Link says that an object belongs to an organisation of the tenant. An object
// may belong to several, and an organisation may have any number; what is
// linked already stays so. The error is [tenant.ErrUnknownOrganisation] if there
// is no organisation with that short name under that tenant.
//
// The store knows nothing of the object. That it is the tenant's own is for the
// caller to see to: what another tenant has linked under the same kind and id is
// another object to the store.
func (o *Organisations) Link(ctx context.Context, id tenant.ID, shortName, kind, object string) error {
	return o.link(ctx, id, shortName, kind, object, func(tx writer, key string) error {
		stays := ` ON CONFLICT DO NOTHING`
		if o.dialect == tenant.MySQL {
			stays = ` ON DUPLICATE KEY UPDATE kind = VALUES(kind)`
		}
		return tx.exec(insertLink+stays, string(id), kind, object, key)
	})
}

// Unlink ends what [Organisations.Link] said; what is not linked is no error.
func (o *Organisations) Unlink(ctx context.Context, id tenant.ID, shortName, kind, object string) error {
	return o.link(ctx, id, shortName, kind, object, func(tx writer, key string) error {
		return tx.exec(deleteLink, string(id), kind, object, key)
	})
}

func (o *Organisations) link(ctx context.Context, id tenant.ID, shortName, kind, object string, fn func(writer, string) error) error {
	if err := (tenant.Organisation{ShortName: shortName, Tenant: id}).Check(); err != nil {
		return err
	}
	if err := checkObject(kind, object); err != nil {
		return err
	}
	if err := mayWrite(ctx, id); err != nil {
		return err
	}
	key := strings.ToLower(shortName)
	return o.change(ctx, id, key, func(tx writer) error { return fn(tx, key) })
}

// Of returns the organisations that an object belongs to and the context
// reaches, in order of their short names in lower case.
func (o *Organisations) Of(ctx context.Context, kind, object string) ([]tenant.Organisation, error) {
	condition, args, err := reach(ctx, "l")
	if err != nil {
		return nil, err
	}
	if err := checkObject(kind, object); err != nil {
		return nil, err
	}
	return o.read(ctx, selectOf+condition+` ORDER BY o.name_key`, append([]any{kind, object}, args...)...)
}

// Objects returns the ids of at most limit objects of one kind that belong to
// an organisation, in byte order and greater than after; "" starts at the
// beginning. Fewer than limit means that there are no more. An organisation
// that the context does not reach has none.
func (o *Organisations) Objects(ctx context.Context, shortName, kind, after string, limit int) (ids []string, err error) {
	condition, args, err := reach(ctx, "l")
	if err != nil || limit <= 0 || !tenant.ValidOrganisationName(shortName) {
		return nil, err
	}
	args = append(append([]any{strings.ToLower(shortName), kind, after}, args...), limit)
	query := sqltext.Rebind(o.dialect, selectLinks+condition+` ORDER BY l.object_id LIMIT ?`)
	rows, err := o.db.QueryContext(carry.Library(ctx), query, args...)
	if err != nil {
		return nil, fmt.Errorf("tenantsql: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("tenantsql: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, wrap(rows.Err())
}

// checkObject keeps out what engines would cut, refuse or equate.
func checkObject(kind, object string) error {
	if kind == "" || len(kind) > maxKind || !plain(kind) {
		return fmt.Errorf("tenantsql: the kind of an object must be 1 to %d bytes of printable ASCII without a space at its end", maxKind)
	}
	if object == "" || len(object) > maxObject || !plain(object) {
		return fmt.Errorf("tenantsql: the id of an object must be 1 to %d bytes of printable ASCII without a space at its end", maxObject)
	}
	return nil
}

func plain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return !strings.HasSuffix(s, " ") // MySQL does not count it in comparisons
}

// holder returns the tenant that has a short name, or "".
func (w writer) holder(key, lock string) (id tenant.ID, err error) {
	err = w.db.QueryRowContext(w.ctx, sqltext.Rebind(w.dialect, selectHolder+lock), key).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}

// free returns an error that is tenant.ErrTaken if somebody has a short name.
func (w writer) free(key, lock string) error {
	id, err := w.holder(key, lock)
	if err == nil && id != "" {
		err = fmt.Errorf("%w: the short name", tenant.ErrTaken)
	}
	return err
}

// newest makes a query see what others have committed since the transaction
// began. Elsewhere than in MySQL a query does so by itself, or nobody can have.
func (w writer) newest() string {
	if w.dialect == tenant.MySQL {
		return ` FOR UPDATE`
	}
	return ""
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// wrap says where an engine's error comes from. Our own say it themselves.
func wrap(err error) error {
	if err == nil || errors.Is(err, tenant.ErrUnknownOrganisation) {
		return err
	}
	return fmt.Errorf("tenantsql: %w", err)
}
