package tenantgrpc

import (
	"context"
	"errors"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// ServerConfig says how the tenant of a call is found. Registry and one of
// Resolve and Signed are needed; without them every call is refused.
type ServerConfig struct {
	// Registry holds the tenants.
	Registry tenant.Registry

	// Resolve finds the tenant of a call, for example ByAuthority(registry).
	Resolve Resolver

	// Signed reads the context that the client interceptors wrote. A call that
	// carries one is for that tenant, or is refused; Resolve is asked only
	// where there is none. The codec has to be a signed one unless nobody but
	// the application itself can reach the port.
	Signed *tenant.Codec

	// Actor says who is calling. It is called with the tenant already in ctx
	// and returns the zero Actor for a caller who is not signed in; an error is
	// answered with Unauthenticated. It is not called where the signed context
	// carries an actor. Where Actor is nil every other caller is anonymous.
	Actor func(ctx context.Context, method string) (tenant.Actor, error)

	// Members decides whether an actor who is a member of no tenant may enter
	// this one. A member enters its own tenant and no other. Where Members is
	// nil no global account enters a tenant.
	Members func(ctx context.Context, a tenant.Actor, id tenant.ID) (bool, error)

	// RequireActor refuses anonymous callers, with Unauthenticated.
	RequireActor bool

	// Central picks the methods that belong to no tenant, such as health checks
	// and reflection, by their full names; see [Methods]. They are called with
	// their context unchanged.
	Central func(method string) bool

	// Extend may add to the context of an admitted call, for example the
	// settings' resolver. It can change neither tenant nor actor.
	Extend func(context.Context) context.Context

	// OnRefused hears why a call was refused, for the log: the answer to the
	// client says no more than its code.
	OnRefused func(ctx context.Context, method string, err error)
}

// Methods returns a function for [ServerConfig.Central] and
// [ClientConfig.Central] that picks these full method names, such as
// "/grpc.health.v1.Health/Check".
func Methods(names ...string) func(string) bool {
	names = slices.Clone(names)
	return func(method string) bool { return slices.Contains(names, method) }
}

// UnaryServerInterceptor puts tenant and actor into the context of each unary
// call, or answers with a status of these codes and a fixed text:
//
//	InvalidArgument   whatever names the tenant is malformed, given twice or contradictory
//	Unauthenticated   Actor refused the call, or the signed context is not valid
//	PermissionDenied  the actor is not a member of this tenant
//	NotFound          no such tenant, none named, or archived
//	Unavailable       the tenant is suspended, or the registry failed
//	Internal          the interceptor is not set up, or stands behind another one
//
// A call that was cancelled or ran out of time meanwhile is answered as that.
func UnaryServerInterceptor(cfg ServerConfig) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		ctx, err := cfg.enter(ctx, info.FullMethod)
		if err != nil {
			return nil, err
		}
		return handler(ctx, req)
	}
}

// StreamServerInterceptor does the same for streams: the tenant is settled when
// the stream begins, and all its messages belong to that tenant. A stream that
// stays open for long does not notice that its tenant is suspended; the handler
// ends it.
func StreamServerInterceptor(cfg ServerConfig) grpc.StreamServerInterceptor {
	return func(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		ctx, err := cfg.enter(stream.Context(), info.FullMethod)
		if err != nil {
			return err
		}
		return handler(srv, &serverStream{stream, ctx})
	}
}

// serverStream is a stream with the tenant in its context.
type serverStream struct {
	grpc.ServerStream
	ctx context.Context
}

// Context implements grpc.ServerStream.
func (s *serverStream) Context() context.Context { return s.ctx }

// enter returns the context of an admitted call, or the status of a refused one.
func (cfg *ServerConfig) enter(ctx context.Context, method string) (context.Context, error) {
	if cfg.Central != nil && cfg.Central(method) {
		return ctx, nil
	}
	admitted, err := cfg.admit(ctx, method)
	if err == nil {
		return admitted, nil
	}
	if cfg.OnRefused != nil {
		cfg.OnRefused(ctx, method, err)
	}
	return nil, statusOf(err)
}

var (
	errSetUp    = errors.New("tenantgrpc: the interceptor needs a Registry, and Resolve or Signed")
	errEntered  = errors.New("tenantgrpc: the call has a tenant already")
	errExtended = errors.New("tenantgrpc: Extend changed the tenant or the actor")
)

func (cfg *ServerConfig) admit(ctx context.Context, method string) (context.Context, error) {
	if cfg.Registry == nil || cfg.Resolve == nil && cfg.Signed == nil {
		return nil, &internalError{errSetUp}
	}
	if tenant.ModeOf(ctx) != tenant.ModeNone {
		return nil, &internalError{errEntered}
	}
	entered, err := cfg.find(ctx, method)
	if err != nil {
		return nil, err
	}
	// The codec leaves the actor alone where the message has none.
	signed := carry.From(entered).Actor != carry.From(ctx).Actor
	actor, err := cfg.who(entered, method, signed)
	if err != nil {
		return nil, err
	}
	entered = tenant.WithActor(entered, actor)
	if cfg.Extend == nil {
		return entered, nil
	}
	extended := cfg.Extend(entered)
	if extended == nil || !same(entered, extended) {
		return nil, &internalError{errExtended}
	}
	return extended, nil
}

// find returns ctx in the mode that the call is for.
func (cfg *ServerConfig) find(ctx context.Context, method string) (context.Context, error) {
	if md, _ := metadata.FromIncomingContext(ctx); cfg.Signed != nil && len(md.Get(tenant.MessageHeader)) > 0 {
		ctx, err := cfg.Signed.Extract(ctx, carrier(md), cfg.Registry)
		if err != nil {
			return nil, err
		}
		return ctx, nil
	}
	if cfg.Resolve == nil {
		return nil, tenant.ErrNoAnswer
	}
	id, err := cfg.Resolve(ctx, method)
	if err != nil {
		return nil, err
	}
	t, found, err := cfg.Registry.ByID(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case !found || t.ID != id:
		return nil, tenant.ErrUnknownTenant
	case t.Status != tenant.Active:
		return nil, t.Status.Err()
	}
	ctx = tenant.NewContext(ctx, t)
	return ctx, tenant.Err(ctx)
}

// who returns the actor of a call, if it may enter.
func (cfg *ServerConfig) who(ctx context.Context, method string, signed bool) (tenant.Actor, error) {
	var a tenant.Actor
	if signed {
		a, _ = tenant.ActorFromContext(ctx)
	} else if cfg.Actor != nil {
		var err error
		if a, err = cfg.Actor(ctx, method); err != nil {
			return a, errors.Join(tenant.ErrUnauthenticated, err)
		}
	}
	id, inTenant := tenant.IDFromContext(ctx)
	switch {
	case a.Anonymous() && cfg.RequireActor:
		return a, tenant.ErrUnauthenticated
	case a.Anonymous() && a != tenant.Actor{}:
		return a, &internalError{errors.New("tenantgrpc: an actor without an id has a tenant, or a guest's mark")}
	case a.Anonymous():
		return a, nil
	case a.Tenant != "" && (a.Tenant != id || !inTenant):
		return a, tenant.ErrNotMember
	case a.Tenant != "" || !inTenant:
		return a, nil
	case cfg.Members == nil:
		return a, tenant.ErrNotMember
	}
	ok, err := cfg.Members(ctx, a, id)
	if err == nil && !ok {
		err = tenant.ErrNotMember
	}
	return a, err
}

func same(a, b context.Context) bool {
	was, _ := tenant.IDFromContext(a)
	is, _ := tenant.IDFromContext(b)
	before, _ := tenant.ActorFromContext(a)
	after, known := tenant.ActorFromContext(b)
	return tenant.ModeOf(a) == tenant.ModeOf(b) && was == is && known && before == after
}
