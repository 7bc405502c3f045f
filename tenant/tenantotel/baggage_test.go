package tenantotel_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/tenantotel"
)

func withBaggage(t testing.TB, ctx context.Context, text string) context.Context {
	t.Helper()
	bag, err := baggage.Parse(text)
	require.NoError(t, err)
	return baggage.ContextWithBaggage(ctx, bag)
}

// injected returns the members that go out, by name.
func injected(t testing.TB, ctx context.Context) map[string]string {
	t.Helper()
	headers := http.Header{}
	tenantotel.Baggage{}.Inject(ctx, propagation.HeaderCarrier(headers))
	bag, err := baggage.Parse(headers.Get("baggage"))
	require.NoError(t, err)
	out := map[string]string{}
	for _, m := range bag.Members() {
		out[m.Key()] = m.Value()
	}
	return out
}

// TestBaggageOut: what goes out is the tenant of the context, and never one
// that came in.
func TestBaggageOut(t *testing.T) {
	t.Parallel()
	for name, c := range starts {
		want := map[string]string{"user": "7"}
		if id, ok := tenant.IDFromContext(c.ctx); ok {
			want["tenancy.tenant.id"] = string(id)
		}
		require.Equal(t, want, injected(t, withBaggage(t, c.ctx, "user=7,tenancy.tenant.id=forged")), name)
	}
	require.Equal(t, map[string]string{"tenancy.tenant.id": "acme"}, injected(t, starts["tenant"].ctx))
	require.Empty(t, injected(t, context.Background()))
	require.Equal(t, []string{"baggage"}, tenantotel.Baggage{}.Fields())
}

// TestBaggageIn: it decides nothing. A stranger's is not even kept.
func TestBaggageIn(t *testing.T) {
	t.Parallel()
	for name, c := range starts {
		for _, text := range []string{"user=7,tenancy.tenant.id=bolt", "tenancy.tenant.id=bolt;p=1,user=7", "user=7,tenancy.tenant.id=No", "user=7,tenancy.tenant.id="} {
			for _, trusted := range []bool{false, true} {
				b := tenantotel.Baggage{Trusted: trusted}
				ctx := b.Extract(c.ctx, propagation.MapCarrier{"baggage": text})
				require.Equal(t, tenant.ModeOf(c.ctx), tenant.ModeOf(ctx), name)
				require.Equal(t, tenant.Err(c.ctx), tenant.Err(ctx), name)
				was, _ := tenant.IDFromContext(c.ctx)
				is, _ := tenant.IDFromContext(ctx)
				require.Equal(t, was, is, name)
				require.Equal(t, "7", baggage.FromContext(ctx).Member("user").Value(), "the rest stays")
				id, ok := tenantotel.Hint(ctx)
				if !trusted || !strings.Contains(text, "bolt") {
					require.False(t, ok, text)
					require.Empty(t, baggage.FromContext(ctx).Member("tenancy.tenant.id").Key(), "not passed on either")
				} else {
					require.True(t, ok)
					require.Equal(t, "bolt", id)
				}
			}
		}
	}
}

func TestBaggageThatIsMalformedOrFull(t *testing.T) {
	t.Parallel()
	ctx := tenantotel.Baggage{}.Extract(context.Background(), propagation.MapCarrier{"baggage": "tenancy.tenant.id=bolt,,\x00"})
	_, ok := tenantotel.Hint(ctx)
	require.False(t, ok)

	for n, length := range map[int]int{64: 1, 8: 1017} {
		var members []string
		for i := range n {
			members = append(members, fmt.Sprintf("k%02d=%s", i, strings.Repeat("v", length)))
		}
		out := injected(t, withBaggage(t, starts["tenant"].ctx, strings.Join(members, ",")))
		require.Len(t, out, n, "none of the application's own is lost for ours")
		require.NotContains(t, out, "tenancy.tenant.id")
		out = injected(t, withBaggage(t, starts["tenant"].ctx, strings.Join(members[1:], ",")))
		require.Len(t, out, n)
		require.Equal(t, "acme", out["tenancy.tenant.id"])
	}
}

// TestBaggageThroughAComposite: as an application sets it up, over HTTP headers.
func TestBaggageThroughAComposite(t *testing.T) {
	t.Parallel()
	p := propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, tenantotel.Baggage{Trusted: true})
	headers := http.Header{}
	p.Inject(starts["tenant"].ctx, propagation.HeaderCarrier(headers))
	ctx := p.Extract(context.Background(), propagation.HeaderCarrier(headers))
	id, ok := tenantotel.Hint(ctx)
	require.True(t, ok)
	require.Equal(t, "acme", id)
	require.Equal(t, tenant.ModeNone, tenant.ModeOf(ctx))
}

// FuzzBaggage: no text changes whom a context is for, or panics.
func FuzzBaggage(f *testing.F) {
	f.Add("tenancy.tenant.id=bolt")
	f.Add("a=b;c=d,tenancy.tenant.id=%62olt")
	f.Fuzz(func(t *testing.T, text string) {
		for _, trusted := range []bool{false, true} {
			ctx := tenantotel.Baggage{Trusted: trusted}.Extract(starts["tenant"].ctx, propagation.MapCarrier{"baggage": text})
			id, _ := tenant.IDFromContext(ctx)
			require.Equal(t, tenant.ID("acme"), id)
			require.Equal(t, "acme", injected(t, ctx)["tenancy.tenant.id"])
			if hint, ok := tenantotel.Hint(ctx); ok {
				require.True(t, trusted)
				require.True(t, tenant.ID(hint).Valid())
			}
		}
	})
}
