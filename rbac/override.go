package rbac

import (
	"context"
	"slices"
)

// Override changes what a role says about a capability on the node, and with
// Inherit takes that back, if the actor has the capability to override there
// and a pair with the role. With the one for safe overrides only, what carries
// another risk than spam is [ErrUnsafe]. A deprecated name stands for what has
// replaced it.
//
// It keeps as few permissions as it can. Nothing is stored where the role says
// the same already because of what stands here or above, or where it is to
// prevent what it does not allow; and where the next permission above says the
// same, what stands here is removed. That is no error. Under a prohibit nothing
// else can take effect: that is [ErrProhibited], and so is taking one away that
// stands elsewhere or is not the only one.
//
// Other errors besides those of [ErrDenied]: [ErrInvalid],
// [ErrUnknownCapability], [ErrUnknownRole], ctxtree.ErrNoNode, and
// ctxtree.ErrOutside for a node that the context reads and does not change.
func (g *Manager) Override(ctx context.Context, node int64, role RoleID, capability string, p Permission) error {
	if err := CheckPermissions(map[string]Permission{capability: p}); err != nil {
		return err
	}
	return g.change(ctx, node, func(c *governed) error {
		unsafe := c.may(g.cfg.Asks.Override)
		if unsafe != nil && c.may(g.cfg.Asks.SafeOverride) != nil {
			return unsafe
		}
		r, err := c.mayTarget(PairOverride, role)
		if err != nil {
			return err
		}
		declared, ok := c.capabilities[capability]
		switch {
		case !ok:
			return ErrUnknownCapability
		case unsafe != nil && declared.Risks&unsafeRisks != 0:
			return ErrUnsafe
		}
		set, changes, err := c.least(role, declared.Name, p)
		if err != nil || !changes {
			return err
		}
		if err := c.tx.SetPermission(c.ctx, c.node, role, declared.Name, set); err != nil {
			return err
		}
		detail := c.where(r)
		detail["capability"], detail["permission"] = declared.Name, p.String()
		return c.publish(RoleOverridden, r.Name, detail)
	})
}

// least returns what has to be set on the node so that the role says p there, if
// anything.
func (c *governed) least(role RoleID, capability string, p Permission) (set Permission, changes bool, err error) {
	here := c.permission(c.node.ID, role, capability)
	above := Inherit // the nearest, but a prohibit wherever it stands
	for _, n := range slices.Backward(c.line[:len(c.line)-1]) {
		if said := c.permission(n.ID, role, capability); said == Prohibit || above == Inherit {
			above = said
		}
	}
	switch {
	case p == here, p == Prohibit && above == Prohibit:
		return 0, false, nil
	case p == Inherit:
		if here == Prohibit && above == Prohibit {
			return 0, false, ErrProhibited
		}
		return Inherit, true, nil
	case here == Prohibit || above == Prohibit:
		return 0, false, ErrProhibited
	case p == above:
		return Inherit, here != Inherit, nil
	case p == Prevent && above == Inherit && here == Inherit:
		return 0, false, nil
	default:
		return p, true, nil
	}
}
