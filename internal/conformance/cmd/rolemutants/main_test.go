package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/faults"
	"github.com/gotenancy/tenancy/internal/conformance/rolefaults"
)

// TestTry plants a fault that every group sees, one that only cases made by hand
// can see, one of the other list, and none.
func TestTry(t *testing.T) {
	root, err := faults.Repository()
	require.NoError(t, err)
	m := measurement{home: filepath.Join(root, "rbac")}
	m.program, err = rolefaults.Build(t.Context(), root, t.TempDir(), rolefaults.Table())
	require.NoError(t, err)
	seen, why := m.try(t.Context(), lists[0].groups, faults.Fault{Name: "permissions: the farthest counts"})
	require.Equal(t, []string{"random"}, seen)
	require.Contains(t, why, "seed 1, world ")
	seen, _ = m.try(t.Context(), lists[0].groups, faults.Fault{Name: "path: the bound does not matter"})
	require.Equal(t, []string{"by hand"}, seen)
	seen, _ = m.try(t.Context(), lists[1].groups, faults.Fault{Name: "guard: 403 beyond the wall"})
	require.Equal(t, []string{"by hand"}, seen)
	quick := []group{lists[0].groups[0], lists[0].groups[2], lists[1].groups[0]}
	seen, why = m.try(t.Context(), quick, faults.Fault{})
	require.Empty(t, seen, why)
}
