package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope/scopetest"
)

// task is what one process of the program with the faults in it is to do.
type task struct {
	Engine     string
	Statements int
	PerWorld   int
	Seed       uint64                       // of the first world
	Known      map[string]scopetest.Outcome // of statements over which an oracle does not hold without a fault, see finding.Where
	All        bool                         // go on behind a finding
}

// finding is a statement over which an oracle does not hold.
type finding struct {
	Where   string // the world's seed, and the place of the statement in it
	Checked int    // statements until then, itself among them
	Outcome scopetest.Outcome
	Tells   bool // it is an error that tells, by an expression that can fail: a known limit
	Verdict string
}

// report is what came of a task.
type report struct {
	Checked  int
	Accepted int
	Findings []finding
}

// hunt checks statements until an oracle does not hold, or there are no more. The
// same task checks the same statements, whichever fault is planted: neither the
// schemas nor the statements nor the rows depend on what is found.
func hunt(ctx context.Context, t task) (report, error) {
	var out report
	open, dialect, err := engines.Opener(ctx, t.Engine)
	if err != nil {
		return out, err
	}
	for seed := t.Seed; out.Checked < t.Statements && (t.All || len(out.Findings) == 0); seed++ {
		texts, policy := randomSchema(dialect, seed)
		w, err := scopetest.NewWorld(ctx, scopetest.Config{Policy: policy, Schema: texts, Open: open, Seed: seed})
		if err != nil {
			return out, fmt.Errorf("world of seed %d: %w", seed, err)
		}
		err = huntIn(ctx, w, t, seed, &out)
		if err = errors.Join(err, w.Close()); err != nil {
			return out, fmt.Errorf("world of seed %d: %w", seed, err)
		}
	}
	return out, nil
}

// huntIn checks the statements of one world.
func huntIn(ctx context.Context, w *scopetest.World, t task, seed uint64, out *report) error {
	i := 0
	for s := range w.Random(seed) {
		if i == t.PerWorld || out.Checked == t.Statements {
			return nil
		}
		if i == t.PerWorld/2 {
			if err := w.Reseed(ctx); err != nil {
				return err
			}
		}
		where := fmt.Sprintf("%d/%d", seed, i)
		i++
		v, err := w.Check(ctx, s.Statement)
		if err != nil {
			return fmt.Errorf("%q: %w", s.Text, err)
		}
		out.Checked++
		if v.Outcome == scopetest.Agrees {
			out.Accepted++
		}
		if v.Outcome < scopetest.Difference || v.Outcome <= t.Known[where] {
			continue
		}
		// Which of its conditions an engine evaluates is up to it.
		tells := s.Tells && (v.Outcome == scopetest.ErrorTells || v.Outcome == scopetest.Difference && strings.HasPrefix(v.Got, "error: "))
		if tells && !t.All && !embedded(t.Engine) {
			// The server may have chosen another order of evaluation for another
			// reason than the fault.
			continue
		}
		out.Findings = append(out.Findings, finding{where, out.Checked, v.Outcome, tells, v.String()})
		if !t.All {
			return nil
		}
	}
	return nil
}

// embedded reports whether an engine evaluates conditions in the order in which
// they are written, each time.
func embedded(engine string) bool { return engine == "sqlite" || engine == "sqlite-cgo" }
