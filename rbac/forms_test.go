package rbac_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/rbac/rbactest"
)

// randomStores are those of a random world, in memory.
func randomStores(t *testing.T) rbactest.Stores {
	levels, err := rbactest.RandomLevels()
	require.NoError(t, err)
	return rbactest.Stores{Tree: ctxtree.NewMemory(levels), Roles: rbac.NewMemory()}
}

func TestEveryForm(t *testing.T) {
	t.Parallel()
	rbactest.TestEveryForm(t, 6, randomStores)
}
