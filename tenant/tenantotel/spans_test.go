package tenantotel_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/tenantotel"
)

// starts are contexts in every mode, with what a span says of them.
var starts = map[string]struct {
	ctx  context.Context
	want map[attribute.Key]string
}{
	"none":   {context.Background(), map[attribute.Key]string{}},
	"tenant": {tenant.WithID(context.Background(), "acme"), map[attribute.Key]string{"tenancy.mode": "tenant", "tenancy.tenant.id": "acme"}},
	"switch": {tenant.Switch(context.Background(), "bolt", "support"),
		map[attribute.Key]string{"tenancy.mode": "tenant", "tenancy.tenant.id": "bolt", "tenancy.reason": "support"}},
	"global": {tenant.Global(context.Background()), map[attribute.Key]string{"tenancy.mode": "global"}},
	"across": {tenant.Across(context.Background(), "report", "acme", "bolt"),
		map[attribute.Key]string{"tenancy.mode": "across", "tenancy.reason": "report"}},
	"across-all": {tenant.AcrossAll(context.Background(), "migration"),
		map[attribute.Key]string{"tenancy.mode": "across-all", "tenancy.reason": "migration"}},
	"refused": {tenant.WithID(context.Background(), "No"), map[attribute.Key]string{"tenancy.mode": "refused"}},
}

func recorder(t *testing.T, opts tenantotel.Options) (trace.Tracer, *tracetest.SpanRecorder) {
	t.Helper()
	ended := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(tenantotel.NewSpanProcessor(opts)), sdktrace.WithSpanProcessor(ended))
	t.Cleanup(func() {
		require.NoError(t, provider.ForceFlush(context.Background()))
		require.NoError(t, provider.Shutdown(context.Background()))
	})
	return provider.Tracer("test"), ended
}

func attributes(span sdktrace.ReadOnlySpan) map[attribute.Key]string {
	out := map[attribute.Key]string{}
	for _, kv := range span.Attributes() {
		out[kv.Key] = kv.Value.AsString()
	}
	return out
}

func TestSpans(t *testing.T) {
	t.Parallel()
	for name, c := range starts {
		tracer, ended := recorder(t, tenantotel.Options{})
		ctx := tenant.WithActor(c.ctx, tenant.Actor{ID: "ann"})
		ctx, outer := tracer.Start(ctx, "outer")
		_, inner := tracer.Start(ctx, "inner")
		inner.End()
		outer.End()
		require.Len(t, ended.Ended(), 2)
		for _, span := range ended.Ended() {
			require.Equal(t, c.want, attributes(span), name)
		}
	}
}

func TestSpansWithActor(t *testing.T) {
	t.Parallel()
	tracer, ended := recorder(t, tenantotel.Options{Actor: true})
	_, span := tracer.Start(tenant.WithActor(starts["tenant"].ctx, tenant.Actor{ID: "ann"}), "x")
	span.End()
	_, span = tracer.Start(tenant.WithActor(starts["tenant"].ctx, tenant.Actor{}), "x")
	span.End()
	require.Equal(t, "ann", attributes(ended.Ended()[0])["tenancy.actor.id"])
	require.NotContains(t, attributes(ended.Ended()[1]), tenantotel.ActorIDKey, "anonymous")
}

// TestSpanNamesItsOwnTenant: an attribute given at the start does not stand.
func TestSpanNamesItsOwnTenant(t *testing.T) {
	t.Parallel()
	tracer, ended := recorder(t, tenantotel.Options{})
	_, span := tracer.Start(starts["tenant"].ctx, "x", trace.WithAttributes(tenantotel.TenantIDKey.String("bolt")))
	span.End()
	require.Equal(t, starts["tenant"].want, attributes(ended.Ended()[0]))
}

// TestStamp: the span of a server begins before its tenant is known.
func TestStamp(t *testing.T) {
	t.Parallel()
	tracer, ended := recorder(t, tenantotel.Options{})
	ctx, span := tracer.Start(context.Background(), "GET /")
	tenantotel.Stamp(tenant.WithID(ctx, "acme"), tenantotel.Options{})
	span.End()
	require.Equal(t, starts["tenant"].want, attributes(ended.Ended()[0]))
	require.NotPanics(t, func() { tenantotel.Stamp(starts["tenant"].ctx, tenantotel.Options{}) }, "no span")
}
