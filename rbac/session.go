package rbac

import "context"

// Session is what holds for the actor of one request besides its roles. The
// application keeps it where it keeps the session itself and puts it into the
// context of each request. It can only take capabilities away, except that a
// switched role gives what that role has; whether somebody may switch is for
// the application to check.
type Session struct {
	// Switched are role switches in force: at the node and below, the actor
	// has this role and the default user role instead of its own. The deepest
	// on the way to the node in question counts; on one node the last.
	Switched []Switch

	// Bound is set while the actor was taken on by somebody else: nothing
	// outside this node and what lies below it is allowed, to administrators
	// neither. 0 is no bound.
	Bound int64

	// NoBypass asks as if the actor were not a site administrator.
	NoBypass bool
}

// Switch is one role switch.
type Switch struct {
	Role RoleID
	Node int64
}

type sessionKey struct{}

// WithSession returns ctx with s, which must not be changed afterwards.
func WithSession(ctx context.Context, s Session) context.Context {
	return context.WithValue(ctx, sessionKey{}, &s)
}

// SessionFromContext returns what [WithSession] has put into ctx, or the zero
// Session.
func SessionFromContext(ctx context.Context) Session {
	if s, ok := ctx.Value(sessionKey{}).(*Session); ok {
		return *s
	}
	return Session{}
}
