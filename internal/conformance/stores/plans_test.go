package stores_test

import (
	"context"
	"database/sql"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
)

// explainer is a database that explains each query before it runs it.
type explainer struct {
	tenant.DBTX
	t     *testing.T
	e     engines.Engine
	plans map[string]string // by query
}

func (x explainer) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	x.explain(ctx, query, args)
	return x.DBTX.QueryContext(ctx, query, args...)
}

func (x explainer) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	x.explain(ctx, query, args)
	return x.DBTX.QueryRowContext(ctx, query, args...)
}

func (x explainer) explain(ctx context.Context, query string, args []any) {
	if !strings.HasPrefix(query, "SELECT") {
		return
	}
	how := map[tenant.Dialect]string{tenant.Postgres: "EXPLAIN ", tenant.MySQL: "EXPLAIN FORMAT=JSON ", tenant.SQLite: "EXPLAIN QUERY PLAN "}
	rows, err := x.DBTX.QueryContext(ctx, how[x.e.Dialect]+query, args...)
	require.NoError(x.t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(x.t, err)
	var plan strings.Builder
	for rows.Next() {
		cells := make([]sql.NullString, len(columns))
		into := make([]any, len(cells))
		for i := range cells {
			into[i] = &cells[i]
		}
		require.NoError(x.t, rows.Scan(into...))
		plan.WriteString(cells[len(cells)-1].String + "\n")
	}
	require.NoError(x.t, rows.Err())
	x.plans[query] = plan.String()
}

// whole is how each engine says that it reads a table from end to end.
var whole = map[tenant.Dialect]*regexp.Regexp{
	tenant.Postgres: regexp.MustCompile(`Seq Scan on tenancy_`),
	tenant.MySQL:    regexp.MustCompile(`"table_name": "[^<"]*",\s*"access_type": "(ALL|index)"`),
	tenant.SQLite:   regexp.MustCompile(`SCAN (tenancy_|[a-oq-z]\b)`), // p is a page that was read before
}

// requireIndexes runs fn, and fails where one of its queries reads a whole
// table although an index could serve it. The statistics are those of the rows
// that are there; PostgreSQL is kept from preferring a scan because the tables
// of a test are small.
func requireIndexes(t *testing.T, e engines.Engine, db *sql.DB, fn func(tenant.DBTX)) {
	t.Helper()
	ctx := t.Context()
	conn, err := db.Conn(ctx)
	require.NoError(t, err)
	defer conn.Close()
	if e.Dialect == tenant.Postgres {
		_, err = conn.ExecContext(ctx, `SET enable_seqscan = off`)
		require.NoError(t, err)
	}
	x := explainer{conn, t, e, map[string]string{}}
	fn(x)
	require.NotEmpty(t, x.plans)
	for query, plan := range wrongPlan(t, e, conn) {
		require.Regexp(t, whole[e.Dialect], plan, "%s reads a whole table and is not found out", query)
	}
	for query, plan := range x.plans {
		require.NotRegexp(t, whole[e.Dialect], plan, query)
	}
}

// wrongPlan returns a query that has no index, with its plan.
func wrongPlan(t *testing.T, e engines.Engine, db tenant.DBTX) map[string]string {
	x := explainer{db, t, e, map[string]string{}}
	var n int
	require.NoError(t, x.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM tenancy_tenants t WHERE t.name = 'x'`).Scan(&n))
	return x.plans
}
