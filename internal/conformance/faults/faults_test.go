package faults_test

import (
	"os/exec"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/faults"
)

const root = "../../.."

// TestTable holds the table to what is asked of it, and to the sources as they are.
func TestTable(t *testing.T) {
	table := faults.Table()
	source := regexp.MustCompile(`^(parsers|reliability) \d+(, \d+)*$`)
	seen := map[string]bool{}
	both := 0
	for _, f := range table {
		require.False(t, seen[f.Name], "%q stands there twice", f.Name)
		seen[f.Name] = true
		require.Regexp(t, source, f.Imitates, f.Name)
		require.Contains(t, []string{"sqlite", "postgres", "mysql"}, f.On, f.Name)
		require.NotEmpty(t, f.Edits, f.Name)
		if f.Together {
			both++
		}
	}
	require.GreaterOrEqual(t, len(table), 64)
	require.GreaterOrEqual(t, both, 10)
	_, err := faults.Apply(root, table)
	require.NoError(t, err)
}

// TestBuilds compiles the scoper and its oracle with all faults in them.
func TestBuilds(t *testing.T) {
	overlay, err := faults.Write(root, t.TempDir(), faults.Table())
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "go", "build", "-overlay="+overlay, "./scope/scopetest")
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// TestMisfits says what is wrong with an edit that does not fit.
func TestMisfits(t *testing.T) {
	edit := func(name, old, text string) faults.Fault {
		return faults.Fault{Name: name, Edits: []faults.Edit{{File: "scope/place.go", Old: old, New: text}}}
	}
	tests := []struct {
		name  string
		table []faults.Fault
		want  string
	}{
		{"a text that is not there", []faults.Fault{edit("a", "no such text", "planted")}, "stands in scope/place.go 0 times"},
		{"a text that is there often", []faults.Fault{edit("a", "pl", "planted")}, "not once"},
		{"a fault that always shows", []faults.Fault{edit("a", "\tnatural, placed := false, false\n", "\tnatural, placed := true, false\n")}, "does not ask whether it is planted"},
		{"two in one place", []faults.Fault{
			edit("a", "natural, placed := false, false", "natural, placed := planted, false"),
			edit("b", "placed := false, false", "placed := false, planted"),
		}, `the edits of "a" and "b" overlap`},
		{"something that is no Go", []faults.Fault{edit("a", "\tnatural, placed := false, false\n", "\tif planted {\n")}, "scope/place.go"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := faults.Apply(root, tt.table)
			require.ErrorContains(t, err, tt.want)
		})
	}
}
