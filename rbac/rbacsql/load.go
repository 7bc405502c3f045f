package rbacsql

import (
	"context"
	"database/sql"
	"fmt"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

const (
	selectPermissions = `SELECT node_id, role_id, capability, permission FROM tenancy_role_permissions
WHERE tenant_id = ? ORDER BY node_id, role_id, capability`

	selectAssignments = `SELECT node_id, role_id, user_id, component, item FROM tenancy_role_assignments
WHERE tenant_id = ? ORDER BY node_id, role_id, user_id, component, item`

	selectRoles    = `SELECT id, name, title FROM tenancy_roles ORDER BY id`
	selectSpecials = `SELECT kind, role_id, node_id FROM tenancy_role_specials`
	selectAdmins   = `SELECT user_id FROM tenancy_site_admins ORDER BY user_id`
)

// Load implements [rbac.Store].
func (s *Store) Load(ctx context.Context, of tenant.ID) (rbac.Rules, error) {
	reach, err := ctxtree.ReachOf(ctx)
	if err == nil && !reach.Reads(of) {
		err = ctxtree.ErrOutside
	}
	if err != nil {
		return rbac.Rules{}, fmt.Errorf("rbac: %w", err)
	}
	var r rbac.Rules
	err = s.snapshot(ctx, func(s *Store) (err error) {
		r, err = s.loadOnce(ctx, of)
		return err
	})
	if err != nil {
		return rbac.Rules{}, fmt.Errorf("rbac: %w", err)
	}
	return r, nil
}

// snapshot runs fn on a store that sees one state of the database: several
// statements read one part, and a change between two of them would give a right
// that no committed state gave. In the caller's own transaction the state is
// the caller's affair.
func (s *Store) snapshot(ctx context.Context, fn func(*Store) error) error {
	pool, ok := s.db.(interface {
		BeginTx(context.Context, *sql.TxOptions) (*sql.Tx, error)
	})
	if !ok {
		return fn(s)
	}
	opts := &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	if s.dialect == tenant.SQLite {
		opts = nil // its transactions are that, and its drivers know no other
	}
	tx, err := pool.BeginTx(ctx, opts)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	return fn(s.With(tx))
}

func (s *Store) loadOnce(ctx context.Context, of tenant.ID) (r rbac.Rules, err error) {
	loads := []func(context.Context, tenant.ID, *rbac.Rules) error{s.permissions, s.assignments}
	if of == "" {
		loads = append(loads, s.roles, s.specials, s.admins)
	}
	for _, load := range loads {
		if err := load(ctx, of, &r); err != nil {
			return rbac.Rules{}, err
		}
	}
	return r, nil
}

func (s *Store) permissions(ctx context.Context, of tenant.ID, r *rbac.Rules) error {
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
	}, selectPermissions, string(of))
}

func (s *Store) assignments(ctx context.Context, of tenant.ID, r *rbac.Rules) error {
	return s.each(ctx, func(rows *sql.Rows) error {
		var a rbac.PlacedAssignment
		if err := rows.Scan(&a.Node, &a.Role, &a.User, &a.Component, &a.Item); err != nil {
			return err
		}
		r.Assignments = append(r.Assignments, a)
		return nil
	}, selectAssignments, string(of))
}

func (s *Store) roles(ctx context.Context, _ tenant.ID, r *rbac.Rules) error {
	return s.each(ctx, func(rows *sql.Rows) error {
		var role rbac.Role
		if err := rows.Scan(&role.ID, &role.Name, &role.Title); err != nil {
			return err
		}
		r.Roles = append(r.Roles, role)
		return nil
	}, selectRoles)
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
