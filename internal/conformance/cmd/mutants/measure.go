package main

import (
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

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/conformance/faults"
	"github.com/gotenancy/tenancy/internal/conformance/servers"
	"github.com/gotenancy/tenancy/scope/scopetest"
)

// measurement is one run of the command.
type measurement struct {
	out io.Writer
	mu  sync.Mutex // held by whoever writes to out

	table       []faults.Fault
	program     string // with all faults in it
	embedded    int    // statements for a fault on SQLite
	server      int    // and on a server
	perWorld    int    // statements over one schema on SQLite
	serverWorld int    // and on a server
	seed        uint64
	workers     int
	bar         float64
	verified    bool
	despite     bool
	verbose     bool
}

// result is what came of one fault.
type result struct {
	faults.Fault
	report
	took time.Duration
	err  error
}

func (r *result) killed() bool { return r.err == nil && len(r.Findings) > 0 }

// build makes the program with all faults in it.
func build(ctx context.Context, dir string) (program string, err error) {
	root, err := faults.Repository()
	if err != nil {
		return "", err
	}
	overlay, err := faults.Write(root, dir, faults.Table())
	if err != nil {
		return "", err
	}
	program = filepath.Join(dir, "hunt.exe")
	cmd := exec.CommandContext(ctx, "go", "build", "-overlay="+overlay, "-o", program, "./cmd/mutants")
	cmd.Dir = filepath.Join(root, "internal", "conformance")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return program, nil
}

// measure tries all faults, and reports whether enough were found.
func (m *measurement) measure(ctx context.Context) (ok bool, err error) {
	began := time.Now()
	there := m.engines()
	m.table = slices.DeleteFunc(m.table, func(f faults.Fault) bool { return !slices.Contains(there, f.On) })
	var runs []run
	for _, engine := range there {
		runs = append(runs, run{engine, false})
		if r := (run{engine, true}); slices.ContainsFunc(m.table, func(f faults.Fault) bool { return m.runOf(f) == r }) {
			runs = append(runs, r)
		}
	}
	known := make([]map[string]scopetest.Outcome, len(runs))
	errs := make([]error, len(runs))
	m.each(len(runs), func(i int) { known[i], errs[i] = m.withoutFault(ctx, runs[i]) })
	if err := errors.Join(errs...); err != nil {
		return false, err
	}
	results := make([]result, len(m.table))
	m.each(len(results), func(i int) {
		f := m.table[i]
		results[i] = m.try(ctx, f, known[slices.Index(runs, m.runOf(f))])
		m.print(&results[i])
	})
	return m.conclude(results, time.Since(began)), ctx.Err()
}

// each calls do for the numbers below n, a few at once.
func (m *measurement) each(n int, do func(i int)) {
	next := make(chan int)
	var wg sync.WaitGroup
	for range m.workers {
		wg.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// say prints a piece as a whole.
func (m *measurement) say(text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	fmt.Fprintln(m.out, strings.TrimRight(text, "\n"))
}

// engines are those that the faults need and that are there. What is not is said,
// and is an error where it is required.
func (m *measurement) engines() []string {
	var out []string
	for _, f := range m.table {
		if !slices.Contains(out, f.On) {
			out = append(out, f.On)
		}
	}
	return slices.DeleteFunc(out, func(engine string) bool {
		_, _, err := engines.Opener(context.Background(), engine)
		if err == nil {
			return false
		}
		for _, k := range servers.Kinds() {
			if k.Name == engine && servers.Required(k.Name, k.EnvDSN) {
				return false // its run will fail
			}
		}
		m.say(fmt.Sprintf("LEFT OUT: %s: %v", engine, err))
		return true
	})
}

func (m *measurement) task(engine string) task {
	t := task{Engine: engine, Statements: m.server, PerWorld: m.serverWorld, Seed: m.seed}
	if embedded(engine) {
		t.Statements, t.PerWorld = m.embedded, m.perWorld
	}
	return t
}

// run is what a fault is compared with: an engine, with the scoper's check of its
// output or without.
type run struct {
	engine     string
	unverified bool
}

func (m *measurement) runOf(f faults.Fault) run { return run{f.On, f.Unverified && !m.verified} }

// withoutFault runs all statements with no fault. It returns those over which an
// oracle does not hold: with a fault they have to show worse. With the check in place
// they may be those over which an error tells, which is a known limit; without it
// there are also those that it would refuse.
func (m *measurement) withoutFault(ctx context.Context, r run) (map[string]scopetest.Outcome, error) {
	t := m.task(r.engine)
	t.All = true
	began := time.Now()
	found, err := m.hunt(ctx, t, faults.Fault{On: r.engine, Unverified: r.unverified})
	if err != nil {
		return nil, fmt.Errorf("%s without a fault: %w", r.engine, err)
	}
	known := map[string]scopetest.Outcome{}
	var bad []string
	for _, f := range found.Findings {
		if known[f.Where] = f.Outcome; !f.Tells {
			bad = append(bad, f.Where+": "+f.Verdict)
		}
	}
	what := "without a fault"
	if r.unverified {
		what = "without a fault and without the check"
	}
	text := fmt.Sprintf("%s %s: %d statements, %d agree, %d errors tell, %d findings, %v\n",
		r.engine, what, found.Checked, found.Accepted, len(found.Findings)-len(bad), len(bad), time.Since(began).Round(time.Second/10))
	if len(bad) > 0 && (m.verbose || !r.unverified) {
		text += strings.Join(bad, "\n\n")
	}
	m.say(text)
	if len(bad) > 0 && !r.unverified && !m.despite {
		return nil, errors.New("an oracle does not hold, and no fault is planted")
	}
	return known, nil
}

// try plants one fault.
func (m *measurement) try(ctx context.Context, f faults.Fault, known map[string]scopetest.Outcome) result {
	t := m.task(f.On)
	t.Known = known
	began := time.Now()
	r, err := m.hunt(ctx, t, f)
	return result{f, r, time.Since(began), err}
}

// hunt does a task in a process of its own.
func (m *measurement) hunt(ctx context.Context, t task, f faults.Fault) (r report, err error) {
	in, err := json.Marshal(t)
	if err != nil {
		return r, err
	}
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, m.program, huntCommand)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &out, &errs
	cmd.Env = append(os.Environ(), faults.EnvPlanted+"="+f.Name)
	if m.runOf(f).unverified {
		cmd.Env = append(cmd.Env, faults.EnvUnverified+"=1")
	}
	if err := cmd.Run(); err != nil {
		return r, fmt.Errorf("%w: %.2000s", err, errs.String())
	}
	return r, json.Unmarshal(out.Bytes(), &r)
}

// print prints the line of one fault.
func (m *measurement) print(r *result) {
	what := fmt.Sprintf("SURVIVED %d statements", r.Checked)
	switch {
	case r.err != nil:
		what = fmt.Sprintf("WENT WRONG: %v", r.err)
	case r.killed():
		what = fmt.Sprintf("killed after %d statements (%v)", r.Findings[0].Checked, r.Findings[0].Outcome)
	}
	text := fmt.Sprintf("%-8s  %s (%s): %s, %v", r.On, r.Name, r.Imitates, what, r.took.Round(time.Second/10))
	if m.verbose && r.killed() {
		text += "\n\t" + strings.ReplaceAll(strings.TrimSpace(r.Findings[0].Verdict), "\n", "\n\t")
	}
	m.say(text)
}

// conclude prints the score, and reports whether it is good enough.
func (m *measurement) conclude(results []result, took time.Duration) bool {
	killed, both, bothKilled, failed := 0, 0, 0, false
	for i := range results {
		r := &results[i]
		failed = failed || r.err != nil
		if r.Together {
			both++
		}
		if r.killed() {
			killed++
			if r.Together {
				bothKilled++
			}
		}
	}
	share := 100 * float64(killed) / float64(max(len(results), 1))
	m.say(fmt.Sprintf("of %d that take two constructs, %d were killed; %v", both, bothKilled, took.Round(time.Second)))
	m.say(fmt.Sprintf("MUTATION SCORE %d/%d (%.1f %%)", killed, len(results), share))
	return !failed && share >= m.bar
}
