package suite

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/servers"
)

func TestLeftOut(t *testing.T) {
	tests := []struct {
		name    string
		ci      string
		dsn     string
		require string
		fatal   bool
	}{
		{name: "at home", dsn: servers.Off},
		{name: "in CI", dsn: servers.Off, ci: "true", fatal: true},
		{name: "required", dsn: servers.Off, require: "postgres", fatal: true},
		{name: "given and not there", dsn: "host=/nowhere user=x", fatal: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("CI", tt.ci)
			t.Setenv("TENANCY_REQUIRE", tt.require)
			t.Setenv("TENANCY_POSTGRES_DSN", tt.dsn)
			var left leftOut
			require.Nil(t, openServer(t.Context(), servers.Postgres(), &left))
			require.Contains(t, left.String(), "LEFT OUT: postgres")
			require.Equal(t, tt.fatal, left.fatal() != nil)
		})
	}

	t.Run("the race detector in CI", func(t *testing.T) {
		t.Setenv("CI", "true")
		var left leftOut
		left.add("race detector", errors.New("no compiler"))
		require.Error(t, left.fatal())
	})
	t.Run("nothing", func(t *testing.T) {
		t.Setenv("CI", "true")
		var left leftOut
		require.NoError(t, left.fatal())
		require.Contains(t, left.String(), "nothing left out")
	})
}

func TestFindCompiler(t *testing.T) {
	t.Setenv("CGO_ENABLED", "0")
	require.Error(t, findCompiler(t.Context()))
	t.Setenv("CGO_ENABLED", "1")
	t.Setenv("CC", "no-such-compiler")
	require.ErrorContains(t, findCompiler(t.Context()), "no-such-compiler")
}

func TestModules(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, name := range []string{"go.mod", "b/c/go.mod", "a/go.mod", ".git/go.mod", "a/testdata/go.mod", "d/go.sum"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(root, name), nil, 0o600))
	}
	got, err := Modules(root)
	require.NoError(t, err)
	require.Equal(t, []string{".", "a", filepath.Join("b", "c")}, got)
}
