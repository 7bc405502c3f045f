package stores_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/tenantsql"
	"github.com/gotenancy/tenancy/tenant/tenanttest"
)

func TestRegistryNames(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		tenanttest.TestNames(t, func(t *testing.T) tenanttest.Writer {
			reg := tenantsql.NewRegistry(openScoped(t, e, tenantsql.Migrate), e.Dialect)
			return tenanttest.Writer{Create: reg.Create, Update: reg.Update}
		})
	})
}

// What was registered before there was a table of names is in it afterwards. A
// code that was another's id stays until its tenant is changed.
func TestRegistryNamesOfBefore(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		ctx := t.Context()
		_, db := e.NewDatabase(t)
		require.NoError(t, tenantsql.Migrate(ctx, db, e.Dialect))
		reg := tenantsql.NewRegistry(db, e.Dialect)
		require.NoError(t, reg.Create(ctx, tenant.Tenant{ID: "acme", Code: "Alpha"}))
		require.NoError(t, reg.Create(ctx, tenant.Tenant{ID: "bolt", Code: "beta"}))
		for _, stmt := range []string{
			`UPDATE tenancy_tenants SET code = 'acme', code_key = 'acme' WHERE id = 'bolt'`,
			`DROP TABLE tenancy_names`,
			`DELETE FROM tenancy_migrations WHERE version = 103`,
		} {
			_, err := db.ExecContext(ctx, stmt)
			require.NoError(t, err)
		}
		require.NoError(t, tenantsql.Migrate(ctx, db, e.Dialect))
		require.ErrorIs(t, reg.Create(ctx, tenant.Tenant{ID: "alpha"}), tenant.ErrTaken)
		require.ErrorIs(t, reg.Create(ctx, tenant.Tenant{ID: "new", Code: "bolt"}), tenant.ErrTaken)
		require.ErrorIs(t, reg.Update(ctx, tenant.Tenant{ID: "bolt", Code: "acme"}), tenant.ErrTaken)
		require.NoError(t, reg.Update(ctx, tenant.Tenant{ID: "bolt", Code: "bolt"}))
		require.NoError(t, reg.Delete(ctx, "acme"))
		require.NoError(t, reg.Create(ctx, tenant.Tenant{ID: "alpha", Code: "acme"}))
	})
}
