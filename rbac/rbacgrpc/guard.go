package rbacgrpc

import (
	"context"
	"errors"

	"google.golang.org/grpc"

	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// Rule says what a method needs.
type Rule struct {
	// Capability is what the caller has to have.
	Capability string

	// Node says on which node, from a message of the caller's. An error that is
	// ctxtree.ErrNoNode says that there is none; any other is a failure behind
	// us. See [Message].
	Node func(ctx context.Context, message any) (node int64, err error)
}

// errMessage is a rule for another kind of message than the method has.
var errMessage = &internalError{errors.New("rbacgrpc: the rule is for another kind of message")}

// Message returns a rule for a method whose caller sends messages of type M.
func Message[M any](capability string, node func(ctx context.Context, m M) (int64, error)) Rule {
	return Rule{capability, func(ctx context.Context, message any) (int64, error) {
		m, is := message.(M)
		if !is {
			return 0, errMessage
		}
		return node(ctx, m)
	}}
}

// Config says what each method needs. Checker and Rules are required.
type Config struct {
	Checker *rbac.Checker

	// Rules are by full method name, such as "/school.v1.Courses/Rename".
	Rules map[string]Rule

	// Open picks the methods that everybody may call, or whose handlers ask the
	// checker themselves.
	Open func(method string) bool

	// OnRefused hears why a call was refused, for the log: the answer to the
	// client says no more than its code.
	OnRefused func(ctx context.Context, method string, err error)
}

// UnaryServerInterceptor lets those calls through whose actor has the
// capability, and answers the others with a status of these codes and a fixed
// text. It belongs behind that of package tenantgrpc:
//
//	Unauthenticated   the caller is not signed in, whatever the node
//	PermissionDenied  the actor does not have it, or the method has no rule
//	NotFound          the node is beyond the wall, or there is none: the two look the same
//	Unavailable       there is no answer: a store failed
//	Internal          the interceptor is not set up, or stands before tenantgrpc's
func UnaryServerInterceptor(cfg Config) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		if !cfg.open(info.FullMethod) {
			if err := cfg.check(ctx, info.FullMethod, req); err != nil {
				return nil, err
			}
		}
		return handler(ctx, req)
	}
}

// StreamServerInterceptor does the same for streams: each message of the caller
// is checked as the handler receives it, and a handler that receives one which
// is refused gets the status as its error. Nothing can be sent before a message
// was received and passed.
func StreamServerInterceptor(cfg Config) grpc.StreamServerInterceptor {
	return func(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		if cfg.open(info.FullMethod) {
			return handler(srv, stream)
		}
		guarded := &serverStream{ServerStream: stream, cfg: &cfg, method: info.FullMethod}
		err := handler(srv, guarded)
		if refused := guarded.refused.Load(); refused != nil {
			return *refused // whatever the handler has made of it
		}
		return err
	}
}

func (cfg *Config) open(method string) bool { return cfg.Open != nil && cfg.Open(method) }

// check returns nil, or the status of a message that is refused.
func (cfg *Config) check(ctx context.Context, method string, message any) error {
	err := cfg.ask(ctx, method, message)
	if err == nil {
		return nil
	}
	if cfg.OnRefused != nil {
		cfg.OnRefused(ctx, method, err)
	}
	actor, _ := tenant.ActorFromContext(ctx)
	return statusOf(actor, err)
}

var (
	errSetUp  = &internalError{errors.New("rbacgrpc: the interceptor needs a Checker")}
	errEarly  = &internalError{errors.New("rbacgrpc: the handler sent before it received a message that passed")}
	errNoRule = errors.New("rbacgrpc: the method has no rule")
)

func (cfg *Config) ask(ctx context.Context, method string, message any) error {
	if cfg.Checker == nil {
		return errSetUp
	}
	if err := tenant.Err(ctx); err != nil {
		return &internalError{err}
	}
	if _, known := tenant.ActorFromContext(ctx); !known {
		return &internalError{rbac.ErrNoActor}
	}
	rule, ok := cfg.Rules[method]
	if !ok || rule.Node == nil {
		return errNoRule
	}
	node, err := rule.Node(ctx, message)
	if err != nil {
		return err
	}
	return cfg.Checker.Check(ctx, rule.Capability, node)
}
