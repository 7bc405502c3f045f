// Package tenantgrpc does for gRPC what tenant.Middleware does for HTTP: it
// finds the tenant of a call, checks that the caller may enter, and puts both
// into the call's context. It is a module of its own, so that only those who
// use gRPC depend on it.
//
//	cfg := tenantgrpc.ServerConfig{
//		Registry: reg,
//		Resolve:  tenantgrpc.ByAuthority(reg),
//		Actor:    signedIn, // your own sign-in
//		Central:  tenantgrpc.Methods("/grpc.health.v1.Health/Check"),
//	}
//	grpc.NewServer(
//		grpc.ChainUnaryInterceptor(tenantgrpc.UnaryServerInterceptor(cfg)),
//		grpc.ChainStreamInterceptor(tenantgrpc.StreamServerInterceptor(cfg)))
//
// Between services of one application the caller's tenant goes along in signed
// metadata: [UnaryClientInterceptor] and [StreamClientInterceptor] write it
// with a tenant.Codec, and [ServerConfig.Signed] reads it.
//
// Put the interceptors behind the one that signs people in, and before all that
// touch data. An interceptor or a stats handler that runs earlier has no tenant.
package tenantgrpc
