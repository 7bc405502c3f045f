package tenant_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

func jobs(t *testing.T) *tenant.Codec {
	t.Helper()
	codec, err := tenant.NewSignedCodec(tenant.CodecConfig{Audience: "jobs", MaxAge: time.Minute, Actor: true,
		Keys: []tenant.SigningKey{{ID: "k", Secret: []byte("0123456789abcdef0123456789abcdef")}}})
	require.NoError(t, err)
	return codec
}

// A visitor of the default tenant, whose request only reads, can not have a
// worker write for it.
func TestCodecReadOnly(t *testing.T) {
	t.Parallel()
	headers := tenant.MapCarrier{}
	err := jobs(t).Inject(tenant.ReadOnly(tenant.WithID(context.Background(), "acme")), headers)
	require.ErrorIs(t, err, tenant.ErrReadOnly)
	require.Empty(t, headers)
}

// A worker that reads the next message into the context of the last one does not
// work it as the last one's actor.
func TestCodecForgetsTheActor(t *testing.T) {
	t.Parallel()
	reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme"})
	require.NoError(t, err)
	acme := tenant.WithID(context.Background(), "acme")
	first, second := tenant.MapCarrier{}, tenant.MapCarrier{}
	require.NoError(t, jobs(t).Inject(tenant.WithActor(acme, tenant.Actor{ID: "boss", Tenant: "acme"}), first))
	require.NoError(t, jobs(t).Inject(acme, second))
	ctx, err := jobs(t).Extract(context.Background(), first, reg)
	require.NoError(t, err)
	boss, _ := tenant.ActorFromContext(ctx)
	require.Equal(t, "boss", boss.ID)
	ctx, err = jobs(t).Extract(ctx, second, reg)
	require.NoError(t, err)
	_, known := tenant.ActorFromContext(ctx)
	require.False(t, known)
}
