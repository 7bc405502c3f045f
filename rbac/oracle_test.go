package rbac_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/rbac/rbactest"
)

// TestOracle compares us with the recorded answers of a running Moodle. A
// longer recording is named by TENANCY_ACCESS_ORACLE.
func TestOracle(t *testing.T) {
	t.Parallel()
	path := "testdata/access-oracle.jsonl"
	if other := os.Getenv("TENANCY_ACCESS_ORACLE"); other != "" {
		path = other
	}
	levels, err := rbactest.OracleLevels()
	require.NoError(t, err)
	rbactest.TestOracle(t, path, 1, func(*testing.T) rbactest.Stores {
		return rbactest.Stores{Tree: ctxtree.NewMemory(levels), Roles: rbac.NewMemory()}
	})
}
