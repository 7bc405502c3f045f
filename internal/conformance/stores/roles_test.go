package stores_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/context/ctxtreesql"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/rbac/rbacsql"
	"github.com/gotenancy/tenancy/rbac/rbactest"
	"github.com/gotenancy/tenancy/tenant/feed"
)

func TestRoles(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		rbactest.TestStore(t, func(t *testing.T) rbac.Store {
			return rbacsql.New(open(t, e, feed.Migrate, rbacsql.Migrate), e.Dialect)
		})
	})
}

// The recorded answers through the tree and the roles in SQL. Package rbac
// compares all scenarios on memory stores; a sample of them on each engine
// shows that the stores give back what was put in.
func TestRolesOracle(t *testing.T) {
	t.Parallel()
	const oneIn = 20
	levels, err := rbactest.OracleLevels()
	require.NoError(t, err)
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		rbactest.TestOracle(t, "../../../rbac/testdata/access-oracle.jsonl", oneIn, func(t *testing.T) rbactest.Stores {
			db := open(t, e, feed.Migrate, ctxtreesql.Migrate, rbacsql.Migrate)
			return rbactest.Stores{Tree: ctxtreesql.New(db, e.Dialect, levels), Roles: rbacsql.New(db, e.Dialect)}
		})
	})
}
