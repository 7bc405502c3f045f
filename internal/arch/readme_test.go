package arch_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReadmeCode: the code in the README is the code of an Example, which the
// compiler checks.
func TestReadmeCode(t *testing.T) {
	root := filepath.Join("..", "..")
	source, err := os.ReadFile(filepath.Join(root, "examples", "quickstart", "readme_test.go"))
	require.NoError(t, err)
	_, code, ok := strings.Cut(string(source), "\t// readme:begin\n")
	require.True(t, ok)
	code, _, ok = strings.Cut(code, "\t// readme:end\n")
	require.True(t, ok)
	lines := strings.Split(strings.TrimSuffix(code, "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, "\t")
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	_, shown, ok := strings.Cut(string(readme), "```go\n")
	require.True(t, ok)
	shown, _, ok = strings.Cut(shown, "```")
	require.True(t, ok)
	require.Equal(t, strings.Join(lines, "\n")+"\n", shown)
}

// TestReadmeCommands: the two commands exist.
func TestReadmeCommands(t *testing.T) {
	root := filepath.Join("..", "..")
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	require.Contains(t, string(readme), "go -C examples run ./quickstart\n")
	require.Contains(t, string(readme), "make test\n")
	require.DirExists(t, filepath.Join(root, "examples", "quickstart"))
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	require.NoError(t, err)
	require.Contains(t, string(makefile), "\ntest:")
}
