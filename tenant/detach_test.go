package tenant_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

type traceKey struct{}

func TestDetachKeepsEverythingButTheEnd(t *testing.T) {
	t.Parallel()
	for start, from := range starts {
		ctx := context.WithValue(from(), traceKey{}, "trace")
		ctx = tenant.WithActor(ctx, tenant.Actor{ID: "ann"})
		ctx, cancel := context.WithDeadline(ctx, time.Unix(1, 0)) // long over
		cancel()
		require.Error(t, ctx.Err())

		detached := tenant.Detach(ctx)
		require.NoError(t, detached.Err(), start)
		require.Nil(t, detached.Done(), start)
		_, ok := detached.Deadline()
		require.False(t, ok, start)
		require.Equal(t, carry.From(ctx), carry.From(detached), start)
		require.Equal(t, tenant.Err(ctx), tenant.Err(detached), start)
		require.Equal(t, "trace", detached.Value(traceKey{}), start)
	}
}

func TestDetachKeepsTheSettingsAndTheRecord(t *testing.T) {
	t.Parallel()
	acme := &tenant.Tenant{ID: "acme"}
	ctx := tenant.NewContext(context.Background(), acme)
	v := *carry.From(ctx)
	v.Config = "resolver"
	detached := tenant.Detach(carry.With(ctx, &v))
	require.Equal(t, "resolver", carry.From(detached).Config)
	got, ok := tenant.FromContext(detached)
	require.True(t, ok)
	require.Same(t, acme, got)
}

func TestDetachDropsTheStoresMark(t *testing.T) {
	t.Parallel()
	ctx := carry.Library(tenant.WithID(context.Background(), "acme"))
	detached := tenant.Detach(ctx)
	require.False(t, carry.From(detached).Library)
	require.True(t, carry.From(ctx).Library, "the caller's stays")
	id, _ := tenant.IDFromContext(detached)
	require.Equal(t, tenant.ID("acme"), id)
}
