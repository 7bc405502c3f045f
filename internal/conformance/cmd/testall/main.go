// Command testall is make test: it vets and tests every module of the
// repository, with the race detector and on every database engine it can find,
// start or install. Then it holds the scoper to the oracles with random
// statements on each of them; see command soak. What it has to leave out it says
// in one line each; with CI=true leaving anything out is an error.
//
// Arguments are given to every go test, and there are no random statements then.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/gotenancy/tenancy/internal/conformance/servers"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "make test:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, testArgs []string) (err error) {
	began := time.Now()
	root, err := filepath.Abs("../..")
	if err != nil {
		return err
	}
	modules, err := findModules(root)
	if err != nil {
		return err
	}

	var left leftOut
	var found []string // servers
	env := os.Environ()
	for _, kind := range servers.Kinds() {
		server := openServer(ctx, kind, &left)
		if server == nil {
			env = append(env, kind.EnvDSN+"="+servers.Off)
			continue
		}
		defer func() { err = errors.Join(err, server.Stop()) }()
		env = append(env, kind.EnvDSN+"="+server.DSN)
		found = append(found, kind.Name)
	}
	for _, program := range servers.Programs() {
		if _, err := program.Open(ctx); err != nil {
			left.add(program.Name, err)
		}
	}
	var race []string // for vet too, which then finds compiled what test needs
	if err := compiler(ctx); err == nil {
		race = []string{"-race"}
	} else {
		left.add("race detector, SQLite in C", err)
	}
	if err := left.fatal(); err != nil {
		return err
	}

	vet := slices.Concat([]string{"go", "vet"}, race, []string{"./..."})
	test := slices.Concat([]string{"go", "test", "-count=1", "-shuffle=on", "-timeout=30m"}, race, testArgs, []string{"./..."})
	var steps []step
	for _, dir := range modules {
		steps = append(steps, step{dir, vet}, step{dir, test})
	}
	if len(testArgs) == 0 {
		steps = append(steps, soaks(found, race != nil)...)
	}
	failed := 0
	for i, s := range steps {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !s.run(ctx, root, env, fmt.Sprintf("%d/%d", i+1, len(steps))) {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d steps failed", failed, len(steps))
	}
	fmt.Printf("== all %d steps ok after %s%s\n", len(steps), since(began), left)
	return nil
}

// soaks returns the steps that check random statements: in CI a million on SQLite and
// about an eighth of that on a server, and each production of the grammar has to be accepted
// a thousand times on each; else a tenth of the statements, and what is rare in so few
// worlds may come less often.
// They run without the race detector, which has one world to look at and takes ten
// times as long.
func soaks(servers []string, cgo bool) []step {
	sqlite := "sqlite" // in Go, where there is no C compiler
	if cgo {
		sqlite = "sqlite-cgo"
	}
	embedded, onServer, floor := 100_000, 12_000, 25
	if os.Getenv("CI") == "true" {
		embedded, onServer, floor = 10*embedded, 10*onServer, 1000
	}
	var out []step
	for _, engine := range append([]string{sqlite}, servers...) {
		n := embedded
		if engine != sqlite {
			n = onServer
		}
		out = append(out, step{"internal/conformance", []string{"go", "run", "./cmd/soak", "-engine", engine, "-n", fmt.Sprint(n), "-floor", fmt.Sprint(floor)}})
	}
	return out
}

// openServer reports the server it found, or why it is left out.
func openServer(ctx context.Context, kind servers.Kind, left *leftOut) *servers.Server {
	began := time.Now()
	server, err := kind.Open(ctx)
	if err != nil {
		left.add(kind.Name, err)
		left.mustNot = left.mustNot || servers.Required(kind.Name, kind.EnvDSN)
		return nil
	}
	// What was given may hold a password; the other places are public.
	fmt.Printf("== %s: %s (%s)\n", kind.Name, server.Source, since(began))
	return server
}

// compiler returns an error where there is no C compiler to link the race
// detector with. It installs one where it may.
func compiler(ctx context.Context) error {
	err := findCompiler(ctx)
	if err != nil && servers.MayInstall() {
		if err := servers.Install(ctx, "gcc", "libc6-dev"); err != nil {
			return err
		}
		return findCompiler(ctx)
	}
	return err
}

func findCompiler(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "go", "env", "CGO_ENABLED", "CC").Output()
	if err != nil {
		return err
	}
	enabled, cc, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if cc = strings.TrimSpace(cc); cc != "" {
		if _, err := exec.LookPath(strings.Fields(cc)[0]); err != nil {
			return fmt.Errorf("there is no C compiler %s", cc)
		}
	}
	if enabled != "1" {
		return errors.New("cgo is off, or there is no C compiler")
	}
	return nil
}

// leftOut collects what the run goes without.
type leftOut struct {
	names   []string
	mustNot bool
}

func (l *leftOut) add(what string, why error) {
	l.names = append(l.names, what)
	// One line, whatever the reason is made of.
	fmt.Printf("LEFT OUT: %s: %s\n", what, strings.ReplaceAll(why.Error(), "\n", "; "))
	l.mustNot = l.mustNot || os.Getenv("CI") == "true"
}

func (l *leftOut) fatal() error {
	if l.mustNot {
		return fmt.Errorf("%s must not be left out", strings.Join(l.names, ", "))
	}
	return nil
}

func (l leftOut) String() string {
	if len(l.names) == 0 {
		return ", nothing left out"
	}
	return "; LEFT OUT: " + strings.Join(l.names, ", ")
}

// step is one command in one module.
type step struct {
	dir  string // relative to the root
	args []string
}

func (s step) run(ctx context.Context, root string, env []string, label string) bool {
	began := time.Now()
	fmt.Printf("== %s %s: %s\n", label, s.dir, strings.Join(s.args, " "))
	c := exec.CommandContext(ctx, s.args[0], s.args[1:]...)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 10 * time.Second
	c.Dir, c.Env, c.Stdout, c.Stderr = filepath.Join(root, s.dir), env, os.Stdout, os.Stderr
	if err := c.Run(); err != nil {
		fmt.Printf("== %s FAILED after %s: %v\n", label, since(began), err)
		return false
	}
	fmt.Printf("== %s ok after %s\n", label, since(began))
	return true
}

func since(began time.Time) time.Duration {
	return time.Since(began).Round(100 * time.Millisecond)
}

// findModules returns the folders with a go.mod, the root first.
func findModules(root string) ([]string, error) {
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
