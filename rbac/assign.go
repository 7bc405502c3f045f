package rbac

import (
	"context"
	"strconv"
)

// The kinds of the events of changes. Object is the person, or of a change of a
// role its name. Detail holds "role" with the role's name and "node" with the
// number of the node, and where it applies "component", "item", "capability" and
// "permission".
const (
	RoleAssigned   = "role.assigned"
	RoleUnassigned = "role.unassigned"
	RoleOverridden = "role.overridden"
	RoleReset      = "role.reset"
	RoleDeleted    = "role.deleted"
	AdminAdded     = "administrator.added"
	AdminRemoved   = "administrator.removed"
)

// Assign gives a role to a person on the node, if the actor has the capability
// to assign there and a pair with the role.
//
// Errors besides those of [ErrDenied]: [ErrInvalid], [ErrUnknownRole],
// [ErrRoleLevel], [ErrNoCandidate], ctxtree.ErrNoNode, and ctxtree.ErrOutside
// for a node that the context reads and does not change.
func (g *Manager) Assign(ctx context.Context, node int64, a Assignment) error {
	if err := a.Check(); err != nil {
		return err
	}
	return g.change(ctx, node, func(c *governed) error {
		r, err := c.assignable(a.Role)
		if err != nil {
			return err
		}
		if !r.AssignableOn(c.node.Level) {
			return ErrRoleLevel
		}
		if err := c.candidate(a.User); err != nil {
			return err
		}
		if err := c.tx.Assign(c.ctx, c.node, a); err != nil {
			return err
		}
		return c.publish(RoleAssigned, a.User, c.about(r, a))
	})
}

// Unassign takes an assignment away that was made by hand, under the same
// conditions; whoever holds it and on whatever level. Those that carry a
// component are [ErrComponent]. Taking away what is not there does nothing.
func (g *Manager) Unassign(ctx context.Context, node int64, a Assignment) error {
	if err := a.Check(); err != nil {
		return err
	}
	if a.Component != "" {
		return ErrComponent
	}
	return g.change(ctx, node, func(c *governed) error {
		r, err := c.assignable(a.Role)
		if err != nil {
			return err
		}
		n, err := c.tx.UnassignAll(c.ctx, c.node.Tenant, Filter{User: a.User, Role: a.Role, Node: c.node.ID, Component: &a.Component, Item: &a.Item})
		if err != nil || n == 0 {
			return err
		}
		return c.publish(RoleUnassigned, a.User, c.about(r, a))
	})
}

// assignable returns the role if the actor may give and take it here.
func (c *governed) assignable(role RoleID) (Role, error) {
	if err := c.may(c.manager.cfg.Asks.Assign); err != nil {
		return Role{}, err
	}
	return c.mayTarget(PairAssign, role)
}

func (c *governed) about(r Role, a Assignment) map[string]string {
	detail := c.where(r)
	if a.Component != "" || a.Item != 0 {
		detail["component"], detail["item"] = a.Component, strconv.FormatInt(a.Item, 10)
	}
	return detail
}

// where is the detail of every event about a role on the node.
func (c *governed) where(r Role) map[string]string {
	return map[string]string{"role": r.Name, "node": strconv.FormatInt(c.node.ID, 10)}
}
