package fuzzing

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/scope/scopetest"
)

// FuzzStatement: no bytes that the scoper lets through tell or change anything of
// another tenant. Without -fuzz it runs all statements to begin with, and what was
// found before.
func FuzzStatement(f *testing.F) {
	worlds, err := Worlds(f.Context())
	require.NoError(f, err)
	f.Cleanup(func() {
		for _, w := range worlds {
			require.NoError(f, w.Close())
		}
	})
	for _, text := range goldenStatements(f) {
		f.Add(uint8(0), text)
	}
	for i, w := range worlds {
		for _, text := range w.Seeds {
			f.Add(uint8(i), text)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		failure, err := worlds[int(which)%len(worlds)].Check(t.Context(), text)
		require.NoError(t, err)
		if failure != nil {
			t.Fatal(failure)
		}
	})
}

// goldenStatements are those of package scope that may mean something to SQLite.
func goldenStatements(t testing.TB) (out []string) {
	for _, pattern := range []string{"all*.txt", "*sqlite*.txt"} {
		files, err := filepath.Glob(filepath.Join("../../../scope/testdata/rewrite", pattern))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, line := range strings.Split(string(text), "\n") {
				if query, ok := strings.CutPrefix(line, "> "); ok {
					out = append(out, WithoutPlaceholders(query))
				}
			}
		}
	}
	return out
}

// TestCheck: the target fails where it has to. A table that the policy exposes lets
// everything through.
func TestCheck(t *testing.T) {
	p := goldenPolicy()
	w, err := newWorld(t.Context(), p, goldenSchema(), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Close()) })
	for _, text := range []string{"SELECT name FROM contacts", "SELECT name FROM contacts LIMIT 3", "DROP TABLE contacts", "\x00\xff", ""} {
		f, err := w.Check(t.Context(), text)
		require.NoError(t, err)
		require.Nil(t, f, "%v", f)
	}

	p.Exposed = &scope.Exposed{Tables: []string{"contacts"}, Reason: "to see the target find it"}
	open, err := newWorld(t.Context(), p, goldenSchema(), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, open.Close()) })
	for _, text := range []string{"SELECT name FROM contacts", "SELECT count(*) FROM contacts", "SELECT name FROM contacts LIMIT 30"} {
		f, err := open.Check(t.Context(), text)
		require.NoError(t, err)
		require.NotNil(t, f, text)
		require.Equal(t, scopetest.Leak, f.Outcome)
	}
}
