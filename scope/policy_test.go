package scope_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

func TestPolicyErrors(t *testing.T) {
	good := scope.Policy{Dialect: scope.SQLite, Column: "tenant_id", Default: scope.PerTenant}
	_, err := scope.NewRewriter(good)
	require.NoError(t, err)
	for name, change := range map[string]func(*scope.Policy){
		"Dialect":         func(p *scope.Policy) { p.Dialect = 0 },
		"Column":          func(p *scope.Policy) { p.Column = "" },
		"Default must be": func(p *scope.Policy) { p.Default = scope.Inherit },
		"not mixed":       func(p *scope.Policy) { p.Default = scope.Mixed },
		"no table name":   func(p *scope.Policy) { p.Tables = map[string]scope.Table{"a.b.c": {}} },
		"not in Policy":   func(p *scope.Policy) { p.Tables = map[string]scope.Table{"a": {Module: "x"}} },
		"does not exist":  func(p *scope.Policy) { p.Tables = map[string]scope.Table{"a": {Class: 99}} },
		"belongs to this": func(p *scope.Policy) { p.Tables = map[string]scope.Table{"tenancy_tenants": {Class: scope.PerTenant}} },
		"no key":          func(p *scope.Policy) { p.GloballyUnique = []string{"id,"} },
		"ID twice":        func(p *scope.Policy) { p.GloballyUnique = []string{"id, ID"} },
		"has the tenant":  func(p *scope.Policy) { p.GloballyUnique = []string{"id", "Tenant_ID,id"} },
		"table a: Global": func(p *scope.Policy) {
			p.Tables = map[string]scope.Table{"a": {Column: "owner", GloballyUnique: []string{"owner"}}}
		},
		"no reason":                      func(p *scope.Policy) { exposed(p, " ", "a") },
		"names no table":                 func(p *scope.Policy) { exposed(p, "why") },
		"table b, which is not in":       func(p *scope.Policy) { exposed(p, "why", "b") },
		"only tables with tenants' rows": func(p *scope.Policy) { exposed(p, "why", "shared") },
		"table A twice":                  func(p *scope.Policy) { exposed(p, "why", "a", "A") },
		"twice or has no":                func(p *scope.Policy) { p.Modules = []tenant.Module{{Name: "a"}, {Name: "a"}} },
	} {
		p := good
		change(&p)
		_, err := scope.NewRewriter(p)
		require.ErrorContains(t, err, name)
	}
	exposed(&good, "why", "a", "mixed")
	good.GloballyUnique = []string{"id", "country, code"}
	_, err = scope.NewRewriter(good)
	require.NoError(t, err)
	_, err = scope.NewRewriter(scope.Policy{})
	require.Error(t, err, "the zero Policy opens nothing")
	_, err = scope.OpenDB(nil, good)
	require.Error(t, err)
}

func exposed(p *scope.Policy, reason string, tables ...string) {
	p.Tables = map[string]scope.Table{"a": {}, "shared": {Class: scope.Shared}, "mixed": {Class: scope.Mixed}}
	p.Exposed = &scope.Exposed{Tables: tables, Reason: reason}
}

// TestModuleFlip: turning a module's flag flips what inherits from it, and
// nothing else.
func TestModuleFlip(t *testing.T) {
	owned := scope.CatalogueTable{Columns: []scope.CatalogueColumn{{Name: "id", Type: "integer"}, {Name: "tenant_id", Type: "text"}}}
	for _, isolation := range []tenant.Isolation{tenant.Shared, tenant.PerTenant} {
		r, err := scope.NewRewriter(scope.Policy{
			Dialect: scope.SQLite, Column: "tenant_id", Default: scope.Shared,
			Modules: []tenant.Module{{Name: "sales", Isolation: isolation}},
			Tables: map[string]scope.Table{
				"deals":     {Module: "sales"},
				"currency":  {Module: "sales", Class: scope.Shared},
				"quotas":    {Module: "sales", Class: scope.PerTenant},
				"countries": {},
			},
			Catalogue: &scope.Catalogue{Tables: map[string]scope.CatalogueTable{"deals": owned, "currency": {}, "quotas": owned, "countries": {}}},
		})
		require.NoError(t, err)
		for table, scoped := range map[string]bool{"deals": isolation == tenant.PerTenant, "currency": false, "quotas": true, "countries": false} {
			query, _, err := r.Rewrite(as("acme"), "SELECT id FROM "+table, nil)
			require.NoError(t, err)
			require.Equal(t, scoped, query != "SELECT id FROM "+table, "%s, module %v", table, isolation)
		}
	}
}

func TestPolicyJSON(t *testing.T) {
	p := goldenPolicy(scope.MySQL)
	p.Catalogue = nil
	text, err := json.Marshal(p)
	require.NoError(t, err)
	var back scope.Policy
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, p, back)
	require.Error(t, json.Unmarshal([]byte(`{"default": "everybody's"}`), &back))
}

func TestEffective(t *testing.T) {
	t.Parallel()
	p := scope.Policy{
		Dialect: scope.SQLite, Column: "tenant_id", Default: scope.PerTenant, GloballyUnique: []string{"uid"},
		Modules: []tenant.Module{{Name: "geo", Isolation: tenant.Shared}},
		Tables:  map[string]scope.Table{"Places": {Module: "geo"}, "deals": {Column: "owner", GloballyUnique: []string{"id"}}},
	}
	for name, want := range map[string]scope.Table{
		"places": {Class: scope.Shared, Column: "tenant_id", GloballyUnique: []string{"uid"}},
		"deals":  {Class: scope.PerTenant, Column: "owner", GloballyUnique: []string{"uid", "id"}},
		"others": {Class: scope.PerTenant, Column: "tenant_id", GloballyUnique: []string{"uid"}},
	} {
		got, err := p.Effective(name)
		require.NoError(t, err)
		require.Equal(t, want, got, name)
	}
	_, err := scope.Policy{}.Effective("x")
	require.Error(t, err)
}
