package rbacsql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
)

const (
	selectRole = `SELECT id FROM tenancy_roles WHERE name = ?`
	insertRole = `INSERT INTO tenancy_roles (name, title, archetype, levels) VALUES (?, ?, ?, ?)`
	updateRole = `UPDATE tenancy_roles SET title = ?, archetype = ?, levels = ? WHERE id = ?`

	deletePermission = `DELETE FROM tenancy_role_permissions WHERE tenant_id = ? AND node_id = ? AND role_id = ? AND capability = ?`
	insertPermission = `INSERT INTO tenancy_role_permissions (tenant_id, node_id, role_id, capability, permission) VALUES (?, ?, ?, ?, ?)`

	deleteAssignment = `DELETE FROM tenancy_role_assignments WHERE tenant_id = ? AND node_id = ? AND role_id = ? AND user_id = ? AND component = ? AND item = ?`
	insertAssignment = `INSERT INTO tenancy_role_assignments (tenant_id, node_id, role_id, user_id, component, item) VALUES (?, ?, ?, ?, ?, ?)`

	deletePair = `DELETE FROM tenancy_role_pairs WHERE kind = ? AND role_id = ? AND target_id = ?`
	insertPair = `INSERT INTO tenancy_role_pairs (kind, role_id, target_id) VALUES (?, ?, ?)`

	deleteSpecials = `DELETE FROM tenancy_role_specials`
	insertSpecial  = `INSERT INTO tenancy_role_specials (kind, role_id, node_id) VALUES (?, ?, ?)`

	deleteAdmin = `DELETE FROM tenancy_site_admins WHERE user_id = ?`
	insertAdmin = `INSERT INTO tenancy_site_admins (user_id) VALUES (?)`
)

// What is set is deleted first and then inserted: under the write lock that is
// the upsert which all databases share.

// DefineRole implements [rbac.Store].
func (s *Store) DefineRole(ctx context.Context, r rbac.Role) (rbac.Role, error) {
	if err := r.Check(); err != nil {
		return rbac.Role{}, err
	}
	r = r.Normal()
	err := s.change(ctx, "", func(tx *Store) error {
		err := tx.row(ctx, selectRole, r.Name).Scan(&r.ID)
		switch {
		case err == nil:
			return tx.exec(ctx, updateRole, r.Title, string(r.Archetype), joined(r.Levels), int64(r.ID))
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		if err := tx.exec(ctx, insertRole, r.Name, r.Title, string(r.Archetype), joined(r.Levels)); err != nil {
			return err
		}
		// Asking for the new number is the one way that all databases share.
		return tx.row(ctx, selectRole, r.Name).Scan(&r.ID)
	})
	if err != nil {
		return rbac.Role{}, err
	}
	return r, nil
}

// joined returns the levels as they are stored. No level's name has a comma.
func joined(levels []ctxtree.Level) string {
	names := make([]string, len(levels))
	for i, level := range levels {
		names[i] = string(level)
	}
	return strings.Join(names, ",")
}

// SetPermission implements [rbac.Store].
func (s *Store) SetPermission(ctx context.Context, at ctxtree.Node, role rbac.RoleID, capability string, p rbac.Permission) error {
	return s.SetPermissions(ctx, at, role, map[string]rbac.Permission{capability: p})
}

// SetPermissions implements [rbac.Store].
func (s *Store) SetPermissions(ctx context.Context, at ctxtree.Node, role rbac.RoleID, all map[string]rbac.Permission) error {
	if err := rbac.CheckPermissions(all); err != nil {
		return err
	}
	return s.changeAt(ctx, at, role, func(tx *Store) error {
		for _, capability := range slices.Sorted(maps.Keys(all)) {
			key := []any{string(at.Tenant), at.ID, int64(role), capability}
			if err := tx.exec(ctx, deletePermission, key...); err != nil {
				return err
			}
			p := all[capability]
			if p == rbac.Inherit {
				continue
			}
			if err := tx.exec(ctx, insertPermission, append(key, p.String())...); err != nil {
				return err
			}
		}
		return nil
	})
}

// Assign implements [rbac.Store].
func (s *Store) Assign(ctx context.Context, at ctxtree.Node, a rbac.Assignment) error {
	if err := a.Check(); err != nil {
		return err
	}
	return s.changeAt(ctx, at, a.Role, func(tx *Store) error {
		if err := tx.exec(ctx, deleteAssignment, assignmentKey(at, a)...); err != nil {
			return err
		}
		return tx.exec(ctx, insertAssignment, assignmentKey(at, a)...)
	})
}

// Unassign implements [rbac.Store].
func (s *Store) Unassign(ctx context.Context, at ctxtree.Node, a rbac.Assignment) error {
	if err := a.Check(); err != nil {
		return err
	}
	return s.changeAt(ctx, at, a.Role, func(tx *Store) error {
		return tx.exec(ctx, deleteAssignment, assignmentKey(at, a)...)
	})
}

func assignmentKey(at ctxtree.Node, a rbac.Assignment) []any {
	return []any{string(at.Tenant), at.ID, int64(a.Role), a.User, a.Component, a.Item}
}

// SetPair implements [rbac.Store].
func (s *Store) SetPair(ctx context.Context, p rbac.Pair, allowed bool) error {
	if err := p.Check(); err != nil {
		return err
	}
	return s.change(ctx, "", func(tx *Store) error {
		for _, role := range []rbac.RoleID{p.Role, p.Target} {
			if err := tx.mustExist(ctx, role); err != nil {
				return err
			}
		}
		key := []any{p.Kind.String(), int64(p.Role), int64(p.Target)}
		if err := tx.exec(ctx, deletePair, key...); err != nil || !allowed {
			return err
		}
		return tx.exec(ctx, insertPair, key...)
	})
}

// SetSpecial implements [rbac.Store].
func (s *Store) SetSpecial(ctx context.Context, special rbac.Special) error {
	return s.change(ctx, "", func(tx *Store) error {
		for _, role := range special.Roles() {
			if err := tx.mustExist(ctx, role); err != nil {
				return err
			}
		}
		if err := tx.exec(ctx, deleteSpecials); err != nil {
			return err
		}
		for _, k := range kinds(&special) {
			if *k.role == 0 && *k.node == 0 {
				continue
			}
			if err := tx.exec(ctx, insertSpecial, k.name, int64(*k.role), *k.node); err != nil {
				return err
			}
		}
		return nil
	})
}

// kind is one row of table tenancy_role_specials and where it stands in s.
type kind struct {
	name string
	role *rbac.RoleID
	node *int64
}

func kinds(s *rbac.Special) []kind {
	return []kind{
		{"default_user", &s.DefaultUser, new(int64)},
		{"guest", &s.Guest, new(int64)},
		{"not_logged_in", &s.NotLoggedIn, new(int64)},
		{"front_page", &s.FrontPage, &s.FrontPageNode},
	}
}

// SetSiteAdmin implements [rbac.Store].
func (s *Store) SetSiteAdmin(ctx context.Context, user string, admin bool) error {
	if !ctxtree.ValidInstance(user) {
		return fmt.Errorf("%w: user id", rbac.ErrInvalid)
	}
	return s.change(ctx, "", func(tx *Store) error {
		if err := tx.exec(ctx, deleteAdmin, user); err != nil || !admin {
			return err
		}
		return tx.exec(ctx, insertAdmin, user)
	})
}
