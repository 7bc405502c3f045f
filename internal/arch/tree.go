package arch

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Module is the path of the root module.
const Module = "github.com/gotenancy/tenancy"

// Finding is one place that breaks a rule.
type Finding struct {
	Where   string // file or file:line, relative to the root
	Message string
}

func (f Finding) String() string { return f.Where + ": " + f.Message }

// Check returns what in the repository breaks a rule, sorted by place.
func Check(repository fs.FS) ([]Finding, error) {
	t, err := load(repository)
	if err != nil {
		return nil, err
	}
	var found []Finding
	for _, rule := range []func(*tree) []Finding{
		arrows, testLibraries, thirdParties, alias, modules, documented, layout, sleeps,
	} {
		found = append(found, rule(t)...)
	}
	slices.SortFunc(found, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.Where, b.Where), strings.Compare(a.Message, b.Message))
	})
	return found, nil
}

// tree is a repository as the rules see it.
type tree struct {
	fset    *token.FileSet
	top     []string  // visible names in the root folder, folders with a slash
	goMods  []goMod   // root first
	sources []*source // sorted by path
}

// source is one Go file.
type source struct {
	path   string
	dir    string // "." for the root
	module string // folder of the nearest go.mod
	test   bool   // a _test.go file
	lines  int
	file   *ast.File
}

// imports returns the import specs with their unquoted paths.
func (s *source) imports() map[*ast.ImportSpec]string {
	all := make(map[*ast.ImportSpec]string, len(s.file.Imports))
	for _, spec := range s.file.Imports {
		all[spec], _ = strconv.Unquote(spec.Path.Value) // the parser has checked it
	}
	return all
}

// kit reports whether the file belongs to a published test kit, such as
// tenanttest: it may use testing, and is held to the rules of tests.
func (s *source) kit() bool { return isKit(s.dir) }

func isKit(dir string) bool { return path.Base(dir) != "test" && strings.HasSuffix(dir, "test") }

// program reports whether the file belongs to a command, which nobody imports.
func (s *source) program() bool { return slices.Contains(strings.Split(s.dir, "/"), "cmd") }

// internal reports whether nobody outside this repository can import the file.
func (s *source) internal() bool {
	return slices.Contains(strings.Split(s.dir, "/"), "internal")
}

func (t *tree) at(node ast.Node) string {
	p := t.fset.Position(node.Pos())
	return fmt.Sprintf("%s:%d", p.Filename, p.Line)
}

func load(repository fs.FS) (*tree, error) {
	t := &tree{fset: token.NewFileSet()}
	var dirs []string // of the modules
	err := fs.WalkDir(repository, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(entry.Name(), ".") && name != "."
		if entry.IsDir() && (hidden || entry.Name() == "testdata") {
			return fs.SkipDir
		}
		if path.Dir(name) == "." && name != "." && !hidden {
			t.top = append(t.top, entry.Name())
			if entry.IsDir() {
				t.top[len(t.top)-1] += "/"
			}
		}
		switch {
		case entry.Name() == "go.mod":
			text, err := fs.ReadFile(repository, name)
			if err != nil {
				return err
			}
			mod, err := parseGoMod(path.Dir(name), string(text))
			t.goMods = append(t.goMods, mod)
			dirs = append(dirs, path.Dir(name))
			return err
		case strings.HasSuffix(name, ".go"):
			text, err := fs.ReadFile(repository, name)
			if err != nil {
				return err
			}
			file, err := parser.ParseFile(t.fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
			t.sources = append(t.sources, &source{
				path: name, dir: path.Dir(name), test: strings.HasSuffix(name, "_test.go"),
				lines: strings.Count(string(text), "\n"), file: file,
			})
			return err
		}
		return nil
	})
	for _, s := range t.sources {
		s.module = nearest(dirs, s.dir)
	}
	slices.SortFunc(t.goMods, func(a, b goMod) int { return strings.Compare(a.dir, b.dir) })
	return t, err
}

// nearest returns the longest of the folders that holds dir.
func nearest(dirs []string, dir string) string {
	for ; dir != "."; dir = path.Dir(dir) {
		if slices.Contains(dirs, dir) {
			return dir
		}
	}
	return "."
}
