package sqlscan_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/tenant"
)

func TestMask(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT 'secret', 42,\n\tx /* secret */ FROM t -- secret": "SELECT ?, ?, x FROM t",
		"SELECT $tag$secret$tag$, E'sec\\'ret' FROM \"T\"":        "SELECT ?, ? FROM \"T\"",
		"SELECT a FROM t WHERE b = 'never closed secret":          "SELECT a FROM t WHERE b =",
		"": "",
	} {
		require.Equal(t, want, sqlscan.Mask(tenant.Postgres, 0, text, nil))
	}
}

// TestMaskQuotedNames: in SQLite a quoted name that nothing has is a value.
func TestMaskQuotedNames(t *testing.T) {
	known := func(name string) bool { return name == "contacts" || name == `na"me` }
	const text = "SELECT \"na\"\"me\", [x], `y` FROM \"contacts\" WHERE name = \"top secret\""
	require.Equal(t, "SELECT \"na\"\"me\", [x], `y` FROM \"contacts\" WHERE name = ?", sqlscan.Mask(tenant.SQLite, 0, text, known))
	require.Equal(t, text, sqlscan.Mask(tenant.SQLite, 0, text, nil))
	require.Equal(t, `SELECT "x"`, sqlscan.Mask(tenant.Postgres, 0, `SELECT "x"`, known))
	require.Equal(t, "SELECT ?\n       ^", sqlscan.Excerpt(tenant.SQLite, 0, `SELECT "secret"`, 7, known))
}

func TestExcerpt(t *testing.T) {
	text := "SELECT 'secret' FROM t WHERE xmin > 7"
	require.Equal(t, "SELECT ? FROM t WHERE xmin > ?\n                      ^", sqlscan.Excerpt(tenant.Postgres, 0, text, 29, nil))
	require.Equal(t, "^", sqlscan.Excerpt(tenant.Postgres, 0, text, 0, nil)[len("SELECT ? FROM t WHERE xmin > ?\n"):])
	long := "SELECT " + strings.Repeat("aaa, ", 16) + "b" + strings.Repeat(", ccc", 16)
	require.Equal(t, "..."+strings.Repeat("aaa, ", 12)+"b"+strings.Repeat(", ccc", 11)+", cc...\n"+strings.Repeat(" ", 63)+"^", sqlscan.Excerpt(tenant.Postgres, 0, long, 87, nil))
	// The place of what the lexer fails at is behind what it could read.
	require.Equal(t, "SELECT a =\n          ^", sqlscan.Excerpt(tenant.Postgres, 0, "SELECT a = 'secret", 11, nil))
}
