package scope_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
)

// TestHostileSizes: texts that once took a time that grew with the square of
// their length. Each would run for minutes if it did again.
func TestHostileSizes(t *testing.T) {
	for name, c := range map[string]struct {
		dialect scope.Dialect
		text    string
		want    scope.Reason // "" if it is let through
	}{
		"signs":          {scope.Postgres, "SELECT 1 " + strings.Repeat("+", 1<<20) + "1", ""},
		"a comment":      {scope.Postgres, "/*" + strings.Repeat("/", 10<<20) + " */ SELECT 1", ""},
		"parentheses":    {scope.MySQL, "SELECT " + strings.Repeat("(", 100000), scope.ReasonTooDeep},
		"a quote":        {scope.MySQL, "SELECT '" + strings.Repeat("a", 10<<20), scope.ReasonUnbalanced},
		"a list":         {scope.Postgres, "SELECT id FROM contacts WHERE name IN (" + strings.Repeat("'abcdef', ", 1<<20) + "'x')", ""},
		"items":          {scope.MySQL, "SELECT " + strings.Repeat("(SELECT 1), ", 1<<17) + "(SELECT id FROM contacts) FROM companies", ""},
		"types":          {scope.Postgres, "SELECT " + strings.Repeat("id AS regclass, ", 1<<17) + "1 FROM contacts", scope.ReasonTooLong},
		"labels":         {scope.SQLite, "SELECT id AS orders FROM contacts GROUP BY " + strings.Repeat("orders, ", 1<<17) + "1", scope.ReasonTooLong},
		"names":          {scope.Postgres, "SELECT " + strings.Repeat("c, ", 1<<18) + "1 FROM contacts c", ""},
		"tables and SET": {scope.MySQL, "UPDATE contacts c0" + strings.Repeat(", companies c1", 900) + " SET " + strings.Repeat("name = 1, ", 1<<17) + "name = 2", scope.ReasonTooLong},
		"targets":        {scope.MySQL, "DELETE " + strings.Repeat("c0, ", 1<<17) + "c0 FROM contacts c0 JOIN companies", scope.ReasonTooLong},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := scope.NewRewriter(goldenPolicy(c.dialect))
			require.NoError(t, err)
			_, _, err = r.Rewrite(as("acme"), c.text, nil)
			var refused *scope.RefusedError
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.True(t, errors.As(err, &refused), "%T", err)
			require.Equal(t, c.want, refused.Reason)
		})
	}
}
