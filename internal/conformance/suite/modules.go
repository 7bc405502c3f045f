package suite

import (
	"io/fs"
	"path/filepath"
	"slices"
)

// Modules returns the folders with a go.mod below root, relative to it and the
// root's own first. Folders named testdata and hidden ones are not looked into.
func Modules(root string) ([]string, error) {
	var dirs []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && (entry.Name()[0] == '.' || entry.Name() == "testdata"):
			return filepath.SkipDir
		case entry.Name() == "go.mod":
			dir, err := filepath.Rel(root, filepath.Dir(path))
			dirs = append(dirs, dir)
			return err
		}
		return nil
	})
	slices.Sort(dirs) // "." sorts first
	return dirs, err
}
