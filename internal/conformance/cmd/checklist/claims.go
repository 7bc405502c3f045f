package main

import (
	"bufio"
	"bytes"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gotenancy/tenancy/internal/conformance/suite"
)

// claim is a name in the source of a test that carries numbers.
type claim struct {
	module  string // its folder, relative to the root
	dir     string // the package's folder, relative to the root
	path    string // the package's import path
	test    string // the test function that has to be run
	name    string // the function's own name, or a subtest's
	numbers []string
}

// scan finds the claims in all modules below root. A subtest's name is a text that
// begins with numbers: an argument of Run, or one that has words behind them in
// whatever the function uses of its package, such as a table. Whether it really
// names a subtest turns out when it runs.
func scan(root string) ([]claim, error) {
	modules, err := suite.Modules(root)
	if err != nil {
		return nil, err
	}
	var all []claim
	for _, module := range modules {
		name, err := moduleName(filepath.Join(root, module, "go.mod"))
		if err != nil {
			return nil, err
		}
		dirs, err := packages(root, module, modules)
		if err != nil {
			return nil, err
		}
		for _, dir := range dirs {
			below, err := filepath.Rel(module, dir)
			if err != nil {
				return nil, err
			}
			path := strings.TrimSuffix(name+"/"+filepath.ToSlash(below), "/.")
			found, err := claimsOf(filepath.Join(root, dir))
			if err != nil {
				return nil, err
			}
			for _, c := range found {
				c.module, c.dir, c.path = module, filepath.ToSlash(dir), path
				all = append(all, c)
			}
		}
	}
	return all, nil
}

func moduleName(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) > 1 && fields[0] == "module" {
			return fields[1], nil
		}
	}
	return "", fmt.Errorf("%s: no module line", file)
}

// packages returns the folders of a module that hold Go files of tests.
func packages(root, module string, modules []string) ([]string, error) {
	var dirs []string
	err := filepath.WalkDir(filepath.Join(root, module), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		switch name := entry.Name(); {
		case entry.IsDir() && rel != module && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || slices.Contains(modules, rel)):
			return filepath.SkipDir
		case strings.HasSuffix(name, "_test.go") && !slices.Contains(dirs, filepath.Dir(rel)):
			dirs = append(dirs, filepath.Dir(rel))
		}
		return nil
	})
	return dirs, err
}

// unit is a declaration of a package: the names it carries, and what it uses.
type unit struct {
	names map[string]bool // of subtests
	uses  map[string]bool // identifiers
}

// claimsOf reads one package's test files, those that this machine builds.
func claimsOf(dir string) ([]claim, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		return nil, err
	}
	units := map[string]*unit{}
	var tests []string
	for _, path := range files {
		if ok, err := build.Default.MatchFile(dir, filepath.Base(path)); err != nil || !ok {
			continue // one that can not be read is the compiler's to report
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, decl := range file.Decls {
			for name, node := range declared(decl) {
				units[name] = read(node, units[name])
				if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(name, "Test") && name != "TestMain" {
					tests = append(tests, name)
				}
			}
		}
	}
	var out []claim
	for _, test := range tests {
		if numbers := carried(test, true); numbers != nil {
			out = append(out, claim{test: test, name: test, numbers: numbers})
		}
		names := map[string]bool{}
		gather(units, test, names, map[string]bool{})
		for _, name := range slices.Sorted(maps.Keys(names)) {
			out = append(out, claim{test: test, name: name, numbers: carried(name, false)})
		}
	}
	return out, nil
}

// declared returns what a declaration at the top of a file gives names to.
// Methods come under their name alone: whoever uses one of that name may mean it.
func declared(decl ast.Decl) map[string]ast.Node {
	out := map[string]ast.Node{}
	switch d := decl.(type) {
	case *ast.FuncDecl:
		out[d.Name.Name] = d
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			if v, ok := spec.(*ast.ValueSpec); ok {
				for _, name := range v.Names {
					out[name.Name] = v
				}
			}
		}
	}
	return out
}

func read(node ast.Node, u *unit) *unit {
	if u == nil {
		u = &unit{names: map[string]bool{}, uses: map[string]bool{}}
	}
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			u.uses[n.Name] = true
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Run" && len(n.Args) == 2 {
				u.add(n.Args[0], false)
			}
		case *ast.BasicLit:
			u.add(n, true)
		}
		return true
	})
	return u
}

// add notes a text that begins with numbers; with words only where more follows.
func (u *unit) add(e ast.Expr, words bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return
	}
	text, err := strconv.Unquote(lit.Value)
	if err != nil || carried(text, false) == nil || words && !strings.Contains(text, " ") {
		return
	}
	u.names[text] = true
}

// gather collects the names in a declaration and in all that it uses.
func gather(units map[string]*unit, name string, names, seen map[string]bool) {
	u := units[name]
	if u == nil || seen[name] {
		return
	}
	seen[name] = true
	maps.Copy(names, u.names)
	for used := range u.uses {
		if !strings.HasPrefix(used, "Test") {
			gather(units, used, names, seen)
		}
	}
}

// strangers returns what names carry numbers that no line has.
func strangers(lines []Line, claims []claim) []string {
	var out []string
	for _, c := range claims {
		for _, n := range c.numbers {
			if !slices.ContainsFunc(lines, func(l Line) bool { return l.Number == n }) {
				out = append(out, fmt.Sprintf("%s %s %q: there is no line %s", c.dir, c.test, c.name, n))
			}
		}
	}
	return out
}
