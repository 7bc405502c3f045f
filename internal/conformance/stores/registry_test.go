package stores_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/tenantsql"
	"github.com/gotenancy/tenancy/tenant/tenanttest"
)

func TestRegistry(t *testing.T) {
	t.Parallel()
	testRegistry(t, open)
}

func TestRegistryScoped(t *testing.T) {
	t.Parallel()
	testRegistry(t, openScoped)
}

func testRegistry(t *testing.T, open opener) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		tenanttest.TestRegistry(t, func(t *testing.T, tenants ...tenant.Tenant) tenant.Registry {
			reg := tenantsql.NewRegistry(open(t, e, tenantsql.Migrate), e.Dialect)
			for _, record := range tenants {
				require.NoError(t, reg.Create(context.Background(), record))
			}
			return reg
		})
	})
}
