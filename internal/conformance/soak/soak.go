// Package soak holds the scoper to the oracles of package scopetest, with random
// statements over random schemas, for as long as it is told to.
package soak

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/sqlgen"
	"github.com/gotenancy/tenancy/scope/scopetest"
	"github.com/gotenancy/tenancy/tenant"
)

// Options say what to run.
type Options struct {
	Engine     string        // as package engines calls it
	Statements int64         // how many to check; 0 is no limit
	Duration   time.Duration // how long; 0 is no limit
	Workers    int           // worlds at once; 0 stands for 2
	PerWorld   int           // statements a world; 0 stands for 1000
	Seed       uint64        // the first world's
	StopAfter  int           // failures; 0 stands for 10

	// Progress hears of each world that has ended, one at a time.
	Progress func(*Result)
}

// Result is what came of it.
type Result struct {
	Engine    string
	Dialect   tenant.Dialect
	Worlds    int64
	Checked   int64
	Began     time.Time
	Outcomes  map[scopetest.Outcome]int64
	Tolerated int64 // errors that tell, by an expression that can fail

	// Mutants are the outcomes of statements whose words were changed; the other
	// counts are without them.
	Mutants map[scopetest.Outcome]int64

	// Across are the outcomes of the queries that were asked for two tenants.
	Across map[scopetest.Outcome]int64

	// Coverage counts by production, as accepted those that both oracles held for.
	Coverage *sqlgen.Coverage

	// Refusals and Errors count what was refused, by reason, and what did not run,
	// by the error's text.
	Refusals, Errors map[string]int64

	// Crashes are the errors of worlds whose server went away. They prove nothing
	// about the statement.
	Crashes []string

	// Faults are wrong answers of the server itself, which it gives right once its
	// optimizer is told to do without something: see scopetest.Verdict.Remedy. They
	// count as failures only where there are more than a bug of the server explains.
	Faults []*scopetest.Failure

	Failures []*scopetest.Failure
}

// Failed reports whether an oracle did not hold.
func (r *Result) Failed() bool { return len(r.Failures) > 0 || r.tooManyFaults() }

func (r *Result) tooManyFaults() bool {
	return int64(len(r.Faults)) > 2+r.Checked/faultEvery
}

// faultEvery is in how many statements there may be one that the server answers
// wrongly. It was one in 30,000 with MariaDB 10.11.
const faultEvery = 10_000

// run is one soak under way.
type run struct {
	Options
	host     *host
	dialect  tenant.Dialect
	worlds   atomic.Uint64
	promised atomic.Int64 // statements that workers have taken on

	mu        sync.Mutex
	result    *Result
	lastCrash time.Time
}

// Run checks statements until a limit is reached. The error is that of an engine;
// what the oracles found is in the result.
func Run(ctx context.Context, o Options) (_ *Result, err error) {
	host, err := openHost(ctx, o.Engine)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, host.close()) }()
	dialect := engines.Dialect(o.Engine)
	if o.Workers <= 0 {
		o.Workers = 2
	}
	if o.PerWorld <= 0 {
		o.PerWorld = 1000
	}
	if o.StopAfter <= 0 {
		o.StopAfter = 10
	}
	r := &run{Options: o, host: host, dialect: dialect, result: &Result{Engine: o.Engine, Dialect: dialect, Began: time.Now(),
		Outcomes: map[scopetest.Outcome]int64{}, Mutants: map[scopetest.Outcome]int64{}, Across: map[scopetest.Outcome]int64{}, Coverage: sqlgen.NewCoverage(dialect), Refusals: map[string]int64{}, Errors: map[string]int64{}}}
	stop := ctx
	if o.Duration > 0 {
		var cancel context.CancelFunc
		stop, cancel = context.WithTimeout(ctx, o.Duration)
		defer cancel()
	}
	errs := make([]error, o.Workers)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			for stop.Err() == nil && errs[i] == nil && !r.full() {
				errs[i] = r.survive(ctx, r.world(ctx, stop))
			}
		})
	}
	wg.Wait()
	return r.result, errors.Join(append(errs, ctx.Err())...)
}

// survive forgets the error of a world whose server has gone, if that does not
// happen too often: random statements find bugs of servers, too.
func (r *run) survive(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if recent := time.Since(r.lastCrash) < crashWindow; !recent { // the other worlds of a server fail with it
		gone, restartErr := r.host.crashed(ctx)
		if !gone || restartErr != nil {
			return errors.Join(err, restartErr)
		}
		r.lastCrash = time.Now()
	}
	if r.result.Crashes = append(r.result.Crashes, err.Error()); len(r.result.Crashes) > maxCrashes {
		return fmt.Errorf("the server crashes too often: %w", err)
	}
	return nil
}

const (
	maxCrashes  = 40
	crashWindow = 20 * time.Second // in which worlds may still fail for an earlier crash
)

func (r *run) full() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.result.Failures) >= r.StopAfter || r.Statements > 0 && r.promised.Load() >= r.Statements
}

// world makes one schema and checks statements over it.
func (r *run) world(ctx, stop context.Context) (err error) {
	n := int64(r.PerWorld)
	if r.Statements > 0 {
		if n = min(n, r.Statements-r.promised.Add(n)+n); n <= 0 {
			return nil // others have taken on what was left
		}
	}
	seed := r.Seed + r.worlds.Add(1) - 1
	texts, policy := sqlgen.RandomSchema(r.dialect, seed)
	w, err := scopetest.NewWorld(ctx, scopetest.Config{Policy: policy, Schema: texts, Open: r.host.open, Seed: seed})
	if err != nil {
		return fmt.Errorf("world of seed %d: %w", seed, err)
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	i := int64(-1)
	statements := w.Random(seed)
	if seed%mutantWorlds == 0 {
		statements = mutants(w, seed)
	}
	for s := range statements {
		if i++; i == n || stop.Err() != nil || i%32 == 0 && r.failedEnough() {
			break
		}
		if i == n/2 {
			if err := w.Reseed(ctx); err != nil {
				return fmt.Errorf("world of seed %d: %w", seed, err)
			}
		}
		v, err := w.Check(ctx, s.Statement)
		if err != nil {
			return fmt.Errorf("world of seed %d: %q: %w", seed, s.Text, err)
		}
		if err := r.note(ctx, w, s, v); err != nil {
			return fmt.Errorf("world of seed %d: %q: %w", seed, s.Text, err)
		}
		if i%acrossEvery == 0 && v.Outcome == scopetest.Agrees && !s.Mutant && !fickle.MatchString(s.Text) {
			if err := r.across(ctx, w, s, seed); err != nil {
				return fmt.Errorf("world of seed %d: %q across two tenants: %w", seed, s.Text, err)
			}
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.Worlds++
	if r.Progress != nil {
		r.Progress(r.result)
	}
	return nil
}

// acrossEvery is how many statements there are for each that is asked for two tenants
// too.
const acrossEvery = 8

// across asks what one tenant may know for two.
func (r *run) across(ctx context.Context, w *scopetest.World, s scopetest.Random, seed uint64) error {
	v, err := w.CheckAcross(ctx, s.Statement)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.Across[v.Outcome]++
	if v.Outcome == scopetest.Leak {
		r.result.Failures = append(r.result.Failures, &scopetest.Failure{Verdict: v, Original: v, Seed: seed})
	}
	return nil
}

func (r *run) failedEnough() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.result.Failures) >= r.StopAfter
}

// mutantWorlds is how many worlds there are for each whose statements are mutants.
const mutantWorlds = 8

// mutants returns statements made of the words of generated ones.
func mutants(w *scopetest.World, seed uint64) iter.Seq[scopetest.Random] {
	var texts []string
	tries := 0
	for s := range w.Random(seed) {
		if tries++; len(texts) == 200 || tries == 5000 {
			break
		}
		if len(s.Args) == 0 && !fickle.MatchString(s.Text) {
			texts = append(texts, s.Text)
		}
	}
	return func(yield func(scopetest.Random) bool) {
		for s := range w.Mutants(texts, seed) {
			// SQLite counts on from the largest id, whose it may be: a written limit.
			if !numbering.MatchString(s.Text) && !several.MatchString(s.Text) && !yield(s) {
				return
			}
		}
	}
}

var numbering = regexp.MustCompile(`(?i)default\s+values`)

// several tables in an UPDATE: once its words are changed many rows of one may meet one
// of the other, and the server chooses whose value is the last.
var several = regexp.MustCompile(`(?is)^\W*(update\b.*(\bjoin\b|,).*\bset\b|update\b.*\bset\b.*\bfrom\b|merge\b)`)

// fickle texts have no one answer once their words are changed: a row limit
// without its order, a recursion without its end, a key that all tenants share.
var fickle = regexp.MustCompile(`(?i)\b(tablesample|limit|fetch|offset|over|first_value|group_concat|string_agg|array_agg|json_\w*agg|distinct on|for|recursive)\b`)

// note counts a verdict, and makes a failure small.
func (r *run) note(ctx context.Context, w *scopetest.World, s scopetest.Random, v scopetest.Verdict) error {
	// Where an expression fails on some values, the order of evaluation decides.
	fails := v.Outcome == scopetest.Difference && strings.HasPrefix(v.Got, "error: ")
	tolerated := s.Tells && (v.Outcome == scopetest.ErrorTells || fails) || s.Mutant && v.Outcome == scopetest.Difference
	var failure *scopetest.Failure
	if v.Outcome >= scopetest.Difference && !tolerated && !r.failedEnough() {
		var err error
		if failure, err = w.Shrink(ctx, v); err != nil {
			return errors.Join(err, errors.New(failure.String()))
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	res := r.result
	res.Checked++
	if failure != nil && failure.Remedy != "" {
		res.Faults = append(res.Faults, failure)
		return nil
	}
	if s.Mutant {
		res.Mutants[v.Outcome]++
		if failure != nil {
			res.Failures = append(res.Failures, failure)
		}
		return nil
	}
	res.Outcomes[v.Outcome]++
	res.Coverage.Add(sqlgen.Statement{Productions: s.Productions}, v.Outcome == scopetest.Agrees)
	switch v.Outcome {
	case scopetest.Refused:
		res.Refusals[string(v.Refusal.Reason)+": "+v.Refusal.Construct]++
	case scopetest.NotRun:
		res.Errors[short(v.Err.Error())]++
	}
	if tolerated {
		res.Tolerated++
	}
	if failure != nil {
		res.Failures = append(res.Failures, failure)
	}
	return nil
}

// short is an error's text without what is particular to one statement.
func short(text string) string {
	return quoted.ReplaceAllString(text, "?")
}
