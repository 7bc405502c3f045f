package rbacsql

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

const (
	selectOnNodes = `SELECT node_id, role_id, capability, permission FROM tenancy_role_permissions
WHERE tenant_id = ? AND node_id IN (%s) ORDER BY node_id, role_id, capability`

	selectHeld = `SELECT node_id, role_id, user_id, component, item FROM tenancy_role_assignments
WHERE tenant_id = ? AND user_id = ? AND node_id IN (%s) ORDER BY node_id, role_id, user_id, component, item`

	selectAdmin = `SELECT user_id FROM tenancy_site_admins WHERE user_id = ?`
)

// LoadLine implements [rbac.Store].
func (s *Store) LoadLine(ctx context.Context, line []ctxtree.Node, user string) (shared, own rbac.Rules, err error) {
	of, err := rbac.LineOf(ctx, line)
	if err != nil {
		return rbac.Rules{}, rbac.Rules{}, err
	}
	err = sqltext.Snapshot(ctx, s.db, s.dialect, func(db tenant.DBTX) (err error) {
		tx := s.With(db)
		if shared, err = tx.line(ctx, "", line, user); err != nil || of == "" {
			return err
		}
		own, err = tx.line(ctx, of, line, user)
		return err
	})
	if err != nil {
		return rbac.Rules{}, rbac.Rules{}, fmt.Errorf("rbac: %w", err)
	}
	return shared, own, nil
}

// line returns what one part says on its nodes of the line.
func (s *Store) line(ctx context.Context, of tenant.ID, line []ctxtree.Node, user string) (r rbac.Rules, err error) {
	var nodes []any
	for _, n := range line {
		if n.Tenant == of {
			nodes = append(nodes, n.ID)
		}
	}
	if len(nodes) > 0 {
		marks := strings.TrimSuffix(strings.Repeat("?, ", len(nodes)), ", ")
		if err := s.scanPermissions(ctx, &r, fmt.Sprintf(selectOnNodes, marks), append([]any{string(of)}, nodes...)...); err != nil {
			return rbac.Rules{}, err
		}
		r.Assignments, err = s.scanAssignments(ctx, fmt.Sprintf(selectHeld, marks), append([]any{string(of), user}, nodes...)...)
		if err != nil {
			return rbac.Rules{}, err
		}
	}
	if of != "" {
		return r, nil
	}
	for _, load := range []func(context.Context, tenant.ID, *rbac.Rules) error{s.roles, s.pairs, s.specials} {
		if err := load(ctx, of, &r); err != nil {
			return rbac.Rules{}, err
		}
	}
	admin, err := s.admin(ctx, user)
	if admin {
		r.SiteAdmins = []string{user}
	}
	return r, err
}

// IsSiteAdmin implements [rbac.Store].
func (s *Store) IsSiteAdmin(ctx context.Context, user string) (bool, error) {
	if err := rbac.Readable(ctx, ""); err != nil {
		return false, err
	}
	admin, err := s.admin(ctx, user)
	if err != nil {
		return false, fmt.Errorf("rbac: %w", err)
	}
	return admin, nil
}

// admin compares the id itself: MySQL takes one with spaces behind it for the
// same.
func (s *Store) admin(ctx context.Context, user string) (is bool, err error) {
	err = s.each(ctx, func(rows *sql.Rows) error {
		var stored string
		err := rows.Scan(&stored)
		is = is || stored == user
		return err
	}, selectAdmin, user)
	return is && err == nil, err
}
