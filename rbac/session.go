package rbac

import (
	"context"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// Session is what holds for the actor of one request besides its roles. The
// application keeps it where it keeps the session itself and puts it into the
// context of each request. It can only take capabilities away, except that a
// switched role gives what that role has: [Manager.SwitchRole] and
// [Manager.ActAs] make sessions for those who may.
//
// What is derived from the context keeps the session, tenant.Detach and
// tenant.Each included. The text of a message does not: a tenant.Codec that
// carries the actor would carry the one acted as, without the bound. So what a
// request with an acting session sends on has to name who really asks, see
// [RealActor].
type Session struct {
	// Real is who really asks while the context's actor is somebody acted as,
	// see [Manager.ActAs]; the zero Actor otherwise.
	Real tenant.Actor

	// Switched are role switches in force: at the node and below, the actor
	// has this role and the default user role instead of its own. The deepest
	// on the way to the node in question counts; on one node the last. Guests
	// and visitors cannot switch: they keep the one role that they have.
	Switched []Switch

	// Bound is set while the actor was taken on by somebody else: nothing
	// outside this node and what lies below it is allowed, to administrators
	// neither. 0 is no bound.
	Bound int64

	// NoBypass asks what the roles of a site administrator allow. Where the
	// configuration spares site administrators locks, they still are.
	NoBypass bool
}

// Switch is one role switch.
type Switch struct {
	Role RoleID
	Node int64
}

type sessionKey struct{}

// WithSession returns ctx with s, which must not be changed afterwards. Where s
// takes something away, or the actor is acted as, no message is written with the
// actor of ctx, see tenant.ErrMessageLimited: its reader would ask the actor's
// own rights, and not know who is really asking. Where s is bound or acting, the
// context keeps to its tenant, or to none, from then on: tenant.Switch and that of
// package member refuse with tenant.ErrSeparate, and no page of another tenant is
// entered.
func WithSession(ctx context.Context, s Session) context.Context {
	ctx = carry.WithLimit(ctx, s.Bound != 0 || s.NoBypass || len(s.Switched) > 0 || s.Acting())
	return reseated(context.WithValue(kept(ctx, s), sessionKey{}, &s), &s)
}

// kept returns ctx, which keeps to its tenant if the session is bound: in another
// one nothing is allowed, but whoever gets there has its rows before a node is
// asked about. And who acts would be signed in there as the person itself: package
// member ends the session and begins another.
func kept(ctx context.Context, s Session) context.Context {
	v := *carry.From(ctx)
	if v.Bound || s.Bound == 0 && !s.Acting() {
		return ctx
	}
	v.Bound = true
	return carry.With(ctx, &v)
}

// SessionFromContext returns what [WithSession] has put into ctx, or the zero
// Session.
func SessionFromContext(ctx context.Context) Session {
	if s, ok := ctx.Value(sessionKey{}).(*Session); ok {
		return *s
	}
	return Session{}
}

// Acting reports whether the context's actor is somebody acted as.
func (s Session) Acting() bool { return !s.Real.Anonymous() }

// RealActor returns who is really asking: the context's actor, or who acts as
// it.
func RealActor(ctx context.Context) (a tenant.Actor, ok bool) {
	if s := SessionFromContext(ctx); s.Acting() {
		return s.Real, true
	}
	return tenant.ActorFromContext(ctx)
}
