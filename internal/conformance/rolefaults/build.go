package rolefaults

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/internal/conformance/faults"
)

// Table returns all faults: those of both lists.
func Table() []faults.Fault { return slices.Concat(Evaluator(), Compiled()) }

// Evaluator returns the faults in the literal form of the rules, by what they are
// in.
func Evaluator() []faults.Fault {
	return slices.Concat(wall(), steps(), locks(), bypass(), roles(), permissions(), explanation())
}

// Compiled returns the faults in everything that answers without going through the
// literal form: what is compiled and kept, the questions about many nodes or
// people, and the changes that somebody may make or not.
func Compiled() []faults.Fault {
	return slices.Concat(compilation(), walks(), views(), trees(), loads(), seats(),
		lists(), predicates(), guards(), hearings(), changes(), sessions())
}

// in makes a fault that is one edit of a file of package rbac.
func in(file, name, old, text string) faults.Fault {
	return faults.Fault{Name: name, Edits: []faults.Edit{{File: "rbac/" + file, Old: old, New: text}}}
}

// seam is the file that answers whether a fault is planted.
const seam = `package rbac

import "os"

var shown = os.Getenv("` + faults.EnvPlanted + `")

func planted(name string) bool { return name == shown }
`

// Build makes the test program of package rbac with the faults in it. root is that
// of the repository; dir is to be empty, and takes what the build needs.
func Build(ctx context.Context, root, dir string, table []faults.Fault) (program string, err error) {
	root, err = filepath.Abs(root)
	if err != nil {
		return "", err
	}
	files, err := faults.Plant(root, table)
	if err != nil {
		return "", err
	}
	files["rbac/planted.go"] = []byte(seam)
	replace := map[string]string{}
	for file, text := range files {
		at := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		replace[filepath.Join(root, filepath.FromSlash(file))] = at
		if err := os.WriteFile(at, text, 0o600); err != nil {
			return "", err
		}
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		return "", err
	}
	program = filepath.Join(dir, "rbac.exe")
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-overlay="+overlay, "-o", program, "./rbac")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("rolefaults: %w: %s", err, out)
	}
	return program, nil
}
