package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/faults"
)

// TestScore plants faults that show soon, one that never does because its engine is
// asked nothing that could show it, and none at all.
func TestScore(t *testing.T) {
	program, err := build(t.Context(), t.TempDir())
	require.NoError(t, err)
	measure := func(statements int, names ...string) (bool, string) {
		var out bytes.Buffer
		m := measurement{out: &out, program: program, embedded: statements, perWorld: 200, seed: 1, workers: 1, bar: 95}
		for _, f := range faults.Table() {
			for _, name := range names {
				if f.Name == name {
					m.table = append(m.table, f)
				}
			}
		}
		require.Len(t, m.table, len(names))
		ok, err := m.measure(t.Context())
		require.NoError(t, err)
		return ok, out.String()
	}
	ok, out := measure(400, "UPDATE altogether", "the application's condition without parentheses", "a star shows the tenant column")
	require.True(t, ok, out)
	require.Contains(t, out, "sqlite without a fault: 400 statements")
	require.Contains(t, out, "UPDATE altogether (reliability 1): killed after ")
	require.Contains(t, out, "MUTATION SCORE 3/3 (100.0 %)")
	ok, out = measure(1, "a WITH query inside a query in FROM")
	require.False(t, ok, out)
	require.Contains(t, out, "SURVIVED 1 statements")
	require.Contains(t, out, "MUTATION SCORE 0/1 (0.0 %)")
}
