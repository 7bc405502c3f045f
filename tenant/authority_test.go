package tenant_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// separate returns the context of a request to acme in an installation whose
// tenants are separate.
func separate(t *testing.T) context.Context {
	t.Helper()
	reg := site(t)
	var ctx context.Context
	h := tenant.Middleware(tenant.MiddlewareConfig{Registry: reg, Resolve: tenant.ByHost(reg), Tenancy: tenant.TenancySeparate})(
		http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { ctx = r.Context() }))
	require.Equal(t, 200, serve(h, request("acme.example.com")).Code)
	require.ErrorIs(t, tenant.Err(tenant.Switch(ctx, "bolt", "test")), tenant.ErrSeparate)
	return ctx
}

// TestCodecKeepsSeparate: the worker of a message may not switch where the
// request that wrote it might not, and a message without that bound lifts none.
func TestCodecKeepsSeparate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]*tenant.Codec{
		"signed": signedCodec(t, codecConfig("k1")), "unsigned": unsignedCodec(t, codecConfig()),
	} {
		text := encode(t, c, separate(t))
		require.Equal(t, "b", strings.Split(text, ":")[3], name)
		got, err := c.Decode(context.Background(), text, site(t), nil)
		require.NoError(t, err, name)
		require.ErrorIs(t, tenant.Err(tenant.Switch(got, "bolt", "test")), tenant.ErrSeparate, name)
		require.NoError(t, tenant.Err(tenant.Switch(got, "acme", "test")), name)
		require.Equal(t, text, encode(t, c, got), name)

		free := encode(t, c, starts["tenant"]())
		got, err = c.Decode(context.Background(), free, site(t), nil)
		require.NoError(t, err, name)
		require.NoError(t, tenant.Err(tenant.Switch(got, "bolt", "test")), name)
		got, err = c.Decode(tenant.Detach(separate(t)), free, site(t), nil)
		require.NoError(t, err, name)
		require.ErrorIs(t, tenant.Err(tenant.Switch(got, "bolt", "test")), tenant.ErrSeparate, name)
	}
	_, err := unsignedCodec(t, codecConfig()).Decode(context.Background(), "1:jobs:1772366400:b::-::::", site(t), nil)
	require.ErrorIs(t, err, tenant.ErrMessageMalformed)
}

// TestCodecRefusesAnActorWithBounds: the reader would ask the actor's own
// rights. Without the actor nothing is claimed, and the message is written.
func TestCodecRefusesAnActorWithBounds(t *testing.T) {
	t.Parallel()
	root := tenant.WithActor(starts["tenant"](), tenant.Actor{ID: "root"})
	limited := carry.WithLimit(root, true)
	bare := codecConfig("k1")
	bare.Actor = false
	for name, ctx := range map[string]context.Context{
		"itself": limited, "detached": tenant.Detach(limited), "switched": tenant.Switch(limited, "bolt", "test"),
		"another actor": tenant.WithActor(limited, tenant.Actor{ID: "boss"}),
	} {
		headers := tenant.MapCarrier{}
		require.ErrorIs(t, signedCodec(t, codecConfig("k1")).Inject(ctx, headers), tenant.ErrMessageLimited, name)
		require.ErrorIs(t, unsignedCodec(t, codecConfig()).Inject(ctx, headers), tenant.ErrMessageLimited, name)
		require.Empty(t, headers, name)
		require.NoError(t, signedCodec(t, bare).Inject(ctx, headers), name)
	}
	for name, ctx := range map[string]context.Context{
		"never": root, "no more": carry.WithLimit(limited, false), "no actor": carry.WithLimit(starts["tenant"](), true),
	} {
		require.NoError(t, signedCodec(t, codecConfig("k1")).Inject(ctx, tenant.MapCarrier{}), name)
	}
}

// TestEachKeepsBounds: what may not be switched away from may not be after a
// round through the tenants, and the actor's bounds go along.
func TestEachKeepsBounds(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	visited := 0
	ctx := carry.WithLimit(tenant.AcrossAll(separate(t), "test"), true)
	require.NoError(t, tenant.Each(ctx, site(t), func(ctx context.Context, one *tenant.Tenant) error {
		mu.Lock()
		defer mu.Unlock()
		visited++
		require.True(t, carry.Limited(ctx))
		other := tenant.ID("acme")
		if one.ID == other {
			other = "bolt"
		}
		require.ErrorIs(t, tenant.Err(tenant.Switch(ctx, other, "test")), tenant.ErrSeparate)
		return nil
	}, tenant.EachOptions{}))
	require.Positive(t, visited)
}
