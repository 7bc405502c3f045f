package scope

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPlumbing: an example is an application, so that what crosses is found
// where it was written and not in the server that called it.
func TestPlumbing(t *testing.T) {
	for name, plumbing := range map[string]bool{
		"github.com/gotenancy/tenancy/scope.(*conn).QueryContext":             true,
		"github.com/gotenancy/tenancy/tenant/member.(*Directory).Members":     true,
		"database/sql.(*DB).QueryContext":                                     true,
		"github.com/jmoiron/sqlx.(*DB).Queryx":                                true,
		"github.com/gotenancy/tenancy/examples/sales/office.(*Office).tables": false,
		"example.com/shop.list":                                               false,
		"net/http.HandlerFunc.ServeHTTP":                                      false,
	} {
		require.Equal(t, plumbing, isPlumbing(runtime.Frame{Function: name, File: "/src/x.go"}), name)
	}
}
