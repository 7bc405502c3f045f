package scope_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

var update = flag.Bool("update", false, "write the golden files anew")

// goldenPolicy classifies the tables that the golden statements use.
func goldenPolicy(d scope.Dialect) scope.Policy {
	plain := func(names ...string) (cols []scope.CatalogueColumn) {
		for _, n := range names {
			cols = append(cols, scope.CatalogueColumn{Name: n, Type: "text"})
		}
		return cols
	}
	key := func(name string, columns ...string) scope.CatalogueKey {
		return scope.CatalogueKey{Name: name, Columns: columns}
	}
	cat := &scope.Catalogue{Tables: map[string]scope.CatalogueTable{
		"contacts":  {Columns: plain("id", "tenant_id", "name", "company_id"), Keys: []scope.CatalogueKey{key("contacts_pkey", "id", "tenant_id")}},
		"companies": {Columns: plain("tenant_id", "id", "name"), Keys: []scope.CatalogueKey{key("companies_pkey", "tenant_id", "id")}},
		"orders": {Columns: plain("id", "tenant_id", "number", "email", "total"), Keys: []scope.CatalogueKey{
			key("orders_pkey", "id"), key("orders_number", "tenant_id", "number"), key("orders_email", "email"), key("orders_total", ""),
		}},
		"codes": {
			Columns: append(plain("tenant_id", "code"), scope.CatalogueColumn{Name: "id", Type: "integer", Numbered: true}),
			Keys:    []scope.CatalogueKey{{Columns: []string{"id"}, Replaces: true}},
		},
		"slugs": {
			Columns: append(plain("tenant_id", "name"), scope.CatalogueColumn{Name: "slug", Type: "text", Generated: true}),
			Keys:    []scope.CatalogueKey{key("slugs_slug", "slug")},
		},
		"countries":         {Columns: plain("code", "title")},
		"templates":         {Columns: plain("id", "tenant_id", "title")},
		"clicks":            {Columns: plain("id", "label")},
		"old_view":          {View: true, Columns: plain("id", "tenant_id")},
		"ledger":            {Columns: plain("id", "tenant_id", "total")},
		"elsewhere.billing": {Schema: "elsewhere", Columns: plain("id", "tenant_id")},
		"select":            {Columns: plain("id", "tenant_id")},
		"bare":              {Columns: plain("id")},
	}}
	return scope.Policy{
		Exposed: &scope.Exposed{Tables: []string{"ledger"}, Reason: "accounting"},
		Dialect: d, Column: "tenant_id", Default: scope.PerTenant, Catalogue: cat,
		Functions: []string{"our_function"},
		Tables: map[string]scope.Table{
			"countries":         {Class: scope.Shared},
			"ledger":            {Class: scope.PerTenant},
			"clicks":            {Class: scope.SharedWritable},
			"templates":         {Class: scope.Mixed},
			"orders":            {GloballyUnique: []string{"id", "orders_total"}},
			"codes":             {GloballyUnique: []string{"id"}},
			"tenancy_tenants":   {Class: scope.Shared},
			"elsewhere.billing": {Class: scope.PerTenant},
		},
	}
}

// TestGolden holds the exact text of what is sent, and of every refusal. A
// file has one case a paragraph: the mode if it is not tenant mode, the settings
// of the session if they are known (sql_mode, or standard_conforming_strings),
// the statement after "> ", then its result. Run with -update after a change that
// is meant, and read the difference.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/rewrite/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			old, err := os.ReadFile(file)
			require.NoError(t, err)
			var dialects []scope.Dialect
			for _, name := range strings.Split(strings.SplitN(filepath.Base(file), ".", 2)[0], "_") {
				var d scope.Dialect
				if d.UnmarshalText([]byte(name)) == nil {
					dialects = append(dialects, d)
				}
			}
			if dialects == nil {
				dialects = []scope.Dialect{scope.Postgres, scope.MySQL, scope.SQLite}
			}
			var out strings.Builder
			for _, para := range strings.Split(strings.TrimSpace(string(old)), "\n\n") {
				got := goldenCase(t, dialects, para)
				if !*update {
					require.Equal(t, para, got)
				}
				out.WriteString(got + "\n\n")
			}
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(strings.TrimSpace(out.String())+"\n"), 0o644))
			}
		})
	}
}

// goldenCase reads comment, mode and statement of a paragraph and writes them
// back with what the rewriter makes of them.
func goldenCase(t *testing.T, dialects []scope.Dialect, para string) string {
	var b strings.Builder
	ctx := tenant.WithID(context.Background(), "acme")
	query, session := "", ""
	for _, line := range strings.Split(para, "\n") {
		switch {
		case strings.HasPrefix(line, "# "):
		case line == "mode: none":
			ctx = context.Background()
		case line == "mode: global":
			ctx = tenant.Global(context.Background())
		case line == "mode: across":
			ctx = tenant.Across(context.Background(), "golden", "acme", "bolt")
		case line == "mode: across-all":
			ctx = tenant.AcrossAll(context.Background(), "golden")
		case strings.HasPrefix(line, "session: "):
			session = strings.TrimPrefix(line, "session: ")
		case strings.HasPrefix(line, "> "):
			query = line[2:]
		default:
			continue
		}
		b.WriteString(line)
		b.WriteByte('\n')
	}
	require.NotEmpty(t, query, para)
	query = strings.NewReplacer(`\n`, "\n", `\r`, "\r").Replace(query)
	results := map[string]string{}
	var order []string
	for _, d := range dialects {
		res := rewritten(t, ctx, d, session, query)
		if results[res] == "" {
			order = append(order, res)
		} else {
			results[res] += " "
		}
		results[res] += d.String()
	}
	for _, res := range order {
		prefix := ""
		if len(dialects) > 1 {
			prefix = results[res] + ": "
		}
		b.WriteString(prefix + res + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

func rewritten(t *testing.T, ctx context.Context, d scope.Dialect, session, query string) string {
	r, err := scope.NewRewriter(goldenPolicy(d))
	require.NoError(t, err)
	rewrite := r.Rewrite
	if session != "" {
		rewrite = func(ctx context.Context, query string, args []driver.NamedValue) (string, []driver.NamedValue, error) {
			return r.RewriteIn(ctx, session, query, args)
		}
	}
	// As many arguments as there are placeholders: found by trying.
	for n := range 8 {
		args := make([]driver.NamedValue, n)
		for i := range args {
			args[i] = driver.NamedValue{Ordinal: i + 1, Value: fmt.Sprintf("arg%d", i+1)}
		}
		out, bound, err := rewrite(ctx, query, args)
		var refused *scope.RefusedError
		if errors.As(err, &refused) {
			return "! " + strings.TrimPrefix(refused.Error(), "scope: refused, nothing was sent: ")
		}
		if err != nil {
			continue
		}
		var vals []string
		for _, a := range bound {
			vals = append(vals, fmt.Sprint(a.Value))
		}
		return "< " + strings.ReplaceAll(out, "\n", `\n`) + "  [" + strings.Join(vals, " ") + "]"
	}
	t.Fatalf("no number of arguments fits: %s", query)
	return ""
}

// constructs is how many constructs are known to have leaked elsewhere, or to
// need care; golden cases carry their numbers.
const constructs = 60

// TestConstructs: every one of them has a golden case.
func TestConstructs(t *testing.T) {
	files, err := filepath.Glob("testdata/rewrite/*.txt")
	require.NoError(t, err)
	seen := map[int]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, line := range strings.Split(string(text), "\n") {
			if !strings.HasPrefix(line, "# ") {
				continue
			}
			numbers, _, _ := strings.Cut(line[2:], ":")
			for _, n := range strings.Split(numbers, ", ") {
				if k, err := strconv.Atoi(n); err == nil {
					seen[k] = true
				}
			}
		}
	}
	for k := 1; k <= constructs; k++ {
		require.True(t, seen[k], "construct %d", k)
	}
}
