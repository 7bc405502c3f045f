package rbac_test

import (
	"context"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// propertyChecks is how many questions TestProperty asks: fewer where a person
// waits for it.
func propertyChecks() int {
	if os.Getenv("TENANCY_FULL") != "" || os.Getenv("CI") != "" {
		return 1_000_000
	}
	return 50_000
}

// TestProperty compares a checker that has everything in memory with the rules
// as the tests know them, over random installations that change between the
// questions. TENANCY_SEED chooses others.
func TestProperty(t *testing.T) {
	t.Parallel()
	seed := uint64(1)
	if text := os.Getenv("TENANCY_SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
	}
	const rounds, questions = 40, 50
	steps := map[rbac.Step]int{}
	for i := range propertyChecks() / (rounds * questions) {
		w := newRandomWorld(t, seed, uint64(i))
		for range rounds {
			w.change()
			for k := range questions {
				w.ask(steps, k%8 == 0)
			}
		}
	}
	for step := rbac.StepWall; step <= rbac.StepNothing; step++ {
		if step != rbac.StepPath { // no store gives such nodes
			require.NotZero(t, steps[step], "never decided: %v", step)
		}
	}
}

// askedBefore is a question with the context that asked it: what a context may
// keep of an answer must not outlive a change.
type askedBefore struct {
	question ruleQuestion
	ctx      context.Context
}

// next is a new question, or one of the last ones again.
func (w *randomWorld) next() (ruleQuestion, context.Context) {
	if len(w.asked) == 40 && w.IntN(3) == 0 {
		again := pick(w.Rand, w.asked)
		return again.question, again.ctx
	}
	q, ctx := w.question()
	if len(w.asked) == 40 {
		w.asked = slices.Delete(w.asked, 0, 1)
	}
	w.asked = append(w.asked, askedBefore{q, ctx})
	return q, ctx
}

// question makes a random question and the context that asks it.
func (w *randomWorld) question() (ruleQuestion, context.Context) {
	q := ruleQuestion{user: w.IntN(len(w.rules.users)), capability: pick(w.Rand, w.names), node: pick(w.Rand, w.rules.nodes).id}
	line := w.rules.up(q.node)
	near := func() int64 { // mostly on the line
		if w.IntN(3) > 0 {
			return pick(w.Rand, line).id
		}
		return pick(w.Rand, w.rules.nodes).id
	}
	if w.IntN(40) == 0 {
		q.node = pick(w.Rand, []int64{0, -1, 1 << 40})
	}
	actor := w.rules.users[q.user].actor
	ctx := context.Background()
	in := pick(w.Rand, []tenant.ID{"t1", "t2", "t3"})
	if of := line[0].tenant; of != "" && w.IntN(3) > 0 {
		in = of
	}
	switch kind := w.IntN(10); {
	case kind < 6 || actor.Tenant != "" && kind < 9:
		if actor.Tenant != "" && w.IntN(4) > 0 {
			in = actor.Tenant
		}
		q.mode, q.in, ctx = tenant.ModeTenant, []tenant.ID{in}, tenant.WithID(ctx, in)
	case kind < 7:
		q.mode, ctx = tenant.ModeGlobal, tenant.Global(ctx)
	case kind < 8:
		q.mode, q.in, ctx = tenant.ModeAcross, []tenant.ID{in, "t4"}, tenant.Across(ctx, "property", in, "t4")
	default:
		q.mode, ctx = tenant.ModeAcrossAll, tenant.AcrossAll(ctx, "property")
	}
	if w.IntN(3) == 0 {
		q.session.NoBypass = w.IntN(2) == 0
		if w.IntN(3) == 0 {
			q.session.Bound = near()
			if w.IntN(9) == 0 {
				q.session.Bound = pick(w.Rand, []int64{-1, 1 << 40})
			}
		}
		for range w.IntN(4) {
			q.session.Switched = append(q.session.Switched, rbac.Switch{Role: pick(w.Rand, append([]rbac.RoleID{99}, w.rules.roles...)), Node: near()})
		}
	}
	return q, rbac.WithSession(tenant.WithActor(ctx, actor), q.session)
}

// ask asks one question, and explained also for the reason.
func (w *randomWorld) ask(steps map[rbac.Step]int, explained bool) {
	w.Helper()
	q, ctx := w.next()
	want, heard := w.rules.step(q)
	steps[want]++
	allowed := want == rbac.StepAdmin || want == rbac.StepAllow
	if got := w.checker.Can(ctx, q.capability, q.node); got != allowed {
		d, err := w.checker.Explain(ctx, q.capability, q.node)
		w.Fatalf("seed %d, world %d: %+v of %+v: the answer is %v, it must be %q\n%v\nerror %v", w.seed, w.number, q, w.rules.users[q.user], got, want, d, err)
	}
	if explained {
		w.explain(ctx, q, want, heard)
	}
}

// explain compares the reason: the step, the roles that were heard and what
// each says, and what would help.
func (w *randomWorld) explain(ctx context.Context, q ruleQuestion, want rbac.Step, heard []rbac.RoleID) {
	w.Helper()
	d, err := w.checker.Explain(ctx, q.capability, q.node)
	require.NoError(w, err)
	about := func() string {
		return "seed " + strconv.FormatUint(w.seed, 10) + ", world " + strconv.FormatUint(w.number, 10) + "\n" + d.String()
	}
	if d.Step != want {
		w.Fatalf("%+v of %+v: it must be %q\n%s", q, w.rules.users[q.user], want, about())
	}
	if want == rbac.StepWall {
		require.Equal(w, rbac.Decision{Step: rbac.StepWall, Capability: q.capability, Node: q.node}, d)
	}
	var got []rbac.RoleID
	line := w.rules.up(q.node)
	for _, c := range d.Roles {
		if value := w.rules.value(line, c.Role, d.Capability); c.Permission != value {
			w.Fatalf("role %d says %v\n%s", c.Role, value, about())
		}
		got = append(got, c.Role)
	}
	if !slices.Equal(slices.Compact(got), heard) {
		w.Fatalf("roles %v must be heard\n%s", heard, about())
	}
	actor := w.rules.users[q.user].actor
	var help []rbac.RoleID
	if want == rbac.StepNothing && !actor.Guest && actor.ID != "" && (actor.Tenant == "" || line[0].tenant == actor.Tenant) {
		for _, role := range w.rules.roles {
			if w.rules.value(line, role, d.Capability) == rbac.Allow {
				help = append(help, role)
			}
		}
		for _, n := range line {
			if slices.ContainsFunc(q.session.Switched, func(s rbac.Switch) bool { return s.Node == n.id }) {
				help = nil
			}
		}
	}
	got = nil
	for _, g := range d.Grants {
		got = append(got, g.Role)
	}
	if !slices.Equal(got, help) {
		w.Fatalf("roles %v would help\n%s", help, about())
	}
}
