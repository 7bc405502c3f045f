package rolefaults_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/faults"
	"github.com/gotenancy/tenancy/internal/conformance/rolefaults"
)

const root = "../../.."

// TestTable holds the table to the sources as they are.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range rolefaults.Table() {
		require.False(t, seen[f.Name], "%q stands there twice", f.Name)
		seen[f.Name] = true
		require.NotEmpty(t, f.Edits, f.Name)
	}
	require.GreaterOrEqual(t, len(rolefaults.Evaluator()), 60)
	require.GreaterOrEqual(t, len(rolefaults.Compiled()), 200)
	_, err := faults.Plant(root, rolefaults.Table())
	require.NoError(t, err)
}
