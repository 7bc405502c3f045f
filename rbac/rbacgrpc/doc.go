// Package rbacgrpc guards gRPC methods by capabilities, as Checker.Require of
// package rbac guards HTTP handlers. It is a module of its own, so that only
// those who use gRPC depend on it.
//
//	guard := rbacgrpc.Config{
//		Checker: checker,
//		Rules: map[string]rbacgrpc.Rule{
//			"/school.v1.Courses/Rename": rbacgrpc.Message("course:edit", func(ctx context.Context, m *pb.RenameRequest) (int64, error) {
//				return m.GetNode(), nil
//			}),
//		},
//		Open: tenantgrpc.Methods("/grpc.health.v1.Health/Check"),
//	}
//	grpc.NewServer(
//		grpc.ChainUnaryInterceptor(tenantgrpc.UnaryServerInterceptor(tenants), rbacgrpc.UnaryServerInterceptor(guard)),
//		grpc.ChainStreamInterceptor(tenantgrpc.StreamServerInterceptor(tenants), rbacgrpc.StreamServerInterceptor(guard)))
//
// A method that has no rule and is not open is refused, so that a new one can
// not be forgotten.
package rbacgrpc
