package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files anew")

// tenancy runs the program.
func tenancy(t *testing.T, stdin string, args ...string) (exit int, out, complaints string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	exit = run(t.Context(), args, streams{in: strings.NewReader(stdin), out: &stdout, err: &stderr})
	return exit, stdout.String(), stderr.String()
}

// auditOf are the flags for the files of a folder.
func auditOf(dialect, dir string, more ...string) []string {
	return append([]string{"audit", "--dialect", dialect, "--schema", filepath.Join(dir, "schema.sql"),
		"--policy", filepath.Join(dir, "policy.json"), "--statements", filepath.Join(dir, "statements.sql")}, more...)
}

// golden compares with a file, in which engines have no version.
func golden(t *testing.T, name, got string) {
	t.Helper()
	got = regexp.MustCompile(`("engine": "\w+)[^"]*"`).ReplaceAllString(got, `$1 ..."`)
	name = filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(name, []byte(got), 0o644))
	}
	want, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "run the test with -update if this is right")
}

func TestAuditSQLite(t *testing.T) {
	t.Parallel()
	exit, out, complaints := tenancy(t, "", auditOf("sqlite", "testdata/notes_sqlite", "--json")...)
	require.Equal(t, exitOK, exit, complaints)
	golden(t, "notes_sqlite.json", out)
	exit, out, _ = tenancy(t, "", auditOf("sqlite", "testdata/notes_sqlite")...)
	require.Equal(t, exitOK, exit)
	golden(t, "notes_sqlite.txt", regexp.MustCompile(`on sqlite [0-9.]+`).ReplaceAllString(out, "on sqlite ..."))
}

// TestAuditText: without a server the text of the schema has to do.
func TestAuditText(t *testing.T) {
	t.Parallel()
	exit, out, complaints := tenancy(t, "", auditOf("postgres", "testdata/notes_postgres", "--json")...)
	require.Equal(t, exitOK, exit, complaints)
	golden(t, "notes_postgres.json", out)
}

// server returns what a variable names. In CI nothing may be left out.
func server(t *testing.T, variable string) string {
	t.Helper()
	dsn := os.Getenv(variable)
	if dsn == "" || dsn == "off" {
		require.NotEqual(t, "true", os.Getenv("CI"), "%s is not set", variable)
		t.Skipf("LEFT OUT: %s is not set", variable)
	}
	return dsn
}

// TestAuditServer: with one, the same statements are accepted, and run.
func TestAuditServer(t *testing.T) {
	t.Parallel()
	dsn := server(t, "TENANCY_POSTGRES_DSN")
	_, out, _ := tenancy(t, "", auditOf("postgres", "testdata/notes_postgres", "--json")...)
	var offline, live report
	require.NoError(t, json.Unmarshal([]byte(out), &offline))
	exit, out, complaints := tenancy(t, "", auditOf("postgres", "testdata/notes_postgres", "--json", "--dsn", dsn)...)
	require.Equal(t, exitOK, exit, out+complaints)
	require.NoError(t, json.Unmarshal([]byte(out), &live))
	require.Contains(t, live.Engine, "postgres")
	require.Equal(t, offline.Refused, live.Refused)
	require.Empty(t, live.NotRun)
	require.Equal(t, len(live.Accepted), live.Checked)
	for i := range offline.Accepted {
		require.Equal(t, "agrees", live.Accepted[i].Verdict)
		live.Accepted[i].Verdict = ""
	}
	require.Equal(t, offline.Accepted, live.Accepted)
}

// TestAuditMySQL: MariaDB gives the verdicts for its dialect.
func TestAuditMySQL(t *testing.T) {
	t.Parallel()
	dsn := server(t, "TENANCY_MYSQL_DSN")
	dir := folder(t, map[string]string{
		"policy.json": `{"dialect": "mysql", "column": "tenant_id", "default": "per-tenant"}`,
		"schema.sql": "CREATE TABLE notes (tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, id int NOT NULL,\n" +
			"\tstate enum('draft', 'done') NOT NULL, body varchar(40), PRIMARY KEY (tenant_id, id));\n",
		"statements.sql": "SELECT id FROM notes WHERE body = \"it\\'s\" OR state = ? LIMIT ?\nINSERT INTO notes (id, state) VALUES (?, ?) ON DUPLICATE KEY UPDATE body = NULL\n",
	})
	exit, out, complaints := tenancy(t, "", auditOf("mysql", dir, "--json", "--dsn", dsn)...)
	require.Equal(t, exitOK, exit, out+complaints)
	var r report
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	require.Equal(t, 2, r.Checked, out)
}

// TestAuditShop: a whole application, which is to lose nothing and tell nothing.
func TestAuditShop(t *testing.T) {
	t.Parallel()
	exit, out, complaints := tenancy(t, "", auditOf("sqlite", "../../../internal/corpora/shop", "--json", "--max-refused", "10%")...)
	require.Equal(t, exitOK, exit, out+complaints)
	var r report
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	require.Greater(t, r.Checked, 95*len(r.Accepted)/100)
}

// folder makes the files of an audit; those that are not given are sound.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"policy.json":    `{"dialect": "sqlite", "column": "tenant_id", "default": "per-tenant", "tables": {"everything": "shared"}}`,
		"schema.sql":     "CREATE TABLE notes (tenant_id TEXT NOT NULL, id INTEGER NOT NULL, body TEXT, PRIMARY KEY (tenant_id, id));\n",
		"statements.sql": "SELECT id FROM notes\nSELECT changes()\n",
	} {
		if given, ok := files[name]; ok {
			text = given
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	return dir
}

// TestAuditLeak: a view that is declared to be everybody's and reads tenants' rows.
func TestAuditLeak(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"schema.sql": "CREATE TABLE notes (tenant_id TEXT NOT NULL, id INTEGER NOT NULL, body TEXT, PRIMARY KEY (tenant_id, id));\n" +
			"CREATE VIEW everything AS SELECT id, body FROM notes;\n",
		"statements.sql": "SELECT body FROM everything WHERE id = ?\n",
	})
	page := filepath.Join(dir, "out.html")
	exit, out, complaints := tenancy(t, "", auditOf("sqlite", dir, "--json", "--html", page)...)
	require.Equal(t, exitFound, exit, complaints)
	var r report
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	require.Len(t, r.Leaks, 1)
	require.Equal(t, "leak", r.Accepted[0].Verdict)
	require.NotEmpty(t, r.Leaks[0].Arguments)
	require.NotEqual(t, r.Leaks[0].Want, r.Leaks[0].Got)
	require.Contains(t, r.Leaks[0].Reproduction, "leak, as bolt: SELECT")
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(text), "Leaks (1)")
}

func TestAuditExit(t *testing.T) {
	t.Parallel()
	dir := folder(t, nil)
	for _, tt := range []struct {
		most string
		want int
	}{{"", exitOK}, {"1", exitOK}, {"0", exitFound}, {"50%", exitOK}, {"49.9%", exitFound}} {
		exit, _, complaints := tenancy(t, "", auditOf("sqlite", dir, "--max-refused", tt.most)...)
		require.Equal(t, tt.want, exit, "%s %s", tt.most, complaints)
	}
	r := newReport(0)
	for want, change := range map[string]func(){
		"":     func() {},
		"leak": func() { r.Leaks = []finding{{}} },
		"diff": func() { r.Leaks, r.Differences = nil, []finding{{}} },
	} {
		r = newReport(0)
		change()
		exit, err := r.exit(share{})
		require.NoError(t, err)
		require.Equal(t, want != "", exit == exitFound, want)
	}
	r.Problem = "gone"
	_, err := r.exit(share{})
	require.ErrorContains(t, err, "gone")
}

// TestHTML: the page is well-formed, and what is in a statement stays text.
func TestHTML(t *testing.T) {
	t.Parallel()
	page := filepath.Join(t.TempDir(), "out.html")
	exit, _, complaints := tenancy(t, "", auditOf("sqlite", "testdata/notes_sqlite", "--html", page)...)
	require.Equal(t, exitOK, exit, complaints)
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	require.NotContains(t, string(text), "<script")
	require.Contains(t, string(text), "&lt;script&gt;")
	require.NotContains(t, string(text), "http:")
	require.NotContains(t, string(text), "https:")
	dec := xml.NewDecoder(bytes.NewReader(text))
	rects, details := 0, 0
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if e, ok := token.(xml.StartElement); ok {
			switch e.Name.Local {
			case "rect":
				rects++
			case "details":
				details++
			}
		}
	}
	require.Positive(t, rects)
	require.GreaterOrEqual(t, details, 10) // one for each statement at least
}
