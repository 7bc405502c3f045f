package orms

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// tenants have rows of the same ids and names: whatever mixes them up shows.
var tenants = []tenant.ID{"acme", "bolt"}

// policy is what a company writes to adopt package scope.
func policy(d tenant.Dialect) scope.Policy {
	return scope.Policy{
		Dialect: d,
		Column:  "tenant_id",
		Default: scope.PerTenant,
		Tables: map[string]scope.Table{
			"countries": {Class: scope.Shared},
			"orders":    {GloballyUnique: []string{"id"}}, // generated, once for all tenants
		},
	}
}

// schema holds the application's tables. In the shared database {t} stands for
// the tenant column in a key and {column} for its declaration; alone, both are
// nothing. The keys are the application's own but for orders, whose ids the
// database generates, once for all tenants.
var schema = []string{
	`CREATE TABLE countries (code VARCHAR(2) NOT NULL PRIMARY KEY, title VARCHAR(80) NOT NULL)`,
	`CREATE TABLE companies (id BIGINT NOT NULL, name VARCHAR(80) NOT NULL, country_code VARCHAR(2) NULL, {column}
		PRIMARY KEY (id{t}), UNIQUE (name{t}), FOREIGN KEY (country_code) REFERENCES countries (code))`,
	`CREATE TABLE contacts (id BIGINT NOT NULL, company_id BIGINT NULL, name VARCHAR(80) NOT NULL, email VARCHAR(80) NOT NULL,
		score BIGINT NOT NULL DEFAULT 0, {column}
		PRIMARY KEY (id{t}), UNIQUE (email{t}), FOREIGN KEY (company_id{t}) REFERENCES companies (id{t}))`,
	`CREATE TABLE tags (id BIGINT NOT NULL, label VARCHAR(80) NOT NULL, {column} PRIMARY KEY (id{t}))`,
	`CREATE TABLE contact_tags (contact_id BIGINT NOT NULL, tag_id BIGINT NOT NULL, {column} PRIMARY KEY (contact_id, tag_id{t}),
		FOREIGN KEY (contact_id{t}) REFERENCES contacts (id{t}), FOREIGN KEY (tag_id{t}) REFERENCES tags (id{t}))`,
	`CREATE TABLE orders (id {serial}, contact_id BIGINT NOT NULL, title VARCHAR(80) NOT NULL, amount BIGINT NOT NULL,
		created_at {time} NULL, deleted_at {time} NULL, {column} FOREIGN KEY (contact_id{t}) REFERENCES contacts (id{t}))`,
}

// types are what the dialects write differently.
var types = map[tenant.Dialect]*strings.Replacer{
	tenant.Postgres: strings.NewReplacer("{serial}", "BIGSERIAL PRIMARY KEY", "{time}", "TIMESTAMPTZ"),
	tenant.MySQL:    strings.NewReplacer("{serial}", "BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY", "{time}", "DATETIME(6)"),
	tenant.SQLite:   strings.NewReplacer("{serial}", "INTEGER PRIMARY KEY AUTOINCREMENT", "{time}", "DATETIME"),
}

// seed is what is in the tables before the first step. {T} is the tenant's
// name, so that a row of another tenant is seen in an answer.
var seed = []string{
	`INSERT INTO companies (id, name, country_code{t}) VALUES (1, '{T} Ltd', 'de'{v}), (2, 'Same', 'fr'{v}), (3, 'Empty', NULL{v})`,
	`INSERT INTO contacts (id, company_id, name, email, score{t}) VALUES
		(1, 1, 'Ann of {T}', 'ann@example.com', 10{v}), (2, 1, 'Bob', 'bob@example.com', 20{v}),
		(3, 2, 'Cid of {T}', 'cid@example.com', 30{v}), (4, NULL, 'Dan', 'dan@example.com', 40{v})`,
	`INSERT INTO tags (id, label{t}) VALUES (1, 'vip'{v}), (2, 'new'{v}), (3, 'tag of {T}'{v})`,
	`INSERT INTO contact_tags (contact_id, tag_id{t}) VALUES (1, 1{v}), (1, 3{v}), (2, 1{v}), (3, 2{v})`,
	`INSERT INTO orders (contact_id, title, amount, created_at, deleted_at{t}) VALUES
		(1, 'first', 5, '2026-01-02 03:04:05', NULL{v}), (1, 'gone', 7, '2026-01-02 03:04:05', '2026-02-03 04:05:06'{v}),
		(3, 'third of {T}', 9, '2026-01-02 03:04:05', NULL{v})`,
}

// world is one engine with the shared database and one database per tenant.
type world struct {
	engine engines.Engine
	dsn    string  // of the shared database
	shared *sql.DB // the same, unscoped
	scoped *sql.DB // the same, under test

	alone map[tenant.ID]*sql.DB // one tenant's rows, and no tenant column; see only
	sent  map[tenant.ID]*recorder
	dumps map[dump]*sql.Stmt
	tally *tally // of what the libraries sent
}

// dump is a query of the test's own on one of the databases.
type dump struct {
	db    *sql.DB
	query string
}

func newWorld(t *testing.T, e engines.Engine) *world {
	t.Helper()
	w := &world{engine: e, alone: map[tenant.ID]*sql.DB{}, sent: map[tenant.ID]*recorder{}, dumps: map[dump]*sql.Stmt{}, tally: newTally()}
	w.dsn, w.shared = e.NewDatabase(t)
	w.create(t, w.shared, true)
	w.fill(t, w.shared, true, tenants...)
	w.scoped = openScoped(t, e, w.dsn)
	return w
}

// only returns the database that holds this tenant's rows alone. It lives as
// long as the first test that asks for it.
func (w *world) only(t *testing.T, id tenant.ID) *sql.DB {
	t.Helper()
	if w.alone[id] == nil {
		dsn, db := w.engine.NewDatabase(t)
		w.create(t, db, false)
		w.fill(t, db, false, id)
		w.sent[id] = &recorder{Connector: w.engine.Connector(t, dsn)}
		alone := sql.OpenDB(w.sent[id])
		t.Cleanup(func() {
			require.NoError(t, alone.Close())
			delete(w.alone, id)
		})
		w.alone[id] = alone
	}
	return w.alone[id]
}

// reset brings all rows back to what they were.
func (w *world) reset(t *testing.T) {
	t.Helper()
	empty := func(db *sql.DB) {
		for _, table := range []string{"orders", "contact_tags", "tags", "contacts", "companies", "countries"} {
			_, err := db.ExecContext(t.Context(), "DELETE FROM "+table)
			require.NoError(t, err)
		}
	}
	empty(w.shared)
	w.fill(t, w.shared, true, tenants...)
	for id, db := range w.alone {
		empty(db)
		w.fill(t, db, false, id)
	}
}

// openScoped is the line that an application changes.
func openScoped(t *testing.T, e engines.Engine, dsn string) *sql.DB {
	t.Helper()
	db, err := scope.OpenDB(e.Connector(t, dsn), policy(e.Dialect), scope.OnCrossing(func(context.Context, scope.Crossing) {}))
	require.NoError(t, err)
	db.SetMaxOpenConns(8)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func (w *world) create(t *testing.T, db *sql.DB, shared bool) {
	t.Helper()
	column, key := "", ""
	if shared {
		column, key = "tenant_id VARCHAR(63) NOT NULL,", ", tenant_id"
	}
	for _, table := range schema {
		table = types[w.engine.Dialect].Replace(strings.NewReplacer("{column}", column, "{t}", key).Replace(table))
		_, err := db.ExecContext(t.Context(), table)
		require.NoError(t, err, table)
	}
}

func (w *world) fill(t *testing.T, db *sql.DB, shared bool, ids ...tenant.ID) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), `INSERT INTO countries VALUES ('de', 'Germany'), ('fr', 'France'), ('it', 'Italy')`)
	require.NoError(t, err)
	for _, rows := range seed {
		for _, id := range ids {
			key, value := "", ""
			if shared {
				key, value = ", tenant_id", ", '"+string(id)+"'"
			}
			query := strings.NewReplacer("{t}", key, "{v}", value, "{T}", strings.ToUpper(string(id))).Replace(rows)
			_, err := db.ExecContext(t.Context(), query)
			require.NoError(t, err, query)
		}
	}
}

// tables of the application with the order in which a dump has their rows.
var tables = []struct{ name, columns, order string }{
	{"companies", "id, name, country_code", "id"},
	{"contacts", "id, company_id, name, email, score", "id"},
	{"tags", "id, label", "id"},
	{"contact_tags", "contact_id, tag_id", "contact_id, tag_id"},
	// Generated ids are left out: the sequence is shared.
	{"orders", "contact_id, title, amount, created_at, deleted_at", "id"},
	{"countries", "code, title", "code"},
}

// rowsAlone are all rows of a tenant's own database.
func (w *world) rowsAlone(t *testing.T, id tenant.ID) string {
	return w.rows(t, w.only(t, id), "")
}

// rowsOf are the tenant's rows in the shared database.
func (w *world) rowsOf(t *testing.T, id tenant.ID) string {
	return w.rows(t, w.shared, "tenant_id = '"+string(id)+"'")
}

// rowsOfOthers are the other rows there, with everything that is in them.
func (w *world) rowsOfOthers(t *testing.T, id tenant.ID) string {
	t.Helper()
	var b strings.Builder
	for _, table := range tables {
		if table.name != "countries" {
			fmt.Fprintln(&b, w.read(t, w.shared, "SELECT * FROM "+table.name+" WHERE tenant_id <> '"+string(id)+"' ORDER BY "+table.order))
		}
	}
	return b.String()
}

func (w *world) rows(t *testing.T, db *sql.DB, where string) string {
	t.Helper()
	var b strings.Builder
	for _, table := range tables {
		query := "SELECT " + table.columns + " FROM " + table.name
		if where != "" && table.name != "countries" {
			query += " WHERE " + where
		}
		fmt.Fprintf(&b, "%s\n%s\n", table.name, w.read(t, db, query+" ORDER BY "+table.order))
	}
	return b.String()
}

// read returns rows as text, one a line.
func (w *world) read(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	// The same few queries run after every step: SQLite in Go takes longer to
	// prepare one than to run it.
	key := dump{db, query}
	if w.dumps[key] == nil {
		st, err := db.PrepareContext(context.Background(), query)
		require.NoError(t, err, query)
		w.dumps[key] = st // closed with its pool
	}
	rows, err := w.dumps[key].QueryContext(context.Background())
	require.NoError(t, err, query)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	var b strings.Builder
	for rows.Next() {
		values, places := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			places[i] = &values[i]
		}
		require.NoError(t, rows.Scan(places...))
		for _, v := range values {
			if raw, ok := v.([]byte); ok {
				v = string(raw)
			}
			fmt.Fprintf(&b, "%v | ", v)
		}
		b.WriteByte('\n')
	}
	require.NoError(t, rows.Err())
	return b.String()
}
