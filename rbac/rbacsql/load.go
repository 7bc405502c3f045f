package rbacsql

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
)

const (
	selectPermissions = `SELECT node_id, role_id, capability, permission FROM tenancy_role_permissions
WHERE tenant_id = ? ORDER BY node_id, role_id, capability`

	selectAssignments = `SELECT node_id, role_id, user_id, component, item FROM tenancy_role_assignments
WHERE tenant_id = ? ORDER BY node_id, role_id, user_id, component, item`

	selectRoles    = `SELECT id, name, title, archetype, levels FROM tenancy_roles ORDER BY id`
	selectPairs    = `SELECT kind, role_id, target_id FROM tenancy_role_pairs`
	selectSpecials = `SELECT kind, role_id, node_id FROM tenancy_role_specials`
	selectAdmins   = `SELECT user_id FROM tenancy_site_admins ORDER BY user_id`
)

// Load implements [rbac.Store].
func (s *Store) Load(ctx context.Context, of tenant.ID) (r rbac.Rules, number int64, err error) {
	if err := rbac.Readable(ctx, of); err != nil {
		return rbac.Rules{}, 0, err
	}
	// In one state of the database: a change between two of the statements
	// would give a right that no committed state gave.
	err = sqltext.Snapshot(ctx, s.db, s.dialect, func(db tenant.DBTX) (err error) {
		if number, err = feed.Number(ctx, db, s.dialect, of); err == nil {
			r, err = s.With(db).loadOnce(ctx, of)
		}
		return err
	})
	if err != nil {
		return rbac.Rules{}, 0, fmt.Errorf("rbac: %w", err)
	}
	return r, number, nil
}

// Snapshot implements [rbac.Store].
func (s *Store) Snapshot(ctx context.Context, fn func(s rbac.Store, db tenant.DBTX) error) error {
	return sqltext.Snapshot(ctx, s.db, s.dialect, func(db tenant.DBTX) error { return fn(s.With(db), db) })
}

// Number implements [rbac.Store].
func (s *Store) Number(ctx context.Context, of tenant.ID) (int64, error) {
	if err := rbac.Readable(ctx, of); err != nil {
		return 0, err
	}
	number, err := feed.Number(ctx, s.db, s.dialect, of)
	if err != nil {
		return 0, fmt.Errorf("rbac: %w", err)
	}
	return number, nil
}

func (s *Store) loadOnce(ctx context.Context, of tenant.ID) (r rbac.Rules, err error) {
	loads := []func(context.Context, tenant.ID, *rbac.Rules) error{s.permissions, s.assignments}
	if of == "" {
		loads = append(loads, s.roles, s.pairs, s.specials, s.admins)
	}
	for _, load := range loads {
		if err := load(ctx, of, &r); err != nil {
			return rbac.Rules{}, err
		}
	}
	return r, nil
}

func (s *Store) permissions(ctx context.Context, of tenant.ID, r *rbac.Rules) error {
	return s.scanPermissions(ctx, r, selectPermissions, string(of))
}

func (s *Store) scanPermissions(ctx context.Context, r *rbac.Rules, q string, args ...any) error {
	return s.each(ctx, func(rows *sql.Rows) error {
		var p rbac.PlacedPermission
		var text string
		if err := rows.Scan(&p.Node, &p.Role, &p.Capability, &text); err != nil {
			return err
		}
		var err error
		// What can not be read may be a prohibit, so nothing is left out.
		if p.Permission, err = rbac.ParsePermission(text); err != nil {
			return err
		}
		r.Permissions = append(r.Permissions, p)
		return nil
	}, q, args...)
}

func (s *Store) assignments(ctx context.Context, of tenant.ID, r *rbac.Rules) (err error) {
	r.Assignments, err = s.scanAssignments(ctx, selectAssignments, string(of))
	return err
}

func (s *Store) scanAssignments(ctx context.Context, q string, args ...any) (all []rbac.PlacedAssignment, err error) {
	err = s.each(ctx, func(rows *sql.Rows) error {
		var a rbac.PlacedAssignment
		if err := rows.Scan(&a.Node, &a.Role, &a.User, &a.Component, &a.Item); err != nil {
			return err
		}
		all = append(all, a)
		return nil
	}, q, args...)
	return all, err
}

func (s *Store) roles(ctx context.Context, _ tenant.ID, r *rbac.Rules) error {
	return s.each(ctx, func(rows *sql.Rows) error {
		var role rbac.Role
		var levels string
		if err := rows.Scan(&role.ID, &role.Name, &role.Title, &role.Archetype, &levels); err != nil {
			return err
		}
		for level := range strings.SplitSeq(levels, ",") {
			if level != "" {
				role.Levels = append(role.Levels, ctxtree.Level(level))
			}
		}
		r.Roles = append(r.Roles, role)
		return nil
	}, selectRoles)
}

func (s *Store) pairs(ctx context.Context, _ tenant.ID, r *rbac.Rules) error {
	err := s.each(ctx, func(rows *sql.Rows) (err error) {
		var p rbac.Pair
		var kind string
		if err := rows.Scan(&kind, &p.Role, &p.Target); err != nil {
			return err
		}
		if p.Kind, err = rbac.ParsePairKind(kind); err != nil {
			return nil // of a later version; a pair only ever allows
		}
		r.Pairs = append(r.Pairs, p)
		return nil
	}, selectPairs)
	slices.SortFunc(r.Pairs, func(a, b rbac.Pair) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Target, b.Target))
	})
	return err
}

func (s *Store) specials(ctx context.Context, _ tenant.ID, r *rbac.Rules) error {
	return s.each(ctx, func(rows *sql.Rows) error {
		var name string
		var role rbac.RoleID
		var node int64
		if err := rows.Scan(&name, &role, &node); err != nil {
			return err
		}
		for _, k := range kinds(&r.Special) {
			if k.name == name {
				*k.role, *k.node = role, node
			}
		}
		return nil
	}, selectSpecials)
}

func (s *Store) admins(ctx context.Context, _ tenant.ID, r *rbac.Rules) error {
	return s.each(ctx, func(rows *sql.Rows) error {
		var user string
		if err := rows.Scan(&user); err != nil {
			return err
		}
		r.SiteAdmins = append(r.SiteAdmins, user)
		return nil
	}, selectAdmins)
}
