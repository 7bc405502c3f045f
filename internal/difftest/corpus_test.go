package difftest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

func TestPieces(t *testing.T) {
	for _, text := range []string{
		"SELECT a, 'it''s' FROM t -- c\nWHERE \"x\" = $1 /* d */", "", "'open", "/* open", "--", "a\tb", "é=ü",
	} {
		require.Equal(t, text, strings.Join(Pieces(text), ""))
	}
	require.Equal(t, []string{"SELECT", " ", "a1", ",", "'x y'", "-- c\n"[:4], "\n", "/* d */", "(", ")"}, Pieces("SELECT a1,'x y'-- c\n/* d */()"))
}

// TestMutants: the same seed makes the same mutants, and they differ from the
// texts.
func TestMutants(t *testing.T) {
	texts := []string{"SELECT a FROM t WHERE b = 1", "DELETE FROM u"}
	first := slices.Collect(Mutants(texts, 200))
	require.Len(t, first, 200)
	require.Equal(t, first, slices.Collect(Mutants(texts, 200)))
	changed := 0
	for _, m := range first {
		if !slices.Contains(texts, m) {
			changed++
		}
	}
	require.Greater(t, changed, 150)
	require.Empty(t, slices.Collect(Mutants(nil, 5)))
	t.Setenv("TENANCY_DIFF_SEED", "2")
	require.NotEqual(t, first, slices.Collect(Mutants(texts, 200)))
	t.Setenv("TENANCY_DIFF_MUTANTS", "7")
	require.Equal(t, 7, MutantCount(3))
}

// TestLongTextsOnly: there may be no text that is short enough.
func TestLongTextsOnly(t *testing.T) {
	require.Empty(t, slices.Collect(Mutants([]string{"SELECT " + strings.Repeat("a", maxMutated)}, 3)))
}

func TestGolden(t *testing.T) {
	for _, d := range []tenant.Dialect{tenant.Postgres, tenant.MySQL, tenant.SQLite} {
		texts, err := Golden(d)
		require.NoError(t, err)
		require.Greater(t, len(texts), 200, d)
	}
}

func TestStatements(t *testing.T) {
	require.Equal(t,
		[]string{"-- c\n /* d */ ((SELECT 1))", "with a as (select 1) table a"},
		Statements([]string{"-- c\n /* d */ ((SELECT 1))", "CREATE TABLE t (a)", "", "-- SELECT", "with a as (select 1) table a"}))
}

func TestCases(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.txt"), []byte("one\n\none\ntwo"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "b.sql"), []byte("three"), 0o600))
	read := func(file string, add func(string)) error { return lines(file, add) }
	got, err := Cases(dir, ".txt", read)
	require.NoError(t, err)
	require.Equal(t, []string{"one", "two"}, got)
	_, err = Cases(dir, ".none", read)
	require.Error(t, err, "a corpus that has become empty is no corpus")
	_, err = ModuleDir("example.com/not/required")
	require.Error(t, err)
}

func TestGenerated(t *testing.T) {
	for _, d := range []tenant.Dialect{tenant.Postgres, tenant.MySQL, tenant.SQLite} {
		texts := slices.Collect(Generated(d, perSchema+10))
		require.Len(t, texts, perSchema+10)
		require.Equal(t, texts, slices.Collect(Generated(d, perSchema+10)))
	}
}
