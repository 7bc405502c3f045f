package tenantgrpc_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/test/bufconn"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/tenantgrpc"
)

// registry has a tenant in every state.
func registry(t testing.TB) tenant.Registry {
	t.Helper()
	reg, err := tenant.NewMemoryRegistry(
		tenant.Tenant{ID: "acme", Host: "acme.example.com"},
		tenant.Tenant{ID: "bolt", Host: "bolt.example.com"},
		tenant.Tenant{ID: "cold", Host: "cold.example.com", Status: tenant.Suspended},
		tenant.Tenant{ID: "done", Host: "done.example.com", Status: tenant.Archived},
	)
	require.NoError(t, err)
	return reg
}

// whoami answers with the tenant and the actor of the call, in every kind of call.
type whoami struct {
	testpb.UnimplementedTestServiceServer
}

func describe(ctx context.Context) string {
	id, _ := tenant.IDFromContext(ctx)
	a, ok := tenant.ActorFromContext(ctx)
	if !ok {
		return tenant.ModeOf(ctx).String() + " " + string(id) + " no actor"
	}
	return tenant.ModeOf(ctx).String() + " " + string(id) + " " + a.ID
}

func (whoami) UnaryCall(ctx context.Context, _ *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	return &testpb.SimpleResponse{Username: describe(ctx)}, nil
}

func (whoami) EmptyCall(ctx context.Context, _ *testpb.Empty) (*testpb.Empty, error) {
	return &testpb.Empty{}, errors.New(describe(ctx))
}

func (whoami) FullDuplexCall(stream grpc.BidiStreamingServer[testpb.StreamingOutputCallRequest, testpb.StreamingOutputCallResponse]) error {
	for {
		if _, err := stream.Recv(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		body := []byte(describe(stream.Context()))
		if err := stream.Send(&testpb.StreamingOutputCallResponse{Payload: &testpb.Payload{Body: body}}); err != nil {
			return err
		}
	}
}

// networks are how tests reach their server.
var networks = []string{"bufconn", "tcp"}

// serve starts a server and returns a function that dials it under a host.
func serve(t *testing.T, network string, cfg tenantgrpc.ServerConfig) func(host string, opts ...grpc.DialOption) testpb.TestServiceClient {
	t.Helper()
	s := grpc.NewServer(
		grpc.ChainUnaryInterceptor(tenantgrpc.UnaryServerInterceptor(cfg)),
		grpc.ChainStreamInterceptor(tenantgrpc.StreamServerInterceptor(cfg)))
	testpb.RegisterTestServiceServer(s, whoami{})
	var listener net.Listener
	target, dial := "passthrough:///bufconn", []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	if network == "bufconn" {
		buffer := bufconn.Listen(1 << 16)
		dial = append(dial, grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return buffer.DialContext(ctx) }))
		listener = buffer
	} else {
		var err error
		listener, err = net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		target = listener.Addr().String()
	}
	var running sync.WaitGroup
	running.Go(func() { _ = s.Serve(listener) })
	t.Cleanup(func() {
		s.Stop()
		running.Wait()
	})
	return func(host string, opts ...grpc.DialOption) testpb.TestServiceClient {
		if host != "" {
			opts = append(opts, grpc.WithAuthority(host))
		}
		conn, err := grpc.NewClient(target, append(append([]grpc.DialOption(nil), dial...), opts...)...)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, conn.Close()) })
		return testpb.NewTestServiceClient(conn)
	}
}

// calls are the two kinds of calls; both return what whoami says.
var calls = map[string]func(ctx context.Context, c testpb.TestServiceClient) (string, error){
	"unary": func(ctx context.Context, c testpb.TestServiceClient) (string, error) {
		r, err := c.UnaryCall(ctx, &testpb.SimpleRequest{})
		return r.GetUsername(), err
	},
	"stream": func(ctx context.Context, c testpb.TestServiceClient) (string, error) {
		stream, err := c.FullDuplexCall(ctx)
		if err != nil {
			return "", err
		}
		said := ""
		for range 3 {
			if err := stream.Send(&testpb.StreamingOutputCallRequest{}); err != nil && !errors.Is(err, io.EOF) {
				return "", err
			}
			r, err := stream.Recv()
			if err != nil {
				return "", err
			}
			if said = string(r.GetPayload().GetBody()); said == "" {
				return "", errors.New("an empty answer")
			}
		}
		return said, stream.CloseSend()
	},
}

// everywhere runs f for each network and each kind of call.
func everywhere(t *testing.T, cfg tenantgrpc.ServerConfig, f func(t *testing.T, dial func(string, ...grpc.DialOption) testpb.TestServiceClient, call func(context.Context, testpb.TestServiceClient) (string, error))) {
	t.Helper()
	for _, network := range networks {
		for kind, call := range calls {
			t.Run(network+" "+kind, func(t *testing.T) { f(t, serve(t, network, cfg), call) })
		}
	}
}

// codec writes for an audience with the tests' key.
func codec(t testing.TB, audience string, change ...func(*tenant.CodecConfig)) *tenant.Codec {
	t.Helper()
	cfg := tenant.CodecConfig{Audience: audience, MaxAge: time.Minute, Actor: true,
		Keys: []tenant.SigningKey{{ID: "k1", Secret: bytes.Repeat([]byte("k"), 32)}}}
	for _, f := range change {
		f(&cfg)
	}
	c, err := tenant.NewSignedCodec(cfg)
	require.NoError(t, err)
	return c
}

func md(pairs ...string) context.Context {
	return metadata.AppendToOutgoingContext(context.Background(), pairs...)
}
