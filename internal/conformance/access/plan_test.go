package access_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// exact is the collation in which an index answers ranges of paths.
var exact = map[tenant.Dialect]string{
	tenant.Postgres: `COLLATE "C"`, tenant.MySQL: `CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`, tenant.SQLite: ``,
}

// The ranges of a predicate, and the numbers, are looked up in the indexes that
// its documentation advises.
func TestPredicateUsesIndex(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		s := stores(t)
		acme, global := tenant.WithID(t.Context(), "acme"), tenant.Global(t.Context())
		top, err := s.Tree.Create(acme, ctxtree.Spec{Parent: ctxtree.SystemID, Level: ctxtree.LevelTenant, Instance: "acme"})
		require.NoError(t, err)
		reader, err := s.Roles.DefineRole(global, rbac.Role{Name: "reader"})
		require.NoError(t, err)
		require.NoError(t, s.Roles.SetPermission(global, ctxtree.Node{ID: ctxtree.SystemID}, reader.ID, "view", rbac.Allow))

		_, db := e.NewDatabase(t)
		run := func(q string) {
			t.Helper()
			_, err := db.ExecContext(t.Context(), q)
			require.NoError(t, err)
		}
		text := exact[e.Dialect]
		run(`CREATE TABLE docs (id BIGINT NOT NULL, node_id BIGINT NOT NULL, tenant_id VARCHAR(63) ` + text + ` NOT NULL, path VARCHAR(600) ` + text + ` NOT NULL, title VARCHAR(40))`)
		var rows []string
		for i := range 4000 {
			n, err := s.Tree.Create(acme, ctxtree.Spec{Parent: top.ID, Level: "category", Instance: fmt.Sprint(i)})
			require.NoError(t, err)
			if i%900 == 0 {
				require.NoError(t, s.Roles.Assign(acme, n, rbac.Assignment{User: "ann", Role: reader.ID}))
			}
			for _, of := range []string{"acme", "bolt"} {
				rows = append(rows, fmt.Sprintf(`(%d, %d, '%s', '%s', 'title')`, len(rows), n.ID, of, n.Path))
			}
		}
		run(`INSERT INTO docs (id, node_id, tenant_id, path, title) VALUES ` + strings.Join(rows, ","))
		run(`CREATE INDEX docs_path ON docs (tenant_id, path)`)
		run(`CREATE INDEX docs_node ON docs (tenant_id, node_id)`)
		run(map[tenant.Dialect]string{tenant.Postgres: `ANALYZE docs`, tenant.MySQL: `ANALYZE TABLE docs`, tenant.SQLite: `ANALYZE docs`}[e.Dialect])

		checker, err := rbac.NewChecker(rbac.Config{Tree: s.Tree, Store: s.Roles, Capabilities: []rbac.Capability{{Name: "view", Kind: rbac.Read}}})
		require.NoError(t, err)
		ann := tenant.WithActor(acme, tenant.Actor{ID: "ann", Tenant: "acme"})
		plan := func(cols rbac.Columns) string {
			cols.Dialect, cols.Tenant = e.Dialect, "tenant_id"
			p, err := checker.Predicate(ann, "view", cols)
			require.NoError(t, err)
			explain := map[tenant.Dialect]string{tenant.Postgres: `EXPLAIN `, tenant.MySQL: `EXPLAIN `, tenant.SQLite: `EXPLAIN QUERY PLAN `}[e.Dialect]
			q := explain + `SELECT title FROM docs WHERE ` + p.SQL
			if e.Dialect == tenant.Postgres {
				q = explain + `SELECT title FROM docs WHERE ` + p.Numbered(1).SQL
			}
			return read(t, db, q, p.Args)
		}
		ranges, numbers := plan(rbac.Columns{Path: "path"}), plan(rbac.Columns{ID: "node_id"})
		switch e.Dialect {
		case tenant.Postgres:
			require.Equal(t, 5, strings.Count(ranges, "Index Scan on docs_path"), ranges)
			require.Equal(t, 5, strings.Count(ranges, "Index Cond: (((tenant_id)::text = 'acme'::text) AND ((path)::text >= "), ranges)
			require.Contains(t, numbers, "Index Cond: (((tenant_id)::text = 'acme'::text) AND (node_id = ANY ")
		case tenant.MySQL:
			require.Contains(t, ranges, "type: range; possible_keys: docs_path,docs_node; key: docs_path;")
			require.Contains(t, numbers, "key: docs_node; key_len: 262;") // both columns
		case tenant.SQLite:
			require.Equal(t, 5, strings.Count(ranges, "USING INDEX docs_path (tenant_id=? AND path>? AND path<?)"), ranges)
			require.Contains(t, numbers, "USING INDEX docs_node (tenant_id=? AND node_id=?)")
		}
	})
}

// read returns everything that a query returns, as text.
func read(t *testing.T, db *sql.DB, q string, args []any) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), q, args...)
	require.NoError(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	var out strings.Builder
	for rows.Next() {
		values := make([]sql.NullString, len(columns))
		to := make([]any, len(columns))
		for i := range values {
			to[i] = &values[i]
		}
		require.NoError(t, rows.Scan(to...))
		for i, v := range values {
			fmt.Fprintf(&out, "%s: %s; ", columns[i], v.String)
		}
		out.WriteByte('\n')
	}
	require.NoError(t, rows.Err())
	return out.String()
}
