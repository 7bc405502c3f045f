package transfer

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/corpora"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/scope/scopetest"
	"github.com/gotenancy/tenancy/scope/transfer"
	"github.com/gotenancy/tenancy/tenant"
)

// world is a shared database with rows of several tenants.
type world struct {
	engine  engines.Engine
	dsn     string
	plain   *sql.DB // sees everything
	db      *sql.DB // scoped
	policy  scope.Policy
	tenants []tenant.ID
	shape   *scope.Description

	mu        sync.Mutex
	crossings []scope.Crossing
}

// schema is what a world is made of.
type schema struct {
	texts  []string
	policy scope.Policy
}

func corpus(t *testing.T, name string) schema {
	t.Helper()
	for _, c := range corpora.All() {
		if c.Name == name {
			return schema{c.Schema, c.Policy}
		}
	}
	t.Fatalf("there is no corpus %s", name)
	return schema{}
}

// own is the application that each engine has to itself.
var own = map[tenant.Dialect]string{tenant.Postgres: "feedreader", tenant.MySQL: "tickets", tenant.SQLite: "shop"}

// filled returns a database with made-up rows of four tenants. The same seed gives
// the same rows.
func filled(t *testing.T, e engines.Engine, s schema, seed uint64, rows int) *world {
	t.Helper()
	ids, err := scopetest.Tenants(s.policy, s.texts)
	require.NoError(t, err)
	var dsns []string
	w, err := scopetest.NewWorld(t.Context(), scopetest.Config{
		Policy: s.policy, Schema: s.texts, Seed: seed, Rows: rows, Value: conditions,
		Open: func(context.Context) (driver.Connector, func(context.Context) error, error) {
			dsn, _ := e.NewDatabase(t)
			dsns = append(dsns, dsn)
			return e.Connector(t, dsn), func(context.Context) error { return nil }, nil
		},
	})
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return open(t, e, dsns[0], s.policy, ids)
}

// conditions meets the CHECK constraints of the corpora.
func conditions(table, column string, n int) (string, bool) {
	pick := func(of ...string) (string, bool) { return of[n%len(of)], true }
	switch table + "." + column {
	case "addresses.kind":
		return pick("'billing'", "'shipping'")
	case "reviews.stars", "cart_items.quantity":
		return pick("1", "2", "3", "4", "5")
	case "entries.status":
		return pick("'unread'", "'read'", "'removed'")
	case "entries.tags", "webhooks.events":
		return pick("'{}'", `'{"a b",NULL,"c\"d"}'`, "'{{1,2},{3,4}}'")
	case "entries.search":
		return pick("NULL", "to_tsvector('simple', 'one two')")
	case "sessions.ip":
		return pick("NULL", "'10.0.0.1'", "'fe80::1/64'")
	case "api_keys.token_hash":
		return fmt.Sprintf(`decode('%08x00ff', 'hex')`, n), true
	}
	return "", false
}

// clone returns a database with the same schema and the same rows, copied by the
// server's own means, with constraints switched off.
func (w *world) clone(t *testing.T, s schema) *world {
	t.Helper()
	out := bare(t, w.engine, s)
	out.tenants = w.tenants
	switch w.engine.Dialect {
	case tenant.SQLite:
		out.onOne(t, "PRAGMA foreign_keys = 0", func(c *sql.Conn) {
			_, err := c.ExecContext(t.Context(), "ATTACH DATABASE '"+strings.SplitN(strings.TrimPrefix(w.dsn, "file:"), "?", 2)[0]+"' AS other")
			require.NoError(t, err)
			out.copyAll(t, c, "main.", "other.")
			_, err = c.ExecContext(t.Context(), "DETACH DATABASE other")
			require.NoError(t, err)
		}, "PRAGMA foreign_keys = 1")
	case tenant.MySQL:
		var name string
		require.NoError(t, w.plain.QueryRowContext(t.Context(), "SELECT DATABASE()").Scan(&name))
		out.onOne(t, "SET foreign_key_checks = 0", func(c *sql.Conn) { out.copyAll(t, c, "", w.quote(name)+".") }, "SET foreign_key_checks = 1")
	default:
		out.onOne(t, "SET session_replication_role = replica", func(c *sql.Conn) {
			for _, x := range w.shape.Tables {
				var list, fields []string
				for _, column := range x.Columns {
					if !column.Generated {
						list, fields = append(list, w.quote(column.Name)), append(fields, "(x.r)."+w.quote(column.Name))
					}
				}
				r, err := w.plain.QueryContext(t.Context(), "SELECT CAST(z.* AS text) FROM "+w.quote(x.Name)+" z")
				require.NoError(t, err)
				for r.Next() {
					var line string
					require.NoError(t, r.Scan(&line))
					_, err := c.ExecContext(t.Context(), "INSERT INTO "+w.quote(x.Name)+" ("+strings.Join(list, ", ")+") OVERRIDING SYSTEM VALUE SELECT "+strings.Join(fields, ", ")+" FROM (SELECT CAST(CAST($1 AS text) AS "+w.quote(x.Name)+") AS r) x", line)
					require.NoError(t, err)
				}
				require.NoError(t, r.Close())
			}
		}, "SET session_replication_role = origin")
	}
	return out
}

func (w *world) onOne(t *testing.T, before string, fn func(*sql.Conn), after string) {
	t.Helper()
	c, err := w.plain.Conn(t.Context())
	require.NoError(t, err)
	defer c.Close() //nolint:errcheck // it goes back to the pool
	_, err = c.ExecContext(t.Context(), before)
	require.NoError(t, err)
	fn(c)
	_, err = c.ExecContext(t.Context(), after)
	require.NoError(t, err)
}

func (w *world) copyAll(t *testing.T, c *sql.Conn, to, from string) {
	t.Helper()
	for _, x := range w.shape.Tables {
		var list []string
		for _, column := range x.Columns {
			if !column.Generated {
				list = append(list, w.quote(column.Name))
			}
		}
		names := strings.Join(list, ", ")
		_, err := c.ExecContext(t.Context(), "INSERT INTO "+to+w.quote(x.Name)+" ("+names+") SELECT "+names+" FROM "+from+w.quote(x.Name))
		require.NoError(t, err)
	}
}

// bare returns a database with the schema and nothing else.
func bare(t *testing.T, e engines.Engine, s schema) *world {
	t.Helper()
	dsn, db := e.NewDatabase(t)
	for _, text := range s.texts {
		_, err := db.ExecContext(t.Context(), text)
		require.NoError(t, err, text)
	}
	return open(t, e, dsn, s.policy, nil)
}

func open(t *testing.T, e engines.Engine, dsn string, p scope.Policy, ids []tenant.ID) *world {
	t.Helper()
	w := &world{engine: e, dsn: dsn, plain: e.Pool(t, dsn), policy: p, tenants: ids}
	var err error
	w.db, err = scope.OpenDB(e.Connector(t, dsn), p, scope.OnCrossing(func(_ context.Context, c scope.Crossing) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.crossings = append(w.crossings, c)
	}))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.db.Close()) })
	require.NoError(t, transfer.Migrate(t.Context(), w.db, e.Dialect))
	w.shape, err = scope.Describe(t.Context(), w.db)
	require.NoError(t, err)
	return w
}

// rows are those of every table by owner: a tenant's id, or "" for everybody.
type rows map[string]map[string][]string

// dump reads all rows of the database by way of nothing that transfer uses. The
// tenant column is not among the values.
func (w *world) dump(t *testing.T) rows {
	t.Helper()
	out := rows{}
	for _, x := range w.shape.Tables {
		if x.Kind != "" {
			continue
		}
		r, err := w.plain.QueryContext(t.Context(), "SELECT * FROM "+w.quote(x.Name))
		require.NoError(t, err)
		names, err := r.Columns()
		require.NoError(t, err)
		for r.Next() {
			values, into := make([]any, len(names)), make([]any, len(names))
			for i := range values {
				into[i] = &values[i]
			}
			require.NoError(t, r.Scan(into...))
			owner, line := "", ""
			for i, name := range names {
				if b, ok := values[i].([]byte); ok {
					values[i] = string(b)
				}
				if x.Tenant != "" && strings.EqualFold(name, x.Tenant) {
					if values[i] != nil {
						owner = fmt.Sprint(values[i])
					}
					continue
				}
				line += fmt.Sprintf("|%s=%T:%v", name, values[i], values[i])
			}
			if out[owner] == nil {
				out[owner] = map[string][]string{}
			}
			out[owner][x.Name] = append(out[owner][x.Name], line)
		}
		require.NoError(t, r.Err())
		require.NoError(t, r.Close())
	}
	for _, tables := range out {
		for _, lines := range tables {
			slices.Sort(lines)
		}
	}
	return out
}

func (r rows) without(ids ...tenant.ID) rows {
	out := maps.Clone(r)
	for _, id := range ids {
		delete(out, string(id))
	}
	return out
}

// total is how many rows a tenant has.
func (r rows) total(id tenant.ID) (n int) {
	for _, lines := range r[string(id)] {
		n += len(lines)
	}
	return n
}

func (w *world) quote(name string) string {
	q := map[bool]string{true: "`", false: `"`}[w.engine.Dialect == tenant.MySQL]
	if schema, table, ok := strings.Cut(name, "."); ok {
		return w.quote(schema) + "." + w.quote(table)
	}
	return q + strings.ReplaceAll(name, q, q+q) + q
}

func (w *world) as(t *testing.T, id tenant.ID) context.Context { return tenant.WithID(t.Context(), id) }

func (w *world) exec(t *testing.T, ctx context.Context, query string, args ...any) {
	t.Helper()
	_, err := w.db.ExecContext(ctx, query, args...)
	require.NoError(t, err, query)
}

// export returns the file of a tenant.
func (w *world) export(t *testing.T, id tenant.ID, o transfer.ExportOptions) ([]byte, *transfer.Summary) {
	t.Helper()
	var file bytes.Buffer
	sum, err := transfer.Export(t.Context(), w.db, id, &file, o)
	require.NoError(t, err)
	return file.Bytes(), sum
}

// entangle makes rows of tables that refer to themselves do so, in both
// directions and in circles, for every tenant.
func (w *world) entangle(t *testing.T) (n int) {
	t.Helper()
	for _, x := range w.shape.Tables {
		for _, f := range x.ForeignKeys {
			if f.Table != x.Name || !f.Tenant || len(f.Columns) != 2 {
				continue
			}
			column := f.Columns[1]
			for _, id := range w.tenants {
				var keys []int64
				r, err := w.db.QueryContext(w.as(t, id), "SELECT "+w.quote(f.References[1])+" FROM "+w.quote(x.Name)+" ORDER BY 1")
				require.NoError(t, err)
				for r.Next() {
					var k int64
					require.NoError(t, r.Scan(&k))
					keys = append(keys, k)
				}
				require.NoError(t, r.Close())
				for i := range keys {
					if i%3 == 2 {
						continue // some have no parent
					}
					w.exec(t, w.as(t, id), fmt.Sprintf("UPDATE %s SET %s = %d WHERE %s = %d", w.quote(x.Name), w.quote(column), keys[(i+1)%len(keys)], w.quote(f.References[1]), keys[i]))
					n++
				}
			}
		}
	}
	return n
}
