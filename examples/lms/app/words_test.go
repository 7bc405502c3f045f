package app_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// No statement of the application says anything about tenants: the column is
// named where the tables are made, and where package scope is told of them.
func TestNoTenantInSQL(t *testing.T) {
	t.Parallel()
	var found []string
	require.NoError(t, filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), "tenant_id") {
			found = append(found, filepath.Base(path))
		}
		return err
	}))
	require.ElementsMatch(t, []string{"policy.go", "schema.sql"}, found)
}
