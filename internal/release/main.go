// Command release makes the go.mod files of this repository those of a version.
//
//	make release VERSION=v0.1.0
//
// In the tree, our modules require one another as v0.0.0 and replace that by the
// folder, so that a change of two of them is one commit. Nobody can install a
// command whose go.mod has a replace line, or resolve v0.0.0. So a release is a
// commit beside the branch: it has the real version in every require line and no
// replace line where others can see it. Suites and examples, which nobody imports
// or installs, keep theirs: whoever checks out the version runs them as they are.
package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// root is the module at the top of the repository.
const root = "github.com/gotenancy/tenancy"

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: release FOLDER VERSION")
		os.Exit(2)
	}
	if err := run(os.Stdout, os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// run rewrites the go.mod files below a folder, and says what to do with them.
func run(out io.Writer, folder, version string) error {
	published, err := release(folder, version)
	if err != nil {
		return err
	}
	tags := []string{version}
	for _, dir := range published {
		if dir != "." {
			tags = append(tags, dir+"/"+version)
		}
	}
	_, err = fmt.Fprintf(out, `The go.mod files are those of %[1]s now. Publish them beside the branch:

	git switch --detach
	git commit --all --message "release %[1]s"
	for tag in %[2]s; do git tag --annotate --message %[1]s $tag; done
	git push origin %[2]s
	git switch -
`, version, strings.Join(tags, " "))
	return err
}

// release writes the version into every go.mod file below a folder, and returns
// the folders of the modules that are published.
func release(folder, version string) (published []string, err error) {
	if semver.Canonical(version) != version || semver.Major(version) > "v1" || semver.Compare(version, "v0.0.0") <= 0 {
		return nil, fmt.Errorf("%q is no version of this module: it has the form v0.1.0 or v1.2.3", version)
	}
	dirs, err := modules(folder)
	if err != nil {
		return nil, err
	}
	for _, dir := range dirs {
		if err := rewrite(folder, dir, version); err != nil {
			return nil, err
		}
		if public(dir) {
			published = append(published, dir)
		}
	}
	if !slices.Contains(published, ".") {
		return nil, errors.New("there is no go.mod at the top of the folder")
	}
	return published, nil
}

// modules returns the folders that hold a go.mod, with slashes and below folder.
func modules(folder string) (dirs []string, err error) {
	err = fs.WalkDir(os.DirFS(folder), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return fs.SkipDir
		case d.Name() == "go.mod":
			dirs = append(dirs, path.Dir(name))
		}
		return nil
	})
	slices.Sort(dirs)
	return dirs, err
}

// public reports whether somebody else can import the module or install it.
func public(dir string) bool {
	first, _, _ := strings.Cut(dir, "/")
	return first != "internal" && first != "examples"
}

// rewrite changes one go.mod file.
func rewrite(folder, dir, version string) error {
	name := filepath.Join(folder, filepath.FromSlash(dir), "go.mod")
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	f, err := modfile.Parse(name, text, nil)
	if err != nil {
		return err
	}
	if want := path.Join(root, dir); f.Module.Mod.Path != want {
		return fmt.Errorf("%s: the module is called %s here", name, want)
	}
	for _, r := range f.Require {
		if ours(r.Mod.Path) {
			if err := f.AddRequire(r.Mod.Path, version); err != nil {
				return err
			}
		}
	}
	if public(dir) {
		for _, r := range slices.Clone(f.Replace) {
			if !ours(r.Old.Path) {
				return fmt.Errorf("%s: it replaces %s, which is not ours", name, r.Old.Path)
			}
			if err := f.DropReplace(r.Old.Path, r.Old.Version); err != nil {
				return err
			}
		}
	}
	f.Cleanup()
	text, err = f.Format()
	if err != nil {
		return err
	}
	if public(dir) {
		if err := check(name, text, version); err != nil {
			return err
		}
	}
	return os.WriteFile(name, text, 0o644)
}

// check reads a finished file again: what is published must not depend on what
// nobody else has.
func check(name string, text []byte, version string) error {
	f, err := modfile.Parse(name, text, nil)
	if err != nil {
		return err
	}
	if len(f.Replace) > 0 {
		return fmt.Errorf("%s: a replace line is left", name)
	}
	for _, r := range f.Require {
		if ours(r.Mod.Path) && (r.Mod.Version != version || !public(strings.TrimPrefix(r.Mod.Path, root+"/"))) {
			return fmt.Errorf("%s: it requires %v, which is not published", name, r.Mod)
		}
		if err := module.Check(r.Mod.Path, r.Mod.Version); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func ours(module string) bool { return module == root || strings.HasPrefix(module, root+"/") }
