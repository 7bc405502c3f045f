package tenantgrpc

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/gotenancy/tenancy/tenant"
)

// ClientConfig says how calls to other services of the application carry their
// tenant.
type ClientConfig struct {
	// Codec writes the tenant; its audience should be the service that is
	// called, so that this service can not use what it gets elsewhere.
	Codec *tenant.Codec

	// Central picks the methods that belong to no tenant, by their full names;
	// see [Methods]. They go out without one.
	Central func(method string) bool
}

// UnaryClientInterceptor writes the tenant of each call's context into its
// metadata, in the place of whatever stood there under that name. A call
// without a tenant, or across several, is not sent; its error is
// tenant.ErrNoTenant, tenant.ErrSeveralTenants or what the context refuses with.
//
// Do not put it on connections to services of somebody else: they would learn
// the tenants' ids, and could use them at those who share the audience.
func UnaryClientInterceptor(cfg ClientConfig) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		ctx, err := cfg.outgoing(ctx, method)
		if err != nil {
			return err
		}
		return invoke(ctx, method, req, reply, cc, opts...)
	}
}

// StreamClientInterceptor does the same for streams.
func StreamClientInterceptor(cfg ClientConfig) grpc.StreamClientInterceptor {
	return func(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, stream grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
		ctx, err := cfg.outgoing(ctx, method)
		if err != nil {
			return nil, err
		}
		return stream(ctx, desc, cc, method, opts...)
	}
}

func (cfg *ClientConfig) outgoing(ctx context.Context, method string) (context.Context, error) {
	md, _ := metadata.FromOutgoingContext(ctx) // a copy
	if md == nil {
		md = metadata.MD{}
	}
	if cfg.Central != nil && cfg.Central(method) {
		md.Delete(tenant.MessageHeader)
		return metadata.NewOutgoingContext(ctx, md), nil
	}
	if cfg.Codec == nil {
		return nil, errors.New("tenantgrpc: the client interceptor needs a Codec")
	}
	if err := cfg.Codec.Inject(ctx, carrier(md)); err != nil {
		return nil, fmt.Errorf("tenantgrpc: call %s: %w", method, err)
	}
	return metadata.NewOutgoingContext(ctx, md), nil
}
