package rbac

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// The kinds of the events of sessions, which ManagerConfig.Audit is told of.
// Object is the role's name, or the person acted as. Detail["node"] is the
// number of the node.
const (
	RoleSwitched     = "role.switched"
	RoleSwitchedBack = "role.switched_back"
	ActingBegan      = "acting.began"
	ActingEnded      = "acting.ended"
)

// SwitchRole returns the session in which the actor has the role, and the
// default user role, instead of its own at the node and below. It needs the
// capability to switch there, a pair with the role, and a role that says
// anything there; while another role is switched to, that one has to have the
// capability. The application keeps the session and puts it into the context of
// later requests; the switch stays in force there when the right to it is taken
// away.
//
// Errors besides those of [ErrDenied]: [ErrUnknownRole], ctxtree.ErrNoNode, and
// that of Audit.
func (g *Manager) SwitchRole(ctx context.Context, node int64, role RoleID) (Session, error) {
	h, err := g.ask(ctx, node)
	if err != nil {
		return Session{}, err
	}
	if err := h.may(g.cfg.Asks.Switch); err != nil {
		return Session{}, err
	}
	r, err := h.mayTarget(PairSwitch, role)
	if err != nil {
		return Session{}, err
	}
	if !h.speaks(role) {
		return Session{}, &PairError{Kind: PairSwitch, Target: role, Node: node}
	}
	if err := g.tell(ctx, RoleSwitched, h.node.Tenant, r.Name, node); err != nil {
		return Session{}, err
	}
	s := switchedBack(SessionFromContext(ctx), node)
	s.Switched = append(s.Switched, Switch{Role: role, Node: node})
	return s, nil
}

// SwitchBack returns the session without the switches at the node. Everybody
// may, and the node need not exist any more. Where there is none nothing is
// recorded.
func (g *Manager) SwitchBack(ctx context.Context, node int64) (Session, error) {
	q, err := g.checker.question(ctx)
	if err != nil {
		return Session{}, err
	}
	before := SessionFromContext(ctx)
	after := switchedBack(before, node)
	if len(after.Switched) == len(before.Switched) {
		return after, nil
	}
	of, err := g.whose(ctx, q, node)
	if err != nil {
		return Session{}, err
	}
	if err := g.tell(ctx, RoleSwitchedBack, of, "", node); err != nil {
		return Session{}, err
	}
	return after, nil
}

// switchedBack returns a copy of s without the switches at the node.
func switchedBack(s Session, node int64) Session {
	s.Switched = slices.DeleteFunc(slices.Clone(s.Switched), func(sw Switch) bool { return sw.Node == node })
	return s
}

// whose returns the tenant in which it is recorded that something ends at a node:
// that of the node, as where it began, whatever the context is of by now; the
// context's if the node is gone.
func (g *Manager) whose(ctx context.Context, q question, node int64) (tenant.ID, error) {
	n, found, err := g.checker.tree.Node(carry.With(ctx, &carry.Value{Mode: carry.AcrossAll}), node)
	switch {
	case err != nil:
		return "", fmt.Errorf("rbac: %w", err)
	case !found:
		return q.scene.in, nil
	}
	return n.Tenant, nil
}

// tell has what happens to a session recorded.
func (g *Manager) tell(ctx context.Context, kind string, of tenant.ID, object string, node int64) error {
	if g.cfg.Audit == nil {
		return nil
	}
	ev := event(ctx, kind, of, object, map[string]string{"node": strconv.FormatInt(node, 10)})
	if err := g.cfg.Audit(eventContext(ctx, of), ev); err != nil {
		return fmt.Errorf("rbac: %w", err)
	}
	return nil
}
