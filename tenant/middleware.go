package tenant

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// MiddlewareConfig says how requests find their tenant. Registry and Resolve
// are required; without them, or with fields that contradict each other, every
// request but the central ones is answered with 500.
type MiddlewareConfig struct {
	// Registry holds the tenants.
	Registry Registry

	// Resolve finds the tenant of a request, for example ByHost(registry). It
	// is not asked, and not needed, where Tenancy is TenancyOff.
	Resolve Resolver

	// Tenancy is the mode of the installation: on, off or separate.
	Tenancy Tenancy

	// Single is the one tenant where Tenancy is TenancyOff, and empty elsewhere.
	Single ID

	// Default is the tenant of visitors who are not signed in and whose request
	// names no tenant: the resolver has no answer, or nobody has the host. It
	// must be registered, and nobody's data belongs to it: requests in it are
	// read-only, see ReadOnly, and its lists are empty. An actor who is signed in
	// does not enter it. Where it is empty such requests are answered with 404.
	// What names a tenant that does not exist is 404 in any case.
	Default ID

	// Actor says who is asking. It is called with the tenant already in the
	// request's context, because sessions live inside a tenant, and returns
	// the zero Actor for a visitor who is not signed in. An error is answered
	// with 401, or 403 where it is ErrForeignSession, and an actor with a Tenant
	// or Guest but no ID with 500. Where Actor is nil every visitor is anonymous.
	// See SessionBinding.Actor.
	Actor func(*http.Request) (Actor, error)

	// Members decides whether an actor who is a member of no tenant may enter
	// this one. A member's own tenant is checked without it: a member enters
	// that one and no other. Where Members is nil no global account enters. It
	// is asked for each request; MemberCache.Members remembers the answers.
	Members func(ctx context.Context, a Actor, id ID) (bool, error)

	// Central picks the requests that belong to no tenant, such as a health
	// check or the sign-up page. They pass with their context unchanged: what
	// they reach they have to ask for, with Global or AcrossAll.
	Central func(*http.Request) bool

	// Extend may add to the context of an admitted request, for example the
	// settings' resolver. It can change neither tenant nor actor.
	Extend func(context.Context) context.Context

	// OnError answers a request that is not admitted, here, in Require and in
	// Refuse. Where it is nil the answer is application/problem+json (RFC 9457),
	// see WriteProblem.
	OnError func(http.ResponseWriter, *http.Request, *RequestError)
}

// Middleware returns a wrapper that puts tenant and actor into the context of
// each request, or answers it with an error:
//
//	400  the host, or whatever else names the tenant, is malformed, or two
//	     things in the request name different tenants
//	401  Actor refused the request, or a token that should name the tenant is bad
//	403  the actor is not a member of this tenant, or the session is another's
//	404  no such tenant, none named, or archived
//	500  the middleware or a resolver was built wrongly, or Actor returned half
//	     an actor
//	503  the tenant is suspended, or the registry failed
//
// Anonymous visitors are admitted; wrap what needs a person in [Require].
func Middleware(cfg MiddlewareConfig) func(http.Handler) http.Handler {
	broken := cfg.check()
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if cfg.Central != nil && cfg.Central(r) {
				next.ServeHTTP(w, r)
				return
			}
			if broken != nil {
				cfg.answer(w, r, faultOf(broken))
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

// check returns what is wrong with the configuration.
func (cfg *MiddlewareConfig) check() error {
	wrong := ""
	switch {
	case cfg.Registry == nil:
		wrong = "Middleware needs a Registry"
	case int(cfg.Tenancy) >= len(tenancyNames):
		wrong = "unknown Tenancy; use TenancyOn, TenancyOff or TenancySeparate"
	case cfg.Tenancy == TenancyOff && !cfg.Single.Valid():
		wrong = "TenancyOff needs Single, the id of the one tenant"
	case cfg.Tenancy == TenancyOff && cfg.Default != "":
		wrong = "TenancyOff has no Default: every request is for Single"
	case cfg.Tenancy != TenancyOff && cfg.Single != "":
		wrong = "Single is for TenancyOff only"
	case cfg.Tenancy != TenancyOff && cfg.Resolve == nil:
		wrong = "Middleware needs a Resolver"
	case cfg.Default != "" && !cfg.Default.Valid():
		wrong = "Default is no valid id"
	}
	if wrong == "" {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrMisconfigured, wrong)
}

// admit returns r with tenant and actor in its context.
func (cfg *MiddlewareConfig) admit(r *http.Request) (*http.Request, *RequestError) {
	r, a := newAdmission(r, cfg)
	t, err := cfg.resolve(r, a)
	if err != nil {
		return nil, faultOf(err)
	}
	visitors := t.ID == cfg.Default
	// A context that already had another tenant refuses everything; better to
	// say so here than at the first statement.
	if err := a.enter(t, visitors, cfg.Tenancy == TenancySeparate); err != nil {
		return nil, &RequestError{http.StatusInternalServerError, err}
	}
	var actor Actor
	if cfg.Actor != nil {
		if actor, err = cfg.Actor(r); err != nil {
			return nil, actorFault(err)
		}
		if actor.Anonymous() && actor != (Actor{}) {
			return nil, faultOf(errNamelessActor)
		}
		if visitors && !actor.Anonymous() {
			return nil, faultOf(ErrNotMember)
		}
		if err := cfg.checkMember(a, actor, t.ID); err != nil {
			return nil, faultOf(err)
		}
	}
	a.meet(actor)
	if cfg.Extend == nil {
		return r, nil
	}
	ctx := cfg.Extend(a)
	if ctx == nil {
		ctx = context.Background() // refused below, for want of a tenant
	}
	id, ok := IDFromContext(ctx)
	if who, known := ActorFromContext(ctx); !ok || id != t.ID || !known || who != actor || IsReadOnly(ctx) != IsReadOnly(a) {
		return nil, &RequestError{http.StatusInternalServerError, ErrTenantConflict}
	}
	return r.WithContext(ctx), nil
}

// resolve returns the active tenant that r is for.
func (cfg *MiddlewareConfig) resolve(r *http.Request, a *admission) (*Tenant, error) {
	if cfg.Tenancy == TenancyOff {
		return cfg.configured(r.Context(), "Single", cfg.Single)
	}
	id, err := cfg.Resolve(r)
	if err != nil {
		if cfg.Default != "" && (errors.Is(err, ErrNoAnswer) || errors.Is(err, errUnknownHost)) {
			return cfg.configured(r.Context(), "Default", cfg.Default)
		}
		return nil, err
	}
	t := a.record.Load()
	if t == nil || t.ID != id {
		var ok bool
		if t, ok, err = cfg.Registry.ByID(r.Context(), id); err != nil {
			return nil, &RequestError{http.StatusServiceUnavailable, err}
		}
		if !ok || t == nil || t.ID != id {
			return nil, ErrUnknownTenant
		}
	}
	if cfg.Tenancy == TenancySeparate {
		if own := a.byHost.Load(); own == nil || own.ID != id {
			return nil, fmt.Errorf("%w: it is not reached on its own host", ErrUnknownTenant)
		}
	}
	return t, t.Status.Err()
}

// configured returns the tenant that a field of the configuration names.
func (cfg *MiddlewareConfig) configured(ctx context.Context, field string, id ID) (*Tenant, error) {
	t, ok, err := cfg.Registry.ByID(ctx, id)
	switch {
	case err != nil:
		return nil, &RequestError{http.StatusServiceUnavailable, err}
	case !ok || t == nil || t.ID != id:
		return nil, fmt.Errorf("%w: the tenant in %s is not registered", ErrMisconfigured, field)
	}
	return t, t.Status.Err()
}

// actorFault is what becomes of an error of Actor: its text may say anything,
// so that it is not looked for causes beyond those that are its own to give.
func actorFault(err error) *RequestError {
	for _, own := range []error{ErrForeignSession, ErrMisconfigured} {
		if errors.Is(err, own) {
			return faultOf(err)
		}
	}
	return &RequestError{http.StatusUnauthorized, errors.Join(ErrUnauthenticated, err)}
}

// errNamelessActor: nothing could tell that actor from a visitor, or from
// another one, so that a member's tenant or a guest's rights would be nobody's.
var errNamelessActor = fmt.Errorf("%w: MiddlewareConfig.Actor returned an actor with a Tenant, or a Guest, without an ID", ErrMisconfigured)

func (cfg *MiddlewareConfig) checkMember(ctx context.Context, a Actor, id ID) error {
	switch {
	case a.Anonymous() || a.Tenant == id:
		return nil
	case a.Tenant != "" || cfg.Members == nil || cfg.Tenancy == TenancySeparate:
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
// next. It belongs inside [Middleware], whose OnError it uses.
func Require(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a, ok := ActorFromContext(r.Context()); !ok || a.Anonymous() {
			Refuse(w, r, ErrUnauthenticated)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Refuse answers r with the status that err stands for, through the OnError of
// the [Middleware] that admitted it: a handler's errors then look like the
// middleware's. An err that is none of this package's is a failure behind us:
// 503.
func Refuse(w http.ResponseWriter, r *http.Request, err error) {
	if a := admissionOf(r.Context()); a != nil {
		a.cfg.answer(w, r, faultOf(err))
		return
	}
	WriteProblem(w, r, faultOf(err))
}
