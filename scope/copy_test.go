package scope_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

func TestCopy(t *testing.T) {
	var seen []scope.Crossing
	g, err := scope.NewGate(goldenPolicy(scope.Postgres), scope.OnCrossing(func(_ context.Context, c scope.Crossing) { c.Shape, c.Caller = "", ""; seen = append(seen, c) }))
	require.NoError(t, err)
	for _, c := range []struct {
		name    string
		ctx     context.Context
		table   []string
		columns []string
		want    []string
		row     []any
		wantRow []any
	}{
		{"a tenant's table", as("acme"), []string{"contacts"}, []string{"id", "name"}, []string{"id", "name", "tenant_id"}, []any{1, "x"}, []any{1, "x", "acme"}},
		{"with a schema", as("bolt"), []string{"elsewhere", "billing"}, []string{"id"}, []string{"id", "tenant_id"}, []any{nil}, []any{nil, "bolt"}},
		{"given", as("acme"), []string{"contacts"}, []string{"tenant_id", "id"}, []string{"tenant_id", "id"}, []any{tenant.ID("acme"), 1}, []any{"acme", 1}},
		{"a quote in a name", as("acme"), []string{"contacts"}, []string{`i"d`}, []string{`i"d`, "tenant_id"}, []any{1}, []any{1, "acme"}},
		{"shared, global", tenant.Global(context.Background()), []string{"countries"}, []string{"code"}, []string{"code"}, []any{"de"}, []any{"de"}},
		{"across all", tenant.AcrossAll(context.Background(), "import"), []string{"contacts"}, []string{"id", "tenant_id"}, []string{"id", "tenant_id"}, []any{1, "core"}, []any{1, "core"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cp, err := g.Session(nil).Copy(c.ctx, c.table, c.columns)
			require.NoError(t, err)
			require.Equal(t, c.want, cp.Columns)
			// A part of a longer slice: what follows it is not ours.
			long := append(append([]any{}, c.row...), "next")
			for range 2 {
				got, err := cp.Row(long[:len(c.row)])
				require.NoError(t, err)
				require.Equal(t, c.wantRow, got)
				require.Equal(t, "next", long[len(c.row)])
			}
			_, err = cp.Row(long)
			require.ErrorContains(t, err, "columns are copied")
		})
	}
	require.Len(t, seen, 2)
	require.Equal(t, tenant.ModeGlobal, seen[0].Mode)
	require.Equal(t, `INSERT INTO "countries" ("code") VALUES ($1)`, seen[0].Query)
	require.Equal(t, tenant.ModeAcrossAll, seen[1].Mode)
	require.Equal(t, `INSERT INTO "contacts" ("id", "tenant_id") VALUES ($1, $2)`, seen[1].Query)
	require.True(t, seen[1].Writes)
}

// TestCopyRefused: the rules are those of INSERT, also for each row.
func TestCopyRefused(t *testing.T) {
	g, err := scope.NewGate(goldenPolicy(scope.Postgres))
	require.NoError(t, err)
	for _, c := range []struct {
		name    string
		ctx     context.Context
		table   []string
		columns []string
		reason  scope.Reason
	}{
		{"no tenant", context.Background(), []string{"contacts"}, []string{"id"}, scope.ReasonNoTenant},
		{"shared", as("acme"), []string{"countries"}, []string{"code"}, scope.ReasonReadOnly},
		{"unknown", as("acme"), []string{"nowhere"}, []string{"id"}, scope.ReasonUnknownTable},
		{"another case", as("acme"), []string{"CONTACTS"}, []string{"id"}, scope.ReasonUnknownTable},
		{"across", tenant.Across(context.Background(), "test", "acme", "bolt"), []string{"contacts"}, []string{"id"}, scope.ReasonMode},
		{"global", tenant.Global(context.Background()), []string{"contacts"}, []string{"id"}, scope.ReasonMode},
		{"the tenant column twice", as("acme"), []string{"contacts"}, []string{"tenant_id", "tenant_id"}, scope.ReasonTenantColumn},
		{"no table", as("acme"), nil, []string{"id"}, scope.ReasonNotUnderstood},
		{"a NUL", as("acme"), []string{"contacts"}, []string{"i\x00d"}, scope.ReasonMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := g.Session(nil).Copy(c.ctx, c.table, c.columns)
			var refused *scope.RefusedError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, c.reason, refused.Reason, err)
		})
	}
	cp, err := g.Session(nil).Copy(as("acme"), []string{"contacts"}, []string{"id", "tenant_id"})
	require.NoError(t, err)
	for _, given := range []any{"bolt", nil, 1, ""} {
		_, err := cp.Row([]any{1, given})
		require.ErrorIs(t, err, scope.ErrRefused)
		require.NotContains(t, err.Error(), "bolt")
	}
	_, err = cp.Row([]any{1, "acme"})
	require.NoError(t, err)
}
