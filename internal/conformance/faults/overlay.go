package faults

import (
	"bytes"
	_ "embed" // the functions that faults use are read from files
	"encoding/json"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// EnvPlanted holds the name of the fault that shows; without it none does. EnvUnverified
// is not empty where the check of the finished text is left out.
const (
	EnvPlanted    = "TENANCY_PLANTED"
	EnvUnverified = "TENANCY_UNVERIFIED"
)

// What the changed files need beside them.
var (
	//go:embed seam_scope.go.txt
	seamScope []byte
	//go:embed seam_sqlscan.go.txt
	seamSqlscan []byte
)

// lexer is the package that both the scoper and its oracle are made of; intact is
// where the oracle finds a copy without faults.
const (
	module = "github.com/gotenancy/tenancy/"
	lexer  = "internal/sqlscan"
	intact = lexer + "/intact"
)

// oracle are the packages that must have no faults in them.
var oracle = []string{"internal/ddl", "internal/sqlgen", "scope/scopetest"}

// unverified leaves out the check of the finished text.
var unverified = Edit{
	File: "scope/verify.go",
	Old:  "func (pl *planner) verify(p *plan) error {\n",
	New:  "func (pl *planner) verify(p *plan) error {\n\tif unverified {\n\t\treturn nil\n\t}\n",
}

// Write writes the files with all faults in them to dir, which is to be empty, and
// beside them the overlay, whose path it returns. root is that of the repository.
func Write(root, dir string, table []Fault) (overlay string, err error) {
	w := overlayWriter{root: root, dir: dir, replace: map[string]string{}}
	if w.root, err = filepath.Abs(root); err != nil {
		return "", err
	}
	changed, err := Apply(root, table)
	if err != nil {
		return "", err
	}
	for file, text := range changed {
		if err := w.put(file, text); err != nil {
			return "", err
		}
	}
	if err := w.put("scope/planted.go", seamScope); err != nil {
		return "", err
	}
	if err := w.put(lexer+"/planted.go", seamSqlscan); err != nil {
		return "", err
	}
	if err := w.keepOracle(); err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": w.replace})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, text, 0o600)
}

// overlayWriter collects the files of an overlay.
type overlayWriter struct {
	root, dir string
	replace   map[string]string
}

// put has text take the place of a file, or be there as a new one.
func (w *overlayWriter) put(file string, text []byte) error {
	at := filepath.Join(w.dir, strings.ReplaceAll(file, "/", "_"))
	w.replace[filepath.Join(w.root, filepath.FromSlash(file))] = at
	return os.WriteFile(at, text, 0o600)
}

// keepOracle gives the oracle the copy of the lexer.
func (w *overlayWriter) keepOracle() error {
	files, err := goFiles(w.root, lexer)
	if err != nil {
		return err
	}
	for file, text := range files {
		if err := w.put(intact+"/"+filepath.Base(file), text); err != nil {
			return err
		}
	}
	for _, pkg := range oracle {
		files, err := goFiles(w.root, pkg)
		if err != nil {
			return err
		}
		for file, text := range files {
			if kept, uses := importIntact(text); uses {
				if err := w.put(file, kept); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// importIntact has a file import the copy of the lexer if it imports the lexer.
func importIntact(text []byte) (kept []byte, uses bool) {
	path := []byte(strconv.Quote(module + lexer))
	return bytes.Replace(text, path, []byte("sqlscan "+strconv.Quote(module+intact)), 1), bytes.Contains(text, path)
}

// goFiles are the texts of a package under root but for its tests, by their paths
// with slashes.
func goFiles(root, pkg string) (map[string][]byte, error) {
	entries, err := os.ReadDir(filepath.Join(root, filepath.FromSlash(pkg)))
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	for _, e := range entries {
		if name := e.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(pkg), name))
			if err != nil {
				return nil, err
			}
			out[pkg+"/"+name] = text
		}
	}
	return out, nil
}

// Apply returns the files that the faults change, by name, with all faults in them,
// and where the check of the finished text can be left out. The error says which
// edit does not fit the sources any more.
func Apply(root string, table []Fault) (map[string][]byte, error) {
	return plant(root, table, unverified)
}

// Plant is Apply for faults in something else than the scoper.
func Plant(root string, table []Fault) (map[string][]byte, error) {
	return plant(root, table)
}

// plant applies the edits of all faults, and those that belong to none.
func plant(root string, table []Fault, seams ...Edit) (map[string][]byte, error) {
	changes := map[string][]change{}
	texts := map[string]string{}
	add := func(name string, e Edit) error {
		text, read := texts[e.File]
		if !read {
			b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(e.File)))
			if err != nil {
				return err
			}
			text = string(b)
			texts[e.File] = text
		}
		if n := strings.Count(text, e.Old); n != 1 {
			return fmt.Errorf("faults: %q: its text stands in %s %d times, not once: %q", name, e.File, n, e.Old)
		}
		c, err := changeOf(name, e, strings.Index(text, e.Old))
		if err != nil {
			return err
		}
		changes[e.File] = append(changes[e.File], c)
		return nil
	}
	for _, f := range table {
		for _, e := range f.Edits {
			if err := add(f.Name, e); err != nil {
				return nil, err
			}
		}
	}
	for _, e := range seams {
		if err := add("", e); err != nil {
			return nil, err
		}
	}
	out := map[string][]byte{}
	for file, list := range changes {
		text, err := spliced(texts[file], list)
		if err != nil {
			return nil, fmt.Errorf("faults: %s: %w", file, err)
		}
		if out[file], err = format.Source([]byte(text)); err != nil {
			return nil, fmt.Errorf("faults: %s: %w", file, err)
		}
	}
	return out, nil
}

// change replaces the bytes from start to end.
type change struct {
	fault      string
	start, end int
	text       string
}

// changeOf is an edit at its place, reduced to what it adds where it only adds.
func changeOf(name string, e Edit, at int) (change, error) {
	c := change{name, at, at + len(e.Old), e.New}
	if after, ok := strings.CutPrefix(e.New, e.Old); ok {
		c.start, c.text = c.end, after
	} else if before, ok := strings.CutSuffix(e.New, e.Old); ok {
		c.end, c.text = c.start, before
	}
	if name == "" {
		return c, nil
	}
	asked, err := ask(c.text, name)
	c.text = asked
	return c, err
}

// ask puts the question for the fault in the place of the word planted.
func ask(text, name string) (string, error) {
	asked := word.ReplaceAllLiteralString(text, "planted("+strconv.Quote(name)+")")
	if asked == text {
		return "", fmt.Errorf("faults: %q: an edit does not ask whether it is planted", name)
	}
	return asked, nil
}

var word = regexp.MustCompile(`\bplanted\b`)

// spliced applies changes, which must not overlap.
func spliced(text string, list []change) (string, error) {
	slices.SortStableFunc(list, func(a, b change) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return a.end - b.end
	})
	var b strings.Builder
	at := 0
	last := ""
	for _, c := range list {
		if c.start < at {
			return "", fmt.Errorf("the edits of %q and %q overlap", last, c.fault)
		}
		b.WriteString(text[at:c.start])
		b.WriteString(c.text)
		at, last = c.end, c.fault
	}
	b.WriteString(text[at:])
	return b.String(), nil
}
