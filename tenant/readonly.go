package tenant

import (
	"context"

	"github.com/gotenancy/tenancy/internal/carry"
)

// ReadOnly returns ctx, which must be in tenant mode, such that nothing is
// written through it: package scope refuses every statement that is no query,
// those of this module's own stores included, and config, ctxtree and rbac
// refuse their writes, with an error that is [ErrReadOnly].
//
// The middleware makes the requests of anonymous visitors in the default tenant
// so, see [MiddlewareConfig].Default. What is derived from ctx stays read-only.
// It ends only where the context crosses into another mode or tenant with a
// reason ([Switch], [Across], [AcrossAll]): a sign-up page has to write
// somewhere.
//
// A function that a query calls and that writes by itself is not noticed: the
// policy declares functions that do as what they are. In another mode the
// result is a context that refuses with [ErrNoTenant].
func ReadOnly(ctx context.Context) context.Context {
	v := *carry.From(ctx)
	switch {
	case v.Mode == carry.Refused || v.ReadOnly:
		return ctx
	case v.Mode != carry.Tenant:
		return refuse(ctx, ErrNoTenant)
	}
	v.ReadOnly = true
	return carry.With(ctx, &v)
}

// IsReadOnly reports whether writes through ctx are refused, see [ReadOnly].
func IsReadOnly(ctx context.Context) bool { return carry.From(ctx).ReadOnly }
