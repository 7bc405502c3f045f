package arch

import (
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strings"
)

// documented holds every package to a package comment and, where others can
// import it, every exported function, method, type, constant and variable to a
// comment of its own. Fields and the methods of interfaces are left to readers.
func documented(t *tree) []Finding {
	var found []Finding
	report := func(node ast.Node, name string) {
		found = append(found, Finding{t.at(node), name + " has no doc comment"})
	}
	first := map[string]*source{} // of each package
	commented := map[string]bool{}
	for _, s := range t.sources {
		if s.test || ast.IsGenerated(s.file) {
			continue // what a tool writes only the tool can document
		}
		if first[s.dir] == nil {
			first[s.dir] = s
		}
		commented[s.dir] = commented[s.dir] || s.file.Doc != nil
		if s.internal() || s.file.Name.Name == "main" {
			continue
		}
		for _, decl := range s.file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && (d.Recv == nil || ast.IsExported(receiver(d))) && d.Doc == nil {
					report(d, strings.TrimPrefix(receiver(d)+"."+d.Name.Name, "."))
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					undocumented(d, spec, report)
				}
			}
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(first)) {
		if !commented[dir] {
			report(first[dir].file, "package "+first[dir].file.Name.Name)
		}
	}
	return found
}

// undocumented reports the exported names of one type, const or var spec. The
// comment of a group of constants or variables stands for each of them.
func undocumented(d *ast.GenDecl, spec ast.Spec, report func(ast.Node, string)) {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if !s.Name.IsExported() {
			return
		}
		if s.Doc == nil && (d.Doc == nil || d.Lparen.IsValid()) {
			report(s, s.Name.Name)
		}
	case *ast.ValueSpec:
		if d.Tok != token.CONST && d.Tok != token.VAR || d.Doc != nil || s.Doc != nil || s.Comment != nil {
			return
		}
		for _, name := range s.Names {
			if name.IsExported() {
				report(name, name.Name)
			}
		}
	}
}

// receiver returns the name of the type that a method belongs to.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	expr := d.Recv.List[0].Type
	for {
		switch e := expr.(type) {
		case *ast.StarExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.IndexListExpr:
			expr = e.X
		case *ast.Ident:
			return e.Name
		default:
			return ""
		}
	}
}
