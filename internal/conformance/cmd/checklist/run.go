package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gotenancy/tenancy/internal/conformance/suite"
)

// event is one line of go test -json.
type event struct {
	Action  string
	Package string
	Test    string
	Elapsed float64
	Output  string
}

// results are what became of the tests of a run.
type results struct {
	tests  map[test]string // the last action: pass, fail or skip; run where there is no other
	failed map[string]bool // packages
}

// test is one test or subtest by its full name.
type test struct{ path, name string }

func newResults() results { return results{tests: map[test]string{}, failed: map[string]bool{}} }

// run runs the test functions of the claims, module by module, and prints how it
// goes.
func run(ctx context.Context, root string, env []string, claims []claim, out io.Writer) (results, error) {
	all := newResults()
	out = &locked{to: out} // go test writes beside us
	var modules []string
	for _, c := range claims {
		if !slices.Contains(modules, c.module) {
			modules = append(modules, c.module)
		}
	}
	for i, module := range modules {
		var dirs, tests []string
		for _, c := range claims {
			if c.module != module {
				continue
			}
			below, err := filepath.Rel(module, c.dir)
			if err != nil {
				return all, err
			}
			if dir := "./" + filepath.ToSlash(below); !slices.Contains(dirs, dir) {
				dirs = append(dirs, dir)
			}
			if !slices.Contains(tests, c.test) {
				tests = append(tests, c.test)
			}
		}
		began := time.Now()
		fmt.Fprintf(out, "== %d/%d %s: %d test functions in %d packages\n", i+1, len(modules), module, len(tests), len(dirs))
		args := []string{"test", "-json", "-count=1", "-timeout=30m", "-run=^(" + strings.Join(tests, "|") + ")$"}
		if err := all.runModule(ctx, filepath.Join(root, module), env, append(args, dirs...), out); err != nil {
			return all, err
		}
		fmt.Fprintf(out, "== %d/%d after %s\n", i+1, len(modules), suite.Since(began))
	}
	return all, nil
}

// locked lets several write.
type locked struct {
	mu sync.Mutex
	to io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Write(p)
}

// runModule runs go test and reads what it says. That tests fail is no error.
func (r *results) runModule(ctx context.Context, dir string, env, args []string, out io.Writer) error {
	c := exec.CommandContext(ctx, "go", args...)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 10 * time.Second
	c.Dir, c.Env, c.Stderr = dir, env, out
	stdout, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	readErr := r.read(stdout, out)
	waitErr := c.Wait()
	var exit *exec.ExitError
	if readErr == nil && waitErr != nil && !errors.As(waitErr, &exit) {
		return waitErr
	}
	return errors.Join(readErr, ctx.Err())
}

// read notes what becomes of each test, and prints the end of each function and
// what those that fail have to say.
func (r *results) read(in io.Reader, out io.Writer) error {
	said := map[test]*bytes.Buffer{}
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			fmt.Fprintf(out, "%s", line) // go test itself is heard
			continue
		}
		t := test{e.Package, e.Test}
		switch e.Action {
		case "build-output":
			fmt.Fprint(out, e.Output)
		case "output":
			if said[t] == nil {
				said[t] = &bytes.Buffer{}
			}
			said[t].WriteString(e.Output)
		case "run":
			r.tests[t] = e.Action
		case "pass", "fail", "skip":
			if e.Test == "" {
				r.failed[e.Package] = r.failed[e.Package] || e.Action == "fail"
			} else {
				r.tests[t] = e.Action
			}
			if text := said[t]; text != nil && e.Action == "fail" {
				fmt.Fprint(out, text)
			}
			delete(said, t)
			if e.Test != "" && !strings.Contains(e.Test, "/") {
				fmt.Fprintf(out, "%s %s %s (%.1fs)\n", e.Action, e.Package, e.Test, e.Elapsed)
			}
		}
	}
}
