package tenant

import (
	"context"
	"fmt"
	"net/http"
)

// SessionStore is what this package needs of a session: *scs.SessionManager of
// github.com/alexedwards/scs/v2 has it. ctx is a request's, in which the
// store's own middleware has put the session; that middleware goes around
// [Middleware].
//
// Destroy ends the session on the server, with all that it holds, so that its
// token is worth nothing any more; a Put after it begins a new one with another
// token. RenewToken gives the session another token and ends the old one.
//
// That has to hold for requests too that began before and end afterwards, and
// write the session back: the store behind must not take what it is given under
// a token that has ended. The stores that come with scs do take it.
type SessionStore interface {
	GetString(ctx context.Context, key string) string
	Put(ctx context.Context, key string, val any)
	RenewToken(ctx context.Context) error
	Destroy(ctx context.Context) error
}

// SessionTenant is the key in a session under which its tenant stands.
const SessionTenant = "tenancy.tenant"

// SessionBinding keeps each session inside the tenant that it began in. A
// session's token is worth nothing on another tenant's host, whoever sends it.
// It is safe for concurrent use if its store is.
//
// It is about the session, not about who signs in: the account stands in the
// session under a key of the application's own.
type SessionBinding struct{ store SessionStore }

// BindSessions returns the binding of the sessions in a store. With a nil store
// everything fails with [ErrMisconfigured].
func BindSessions(store SessionStore) *SessionBinding { return &SessionBinding{store} }

// Actor returns a function for [MiddlewareConfig].Actor that asks inner, which
// reads the account from the session, only where the session is bound to the
// tenant of the request:
//
//   - Bound to another tenant, the request is refused with [ErrForeignSession]
//     (403), whether somebody is signed in or not.
//   - Bound to none, inner is asked, and may know a visitor only: an account in
//     such a session was put there by something that does not know of tenants,
//     and is refused with [ErrUnauthenticated].
func (b *SessionBinding) Actor(inner func(*http.Request) (Actor, error)) func(*http.Request) (Actor, error) {
	return func(r *http.Request) (Actor, error) {
		if inner == nil {
			return Actor{}, fmt.Errorf("%w: SessionBinding.Actor was given no function", ErrMisconfigured)
		}
		bound, err := b.here(r.Context())
		if err != nil {
			return Actor{}, err
		}
		actor, err := inner(r)
		if err == nil && !bound && !actor.Anonymous() {
			return Actor{}, fmt.Errorf("%w: the session is bound to no tenant", ErrUnauthenticated)
		}
		return actor, err
	}
}

// Bind binds the session to the tenant of ctx, if it is bound to none. It has to
// be called before something is put into the session of a visitor who is not
// signed in, such as a basket. The error is [ErrForeignSession] where the
// session is another tenant's, [ErrReadOnly] in the default tenant, that of
// [Err] where ctx has no tenant.
func (b *SessionBinding) Bind(ctx context.Context) error {
	bound, err := b.here(ctx)
	switch {
	case err != nil || bound:
		return err
	case IsReadOnly(ctx):
		return ErrReadOnly
	}
	id, _ := IDFromContext(ctx)
	return b.do(func() error { b.store.Put(ctx, SessionTenant, string(id)); return nil })
}

// SignIn binds the session to the tenant of ctx under a new token: the old one,
// which somebody may have planted in the browser, is worth nothing any more.
// Call it when the password was right, before the account is put into the
// session. The errors are those of [SessionBinding.Bind], and of the store.
//
// A page that all tenants share has no tenant to sign in to: it gets one from
// the user's name (see [ByUserName], [ByUser]) like any other request.
func (b *SessionBinding) SignIn(ctx context.Context) error {
	if _, err := b.here(ctx); err != nil {
		return err
	}
	if IsReadOnly(ctx) {
		return ErrReadOnly
	}
	id, _ := IDFromContext(ctx)
	return b.do(func() error {
		if err := b.store.RenewToken(ctx); err != nil {
			return err
		}
		b.store.Put(ctx, SessionTenant, string(id))
		return nil
	})
}

// Switch ends the session and begins a new one that is bound to another tenant.
// Nothing of the old one is in it: whoever holds the old token is signed out,
// and no basket of the one tenant turns up in the other. The account has to be
// put into the new one by the caller, and the next request is in the other
// tenant where [BySession] resolves it.
//
// Whether the actor of ctx may enter is looked at here for members only, who
// never switch ([ErrNotMember]); the middleware does for every later request.
// The error is [ErrSeparate] in an installation whose tenants are separate, and
// [ErrForeignSession] where the session is not that of ctx's tenant.
//
// A request that is still being served with the old session, and changes it
// after the switch, may have its store keep the old token alive, as scs does:
// such a session is still bound to the old tenant.
func (b *SessionBinding) Switch(ctx context.Context, to ID) error {
	if _, err := b.here(ctx); err != nil {
		return err
	}
	if err := Err(Switch(ctx, to, "the session goes on in another tenant")); err != nil {
		return err
	}
	return b.do(func() error {
		if err := b.store.Destroy(ctx); err != nil {
			return err
		}
		b.store.Put(ctx, SessionTenant, string(to))
		return nil
	})
}

// BySession resolves the tenant that the session is bound to, on a host that
// tenants share, see [OnHosts]. A session that is bound to none is no answer.
func (b *SessionBinding) BySession(reg Registry) Resolver {
	return ByText(func(r *http.Request) (id string, found bool, err error) {
		err = b.do(func() error { id = b.store.GetString(r.Context(), SessionTenant); return nil })
		return id, id != "", err
	}, IDs(reg))
}

// here reports whether the session is bound to the tenant of ctx; the error says
// that it is bound to another.
func (b *SessionBinding) here(ctx context.Context) (bound bool, err error) {
	id, ok := IDFromContext(ctx)
	if !ok {
		if err := Err(ctx); err != nil {
			return false, err
		}
		return false, ErrNoTenant
	}
	var of string
	err = b.do(func() error { of = b.store.GetString(ctx, SessionTenant); return nil })
	switch {
	case err != nil:
		return false, err
	case of != "" && of != string(id):
		return false, ErrForeignSession
	}
	return of != "", nil
}

// do calls the store. scs panics where its own middleware has not run, which is
// for the operator to read and not for the server to die of.
func (b *SessionBinding) do(call func() error) (err error) {
	if b == nil || b.store == nil {
		return fmt.Errorf("%w: BindSessions was given no store", ErrMisconfigured)
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: the session store panicked; its middleware goes around tenant.Middleware: %v", ErrMisconfigured, r)
		}
	}()
	return call()
}
