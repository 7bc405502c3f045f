package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Test_D04_StatementsWithoutTenants: no statement of the application, simple or
// not, says a word about tenants. The column stands in the schema and in the
// policy.
func Test_D04_StatementsWithoutTenants(t *testing.T) {
	t.Parallel()
	column := "tenant" + "_id"
	var with []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil && strings.Contains(strings.ToLower(string(text)), column) {
			with = append(with, filepath.ToSlash(path))
		}
		return err
	})
	require.NoError(t, err)
	require.Equal(t, []string{"app/policy.go", "app/schema.sql"}, with)
}
