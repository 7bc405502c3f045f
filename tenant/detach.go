package tenant

import (
	"context"

	"github.com/gotenancy/tenancy/internal/carry"
)

// Detach returns ctx for work that outlives the request: a goroutine, a job in
// this process, what a connection does after it was upgraded to a WebSocket.
// Tenant, mode, actor, reason, settings and all that limits the request stay; the cancellation and the
// deadline of ctx are gone. Without it such work either dies with the request
// or runs on context.Background(), where every package of this module refuses.
//
//	go func(ctx context.Context) { sendInvoice(ctx, id) }(tenant.Detach(r.Context()))
//
// Nothing stops a detached context: put a deadline of your own on it
// (context.WithTimeout), and give the goroutine an end.
//
// All other values of ctx stay too, as in context.WithoutCancel, so that traces
// and loggers follow; their keys are known to their packages only, and we can
// not tell good ones from bad ones. Beware of what a library takes back when
// the handler returns: chi's route context and gin's Context come from a pool
// and hold the next request's parameters then, and an open transaction is
// finished. Read what is needed of them before the goroutine starts.
//
// The tenant's record is the one the request saw. Work that runs for long asks
// the registry again whether the tenant is still active.
func Detach(ctx context.Context) context.Context {
	ctx = context.WithoutCancel(ctx)
	if v := carry.From(ctx); v.Library {
		// The mark is for one statement of a store, not for what comes later.
		plain := *v
		plain.Library = false
		return carry.With(ctx, &plain)
	}
	return ctx
}
