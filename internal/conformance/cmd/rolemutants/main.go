// Command rolemutants measures what the tests of package rbac see: it plants the
// faults of package rolefaults, one after the other, and runs the tests that
// have their stores in memory.
//
//	go -C internal/conformance run ./cmd/rolemutants
//	go -C internal/conformance run ./cmd/rolemutants -list compiled -only 'who: ' -v
//
// There are two lists. The faults in the literal form of the rules, the evaluator,
// are tried on the tests that compare answers: the random installations, the
// recorded answers, and the cases made by hand. Those in what is compiled, in the
// questions and in the changes are tried on all tests, the quick ones first.
//
// It builds the tests once with all faults in them, and runs them once in which no
// fault shows: they have to pass. Then a fault is tried on one group of tests after
// the other until one fails, or with -every on each. Each line says which group saw
// the fault; the last one of a list is the mutation score. The exit code is 1 if a
// fault was seen by none.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gotenancy/tenancy/internal/conformance/faults"
	"github.com/gotenancy/tenancy/internal/conformance/rolefaults"
)

// list is some faults, and the groups of tests that are to see them in the order in
// which they are tried.
type list struct {
	name   string
	table  []faults.Fault
	groups []group
}

// group are the tests whose names match run and not skip.
type group struct{ name, run, skip string }

// long are the tests that take seconds.
const long = "^(TestProperty|TestOracle|TestEveryForm|TestCompiledAsEvaluated)$"

var lists = []list{
	{"evaluator", rolefaults.Evaluator(), []group{
		{name: "random", run: "^TestProperty$"},
		{name: "recorded", run: "^TestOracle$"},
		{name: "by hand", run: "Steps|Admits|Wall|Risks|Deprecated|Numbers|Switching|FrontPage|Locks|Broken|Explain|Sources|Grants"},
	}},
	{"compiled", rolefaults.Compiled(), []group{
		{name: "by hand", run: ".", skip: long},
		{name: "random", run: "^TestProperty$"},
		{name: "compared", run: "^(TestCompiledAsEvaluated|TestEveryForm)$"},
		{name: "recorded", run: "^TestOracle$"},
	}},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ok, err := start(ctx, os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "rolemutants:", err)
	}
	if err != nil || !ok {
		stop()
		os.Exit(1)
	}
}

func start(ctx context.Context, args []string) (ok bool, err error) {
	flags := flag.NewFlagSet("rolemutants", flag.ContinueOnError)
	named := flags.String("list", "", "evaluator or compiled; both where it is left out")
	only := flags.String("only", "", "a regular expression of names of faults")
	workers := flags.Int("workers", 2, "faults at once")
	every := flags.Bool("every", false, "run every group, also when one has seen the fault")
	verbose := flags.Bool("v", false, "print how the first test failed")
	if err := flags.Parse(args); err != nil {
		return false, err
	}
	chosen, err := regexp.Compile(*only)
	if err != nil {
		return false, err
	}
	root, err := faults.Repository()
	if err != nil {
		return false, err
	}
	dir, err := os.MkdirTemp("", "rolemutants")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // what is left is small
	m := measurement{home: filepath.Join(root, "rbac"), every: *every, verbose: *verbose}
	if m.program, err = rolefaults.Build(ctx, root, dir, rolefaults.Table()); err != nil {
		return false, err
	}
	ok = true
	for _, l := range lists {
		if *named != "" && *named != l.name {
			continue
		}
		l.table = slices.DeleteFunc(slices.Clone(l.table), func(f faults.Fault) bool { return !chosen.MatchString(f.Name) })
		if len(l.table) == 0 {
			continue
		}
		all, err := m.measure(ctx, l, *workers)
		if err != nil {
			return false, err
		}
		ok = ok && all
	}
	return ok, nil
}

// measurement is one run of the command.
type measurement struct {
	program string // the tests with all faults in them
	home    string // where they run
	every   bool
	verbose bool
}

func (m *measurement) measure(ctx context.Context, l list, workers int) (ok bool, err error) {
	began := time.Now()
	for _, g := range l.groups {
		if failed, out := m.fails(ctx, g, ""); failed {
			return false, fmt.Errorf("the %s tests fail without a fault: %s", g.name, out)
		}
	}
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		killed int
	)
	next := make(chan faults.Fault)
	for range workers {
		wg.Go(func() {
			for f := range next {
				seen, why := m.try(ctx, l.groups, f)
				if ctx.Err() != nil {
					continue // the tests were stopped, and have seen nothing
				}
				mu.Lock()
				line := "SURVIVED"
				if len(seen) > 0 {
					killed++
					line = "killed by " + strings.Join(seen, ", ")
				}
				fmt.Printf("%-66s %s\n", f.Name, line)
				if m.verbose {
					fmt.Println(why)
				}
				mu.Unlock()
			}
		})
	}
	for _, f := range l.table {
		next <- f
	}
	close(next)
	wg.Wait()
	fmt.Printf("MUTATION SCORE %s %d/%d (%v)\n", l.name, killed, len(l.table), time.Since(began).Round(time.Second))
	return killed == len(l.table), ctx.Err()
}

// try returns which of the groups see the fault, and how the first one failed.
func (m *measurement) try(ctx context.Context, groups []group, f faults.Fault) (seen []string, why string) {
	for _, g := range groups {
		if failed, out := m.fails(ctx, g, f.Name); failed {
			if seen = append(seen, g.name); why == "" {
				why = out
			}
			if !m.every {
				break
			}
		}
	}
	return seen, why
}

// fails runs tests while a fault shows, or with an empty name none.
func (m *measurement) fails(ctx context.Context, g group, fault string) (failed bool, why string) {
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, m.program, "-test.run", g.run, "-test.skip", g.skip, "-test.failfast", "-test.timeout", "5m")
	cmd.Dir, cmd.Stdout, cmd.Stderr = m.home, &out, &out
	cmd.Env = append(os.Environ(), faults.EnvPlanted+"="+fault)
	err := cmd.Run()
	return err != nil, fmt.Sprintf("%.1500s", out.String())
}
