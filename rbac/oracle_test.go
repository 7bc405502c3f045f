package rbac_test

import (
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/rbac/rbactest"
	"github.com/gotenancy/tenancy/tenant"
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
	rbactest.TestOracle(t, path, 1, func(t *testing.T) rbactest.Stores {
		tree, roles := ctxtree.NewMemory(levels), rbac.NewMemory()
		return rbactest.Stores{
			Tree: tree, Roles: roles,
			Define:    func(ctx context.Context, r rbactest.RoleRules) error { return define(ctx, roles, r) },
			Questions: func(c *rbac.Checker) rbactest.Questions { return everyForm(t, c, tree) },
		}
	})
}

// define stores who manages which roles.
func define(ctx context.Context, store rbac.Store, r rbactest.RoleRules) error {
	for kind, pairs := range map[rbac.PairKind][][2]rbac.RoleID{
		rbac.PairAssign: r.Assign, rbac.PairOverride: r.Override, rbac.PairSwitch: r.Switch, rbac.PairView: r.View,
	} {
		for _, p := range pairs {
			if err := store.SetPair(ctx, rbac.Pair{Kind: kind, Role: p[0], Target: p[1]}, true); err != nil {
				return err
			}
		}
	}
	for name, levels := range r.Levels {
		if _, err := store.DefineRole(ctx, rbac.Role{Name: name, Levels: levels}); err != nil {
			return err
		}
	}
	return nil
}

// everyForm are the forms of the checker and those of a manager over it.
func everyForm(t *testing.T, c *rbac.Checker, tree ctxtree.Store) rbactest.Questions {
	manager, err := rbac.NewManager(rbac.ManagerConfig{
		Checker: c,
		Asks:    rbac.Asks{Assign: "assign", Override: "override", SafeOverride: "safeoverride", Switch: "switchroles"},
		Tree:    func(tenant.DBTX) ctxtree.Store { return tree },
		Homes: func(context.Context, tenant.DBTX, []string) (map[string]tenant.ID, error) {
			return nil, nil
		},
	})
	require.NoError(t, err)
	lists := map[string]func(context.Context, int64) ([]rbac.Role, error){
		"assignable": manager.Assignable, "overridable": manager.Overridable, "switchable": manager.Switchable, "viewable": manager.Viewable,
	}
	return rbactest.Questions{
		Filter: c.Filter, Capabilities: c.Capabilities, WhereCan: c.WhereCan,
		WhoCan: func(ctx context.Context, node int64, capabilities ...string) (bool, []string, []string, error) {
			who, err := c.WhoCan(ctx, node, capabilities...)
			return who.Everybody, who.Users, who.Except, err
		},
		RoleList: func(ctx context.Context, kind string, node int64) (ids []rbac.RoleID, err error) {
			roles, err := lists[kind](ctx, node)
			for _, r := range roles {
				ids = append(ids, r.ID)
			}
			return ids, err
		},
	}
}
