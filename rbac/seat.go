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
	c     *Checker
	now   atomic.Pointer[view]
	first view // the one that most seats have, and nearly always the only one
	taken atomic.Bool

	session *Session
}

// seatContext is the context that a seat was put into, with all that a check reads
// of it in one piece: no pointer has to be there before the next is looked up.
type seatContext struct {
	seat
	carried carry.Value
	context.Context
}

// Value implements context.Context.
func (s *seatContext) Value(key any) any {
	if carry.IsKey(key) {
		return &s.carried
	}
	return s.Context.Value(key)
}

// NewContext returns ctx with c, whose checks in this context, and in those
// made of it, then share what they have found out about the actor. It keeps
// everything else; the middleware of package tenant takes it as its Extend.
//
// Checks work without it, at ten times the cost.
func (c *Checker) NewContext(ctx context.Context) context.Context {
	if c == nil || c.cells == nil {
		v := *carry.From(ctx)
		v.RBAC = nil
		return carry.With(ctx, &v)
	}
	session, _ := ctx.Value(sessionKey{}).(*Session)
	return seatedIn(ctx, c, session)
}

// seatedIn returns ctx with a seat.
func seatedIn(ctx context.Context, c *Checker, session *Session) context.Context {
	s := &seatContext{Context: ctx, carried: *carry.From(ctx), seat: seat{c: c, session: session}}
	s.carried.RBAC = &s.seat
	return s
}

// reseated returns ctx, into which a session was put, with a seat that knows it.
func reseated(ctx context.Context, session *Session) context.Context {
	if s, ok := carry.From(ctx).RBAC.(*seat); ok {
		return seatedIn(ctx, s.c, session)
	}
	return ctx
}

// seatOf returns the seat of a context, or nil, and what the context carries.
func seatOf(ctx context.Context) (*seat, *carry.Value) {
	if s, ok := ctx.(*seatContext); ok {
		return &s.seat, &s.carried
	}
	v := carry.From(ctx)
	s, _ := v.RBAC.(*seat)
	return s, v
}

// seated returns the view of a context if there is a seat of c in it, and
// nothing has to be read from a store. It is what nearly every check comes down
// to.
func (c *Checker) seated(ctx context.Context) *view {
	s, v := seatOf(ctx)
	if s == nil || s.c != c || !c.lease.holds() {
		return nil
	}
	w := &s.first
	if now := s.now.Load(); now != w {
		if now == nil {
			return c.sit(ctx, v, s)
		}
		w = now
	}
	if w.carried == v && c.shared.Fresh() == w.parts[0] {
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
