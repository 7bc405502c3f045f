package nativepgx

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/scope/scopepgx"
	"github.com/gotenancy/tenancy/tenant"
)

// tenants share ids and names on purpose: whatever mixes them up shows.
var tenants = []tenant.ID{"acme", "bolt"}

func policy() scope.Policy {
	return scope.Policy{
		Dialect: scope.Postgres,
		Column:  "tenant_id",
		Default: scope.PerTenant,
		Tables: map[string]scope.Table{
			"countries": {Class: scope.Shared},
			"clicks":    {Class: scope.SharedWritable},
			"templates": {Class: scope.Mixed},
		},
	}
}

// dbtx is what sqlc generates for pgx with batches and COPY.
type dbtx interface {
	Exec(context.Context, string, ...any) (pgconn.CommandTag, error)
	Query(context.Context, string, ...any) (pgx.Rows, error)
	QueryRow(context.Context, string, ...any) pgx.Row
	CopyFrom(context.Context, pgx.Identifier, []string, pgx.CopyFromSource) (int64, error)
	SendBatch(context.Context, *pgx.Batch) pgx.BatchResults
}

// beginner is dbtx with transactions.
type beginner interface {
	dbtx
	Begin(context.Context) (pgx.Tx, error)
}

var (
	_ beginner = (*scopepgx.DB)(nil)
	_ beginner = (*pgxpool.Pool)(nil)
)

// tables of the world: with is the tenant column, where there is one.
var tables = []struct{ name, columns, key, with string }{
	{"contacts", "id integer NOT NULL, name text, score integer", "id", "tenant_id varchar(63) NOT NULL"},
	{"notes", "id integer NOT NULL, contact_id integer, body text", "id", "tenant_id text NOT NULL"},
	{"templates", "id integer NOT NULL, title text", "", "tenant_id text"},
	{"countries", "code text NOT NULL, title text", "code", ""},
	{"clicks", "id integer NOT NULL, label text", "id", ""},
}

var rowsOf = map[string][]string{
	"contacts": {"1, 'Ann %[1]s', 10", "2, 'Bob %[1]s', 20", "3, 'Same', NULL"},
	"notes":    {"1, 1, 'first of %[1]s'", "2, 1, NULL", "3, 9, 'x'"},
}

var common = map[string][]string{
	"templates": {"1, 'everybody'"},
	"countries": {"'de', 'Germany'", "'fr', 'France'"},
	"clicks":    {"1, 'a'"},
}

// world is a database of several tenants, and how to reach it.
type world struct {
	engine engines.Engine
	dsn    string
	plain  *pgxpool.Pool // unscoped
	db     *scopepgx.DB  // under test, at most 4 connections
	seen   *crossings
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{engine: engines.Get(t, "postgres"), seen: &crossings{}}
	w.dsn, _ = w.engine.NewDatabase(t)
	w.plain = pool(t, w.dsn, 4)
	fill(t, w.plain, true, tenants...)
	var err error
	w.db, err = scopepgx.New(pool(t, w.dsn, 4), policy(), scope.OnCrossing(w.seen.add))
	require.NoError(t, err)
	return w
}

// alone returns a database that holds this tenant's rows only, and no tenant
// column.
func (w *world) alone(t *testing.T, id tenant.ID) *pgxpool.Pool {
	t.Helper()
	dsn, _ := w.engine.NewDatabase(t)
	p := pool(t, dsn, 4)
	fill(t, p, false, id)
	return p
}

func pool(t *testing.T, dsn string, conns int32) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(dsn)
	require.NoError(t, err)
	config.MaxConns = conns
	p, err := pgxpool.NewWithConfig(context.Background(), config)
	require.NoError(t, err)
	// A test that failed may not have given all of them back, for which Close
	// would wait; the database is dropped in any case.
	t.Cleanup(func() { go p.Close() })
	return p
}

func fill(t *testing.T, p *pgxpool.Pool, withTenant bool, ids ...tenant.ID) {
	t.Helper()
	for _, tab := range tables {
		columns, key, with := tab.columns, tab.key, ""
		if withTenant && tab.with != "" {
			with = ", " + tab.with
			key = strings.Trim("tenant_id, "+key, ", ")
		}
		if tab.key != "" {
			with += ", PRIMARY KEY (" + key + ")"
		}
		must(t, p, "CREATE TABLE "+tab.name+" ("+columns+with+")")
		for _, row := range common[tab.name] {
			must(t, p, "INSERT INTO "+tab.name+" VALUES ("+row+")")
		}
		for _, id := range ids {
			for _, row := range rowsOf[tab.name] {
				row = strings.ReplaceAll(row, "%[1]s", strings.ToUpper(string(id)))
				if withTenant {
					row += ", '" + string(id) + "'"
				}
				must(t, p, "INSERT INTO "+tab.name+" VALUES ("+row+")")
			}
		}
	}
}

func must(t *testing.T, q dbtx, query string, args ...any) {
	t.Helper()
	_, err := q.Exec(context.Background(), query, args...)
	require.NoError(t, err, query)
}

func as(id tenant.ID) context.Context { return tenant.WithID(context.Background(), id) }

// answer runs a query and returns names and rows as text.
func answer(ctx context.Context, q dbtx, query string, args ...any) (string, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return "", err
	}
	return table(rows)
}

func table(rows pgx.Rows) (string, error) {
	defer rows.Close()
	var names, lines []string
	for _, f := range rows.FieldDescriptions() {
		names = append(names, f.Name)
	}
	for rows.Next() {
		vals, err := rows.Values()
		if err != nil {
			return "", err
		}
		lines = append(lines, fmt.Sprint(vals...))
	}
	return strings.Join(names, " ") + "\n" + strings.Join(lines, "\n"), rows.Err()
}

// dump returns all rows of a table, or those that are not this tenant's with
// the tenant, by the plain pool.
func dump(t *testing.T, p *pgxpool.Pool, name string, but tenant.ID) string {
	t.Helper()
	for _, tab := range tables {
		if tab.name != name {
			continue
		}
		query := "SELECT * FROM " + name
		if but != "" && tab.with != "" {
			query += " WHERE tenant_id IS DISTINCT FROM '" + string(but) + "'"
		}
		out, err := answer(context.Background(), p, query)
		require.NoError(t, err)
		lines := strings.Split(out, "\n")
		sort.Strings(lines[1:])
		return strings.Join(lines, "\n")
	}
	t.Fatalf("no table %s", name)
	return ""
}

// own returns a tenant's rows without the tenant column, and what is everybody's.
func own(t *testing.T, p *pgxpool.Pool, name string, id tenant.ID, withTenant bool) string {
	t.Helper()
	for _, tab := range tables {
		if tab.name != name {
			continue
		}
		var cols []string
		for _, c := range strings.Split(tab.columns, ", ") {
			cols = append(cols, strings.Fields(c)[0])
		}
		query := "SELECT " + strings.Join(cols, ", ") + " FROM " + name
		if withTenant && tab.with != "" {
			query += " WHERE tenant_id = '" + string(id) + "' OR tenant_id IS NULL"
		}
		out, err := answer(context.Background(), p, query+" ORDER BY 1, 2")
		require.NoError(t, err)
		return out
	}
	t.Fatalf("no table %s", name)
	return ""
}

// single returns a DB on one connection.
func (w *world) single(t *testing.T) *scopepgx.DB {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), w.dsn)
	require.NoError(t, err)
	db, err := scopepgx.NewConn(conn, policy(), scope.OnCrossing(w.seen.add))
	require.NoError(t, err)
	t.Cleanup(db.Close)
	return db
}
