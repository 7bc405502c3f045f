package tenantgrpc_test

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/tenantgrpc"
)

// A server for browsers and services alike: the host names the tenant, or the
// signed context of another service does.
func Example() {
	reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme", Host: "acme.example.com"})
	if err != nil {
		panic(err)
	}
	codec, err := tenant.NewSignedCodec(tenant.CodecConfig{
		Audience: "billing",
		Keys:     []tenant.SigningKey{{ID: "2026a", Secret: []byte("thirty-two bytes of true chance.")}},
		MaxAge:   time.Minute,
		Actor:    true,
	})
	if err != nil {
		panic(err)
	}
	server := tenantgrpc.ServerConfig{
		Registry: reg,
		Resolve:  tenantgrpc.ByAuthority(reg),
		Signed:   codec,
		Central:  tenantgrpc.Methods("/grpc.health.v1.Health/Check"),
	}
	s := grpc.NewServer(
		grpc.ChainUnaryInterceptor(tenantgrpc.UnaryServerInterceptor(server)),
		grpc.ChainStreamInterceptor(tenantgrpc.StreamServerInterceptor(server)))
	defer s.Stop()

	// In the service that calls it.
	client := tenantgrpc.UnaryClientInterceptor(tenantgrpc.ClientConfig{Codec: codec})
	send := func(context.Context, string, any, any, *grpc.ClientConn, ...grpc.CallOption) error {
		fmt.Println("sent")
		return nil
	}
	fmt.Println(client(tenant.WithID(context.Background(), "acme"), "/billing.v1.Invoices/List", nil, nil, nil, send))
	fmt.Println(client(context.Background(), "/billing.v1.Invoices/List", nil, nil, nil, send))
	// Output:
	// sent
	// <nil>
	// tenantgrpc: call /billing.v1.Invoices/List: tenant: nothing to put into the message: tenancy: no tenant in the context
}
