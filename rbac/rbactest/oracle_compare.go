package rbactest

import (
	"context"
	"errors"
	"fmt"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// asking is how the questions of a matrix are asked.
type asking struct {
	what     string
	wall     rbac.Wall
	noBypass bool
	switches [][2]string // role, context
}

// session is that of the actor meanwhile.
func (w *world) session(a asking) rbac.Session {
	s := rbac.Session{NoBypass: a.noBypass}
	for _, x := range a.switches {
		s.Switched = append(s.Switched, rbac.Switch{Role: w.roles[x[0]], Node: w.nodes[x[1]].ID})
	}
	return s
}

func (w *world) compareAll() {
	w.Helper()
	s := w.scenario
	warm, told := w.checker(rbac.Shared), w.checker(rbac.Shared)
	shared := func(user string, _ ctxtree.Node, recorded bool) (bool, bool) {
		return recorded, !w.admins[user] || w.users[user].Tenant == ""
	}
	for _, checker := range []*rbac.Checker{warm, told} {
		w.compare(checker, asking{what: "shared", wall: rbac.Shared}, s.Matrix, shared)
	}
	w.compare(warm, asking{what: "without bypass", wall: rbac.Shared, noBypass: true}, s.MatrixNoDoAnything, func(user string, _ ctxtree.Node, recorded bool) (bool, bool) {
		return recorded, w.users[user].Tenant == "" // recorded without a tenant rule
	})
	for _, sw := range s.Switched {
		w.compare(warm, asking{what: "switched", wall: rbac.Shared, switches: sw.Switches}, matrix{sw.User: sw.Matrix}, asRecorded)
	}
	w.compareForms(rbac.Shared, warm)
	w.compareRecordedLists(warm)
	// Both checkers have everything in memory by now.
	for _, step := range s.Steps {
		_, err := w.Tree.Move(w.all, w.nodes[step.Move].ID, w.nodes[step.To].ID)
		w.must(err)
		w.parents[step.Move] = step.To
		told.Invalidate("", 0)
		a := asking{what: "after the move of " + step.Move, wall: rbac.Shared}
		w.compare(warm, a, step.Matrix, asRecorded)
		w.compareForms(rbac.Shared, warm)
		a.what += ", invalidated"
		w.compare(told, a, step.Matrix, asRecorded)
		a.what += ", cold"
		w.compare(w.checker(rbac.Shared), a, step.Matrix, asRecorded)
	}
	if s.MatrixNoWall != nil {
		strict := w.checker(rbac.Strict)
		w.compare(strict, asking{what: "strict", wall: rbac.Strict}, s.MatrixNoWall, w.strict)
		w.compareForms(rbac.Strict, strict)
	}
	if w.compared == 0 {
		w.Fatal("nothing was compared")
	}
}

// An expectation turns a recorded answer into the one we must give; compared
// is false where it says nothing about ours.
type expectation func(user string, n ctxtree.Node, recorded bool) (want, compared bool)

func asRecorded(_ string, _ ctxtree.Node, recorded bool) (bool, bool) { return recorded, true }

// strict: a member has nothing on nodes that are not its tenant's, guests and
// visitors have nothing inside tenants, everything else is as it would be
// without tenants.
func (w *world) strict(user string, n ctxtree.Node, recorded bool) (bool, bool) {
	actor := w.actor(user)
	switch {
	case actor.Tenant != "":
		return recorded && n.Tenant == actor.Tenant, true
	case actor.Guest || actor.Anonymous():
		return recorded && n.Tenant == "", true
	default:
		return recorded, true
	}
}

// compare asks every question of the matrix, in every kind of context that
// reaches the node. What was recorded about users that the expectation leaves
// out is asked too, and only the step is compared.
func (w *world) compare(checker *rbac.Checker, a asking, m matrix, expect expectation) {
	w.Helper()
	session := w.session(a)
	for user, rows := range m {
		actor := w.actor(user)
		for i, row := range rows {
			c := w.caps[i]
			for j, key := range w.scenario.Contexts {
				n := w.nodes[key.Key]
				step := w.step(a, user, c, key.Key)
				want, compared := expect(user, n, row[j] == '1')
				if compared && want != allows(step) {
					w.Fatalf("%s: %s, %s at %s: recorded is %v, and the facts say %q", a.what, user, c.Key, key.Key, want, step)
				}
				for _, ctx := range contexts(actor, n) {
					ctx = rbac.WithSession(tenant.WithActor(ctx, actor), session)
					w.one(checker, ctx, fmt.Sprintf("%s: %s, %s at %s, in mode %v", a.what, user, c.Key, key.Key, tenant.ModeOf(ctx)), c.Key, n.ID, step)
				}
			}
		}
	}
}

func allows(s rbac.Step) bool { return s == rbac.StepAdmin || s == rbac.StepAllow }

// one wants the same answer in each form of the single check, by that step.
func (w *world) one(checker *rbac.Checker, ctx context.Context, question, capability string, node int64, want rbac.Step) {
	w.Helper()
	w.compared++
	d, err := checker.Explain(ctx, capability, node)
	w.must(err)
	if d.Allowed != allows(want) {
		w.Fatalf("%s: the answer is %v, it must be %q\n%v", question, d.Allowed, want, d)
	}
	if d.Step != want {
		w.Fatalf("%s: the answer %v is explained by %q, it must be %q\n%v", question, d.Allowed, d.Step, want, d)
	}
	if checker.Can(ctx, capability, node) != allows(want) {
		w.Fatalf("%s: Can and Explain disagree", question)
	}
	var denied *rbac.DeniedError
	if err := checker.Check(ctx, capability, node); errors.As(err, &denied) == allows(want) || denied != nil && denied.Step != want {
		w.Fatalf("%s: Check says %v", question, err)
	}
}
