package rbacgrpc_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/rbac/rbacgrpc"
	"github.com/gotenancy/tenancy/tenant"
)

// world is a service whose messages say the number of a node in their size.
type world struct {
	acme, course, other, bolt int64

	checker *rbac.Checker
	cfg     rbacgrpc.Config
	admit   func(context.Context) context.Context

	mu      sync.Mutex
	refused []error
}

func newWorld(t *testing.T, store func(*rbac.Memory) rbac.Store) *world {
	t.Helper()
	all := tenant.AcrossAll(context.Background(), "test")
	levels, err := ctxtree.NewLevels(ctxtree.LevelRule{Level: "course", Under: []ctxtree.Level{ctxtree.LevelTenant}})
	require.NoError(t, err)
	tree, roles := ctxtree.NewMemory(levels), rbac.NewMemory()
	node := func(parent int64, level ctxtree.Level, instance string) ctxtree.Node {
		n, err := tree.Create(all, ctxtree.Spec{Parent: parent, Level: level, Instance: instance})
		require.NoError(t, err)
		return n
	}
	acme, bolt := node(1, ctxtree.LevelTenant, "acme"), node(1, ctxtree.LevelTenant, "bolt")
	course, other, foreign := node(acme.ID, "course", "7"), node(acme.ID, "course", "8"), node(bolt.ID, "course", "7")
	editor, err := roles.DefineRole(all, rbac.Role{Name: "editor"})
	require.NoError(t, err)
	require.NoError(t, roles.SetPermission(all, ctxtree.Node{ID: ctxtree.SystemID}, editor.ID, "edit", rbac.Allow))
	for _, at := range []ctxtree.Node{course, foreign} {
		require.NoError(t, roles.Assign(all, at, rbac.Assignment{Role: editor.ID, User: "ann"}))
	}
	w := &world{acme: acme.ID, course: course.ID, other: other.ID, bolt: foreign.ID}
	w.checker, err = rbac.NewChecker(rbac.Config{Tree: tree, Store: store(roles), Capabilities: []rbac.Capability{{Name: "edit"}}})
	require.NoError(t, err)
	rule := rbacgrpc.Message("edit", func(_ context.Context, m *testpb.SimpleRequest) (int64, error) {
		return int64(m.GetResponseSize()), nil
	})
	w.cfg = rbacgrpc.Config{
		Checker: w.checker,
		Rules: map[string]rbacgrpc.Rule{
			"/grpc.testing.TestService/UnaryCall": rule,
			"/grpc.testing.TestService/FullDuplexCall": rbacgrpc.Message("edit", func(_ context.Context, m *testpb.StreamingOutputCallRequest) (int64, error) {
				return int64(m.GetResponseParameters()[0].GetSize()), nil
			}),
		},
		Open: func(method string) bool { return method == "/grpc.testing.TestService/UnimplementedCall" },
		OnRefused: func(_ context.Context, _ string, err error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.refused = append(w.refused, err)
		},
	}
	w.as(tenant.Actor{ID: "ann", Tenant: "acme"})
	return w
}

func (w *world) as(a tenant.Actor) {
	w.admit = func(ctx context.Context) context.Context { return tenant.WithActor(tenant.WithID(ctx, "acme"), a) }
}

type service struct {
	testpb.UnimplementedTestServiceServer
	eager bool
}

func (service) UnaryCall(context.Context, *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	return &testpb.SimpleResponse{Username: "done"}, nil
}

func (service) EmptyCall(context.Context, *testpb.Empty) (*testpb.Empty, error) {
	return &testpb.Empty{}, nil
}

// FullDuplexCall answers each message, and hides errors.
func (s service) FullDuplexCall(stream grpc.BidiStreamingServer[testpb.StreamingOutputCallRequest, testpb.StreamingOutputCallResponse]) error {
	answer := &testpb.StreamingOutputCallResponse{Payload: &testpb.Payload{Body: []byte("done")}}
	if s.eager {
		_ = stream.SetHeader(metadata.Pairs("secret", "x"))
		_ = stream.Send(answer)
	}
	stream.SetTrailer(metadata.Pairs("secret", "x"))
	for {
		if _, err := stream.Recv(); err != nil {
			_ = stream.Send(answer)
			return nil
		}
		if err := stream.Send(answer); err != nil {
			return nil
		}
	}
}

type stream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s stream) Context() context.Context { return s.ctx }

func (w *world) dial(t *testing.T, srv service) testpb.TestServiceClient {
	t.Helper()
	s := grpc.NewServer(
		grpc.ChainUnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			return next(w.admit(ctx), req)
		}, rbacgrpc.UnaryServerInterceptor(w.cfg)),
		grpc.ChainStreamInterceptor(func(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
			return next(srv, stream{ss, w.admit(ss.Context())})
		}, rbacgrpc.StreamServerInterceptor(w.cfg)))
	testpb.RegisterTestServiceServer(s, srv)
	lis := bufconn.Listen(1 << 16)
	go func() { _ = s.Serve(lis) }()
	t.Cleanup(s.Stop)
	conn, err := grpc.NewClient("passthrough:///x", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return testpb.NewTestServiceClient(conn)
}

func memory(m *rbac.Memory) rbac.Store { return m }

func TestUnary(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memory)
	client := w.dial(t, service{})
	call := func(node int64) error {
		res, err := client.UnaryCall(t.Context(), &testpb.SimpleRequest{ResponseSize: int32(node)}) //nolint:gosec // few nodes
		if err == nil {
			require.Equal(t, "done", res.GetUsername())
		}
		return err
	}
	require.NoError(t, call(w.course))
	require.Equal(t, codes.PermissionDenied, status.Code(call(w.other)))
	require.ErrorIs(t, w.refused[0], rbac.ErrDenied)
	unknown := call(1 << 20)
	require.Equal(t, codes.NotFound, status.Code(unknown))
	require.Equal(t, unknown, call(w.bolt), "another tenant's node is as one that does not exist")

	w.as(tenant.Actor{})
	for _, node := range []int64{w.course, w.bolt, 1 << 20} {
		require.Equal(t, codes.Unauthenticated, status.Code(call(node)))
	}
	w.as(tenant.Actor{ID: "guest", Guest: true})
	require.Equal(t, codes.NotFound, status.Code(call(w.course)))
	w.admit = func(ctx context.Context) context.Context { return ctx }
	require.Equal(t, codes.Internal, status.Code(call(w.course)), "before the tenant's interceptor")

	w.as(tenant.Actor{ID: "ann", Tenant: "acme"})
	_, err := client.EmptyCall(t.Context(), &testpb.Empty{})
	require.Equal(t, codes.PermissionDenied, status.Code(err), "a method without a rule")
	_, err = client.UnimplementedCall(t.Context(), &testpb.Empty{})
	require.Equal(t, codes.Unimplemented, status.Code(err), "an open method reaches its handler")
}

// broken is a store that does not answer.
type broken struct {
	*rbac.Memory
	err error
}

func (b broken) Load(context.Context, tenant.ID) (rbac.Rules, int64, error) {
	return rbac.Rules{}, 0, b.err
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	boom := errors.New("the engine's own words")
	w := newWorld(t, func(m *rbac.Memory) rbac.Store { return broken{m, boom} })
	client := w.dial(t, service{})
	_, err := client.UnaryCall(t.Context(), &testpb.SimpleRequest{ResponseSize: int32(w.course)}) //nolint:gosec // few nodes
	require.Equal(t, codes.Unavailable, status.Code(err))
	require.NotContains(t, err.Error(), "words")
	require.ErrorIs(t, w.refused[0], boom)

	w = newWorld(t, memory)
	w.cfg.Checker = nil
	_, err = w.dial(t, service{}).UnaryCall(t.Context(), &testpb.SimpleRequest{})
	require.Equal(t, codes.Internal, status.Code(err))

	w = newWorld(t, memory)
	w.cfg.Rules["/grpc.testing.TestService/UnaryCall"] = w.cfg.Rules["/grpc.testing.TestService/FullDuplexCall"]
	_, err = w.dial(t, service{}).UnaryCall(t.Context(), &testpb.SimpleRequest{})
	require.Equal(t, codes.Internal, status.Code(err), "the rule is for another message")
}

func message(node int64) *testpb.StreamingOutputCallRequest {
	return &testpb.StreamingOutputCallRequest{ResponseParameters: []*testpb.ResponseParameters{{Size: int32(node)}}} //nolint:gosec // few nodes
}

func TestStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memory)
	for name, c := range map[string]struct {
		eager bool
		nodes []int64
		done  int
		code  codes.Code
	}{
		"all pass":                    {false, []int64{w.course, w.course}, 3, codes.OK}, // and one at the end
		"the second does not":         {false, []int64{w.course, w.other}, 1, codes.PermissionDenied},
		"another tenant's":            {false, []int64{w.bolt}, 0, codes.NotFound},
		"no message":                  {false, nil, 0, codes.Internal},
		"a handler that sends before": {true, []int64{w.course}, 0, codes.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := w.dial(t, service{eager: c.eager}).FullDuplexCall(t.Context())
			require.NoError(t, err)
			for _, node := range c.nodes {
				if err := s.Send(message(node)); err != nil {
					require.ErrorIs(t, err, io.EOF) // ended already
				}
			}
			require.NoError(t, s.CloseSend())
			done := 0
			for {
				if _, err = s.Recv(); err != nil {
					break
				}
				done++
			}
			if errors.Is(err, io.EOF) {
				err = nil
			}
			require.Equal(t, c.code, status.Code(err))
			require.Equal(t, c.done, done)
			header, err := s.Header()
			require.True(t, err != nil || header.Get("secret") == nil)
			require.Empty(t, s.Trailer().Get("secret"), "set before a message had passed")
		})
	}
}
