package tenantotel

import (
	"context"

	"go.opentelemetry.io/otel/attribute"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// The attributes of spans, metrics and baggage. tenant.NewLogHandler uses the
// same names.
const (
	TenantIDKey = attribute.Key("tenancy.tenant.id") // the tenant, in tenant mode
	ModeKey     = attribute.Key("tenancy.mode")      // the name of the mode, but for mode none
	ActorIDKey  = attribute.Key("tenancy.actor.id")  // the account that is signed in
	ReasonKey   = attribute.Key("tenancy.reason")    // why, in a crossing and after a Switch
)

// Options say what spans tell of a context. The zero value tells of tenant, mode
// and reason.
type Options struct {
	// Actor adds the account's id, which is personal data in most countries.
	Actor bool
}

// Attributes returns what a span should say of ctx: nothing in mode none. Across
// several tenants it says so and why, and lists none.
func Attributes(ctx context.Context, opts Options) []attribute.KeyValue {
	v := carry.From(ctx)
	if v.Mode == carry.None {
		return nil
	}
	out := make([]attribute.KeyValue, 0, 4)
	out = append(out, ModeKey.String(tenant.ModeOf(ctx).String()))
	if id, ok := tenant.IDFromContext(ctx); ok {
		out = append(out, TenantIDKey.String(string(id)))
	}
	if a, ok := tenant.ActorFromContext(ctx); ok && opts.Actor && !a.Anonymous() {
		out = append(out, ActorIDKey.String(a.ID))
	}
	if v.Reason != "" {
		out = append(out, ReasonKey.String(v.Reason))
	}
	return out
}
