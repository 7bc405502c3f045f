package access_test

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/rbac/rbactest"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// stores are those of a world, in memory.
func stores(t *testing.T) rbactest.Stores {
	t.Helper()
	levels, err := rbactest.RandomLevels()
	require.NoError(t, err)
	return rbactest.Stores{Tree: ctxtree.NewMemory(levels), Roles: rbac.NewMemory()}
}

// database is an application's own: a table with a row for each node, in which
// the tenant of those without one is empty, and one in which it is NULL.
type database struct {
	engines.Engine
	bare   *sql.DB
	scoped *sql.DB
}

// The columns are as careless as an application's may be, where the engine
// lets it: with collations that ignore case and accents, or have another order.
var careless = map[tenant.Dialect]string{
	tenant.Postgres: `VARCHAR(600) COLLATE "en-x-icu"`,
	tenant.MySQL:    `VARCHAR(600) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`,
	tenant.SQLite:   `VARCHAR(600) COLLATE NOCASE`,
}

func open(t *testing.T, e engines.Engine) *database {
	t.Helper()
	dsn, bare := e.NewDatabase(t)
	text := careless[e.Dialect]
	for _, table := range []string{
		`CREATE TABLE docs (node_id BIGINT NOT NULL, tenant_id ` + text + ` NOT NULL, path ` + text + ` NOT NULL)`,
		`CREATE TABLE mixed_docs (node_id BIGINT NOT NULL, tenant_id ` + strings.ReplaceAll(text, "600", "63") + `, path ` + text + ` NOT NULL)`,
	} {
		_, err := bare.ExecContext(t.Context(), table)
		require.NoError(t, err)
	}
	scoped, err := scope.OpenDB(e.Connector(t, dsn), scope.Policy{
		Dialect: e.Dialect, Column: "tenant_id", Default: scope.PerTenant,
		Tables: map[string]scope.Table{"mixed_docs": {Class: scope.Mixed}},
	}, scope.OnCrossing(func(context.Context, scope.Crossing) {}))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, scoped.Close()) })
	return &database{Engine: e, bare: bare, scoped: scoped}
}

// fill replaces all rows by one for each node, and rows that no predicate may
// select: the same once more for tenants that look like the real ones.
func (d *database) fill(t *testing.T, nodes []ctxtree.Node) {
	t.Helper()
	tx, err := d.bare.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	for _, table := range []string{"docs", "mixed_docs"} {
		_, err := tx.ExecContext(t.Context(), `DELETE FROM `+table)
		require.NoError(t, err)
		var rows []string
		var args []any
		for _, n := range nodes {
			of := sql.NullString{String: string(n.Tenant), Valid: n.Tenant != "" || table == "docs"}
			rows, args = append(rows, `(?, ?, ?)`), append(args, n.ID, of, n.Path)
			for _, other := range []string{"evil", "ACME", "Bolt", "acmé", "acme2"} {
				rows, args = append(rows, `(?, ?, ?)`), append(args, -n.ID, other, n.Path)
			}
			if len(rows) > 1000 || n.ID == nodes[len(nodes)-1].ID {
				q := `INSERT INTO ` + table + ` (node_id, tenant_id, path) VALUES ` + strings.Join(rows, ", ")
				_, err = tx.ExecContext(t.Context(), d.rebind(q), args...)
				require.NoError(t, err)
				rows, args = nil, nil
			}
		}
	}
	require.NoError(t, tx.Commit())
}

func (d *database) rebind(q string) string {
	if d.Dialect == tenant.Postgres {
		return sqlx.Rebind(sqlx.DOLLAR, q)
	}
	return q
}

// columns are the ways to say where the node is.
func columns(d tenant.Dialect) []rbac.Columns {
	return []rbac.Columns{
		{Dialect: d, Tenant: "tenant_id", Path: "path"},
		{Dialect: d, Tenant: "Tenant_ID", ID: "docs.node_id"},
		{Dialect: d, Tenant: "docs.tenant_id", Path: "docs.path", ID: "node_id"},
	}
}

// selected returns the numbers of the nodes whose rows a query selects.
func selected(t *testing.T, ctx context.Context, db *sql.DB, q string, args []any) []int64 {
	t.Helper()
	rows, err := db.QueryContext(ctx, q, args...)
	require.NoError(t, err, q)
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		require.NoError(t, rows.Scan(&id))
		ids = append(ids, id)
	}
	require.NoError(t, rows.Err())
	slices.Sort(ids)
	return ids
}
