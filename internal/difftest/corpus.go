package difftest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// Corpus is a source of statements. A generator of statements is one too: give
// its texts to [Run] like any other.
type Corpus struct {
	Name  string
	Texts iter.Seq[string]
	// Refusals is the largest share of the texts that we may refuse of those
	// which the real parser accepts, in percent. Zero means that we may refuse
	// none, and 100 that it does not matter.
	Refusals float64
}

// Golden returns the statements of the golden files of package scope for the
// dialect, and those in the tests of package sqlscan: they hold what is easy to
// get wrong.
func Golden(d tenant.Dialect) ([]string, error) {
	_, here, _, _ := runtime.Caller(0)
	root := filepath.Join(filepath.Dir(here), "..", "..")
	files, err := filepath.Glob(filepath.Join(root, "scope", "testdata", "rewrite", "*.txt"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no golden files: %w", err)
	}
	var texts []string
	for _, file := range files {
		dialects, _, _ := strings.Cut(filepath.Base(file), ".")
		if !strings.Contains(dialects, d.String()) && dialects != "all" {
			continue
		}
		err := lines(file, func(line string) {
			if query, ok := strings.CutPrefix(line, "> "); ok {
				texts = append(texts, strings.NewReplacer(`\n`, "\n", `\r`, "\r").Replace(query))
			}
		})
		if err != nil {
			return nil, err
		}
	}
	quoted, err := literals(filepath.Join(root, "internal", "sqlscan", "*_test.go"))
	return append(texts, Statements(quoted)...), err
}

// literals returns what the string literals of Go files hold.
func literals(pattern string) (texts []string, err error) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no files %s: %w", pattern, err)
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if text, err := strconv.Unquote(lit.Value); err == nil {
					texts = append(texts, text)
				}
			}
			return true
		})
	}
	return texts, nil
}

// ModuleDir returns the folder of a module that this one requires. The texts by
// which it was tested are in there.
func ModuleDir(module string) (string, error) {
	out, err := exec.CommandContext(context.Background(), "go", "list", "-m", "-json", module).Output()
	if err != nil {
		return "", fmt.Errorf("go list -m %s: %w", module, err)
	}
	var m struct{ Dir string }
	if err := json.Unmarshal(out, &m); err != nil || m.Dir == "" {
		return "", fmt.Errorf("module %s has no folder: %w", module, err)
	}
	return m.Dir, nil
}

// Cases returns what read finds in the files under dir that have the extension.
// Each text is there once.
func Cases(dir, ext string, read func(file string, add func(text string)) error) ([]string, error) {
	seen := map[string]bool{}
	var texts []string
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ext {
			return err
		}
		return read(path, func(text string) {
			if text = strings.TrimSpace(text); text != "" && !seen[text] {
				seen[text] = true
				texts = append(texts, text)
			}
		})
	})
	if err == nil && len(texts) == 0 {
		err = fmt.Errorf("no statements in the %s files of %s", ext, dir)
	}
	return texts, err
}

// lines calls fn for each line of a file.
func lines(file string, fn func(line string)) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 64<<20)
	for s.Scan() {
		fn(s.Text())
	}
	return s.Err()
}

// Statements keeps the texts in which a statement begins that sqlscan may
// understand: the others tell nothing. Comments before it do not matter.
func Statements(texts []string) []string {
	return slices.DeleteFunc(slices.Clone(texts), func(text string) bool {
		for _, p := range Pieces(text) {
			if isBlank(p) || p == "(" {
				continue
			}
			switch strings.ToUpper(p) {
			case "SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE", "WITH", "VALUES", "TABLE":
				return false
			}
			return true
		}
		return true
	})
}
