package arch

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// What the root go.mod may require: it forces versions on everybody who
// imports this module. The second list is what the first brings along.
var (
	rootDirect = []string{
		"github.com/jmoiron/sqlx", "github.com/stretchr/testify", "github.com/DATA-DOG/go-sqlmock",
		"golang.org/x/sync", "golang.org/x/time",
	}
	rootIndirect = []string{
		"github.com/davecgh/go-spew", "github.com/pmezard/go-difflib", "github.com/stretchr/objx",
		"gopkg.in/yaml.v3", "go.yaml.in/yaml/v3",
	}
)

// newer are the modules whose go line may be newer than the root's, with that
// line. Nobody imports them, so nobody needs that Go for anything else.
var newer = map[string]string{
	"internal/difftest":           "1.26.0", // for marino
	"internal/conformance/queues": "1.26.0", // for kfake
}

// goMod is a go.mod file, as far as the rules need it.
type goMod struct {
	dir      string
	module   string
	version  string // its go line
	direct   []string
	indirect []string
	replace  map[string]string
	other    []string // other directives
}

// parseGoMod reads a go.mod that gofmt-like tools have laid out: one entry a line.
func parseGoMod(dir, text string) (goMod, error) {
	m := goMod{dir: dir, replace: map[string]string{}}
	block := ""
	for n, line := range strings.Split(text, "\n") {
		code, comment, _ := strings.Cut(line, "//")
		words := strings.Fields(code)
		switch {
		case len(words) == 0:
			continue
		case words[0] == ")":
			block = ""
			continue
		case len(words) == 2 && words[1] == "(":
			block = words[0]
			continue
		case block != "":
			words = append([]string{block}, words...)
		}
		if len(words) < 2 {
			return m, fmt.Errorf("%s:%d: not understood", path.Join(dir, "go.mod"), n+1)
		}
		switch words[0] {
		case "module":
			m.module = words[1]
		case "go":
			m.version = words[1]
		case "require":
			if strings.TrimSpace(comment) == "indirect" {
				m.indirect = append(m.indirect, words[1])
			} else {
				m.direct = append(m.direct, words[1])
			}
		case "replace":
			m.replace[words[1]] = words[len(words)-1]
		default:
			m.other = append(m.other, words[0])
		}
	}
	return m, nil
}

// modules checks the go.mod files.
func modules(t *tree) []Finding {
	var found []Finding
	if len(t.goMods) == 0 || t.goMods[0].dir != "." {
		return []Finding{{"go.mod", "it is missing"}}
	}
	root := t.goMods[0]
	for _, m := range t.goMods {
		report := func(format string, args ...any) {
			found = append(found, Finding{path.Join(m.dir, "go.mod"), fmt.Sprintf(format, args...)})
		}
		if want := path.Join(Module, m.dir); m.module != want {
			report("the module is called %s here", want)
		}
		if m.version != root.version && m.version != newer[m.dir] {
			report("the go line is %s, the root's is %s", m.version, root.version)
		}
		for _, directive := range m.other {
			report("directive %s", directive)
		}
		if m.dir == "." {
			found = append(found, rootModule(m)...)
			continue
		}
		for _, required := range append(m.direct, m.indirect...) {
			if !within(required, Module) {
				continue
			}
			to, _ := ourFolder(required)
			if want := relative(m.dir, to); m.replace[required] != want {
				report("%s must be replaced by %s", required, want)
			}
		}
		for replaced := range m.replace {
			if !within(replaced, Module) {
				report("%s is replaced, and is not ours", replaced)
			}
		}
	}
	return found
}

func rootModule(m goMod) []Finding {
	var found []Finding
	for _, required := range m.direct {
		if !slices.Contains(rootDirect, required) {
			found = append(found, Finding{"go.mod", "it must not require " + required})
		}
	}
	for _, required := range m.indirect {
		if !slices.Contains(rootDirect, required) && !slices.Contains(rootIndirect, required) {
			found = append(found, Finding{"go.mod", "it must not require " + required})
		}
	}
	for replaced := range m.replace {
		found = append(found, Finding{"go.mod", "it must not replace " + replaced})
	}
	return found
}

func relative(from, to string) string {
	rel, err := filepath.Rel(filepath.FromSlash(from), filepath.FromSlash(to))
	if err != nil {
		return err.Error()
	}
	if rel = filepath.ToSlash(rel); !strings.HasPrefix(rel, ".") {
		rel = "./" + rel
	}
	return rel
}
