package rbacsql

import (
	"context"
	"fmt"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

const (
	deleteRole          = `DELETE FROM tenancy_roles WHERE id = ?`
	deletePairsOf       = `DELETE FROM tenancy_role_pairs WHERE role_id = ? OR target_id = ?`
	clearSpecials       = `UPDATE tenancy_role_specials SET role_id = 0 WHERE role_id = ?`
	deletePermissionsOf = `DELETE FROM tenancy_role_permissions WHERE tenant_id = ? AND role_id = ?`
	deleteAssignmentsOf = `DELETE FROM tenancy_role_assignments WHERE tenant_id = ? AND role_id = ?`
	sweepPermissions    = `DELETE FROM tenancy_role_permissions WHERE tenant_id = ? AND role_id NOT IN (SELECT id FROM tenancy_roles)`
	sweepAssignments    = `DELETE FROM tenancy_role_assignments WHERE tenant_id = ? AND role_id NOT IN (SELECT id FROM tenancy_roles)`
	deletePermissions   = `DELETE FROM tenancy_role_permissions WHERE tenant_id = ?`
	deleteAssignments   = `DELETE FROM tenancy_role_assignments WHERE tenant_id = ?`
	selectSelected      = `SELECT node_id, role_id, user_id, component, item FROM tenancy_role_assignments WHERE tenant_id = ?`
	inOrder             = ` ORDER BY node_id, role_id, user_id, component, item`
)

// DeleteRole implements [rbac.Store].
func (s *Store) DeleteRole(ctx context.Context, id rbac.RoleID) error {
	return s.change(ctx, "", func(tx *Store) error {
		role := int64(id)
		for _, x := range []struct {
			statement string
			args      []any
		}{
			{deletePairsOf, []any{role, role}},
			{clearSpecials, []any{role}},
			{deletePermissionsOf, []any{"", role}},
			{deleteAssignmentsOf, []any{"", role}},
			{deleteRole, []any{role}},
		} {
			if err := tx.exec(ctx, x.statement, x.args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// Sweep implements [rbac.Store].
func (s *Store) Sweep(ctx context.Context, of tenant.ID) (int, error) {
	return s.remove(ctx, of, sweepPermissions, sweepAssignments)
}

// DeleteAll implements [rbac.Store].
func (s *Store) DeleteAll(ctx context.Context, of tenant.ID) (int, error) {
	if of == "" {
		return 0, ctxtree.ErrSystem
	}
	return s.remove(ctx, of, deletePermissions, deleteAssignments)
}

// remove runs statements about one part and returns how many rows are gone.
func (s *Store) remove(ctx context.Context, of tenant.ID, statements ...string) (n int, err error) {
	err = s.change(ctx, of, func(tx *Store) error {
		for _, statement := range statements {
			gone, err := tx.affect(ctx, statement, string(of))
			if err != nil {
				return err
			}
			n += gone
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// UnassignAll implements [rbac.Store].
func (s *Store) UnassignAll(ctx context.Context, of tenant.ID, f rbac.Filter) (n int, err error) {
	if err := f.Check(); err != nil {
		return 0, err
	}
	err = s.change(ctx, of, func(tx *Store) (err error) {
		where, args := selecting(of, f)
		n, err = tx.affect(ctx, deleteAssignments+where, args...)
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// Assignments implements [rbac.Store].
func (s *Store) Assignments(ctx context.Context, of tenant.ID, f rbac.Filter) ([]rbac.PlacedAssignment, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	if err := rbac.Readable(ctx, of); err != nil {
		return nil, err
	}
	where, args := selecting(of, f)
	all, err := s.scanAssignments(ctx, selectSelected+where+inOrder, args...)
	if err != nil {
		return nil, fmt.Errorf("rbac: %w", err)
	}
	return all, nil
}

// selecting returns what follows the part's condition for the filter, and the
// arguments for both.
func selecting(of tenant.ID, f rbac.Filter) (where string, args []any) {
	args = []any{string(of)}
	add := func(condition string, arg any) {
		where += condition
		args = append(args, arg)
	}
	if f.User != "" {
		add(` AND user_id = ?`, f.User)
	}
	if f.Role != 0 {
		add(` AND role_id = ?`, int64(f.Role))
	}
	if f.Node != 0 {
		add(` AND node_id = ?`, f.Node)
	}
	if f.Component != nil {
		add(` AND component = ?`, *f.Component)
	}
	if f.Item != nil {
		add(` AND item = ?`, *f.Item)
	}
	return where, args
}
