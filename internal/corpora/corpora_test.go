package corpora_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/corpora"
	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/scope"
)

func TestAll(t *testing.T) {
	t.Parallel()
	standard := map[scope.Dialect]int{}
	own := map[scope.Dialect]int{}
	for _, c := range corpora.All() {
		require.NotEmpty(t, c.Schema, c.Name)
		if c.Standard() {
			standard[c.Dialect]++
		} else {
			own[c.Dialect] = len(c.Statements)
		}
		schema, err := ddl.Read(c.Dialect, c.Schema)
		require.NoError(t, err, c.Name)
		for name := range c.Policy.Tables {
			require.NotNil(t, schema.Table(name), "%s: the policy names %s", c.Name, name)
		}
		seen := map[string]bool{}
		for _, s := range c.Statements {
			require.False(t, seen[s], "%s: twice: %s", c.Name, s)
			seen[s] = true
			require.NotContains(t, strings.ToLower(s), c.Policy.Column, c.Name)
		}
	}
	require.Equal(t, map[scope.Dialect]int{scope.Postgres: 2, scope.MySQL: 2, scope.SQLite: 2}, standard)
	for _, d := range []scope.Dialect{scope.Postgres, scope.MySQL, scope.SQLite} {
		require.GreaterOrEqual(t, own[d], 100, "statements of our own for %v", d)
	}
}
