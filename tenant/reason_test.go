package tenant_test

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReasonIsConstant: a reason compiles only if it stands in the source, so
// that every crossing can be found with grep and none comes from a request.
func TestReasonIsConstant(t *testing.T) {
	t.Parallel()
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "source", nil)
	for _, c := range []struct {
		name, statement string
		compiles        bool
	}{
		{"literal", `tenant.AcrossAll(ctx, "report")`, true},
		{"untyped constant", `const why = "report"; tenant.AcrossAll(ctx, why)`, true},
		{"variable", `why := "report"; tenant.AcrossAll(ctx, why)`, false},
		{"parameter", `tenant.Switch(ctx, "acme", given)`, false},
		{"typed constant", `const why string = "report"; tenant.Across(ctx, why, "acme")`, false},
		{"call", `tenant.Across(ctx, fmt.Sprint("report"), "acme")`, false},
	} {
		source := `package p
import ("context"; "fmt"; "github.com/gotenancy/tenancy/tenant")
var _ = fmt.Sprint
func f(ctx context.Context, given string) { ` + c.statement + ` }`
		file, err := parser.ParseFile(fset, "p.go", source, 0)
		require.NoError(t, err, c.name)
		_, err = (&types.Config{Importer: imports}).Check("p", fset, []*ast.File{file}, nil)
		require.Equal(t, c.compiles, err == nil, "%s: %v", c.name, err)
	}
}
