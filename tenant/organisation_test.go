package tenant_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

func TestOrganisationCheck(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a", "MITx", "0", "a-b_c.d~e", strings.Repeat("x", 100)} {
		require.True(t, tenant.ValidOrganisationName(name), name)
		require.NoError(t, tenant.Organisation{ShortName: name, Tenant: "acme"}.Check())
	}
	for _, name := range []string{"", "-a", ".a", "a b", "a/b", "a+b", "a\x00", "é", "\u212a", "a%", strings.Repeat("x", 101)} {
		require.False(t, tenant.ValidOrganisationName(name), name)
		require.ErrorContains(t, tenant.Organisation{ShortName: name, Tenant: "acme"}.Check(), "short name")
	}
	require.ErrorIs(t, tenant.Organisation{ShortName: "a"}.Check(), tenant.ErrInvalidID)
	require.ErrorIs(t, tenant.Organisation{ShortName: "a", Tenant: "No"}.Check(), tenant.ErrInvalidID)
}
