package main

import (
	"context"
	"errors"
	"fmt"

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
	v := newValues(p.Dialect, schema)
	args, err := newArguments(ctx, p, v, e)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, args.close()) }()
	w, err := scopetest.NewWorld(ctx, scopetest.Config{Policy: p, Schema: schema.Texts, Open: e.open, Seed: r.Seed, Value: v.literal})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()

	j := judge{report: r, world: w, args: args, ran: make([][]argumentSet, len(r.Accepted))}
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
	ran    [][]argumentSet // by statement, the sets of values with which it ran
	shrunk int
}

// statement asks for a verdict on the i-th accepted statement: with each set of
// values with which it runs, until one shows something. In later rounds only those
// are asked for again that have agreed so far.
func (j *judge) statement(ctx context.Context, round, i int) error {
	a := &j.Accepted[i]
	if round > 0 {
		if a.Verdict != scopetest.Agrees.String() {
			return nil
		}
		v, err := j.ask(ctx, a.Statement, j.ran[i], nil)
		if err != nil || v.Outcome == scopetest.Agrees || v.Outcome == scopetest.NotRun {
			return err // what does not run on these rows has run on others, and agreed
		}
		return j.note(ctx, a, v)
	}
	fitting, others, err := j.args.candidates(ctx, a.Statement)
	if err != nil {
		return err
	}
	v, err := j.ask(ctx, a.Statement, fitting, &j.ran[i])
	if err != nil {
		return err
	}
	for k := 0; k < len(others) && v.Outcome == scopetest.NotRun; k++ {
		next, err := j.ask(ctx, a.Statement, others[k:k+1], &j.ran[i])
		if err != nil {
			return err
		}
		if next.Outcome != scopetest.NotRun {
			v = next // else the error of the values that fit best tells most
		}
	}
	return j.note(ctx, a, v)
}

// ask returns the worst verdict over sets of values: NotRun only if the statement
// runs with none of them. ran gets those with which it runs.
func (j *judge) ask(ctx context.Context, text string, sets []argumentSet, ran *[]argumentSet) (worst scopetest.Verdict, err error) {
	for k, set := range sets {
		v, err := j.world.Check(ctx, scopetest.Statement{Text: text, Args: set.values})
		if err != nil {
			return v, err
		}
		if v.Refusal != nil { // over a value: the text has been accepted
			v.Outcome, v.Err = scopetest.NotRun, v.Refusal
		}
		if set.takes && v.Outcome == scopetest.ErrorTells {
			continue
		}
		if v.Outcome != scopetest.NotRun && ran != nil {
			*ran = append(*ran, set)
		}
		if k == 0 || severity(v.Outcome) > severity(worst.Outcome) {
			worst = v
		}
	}
	return worst, nil
}

// severity orders outcomes: what did not run says less than what agrees.
func severity(o scopetest.Outcome) int {
	if o == scopetest.NotRun {
		return 0
	}
	return int(o)
}

// note writes a verdict into the report.
func (j *judge) note(ctx context.Context, a *accepted, v scopetest.Verdict) error {
	if a.Verdict == "" && v.Outcome != scopetest.NotRun {
		j.Checked++
	}
	a.Verdict = v.Outcome.String()
	switch v.Outcome {
	case scopetest.Agrees:
		return nil
	case scopetest.NotRun:
		n := notRun{source: a.source, Rewritten: a.Rewritten}
		if v.Err != nil {
			n.Error = v.Err.Error()
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
