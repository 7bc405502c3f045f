package tenant

import (
	"context"
	"errors"
	"net/http"
)

// MiddlewareConfig says how requests find their tenant. Registry and Resolve
// are required; without them every request is answered with 500.
type MiddlewareConfig struct {
	// Registry holds the tenants.
	Registry Registry

	// Resolve finds the tenant of a request, for example ByHost(registry).
	Resolve Resolver

	// Actor says who is asking. It is called with the tenant already in the
	// request's context, because sessions live inside a tenant, and returns
	// the zero Actor for a visitor who is not signed in. An error is answered
	// with 401. Where Actor is nil every visitor is anonymous.
	Actor func(*http.Request) (Actor, error)

	// Members decides whether an actor who is a member of no tenant may enter
	// this one. A member's own tenant is checked without it: a member enters
	// that one and no other. Where Members is nil no global account enters.
	Members func(ctx context.Context, a Actor, id ID) (bool, error)

	// Central picks the requests that belong to no tenant, such as a health
	// check or the sign-up page. They pass with their context unchanged: what
	// they reach they have to ask for, with Global or AcrossAll.
	Central func(*http.Request) bool

	// Extend may add to the context of an admitted request, for example the
	// settings' resolver. It can change neither tenant nor actor.
	Extend func(context.Context) context.Context

	// OnError answers a request that is not admitted. Where it is nil the
	// answer is application/problem+json (RFC 9457), see WriteProblem.
	OnError func(http.ResponseWriter, *http.Request, *RequestError)
}

// Middleware returns a wrapper that puts tenant and actor into the context of
// each request, or answers it with an error:
//
//	400  the host, or whatever else names the tenant, is malformed
//	401  Actor refused the request
//	403  the actor is not a member of this tenant
//	404  no such tenant, none named, or archived
//	503  the tenant is suspended, or the registry failed
//
// Anonymous visitors are admitted; wrap what needs a person in [Require].
func Middleware(cfg MiddlewareConfig) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if cfg.Central != nil && cfg.Central(r) {
				next.ServeHTTP(w, r)
				return
			}
			admitted, fault := cfg.admit(r)
			if fault != nil {
				cfg.answer(w, r, fault)
				return
			}
			next.ServeHTTP(w, admitted)
		})
	}
}

// admit returns r with tenant and actor in its context.
func (cfg *MiddlewareConfig) admit(r *http.Request) (*http.Request, *RequestError) {
	if cfg.Registry == nil || cfg.Resolve == nil {
		return nil, &RequestError{http.StatusInternalServerError, errors.New("tenant: Middleware needs a Registry and a Resolver")}
	}
	id, err := cfg.Resolve(r)
	if err != nil {
		return nil, faultOf(err)
	}
	t, found, err := cfg.Registry.ByID(r.Context(), id)
	switch {
	case err != nil:
		return nil, &RequestError{http.StatusServiceUnavailable, err}
	case !found:
		return nil, faultOf(ErrUnknownTenant)
	case t.Status != Active:
		return nil, faultOf(t.Status.Err())
	}
	r = r.WithContext(NewContext(r.Context(), t))
	// A context that already had another tenant refuses everything; better to
	// say so here than at the first statement.
	if err := Err(r.Context()); err != nil {
		return nil, &RequestError{http.StatusInternalServerError, err}
	}
	var actor Actor
	if cfg.Actor != nil {
		if actor, err = cfg.Actor(r); err != nil {
			return nil, &RequestError{http.StatusUnauthorized, errors.Join(ErrUnauthenticated, err)}
		}
		if err := cfg.checkMember(r.Context(), actor, t.ID); err != nil {
			return nil, faultOf(err)
		}
	}
	r = r.WithContext(WithActor(r.Context(), actor))
	if cfg.Extend != nil {
		ctx := cfg.Extend(r.Context())
		if ctx == nil {
			ctx = context.Background() // refused below, for want of a tenant
		}
		id, ok := IDFromContext(ctx)
		if who, known := ActorFromContext(ctx); !ok || id != t.ID || !known || who != actor {
			return nil, &RequestError{http.StatusInternalServerError, ErrTenantConflict}
		}
		r = r.WithContext(ctx)
	}
	return r, nil
}

func (cfg *MiddlewareConfig) checkMember(ctx context.Context, a Actor, id ID) error {
	switch {
	case a.Anonymous() || a.Tenant == id:
		return nil
	case a.Tenant != "" || cfg.Members == nil:
		return ErrNotMember
	}
	ok, err := cfg.Members(ctx, a, id)
	if err != nil {
		return err
	}
	if !ok {
		return ErrNotMember
	}
	return nil
}

func (cfg *MiddlewareConfig) answer(w http.ResponseWriter, r *http.Request, fault *RequestError) {
	if cfg.OnError != nil {
		cfg.OnError(w, r, fault)
		return
	}
	WriteProblem(w, r, fault)
}

// Require answers anonymous requests with 401 and lets the others through to
// next. It belongs inside [Middleware].
func Require(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a, ok := ActorFromContext(r.Context()); !ok || a.Anonymous() {
			WriteProblem(w, r, faultOf(ErrUnauthenticated))
			return
		}
		next.ServeHTTP(w, r)
	})
}
