package rbac_test

import (
	"testing"

	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/rbac/rbactest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	rbactest.TestStore(t, func(*testing.T) rbac.Store { return rbac.NewMemory() })
}
