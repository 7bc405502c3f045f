package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/suite"
)

const fake = "testdata/fake"

// The lines are those of the four systems, in order, each once.
func TestLines(t *testing.T) {
	t.Parallel()
	var numbers []string
	for _, l := range Lines() {
		numbers = append(numbers, l.Number)
		require.NotEmpty(t, l.Text, l.Number)
		require.Less(t, len(l.Text), 120, l.Number)
	}
	require.Len(t, numbers, 75)
	require.IsIncreasing(t, numbers)
	for group, last := range map[string]string{"A": "A17", "B": "B26", "C": "C13", "D": "D19"} {
		require.Contains(t, numbers, group+"01")
		require.Contains(t, numbers, last)
	}
}

// A name, and the numbers that it carries. They stand in one text because the
// command reads this file too.
const functionNames = `
Test_A04_Something = A04
Test_A13_B25_D13_Walls = A13 B25 D13
Test_C7_X = C07
TestA4 = A04
Test_A04Something =
TestB2B =
Test_A123_X =
Test_E01_X =
TestAnswersA12 =
Test_X_A04_X =
`

const subtestNames = `
A04 A11 a domain = A04 A11
A4_A11_a_domain = A04 A11
D03 = D03
D03#01 = D03
C08 A user = C08
A04: a domain =
a domain A04 =
A123 x =
A04x =
sqlite =
`

func TestCarried(t *testing.T) {
	t.Parallel()
	for text, function := range map[string]bool{functionNames: true, subtestNames: false} {
		for line := range strings.Lines(strings.TrimSpace(text)) {
			name, want, _ := strings.Cut(line, "=")
			name = strings.TrimSpace(name)
			require.Equal(t, strings.Fields(want), append([]string{}, carried(name, function)...), name)
		}
	}
}

func TestChosen(t *testing.T) {
	t.Parallel()
	got, err := chosen(Lines(), "B12, A4")
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.Equal(t, "A04", got[0].Number)
	require.Equal(t, "B12", got[1].Number)
	_, err = chosen(Lines(), "A04,E01")
	require.ErrorContains(t, err, `"E01"`)
}

// What runs in the fake module, and what becomes of its lines.
func TestRun(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs(fake)
	require.NoError(t, err)
	claims, err := scan(root)
	require.NoError(t, err)
	require.Empty(t, strangers(Lines(), claims))
	var out bytes.Buffer
	got, err := run(t.Context(), root, os.Environ(), claims, &out)
	require.NoError(t, err)
	require.NotContains(t, out.String(), "nobody asked for it")
	require.Contains(t, out.String(), "thereIsNoSuchFunction", "why a package does not build")
	require.Contains(t, out.String(), "panic: as it should")
	require.Contains(t, out.String(), "1/2 .: 8 test functions in 1 packages")

	proofs := got.judge(claims)
	for number, want := range map[string]string{
		"A01": passed, "A02": failed, "A03": missing, "A04": missing, "A05": missing, "A06": passed, "A07": passed, "A08": failed, "A09": passed,
		"A10": missing, "A11": missing, "A12": missing, "A13": missing, "A14": missing, "B03": failed, "B08": passed, "B09": passed,
		"C01": passed, "C02": passed, "D01": passed, "D02": failed, "D03": failed, "D04": failed,
	} {
		require.Equal(t, want, verdict(proofs[number]), number)
	}
	require.Equal(t, []proof{{".", "TestA04", "skipped"}}, proofs["A04"])
	require.Equal(t, []proof{{".", "Test_A05_AllSkipped", "nothing below it has passed"}}, proofs["A05"])
	require.Equal(t, []proof{{".", "TestSubtests/*/B09", passed}}, proofs["B09"], "two rounds are one line")
	require.Equal(t, []proof{
		{".", "TestSubtests/one/A08_fails_in_the_second_round", passed},
		{".", "TestSubtests/other/A08_fails_in_the_second_round", failed},
		{".", "Test_A08_Passes", passed},
	}, proofs["A08"])
	require.Equal(t, []proof{{".", "TestTable/A10_from_a_table_that_is_left", "did not run"}}, proofs["A10"])
	require.Equal(t, []proof{{"nested", "Test_D01_Nested", passed}}, proofs["D01"])
	require.Equal(t, []proof{{"nested/panics", "Test_D03_ComesAfter", failed}}, proofs["D03"])

	out.Reset()
	lines, err := chosen(Lines(), "A01,A02,A03,A06")
	require.NoError(t, err)
	require.Equal(t, 2, table(&out, lines, proofs))
	require.Equal(t, fmt.Sprintf(`
A01 pass    %s
            . Test_A01_Passes
A02 FAIL    %s
            . Test_A2_B3_Fails (FAIL)
A03 missing %s
A06 pass    %s
            . Test_A06_OneSkipped
`, lines[0].Text, lines[1].Text, lines[2].Text, lines[3].Text), "\n"+out.String())
}

// The command itself, on what it can prove without the rest, and without running
// anything.
func TestStart(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	ok, err := start(t.Context(), []string{"-root", fake, "-list"}, &out, bare)
	require.NoError(t, err)
	require.True(t, ok)
	require.Contains(t, out.String(), "\nA09 test    ")
	require.Contains(t, out.String(), "            . TestTable/A09_from_a_table\n")
	require.Contains(t, out.String(), "\nA13 no test ")
	require.NotContains(t, out.String(), "TestAnswersA12")
	require.Contains(t, out.String(), "\n17 of 75 lines have a test\n")

	_, err = start(t.Context(), []string{"-root", fake, "-only", "A99"}, &out, bare)
	require.ErrorContains(t, err, `"A99"`)

	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "go.mod"), []byte("module example.test/odd\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(root, "odd_test.go"), []byte("package odd\n\nimport \"testing\"\n\nfunc Test_A04_C77_Odd(t *testing.T) {}\n"), 0o600))
	_, err = start(t.Context(), []string{"-root", root}, &out, bare)
	require.ErrorContains(t, err, "there is no line C77")
}

// The exit code is good if every line is proved that was asked for.
func TestExit(t *testing.T) {
	t.Parallel()
	for only, want := range map[string]bool{"A01,A06": true, "A01,A02": false, "A01,A03": false, "A04": false} {
		var out bytes.Buffer
		ok, err := start(t.Context(), []string{"-root", fake, "-only", only}, &out, bare)
		require.NoError(t, err)
		require.Equal(t, want, ok, only)
		proved := len(strings.Split(only, ",")) - strings.Count(out.String(), "missing ") - strings.Count(out.String(), " FAIL ")
		require.Contains(t, out.String(), " test functions, nothing left out\n")
		require.True(t, strings.HasSuffix(out.String(), fmt.Sprintf("\nCHECKLIST %d/%d\n", proved, len(strings.Split(only, ",")))), only)
	}
}

// bare is a machine on which nothing has to be prepared.
func bare(context.Context) (*suite.Ready, error) { return &suite.Ready{Env: os.Environ()}, nil }
