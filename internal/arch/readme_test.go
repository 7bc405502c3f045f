package arch_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReadmeCode: the code in the README is the code of Examples, which the
// compiler checks; the first of them comes first.
func TestReadmeCode(t *testing.T) {
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	readme := string(text)
	_, first, ok := strings.Cut(readme, "```go\n")
	require.True(t, ok)
	require.True(t, strings.HasPrefix(first, shown(t, filepath.Join(root, "examples", "quickstart", "readme_test.go"))))
	for _, room := range []string{"config", "rbac"} {
		require.Contains(t, readme, "```go\n"+shown(t, filepath.Join(root, room, "example_readme_test.go")), room)
	}
}

// shown returns what stands between the two marks of an Example, as a block of
// the README ends it.
func shown(t *testing.T, file string) string {
	t.Helper()
	source, err := os.ReadFile(file)
	require.NoError(t, err)
	_, code, ok := strings.Cut(string(source), "\t// readme:begin\n")
	require.True(t, ok)
	code, _, ok = strings.Cut(code, "\t// readme:end\n")
	require.True(t, ok)
	lines := strings.Split(strings.TrimSuffix(code, "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, "\t")
	}
	return strings.Join(lines, "\n") + "\n```"
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
