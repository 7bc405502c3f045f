package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/scope"
)

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args      []string
		exit      int
		out, says string
	}{
		{nil, exitFailed, "", "tenancy audit"},
		{[]string{"help"}, exitOK, "tenancy explain", ""},
		{[]string{"--help"}, exitOK, "Exit codes", ""},
		{[]string{"audti"}, exitFailed, "", `no command "audti"`},
		{[]string{"audit", "--help"}, exitOK, "", "--statements file"},
		{[]string{"audit", "--scheme", "x"}, exitFailed, "", "not defined: -scheme"},
		{[]string{"audit"}, exitFailed, "", "--schema is missing"},
		{[]string{"audit", "--schema", ""}, exitFailed, "", "--schema is missing"},
		{[]string{"audit", "now"}, exitFailed, "", `"now" is one argument too many`},
		{[]string{"explain", "--policy", "x"}, exitFailed, "", "--schema is missing"},
		{[]string{"check", "--policy", "x"}, exitFailed, "", "--dsn is missing"},
		{auditOf("postgres", "testdata/notes_sqlite"), exitFailed, "", "the policy is for sqlite, and --dialect says postgres"},
		{auditOf("oracle", "testdata/notes_sqlite"), exitFailed, "", "use postgres, mysql or sqlite"},
		{auditOf("sqlite", "testdata/notes_sqlite", "--max-refused", "many"), exitFailed, "", "--max-refused many"},
		{auditOf("sqlite", "testdata/notes_sqlite", "--max-refused", "-1"), exitFailed, "", "--max-refused -1"},
		{auditOf("sqlite", "testdata/notes_sqlite", "--html", "testdata"), exitFailed, "", "testdata"},
		{auditOf("postgres", "testdata/notes_postgres", "--dsn", "postgres://127.0.0.1:1/x"), exitFailed, "", "does not answer"},
	} {
		exit, out, says := tenancy(t, "", tt.args...)
		require.Equal(t, tt.exit, exit, "%v: %s", tt.args, says)
		require.Contains(t, out, tt.out, tt.args)
		require.Contains(t, says, tt.says, tt.args)
	}
}

// TestBadInput: what can not be read is named with its file and line.
func TestBadInput(t *testing.T) {
	t.Parallel()
	const good = "CREATE TABLE notes (tenant_id TEXT NOT NULL, id INTEGER NOT NULL);\n"
	for _, tt := range []struct{ file, text, says string }{
		{"statements.sql", "", "statements.sql: it has no statement"},
		{"statements.sql", "\n-- nothing\n", "statements.sql: it has no statement"},
		{"statements.sql", "SELECT 1\nSELECT '" + strings.Repeat("x", maxLine) + "'\n", "statements.sql:2: the line is longer than"},
		{"statements.sql", "SELECT 1\n\nSELECT '\xff' FROM notes\n", "statements.sql:3: it is not UTF-8"},
		{"statements.sql", "SELECT id FROM notes WHERE body = 'open\n", "statements.sql:1: unbalanced: a quote that is never closed"},
		{"statements.sql", "SELECT 1\nSELECT /* 2", "statements.sql:2: unbalanced: a comment that is never closed"},
		{"schema.sql", " \n", "schema.sql: it is empty"},
		{"schema.sql", "\xfe", "schema.sql:1: it is not UTF-8"},
		{"schema.sql", "-- nothing\n", "schema.sql: it has no CREATE TABLE"},
		{"schema.sql", good + "CREATE TABLE more (id INTEGER DEFAULT 'x);\n", "schema.sql: ddl: line 2: unbalanced"},
		{"schema.sql", good + "\n\nCREATE TABLE 7 (id);\n", "schema.sql:4: "},
		{"schema.sql", good + good, "schema.sql: ddl"},
		{"schema.sql", good + "CREATE TABLE more (id INTEGER, CHECK (nonsense(id)));\n", "the engine does not take the schema"},
		{"policy.json", "", "policy.json: it is empty"},
		{"policy.json", "{", "policy.json: scope: reading a policy"},
		{"policy.json", `{"dialect": "sqlite", "column": "tenant_id", "default": "per-tenant", "tables": {"notes": "mine"}}`, "table notes: scope: unknown class"},
		{"policy.json", `{"dialect": "sqlite", "column": "tenant_id", "tables": {}}`, "Policy.Default"},
		{"policy.json", `{"dialect": "sqlite", "column": "owner", "default": "per-tenant"}`, "no verdict on sqlite"},
	} {
		exit, _, says := tenancy(t, "", auditOf("sqlite", folder(t, map[string]string{tt.file: tt.text}))...)
		require.Equal(t, exitFailed, exit, "%.60q", tt.text)
		require.Contains(t, says, tt.says, "%.60q", tt.text)
		require.Less(t, len(says), 1000)
	}
	exit, _, says := tenancy(t, "", auditOf("sqlite", t.TempDir())...)
	require.Equal(t, exitFailed, exit)
	require.Contains(t, says, "policy.json")
}

func TestExplain(t *testing.T) {
	t.Parallel()
	explain := func(stdin string, more ...string) (int, string, string) {
		return tenancy(t, stdin, append([]string{"explain", "--policy", "testdata/notes_sqlite/policy.json", "--schema", "testdata/notes_sqlite/schema.sql"}, more...)...)
	}
	exit, out, _ := explain("", "--statement", "SELECT id FROM notes")
	require.Equal(t, exitOK, exit)
	require.Contains(t, out, "table notes: per-tenant, WHERE, added\nsent: SELECT id FROM notes WHERE notes.\"tenant_id\" = ?")
	exit, out, _ = explain("SELECT id,\n  nope(id) FROM notes\n", "--statement", "-")
	require.Equal(t, exitFound, exit)
	require.Contains(t, out, "nope()")
	require.Contains(t, out, "^")
	exit, out, _ = explain("")
	require.Equal(t, exitOK, exit)
	require.Equal(t, "table countries: shared\ntable styles: mixed, column tenant_id\ntable notes: per-tenant, column tenant_id, unique across tenants: id\n", out)
	exit, _, says := explain(" ", "--statement", "-")
	require.Equal(t, exitFailed, exit)
	require.Contains(t, says, "it is empty")
}

func TestCheck(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "live.db")
	db, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	text, err := os.ReadFile("testdata/notes_sqlite/schema.sql")
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), string(text))
	require.NoError(t, err)
	exit, out, says := tenancy(t, "", "check", "--dsn", file, "--policy", "testdata/notes_sqlite/policy.json")
	require.Equal(t, exitOK, exit, out+says)
	_, err = db.ExecContext(t.Context(), "CREATE TABLE more (id INTEGER PRIMARY KEY)")
	require.NoError(t, err)
	require.NoError(t, db.Close())
	exit, out, _ = tenancy(t, "", "check", "--dsn", file, "--policy", "testdata/notes_sqlite/policy.json", "--json")
	require.Equal(t, exitFound, exit)
	require.Contains(t, out, `"code": "no-tenant-column"`)
	exit, _, says = tenancy(t, "", "check", "--dsn", filepath.Join(file, "nowhere"), "--policy", "testdata/notes_sqlite/policy.json")
	require.Equal(t, exitFailed, exit)
	require.NotEmpty(t, says)
}

func TestPlaceholders(t *testing.T) {
	t.Parallel()
	schema, err := ddl.Read(scope.SQLite, []string{
		"CREATE TABLE a (id INTEGER PRIMARY KEY, name TEXT, at DATE)",
		"CREATE TABLE b (a_id INTEGER REFERENCES a (id), body TEXT, price REAL)",
	})
	require.NoError(t, err)
	for text, want := range map[string]string{
		"SELECT 1": "",
		"SELECT * FROM a WHERE id = ? AND ? < at":                      "a.id a.at",
		"SELECT * FROM a WHERE id IN (?, ?) AND name LIKE ? || '%'":    "a.id a.id a.name",
		"SELECT * FROM a WHERE at BETWEEN ? AND ? LIMIT ? OFFSET ?":    "a.at a.at # #",
		"SELECT * FROM a JOIN b ON a_id = id WHERE lower(body) = ?":    "b.body",
		"SELECT * FROM a WHERE name = :n OR at > :d OR name = :n":      "a.name=n a.at=d",
		"SELECT * FROM a WHERE id = ?2 AND name = ?1":                  "a.name a.id",
		"INSERT INTO b (body, a_id) VALUES (lower(?), ?), (?, ?)":      "b.body b.a_id b.body b.a_id",
		"INSERT INTO b (price, body) SELECT ?, name FROM a WHERE at=?": "b.price a.at",
		"UPDATE a SET name = ?, at = ? WHERE id = ?":                   "a.name a.at a.id",
		"SELECT ? FROM a": "-",
	} {
		list, inserts := placeholders(scope.SQLite, schema, text)
		var got []string
		for _, p := range list {
			s := "-"
			switch {
			case p.count:
				s = "#"
			case p.column != nil:
				s = p.table + "." + p.column.Name
			}
			if p.name != "" {
				s += "=" + p.name
			}
			got = append(got, s)
		}
		require.Equal(t, want, strings.Join(got, " "), text)
		require.Equal(t, strings.HasPrefix(text, "INSERT"), inserts, text)
	}
}
