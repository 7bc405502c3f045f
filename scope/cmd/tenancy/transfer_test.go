package main

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

const notesPolicy = "testdata/notes_sqlite/policy.json"

// notes makes a database with the tables of testdata/notes_sqlite, and rows of
// these tenants in it.
func notes(t *testing.T, tenants ...string) (file string, db *sql.DB) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "live.db")
	db, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	schema, err := os.ReadFile("testdata/notes_sqlite/schema.sql")
	require.NoError(t, err)
	text := string(schema) + "INSERT INTO countries VALUES ('de', 'Germany');\n"
	for i, id := range tenants {
		text += fmt.Sprintf("INSERT INTO styles VALUES ('%s', 'dark', 'x');\n", id)
		for n := range 3 {
			text += fmt.Sprintf("INSERT INTO notes VALUES ('%s', %d, 'n%d', 'de', 'done', '{\"of\":\"%s\"}');\n", id, 10*i+n+1, n, id)
		}
	}
	_, err = db.ExecContext(t.Context(), text)
	require.NoError(t, err)
	return file, db
}

// rowsOf returns all rows of a tenant.
func rowsOf(t *testing.T, db *sql.DB, id string) string {
	t.Helper()
	var all sql.NullString
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT group_concat(x, ';') FROM (
		SELECT id || slug || country || state || data AS x FROM notes WHERE tenant_id = ? UNION ALL
		SELECT name || css FROM styles WHERE tenant_id = ? ORDER BY 1)`, id, id).Scan(&all))
	return all.String
}

// A tenant goes from one database to another, and nobody else is touched.
func TestTransfer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	from, here := notes(t, "acme", "bolt")
	to, there := notes(t, "coil")
	out, key, other := filepath.Join(dir, "acme.jsonl"), filepath.Join(dir, "key"), filepath.Join(dir, "other")
	require.NoError(t, os.WriteFile(key, []byte(strings.Repeat("k", 32)+"\n"), 0o600))
	require.NoError(t, os.WriteFile(other, []byte(strings.Repeat("o", 32)+"\n"), 0o600))
	acme, bolt, coil := rowsOf(t, here, "acme"), rowsOf(t, here, "bolt"), rowsOf(t, there, "coil")
	do := func(command, dsn string, more ...string) (int, string, string) {
		return tenancy(t, "", append([]string{command, "--dsn", dsn, "--policy", notesPolicy, "--tenant", "acme"}, more...)...)
	}

	exit, said, says := do("export", from, "--out", out, "--seal", key)
	require.Equal(t, exitOK, exit, says)
	require.Contains(t, said, "         3  notes\n")
	require.Contains(t, said, "         4  rows of tenant acme exported\n")
	info, err := os.Stat(out)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "it is for nobody else")

	exit, _, says = do("purge", from)
	require.Equal(t, exitFailed, exit)
	require.Contains(t, says, "--confirm")
	exit, _, _ = do("purge", from, "--confirm", "bolt")
	require.Equal(t, exitFailed, exit)
	exit, said, says = do("purge", from, "--dry-run")
	require.Equal(t, exitOK, exit, says)
	require.Contains(t, said, "         4  rows of tenant acme there, and nothing is deleted\n")
	require.Equal(t, acme, rowsOf(t, here, "acme"))
	exit, said, says = do("purge", from, "--confirm", "acme")
	require.Equal(t, exitOK, exit, says)
	require.Contains(t, said, "         4  rows of tenant acme purged\n")
	require.Empty(t, rowsOf(t, here, "acme"))
	require.Equal(t, bolt, rowsOf(t, here, "bolt"))

	for _, more := range [][]string{{"--seal", other, "--migrate"}, {"--migrate"}} {
		exit, _, _ = do("import", to, append(more, "--in", out)...)
		require.Equal(t, exitFailed, exit)
	}
	exit, _, says = do("import", to, "--in", out, "--seal", key)
	require.Equal(t, exitFailed, exit, "its keys are taken by coil")
	require.NotEmpty(t, says)
	require.Empty(t, rowsOf(t, there, "acme"))
	exit, said, says = do("import", to, "--in", out, "--seal", key, "--new-keys", "--batch", "2")
	require.Equal(t, exitOK, exit, says)
	require.Contains(t, said, "         4  rows of tenant acme imported\n")
	require.Equal(t, coil, rowsOf(t, there, "coil"))
	exit, _, says = do("import", from, "--in", out, "--seal", key, "--migrate")
	require.Equal(t, exitOK, exit, says)
	require.Equal(t, acme, rowsOf(t, here, "acme"), "and back")
	require.Equal(t, bolt, rowsOf(t, here, "bolt"))
}

// A supervisor that ends the command lets it put things in order.
func TestUntilStopped(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("a process can not send itself the signal there")
	}
	ctx, stop := untilStopped(t.Context())
	defer stop()
	self, err := os.FindProcess(os.Getpid())
	require.NoError(t, err)
	require.NoError(t, self.Signal(syscall.SIGTERM))
	<-ctx.Done()
	require.NoError(t, t.Context().Err())
}

func TestTransferRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, _ := notes(t, "acme")
	short, out := filepath.Join(dir, "short"), filepath.Join(dir, "out")
	require.NoError(t, os.WriteFile(short, []byte("secret\n"), 0o600))
	require.NoError(t, os.WriteFile(out, []byte("mine"), 0o600))
	nowhere := filepath.Join(dir, "nowhere.db")
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"export", "--dsn", file, "--tenant", "acme", "--out", out}, "--policy is missing"},
		{[]string{"export", "--dsn", file, "--policy", notesPolicy, "--out", out}, "--tenant is missing"},
		{[]string{"export", "--dsn", file, "--policy", notesPolicy, "--tenant", "acme"}, "--out is missing"},
		{[]string{"export", "--dsn", file, "--policy", notesPolicy, "--tenant", "Ac me", "--out", out}, "--tenant: "},
		{[]string{"export", "--dsn", file, "--policy", notesPolicy, "--tenant", "acme", "--out", out}, "exists"},
		{[]string{"export", "--dsn", file, "--policy", notesPolicy, "--tenant", "acme", "--out", out + "2", "--seal", short}, "32 bytes"},
		{[]string{"export", "--dsn", file, "--policy", notesPolicy, "--tenant", "acme", "--out", out + "2", "--seal", ""}, "--seal"},
		{[]string{"import", "--dsn", file, "--policy", notesPolicy, "--tenant", "acme", "--in", out, "--seal", ""}, "--seal"},
		{[]string{"export", "--dsn", file, "--policy", notesPolicy, "--tenant", "acme", "--out", out + "3", "--skip", "nonsense"}, "nonsense"},
		{[]string{"export", "--dsn", nowhere, "--policy", notesPolicy, "--tenant", "acme", "--out", out + "4"}, "nowhere.db"},
		{[]string{"purge", "--dsn", "file:" + nowhere + "?mode=rwc", "--policy", notesPolicy, "--tenant", "acme", "--confirm", "acme"}, "nowhere.db"},
		{[]string{"import", "--dsn", file, "--policy", notesPolicy, "--tenant", "acme"}, "--in is missing"},
		{[]string{"import", "--dsn", file, "--policy", notesPolicy, "--tenant", "acme", "--in", out, "--migrate"}, "transfer"},
	} {
		exit, _, says := tenancy(t, "", c.args...)
		require.Equal(t, exitFailed, exit, c.args)
		require.Contains(t, says, c.says, c.args)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.ElementsMatch(t, []string{short, out}, left, "a file that is not whole is not left behind, and no database is made")
	text, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Equal(t, "mine", string(text))
}
