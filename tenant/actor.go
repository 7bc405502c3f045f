package tenant

import (
	"context"

	"github.com/gotenancy/tenancy/internal/carry"
)

// Actor is who is asking: a person, or a program acting for one. The
// application fills it from its own sign-in. The zero Actor is an anonymous
// visitor.
type Actor struct {
	// ID is the application's own id of the account, as text. Empty for a
	// visitor who is not signed in.
	ID string

	// Tenant is the one tenant this account is a member of. Empty for a global
	// account, which belongs to no tenant but may be associated with several.
	// The middleware, Switch and package rbac keep a member inside its tenant.
	// WithActor and WithID only store what they are given: an application that
	// builds a context by hand has to bring the two together itself.
	Tenant ID

	// Guest marks the shared guest account: signed in, but nobody in
	// particular.
	Guest bool
}

// Anonymous reports whether nobody is signed in.
func (a Actor) Anonymous() bool { return a.ID == "" }

// WithActor returns ctx carrying a, and keeps everything else.
func WithActor(ctx context.Context, a Actor) context.Context {
	v := *carry.From(ctx)
	v.Actor = &a
	return carry.With(ctx, &v)
}

// ActorFromContext returns the actor of ctx. ok is false where none was set,
// which is not the same as an anonymous one.
func ActorFromContext(ctx context.Context) (a Actor, ok bool) {
	p, ok := carry.From(ctx).Actor.(*Actor)
	if !ok {
		return Actor{}, false
	}
	return *p, true
}
