package rbac

import (
	"context"
	"sync/atomic"

	"github.com/gotenancy/tenancy/internal/carry"
)

// seat is what a context holds of a Checker: the view that was made for it last.
// It is made anew for a context that carries anything else, and when what it was
// made of is not what the stores hold any more.
//
// A context with a seat has the session that was put into it last in the seat
// too, so that a check needs not look for it.
type seat struct {
	c       *Checker
	session *Session
	now     atomic.Pointer[view]

	first view // the one that most seats have, and nearly always the only one
	taken atomic.Bool
}

// NewContext returns ctx with c, whose checks in this context, and in those
// made of it, then share what they have found out about the actor. It keeps
// everything else; the middleware of package tenant takes it as its Extend.
//
// Checks work without it, at ten times the cost.
func (c *Checker) NewContext(ctx context.Context) context.Context {
	v := *carry.From(ctx)
	v.RBAC = nil
	if c != nil && c.cells != nil {
		session, _ := ctx.Value(sessionKey{}).(*Session)
		v.RBAC = &seat{c: c, session: session}
	}
	return carry.With(ctx, &v)
}

// reseated returns ctx, into which a session was put, with a seat that knows it.
func reseated(ctx context.Context, session *Session) context.Context {
	s, ok := carry.From(ctx).RBAC.(*seat)
	if !ok {
		return ctx
	}
	v := *carry.From(ctx)
	v.RBAC = &seat{c: s.c, session: session}
	return carry.With(ctx, &v)
}

// seated returns the view of a context if there is a seat of c in it, and
// nothing has to be read from a store. It is what nearly every check comes down
// to.
func (c *Checker) seated(ctx context.Context) *view {
	v := carry.From(ctx)
	s, ok := v.RBAC.(*seat)
	if !ok || s.c != c || !c.lease.holds() {
		return nil
	}
	if w := s.now.Load(); w != nil && w.carried == v && c.shared.Fresh() == w.parts[0] {
		if w.cell == nil {
			return w
		}
		if w.cell.Fresh() == w.parts[1] {
			w.cell.Touch()
			return w
		}
	}
	return c.sit(ctx, v, s)
}

// sit makes a view for a seat. It returns nil where there is none to be had.
func (c *Checker) sit(ctx context.Context, v *carry.Value, s *seat) *view {
	if session, _ := ctx.Value(sessionKey{}).(*Session); session != s.session {
		return nil
	}
	if v.Mode != carry.Tenant && v.Mode != carry.Global {
		return nil // whose part it is depends on the node
	}
	q, err := c.asks(ctx)
	if err != nil {
		return nil
	}
	m, own, err := c.read(ctx, q.scene.in)
	if err != nil {
		return nil
	}
	w := &s.first
	if !s.taken.CompareAndSwap(false, true) {
		w = new(view)
	}
	m.fill(w, q)
	w.carried, w.cell = v, own
	s.now.Store(w)
	return w
}

// quick answers from the seat of a context. ok is false where that can not be
// done.
func (c *Checker) quick(ctx context.Context, capability string, node int64) (allowed, ok bool) {
	w := c.seated(ctx)
	if w == nil {
		return false, false
	}
	if c.known != nil && !w.subject.outsider() {
		if known, err := c.knows(ctx, w.subject.session); err != nil || !known {
			return false, false
		}
	}
	return w.allows(c.settings.catalogue.find(capability), node), true
}
