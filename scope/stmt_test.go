package scope_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// TestEvictedStatements: of one prepared statement there are a few texts at a
// time. One whose rows may be open is closed when the connection comes back to
// the pool, the others at once.
func TestEvictedStatements(t *testing.T) {
	s := &script{conn: conns["modern"], stmt: stmts["modern"]}
	db, err := scope.OpenDB(s, goldenPolicy(scope.SQLite), scope.OnCrossing(func(context.Context, scope.Crossing) {}))
	require.NoError(t, err)
	defer db.Close()
	closed := func() (n int) {
		for _, line := range s.take() {
			if line == "stmt.Close" {
				n++
			}
		}
		return n
	}
	across := func(n int) context.Context {
		ids := make([]tenant.ID, n)
		for i := range ids {
			ids[i] = tenant.ID(fmt.Sprint("t", i))
		}
		return tenant.Across(context.Background(), "test", ids[0], ids[1:]...)
	}
	c, err := db.Conn(context.Background())
	require.NoError(t, err)
	st, err := c.PrepareContext(context.Background(), "SELECT id FROM contacts")
	require.NoError(t, err)
	rows, err := st.QueryContext(as("acme"))
	require.NoError(t, err)
	for n := range 12 {
		_, err := st.ExecContext(across(n + 2))
		require.NoError(t, err)
	}
	require.Equal(t, 4, closed(), "of 13, without the first and the last 8")
	require.NoError(t, rows.Close())
	require.Zero(t, closed())
	require.NoError(t, c.Close())
	require.Equal(t, 1, closed())
	require.NoError(t, st.Close())
	require.Zero(t, closed()-8)
}
