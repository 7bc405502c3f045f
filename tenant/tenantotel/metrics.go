package tenantotel

import (
	"context"

	"go.opentelemetry.io/otel/attribute"

	"github.com/gotenancy/tenancy/tenant"
)

// Metrics makes the attributes of measurements. The zero value names no tenant:
// each combination of attributes is a time series of its own, kept in memory
// here and paid for there, and there may be a million tenants.
//
//	counter.Add(ctx, 1, metric.WithAttributeSet(labels.Attributes(ctx)))
type Metrics struct {
	// Named are the tenants that have series of their own: the few whose
	// service level is agreed. All others count as [OtherTenants] then.
	Named []tenant.ID
}

// OtherTenants is the value of [TenantIDKey] for tenants that a [Metrics] with
// names does not name. No tenant has this id.
const OtherTenants = "(other)"

// Attributes returns the mode of ctx, and the tenant where it is one of Named.
// It has at most len(Named)+7 different results.
func (m Metrics) Attributes(ctx context.Context) attribute.Set {
	mode := ModeKey.String(tenant.ModeOf(ctx).String())
	id, ok := tenant.IDFromContext(ctx)
	if !ok || len(m.Named) == 0 {
		return attribute.NewSet(mode)
	}
	for _, named := range m.Named {
		if named == id {
			return attribute.NewSet(mode, TenantIDKey.String(string(id)))
		}
	}
	return attribute.NewSet(mode, TenantIDKey.String(OtherTenants))
}
