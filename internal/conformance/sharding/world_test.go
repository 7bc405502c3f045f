package sharding

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/servers"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// tenants are enough to have some on each shard.
var tenants = []tenant.ID{"acme", "bolt", "core", "dune", "echo", "flux", "gale", "hive"}

func policy(d tenant.Dialect) scope.Policy {
	return scope.Policy{
		Dialect: d,
		Column:  "tenant_id",
		Default: scope.PerTenant,
		Tables:  map[string]scope.Table{"countries": {Class: scope.Shared}},
	}
}

// both is no dialect: a statement of either.
const both tenant.Dialect = 0

// statements of an application, in the order in which they are run for each
// tenant. only is the dialect that has them.
var statements = []struct {
	name  string
	only  tenant.Dialect
	query string
	args  []any
	rows  int // that they return or write
}{
	{"point read", both, `SELECT name FROM contacts WHERE id = ?`, []any{1}, 1},
	{"read with a star", both, `SELECT * FROM contacts WHERE id = ?`, []any{2}, 1},
	{"read of a list", both, `SELECT name FROM contacts WHERE id IN (?, ?) OR name = ?`, []any{1, 2, "x"}, 2},
	{"read of all", both, `SELECT COUNT(*) FROM contacts`, nil, 1},
	{"join", both, `SELECT c.name, n.body FROM contacts c JOIN notes n ON n.contact_id = c.id WHERE c.id = ?`, []any{1}, 1},
	{"left join", both, `SELECT c.name, n.body FROM contacts c LEFT JOIN notes n ON n.contact_id = c.id ORDER BY c.id`, nil, 2},
	{"join with a shared table", both, `SELECT c.name, k.title FROM contacts c JOIN countries k ON k.code = c.country WHERE c.id = ?`, []any{1}, 1},
	{"semi-join", both, `SELECT name FROM contacts c WHERE EXISTS (SELECT 1 FROM notes n WHERE n.contact_id = c.id)`, nil, 1},
	{"subquery", both, `SELECT name FROM contacts WHERE id = (SELECT MAX(contact_id) FROM notes)`, nil, 1},
	{"common table expression", both, `WITH c AS (SELECT id, name FROM contacts) SELECT c.name FROM c JOIN notes n ON n.contact_id = c.id`, nil, 1},
	{"union", both, `SELECT name FROM contacts WHERE id = ? UNION ALL SELECT body FROM notes`, []any{1}, 2},
	{"lock", both, `SELECT name FROM contacts WHERE id = ? FOR UPDATE`, []any{1}, 1},
	{"update", both, `UPDATE contacts SET name = 'new' WHERE id = ?`, []any{1}, 1},
	{"update of all", both, `UPDATE contacts SET country = 'it'`, nil, 2},
	{"update with a join", tenant.Postgres, `UPDATE contacts SET name = n.body FROM notes n WHERE n.contact_id = contacts.id`, nil, 1},
	{"update with a join", tenant.MySQL, `UPDATE contacts c JOIN notes n ON n.contact_id = c.id SET c.name = n.body`, nil, 1},
	{"insert", both, `INSERT INTO contacts (id, name, country) VALUES (?, 'c', 'de')`, []any{3}, 1},
	{"insert of several rows", both, `INSERT INTO contacts (id, name, country) VALUES (?, 'd', 'de'), (?, 'e', 'de')`, []any{4, 5}, 2},
	{"insert from a query", both, `INSERT INTO notes (id, contact_id, body) SELECT id + 10, id, name FROM contacts WHERE id = ?`, []any{3}, 1},
	{"insert or nothing", tenant.Postgres, `INSERT INTO contacts (id, name, country) VALUES (?, 'c', 'de') ON CONFLICT DO NOTHING`, []any{3}, 0},
	{"insert or nothing", tenant.MySQL, `INSERT IGNORE INTO contacts (id, name, country) VALUES (?, 'c', 'de')`, []any{3}, 0},
	{"upsert", tenant.MySQL, `INSERT INTO contacts (id, name, country) VALUES (?, 'again', 'de') ON DUPLICATE KEY UPDATE name = VALUES(name)`, []any{3}, 2},
	{"replace", tenant.MySQL, `REPLACE INTO contacts (id, name, country) VALUES (?, 'more', 'de')`, []any{3}, 2},
	{"delete", both, `DELETE FROM contacts WHERE id = ?`, []any{3}, 1},
	{"delete with a join", tenant.Postgres, `DELETE FROM notes USING contacts c WHERE c.id = notes.contact_id AND c.id = ?`, []any{1}, 1},
	{"delete with a join", tenant.MySQL, `DELETE n FROM notes n JOIN contacts c ON c.id = n.contact_id WHERE c.id = ?`, []any{1}, 1},
	{"delete of all", both, `DELETE FROM notes`, nil, 1},
}

// world is a front with tables whose rows are on shards.
type world struct {
	dialect   tenant.Dialect
	plain     *sql.DB                                                                 // of the front, unscoped
	scoped    []*sql.DB                                                               // of the front, in the driver's ways to send values
	shards    map[string]*sql.DB                                                      // by database name, unscoped
	reached   func(t *testing.T, run func()) []string                                 // the shards that were sent statements while run ran
	uncounted string                                                                  // how the names of statements begin of which the engine does not say how many rows were written
	planned   func(t *testing.T, c *sql.Conn, id tenant.ID, query string, args []any) // checks plans; or nil
}

func as(id tenant.ID) context.Context { return tenant.WithID(context.Background(), id) }

func open(t *testing.T, driverName, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driverName, dsn)
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

func must(t *testing.T, db *sql.DB, query string, args ...any) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), query, args...)
	require.NoError(t, err, query)
}

// fill gives each tenant, through the front, rows with ids that the others
// have too.
func (w *world) fill(t *testing.T) {
	t.Helper()
	must(t, w.plain, `INSERT INTO countries VALUES ('de', 'Germany'), ('fr', 'France')`)
	for _, id := range tenants {
		must(t, w.plain, fmt.Sprintf(`INSERT INTO contacts (tenant_id, id, name, country) VALUES ('%[1]s', 1, 'Ann of %[1]s', 'de'), ('%[1]s', 2, 'Bob of %[1]s', 'fr')`, id))
		must(t, w.plain, fmt.Sprintf(`INSERT INTO notes (tenant_id, id, contact_id, body) VALUES ('%[1]s', 1, 1, 'note of %[1]s')`, id))
	}
}

// home returns the shard with the tenant's rows, which has to be one.
func (w *world) home(t *testing.T, id tenant.ID) string {
	t.Helper()
	var homes []string
	for name, db := range w.shards {
		var n int
		require.NoError(t, db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM contacts WHERE tenant_id = '`+string(id)+`'`).Scan(&n))
		if n > 0 {
			homes = append(homes, name)
		}
	}
	require.Len(t, homes, 1)
	return homes[0]
}

// run runs all statements as each tenant and looks where they went.
func (w *world) run(t *testing.T) {
	homes := map[string]int{}
	for _, id := range tenants {
		homes[w.home(t, id)]++
	}
	require.Len(t, homes, len(w.shards), "each shard has tenants")

	all := make([]string, 0, len(w.shards))
	for name := range w.shards {
		all = append(all, name)
	}
	for _, query := range []string{`SELECT name FROM contacts WHERE id = 1`, `UPDATE contacts SET country = 'it' WHERE id = 99`, `DELETE FROM notes WHERE id = 99`} {
		require.ElementsMatch(t, all, w.reached(t, func() { must(t, w.plain, query) }), "unscoped: %s", query)
	}

	checked := 0
	for i, id := range tenants {
		home, db := w.home(t, id), w.scoped[i%len(w.scoped)]
		for _, s := range statements {
			if s.only != both && s.only != w.dialect {
				continue
			}
			query := sqltext.Rebind(w.dialect, s.query)
			if w.planned != nil {
				c, err := w.plain.Conn(t.Context())
				require.NoError(t, err)
				w.planned(t, c, id, query, s.args)
				require.NoError(t, c.Close())
			}
			var rows int
			var err error
			reached := w.reached(t, func() { rows, err = count(as(id), db, query, s.args) })
			require.NoError(t, err, s.name)
			if w.uncounted == "" || !strings.HasPrefix(s.name, w.uncounted) {
				require.Equal(t, s.rows, rows, s.name)
			}
			require.Equal(t, []string{home}, reached, "%s of %s", s.name, id)
			checked++
		}
		for table, want := range map[string]int{"contacts": 4, "notes": 0} {
			n, err := count(as(id), db, `SELECT id FROM `+table, nil)
			require.NoError(t, err)
			require.Equal(t, want, n, "%s of %s", table, id)
		}
	}
	t.Logf("%d statements reached one of %d shards each", checked, len(all))
}

// count runs a statement and returns how many rows it returns or writes.
func count(ctx context.Context, db *sql.DB, query string, args []any) (int, error) {
	if word, _, _ := strings.Cut(query, " "); word != "SELECT" && word != "WITH" {
		result, err := db.ExecContext(ctx, query, args...)
		if err != nil {
			return 0, err
		}
		n, err := result.RowsAffected()
		return int(n), err
	}
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		n++
	}
	return n, rows.Err()
}

// start starts a private server with more arguments.
func start(t *testing.T, k servers.Kind, args ...string) *servers.Server {
	t.Helper()
	server, err := k.Private(t.Context(), args...)
	if err != nil {
		servers.LeaveOut(t, "a private "+k.Name, "", err)
	}
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	return server
}
