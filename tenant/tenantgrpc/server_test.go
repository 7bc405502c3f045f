package tenantgrpc_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/tenantgrpc"
)

type dialer = func(string, ...grpc.DialOption) testpb.TestServiceClient
type caller = func(context.Context, testpb.TestServiceClient) (string, error)

// TestByAuthority: the host decides, for every state of a tenant, and the
// answer says no more than its code.
func TestByAuthority(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var causes []error
	reg := registry(t)
	cfg := tenantgrpc.ServerConfig{Registry: reg, Resolve: tenantgrpc.ByAuthority(reg),
		OnRefused: func(_ context.Context, _ string, err error) {
			mu.Lock()
			defer mu.Unlock()
			causes = append(causes, err)
		}}
	everywhere(t, cfg, func(t *testing.T, dial dialer, call caller) {
		for _, c := range []struct {
			host  string
			want  string
			code  codes.Code
			cause error
		}{
			{"acme.example.com", "tenant acme ", codes.OK, nil},
			{"ACME.example.com:443", "tenant acme ", codes.OK, nil},
			{"bolt.example.com", "tenant bolt ", codes.OK, nil},
			{"other.example.com", "", codes.NotFound, tenant.ErrUnknownTenant},
			{"done.example.com", "", codes.NotFound, tenant.ErrArchived},
			{"cold.example.com", "", codes.Unavailable, tenant.ErrSuspended},
			{"acme.example.com.evil.test", "", codes.NotFound, tenant.ErrUnknownTenant},
			{"acme_example.com", "", codes.InvalidArgument, tenant.ErrBadHost},
			{"acme.example.com:99999", "", codes.InvalidArgument, tenant.ErrBadHost},
		} {
			causes = nil
			got, err := call(md("host", "bolt.example.com", "x-tenant", "bolt", "forwarded", "host=bolt.example.com"), dial(c.host))
			require.Equal(t, c.want, got, c.host)
			require.Equal(t, c.code, status.Code(err), "%s: %v", c.host, err)
			if c.cause == nil {
				require.Empty(t, causes)
				continue
			}
			require.Len(t, causes, 1)
			require.ErrorIs(t, causes[0], c.cause)
			for _, secret := range []string{"acme", "bolt", "cold", "tenant:", "example"} {
				require.NotContains(t, status.Convert(err).Message(), secret)
			}
			require.Empty(t, status.Convert(err).Details())
		}
	})
}

// TestByMetadata: the key counts from a trusted peer only.
func TestByMetadata(t *testing.T) {
	t.Parallel()
	loopback := tenantgrpc.FromNetworks(netip.MustParsePrefix("127.0.0.0/8"))
	elsewhere := tenantgrpc.FromNetworks(netip.MustParsePrefix("10.0.0.0/8"))
	for _, c := range []struct {
		name    string
		network string
		trusted func(*peer.Peer) bool
		ctx     context.Context
		want    string
		code    codes.Code
	}{
		{"trusted", "tcp", loopback, md("x-tenant", "bolt"), "tenant bolt ", codes.OK},
		{"absent", "tcp", loopback, md(), "", codes.NotFound},
		{"twice the same", "tcp", loopback, md("x-tenant", "bolt", "x-tenant", "bolt"), "", codes.InvalidArgument},
		{"twice in another case", "tcp", loopback, md("x-tenant", "bolt", "X-Tenant", "acme"), "", codes.InvalidArgument},
		{"two in one", "tcp", loopback, md("x-tenant", "bolt, acme"), "", codes.InvalidArgument},
		{"malformed", "tcp", loopback, md("x-tenant", "Bolt"), "", codes.InvalidArgument},
		{"empty", "tcp", loopback, md("x-tenant", ""), "", codes.InvalidArgument},
		{"unknown", "tcp", loopback, md("x-tenant", "nobody"), "", codes.NotFound},
		{"suspended", "tcp", loopback, md("x-tenant", "cold"), "", codes.Unavailable},
		{"from elsewhere", "tcp", elsewhere, md("x-tenant", "bolt"), "", codes.NotFound},
		{"nobody is trusted", "tcp", nil, md("x-tenant", "bolt"), "", codes.NotFound},
		{"no address", "bufconn", loopback, md("x-tenant", "bolt"), "", codes.NotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dial := serve(t, c.network, tenantgrpc.ServerConfig{Registry: registry(t), Resolve: tenantgrpc.ByMetadata("x-tenant", c.trusted)})
			for kind, call := range calls {
				got, err := call(c.ctx, dial(""))
				require.Equal(t, c.want, got, kind)
				require.Equal(t, c.code, status.Code(err), "%s: %v", kind, err)
			}
		})
	}
}

func TestFromNetworks(t *testing.T) {
	t.Parallel()
	in := tenantgrpc.FromNetworks(netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32"))
	tcp := func(ip string) *peer.Peer { return &peer.Peer{Addr: &net.TCPAddr{IP: net.ParseIP(ip), Port: 1}} }
	require.True(t, in(tcp("10.1.2.3")))
	require.True(t, in(tcp("::ffff:10.1.2.3")))
	require.True(t, in(tcp("2001:db8::1")))
	require.False(t, in(tcp("11.0.0.1")))
	require.False(t, in(tcp("2001:db9::1")))
	require.False(t, in(&peer.Peer{Addr: &net.UnixAddr{Name: "10.1.2.3"}}))
	require.False(t, in(&peer.Peer{}))
	require.False(t, in(nil))
	require.False(t, tenantgrpc.FromNetworks()(tcp("10.1.2.3")))
}

func TestChains(t *testing.T) {
	t.Parallel()
	says := func(id tenant.ID, err error) tenantgrpc.Resolver {
		return func(context.Context, string) (tenant.ID, error) { return id, err }
	}
	claim := func(text string, found bool) tenantgrpc.Resolver {
		return tenantgrpc.ByClaim(func(context.Context) (string, bool) { return text, found })
	}
	down, none := errors.New("down"), says("", tenant.ErrNoAnswer)
	for name, c := range map[string]struct {
		resolve tenantgrpc.Resolver
		want    tenant.ID
		err     error
	}{
		"first answers":            {tenantgrpc.First(says("acme", nil), says("bolt", nil)), "acme", nil},
		"second answers":           {tenantgrpc.First(none, says("bolt", nil)), "bolt", nil},
		"first is malformed":       {tenantgrpc.First(says("", tenant.ErrBadHost), says("bolt", nil)), "", tenant.ErrBadHost},
		"first of none":            {tenantgrpc.First(), "", tenant.ErrNoAnswer},
		"all agree":                {tenantgrpc.Agree(says("acme", nil), none, says("acme", nil)), "acme", nil},
		"two disagree":             {tenantgrpc.Agree(says("acme", nil), says("bolt", nil)), "", tenantgrpc.ErrDisagree},
		"one of them fails":        {tenantgrpc.Agree(says("acme", nil), says("", down)), "", down},
		"nobody to agree":          {tenantgrpc.Agree(none, none), "", tenant.ErrNoAnswer},
		"a claim":                  {claim("acme", true), "acme", nil},
		"a malformed claim":        {claim("acme ", true), "", tenant.ErrInvalidID},
		"an empty claim":           {claim("", true), "", tenant.ErrInvalidID},
		"no claim":                 {claim("acme", false), "", tenant.ErrNoAnswer},
		"metadata without a call":  {tenantgrpc.ByMetadata("x", func(*peer.Peer) bool { return true }), "", tenant.ErrNoAnswer},
		"authority without a call": {tenantgrpc.ByAuthority(registry(t)), "", tenant.ErrBadHost},
	} {
		id, err := c.resolve(context.Background(), "/s/m")
		require.Equal(t, c.want, id, name)
		if c.err == nil {
			require.NoError(t, err, name)
		} else {
			require.ErrorIs(t, err, c.err, name)
		}
	}
}

// TestWhoMayEnter is the membership check.
func TestWhoMayEnter(t *testing.T) {
	t.Parallel()
	reg := registry(t)
	associated := func(_ context.Context, a tenant.Actor, id tenant.ID) (bool, error) {
		if a.ID == "unlucky" {
			return true, errors.New("the members' table is down")
		}
		return a.ID == "root" && id == "acme", nil
	}
	for name, c := range map[string]struct {
		actor   tenant.Actor
		err     error
		members func(context.Context, tenant.Actor, tenant.ID) (bool, error)
		require bool
		code    codes.Code
	}{
		"anonymous":                     {code: codes.OK},
		"anonymous where one is needed": {require: true, code: codes.Unauthenticated},
		"a member":                      {actor: tenant.Actor{ID: "ann", Tenant: "acme"}, require: true, code: codes.OK},
		"a member of another":           {actor: tenant.Actor{ID: "bob", Tenant: "bolt"}, members: associated, code: codes.PermissionDenied},
		"a global account":              {actor: tenant.Actor{ID: "root"}, members: associated, code: codes.OK},
		"a global account, unknown":     {actor: tenant.Actor{ID: "rob"}, members: associated, code: codes.PermissionDenied},
		"a global account, no members":  {actor: tenant.Actor{ID: "root"}, code: codes.PermissionDenied},
		"the check fails":               {actor: tenant.Actor{ID: "unlucky"}, members: associated, code: codes.Unavailable},
		"refused":                       {err: errors.New("token expired"), code: codes.Unauthenticated},
		"refused with another's error":  {err: tenant.ErrSuspended, code: codes.Unauthenticated},
		"half an actor":                 {actor: tenant.Actor{Tenant: "acme"}, code: codes.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dial := serve(t, "bufconn", tenantgrpc.ServerConfig{Registry: reg, Resolve: tenantgrpc.ByAuthority(reg),
				Members: c.members, RequireActor: c.require,
				Actor: func(ctx context.Context, _ string) (tenant.Actor, error) {
					if id, _ := tenant.IDFromContext(ctx); id != "acme" {
						t.Error("the tenant is not in the context yet")
					}
					return c.actor, c.err
				}})
			for kind, call := range calls {
				got, err := call(context.Background(), dial("acme.example.com"))
				require.Equal(t, c.code, status.Code(err), "%s: %v", kind, err)
				if c.code == codes.OK {
					require.Equal(t, "tenant acme "+c.actor.ID, got)
				} else {
					require.NotContains(t, err.Error(), "token")
					require.NotContains(t, err.Error(), "table")
				}
			}
		})
	}
}

func TestCentral(t *testing.T) {
	t.Parallel()
	reg := registry(t)
	dial := serve(t, "bufconn", tenantgrpc.ServerConfig{Registry: reg, Resolve: tenantgrpc.ByAuthority(reg),
		Central: tenantgrpc.Methods("/grpc.testing.TestService/EmptyCall")})
	_, err := dial("nobody.test").EmptyCall(context.Background(), &testpb.Empty{})
	require.Equal(t, "none  no actor", status.Convert(err).Message())
	_, err = calls["unary"](context.Background(), dial("nobody.test"))
	require.Equal(t, codes.NotFound, status.Code(err), "the other methods are not central")
}

// TestNotSetUp: what is not configured refuses.
func TestNotSetUp(t *testing.T) {
	t.Parallel()
	reg := registry(t)
	byHost := tenantgrpc.ByAuthority(reg)
	extend := func(f func(context.Context) context.Context) tenantgrpc.ServerConfig {
		return tenantgrpc.ServerConfig{Registry: reg, Resolve: byHost, Extend: f}
	}
	for name, cfg := range map[string]tenantgrpc.ServerConfig{
		"nothing":                       {},
		"no registry":                   {Resolve: byHost},
		"no resolver":                   {Registry: reg},
		"Extend changes the actor":      extend(func(ctx context.Context) context.Context { return tenant.WithActor(ctx, tenant.Actor{ID: "root"}) }),
		"Extend changes the tenant":     extend(func(ctx context.Context) context.Context { return tenant.Switch(ctx, "bolt", "a mistake") }),
		"Extend crosses":                extend(func(ctx context.Context) context.Context { return tenant.AcrossAll(ctx, "a mistake") }),
		"Extend loses everything":       extend(func(context.Context) context.Context { return context.Background() }),
		"Extend gives no context":       extend(func(context.Context) context.Context { return nil }),
		"a resolver in a contradiction": {Registry: reg, Resolve: func(context.Context, string) (tenant.ID, error) { return "", tenant.ErrTenantConflict }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dial := serve(t, "bufconn", cfg)
			for kind, call := range calls {
				_, err := call(context.Background(), dial("acme.example.com"))
				require.Equal(t, codes.Internal, status.Code(err), "%s: %v", kind, err)
				require.Equal(t, "internal error", status.Convert(err).Message())
			}
		})
	}
	handler := func(context.Context, any) (any, error) { return nil, errors.New("reached") }
	_, err := tenantgrpc.UnaryServerInterceptor(extend(nil))(tenant.WithID(context.Background(), "acme"), nil, &grpc.UnaryServerInfo{}, handler)
	require.Equal(t, codes.Internal, status.Code(err), "a second interceptor does not enter another tenant")
}

type failing struct{ tenant.Registry }

func (failing) ByID(context.Context, tenant.ID) (*tenant.Tenant, bool, error) {
	return nil, false, errors.New("dial tcp 10.0.0.7:5432: connection refused")
}

// another is a registry, or a cache before one, that gives the wrong tenant.
type another struct{ tenant.Registry }

func (another) ByID(context.Context, tenant.ID) (*tenant.Tenant, bool, error) {
	return &tenant.Tenant{ID: "bolt"}, true, nil
}

func TestBrokenRegistry(t *testing.T) {
	t.Parallel()
	for reg, code := range map[tenant.Registry]codes.Code{failing{}: codes.Unavailable, another{}: codes.NotFound} {
		dial := serve(t, "bufconn", tenantgrpc.ServerConfig{Registry: reg, Resolve: tenantgrpc.ByAuthority(registry(t))})
		for kind, call := range calls {
			_, err := call(context.Background(), dial("acme.example.com"))
			require.Equal(t, code, status.Code(err), "%s: %v", kind, err)
			require.False(t, strings.Contains(err.Error(), "10.0.0.7"), err.Error())
		}
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := tenantgrpc.UnaryServerInterceptor(tenantgrpc.ServerConfig{Registry: registry(t), Resolve: func(ctx context.Context, _ string) (tenant.ID, error) {
		return "", ctx.Err()
	}})(ended, nil, &grpc.UnaryServerInfo{}, nil)
	require.Equal(t, codes.Canceled, status.Code(err))
}
