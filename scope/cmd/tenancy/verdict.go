package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/scope/scopetest"
)

// rounds is how often the statements are asked with other rows of the other
// tenants.
const rounds = 2

// mostShrunk is how many findings are made smaller, which takes some time each.
const mostShrunk = 10

// judge holds every accepted statement to the oracles of package scopetest.
func (r *report) judge(ctx context.Context, p scope.Policy, schema *ddl.Schema, e *engine, s streams) (err error) {
	args, err := newArguments(ctx, p, schema, e)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, args.close()) }()
	w, err := scopetest.NewWorld(ctx, scopetest.Config{Policy: p, Schema: schema.Texts, Open: e.open, Seed: r.Seed, Value: args.checks.literal})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()

	j := judge{report: r, world: w, args: args, chosen: make([][]any, len(r.Accepted))}
	bar := newProgress(s, rounds*len(r.Accepted), "asking "+e.name)
	defer bar.done()
	for round := range rounds {
		for i := range r.Accepted {
			if err := j.statement(ctx, round, i); err != nil {
				return fmt.Errorf("line %d: %w", r.Accepted[i].Line, err)
			}
			bar.step()
		}
		if err := w.Reseed(ctx); err != nil {
			return err
		}
	}
	return nil
}

// judge is an audit that is going on.
type judge struct {
	*report
	world  *scopetest.World
	args   *arguments
	chosen [][]any // by statement, the values with which it ran
	shrunk int
}

// statement asks for a verdict on the i-th accepted statement. In later rounds
// only those are asked for again that have agreed so far.
func (j *judge) statement(ctx context.Context, round, i int) error {
	a := &j.Accepted[i]
	sets := [][]any{j.chosen[i]}
	if round == 0 {
		var err error
		if sets, err = j.args.candidates(ctx, a.Statement); err != nil {
			return err
		}
	} else if a.Verdict != scopetest.Agrees.String() {
		return nil
	}
	var first, v scopetest.Verdict
	for k, set := range sets {
		var err error
		if v, err = j.world.Check(ctx, scopetest.Statement{Text: a.Statement, Args: set}); err != nil {
			return err
		}
		if k == 0 {
			first = v
		}
		if v.Outcome != scopetest.NotRun && v.Outcome != scopetest.Refused {
			j.chosen[i] = slices.Clone(set)
			break
		}
	}
	if round > 0 && (v.Outcome == scopetest.NotRun || v.Outcome == scopetest.Refused) {
		return nil // it ran on other rows, and agreed
	}
	return j.note(ctx, a, first, v)
}

// note writes a verdict into the report. first is that of the values which fit
// best, and tells most about a statement that could not be run.
func (j *judge) note(ctx context.Context, a *accepted, first, v scopetest.Verdict) error {
	if a.Verdict == "" && v.Outcome != scopetest.NotRun && v.Outcome != scopetest.Refused {
		j.Checked++
	}
	a.Verdict = v.Outcome.String()
	switch v.Outcome {
	case scopetest.Agrees:
		return nil
	case scopetest.NotRun, scopetest.Refused:
		a.Verdict = scopetest.NotRun.String()
		n := notRun{source: a.source, Rewritten: a.Rewritten}
		switch {
		case first.Refusal != nil:
			n.Error = first.Refusal.Error()
		case first.Err != nil:
			n.Error = first.Err.Error()
		}
		j.NotRun = append(j.NotRun, n)
		return nil
	}
	f := finding{source: a.source, Rewritten: a.Rewritten, About: v.About, Got: v.Got, Want: v.Want}
	for _, arg := range v.Statement.Args {
		f.Arguments = append(f.Arguments, fmt.Sprint(arg))
	}
	if j.shrunk < mostShrunk {
		j.shrunk++
		smaller, err := j.world.Shrink(ctx, v)
		if err != nil {
			return err
		}
		f.Reproduction = smaller.String()
	}
	switch v.Outcome {
	case scopetest.Leak:
		j.Leaks = append(j.Leaks, f)
	case scopetest.ErrorTells:
		j.ErrorsTell = append(j.ErrorsTell, f)
	default:
		j.Differences = append(j.Differences, f)
	}
	return nil
}
