package scoping

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// goldenSchema has the tables of the golden statements of package scope.
var goldenSchema = []string{
	"CREATE TABLE contacts (id VARCHAR(9) NOT NULL, tenant_id VARCHAR(63) NOT NULL, name VARCHAR(40), company_id VARCHAR(9), PRIMARY KEY (id, tenant_id))",
	"CREATE TABLE companies (tenant_id VARCHAR(63) NOT NULL, id VARCHAR(9) NOT NULL, name VARCHAR(40), PRIMARY KEY (tenant_id, id))",
	"CREATE TABLE orders (id VARCHAR(9) NOT NULL, tenant_id VARCHAR(63) NOT NULL, number VARCHAR(9), email VARCHAR(40), total VARCHAR(9), PRIMARY KEY (id), UNIQUE (tenant_id, number), UNIQUE (email))",
	"CREATE TABLE countries (code VARCHAR(9), title VARCHAR(40))",
	"CREATE TABLE templates (id VARCHAR(9), tenant_id VARCHAR(63), title VARCHAR(40))",
	"CREATE TABLE clicks (id VARCHAR(9) PRIMARY KEY, label VARCHAR(40))",
	"CREATE TABLE ledger (id VARCHAR(9), tenant_id VARCHAR(63) NOT NULL, total INTEGER)",
}

func goldenRows(id tenant.ID) []string {
	t, own := string(id), "a"
	if id != "acme" {
		own = "b"
	}
	return []string{
		"INSERT INTO contacts VALUES ('1', '" + t + "', 'x " + own + "', '1'), ('2', '" + t + "', 'y', '9'), ('3', '" + t + "', NULL, NULL)",
		"INSERT INTO companies VALUES ('" + t + "', '1', 'x " + own + "'), ('" + t + "', '3', 'x')",
		"INSERT INTO orders VALUES ('1" + own + "', '" + t + "', '1', 'o@" + t + "', '5'), ('2" + own + "', '" + t + "', '2', NULL, NULL)",
		"INSERT INTO templates VALUES ('1', '" + t + "', 'own " + own + "')",
		"INSERT INTO ledger VALUES ('1', '" + t + "', 5)",
	}
}

var goldenShared = []string{
	"INSERT INTO countries VALUES ('x', 'X'), ('1', 'One')",
	"INSERT INTO templates VALUES ('2', NULL, 'everybody')",
	"INSERT INTO clicks VALUES ('1', 'a')",
}

// goldenStatements reads the statements in tenant mode of the golden files that
// a dialect is named in.
func goldenStatements(t *testing.T, d tenant.Dialect) []string {
	files, err := filepath.Glob("../../../scope/testdata/rewrite/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var out []string
	for _, file := range files {
		dialects, _, _ := strings.Cut(filepath.Base(file), ".")
		if dialects != "all" && !strings.Contains(dialects, d.String()) {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, para := range strings.Split(string(text), "\n\n") {
			query, mode := "", ""
			for _, line := range strings.Split(para, "\n") {
				switch {
				case strings.HasPrefix(line, "mode: "):
					mode = line
				case strings.HasPrefix(line, "> "):
					query = strings.NewReplacer(`\n`, "\n", `\r`, "\r").Replace(line[2:])
				}
			}
			if mode == "" {
				out = append(out, query)
			}
		}
	}
	return out
}

// TestGoldenStatements runs the golden statements of package scope where they
// can run: on a database with two tenants and on one with acme alone, through
// the scoper. The answers, or the errors, are the same, and the other tenant's
// rows stay.
func TestGoldenStatements(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		open := func(ids ...tenant.ID) (plain, scoped *sql.DB) {
			dsn, plain := e.NewDatabase(t)
			for _, s := range goldenSchema {
				_, err := plain.ExecContext(context.Background(), s)
				require.NoError(t, err, s)
			}
			fillGolden(t, plain, ids...)
			scoped, err := scope.OpenDB(e.Connector(t, dsn), scope.Policy{
				Dialect: e.Dialect, Column: "tenant_id", Default: scope.PerTenant, Functions: []string{"our_function"},
				Tables: map[string]scope.Table{
					"countries": {Class: scope.Shared}, "clicks": {Class: scope.SharedWritable}, "templates": {Class: scope.Mixed},
					"orders": {GloballyUnique: []string{"id"}},
				},
			})
			require.NoError(t, err)
			t.Cleanup(func() { scoped.Close() })
			return plain, scoped
		}
		sharedPlain, shared := open("acme", "bolt")
		alonePlain, alone := open("acme")
		w := &world{engine: e}
		others := func() string {
			var b strings.Builder
			for _, q := range []string{"SELECT * FROM contacts", "SELECT * FROM companies", "SELECT * FROM orders", "SELECT * FROM templates", "SELECT * FROM ledger"} {
				out, err := w.answer(context.Background(), sharedPlain, q+" WHERE tenant_id = 'bolt' OR tenant_id IS NULL")
				require.NoError(t, err)
				b.WriteString(out)
			}
			return b.String()
		}
		before := others()
		ran := 0
		for _, query := range goldenStatements(t, e.Dialect) {
			got, gotErr := runGolden(w, shared, query)
			want, wantErr := runGolden(w, alone, query)
			require.Equal(t, wantErr == nil, gotErr == nil, "%s\nshared: %v\nalone: %v", query, gotErr, wantErr)
			if gotErr == nil {
				ran++
				if !unsteady.MatchString(query) {
					require.Equal(t, databaseName.ReplaceAllString(want, "db"), databaseName.ReplaceAllString(got, "db"), query)
				}
			} else {
				require.Equal(t, databaseName.ReplaceAllString(wantErr.Error(), "db"), databaseName.ReplaceAllString(gotErr.Error(), "db"), query)
			}
			require.Equal(t, before, others(), query)
			if gotErr == nil && changes(query) {
				fillGolden(t, sharedPlain, "acme", "bolt")
				fillGolden(t, alonePlain, "acme")
			}
		}
		t.Logf("%d golden statements ran", ran)
		require.Greater(t, ran, 80)
	})
}

// unsteady texts ask for the clock or for chance.
var unsteady = regexp.MustCompile(`(?i)now|random|rand\b|uuid|time|sysdate|cur|unixepoch|julianday`)

// changes reports whether a golden statement may change rows.
func changes(query string) bool {
	verb, _, _ := strings.Cut(query, " ")
	return verb != "SELECT" && verb != "VALUES" && verb != "TABLE"
}

// fillGolden gives the golden tables their rows.
func fillGolden(t *testing.T, db *sql.DB, ids ...tenant.ID) {
	t.Helper()
	statements := []string{"DELETE FROM contacts", "DELETE FROM companies", "DELETE FROM orders", "DELETE FROM countries", "DELETE FROM templates", "DELETE FROM clicks", "DELETE FROM ledger"}
	statements = append(statements, goldenShared...)
	for _, id := range ids {
		statements = append(statements, goldenRows(id)...)
	}
	tx, err := db.BeginTx(context.Background(), nil)
	require.NoError(t, err)
	for _, s := range statements {
		_, err := tx.ExecContext(context.Background(), s)
		require.NoError(t, err, s)
	}
	require.NoError(t, tx.Commit())
}

// runGolden runs a statement as acme and commits. The number of its arguments
// is found by trying.
func runGolden(w *world, db *sql.DB, query string) (string, error) {
	ctx := tenant.WithID(context.Background(), "acme")
	for n := range 8 {
		args := make([]any, n)
		for i := range args {
			args[i] = "1"
		}
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return "", err
		}
		out, err := w.raw(ctx, tx, query, args...)
		if err != nil && !errors.Is(err, scope.ErrRefused) && strings.Contains(err.Error(), "placeholders") {
			_ = tx.Rollback() // the next number of arguments
			continue
		}
		if err != nil {
			_ = tx.Rollback()
			return "", err
		}
		return out, tx.Commit()
	}
	return "", errors.New("no number of arguments fits")
}
