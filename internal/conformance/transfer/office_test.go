package transfer

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// office is a schema with everything that makes a transfer hard: circles between
// two tables and within one, global users, labels that are everybody's or one's
// own, keys that all tenants share, and foreign keys without the tenant column.
func office(d tenant.Dialect) schema {
	own, auto, end := "tenant_id VARCHAR(63) NOT NULL", "id INTEGER PRIMARY KEY", ""
	switch d {
	case tenant.Postgres:
		auto = "id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
	case tenant.MySQL:
		auto, end = "id INTEGER NOT NULL AUTO_INCREMENT PRIMARY KEY", " DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"
	}
	// SQLite adds no constraint to a table that is there; it needs no parent either.
	lead, after := "", ", FOREIGN KEY (tenant_id, lead_id) REFERENCES members (tenant_id, id)"
	if d != tenant.SQLite {
		lead, after = "ALTER TABLE teams ADD CONSTRAINT teams_lead FOREIGN KEY (tenant_id, lead_id) REFERENCES members (tenant_id, id)", ""
	}
	texts := []string{
		"CREATE TABLE accounts (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(80) NOT NULL)" + end,
		"CREATE TABLE labels (tenant_id VARCHAR(63), id INTEGER NOT NULL UNIQUE, name VARCHAR(80) NOT NULL)" + end,
		"CREATE TABLE teams (" + own + ", id INTEGER NOT NULL, name VARCHAR(80) NOT NULL, lead_id INTEGER, PRIMARY KEY (tenant_id, id)" + after + ")" + end,
		"CREATE TABLE members (" + own + ", id INTEGER NOT NULL, team_id INTEGER NOT NULL, boss_id INTEGER, account_id INTEGER, name VARCHAR(80), PRIMARY KEY (tenant_id, id)," +
			" FOREIGN KEY (tenant_id, team_id) REFERENCES teams (tenant_id, id), FOREIGN KEY (tenant_id, boss_id) REFERENCES members (tenant_id, id)," +
			" FOREIGN KEY (account_id) REFERENCES accounts (id))" + end,
		"CREATE TABLE notes (" + own + ", " + auto + ", body VARCHAR(200), label_id INTEGER, FOREIGN KEY (label_id) REFERENCES labels (id))" + end,
		"CREATE TABLE answers (" + own + ", " + auto + ", note_id " + map[bool]string{true: "BIGINT", false: "INTEGER"}[d == tenant.Postgres] + " NOT NULL, FOREIGN KEY (note_id) REFERENCES notes (id) ON DELETE CASCADE)" + end,
		"CREATE TABLE heap (" + own + ", word VARCHAR(80))" + end,
	}
	if lead != "" {
		texts = append(texts, lead)
	}
	return schema{texts, scope.Policy{Dialect: d, Column: "tenant_id", Default: scope.PerTenant, GloballyUnique: []string{"id"},
		Tables: map[string]scope.Table{"accounts": {Class: scope.Shared}, "labels": {Class: scope.Mixed}}}}
}

// staffed returns an office with rows of two tenants and of everybody.
func staffed(t *testing.T, e engines.Engine) *world {
	t.Helper()
	w := bare(t, e, office(e.Dialect))
	w.tenants = []tenant.ID{"acme", "bolt"}
	global := tenant.Global(t.Context())
	for i := 1; i <= 3; i++ {
		w.exec(t, global, fmt.Sprintf("INSERT INTO accounts (id, name) VALUES (%d, 'user %d')", i, i))
	}
	w.exec(t, global, "INSERT INTO labels (id, name) VALUES (1, 'everybody''s')")
	for n, id := range w.tenants {
		ctx := w.as(t, id)
		w.exec(t, ctx, fmt.Sprintf("INSERT INTO labels (id, name) VALUES (%d, 'own')", 10+n))
		for i := 1; i <= 3; i++ {
			w.exec(t, ctx, fmt.Sprintf("INSERT INTO teams (id, name) VALUES (%d, 'team of %s')", i, id))
			w.exec(t, ctx, fmt.Sprintf("INSERT INTO members (id, team_id, account_id, name) VALUES (%d, %d, %d, NULL)", i, i, i))
			w.exec(t, ctx, fmt.Sprintf("INSERT INTO notes (body, label_id) VALUES ('note', %d)", []int{1, 10 + n}[i%2]))
			w.exec(t, ctx, "INSERT INTO answers (note_id) SELECT MAX(id) FROM notes")
			w.exec(t, ctx, "INSERT INTO heap (word) VALUES ('same')")
		}
		w.exec(t, ctx, "UPDATE teams SET lead_id = 4 - id WHERE id > 1")
		w.exec(t, ctx, "UPDATE members SET boss_id = 1 WHERE id < 3") // one of them is her own
	}
	return w
}

// office as another database that has the same shared rows and nothing else.
func vacant(t *testing.T, e engines.Engine) *world {
	t.Helper()
	w := bare(t, e, office(e.Dialect))
	global := tenant.Global(t.Context())
	for i := 1; i <= 3; i++ {
		w.exec(t, global, fmt.Sprintf("INSERT INTO accounts (id, name) VALUES (%d, 'user %d')", i, i))
	}
	w.exec(t, global, "INSERT INTO labels (id, name) VALUES (1, 'everybody''s')")
	return w
}

// lines of a file.
func lines(file []byte) []string {
	return strings.SplitAfter(strings.TrimSuffix(string(file), "\n"), "\n")
}

func (w *world) column(t *testing.T, id tenant.ID, query string) (out []string) {
	t.Helper()
	r, err := w.db.QueryContext(w.as(t, id), query)
	require.NoError(t, err)
	defer r.Close() //nolint:errcheck // its error is that of Err
	for r.Next() {
		var s string
		require.NoError(t, r.Scan(&s))
		out = append(out, s)
	}
	require.NoError(t, r.Err())
	return out
}
