package tenantotel

import (
	"context"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"

	"github.com/gotenancy/tenancy/tenant"
)

// Baggage is a propagation.TextMapPropagator for W3C baggage, in the place of
// propagation.Baggage, which it contains. Going out, it puts the tenant of the
// context in under [TenantIDKey], so that services which know nothing of tenants
// can stamp what they report; one that stood there before is replaced, or taken
// out where the context has no one tenant. Whoever is called learns the id: do
// not send baggage to strangers.
//
// Coming in, the member is taken out, unless Trusted: anybody can send baggage.
// In neither case does it put a context into tenant mode; see [Hint].
type Baggage struct {
	// Trusted keeps the tenant that came in. It is for listeners that only the
	// application's own services can reach.
	Trusted bool
}

// Inject implements propagation.TextMapPropagator.
func (b Baggage) Inject(ctx context.Context, to propagation.TextMapCarrier) {
	bag := baggage.FromContext(ctx).DeleteMember(string(TenantIDKey))
	if id, ok := tenant.IDFromContext(ctx); ok {
		bag = add(bag, string(id))
	}
	propagation.Baggage{}.Inject(baggage.ContextWithBaggage(ctx, bag), to)
}

// What a baggage header may hold (W3C Baggage, section 3.3.2). Readers drop
// members of a longer one, and not always the last.
const (
	maxMembers = 64
	maxBytes   = 8192
)

// add returns the bag with the tenant, or as it is where it is full: the other
// members matter to somebody, and nothing depends on ours.
func add(bag baggage.Baggage, id string) baggage.Baggage {
	m, err := baggage.NewMemberRaw(string(TenantIDKey), id)
	if err != nil || bag.Len() >= maxMembers {
		return bag
	}
	with, err := bag.SetMember(m)
	if err != nil || len(with.String()) > maxBytes {
		return bag
	}
	return with
}

// Extract implements propagation.TextMapPropagator.
func (b Baggage) Extract(ctx context.Context, from propagation.TextMapCarrier) context.Context {
	ctx = propagation.Baggage{}.Extract(ctx, from)
	if _, ok := hint(ctx); ok && b.Trusted {
		return ctx
	}
	bag := baggage.FromContext(ctx)
	if bag.Member(string(TenantIDKey)).Key() == "" {
		return ctx
	}
	return baggage.ContextWithBaggage(ctx, bag.DeleteMember(string(TenantIDKey)))
}

// Fields implements propagation.TextMapPropagator.
func (b Baggage) Fields() []string { return propagation.Baggage{}.Fields() }

// Hint returns the tenant that the baggage of ctx names, for the attributes of a
// program that reports and decides nothing. It is what somebody said, not whom
// the request is for, and deliberately no tenant.ID.
func Hint(ctx context.Context) (id string, ok bool) { return hint(ctx) }

func hint(ctx context.Context) (string, bool) {
	value := baggage.FromContext(ctx).Member(string(TenantIDKey)).Value()
	return value, tenant.ID(value).Valid()
}
