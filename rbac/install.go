package rbac

import (
	"context"
	"fmt"
	"maps"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// systemNode is where roles are defined.
var systemNode = ctxtree.Node{ID: ctxtree.SystemID}

// Install defines those of the roles that do not exist yet, each with the
// permissions that the capabilities have for its archetype and with the pairs
// that archetypes begin with, between the new role and all others. It returns
// all of them with their numbers, in order. What exists under its name stays as
// it is, so that a program may install its roles each time it starts.
//
// It is for programs: it asks nobody. It changes the part without tenant as one
// change.
func Install(ctx context.Context, store Store, all []Capability, roles ...Role) ([]Role, error) {
	declared, err := newCapabilities(all)
	if err != nil {
		return nil, err
	}
	for _, r := range roles {
		if err := r.Check(); err != nil {
			return nil, err
		}
	}
	var installed []Role
	err = store.Change(ctx, "", func(tx Store, _ tenant.DBTX) error {
		installed = nil
		before, _, err := tx.LoadLine(ctx, []ctxtree.Node{systemNode}, "")
		if err != nil {
			return err
		}
		known := before.Roles
		for _, r := range roles {
			if old, found := named(known, r.Name); found {
				installed = append(installed, old)
				continue
			}
			if r, err = tx.DefineRole(ctx, r); err != nil {
				return err
			}
			known, installed = append(known, r), append(installed, r)
			if err := tx.SetPermissions(ctx, systemNode, r.ID, declared.definition(r.Archetype)); err != nil {
				return err
			}
			for p := range pairsOf(r, known) {
				if err := tx.SetPair(ctx, p, true); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return installed, nil
}

func named(roles []Role, name string) (Role, bool) {
	for _, r := range roles {
		if r.Name == name {
			return r, true
		}
	}
	return Role{}, false
}

// ResetRole gives the role the definition that its archetype begins with, and
// its holders the pairs. What other roles may do with it, and overrides on other
// nodes, stay. The actor needs Asks.Roles on the system node, and a context that
// changes it: a global one or one across all tenants.
func (g *Manager) ResetRole(ctx context.Context, role RoleID) error {
	return g.changeRole(ctx, role, RoleReset, func(c *governed, r Role) error {
		set := make(map[string]Permission)
		for _, p := range c.rules[0].Permissions {
			if p.Role == role {
				set[p.Capability] = Inherit
			}
		}
		maps.Copy(set, c.capabilities.definition(r.Archetype))
		if err := c.tx.SetPermissions(c.ctx, c.node, role, set); err != nil {
			return err
		}
		begin := pairsOf(r, c.rules[0].Roles)
		for _, p := range c.rules[0].Pairs {
			if p.Role == role && !begin[p] {
				if err := c.tx.SetPair(c.ctx, p, false); err != nil {
					return err
				}
			}
		}
		for p := range begin {
			if p.Role != role {
				continue
			}
			if err := c.tx.SetPair(c.ctx, p, true); err != nil {
				return err
			}
		}
		return nil
	})
}

// DeleteRole deletes the role as the store does, under the conditions of
// [Manager.ResetRole].
func (g *Manager) DeleteRole(ctx context.Context, role RoleID) error {
	return g.changeRole(ctx, role, RoleDeleted, func(c *governed, _ Role) error { return c.tx.DeleteRole(c.ctx, role) })
}

func (g *Manager) changeRole(ctx context.Context, role RoleID, kind string, fn func(*governed, Role) error) error {
	return g.change(ctx, ctxtree.SystemID, func(c *governed) error {
		if err := c.may(g.cfg.Asks.Roles); err != nil {
			return err
		}
		r, ok := c.role(role)
		if !ok {
			return ErrUnknownRole
		}
		if err := fn(c, r); err != nil {
			return err
		}
		return c.publish(kind, r.Name, c.where(r))
	})
}

// SetSiteAdmin says whether somebody is a site administrator. Only another one
// says that, who has not switched to a role, in a context that changes the
// system node. A member of a tenant can not become one: that is [ErrMember], as
// package member refuses to make a member of one. Who is unknown, or the guest,
// is [ErrNoCandidate].
func (g *Manager) SetSiteAdmin(ctx context.Context, user string, admin bool) error {
	if !ctxtree.ValidInstance(user) {
		return fmt.Errorf("%w: user id", ErrInvalid)
	}
	return g.change(ctx, ctxtree.SystemID, func(c *governed) error {
		s := c.subject
		if _, switched := switchOn(c.line, s.session); switched || s.user == user || !c.administers() {
			return fmt.Errorf("%w: site administrators are made and unmade by other ones", ErrDenied)
		}
		kind := AdminRemoved
		if admin {
			kind = AdminAdded
			homes, err := g.cfg.Homes(c.ctx, c.db, []string{user})
			if err != nil {
				return fmt.Errorf("rbac: %w", err)
			}
			switch home, known := homes[user]; {
			case !known:
				return ErrNoCandidate
			case home != "":
				return ErrMember
			}
		}
		if err := c.tx.SetSiteAdmin(c.ctx, user, admin); err != nil {
			return err
		}
		return c.publish(kind, user, nil)
	})
}
