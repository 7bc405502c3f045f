package arch

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// rooms are the public folders, each with the other rooms that it may import
// from. The folder examples is not listed: it may import anything.
var rooms = map[string][]string{
	"tenant":  {},
	"scope":   {"tenant"},
	"context": {"tenant"},
	"config":  {"tenant"},
	"rbac":    {"context", "tenant"},
}

// doors are the packages through which a room may be entered from another:
// stores and test kits are for applications and tests.
var doors = []string{"tenant", "tenant/feed", "context"}

// internalMay are the public packages that those under internal/ may import.
var internalMay = []string{"tenant"}

// proofs are the packages under internal/ that know what package scope promises
// in order to prove it. They are for test kits, programs and suites, so that no
// other room comes by package scope through them.
var proofs = []string{"internal/ddl", "internal/sqlgen", "internal/corpora"}

// suites are the modules that hold tests and measurements of the whole. They
// may import every package, as examples may, and nobody imports them.
var suites = []string{"internal/conformance", "internal/difftest", "internal/bench"}

func inSuite(dir string) bool {
	return slices.ContainsFunc(suites, func(suite string) bool { return within(dir, suite) })
}

// arrows checks which package of ours imports which.
func arrows(t *tree) []Finding {
	var found []Finding
	for _, s := range t.sources {
		for spec, imported := range s.imports() {
			to, ours := ourFolder(imported)
			if !ours || s.may(to) {
				continue
			}
			found = append(found, Finding{t.at(spec), fmt.Sprintf("%s must not import %s", s.dir, to)})
		}
	}
	return found
}

// ourFolder returns the folder of an import path of this repository.
func ourFolder(imported string) (dir string, ours bool) {
	if imported == Module {
		return ".", true
	}
	return strings.CutPrefix(imported, Module+"/")
}

func (s *source) may(to string) bool {
	room := roomOf(s.dir)
	switch {
	case s.dir == to || room == "examples" || inSuite(s.dir):
		return true
	case slices.Contains(proofs, to):
		return s.kit() || s.program() || slices.Contains(proofs, s.dir)
	case within(to, "internal"):
		return !inSuite(to)
	case room == "internal":
		return slices.Contains(internalMay, to) || to == "scope" && slices.Contains(proofs, s.dir)
	case roomOf(to) == room:
		return s.mayWithin(to)
	default:
		return slices.Contains(rooms[room], roomOf(to)) && (s.test || slices.Contains(doors, to))
	}
}

// mayWithin holds for packages of one room: nothing imports what lies below
// it, and only tests import kits and stores.
func (s *source) mayWithin(to string) bool {
	if s.test {
		return true
	}
	below := within(to, s.dir)
	private := strings.Contains(to, "/internal/")
	return private || !below && (!isKit(to) || s.program()) && !strings.HasSuffix(to, "sql")
}

func roomOf(dir string) string {
	room, _, _ := strings.Cut(dir, "/")
	return room
}

func within(dir, folder string) bool {
	return dir == folder || strings.HasPrefix(dir, folder+"/")
}

// testingLibraries must not end up in programs that use this module.
var testingLibraries = []string{
	"github.com/stretchr/testify",
	"github.com/DATA-DOG/go-sqlmock",
}

// testLibraries keeps test libraries in test files, and package testing there
// and in the test kits.
func testLibraries(t *tree) []Finding {
	var found []Finding
	for _, s := range t.sources {
		if s.test {
			continue
		}
		for spec, imported := range s.imports() {
			library := slices.ContainsFunc(testingLibraries, func(l string) bool { return within(imported, l) })
			std := (imported == "testing" || strings.HasPrefix(imported, "testing/")) && imported != "testing/fstest"
			if library || std && !s.kit() && !inSuite(s.dir) {
				found = append(found, Finding{t.at(spec), imported + " is for tests"})
			}
		}
	}
	return found
}

// allowed are the libraries that non-test code of the root module may import,
// with the folders that may.
var allowed = map[string][]string{
	"github.com/jmoiron/sqlx": {"scope"},
	"golang.org/x/sync":       {"."},
	"golang.org/x/time":       {"."},
}

// thirdParties keeps other people's code out of the root module.
func thirdParties(t *tree) []Finding {
	var found []Finding
	for _, s := range t.sources {
		if s.test || s.module != "." {
			continue
		}
	imports:
		for spec, imported := range s.imports() {
			_, ours := ourFolder(imported)
			if first, _, _ := strings.Cut(imported, "/"); ours || !strings.Contains(first, ".") {
				continue
			}
			for library, dirs := range allowed {
				if within(imported, library) && slices.ContainsFunc(dirs, func(dir string) bool { return dir == "." || within(s.dir, dir) }) {
					continue imports
				}
			}
			if slices.ContainsFunc(testingLibraries, func(l string) bool { return within(imported, l) }) {
				continue // testLibraries says so
			}
			found = append(found, Finding{t.at(spec), fmt.Sprintf("%s of the root module must not import %s", s.dir, imported)})
		}
	}
	return found
}

// alias holds everyone to the one spelling of the folder context: its package
// is ctxtree, and imports say so.
func alias(t *tree) []Finding {
	var found []Finding
	for _, s := range t.sources {
		if name := s.file.Name.Name; s.dir == "context" && name != "ctxtree" && name != "ctxtree_test" {
			found = append(found, Finding{t.at(s.file), "the folder context holds package ctxtree"})
		}
		for spec, imported := range s.imports() {
			if imported == path.Join(Module, "context") && (spec.Name == nil || spec.Name.Name != "ctxtree") {
				found = append(found, Finding{t.at(spec), imported + " is imported as ctxtree"})
			}
		}
	}
	return found
}
