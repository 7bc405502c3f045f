package arch

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
)

// visible is the top of the tree. What is hidden (.github, .ci) may be added.
var visible = []string{
	"tenant/", "scope/", "config/", "context/", "rbac/", "examples/", "internal/",
	"go.mod", "go.sum", "README.md", "LICENSE", "Makefile",
}

// maxLines is where a file has become more than one concept.
const maxLines = 500

// layout checks the top of the tree and the length of files.
func layout(t *tree) []Finding {
	var found []Finding
	for _, name := range t.top {
		leftover := slices.Contains([]string{".test", ".out", ".prof"}, path.Ext(name)) // of go test, never committed
		if !slices.Contains(visible, name) && !leftover {
			found = append(found, Finding{name, "it does not belong at the top of the tree"})
		}
	}
	for _, name := range visible {
		if !slices.Contains(t.top, name) {
			found = append(found, Finding{name, "it is missing at the top of the tree"})
		}
	}
	for _, s := range t.sources {
		if s.lines > maxLines && !ast.IsGenerated(s.file) {
			found = append(found, Finding{s.path, fmt.Sprintf("%d lines, at most %d are allowed", s.lines, maxLines)})
		}
	}
	return found
}

// sleeps keeps tests from waiting for time to pass: they would be slow, and
// wrong on a slow machine. In synctest.Test the clock is not the machine's.
func sleeps(t *tree) []Finding {
	var found []Finding
	for _, s := range t.sources {
		if !s.test && !s.kit() {
			continue
		}
		clock, bubble := s.nameOf("time"), s.nameOf("testing/synctest")
		ast.Inspect(s.file, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if ok && selects(call, clock, "Sleep") {
				found = append(found, Finding{t.at(call), "a test must not sleep"})
			}
			return !ok || !selects(call, bubble, "Test")
		})
	}
	return found
}

// nameOf returns the name under which the file imports a package, or "".
func (s *source) nameOf(imported string) string {
	for spec, path := range s.imports() {
		if path != imported {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return imported[strings.LastIndex(imported, "/")+1:]
	}
	return ""
}

// selects reports whether the call is of pkg.name.
func selects(call *ast.CallExpr, pkg, name string) bool {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || f.Sel.Name != name {
		return false
	}
	x, ok := f.X.(*ast.Ident)
	return ok && x.Name == pkg
}
