package app

import (
	"context"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// endSessions is the hook that ends the sessions of an account that was
// suspended, moved or given a new password, or of all who are on a site that is
// switched off. If the change is undone afterwards, somebody has to sign in again.
func (a *App) endSessions(ctx context.Context, _ tenant.DBTX, ev tenant.Event) error {
	if ev.Kind != member.SessionsEnd {
		return nil
	}
	return a.Sessions.Iterate(ctx, func(ctx context.Context) error {
		concerned := a.Sessions.GetString(ctx, member.SessionAccount) == ev.Object
		if ev.Object == "" {
			concerned = a.Sessions.GetString(ctx, tenant.SessionTenant) == string(ev.Tenant)
		}
		if !concerned {
			return nil
		}
		return a.Sessions.Destroy(ctx)
	})
}
