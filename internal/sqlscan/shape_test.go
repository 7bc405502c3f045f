package sqlscan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/tenant"
)

// TestShape: no literal and no comment is left.
func TestShape(t *testing.T) {
	const p, m, s = tenant.Postgres, tenant.MySQL, tenant.SQLite
	for _, c := range []struct {
		d           tenant.Dialect
		text, shape string
	}{
		{p, "SELECT  a,b FROM t\nWHERE x = 'secret' AND y IN (1, 2.5e3) AND z = $1 -- secret", "SELECT a,b FROM t WHERE x = ? AND y IN (?, ?) AND z = $1"},
		{p, `SELECT E'sec\'ret', $tag$secret$tag$, X'ff', "quoted name"::text;`, `SELECT ?, ?, ?, "quoted name"::text;`},
		{p, "SELECT/* secret */-1", "SELECT -?"},
		{m, "SELECT 'it''s', 0xff, `name` FROM t # secret", "SELECT ?, ?, `name` FROM t"},
		{m, "SELECT _utf8'secret', N'secret' FROM t WHERE a = ?", "SELECT _utf8?, ? FROM t WHERE a = ?"},
		{s, "SELECT 'a', x'00', [name], ?1, :n FROM t", "SELECT ?, ?, [name], ?1, :n FROM t"},
		{p, "SELECT 'never closed", ""},
		{p, "", ""},
	} {
		require.Equal(t, c.shape, sqlscan.Shape(c.d, c.text), c.text)
	}
}
