package scoping

import (
	"context"
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// keySchema makes keys of every form an engine has.
var keySchema = map[tenant.Dialect][]string{
	tenant.Postgres: {
		`CREATE TABLE plain (tenant_id text NOT NULL, id integer, email text, extra text,
			CONSTRAINT plain_key PRIMARY KEY (tenant_id, id), CONSTRAINT plain_email UNIQUE (email) INCLUDE (extra))`,
		`CREATE INDEX plain_extra ON plain (extra)`,
		`CREATE TABLE forms (id integer, email text, gone timestamptz)`,
		`CREATE UNIQUE INDEX forms_lower ON forms (id, lower(email))`,
		`CREATE UNIQUE INDEX forms_partial ON forms (email) WHERE gone IS NULL`,
		`CREATE EXTENSION btree_gist`,
		`CREATE TABLE rooms (tenant_id text, room integer, during int4range, CONSTRAINT rooms_once EXCLUDE USING gist (tenant_id WITH =, room WITH =, during WITH &&))`,
		`CREATE TABLE others (tenant_id text, id integer, CONSTRAINT others_not EXCLUDE USING gist (id WITH =, tenant_id WITH <>))`,
		`CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false)`,
		`CREATE TABLE collated (tenant_id text, id integer)`,
		`CREATE UNIQUE INDEX collated_key ON collated (tenant_id COLLATE loose, id)`,
		`CREATE TABLE months (tenant_id text, month integer, number integer, PRIMARY KEY (tenant_id, month)) PARTITION BY LIST (month)`,
		`CREATE TABLE months_1 PARTITION OF months (CONSTRAINT months_1_number UNIQUE (number)) FOR VALUES IN (1)`,
		`CREATE TABLE failed (id integer)`,
		`INSERT INTO failed VALUES (1), (1)`,
		`CREATE SCHEMA other`,
		`CREATE TABLE other.plain (id integer PRIMARY KEY)`,
		`CREATE TABLE "a.b" (id integer PRIMARY KEY)`,
	},
	tenant.MySQL: {
		`CREATE TABLE plain (tenant_id varchar(63) NOT NULL, id integer, email varchar(100), extra varchar(20), PRIMARY KEY (tenant_id, id), CONSTRAINT plain_email UNIQUE (email), KEY (extra))`,
		`CREATE TABLE forms (tenant_id varchar(63), url text, UNIQUE KEY forms_url (tenant_id(10), url(191)))`,
		`CREATE TABLE Plain (id integer, tenant_id varchar(63), UNIQUE KEY z (tenant_id, id), UNIQUE KEY a (id))`,
	},
	tenant.SQLite: {
		`CREATE TABLE Plain (tenant_id text NOT NULL, id integer, email text UNIQUE, PRIMARY KEY (tenant_id, id))`,
		`CREATE INDEX plain_email ON plain (email)`,
		`CREATE TABLE forms (id integer, email text, gone integer)`,
		`CREATE UNIQUE INDEX forms_lower ON forms (id, lower(email))`,
		`CREATE UNIQUE INDEX forms_partial ON forms (email) WHERE gone IS NULL`,
		`CREATE TABLE rowid_alias (id INTEGER PRIMARY KEY, n integer)`,
		`CREATE TABLE no_alias (id INT PRIMARY KEY)`,
		`CREATE TABLE without_rowid (id integer PRIMARY KEY, code text UNIQUE) WITHOUT ROWID`,
		`CREATE TABLE replaces (id integer PRIMARY KEY, code text, UNIQUE (code) ON /* an older one goes */ CONFLICT REPLACE)`,
		`CREATE UNIQUE INDEX replaces_not ON replaces (id, code)`,
		`CREATE VIEW seen AS SELECT id FROM forms`,
	},
}

// TestCatalogueKeys: the catalogue has every key that a statement can meet, as
// the engine has it, and a second reading of the same schema is equal.
func TestCatalogueKeys(t *testing.T) {
	type keys = []scope.CatalogueKey
	want := map[tenant.Dialect]map[string]keys{
		tenant.Postgres: {
			"plain":        {{Name: "plain_email", Columns: []string{"email"}}, {Name: "plain_key", Columns: []string{"tenant_id", "id"}}},
			"public.plain": {{Name: "plain_email", Columns: []string{"email"}}, {Name: "plain_key", Columns: []string{"tenant_id", "id"}}},
			"other.plain":  {{Name: "plain_pkey", Columns: []string{"id"}}},
			"forms":        {{Name: "forms_lower", Columns: []string{"id", ""}}, {Name: "forms_partial", Columns: []string{"email"}, Partial: true}},
			"rooms":        {{Name: "rooms_once", Columns: []string{"tenant_id", "room", ""}}},
			"others":       {{Name: "others_not", Columns: []string{"id", ""}}},
			"collated":     {{Name: "collated_key", Columns: []string{"", "id"}}},
			"months":       {{Name: "months_1_number", Columns: []string{"number"}}, {Name: "months_pkey", Columns: []string{"tenant_id", "month"}}},
			"months_1":     {{Name: "months_1_number", Columns: []string{"number"}}, {Name: "months_1_pkey", Columns: []string{"tenant_id", "month"}}},
			"failed":       {{Name: "failed_late", Columns: []string{"id"}}},
		},
		tenant.MySQL: {
			"plain": {{Name: "PRIMARY", Columns: []string{"tenant_id", "id"}}, {Name: "plain_email", Columns: []string{"email"}}},
			"forms": {{Name: "forms_url", Columns: []string{"", "url"}}},
			"Plain": {{Name: "a", Columns: []string{"id"}}, {Name: "z", Columns: []string{"tenant_id", "id"}}},
		},
		tenant.SQLite: {
			"plain":         {{Name: "sqlite_autoindex_Plain_1", Columns: []string{"email"}}, {Name: "sqlite_autoindex_Plain_2", Columns: []string{"tenant_id", "id"}}},
			"forms":         {{Name: "forms_lower", Columns: []string{"id", ""}}, {Name: "forms_partial", Columns: []string{"email"}, Partial: true}},
			"rowid_alias":   {{Columns: []string{"id"}}},
			"no_alias":      {{Name: "sqlite_autoindex_no_alias_1", Columns: []string{"id"}}},
			"without_rowid": {{Name: "sqlite_autoindex_without_rowid_1", Columns: []string{"code"}}, {Name: "sqlite_autoindex_without_rowid_2", Columns: []string{"id"}}},
			"replaces": {{Columns: []string{"id"}, Replaces: true}, {Name: "replaces_not", Columns: []string{"id", "code"}},
				{Name: "sqlite_autoindex_replaces_1", Columns: []string{"code"}, Replaces: true}},
			"seen": nil,
		},
	}
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		ctx := context.Background()
		_, db := e.NewDatabase(t)
		run(t, db, keySchema[e.Dialect]...)
		if e.Dialect == tenant.Postgres {
			// A build that fails leaves an index behind: early on it does
			// nothing, later it raises duplicates without being valid.
			_, err := db.ExecContext(ctx, `CREATE UNIQUE INDEX CONCURRENTLY failed_early ON failed (id)`)
			require.Error(t, err)
			run(t, db, `INSERT INTO failed VALUES (1)`, `DELETE FROM failed`, `CREATE UNIQUE INDEX failed_late ON failed (id)`,
				`UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'failed_late'::regclass`, `INSERT INTO failed VALUES (2)`)
			_, err = db.ExecContext(ctx, `INSERT INTO failed VALUES (2)`)
			require.ErrorContains(t, err, "failed_late")
		}
		cat, err := scope.ReadCatalogue(ctx, db, e.Dialect)
		require.NoError(t, err)
		for table, keys := range want[e.Dialect] {
			require.Contains(t, cat.Tables, table)
			require.Equal(t, keys, cat.Tables[table].Keys, table)
		}
		require.NotContains(t, cat.Tables, "a.b", "it would pass for the table b of a schema a")
		again, err := scope.ReadCatalogue(ctx, db, e.Dialect)
		require.NoError(t, err)
		require.Equal(t, cat, again)
	})
}

// TestCatalogueNullable: which columns may be NULL, with SQLite's own rules for
// primary keys.
func TestCatalogueNullable(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		_, db := e.NewDatabase(t)
		run(t, db, `CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER NOT NULL, b INTEGER)`)
		want := map[string]bool{"id": false, "a": false, "b": true}
		if e.Dialect == tenant.SQLite {
			run(t, db, `CREATE TABLE u (id TEXT PRIMARY KEY)`, `CREATE TABLE w (id TEXT PRIMARY KEY) WITHOUT ROWID`)
		}
		cat, err := scope.ReadCatalogue(context.Background(), db, e.Dialect)
		require.NoError(t, err)
		got := map[string]bool{}
		for _, c := range cat.Tables["t"].Columns {
			got[c.Name] = c.Nullable
		}
		require.Equal(t, want, got)
		if e.Dialect == tenant.SQLite {
			require.True(t, cat.Tables["u"].Columns[0].Nullable, "SQLite lets a text primary key be NULL")
			require.False(t, cat.Tables["w"].Columns[0].Nullable)
		}
	})
}

// TestCatalogueTemporary: a temporary table on SQLite's connection does not
// stand in for the table of that name.
func TestCatalogueTemporary(t *testing.T) {
	for _, name := range []string{"sqlite", "sqlite-cgo"} {
		t.Run(name, func(t *testing.T) {
			_, db := engines.Get(t, name).NewDatabase(t)
			db.SetMaxOpenConns(1)
			run(t, db, `CREATE TABLE t (id INTEGER PRIMARY KEY, tenant_id TEXT NOT NULL)`, `CREATE TEMPORARY TABLE t (tenant_id TEXT PRIMARY KEY, other TEXT)`)
			cat, err := scope.ReadCatalogue(context.Background(), db, scope.SQLite)
			require.NoError(t, err)
			require.Equal(t, []scope.CatalogueKey{{Columns: []string{"id"}}}, cat.Tables["t"].Keys)
			require.Len(t, cat.Tables["t"].Columns, 2)
			require.Equal(t, "id", cat.Tables["t"].Columns[0].Name)
		})
	}
}

// TestCatalogueThroughScoped: a pool of ours reads the same, and its refusals
// follow the keys.
func TestCatalogueThroughScoped(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		ctx := tenant.WithID(context.Background(), "acme")
		w := newWorld(t, e)
		w.must(t, w.shared, `CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, email VARCHAR(60), tenant_id VARCHAR(63) NOT NULL, UNIQUE (tenant_id, email))`)
		plain, err := scope.ReadCatalogue(ctx, w.shared, e.Dialect)
		require.NoError(t, err)
		scoped, err := scope.ReadCatalogue(ctx, w.scoped, e.Dialect)
		require.NoError(t, err)
		require.Equal(t, plain, scoped)
		_, err = w.scoped.ExecContext(ctx, `INSERT INTO users (id, email) VALUES (1, 'x')`)
		var refused *scope.RefusedError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, scope.ReasonUniqueKey, refused.Reason)
		p := policy(e.Dialect)
		p.GloballyUnique = []string{"ID"}
		if e.Dialect == tenant.Postgres {
			p.GloballyUnique = []string{"id"}
		}
		declared, err := scope.OpenDB(e.Connector(t, w.dsn), p)
		require.NoError(t, err)
		t.Cleanup(func() { declared.Close() })
		_, err = declared.ExecContext(ctx, `INSERT INTO users (id, email) VALUES (1, 'x')`)
		require.NoError(t, err)
		_, err = declared.ExecContext(tenant.WithID(ctx, "bolt"), `INSERT INTO users (id, email) VALUES (2, 'x')`)
		require.ErrorIs(t, err, tenant.ErrTenantConflict)
		_, err = declared.ExecContext(tenant.WithID(context.Background(), "bolt"), `INSERT INTO users (id, email) VALUES (2, 'x')`)
		require.NoError(t, err)
	})
}

func run(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		_, err := db.ExecContext(context.Background(), s)
		require.NoError(t, err, s)
	}
}

// TestLooseSchemas: a tenant column in which two ids are one value, and a shared
// table through which tenants' rows are read, are refused.
func TestLooseSchemas(t *testing.T) {
	schemas := map[tenant.Dialect][]string{
		tenant.Postgres: {
			`CREATE COLLATION loose (provider = icu, locale = 'und-u-ka-shifted', deterministic = false)`,
			`CREATE TABLE notes (id integer, tenant_id text COLLATE loose)`,
			`CREATE TABLE base (id integer)`,
			`CREATE TABLE grown (tenant_id text) INHERITS (base)`,
		},
		tenant.MySQL: {`CREATE TABLE notes (id integer, tenant_id varchar(63) CHARACTER SET utf8mb4 COLLATE utf8mb4_lithuanian_ci)`},
	}
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		dsn, plain := e.NewDatabase(t)
		for _, q := range schemas[e.Dialect] {
			_, err := plain.ExecContext(context.Background(), q)
			require.NoError(t, err, q)
		}
		db, err := scope.OpenDB(e.Connector(t, dsn), scope.Policy{Dialect: e.Dialect, Column: "tenant_id", Default: scope.PerTenant,
			Tables: map[string]scope.Table{"base": {Class: scope.Shared}}})
		require.NoError(t, err)
		t.Cleanup(func() { db.Close() })
		ctx := tenant.WithID(context.Background(), "acme")
		var refused *scope.RefusedError
		if schemas[e.Dialect] != nil {
			_, err = db.QueryContext(ctx, `SELECT id FROM notes`)
			require.ErrorAs(t, err, &refused)
			require.Equal(t, scope.ReasonTenantColumn, refused.Reason)
		}
		if e.Dialect == tenant.Postgres {
			_, err = db.QueryContext(ctx, `SELECT id FROM base`)
			require.ErrorAs(t, err, &refused)
			require.Contains(t, refused.Hint, "grown")
		}
	})
}

// TestIntegerAffinity: SQLite takes a column for one of integers if INT stands
// anywhere in its type, and for one of numbers if the type says nothing it knows.
// There 7 and 07 are one value, so two tenants would be one.
func TestIntegerAffinity(t *testing.T) {
	e := engines.Get(t, "sqlite")
	for declared, fine := range map[string]bool{
		`"char (int)"`: false, `"varchar(point)"`: false, `"text(tint)"`: false, `"(int)"`: false, `"(real)"`: false, `"(10)"`: false, `"character varying (INTEGER)"`: false,
		"varchar(63)": true, "text": true, "": true,
	} {
		dsn, plain := e.NewDatabase(t)
		_, err := plain.Exec("CREATE TABLE odd (id INTEGER, tenant_id " + declared + ")")
		require.NoError(t, err, declared)
		_, err = plain.Exec("INSERT INTO odd VALUES (1, '7')")
		require.NoError(t, err, declared)
		db, err := scope.OpenDB(e.Connector(t, dsn), scope.Policy{Dialect: e.Dialect, Column: "tenant_id", Default: scope.PerTenant})
		require.NoError(t, err)
		var n int
		err = db.QueryRowContext(tenant.WithID(context.Background(), "07"), "SELECT count(*) FROM odd").Scan(&n)
		if fine {
			require.NoError(t, err, declared)
			require.Zero(t, n, declared)
		} else {
			var refused *scope.RefusedError
			require.ErrorAs(t, err, &refused, declared)
			require.Equal(t, scope.ReasonTenantColumn, refused.Reason, declared)
		}
		require.NoError(t, db.Close())
	}
}
