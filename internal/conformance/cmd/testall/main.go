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
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/gotenancy/tenancy/internal/conformance/suite"
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
	modules, err := suite.Modules(root)
	if err != nil {
		return err
	}
	ready, err := suite.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ready.Close()) }()
	var race []string // for vet too, which then finds compiled what test needs
	if ready.Compiler {
		race = []string{"-race"}
	}

	vet := slices.Concat([]string{"go", "vet"}, race, []string{"./..."})
	test := slices.Concat([]string{"go", "test", "-count=1", "-shuffle=on", "-timeout=30m"}, race, testArgs, []string{"./..."})
	var steps []step
	for _, dir := range modules {
		steps = append(steps, step{dir, vet}, step{dir, test})
	}
	if len(testArgs) == 0 {
		steps = append(steps, soaks(ready.Servers, ready.Compiler)...)
	}
	failed := 0
	for i, s := range steps {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !s.run(ctx, root, ready.Env, fmt.Sprintf("%d/%d", i+1, len(steps))) {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d steps failed", failed, len(steps))
	}
	fmt.Printf("== all %d steps ok after %s%s\n", len(steps), suite.Since(began), ready.LeftOut())
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
		fmt.Printf("== %s FAILED after %s: %v\n", label, suite.Since(began), err)
		return false
	}
	fmt.Printf("== %s ok after %s\n", label, suite.Since(began))
	return true
}
