package sharding

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/servers"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// TestPostgres: hash partitions that are foreign tables, in other databases of
// the same private server. Its log has what they were sent, and the plans say
// what they would be sent.
func TestPostgres(t *testing.T) {
	server := start(t, servers.Postgres(), "-c", "log_line_prefix=[%d] ", "-c", "log_statement=all")
	dsn, _, err := server.CreateDatabase(t.Context())
	require.NoError(t, err)
	w := &world{dialect: scope.Postgres, plain: open(t, "pgx", dsn), shards: map[string]*sql.DB{}}
	if _, err := w.plain.ExecContext(t.Context(), `CREATE EXTENSION postgres_fdw`); err != nil {
		servers.LeaveOut(t, "postgres_fdw", "", err) // some distributions have it in a package of its own
	}

	tables := map[string]string{
		"contacts": `(tenant_id VARCHAR(63) NOT NULL, id INTEGER NOT NULL, name VARCHAR(40), country VARCHAR(2)`,
		"notes":    `(tenant_id VARCHAR(63) NOT NULL, id INTEGER NOT NULL, contact_id INTEGER, body VARCHAR(80)`,
	}
	must(t, w.plain, `CREATE TABLE countries (code VARCHAR(2) PRIMARY KEY, title VARCHAR(40))`)
	for table, columns := range tables {
		must(t, w.plain, "CREATE TABLE "+table+" "+columns+") PARTITION BY HASH (tenant_id)")
	}
	const shards = 3
	for i := range shards {
		shard, _, err := server.CreateDatabase(t.Context())
		require.NoError(t, err)
		config, err := pgx.ParseConfig(shard)
		require.NoError(t, err)
		db := open(t, "pgx", shard)
		w.shards[config.Database] = db
		must(t, w.plain, fmt.Sprintf(`CREATE SERVER %s FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '%s', dbname '%s')`, config.Database, config.Host, config.Database))
		must(t, w.plain, fmt.Sprintf(`CREATE USER MAPPING FOR CURRENT_USER SERVER %s OPTIONS (user '%s')`, config.Database, config.User))
		for table, columns := range tables {
			must(t, db, "CREATE TABLE "+table+" "+columns+", PRIMARY KEY (tenant_id, id))")
			must(t, w.plain, fmt.Sprintf(`CREATE FOREIGN TABLE %[1]s_of_%[3]s PARTITION OF %[1]s FOR VALUES WITH (MODULUS %[2]d, REMAINDER %[4]d) SERVER %[3]s OPTIONS (table_name '%[1]s')`,
				table, shards, config.Database, i))
		}
	}
	w.fill(t)

	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeExec} {
		config, err := pgx.ParseConfig(dsn)
		require.NoError(t, err)
		config.DefaultQueryExecMode = mode
		db, err := scope.OpenDB(stdlib.GetConnector(*config), policy(scope.Postgres))
		require.NoError(t, err)
		t.Cleanup(func() { db.Close() })
		w.scoped = append(w.scoped, db)
	}
	w.reached = func(t *testing.T, run func()) []string {
		before, err := server.Log()
		require.NoError(t, err)
		run()
		after, err := server.Log()
		require.NoError(t, err)
		var reached []string
		for name := range w.shards {
			if sentTo(after[len(before):], name) {
				reached = append(reached, name)
			}
		}
		return reached
	}

	catalogue, err := scope.ReadCatalogue(t.Context(), w.plain, scope.Postgres)
	require.NoError(t, err)
	p := policy(scope.Postgres)
	p.Catalogue = catalogue
	rewriter, err := scope.NewRewriter(p)
	require.NoError(t, err)
	plans := &plans{w: w}
	w.planned = func(t *testing.T, c *sql.Conn, id tenant.ID, query string, args []any) {
		named := make([]driver.NamedValue, len(args))
		for i, a := range args {
			if n, ok := a.(int); ok {
				a = int64(n)
			}
			named[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
		}
		text, bound, err := rewriter.Rewrite(as(id), query, named)
		require.NoError(t, err, query)
		plans.check(t, c, w.home(t, id), text, bound)
	}
	w.run(t)

	c, err := w.plain.Conn(t.Context())
	require.NoError(t, err)
	defer c.Close()
	plan := explain(t, c, `EXPLAIN (VERBOSE, COSTS OFF) SELECT name FROM contacts WHERE id = 1`)
	require.Len(t, plans.scanned(plan), shards, "the unscoped statement:\n%s", plan)
	require.NotZero(t, plans.removed, "no generic plan has removed anything")
	t.Logf("%d plans reach one shard, %d generic plans removed the others when they ran", plans.custom, plans.removed)
}

// sentTo reports whether the log says that a statement about rows was sent to
// a database. Later lines of a statement begin with a tab.
func sentTo(log, database string) bool {
	ours := false
	for line := range strings.Lines(log) {
		if !strings.HasPrefix(line, "\t") {
			ours = strings.HasPrefix(line, "["+database+"] ")
		}
		if ours && strings.Contains(line, "public.") {
			return true
		}
	}
	return false
}

// plans counts what was looked at.
type plans struct {
	w               *world
	custom, removed int
}

// scanned returns the shards that a plan names, in the order of their names.
func (p *plans) scanned(plan string) []string {
	var out []string
	for name := range p.w.shards {
		if strings.Contains(plan, "_of_"+name+" ") || strings.Contains(plan, "_of_"+name+"\n") {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

var subplansRemoved = regexp.MustCompile(`Subplans Removed: (\d+)`)

// check looks at the plan for these values, and at the one that serves all
// values, which leaves shards out only when it runs. The plan of an INSERT of
// values names the parent alone: only the log tells where the row went.
func (p *plans) check(t *testing.T, c *sql.Conn, home, text string, bound []driver.NamedValue) {
	t.Helper()
	args := make([]any, len(bound))
	literals := make([]string, len(bound))
	for i, b := range bound {
		args[i] = b.Value
		literals[i] = "'" + strings.ReplaceAll(fmt.Sprint(b.Value), "'", "''") + "'"
	}
	plan := explain(t, c, `EXPLAIN (VERBOSE, COSTS OFF) `+text, args...)
	if scanned := p.scanned(plan); len(scanned) > 0 || !strings.HasPrefix(text, "INSERT") {
		require.Equal(t, []string{home}, scanned, "%s\n%s", text, plan)
		p.custom++
	}

	exec := func(query string) {
		_, err := c.ExecContext(context.Background(), query)
		require.NoError(t, err, query)
	}
	exec(`SET plan_cache_mode = force_generic_plan`)
	exec(`PREPARE generic AS ` + text)
	plan = explain(t, c, `EXPLAIN (VERBOSE, COSTS OFF) EXECUTE generic (`+strings.Join(literals, ", ")+`)`)
	exec(`DEALLOCATE generic`)
	exec(`RESET plan_cache_mode`)
	if subplansRemoved.MatchString(plan) {
		p.removed++
		for _, m := range subplansRemoved.FindAllStringSubmatch(plan, -1) {
			require.Equal(t, fmt.Sprint(len(p.w.shards)-1), m[1], "%s\n%s", text, plan)
		}
	}
}

func explain(t *testing.T, c *sql.Conn, query string, args ...any) string {
	t.Helper()
	rows, err := c.QueryContext(t.Context(), query, args...)
	require.NoError(t, err, query)
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var line string
		require.NoError(t, rows.Scan(&line))
		plan.WriteString(line + "\n")
	}
	require.NoError(t, rows.Err())
	return plan.String()
}
