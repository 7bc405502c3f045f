package fuzzing

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/corpora"
	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/scope/scopetest"
	"github.com/gotenancy/tenancy/tenant"
)

// World is one schema to run texts on, and statements to begin with.
type World struct {
	*scopetest.World
	Seeds []string

	idle string // a write that changes nothing, to look at all rows after it
}

// Worlds makes all of them: one with the tables of the golden files, and one of
// each corpus for SQLite.
func Worlds(ctx context.Context) (out []*World, err error) {
	w, err := newWorld(ctx, goldenPolicy(), goldenSchema(), nil)
	if err != nil {
		return nil, err
	}
	out = append(out, w)
	for _, c := range corpora.All() {
		if c.Dialect != tenant.SQLite {
			continue
		}
		w, err := newWorld(ctx, c.Policy, c.Schema, c.Statements)
		if err != nil {
			return nil, fmt.Errorf("corpus %s: %w", c.Name, err)
		}
		out = append(out, w)
	}
	return out, nil
}

func newWorld(ctx context.Context, p scope.Policy, schema, statements []string) (*World, error) {
	open, ok := engines.Memory("sqlite-cgo")
	if !ok {
		open, _ = engines.Memory("sqlite")
	}
	w, err := scopetest.NewWorld(ctx, scopetest.Config{Policy: p, Schema: schema, Open: open, Seed: 1, Timeout: time.Second, Value: checked})
	if err != nil {
		return nil, err
	}
	out := &World{World: w}
	tables, err := ddl.Read(p.Dialect, schema)
	if err != nil {
		return nil, errors.Join(err, w.Close())
	}
	for _, t := range tables.Tables {
		if e, err := p.Effective(t.Name); err == nil && e.Class == scope.PerTenant {
			out.idle = "DELETE FROM " + sqlscan.Quote(tenant.SQLite, t.Name) + " WHERE 1 = 0"
		}
	}
	for _, text := range statements {
		out.Seeds = append(out.Seeds, WithoutPlaceholders(text))
	}
	n := 0
	for s := range w.Random(1) {
		if n++; n > 300 {
			break
		}
		if len(s.Args) == 0 && len(s.Text) < 300 {
			out.Seeds = append(out.Seeds, s.Text)
		}
	}
	return out, nil
}

// checked makes the values that conditions of the shop's schema ask for.
func checked(table, column string, n int) (string, bool) {
	switch table + "." + column {
	case "addresses.kind":
		return []string{"'billing'", "'shipping'"}[n%2], true
	case "order_items.quantity", "reviews.stars", "cart_items.quantity":
		return fmt.Sprint(1 + n%5), true
	}
	return "", false
}

// goldenSchema is what stands behind the golden files of package scope.
func goldenSchema() []string {
	return []string{
		`CREATE TABLE contacts (id BIGINT NOT NULL, tenant_id TEXT NOT NULL, name TEXT, company_id INTEGER, PRIMARY KEY (tenant_id, id))`,
		`CREATE TABLE companies (tenant_id TEXT NOT NULL, id BIGINT NOT NULL, name TEXT, PRIMARY KEY (tenant_id, id))`,
		`CREATE TABLE orders (id INTEGER NOT NULL PRIMARY KEY, tenant_id TEXT NOT NULL, number INTEGER, email TEXT, total INTEGER, UNIQUE (tenant_id, number))`,
		`CREATE TABLE slugs (tenant_id TEXT NOT NULL, name TEXT, slug TEXT GENERATED ALWAYS AS (lower(name)) STORED)`,
		`CREATE TABLE countries (code TEXT NOT NULL PRIMARY KEY, title TEXT)`,
		`CREATE TABLE templates (id INTEGER, tenant_id TEXT, title TEXT)`,
		`CREATE TABLE clicks (id INTEGER, label TEXT)`,
	}
}

func goldenPolicy() scope.Policy {
	return scope.Policy{Dialect: tenant.SQLite, Column: "tenant_id", Default: scope.PerTenant, Tables: map[string]scope.Table{
		"contacts": {}, "countries": {Class: scope.Shared}, "clicks": {Class: scope.SharedWritable}, "templates": {Class: scope.Mixed},
		"orders": {GloballyUnique: []string{"id"}},
	}}
}

// WithoutPlaceholders returns a text with a number for each of its placeholders.
func WithoutPlaceholders(text string) string {
	toks, err := sqlscan.Tokens(tenant.SQLite, sqlscan.Known, text)
	if err != nil {
		return text
	}
	for i := len(toks) - 1; i >= 0; i-- {
		if t := toks[i]; t.Kind == sqlscan.Param {
			text = text[:t.Start] + "1" + text[t.End:]
		}
	}
	return text
}

// chance is in a text that picks rows by chance, or rows whose order decides what
// is told of them.
var chance = regexp.MustCompile(`(?i)\b(limit|over|group_concat|string_agg|json_group_array|json_group_object|recursive)\b`)

// particular is in a text that means something else on the tenant's own database.
var particular = regexp.MustCompile(`(?i)tenant_id|rowid|\boid\b|\b(order|group)\s+by\b`)

// Check runs a text and returns a failure, or nil. The error is that of the engine.
func (w *World) Check(ctx context.Context, text string) (*scopetest.Failure, error) {
	v, err := w.World.Check(ctx, scopetest.Statement{Text: text})
	if err != nil {
		return nil, err
	}
	failed := false
	switch v.Outcome {
	case scopetest.Leak:
		rows := strings.Contains(v.About, "rows of other tenants")
		failed = rows || !chance.MatchString(text) || told(v.Got, text) && !told(v.Want, text)
	case scopetest.Difference:
		failed = !chance.MatchString(text) && !particular.MatchString(text)
	}
	if failed {
		return w.Shrink(ctx, v)
	}
	if v.Outcome == scopetest.Refused {
		return nil, nil
	}
	// Whatever it was has to be taken back.
	v, err = w.World.Check(ctx, scopetest.Statement{Text: w.idle})
	if err != nil || v.Outcome == scopetest.Agrees {
		return nil, err
	}
	v.About = "after " + text + ": " + v.About
	return &scopetest.Failure{Verdict: v, Original: v}, nil
}

// told reports whether an answer has a word of other tenants that is not the text's.
func told(answer, text string) bool {
	return strings.Contains(answer, "SECRET") && !strings.Contains(strings.ToUpper(text), "SECRET")
}
