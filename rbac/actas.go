package rbac

import (
	"context"
	"fmt"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// Acting is somebody acted as: the actor and the session of the requests from
// then on. The application keeps both, as it keeps who is signed in. A person
// who is a member of no tenant may enter other ones than the node's, of which
// nothing is for who acts: Members of the middleware has to refuse such a session
// there, before a row of that tenant is read.
type Acting struct {
	Actor   tenant.Actor
	Session Session
}

// NewContext returns ctx with both.
func (a Acting) NewContext(ctx context.Context) context.Context {
	return WithSession(tenant.WithActor(ctx, a.Actor), a.Session)
}

// ActAs lets the actor act as another person on the node and below: it has that
// person's rights there, and none anywhere else. It needs the capability to act
// as others on the node. The rights are those of the person at the time of each
// question, never those of a site administrator, and the wall is that of the
// person's tenant.
//
// Nobody is acted as who is a site administrator, the guest, unknown, a member
// of another tenant than the context's, or on the other side of the wall from
// the node; and by a member nobody who is no member of the same tenant. All of
// that is [ErrNoCandidate]. Guests and visitors act as nobody. Whoever acts
// already, is bound otherwise, or is a site administrator whose session gives
// the bypass up, gets [ErrActing]: at the end of the acting it would be free of
// that. Other errors besides those of [ErrDenied]: [ErrInvalid],
// ctxtree.ErrNoNode, and that of Audit.
func (g *Manager) ActAs(ctx context.Context, user string, node int64) (Acting, error) {
	if !ctxtree.ValidInstance(user) {
		return Acting{}, fmt.Errorf("%w: user id", ErrInvalid)
	}
	h, err := g.ask(ctx, node)
	if err != nil {
		return Acting{}, err
	}
	s := h.subject.session
	if s.Acting() || s.Bound != 0 || s.NoBypass && h.isAdmin(h.subject.user) {
		return Acting{}, ErrActing
	}
	if err := h.may(g.cfg.Asks.ActAs); err != nil {
		return Acting{}, err
	}
	if h.subject.outsider() { // whatever kind the capability is of
		return Acting{}, &DeniedError{Step: StepGuest, Capability: g.cfg.Asks.ActAs, Node: node}
	}
	home, err := g.actedAs(ctx, h, user)
	if err != nil {
		return Acting{}, err
	}
	if err := g.tell(ctx, ActingBegan, h.node.Tenant, user, node); err != nil {
		return Acting{}, err
	}
	real, _ := tenant.ActorFromContext(ctx)
	return Acting{
		Actor:   tenant.Actor{ID: user, Tenant: home},
		Session: Session{Real: real, Bound: node, NoBypass: true},
	}, nil
}

// actedAs returns of which tenant the person is a member, if the asker may act
// as it.
func (g *Manager) actedAs(ctx context.Context, h *hearing, user string) (tenant.ID, error) {
	homes, err := g.cfg.Homes(ctx, nil, []string{user})
	if err != nil {
		return "", fmt.Errorf("rbac: %w", err)
	}
	admin, err := g.checker.store.IsSiteAdmin(inside(ctx, ""), user)
	if err != nil {
		return "", err
	}
	home, known := homes[user]
	asker := h.subject
	switch {
	case !known || admin || user == asker.user:
		return "", ErrNoCandidate
	case asker.home != "" && home != asker.home:
		return "", ErrNoCandidate
	case !h.wall.admits(h.scene, subject{user: user, home: home}, h.node):
		return "", ErrNoCandidate
	}
	return home, nil
}

// StopActing returns who has been acting: the actor of the requests from then
// on, with a session without anything. Where nobody acts that is
// [ErrNotActing].
func (g *Manager) StopActing(ctx context.Context) (Acting, error) {
	s := SessionFromContext(ctx)
	if !s.Acting() {
		return Acting{}, ErrNotActing
	}
	q, err := g.checker.question(ctx)
	if err != nil {
		return Acting{}, err
	}
	of, err := g.whose(ctx, q, s.Bound)
	if err != nil {
		return Acting{}, err
	}
	if err := g.tell(ctx, ActingEnded, of, q.subject.user, s.Bound); err != nil {
		return Acting{}, err
	}
	return Acting{Actor: s.Real}, nil
}
