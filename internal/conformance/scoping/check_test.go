package scoping

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// checkPolicy is for cleanSchema.
func checkPolicy(d tenant.Dialect) scope.Policy {
	return scope.Policy{
		Dialect: d, Column: "tenant_id", Default: scope.PerTenant, GloballyUnique: []string{"uid"},
		Tables: map[string]scope.Table{
			"contacts":  {},
			"companies": {},
			"templates": {Class: scope.Mixed},
			"countries": {Class: scope.Shared},
			"clicks":    {Class: scope.SharedWritable},
		},
	}
}

// idType is a column for ids that only bytes compare in.
func idType(d tenant.Dialect) string {
	return map[tenant.Dialect]string{
		tenant.Postgres: "varchar(63)", tenant.MySQL: "varchar(63) CHARACTER SET ascii COLLATE ascii_bin", tenant.SQLite: "varchar(63)",
	}[d]
}

// cleanSchema has nothing to find; ID stands for idType.
var cleanSchema = []string{
	`CREATE TABLE countries (code varchar(2) NOT NULL PRIMARY KEY, title varchar(40))`,
	`CREATE TABLE clicks (id integer NOT NULL PRIMARY KEY)`,
	`CREATE TABLE companies (id integer NOT NULL, tenant_id ID NOT NULL, name varchar(40), uid varchar(36) UNIQUE, PRIMARY KEY (tenant_id, id))`,
	`CREATE TABLE contacts (id integer NOT NULL, tenant_id ID NOT NULL, company_id integer, country varchar(2) REFERENCES countries (code), PRIMARY KEY (tenant_id, id),
		FOREIGN KEY (tenant_id, company_id) REFERENCES companies (tenant_id, id) ON DELETE CASCADE)`,
	`CREATE TABLE templates (id integer NOT NULL, tenant_id ID, UNIQUE (tenant_id, id))`,
	`CREATE TABLE tenancy_own (id integer PRIMARY KEY)`,
}

// fault is a change that makes one thing wrong, and what the check says then.
type fault struct {
	name   string
	on     string // the dialects, "" for all
	schema []string
	policy func(p *scope.Policy)
	set    string // a statement that each new connection begins with

	connector func(driver.Connector) driver.Connector // what more a connection needs

	want []string
}

// faults in the order of the codes that Check lists. A finding is written
// severity code table, "-" for no table.
var faults = []fault{
	{name: "standard_conforming_strings", on: "postgres", set: `SET standard_conforming_strings = off`, want: []string{"warning server-mode -"}},
	{name: "client_encoding", on: "postgres", set: `SET client_encoding = 'SJIS'`, want: []string{"error server-charset -"}},
	{name: "charset", on: "mysql", set: `SET NAMES gbk`, want: []string{"error server-charset -"}},
	{name: "sql_mode", on: "mysql", set: `SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT'`,
		want: []string{"info server-mode -", "warning server-mode -", "warning server-mode -"}},
	{name: "foreign keys off", on: "sqlite", set: `PRAGMA foreign_keys = 0`, want: []string{"info foreign-keys-off -"}},
	{name: "a function named like a built-in one", on: "postgres", want: []string{"warning function-hides-builtin -"},
		schema: []string{`CREATE FUNCTION lower(varchar) RETURNS text LANGUAGE sql AS 'SELECT string_agg(tenant_id, '','') FROM contacts'`}},
	{name: "the same, in the policy", on: "postgres", policy: func(p *scope.Policy) { p.Functions = []string{"lower"} },
		schema: []string{`CREATE FUNCTION lower(varchar) RETURNS text LANGUAGE sql AS 'SELECT $1::text'`}},
	{name: "an extension has all of these", on: "postgres", schema: []string{`CREATE EXTENSION citext`}},
	{name: "an operator and a cast", on: "postgres", want: []string{"warning operator -", "warning cast -"}, schema: []string{
		`CREATE FUNCTION same(text, integer) RETURNS boolean LANGUAGE sql AS 'SELECT true'`,
		`CREATE OPERATOR === (FUNCTION = same, LEFTARG = text, RIGHTARG = integer)`,
		`CREATE TYPE pair AS (a text, b text)`,
		`CREATE FUNCTION pair(integer) RETURNS pair LANGUAGE sql AS 'SELECT NULL::pair'`,
		`CREATE CAST (integer AS pair) WITH FUNCTION pair(integer)`}},

	{name: "absent", policy: func(p *scope.Policy) { p.Tables["nowhere"] = scope.Table{} }, want: []string{"warning absent nowhere"}},
	{name: "unlisted", schema: []string{`CREATE TABLE later (tenant_id ID NOT NULL PRIMARY KEY)`}, want: []string{"info unlisted later"}},
	{name: "unclassified", policy: func(p *scope.Policy) {
		p.Default = scope.Shared
		p.Tables["contacts"], p.Tables["companies"] = scope.Table{Class: scope.PerTenant}, scope.Table{Class: scope.PerTenant}
	}, schema: []string{`CREATE TABLE later (tenant_id ID NOT NULL PRIMARY KEY)`, `CREATE TABLE plain (id integer)`}, want: []string{"error unclassified later", "info unlisted plain"}},
	{name: "declared twice", on: "postgres", policy: func(p *scope.Policy) { p.Tables["public.contacts"] = scope.Table{Class: scope.Mixed} }, want: []string{"error declared-twice contacts"}},
	{name: "exposed", policy: func(p *scope.Policy) {
		p.Exposed = &scope.Exposed{Tables: []string{"contacts"}, Reason: "the back office"}
	}, want: []string{"warning exposed contacts"}},
	{name: "shared with the tenant column", policy: func(p *scope.Policy) { p.Tables["templates"] = scope.Table{Class: scope.Shared} }, want: []string{"warning shared-tenant-column templates"}},
	{name: "row security", on: "postgres", schema: []string{`ALTER TABLE contacts ENABLE ROW LEVEL SECURITY`}, want: []string{"info row-security contacts"}},
	{name: "partitions", on: "postgres", want: []string{"info inherits months", "error inherits months_2", "warning shared-tenant-column months_2"}, schema: []string{
		`CREATE TABLE months (tenant_id text NOT NULL, month integer, PRIMARY KEY (tenant_id, month)) PARTITION BY LIST (month)`,
		`CREATE TABLE months_1 PARTITION OF months FOR VALUES IN (1)`,
		`CREATE TABLE months_2 PARTITION OF months FOR VALUES IN (2)`},
		policy: func(p *scope.Policy) {
			p.Tables["months"], p.Tables["months_2"] = scope.Table{}, scope.Table{Class: scope.Shared}
		}},
	{name: "partitions repeat nothing", on: "postgres", want: []string{"info inherits months", "warning tenant-column-nullable months", "warning no-tenant-index months"}, schema: []string{
		`CREATE TABLE months (tenant_id text, month integer) PARTITION BY LIST (month)`,
		`CREATE TABLE months_1 PARTITION OF months FOR VALUES IN (1)`},
		policy: func(p *scope.Policy) { p.Tables["months"] = scope.Table{} }},
	{name: "partitions, closed by the default", on: "postgres", want: []string{"info inherits months"}, schema: []string{
		`CREATE TABLE months (tenant_id text NOT NULL, month integer, PRIMARY KEY (tenant_id, month)) PARTITION BY LIST (month)`,
		`CREATE TABLE months_1 PARTITION OF months FOR VALUES IN (1)`},
		policy: func(p *scope.Policy) {
			p.Default = scope.Shared
			for _, t := range []string{"months", "contacts", "companies"} {
				p.Tables[t] = scope.Table{Class: scope.PerTenant}
			}
		}},
	{name: "a child", on: "postgres", want: []string{"warning inherits old_templates"}, policy: func(p *scope.Policy) { p.Tables["old_templates"] = scope.Table{} },
		schema: []string{`CREATE TABLE old_templates (PRIMARY KEY (tenant_id, id)) INHERITS (templates)`}},

	{name: "no tenant column", schema: []string{`CREATE TABLE later (id integer)`}, want: []string{"error no-tenant-column later", "info unlisted later"}},
	{name: "no tenant column, declared", schema: []string{`CREATE TABLE later (id integer)`}, want: []string{"error no-tenant-column later"},
		policy: func(p *scope.Policy) { p.Tables["later"] = scope.Table{Class: scope.Mixed, Column: "owner"} }},
	{name: "type", schema: []string{`CREATE TABLE later (tenant_id decimal(10) NOT NULL PRIMARY KEY)`}, want: []string{"error tenant-column-type later"},
		policy: func(p *scope.Policy) { p.Tables["later"] = scope.Table{} }},
	{name: "types differ", schema: []string{`CREATE TABLE later (tenant_id bigint NOT NULL, id integer, PRIMARY KEY (tenant_id, id))`}, want: []string{"error tenant-column-type later"},
		policy: func(p *scope.Policy) { p.Tables["later"] = scope.Table{} }},
	{name: "short", on: "postgres sqlite", schema: []string{`CREATE TABLE later (tenant_id varchar(20) NOT NULL PRIMARY KEY)`}, want: []string{"warning tenant-column-short later"},
		policy: func(p *scope.Policy) { p.Tables["later"] = scope.Table{} }},
	{name: "generated", on: "postgres sqlite", schema: []string{`CREATE TABLE later (id integer, tenant_id text GENERATED ALWAYS AS ('acme') STORED NOT NULL)`, `CREATE INDEX later_i ON later (tenant_id)`},
		policy: func(p *scope.Policy) { p.Tables["later"] = scope.Table{} }, want: []string{"error tenant-column-generated later"}},
	{name: "default", schema: []string{`CREATE TABLE later (tenant_id ID NOT NULL DEFAULT 'hunter2' PRIMARY KEY)`, `CREATE TABLE mixed (tenant_id ID DEFAULT 'hunter2')`, `CREATE TABLE fine (tenant_id ID DEFAULT NULL)`},
		policy: func(p *scope.Policy) {
			p.Tables["later"], p.Tables["mixed"], p.Tables["fine"] = scope.Table{}, scope.Table{Class: scope.Mixed}, scope.Table{Class: scope.Mixed}
		}, want: []string{"error tenant-column-default mixed", "warning tenant-column-default later"}},
	{name: "collation", on: "postgres", want: []string{"error tenant-column-collation loose", "error tenant-column-collation cased"}, schema: []string{
		`CREATE COLLATION shifted (provider = icu, locale = 'und-u-ka-shifted-ks-level1', deterministic = false)`,
		`CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
		`CREATE TABLE loose (tenant_id text COLLATE shifted NOT NULL, id integer)`, `CREATE INDEX loose_i ON loose (tenant_id)`,
		`CREATE TABLE cased (tenant_id text COLLATE nocase NOT NULL, id integer)`, `CREATE INDEX cased_i ON cased (tenant_id)`},
		policy: func(p *scope.Policy) { p.Tables["loose"], p.Tables["cased"] = scope.Table{}, scope.Table{} }},
	{name: "collation", on: "mysql", want: []string{"error tenant-column-collation loose", "error tenant-column-collation central", "warning tenant-column-collation cased", "warning tenant-column-collation swedish"}, schema: []string{
		`CREATE TABLE loose (tenant_id varchar(63) CHARACTER SET utf8mb4 COLLATE utf8mb4_roman_ci NOT NULL PRIMARY KEY)`,
		`CREATE TABLE central (tenant_id varchar(63) CHARACTER SET macce NOT NULL PRIMARY KEY)`,
		`CREATE TABLE cased (tenant_id varchar(63) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL PRIMARY KEY)`,
		`CREATE TABLE swedish (tenant_id varchar(63) CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL PRIMARY KEY)`},
		policy: func(p *scope.Policy) {
			for _, t := range []string{"loose", "central", "cased", "swedish"} {
				p.Tables[t] = scope.Table{}
			}
		}},
	{name: "collation", on: "sqlite", want: []string{"warning tenant-column-collation cased", "info tenant-column-collation padded"}, schema: []string{
		`CREATE TABLE cased (tenant_id varchar(63) COLLATE NOCASE NOT NULL PRIMARY KEY)`,
		`CREATE TABLE padded (tenant_id varchar(63) NOT NULL PRIMARY KEY COLLATE RTRIM)`,
		`CREATE TABLE other (id text COLLATE NOCASE, tenant_id varchar(63) NOT NULL PRIMARY KEY)`},
		policy: func(p *scope.Policy) {
			p.Tables["cased"], p.Tables["padded"], p.Tables["other"] = scope.Table{}, scope.Table{}, scope.Table{}
		}},
	{name: "nullable", schema: []string{`CREATE TABLE later (tenant_id ID UNIQUE)`}, want: []string{"warning tenant-column-nullable later"},
		policy: func(p *scope.Policy) { p.Tables["later"] = scope.Table{} }},
	{name: "a row without a tenant", schema: []string{`CREATE TABLE later (tenant_id ID UNIQUE)`, `INSERT INTO later VALUES ('hunter2'), (NULL)`},
		policy: func(p *scope.Policy) { p.Tables["later"] = scope.Table{} }, want: []string{"error row-without-tenant later", "warning tenant-column-nullable later"}},
	{name: "no index", schema: []string{`CREATE TABLE later (id integer NOT NULL, tenant_id ID NOT NULL, PRIMARY KEY (id, tenant_id))`}, want: []string{"warning no-tenant-index later"},
		policy: func(p *scope.Policy) { p.Tables["later"] = scope.Table{} }},
	{name: "a partial index", on: "postgres sqlite", schema: []string{`CREATE TABLE later (id integer NOT NULL, tenant_id ID NOT NULL)`, `CREATE INDEX later_i ON later (tenant_id) WHERE id > 0`},
		policy: func(p *scope.Policy) { p.Tables["later"] = scope.Table{} }, want: []string{"warning no-tenant-index later"}},

	{name: "unique without tenant", schema: []string{`CREATE TABLE later (id integer NOT NULL PRIMARY KEY, tenant_id ID NOT NULL, code integer, UNIQUE (code), UNIQUE (tenant_id, code))`},
		policy: func(p *scope.Policy) { p.Tables["later"] = scope.Table{GloballyUnique: []string{"code"}} }, want: []string{"warning unique-without-tenant later"}},
	{name: "an expression", on: "postgres sqlite", schema: []string{`CREATE UNIQUE INDEX contacts_x ON contacts (lower(country))`}, want: []string{"warning unique-without-tenant contacts"}},
	{name: "an expression, declared", on: "postgres sqlite", schema: []string{`CREATE UNIQUE INDEX contacts_x ON contacts (lower(country))`},
		policy: func(p *scope.Policy) { p.GloballyUnique = append(p.GloballyUnique, "contacts_x") }},
	{name: "replaces", on: "sqlite", schema: []string{`CREATE TABLE later (tenant_id text NOT NULL, uid text UNIQUE ON CONFLICT REPLACE, id integer, UNIQUE (tenant_id, id))`},
		policy: func(p *scope.Policy) { p.Tables["later"] = scope.Table{} }, want: []string{"error unique-without-tenant later"}},
	{name: "unknown key", policy: func(p *scope.Policy) { p.Tables["companies"] = scope.Table{GloballyUnique: []string{"uuid"}} }, want: []string{"warning unknown-key companies"}},
	{name: "foreign key without tenant", schema: []string{
		`CREATE TABLE owned (uid integer NOT NULL UNIQUE, tenant_id ID NOT NULL PRIMARY KEY)`,
		`CREATE TABLE plain (tenant_id ID NOT NULL PRIMARY KEY, r integer, FOREIGN KEY (r) REFERENCES owned (uid))`,
		`CREATE TABLE cascading (tenant_id ID NOT NULL PRIMARY KEY, r integer, FOREIGN KEY (r) REFERENCES owned (uid) ON DELETE SET NULL)`,
		`CREATE TABLE updating (tenant_id ID NOT NULL PRIMARY KEY, r integer, FOREIGN KEY (r) REFERENCES owned (uid) ON UPDATE CASCADE)`},
		policy: func(p *scope.Policy) {
			p.Tables["owned"], p.Tables["plain"], p.Tables["cascading"], p.Tables["updating"] = scope.Table{}, scope.Table{}, scope.Table{}, scope.Table{}
		}, want: []string{"warning foreign-key-tenant plain", "error foreign-key-tenant cascading", "error foreign-key-tenant updating"}},
	{name: "foreign key sets tenant", schema: []string{`CREATE TABLE later (id integer NOT NULL, tenant_id ID, company_id integer, UNIQUE (tenant_id, id),
		FOREIGN KEY (tenant_id, company_id) REFERENCES companies (tenant_id, id) ON DELETE SET NULL)`},
		policy: func(p *scope.Policy) { p.Tables["later"] = scope.Table{Class: scope.Mixed} }, want: []string{"error foreign-key-sets-tenant later"}},
	{name: "foreign key sets the rest", on: "postgres", schema: []string{`CREATE TABLE later (id integer NOT NULL, tenant_id ID NOT NULL, company_id integer, PRIMARY KEY (tenant_id, id),
		FOREIGN KEY (tenant_id, company_id) REFERENCES companies (tenant_id, id) ON DELETE SET NULL (company_id))`},
		policy: func(p *scope.Policy) { p.Tables["later"] = scope.Table{} }},
	{name: "cascade from shared", schema: []string{
		`CREATE TABLE a (tenant_id ID NOT NULL PRIMARY KEY, c varchar(2), FOREIGN KEY (c) REFERENCES countries (code) ON DELETE CASCADE)`,
		`CREATE TABLE b (tenant_id ID NOT NULL PRIMARY KEY, c integer, FOREIGN KEY (c) REFERENCES clicks (id) ON DELETE SET NULL)`},
		policy: func(p *scope.Policy) { p.Tables["a"], p.Tables["b"] = scope.Table{}, scope.Table{} },
		want:   []string{"warning foreign-key-shared a", "error foreign-key-shared b"}},
	{name: "shared rows of a tenant", schema: []string{
		`CREATE TABLE a (uid varchar(36), FOREIGN KEY (uid) REFERENCES companies (uid))`,
		`CREATE TABLE b (uid varchar(36), FOREIGN KEY (uid) REFERENCES companies (uid) ON DELETE CASCADE)`},
		policy: func(p *scope.Policy) {
			p.Tables["a"], p.Tables["b"] = scope.Table{Class: scope.Shared}, scope.Table{Class: scope.Shared}
		}, want: []string{"warning foreign-key-to-tenant a", "error foreign-key-to-tenant b"}},
	{name: "a foreign key to the primary key", on: "sqlite", schema: []string{
		`CREATE TABLE owned (id integer NOT NULL, tenant_id text NOT NULL, PRIMARY KEY (tenant_id, id))`,
		`CREATE TABLE later (id integer, tenant_id text NOT NULL, UNIQUE (tenant_id, id), FOREIGN KEY (tenant_id, id) REFERENCES Owned ON DELETE CASCADE)`},
		policy: func(p *scope.Policy) { p.Tables["owned"], p.Tables["later"] = scope.Table{}, scope.Table{} }},

	{name: "views", schema: []string{
		`CREATE VIEW v_base AS SELECT code FROM countries`, `CREATE VIEW v_shared AS SELECT code FROM v_base`,
		`CREATE VIEW v_direct AS SELECT c.id, o.title FROM countries o LEFT JOIN contacts c ON c.country = o.code`,
		`CREATE VIEW v_deep AS SELECT id FROM v_direct WHERE id IN (SELECT id FROM v_direct)`,
		`CREATE VIEW v_tenant AS SELECT tenant_id, id FROM contacts`,
		`CREATE VIEW v_other AS SELECT id * 1.5 AS tenant_id FROM companies`},
		policy: func(p *scope.Policy) {
			p.Tables["v_shared"], p.Tables["v_deep"], p.Tables["v_tenant"] = scope.Table{Class: scope.Shared}, scope.Table{Class: scope.Shared}, scope.Table{}
		}, want: []string{"error view v_deep", "warning view v_tenant", "info view v_base", "info view v_direct", "info view v_other"}},
	{name: "a materialised view", on: "postgres", schema: []string{`CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM contacts`},
		policy: func(p *scope.Policy) { p.Tables["m"] = scope.Table{Class: scope.Shared} }, want: []string{"error view m"}},
	{name: "a view that calls", on: "postgres", want: []string{"warning view v", "info view w"}, schema: []string{
		`CREATE FUNCTION total() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM contacts'`,
		`CREATE VIEW v AS SELECT total() AS n`, `CREATE VIEW w AS SELECT total() AS n`},
		policy: func(p *scope.Policy) { p.Tables["v"] = scope.Table{Class: scope.Shared} }},
	{name: "a view that calls", on: "mysql", want: []string{"warning view v"}, schema: []string{
		`CREATE FUNCTION total() RETURNS bigint READS SQL DATA RETURN (SELECT count(*) FROM contacts)`, `CREATE VIEW v AS SELECT total() AS n`},
		policy: func(p *scope.Policy) { p.Tables["v"] = scope.Table{Class: scope.Shared} }},
	{name: "a virtual table", on: "sqlite", schema: []string{`CREATE VIRTUAL TABLE found USING rtree(id, low, high)`}, policy: func(p *scope.Policy) { p.Tables["found"] = scope.Table{Class: scope.Shared} },
		want: []string{"warning view found", "info view found_node", "info view found_parent", "info view found_rowid"}},
	{name: "trigger", on: "mysql", schema: []string{`CREATE TRIGGER audit AFTER INSERT ON contacts FOR EACH ROW INSERT INTO clicks VALUES (1)`}, want: []string{"warning trigger contacts"}},
	{name: "trigger", on: "sqlite", schema: []string{`CREATE TRIGGER audit AFTER INSERT ON contacts BEGIN INSERT INTO clicks VALUES (1); END`}, want: []string{"warning trigger contacts"}},
	{name: "trigger and rule", on: "postgres", want: []string{"warning trigger contacts", "warning rule clicks"}, schema: []string{
		`CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`,
		`CREATE TRIGGER audit BEFORE INSERT ON contacts FOR EACH ROW EXECUTE FUNCTION audit()`,
		`CREATE RULE quiet AS ON DELETE TO clicks DO INSTEAD NOTHING`}},
	{name: "functions of columns", on: "postgres", want: []string{"warning function a", "warning function b", "warning function c"}, schema: []string{
		`CREATE FUNCTION mine(integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT 1'`,
		`CREATE FUNCTION reviewed(integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT 1'`,
		`CREATE TABLE a (id integer DEFAULT mine(1))`, `CREATE TABLE b (id integer, n integer GENERATED ALWAYS AS (mine(id)) STORED)`,
		`CREATE TABLE c (id integer CHECK (mine(id) > 0))`, `CREATE TABLE d (id integer DEFAULT reviewed(1) + length('x'))`},
		policy: func(p *scope.Policy) {
			p.Functions = []string{"reviewed"}
			for _, t := range []string{"a", "b", "c", "d"} {
				p.Tables[t] = scope.Table{Class: scope.Shared}
			}
		}},
}

// TestCheck: a clean schema has no findings, and each fault gives its own and no
// other.
func TestCheck(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		dsn, db := e.NewDatabase(t)
		fresh := func(t *testing.T) (string, *sql.DB) {
			if e.Dialect != tenant.Postgres {
				return e.NewDatabase(t)
			}
			run(t, db, `DROP SCHEMA public CASCADE`, `CREATE SCHEMA public`) // a database takes half a second
			return dsn, db
		}
		t.Run("clean", func(t *testing.T) {
			dsn, db := fresh(t)
			require.Empty(t, checked(t, e, dsn, db, fault{}))
		})
		for _, f := range faults {
			if f.on != "" && !slices.Contains(strings.Fields(f.on), e.Dialect.String()) {
				continue
			}
			t.Run(f.name, func(t *testing.T) {
				dsn, db := fresh(t)
				require.ElementsMatch(t, f.want, checked(t, e, dsn, db, f))
			})
		}
	})
}

// always are the findings of every schema under test.
var always = map[string]bool{
	"info shared-writable clicks": true,
	"info server-names -":         true, // of a server that ignores case
}

// checked makes the clean schema with one fault and returns the findings, but
// for those that are always there.
func checked(t *testing.T, e engines.Engine, dsn string, db *sql.DB, f fault) []string {
	t.Helper()
	for _, q := range slices.Concat(cleanSchema, f.schema) {
		run(t, db, strings.ReplaceAll(q, " ID", " "+idType(e.Dialect)))
	}
	p := checkPolicy(e.Dialect)
	if f.policy != nil {
		f.policy(&p)
	}
	connector := driver.Connector(setting{e.Connector(t, dsn), f.set})
	if f.connector != nil {
		connector = f.connector(connector)
	}
	scoped, err := scope.OpenDB(connector, p)
	require.NoError(t, err)
	t.Cleanup(func() { scoped.Close() })
	report, err := scope.Check(context.Background(), scoped)
	require.NoError(t, err)
	out := []string{}
	for _, found := range report.Findings {
		table := found.Table
		if table == "" {
			table = "-"
		}
		line := fmt.Sprintf("%v %s %s", found.Severity, found.Code, table)
		padded := e.Dialect == tenant.MySQL && found.Severity == scope.SeverityInfo && found.Code == "tenant-column-collation"
		if !always[line] && !padded {
			out = append(out, line)
		}
		require.NotContains(t, found.Message, "hunter2", "no values")
		require.NotContains(t, found.Message, "%!", "a format that fits")
	}
	require.Equal(t, strings.Contains(strings.Join(f.want, "\n"), "error "), report.Err() != nil)
	return out
}

// setting begins each connection with a statement.
type setting struct {
	driver.Connector
	statement string
}

func (s setting) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := s.Connector.Connect(ctx)
	if err != nil || s.statement == "" {
		return c, err
	}
	_, err = c.(driver.ExecerContext).ExecContext(ctx, s.statement, nil)
	return c, err
}
