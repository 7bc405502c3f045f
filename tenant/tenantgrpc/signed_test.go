package tenantgrpc_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/tenantgrpc"
)

func signing(c *tenant.Codec) []grpc.DialOption {
	cfg := tenantgrpc.ClientConfig{Codec: c}
	return []grpc.DialOption{
		grpc.WithChainUnaryInterceptor(tenantgrpc.UnaryClientInterceptor(cfg)),
		grpc.WithChainStreamInterceptor(tenantgrpc.StreamClientInterceptor(cfg)),
	}
}

// TestFromServiceToService: the tenant and the actor of the caller's context
// arrive, and nothing else that the caller's metadata says matters.
func TestFromServiceToService(t *testing.T) {
	t.Parallel()
	cfg := tenantgrpc.ServerConfig{Registry: registry(t), Signed: codec(t, "billing")}
	everywhere(t, cfg, func(t *testing.T, dial dialer, call caller) {
		client := dial("bolt.example.com", signing(codec(t, "billing"))...)
		ctx := md("x-tenant", "bolt", "tenancy-context", "forged", "Tenancy-Context", "forged")
		ctx = tenant.WithActor(tenant.WithID(ctx, "acme"), tenant.Actor{ID: "ann", Tenant: "acme"})
		got, err := call(ctx, client)
		require.NoError(t, err)
		require.Equal(t, "tenant acme ann", got)

		got, err = call(tenant.WithID(context.Background(), "bolt"), client)
		require.NoError(t, err)
		require.Equal(t, "tenant bolt ", got, "without an actor the caller is anonymous")
	})
}

func TestManyTenantsOnOneConnection(t *testing.T) {
	t.Parallel()
	cfg := tenantgrpc.ServerConfig{Registry: registry(t), Signed: codec(t, "billing")}
	everywhere(t, cfg, func(t *testing.T, dial dialer, call caller) {
		client := dial("", signing(codec(t, "billing"))...)
		var wg sync.WaitGroup
		for i := range 16 {
			id := []tenant.ID{"acme", "bolt"}[i%2]
			wg.Go(func() {
				for range 10 {
					got, err := call(tenant.WithID(context.Background(), id), client)
					if err != nil || got != "tenant "+string(id)+" " {
						t.Errorf("as %s: %q, %v", id, got, err)
					}
				}
			})
		}
		wg.Wait()
	})
}

// TestSignedRefused: a header that is there decides, and a bad one is not
// passed over in favour of the resolver.
func TestSignedRefused(t *testing.T) {
	t.Parallel()
	reg := registry(t)
	cfg := tenantgrpc.ServerConfig{Registry: reg, Signed: codec(t, "billing"), Resolve: tenantgrpc.ByAuthority(reg)}
	text := func(id tenant.ID, c *tenant.Codec) string {
		out, err := c.Encode(tenant.WithID(context.Background(), id), nil)
		require.NoError(t, err)
		return out
	}
	other := func(change func(*tenant.CodecConfig)) *tenant.Codec { return codec(t, "billing", change) }
	good := text("acme", codec(t, "billing"))
	unsigned, err := tenant.NewUnsignedCodecForTrustedQueue(tenant.CodecConfig{Audience: "billing"})
	require.NoError(t, err)
	global, err := other(func(c *tenant.CodecConfig) { c.Global = true }).Encode(tenant.Global(context.Background()), nil)
	require.NoError(t, err)
	const header = tenant.MessageHeader
	everywhere(t, cfg, func(t *testing.T, dial dialer, call caller) {
		for name, c := range map[string]struct {
			ctx  context.Context
			code codes.Code
		}{
			"good":             {md(header, good), codes.OK},
			"twice":            {md(header, good, header, good), codes.InvalidArgument},
			"twice, one empty": {md(header, "", header, good), codes.InvalidArgument},
			"empty":            {md(header, ""), codes.NotFound},
			"malformed":        {md(header, "acme"), codes.InvalidArgument},
			"unsigned":         {md(header, text("acme", unsigned)), codes.Unauthenticated},
			"changed":          {md(header, strings.Replace(good, "acme", "bolt", 1)), codes.Unauthenticated},
			"another key":      {md(header, text("acme", other(func(c *tenant.CodecConfig) { c.Keys[0].Secret = bytes.Repeat([]byte("x"), 32) }))), codes.Unauthenticated},
			"another service":  {md(header, text("acme", codec(t, "mail"))), codes.Unauthenticated},
			"old":              {md(header, text("acme", other(func(c *tenant.CodecConfig) { c.Now = func() time.Time { return time.Now().Add(-time.Hour) } }))), codes.Unauthenticated},
			"unknown":          {md(header, text("nobody", codec(t, "billing"))), codes.NotFound},
			"suspended":        {md(header, text("cold", codec(t, "billing"))), codes.Unavailable},
			"global mode":      {md(header, global), codes.InvalidArgument},
		} {
			got, err := call(c.ctx, dial("bolt.example.com"))
			require.Equal(t, c.code, status.Code(err), "%s: %v", name, err)
			if c.code == codes.OK {
				require.Equal(t, "tenant acme ", got, name)
			} else {
				require.Empty(t, got, name)
			}
		}
		got, err := call(context.Background(), dial("bolt.example.com"))
		require.NoError(t, err)
		require.Equal(t, "tenant bolt ", got, "without a header the resolver answers")
	})
	dial := serve(t, "bufconn", tenantgrpc.ServerConfig{Registry: reg, Signed: codec(t, "billing")})
	_, err = calls["unary"](context.Background(), dial("bolt.example.com"))
	require.Equal(t, codes.NotFound, status.Code(err), "there is no resolver")
}

// TestSignedActor: what the message says about the actor is checked like any
// actor, and Actor is asked only where it says nothing.
func TestSignedActor(t *testing.T) {
	t.Parallel()
	members := func(_ context.Context, a tenant.Actor, _ tenant.ID) (bool, error) { return a.ID == "root", nil }
	service := func(context.Context, string) (tenant.Actor, error) {
		return tenant.Actor{ID: "svc", Tenant: "acme"}, nil
	}
	dial := serve(t, "bufconn", tenantgrpc.ServerConfig{Registry: registry(t), Signed: codec(t, "billing"), Members: members, Actor: service})
	client := dial("", signing(codec(t, "billing"))...)
	acme := tenant.WithID(context.Background(), "acme")
	for kind, call := range calls {
		for actor, want := range map[tenant.Actor]string{
			{ID: "root"}:                "tenant acme root",
			{ID: "ann", Tenant: "acme"}: "tenant acme ann",
			{}:                          "tenant acme ",
		} {
			got, err := call(tenant.WithActor(acme, actor), client)
			require.NoError(t, err, kind)
			require.Equal(t, want, got, kind)
		}
		got, err := call(acme, client)
		require.NoError(t, err)
		require.Equal(t, "tenant acme svc", got)
		_, err = call(tenant.WithActor(acme, tenant.Actor{ID: "rob"}), client)
		require.Equal(t, codes.PermissionDenied, status.Code(err))
	}
}

func TestSignedGlobal(t *testing.T) {
	t.Parallel()
	global := codec(t, "billing", func(c *tenant.CodecConfig) { c.Global = true })
	dial := serve(t, "bufconn", tenantgrpc.ServerConfig{Registry: registry(t), Signed: global})
	for _, call := range calls {
		got, err := call(tenant.WithActor(tenant.Global(context.Background()), tenant.Actor{ID: "root"}), dial("", signing(global)...))
		require.NoError(t, err)
		require.Equal(t, "global  root", got)
	}
}

// TestClientRefuses: a call without one tenant is not sent.
func TestClientRefuses(t *testing.T) {
	t.Parallel()
	dial := serve(t, "bufconn", tenantgrpc.ServerConfig{Registry: registry(t), Signed: codec(t, "billing"),
		Central: func(string) bool { t.Error("the call was sent"); return true }})
	for want, ctx := range map[error]context.Context{
		tenant.ErrNoTenant:       context.Background(),
		tenant.ErrSeveralTenants: tenant.Across(context.Background(), "report", "acme", "bolt"),
		tenant.ErrInvalidID:      tenant.WithID(context.Background(), "No"),
	} {
		for kind, call := range calls {
			_, err := call(ctx, dial("", signing(codec(t, "billing"))...))
			require.ErrorIs(t, err, want, kind)
			_, err = call(ctx, dial("", signing(nil)...))
			require.ErrorContains(t, err, "needs a Codec", kind)
		}
	}
}

func TestClientCentral(t *testing.T) {
	t.Parallel()
	sent := metadata.MD{}
	cfg := tenantgrpc.ClientConfig{Codec: codec(t, "billing"), Central: tenantgrpc.Methods("/s/Health")}
	invoke := func(ctx context.Context, _ string, _, _ any, _ *grpc.ClientConn, _ ...grpc.CallOption) error {
		sent, _ = metadata.FromOutgoingContext(ctx)
		return nil
	}
	ctx := md(tenant.MessageHeader, "stale", "other", "stays")
	require.NoError(t, tenantgrpc.UnaryClientInterceptor(cfg)(ctx, "/s/Health", nil, nil, nil, invoke))
	require.Equal(t, metadata.MD{"other": {"stays"}}, sent)
	require.ErrorIs(t, tenantgrpc.UnaryClientInterceptor(cfg)(ctx, "/s/Other", nil, nil, nil, invoke), tenant.ErrNoTenant)
}
