package scoping

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// tenants share ids, names and gaps on purpose: whatever mixes them up shows.
var tenants = []tenant.ID{"acme", "bolt", "core"}

// policy is the one under test.
func policy(d tenant.Dialect) scope.Policy {
	return scope.Policy{
		Dialect: d,
		Column:  "tenant_id",
		Default: scope.PerTenant,
		Tables: map[string]scope.Table{
			"contacts":  {Class: scope.PerTenant},
			"countries": {Class: scope.Shared},
			"clicks":    {Class: scope.SharedWritable},
			"templates": {Class: scope.Mixed},
			"loose":     {Class: scope.PerTenant, Column: "owner"},
			"tickets":   {GloballyUnique: []string{"id"}},
		},
	}
}

// tables of the world: the columns but the tenant's, and the tenant column.
// A key gets the tenant column in the shared database; the global one does not.
var tables = []struct {
	name, tenant, columns, key, global string
}{
	{"contacts", "tenant_id", "id INTEGER NOT NULL, name VARCHAR(40), company_id INTEGER, country VARCHAR(2), score INTEGER", "id", ""},
	{"companies", "tenant_id", "id INTEGER NOT NULL, name VARCHAR(40)", "id", ""},
	{"notes", "tenant_id", "id INTEGER NOT NULL, contact_id INTEGER, body VARCHAR(80)", "id", ""},
	{"loose", "owner", "id INTEGER NOT NULL, label VARCHAR(40)", "id", ""},
	{"templates", "tenant_id", "id INTEGER NOT NULL, title VARCHAR(40)", "", ""},
	{"tickets", "tenant_id", "id INTEGER NOT NULL, number INTEGER NOT NULL, title VARCHAR(40)", "number", "id"},
	{"countries", "", "code VARCHAR(2) NOT NULL, title VARCHAR(40)", "code", ""},
	{"clicks", "", "id INTEGER NOT NULL, label VARCHAR(40)", "id", ""},
}

// rows of one tenant, by table. A row is what stands between the parentheses.
func rows(id tenant.ID) map[string][]string {
	k := strings.Index("abc", string(id[0])) // acme 0, bolt 1, core 2
	secret := strings.ToUpper(string(id))
	out := map[string][]string{
		"companies": {"1, '" + secret + " Ltd'", "2, 'Same'"},
		"notes":     {"1, 1, 'note of " + secret + "'", "2, 1, NULL", "3, 3, 'x'", "4, NULL, 'orphan " + secret + "'"},
		"loose":     {"1, 'loose " + secret + "'"},
		"templates": {"10, 'own " + secret + "'"},
		"tickets":   {fmt.Sprintf("%d, 1, 'one %s'", 100*k+100, secret), fmt.Sprintf("%d, 2, NULL", 100*k+101)},
	}
	for i := 1; i <= 4+k; i++ {
		company := []string{"1", "2", "NULL", "9"}[i%4]
		country := []string{"'de'", "'fr'", "NULL"}[(i+k)%3]
		out["contacts"] = append(out["contacts"], fmt.Sprintf("%d, 'c%d %s', %s, %s, %d", i, i, secret, company, country, 10*i+k))
	}
	return out
}

// common rows belong to everybody.
var common = map[string][]string{
	"countries": {"'de', 'Germany'", "'fr', 'France'", "'it', 'Italy'"},
	"clicks":    {"1, 'a'", "2, 'b'"},
	"templates": {"1, 'everybody'"},
}

// world is one engine with the shared database and one database per tenant.
type world struct {
	engine engines.Engine
	shared *sql.DB               // unscoped, on the database of all tenants
	dsn    string                // of the same
	scoped *sql.DB               // the pool under test
	alone  map[tenant.ID]*sql.DB // see only
}

// only returns the database that holds this tenant's rows alone, unscoped and
// without any tenant column.
func (w *world) only(t *testing.T, id tenant.ID) *sql.DB {
	t.Helper()
	if w.alone[id] == nil {
		_, db := w.engine.NewDatabase(t)
		w.fill(t, db, false, id)
		w.alone[id] = db
	}
	return w.alone[id]
}

func newWorld(t *testing.T, e engines.Engine) *world {
	t.Helper()
	w := &world{engine: e, alone: map[tenant.ID]*sql.DB{}}
	w.dsn, w.shared = e.NewDatabase(t)
	w.fill(t, w.shared, true, tenants...)
	db, err := scope.OpenDB(e.Connector(t, w.dsn), policy(e.Dialect), scope.OnCrossing(func(context.Context, scope.Crossing) {}))
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	w.scoped = db
	return w
}

// fill makes the tables, with the tenant column last but for one: a schema
// that was retrofitted has it anywhere.
func (w *world) fill(t *testing.T, db *sql.DB, withTenant bool, ids ...tenant.ID) {
	t.Helper()
	for _, tab := range tables {
		columns, key := tab.columns, tab.key
		if withTenant && tab.tenant != "" {
			columns += ", " + tab.tenant + " VARCHAR(63)"
			if key != "" {
				key += ", " + tab.tenant
			}
		}
		switch {
		case tab.global != "":
			columns += ", PRIMARY KEY (" + tab.global + "), UNIQUE (" + key + ")"
		case key != "":
			columns += ", PRIMARY KEY (" + key + ")"
		}
		w.must(t, db, "CREATE TABLE "+tab.name+" ("+columns+")")
		for _, row := range common[tab.name] {
			if withTenant && tab.tenant != "" {
				row += ", NULL"
			}
			w.must(t, db, "INSERT INTO "+tab.name+" VALUES ("+row+")")
		}
		for _, id := range ids {
			for _, row := range rows(id)[tab.name] {
				if withTenant && tab.tenant != "" {
					row += ", '" + string(id) + "'"
				}
				w.must(t, db, "INSERT INTO "+tab.name+" VALUES ("+row+")")
			}
		}
	}
}

func (w *world) must(t *testing.T, db *sql.DB, query string) {
	t.Helper()
	_, err := db.ExecContext(context.Background(), query)
	require.NoError(t, err, query)
}

// querier is what a pool and a transaction have in common.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// bind writes ? as the engine's placeholders.
func (w *world) bind(query string) string { return sqltext.Rebind(w.engine.Dialect, query) }

// answer runs a query and returns its column names and rows as text, sorted
// unless the statement orders them.
func (w *world) answer(ctx context.Context, q querier, query string, args ...any) (string, error) {
	return w.raw(ctx, q, w.bind(query), args...)
}

// raw is answer for a text that has the engine's placeholders.
func (w *world) raw(ctx context.Context, q querier, query string, args ...any) (string, error) {
	rs, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return "", err
	}
	defer rs.Close()
	columns, err := rs.Columns()
	if err != nil {
		return "", err
	}
	var lines []string
	for rs.Next() {
		vals, ptrs := make([]any, len(columns)), make([]any, len(columns))
		for i := range vals {
			ptrs[i] = &vals[i]
		}
		if err := rs.Scan(ptrs...); err != nil {
			return "", err
		}
		cells := make([]string, len(vals))
		for i, v := range vals {
			cells[i] = text(v)
		}
		lines = append(lines, strings.Join(cells, " | "))
	}
	if !strings.Contains(strings.ToUpper(query), "ORDER BY") {
		sort.Strings(lines)
	}
	return strings.Join(columns, " | ") + "\n" + strings.Join(lines, "\n"), rs.Err()
}

func text(v driver.Value) string {
	switch x := v.(type) {
	case nil:
		return "NULL"
	case []byte:
		return string(x)
	case float64:
		return strconv.FormatFloat(x, 'g', 6, 64)
	default:
		return fmt.Sprint(x)
	}
}

// dump returns all rows of a table that belong to this tenant, or with invert
// those that do not, without the tenant column.
func (w *world) dump(t *testing.T, q querier, name string, id tenant.ID, withTenant, invert bool) string {
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
		if withTenant && tab.tenant != "" {
			if invert {
				query = "SELECT " + strings.Join(cols, ", ") + ", " + tab.tenant + " FROM " + name
				query += " WHERE " + tab.tenant + " <> '" + string(id) + "' OR " + tab.tenant + " IS NULL"
			} else if tab.key == "" {
				query += " WHERE " + tab.tenant + " = '" + string(id) + "' OR " + tab.tenant + " IS NULL"
			} else {
				query += " WHERE " + tab.tenant + " = '" + string(id) + "'"
			}
		}
		out, err := w.answer(context.Background(), q, query)
		require.NoError(t, err)
		return out
	}
	t.Fatalf("no table %s", name)
	return ""
}
