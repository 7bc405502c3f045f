package scoping

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// TestManyTextsUnderOpenRows: a prepared statement that becomes more texts than
// are kept leaves open rows alone. SQLite in Go crashes where a statement is
// closed under its rows.
func TestManyTextsUnderOpenRows(t *testing.T) {
	for _, name := range []string{"sqlite", "sqlite-cgo"} {
		t.Run(name, func(t *testing.T) {
			e := engines.Get(t, name)
			db, _ := changing(t, e, scope.Policy{Default: scope.PerTenant}, append(changingTables, "INSERT INTO contacts VALUES (2, 'c@x', 'acme'), (3, 'd@x', 'acme')")...)
			ctx := context.Background()
			c, err := db.Conn(ctx)
			require.NoError(t, err)
			defer c.Close()
			st, err := c.PrepareContext(ctx, "SELECT id FROM contacts ORDER BY id")
			require.NoError(t, err)
			defer st.Close()
			rows, err := st.QueryContext(tenant.WithID(ctx, "acme"))
			require.NoError(t, err)
			defer rows.Close()
			require.True(t, rows.Next())
			for n := range 12 {
				ids := []tenant.ID{"acme", "bolt"}
				for i := range n {
					ids = append(ids, tenant.ID(fmt.Sprint("t", i)))
				}
				other, err := st.QueryContext(tenant.Across(ctx, "test", ids[0], ids[1:]...))
				require.NoError(t, err)
				got := 0
				for other.Next() {
					got++
				}
				require.NoError(t, other.Err())
				require.NoError(t, other.Close())
				require.Equal(t, 4, got)
			}
			var id int
			for _, want := range []int{2, 3} {
				require.True(t, rows.Next())
				require.NoError(t, rows.Scan(&id))
				require.Equal(t, want, id)
			}
			require.False(t, rows.Next())
			require.NoError(t, rows.Err())
		})
	}
}
