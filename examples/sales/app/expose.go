package app

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// Expose opens one more handle, for one consumer to which the named tables show
// the rows of all tenants with the tenant beside each. It reads them and writes
// nothing in them, every other table is to it what it is to the application, and
// each statement that crosses is recorded with the reason. The caller closes it.
func (a *App) Expose(ctx context.Context, e scope.Exposed) (*sqlx.DB, error) {
	p := Policy(Modules(tenant.PerTenant))
	p.Exposed = &e
	return a.DB.Another(ctx, p, scope.OnCrossing(a.crossings.note))
}
