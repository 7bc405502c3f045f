package scope_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// everything is a policy that uses each field.
func everything() scope.Policy {
	return scope.Policy{
		Dialect: scope.MySQL, Column: "tenant_id", Default: scope.Shared,
		Tables: map[string]scope.Table{
			"a":          {Class: scope.PerTenant, Column: "owner", GloballyUnique: []string{"id", "country,code"}},
			"A":          {Class: scope.Mixed},
			"billing.b":  {Class: scope.SharedWritable},
			"of_module":  {Module: "sales"},
			"everybodys": {Class: scope.Shared},
		},
		GloballyUnique: []string{"uuid"},
		Exposed:        &scope.Exposed{Tables: []string{"a"}, Reason: "a back office"},
		Modules:        []tenant.Module{{Name: "sales", Isolation: tenant.PerTenant}},
		Functions:      []string{"our_function"},
	}
}

func TestParsePolicy(t *testing.T) {
	for _, p := range []scope.Policy{everything(), {Dialect: scope.SQLite, Column: "t", Default: scope.PerTenant}} {
		text, err := json.MarshalIndent(p, "", "\t")
		require.NoError(t, err)
		back, err := scope.ParsePolicy(text)
		require.NoError(t, err)
		require.Equal(t, p, back)
	}
}

// TestParsePolicyErrors: what encoding/json lets pass in silence would open a
// table.
func TestParsePolicyErrors(t *testing.T) {
	const head = `{"dialect": "postgres", "column": "tenant_id", "default": "per-tenant"`
	_, err := scope.ParsePolicy([]byte(head + `}`))
	require.NoError(t, err)
	for text, want := range map[string]string{
		``:                              "EOF",
		head:                            "EOF",
		`[]`:                            "cannot unmarshal",
		head + `} {}`:                   "text after the policy",
		head + `, "tabels": {}}`:        `unknown field "tabels"`,
		head + `, "catalogue": {}}`:     "unknown field",
		head + `, "default": "shared"}`: `"default" stands twice`,
		head + `, "Default": "shared"}`: `"Default" stands twice`,
		head + `, "tables": {"a": {"class": "per-tennant"}}}`:                                                        "table a: scope: unknown class",
		head + `, "tables": {"a": "per-tennant"}}`:                                                                   "table a: scope: unknown class",
		head + `, "tables": {"a": ""}}`:                                                                              "table a: scope: unknown class",
		head + `, "tables": {"a": ["shared"]}}`:                                                                      "table a: json: cannot unmarshal array",
		head + `, "tables": {"a": "shared", "a": "mixed"}}`:                                                          `"a" stands twice`,
		head + `, "tables": {"a": {"clas": "shared"}}}`:                                                              `table a: json: unknown field "clas"`,
		head + `, "tables": {"a": {"class": 1}}}`:                                                                    "table a",
		head + `, "tables": {"a": {"class": "shared"}, "a": {}}}`:                                                    `"a" stands twice`,
		head + `, "tables": {"a": {"class": "per-tenant", "Class": "shared"}}}`:                                      `"Class" stands twice`,
		head + `, "tables": {"a": {}}, "tables": {"b": {}}}`:                                                         `"tables" stands twice`,
		head + `, "modules": [{"name": "x", "isolation": "shared"}, {"name": "y", "isolation": 1, "isolation": 2}]}`: `"isolation" stands twice`,
		head + `, "modules": [{"name": "x", "isolation": "mixed"}]}`:                                                 "isolation",
		head + `, "exposed": {"tables": ["a"], "reason": "x", "until": "may"}}`:                                      "unknown field",
		head + `, "exposed": {"tables": ["a"], "reason": "x"}}`:                                                      "not in Policy.Tables",
		`{"dialect": "oracle", "column": "tenant_id", "default": "per-tenant"}`:                                      "unknown dialect",
		`{"dialect": "postgres", "default": "per-tenant"}`:                                                           "Policy.Column",
		`{"dialect": "postgres", "column": "tenant_id", "default": "mixed"}`:                                         "Policy.Default",
	} {
		p, err := scope.ParsePolicy([]byte(text))
		require.ErrorContains(t, err, want, text)
		require.Equal(t, scope.Policy{}, p, text)
	}
	_, err = scope.ParsePolicy([]byte(head + `, "tables": {"a": {}, "A": {"class": "shared"}}}`))
	require.NoError(t, err, "PostgreSQL tells tables apart by case")
}

func TestParsePolicyShort(t *testing.T) {
	p, err := scope.ParsePolicy([]byte(`{"dialect": "mysql", "column": "tenant_id", "default": "per-tenant",
		"tables": {"countries": "shared", "themes": "mixed", "deals": {"globallyUnique": ["id"]}, "notes": "inherit"}}`))
	require.NoError(t, err)
	require.Equal(t, map[string]scope.Table{
		"countries": {Class: scope.Shared}, "themes": {Class: scope.Mixed}, "deals": {GloballyUnique: []string{"id"}}, "notes": {},
	}, p.Tables)
}

type (
	tagged struct {
		_    struct{} `tenancy:"table=contacts, class=per-tenant,column=owner, module=crm,unique=id,unique=country, code"`
		ID   int64    `db:"id"`
		Name string
	}
	named struct {
		_ struct{} `tenancy:"class=shared"`
	}
	generated struct{ ID int }
	twoTables struct {
		_ struct{} `tenancy:"table=notes"`
		_ struct{} `tenancy:"table=old_notes"`
	}
	embedding struct {
		tagged
		Extra string
	}
)

func (*named) TableName() string { return "billing.countries" }

func (generated) TenancyTable() (string, scope.Table) {
	return "orders", scope.Table{Class: scope.Mixed}
}

func TestTablesOf(t *testing.T) {
	got, err := scope.TablesOf(tagged{}, (*named)(nil), []generated{}, &twoTables{}, []*tagged{})
	require.NoError(t, err)
	require.Equal(t, map[string]scope.Table{
		"contacts":          {Class: scope.PerTenant, Column: "owner", Module: "crm", GloballyUnique: []string{"id", "country,code"}},
		"billing.countries": {Class: scope.Shared},
		"orders":            {Class: scope.Mixed},
		"notes":             {},
		"old_notes":         {},
	}, got)
	got, err = scope.TablesOf()
	require.NoError(t, err)
	require.Empty(t, got)
}

type bothWays struct {
	_ struct{} `tenancy:"table=a"`
}

func (bothWays) TenancyTable() (string, scope.Table) { return "a", scope.Table{} }

type nameless struct{}

func (nameless) TenancyTable() (string, scope.Table) { return "", scope.Table{} }

func TestTablesOfErrors(t *testing.T) {
	for want, model := range map[string]any{
		"no struct type": 7,
		"<nil>":          nil,
		"says nothing":   struct{ ID int }{},
		"embedding says": embedding{},
		"field TenantID": struct {
			TenantID string `tenancy:"table=a"`
		}{},
		"names no table": struct {
			_ struct{} `tenancy:"class=shared"`
		}{},
		"is no setting": struct {
			_ struct{} `tenancy:""`
		}{},
		`"shared" is no`: struct {
			_ struct{} `tenancy:"table=a,shared"`
		}{},
		`"class=" is no`: struct {
			_ struct{} `tenancy:"table=a,class="`
		}{},
		`setting "clas"`: struct {
			_ struct{} `tenancy:"table=a,clas=shared"`
		}{},
		"unknown class": struct {
			_ struct{} `tenancy:"table=a,class=everybody"`
		}{},
		"class stands": struct {
			_ struct{} `tenancy:"table=a,class=shared,class=mixed"`
		}{},
		"a field already": struct {
			_ struct{} `tenancy:"table=a"`
			_ struct{} `tenancy:"table=a,class=shared"`
		}{},
		"leave one out":    bothWays{},
		"returns no table": nameless{},
		"scope_test.tagged": struct {
			_ struct{} `tenancy:"table=contacts,class=shared"`
		}{},
	} {
		tables, err := scope.TablesOf(tagged{}, model)
		require.ErrorContains(t, err, want)
		require.Nil(t, tables, want)
	}
}
