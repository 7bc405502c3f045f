package stores_test

import (
	"context"
	"database/sql"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/context/ctxtreesql"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/rbac/rbacsql"
	"github.com/gotenancy/tenancy/rbac/rbactest"
	"github.com/gotenancy/tenancy/tenant"
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
// shows that the stores give back what was put in, and that predicates select
// what was recorded. With TENANCY_FULL set it is all of them.
func TestRolesOracle(t *testing.T) {
	t.Parallel()
	oneIn := 20
	if os.Getenv("TENANCY_FULL") != "" {
		oneIn = 1
	}
	levels, err := rbactest.OracleLevels()
	require.NoError(t, err)
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		rbactest.TestOracle(t, "../../../rbac/testdata/access-oracle.jsonl", oneIn, func(t *testing.T) rbactest.Stores {
			db := open(t, e, feed.Migrate, ctxtreesql.Migrate, rbacsql.Migrate)
			return rbactest.Stores{
				Tree: ctxtreesql.New(db, e.Dialect, levels), Roles: rbacsql.New(db, e.Dialect),
				Questions: func(c *rbac.Checker) rbactest.Questions {
					return rbactest.Questions{Filter: c.Filter, WhereCan: c.WhereCan, Predicate: selected(db, e.Dialect, c)}
				},
			}
		})
	})
}

// selected returns the nodes that a predicate lets through in the tree's own
// table.
func selected(db *sql.DB, dialect tenant.Dialect, c *rbac.Checker) func(context.Context, string) ([]int64, error) {
	return func(ctx context.Context, capability string) ([]int64, error) {
		p, err := c.Predicate(ctx, capability, rbac.Columns{Dialect: dialect, Tenant: "n.tenant_id", Path: "n.path", ID: "n.id"})
		if err != nil {
			return nil, err
		}
		if dialect == tenant.Postgres {
			p = p.Numbered(1)
		}
		rows, err := db.QueryContext(ctx, `SELECT n.id FROM tenancy_nodes n WHERE `+p.SQL, p.Args...)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		var ids []int64
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				return nil, err
			}
			ids = append(ids, id)
		}
		return ids, rows.Err()
	}
}
