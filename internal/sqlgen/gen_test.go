package sqlgen

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/tenant"
)

func TestShow(t *testing.T) {
	for _, d := range []tenant.Dialect{tenant.Postgres, tenant.MySQL, tenant.SQLite} {
		for seed := range uint64(20) {
			texts, p := RandomSchema(d, seed)
			s, err := ddl.Read(d, texts)
			require.NoError(t, err)
			g := New(s, p, seed)
			if os.Getenv("SHOW") != "" {
				fmt.Println(texts, p.Tables)
			}
			for range 200 {
				st := g.Statement()
				if os.Getenv("SHOW") != "" {
					fmt.Println(st.Text, st.Args)
				}
			}
		}
	}
}
