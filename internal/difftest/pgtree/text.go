package pgtree

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/internal/difftest"
	"github.com/gotenancy/tenancy/tenant"
)

// written reports whether the word stands at the offset, in quotes or not.
func written(text string, at int, word string) bool {
	if at < 0 || at >= len(text) {
		return false
	}
	rest := strings.TrimPrefix(text[at:], `"`)
	return len(rest) >= len(word) && strings.EqualFold(rest[:len(word)], word)
}

// Corpora are the texts that the parsers of PostgreSQL are asked about.
func Corpora() ([]difftest.Corpus, error) {
	texts, err := Texts()
	if err != nil {
		return nil, err
	}
	texts = difftest.Statements(texts)
	golden, err := difftest.Golden(tenant.Postgres)
	if err != nil {
		return nil, err
	}
	return []difftest.Corpus{
		{Name: "golden", Texts: slices.Values(golden), Refusals: 30},
		{Name: "regress", Texts: slices.Values(texts), Refusals: 5},
		{Name: "generated", Texts: difftest.Generated(tenant.Postgres, difftest.GeneratedCount(5_000)), Refusals: 5},
		{Name: "mutants of golden", Texts: difftest.Mutants(golden, difftest.MutantCount(10_000)), Refusals: 30},
		{Name: "mutants of regress", Texts: difftest.Mutants(texts, difftest.MutantCount(10_000)), Refusals: 15},
	}, nil
}

// Texts returns the statements of the regression tests of PostgreSQL, and some
// more, out of the tests of module oliphant.
func Texts() ([]string, error) {
	dir, err := difftest.ModuleDir("github.com/sqlc-dev/oliphant")
	if err != nil {
		return nil, err
	}
	return difftest.Cases(filepath.Join(dir, "parser", "testdata", "deparse"), ".test", cases)
}

// cases reads a file in which a text stands between a line with == and a line
// with --. A line of the text that begins like one of these has a | before it.
func cases(file string, add func(string)) error {
	all, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var text []string
	inside := false
	for _, line := range strings.Split(string(all), "\n") {
		switch {
		case strings.HasPrefix(line, "== "):
			text, inside = nil, true
		case inside && line == "--":
			add(strings.Join(text, "\n"))
			inside = false
		case inside:
			if rest, ok := strings.CutPrefix(line, "|"); ok && (strings.HasPrefix(rest, "--") || strings.HasPrefix(rest, "==") || strings.HasPrefix(rest, "|")) {
				line = rest
			}
			text = append(text, line)
		}
	}
	return nil
}
