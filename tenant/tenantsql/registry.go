package tenantsql

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
)

// Registry is a [tenant.Registry] on SQL tables, with the writes that go with
// it. It is safe for concurrent use.
//
// It needs no tenant in the context and does not look at it: who may register
// or change tenants is for the caller to decide.
type Registry struct {
	db      tenant.DBTX
	dialect tenant.Dialect
}

var _ tenant.Registry = (*Registry)(nil)

// NewRegistry returns a registry on db, whose schema [Migrate] or the files in
// [Migrations] have made.
func NewRegistry(db tenant.DBTX, dialect tenant.Dialect) *Registry {
	return &Registry{db: db, dialect: dialect}
}

// With returns the same registry on db, usually a transaction. A write that
// fails there may have been half made: the caller rolls back.
func (r *Registry) With(db tenant.DBTX) *Registry {
	return &Registry{db: db, dialect: r.dialect}
}

// A record and its hosts come in one statement, so that they are of one moment.
const (
	selectTenants = `SELECT t.id, t.code, t.name, t.external_id, t.description, t.description_format, t.status, t.language, t.theme, t.max_users, t.parent_id, t.created_at, t.modified_at, t.metadata, h.host, h.seq, h.verified FROM tenancy_tenants t LEFT JOIN tenancy_hosts h ON h.tenant_id = t.id`

	selectByID   = selectTenants + ` WHERE t.id = ? ORDER BY h.seq`
	selectByCode = selectTenants + ` WHERE t.code_key = ? ORDER BY h.seq`
	selectByHost = selectTenants + ` JOIN tenancy_hosts c ON c.tenant_id = t.id WHERE c.claim = ? ORDER BY h.seq`
	selectPage   = selectTenants + ` JOIN (SELECT id FROM tenancy_tenants WHERE id > ? ORDER BY id LIMIT ?) p ON p.id = t.id ORDER BY t.id, h.seq`
)

// ByID implements [tenant.Registry].
func (r *Registry) ByID(ctx context.Context, id tenant.ID) (*tenant.Tenant, bool, error) {
	if !id.Valid() {
		return nil, false, nil
	}
	return r.one(ctx, selectByID, string(id))
}

// ByCode implements [tenant.Registry].
func (r *Registry) ByCode(ctx context.Context, code string) (*tenant.Tenant, bool, error) {
	if !tenant.ValidCode(code) {
		return nil, false, nil
	}
	return r.one(ctx, selectByCode, strings.ToLower(code))
}

// ByHost implements [tenant.Registry].
func (r *Registry) ByHost(ctx context.Context, host string) (*tenant.Tenant, bool, error) {
	if canonical, err := tenant.CanonicalHost(host); err != nil || canonical != host {
		return nil, false, nil
	}
	return r.one(ctx, selectByHost, host)
}

// List implements [tenant.Registry].
func (r *Registry) List(ctx context.Context, after tenant.ID, limit int) ([]*tenant.Tenant, error) {
	if limit <= 0 {
		return nil, nil
	}
	return r.read(ctx, selectPage, string(after), limit)
}

func (r *Registry) one(ctx context.Context, query string, arg any) (*tenant.Tenant, bool, error) {
	list, err := r.read(ctx, query, arg)
	if err != nil || len(list) == 0 {
		return nil, false, err
	}
	return list[0], true, nil
}

// read runs one of the select statements. Its rows are the tenants in order,
// each once for each of its hosts.
func (r *Registry) read(ctx context.Context, query string, args ...any) ([]*tenant.Tenant, error) {
	rows, err := r.db.QueryContext(carry.Library(ctx), sqltext.Rebind(r.dialect, query), args...)
	if err != nil {
		return nil, fmt.Errorf("tenantsql: %w", err)
	}
	defer rows.Close()
	var list []*tenant.Tenant
	for rows.Next() {
		t, h, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("tenantsql: %w", err)
		}
		if n := len(list); n == 0 || list[n-1].ID != t.ID {
			list = append(list, t)
		}
		h.addTo(list[len(list)-1])
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("tenantsql: %w", err)
	}
	return list, nil
}

// hostRow is a row of tenancy_hosts. seq 0 is the primary host, 1 and up are
// the domains in their order. Without a host the tenant has none.
type hostRow struct {
	host     sql.NullString
	seq      sql.NullInt64
	verified sql.NullInt64
}

func (h hostRow) addTo(t *tenant.Tenant) {
	switch {
	case !h.host.Valid:
	case h.seq.Int64 == 0:
		t.Host = h.host.String
	default:
		t.Domains = append(t.Domains, tenant.Domain{Name: h.host.String, Verified: h.verified.Int64 != 0})
	}
}

func scan(rows *sql.Rows) (*tenant.Tenant, hostRow, error) {
	var (
		t                 tenant.Tenant
		h                 hostRow
		status, metadata  string
		created, modified int64
	)
	err := rows.Scan(&t.ID, &t.Code, &t.Name, &t.ExternalID, &t.Description, &t.DescriptionFormat, &status, &t.Language,
		&t.Theme, &t.MaxUsers, &t.Parent, &created, &modified, &metadata, &h.host, &h.seq, &h.verified)
	if err != nil {
		return nil, h, err
	}
	if t.Status, err = tenant.ParseStatus(status); err != nil {
		return nil, h, err
	}
	if err := json.Unmarshal([]byte(metadata), &t.Metadata); err != nil {
		return nil, h, fmt.Errorf("metadata: %w", err)
	}
	t.Created, t.Modified = time.UnixMilli(created).UTC(), time.UnixMilli(modified).UTC()
	return &t, h, nil
}
