package ddl_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/tenant"
)

const postgres = `
-- a comment; with a semicolon
CREATE TABLE public.companies (
	"Id" bigserial, name varchar(80) NOT NULL DEFAULT 'a;b', tenant_id text NOT NULL,
	price numeric(10, 2) DEFAULT (1 + 2), tags text[], born date, at timestamp with time zone, doc jsonb,
	twice integer GENERATED ALWAYS AS (1 + 1) STORED, ok boolean,
	PRIMARY KEY ("Id", tenant_id), CONSTRAINT named UNIQUE (tenant_id, name), CHECK (price > 0)
);
CREATE TABLE IF NOT EXISTS contacts (tenant_id text, id uuid PRIMARY KEY, company bigint REFERENCES companies, boss uuid,
	FOREIGN KEY (company, tenant_id) REFERENCES companies ("Id", tenant_id) ON DELETE CASCADE);
CREATE UNIQUE INDEX one ON contacts USING btree (tenant_id, lower(boss::text)) WHERE boss IS NOT NULL;
CREATE INDEX only_tenant ON contacts (tenant_id);
ALTER TABLE ONLY contacts ADD CONSTRAINT c2 UNIQUE (tenant_id, company);
CREATE VIEW v AS SELECT 1;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$;
`

func read(t *testing.T, d tenant.Dialect, text string) *ddl.Schema {
	t.Helper()
	texts, err := ddl.Split(d, text)
	require.NoError(t, err)
	s, err := ddl.Read(d, texts)
	require.NoError(t, err)
	return s
}

func TestRead(t *testing.T) {
	t.Parallel()
	s := read(t, tenant.Postgres, postgres)
	require.Len(t, s.Texts, 7)
	require.Equal(t, []string{"v"}, s.Views)
	c := s.Table("companies")
	require.Equal(t, "public", c.Schema)
	require.Equal(t, []ddl.Key{{Columns: []string{"Id", "tenant_id"}, Primary: true}, {Name: "named", Columns: []string{"tenant_id", "name"}}}, c.Keys)
	require.Equal(t, []ddl.Column{
		{Name: "Id", Type: "bigserial", Kind: ddl.Int, NotNull: true, Numbered: true},
		{Name: "name", Type: "varchar(80)", Kind: ddl.Text, Size: 80, NotNull: true, Default: true},
		{Name: "tenant_id", Type: "text", Kind: ddl.Text, NotNull: true},
		{Name: "price", Type: "numeric(10, 2)", Kind: ddl.Real, Default: true},
		{Name: "tags", Type: "text[]"},
		{Name: "born", Type: "date", Kind: ddl.Date},
		{Name: "at", Type: "timestamp with time zone", Kind: ddl.Time},
		{Name: "doc", Type: "jsonb", Kind: ddl.JSON},
		{Name: "twice", Type: "integer", Kind: ddl.Int, Generated: true},
		{Name: "ok", Type: "boolean", Kind: ddl.Bool},
	}, c.Columns)
	k := s.Table("contacts")
	require.Equal(t, []ddl.ForeignKey{{Columns: []string{"company"}, Table: "companies"},
		{Columns: []string{"company", "tenant_id"}, Table: "companies", References: []string{"Id", "tenant_id"}}}, k.Foreign)
	require.Equal(t, []ddl.Key{{Columns: []string{"id"}, Primary: true},
		{Name: "one", Columns: []string{"tenant_id", ""}, Partial: true}, {Name: "c2", Columns: []string{"tenant_id", "company"}}}, k.Keys)
	cat := s.Catalogue()
	require.Equal(t, "bigint", cat.Tables["companies"].Columns[0].Type)
	require.Contains(t, cat.Tables, "public.contacts")
	require.True(t, cat.Tables["v"].View)
}

func TestReadMySQL(t *testing.T) {
	t.Parallel()
	s := read(t, tenant.MySQL, "/*!40101 SET NAMES utf8 */;\n"+
		"CREATE TABLE `tickets` (`id` int(11) NOT NULL AUTO_INCREMENT, `key` varchar(9) DEFAULT 'it\\'s', tenant_id varchar(63) CHARACTER SET ascii NOT NULL,\n"+
		"kind enum('a','b') COMMENT 'x, y', PRIMARY KEY (`id`,tenant_id), UNIQUE KEY `k` (tenant_id, `key`(10)), KEY x (tenant_id), FULLTEXT KEY ft (`key`)) ENGINE=InnoDB;")
	tickets := s.Table("tickets")
	require.Len(t, tickets.Columns, 4)
	require.True(t, tickets.Columns[0].Numbered)
	require.Equal(t, "varchar(63)", tickets.Columns[2].Type)
	require.Equal(t, ddl.Key{Name: "k", Columns: []string{"tenant_id", "key"}}, tickets.Keys[1])
	alone, err := s.Alone(func(string) string { return "tenant_id" })
	require.NoError(t, err)
	require.Equal(t, []string{"CREATE TABLE `tickets` (`id` int(11) NOT NULL AUTO_INCREMENT, `key` varchar(9) DEFAULT 'it\\'s',\n" +
		"kind enum('a','b') COMMENT 'x, y', PRIMARY KEY (`id`), UNIQUE KEY `k` (`key`(10)), FULLTEXT KEY ft (`key`)) ENGINE=InnoDB"}, alone)
}

func TestReadSQLite(t *testing.T) {
	t.Parallel()
	s := read(t, tenant.SQLite, `CREATE TABLE [Items] (Id INTEGER PRIMARY KEY, key TEXT UNIQUE, tenant_id, "n" REAL) STRICT;
		CREATE TRIGGER tr AFTER INSERT ON items BEGIN UPDATE items SET n = CASE WHEN 1 THEN 2 END; DELETE FROM items; END;
		CREATE TABLE b (tenant_id TEXT PRIMARY KEY, x INT) WITHOUT ROWID;
		CREATE TABLE c (id INTEGER NOT NULL, tenant_id TEXT, PRIMARY KEY (id));
		CREATE TABLE d (id INTEGER NOT NULL, tenant_id TEXT, PRIMARY KEY (id, tenant_id))`)
	require.Len(t, s.Texts, 5)
	require.True(t, s.Table("c").Column("id").Numbered)
	require.False(t, s.Table("d").Column("id").Numbered)
	items := s.Table("items")
	require.True(t, items.Column("id").Numbered)
	require.Equal(t, []ddl.Key{{Columns: []string{"id"}, Primary: true}, {Columns: []string{"key"}}}, items.Keys)
	require.True(t, items.Unique("key", "n"))
	require.False(t, items.Unique("n"))
}

func TestAlone(t *testing.T) {
	t.Parallel()
	alone, err := read(t, tenant.Postgres, postgres).Alone(func(string) string { return "tenant_id" })
	require.NoError(t, err)
	text := strings.Join(alone, ";\n")
	require.Len(t, alone, 6) // the index on the tenant alone is gone
	require.NotContains(t, text, "tenant_id")
	require.Contains(t, text, `PRIMARY KEY ("Id"), CONSTRAINT named UNIQUE (name), CHECK (price > 0)`)
	require.Contains(t, text, `FOREIGN KEY (company) REFERENCES companies ("Id") ON DELETE CASCADE)`)
	require.Contains(t, text, `(lower(boss::text)) WHERE boss IS NOT NULL`)
	require.Contains(t, text, `UNIQUE (company)`)
	_, err = ddl.Read(tenant.Postgres, alone)
	require.NoError(t, err)
}

// A schema that gets its tenants later reads as one that had them from the start.
func TestAlterAdds(t *testing.T) {
	t.Parallel()
	s := read(t, tenant.Postgres, `CREATE TABLE a (id int);
		ALTER TABLE a ADD COLUMN IF NOT EXISTS tenant_id text DEFAULT 'x', ADD note text NOT NULL;
		ALTER TABLE a ALTER COLUMN tenant_id SET NOT NULL, ADD CONSTRAINT p PRIMARY KEY (tenant_id, id);
		ALTER TABLE a ALTER tenant_id DROP DEFAULT`)
	a := s.Table("a")
	require.Equal(t, []ddl.Column{{Name: "id", Type: "int", Kind: ddl.Int}, {Name: "tenant_id", Type: "text", Kind: ddl.Text, Default: true},
		{Name: "note", Type: "text", Kind: ddl.Text, NotNull: true}}, a.Columns)
	require.Equal(t, []string{"tenant_id", "id"}, a.Primary())
	alone, err := s.Alone(func(string) string { return "tenant_id" })
	require.NoError(t, err)
	require.Equal(t, []string{"CREATE TABLE a (id int)", "ALTER TABLE a ADD note text NOT NULL", "ALTER TABLE a ADD CONSTRAINT p PRIMARY KEY (id)"}, alone)
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	_, err := ddl.Split(tenant.Postgres, "CREATE TABLE a (id int);\n\nCREATE TABLE b (x text DEFAULT 'open);")
	require.ErrorContains(t, err, "line 3")
	for _, text := range []string{"CREATE TABLE a AS SELECT 1", "CREATE TABLE (id int)", "CREATE TABLE a (id int, PRIMARY KEY id)",
		"CREATE TABLE a (id int, FOREIGN KEY (id))", "CREATE UNIQUE INDEX i (a)"} {
		_, err := ddl.Read(tenant.Postgres, []string{text})
		require.Error(t, err, text)
	}
	_, err = ddl.Read(tenant.Postgres, []string{"CREATE TABLE a (id int)", "CREATE TABLE a (id int)"})
	require.ErrorContains(t, err, "twice")
}
