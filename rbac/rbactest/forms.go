package rbactest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// TestEveryForm compares all forms in which a checker answers, the batches and the
// lists both ways, with its single checks: in random worlds, in every mode, for
// everybody, and again after moves with everything in memory. The tree has the
// levels of [RandomLevels].
func TestEveryForm(t *testing.T, worlds uint64, newStores func(t *testing.T) Stores) {
	var total counts
	t.Run("worlds", func(t *testing.T) {
		for seed := range worlds {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				f := newForms(t, NewRandom(t, seed, newStores(t)), seed, &total)
				f.compare()
				f.Move()
				f.compare()
			})
		}
	})
	for what, n := range map[string]*atomic.Int64{"allowed": &total.allowed, "denied": &total.denied, "everybody": &total.everybody, "somebody": &total.somebody} {
		if n.Load() == 0 {
			t.Errorf("the worlds are too simple: no answer was %q", what)
		}
	}
}

// counts are how often something was the answer.
type counts struct{ allowed, denied, everybody, somebody atomic.Int64 }

// forms is one comparison.
type forms struct {
	*testing.T
	*Random
	checker *rbac.Checker
	sparing *rbac.Checker // the same, but that locks bind administrators
	total   *counts
}

func newForms(t *testing.T, r *Random, seed uint64, total *counts) *forms {
	t.Helper()
	f := &forms{T: t, Random: r, total: total}
	cfg := r.Config
	cfg.Wall = []rbac.Wall{rbac.Strict, rbac.Shared}[seed%2]
	cfg.IgnoreLocks, cfg.ForceLogin = seed%5 == 4, seed%3 == 2
	var err error
	f.sparing, err = rbac.NewChecker(cfg)
	f.must(err)
	cfg.LocksSpareAdmins = seed%4 < 2
	f.checker, err = rbac.NewChecker(cfg)
	f.must(err)
	return f
}

func (f *forms) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *forms) compare() {
	f.Helper()
	nodes := f.Nodes()
	for _, actor := range f.Actors {
		session := f.Session()
		for _, c := range f.Contexts(actor) {
			ctx := rbac.WithSession(c, session)
			what := fmt.Sprintf("%q of %q, in mode %s, session %+v", actor.ID, actor.Tenant, c.Mode, session)
			f.lists(ctx, what, c.Mode, nodes)
			f.batches(ctx, what, nodes)
		}
	}
	f.people(nodes)
}

// lists: Filter and WhereCan find what Check allows.
func (f *forms) lists(ctx context.Context, what, mode string, nodes []ctxtree.Node) {
	f.Helper()
	// Nodes that do not exist, and twice the same.
	asked := []int64{0, -1, 1 << 40, nodes[len(nodes)-1].ID}
	for _, n := range nodes {
		asked = append(asked, n.ID)
	}
	for _, capability := range f.Capabilities() {
		var want []int64
		for _, id := range asked {
			if f.checker.Can(ctx, capability, id) {
				want = append(want, id)
			}
		}
		f.total.allowed.Add(int64(len(want)))
		f.total.denied.Add(int64(len(asked) - len(want)))
		got, err := f.checker.Filter(ctx, capability, asked)
		f.must(err)
		if !slices.Equal(got, want) {
			f.Fatalf("%s: Filter of %s gives %v, single checks %v", what, capability, got, want)
		}
		for _, levels := range [][]ctxtree.Level{nil, {"course", ctxtree.LevelTenant}} {
			where, err := f.checker.WhereCan(ctx, capability, levels...)
			if mode == "across all" {
				if !errors.Is(err, rbac.ErrAllTenants) || where != nil {
					f.Fatalf("%s: WhereCan gives %v, %v", what, where, err)
				}
				continue
			}
			f.must(err)
			var expected []ctxtree.Node
			for _, n := range nodes {
				if slices.Contains(want, n.ID) && (levels == nil || slices.Contains(levels, n.Level)) {
					expected = append(expected, n)
				}
			}
			slices.SortFunc(expected, func(a, b ctxtree.Node) int { return strings.Compare(a.Path, b.Path) })
			if !slices.Equal(where, expected) {
				f.Fatalf("%s: WhereCan of %s at levels %v gives %v, single checks %v", what, capability, levels, where, expected)
			}
		}
	}
}

// batches: Capabilities, CheckAny and CheckAll are what Check says.
func (f *forms) batches(ctx context.Context, what string, nodes []ctxtree.Node) {
	f.Helper()
	names := f.Capabilities()
	for range 10 {
		n := pick(f.Random, nodes)
		var want []string
		for _, c := range f.Config.Capabilities {
			if c.ReplacedBy == "" && f.checker.Can(ctx, c.Name, n.ID) {
				want = append(want, c.Name)
			}
		}
		slices.Sort(want)
		has, err := f.checker.Capabilities(ctx, n.ID)
		f.must(err)
		if !slices.Equal(has, want) {
			f.Fatalf("%s: Capabilities at %d gives %v, single checks %v", what, n.ID, has, want)
		}
		few := []string{names[f.rand.IntN(len(names))], names[f.rand.IntN(len(names))]}
		first, second := f.checker.Check(ctx, few[0], n.ID), f.checker.Check(ctx, few[1], n.ID)
		wantAny, wantAll := first, first
		if second == nil {
			wantAny = nil
		}
		if first == nil {
			wantAll = second
		}
		if got := f.checker.CheckAny(ctx, n.ID, few...); !sameError(got, wantAny) {
			f.Fatalf("%s: CheckAny of %v at %d gives %v, single checks %v", what, few, n.ID, got, wantAny)
		}
		if got := f.checker.CheckAll(ctx, n.ID, few...); !sameError(got, wantAll) {
			f.Fatalf("%s: CheckAll of %v at %d gives %v, single checks %v", what, few, n.ID, got, wantAll)
		}
	}
}

func sameError(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) }

// people: WhoCan finds those whom Check allows it by their roles.
func (f *forms) people(nodes []ctxtree.Node) {
	f.Helper()
	gus := tenant.Actor{ID: "gus"}
	names := f.Capabilities()
	for _, n := range nodes {
		for i, name := range names {
			asked := []string{name}
			if i%2 == 1 {
				asked = append(asked, names[f.rand.IntN(len(names))])
			}
			var can, cannot []string // of those on the node's side of the wall
			for _, a := range f.Actors {
				home := tenant.WithActor(in(n.Tenant), a)
				byRoles := rbac.WithSession(home, rbac.Session{NoBypass: true})
				allowed := !a.Guest && !a.Anonymous() && f.sparing.CheckAny(byRoles, n.ID, asked...) == nil
				switch {
				case allowed:
					can = append(can, a.ID)
				case f.reaches(a, n):
					cannot = append(cannot, a.ID)
				}
			}
			slices.Sort(can)
			slices.Sort(cannot)
			for _, ctx := range []context.Context{in(n.Tenant), tenant.AcrossAll(context.Background(), "random")} {
				who, err := f.checker.WhoCan(tenant.WithActor(ctx, gus), n.ID, asked...)
				f.must(err)
				f.one(n, asked, who, can, cannot)
			}
		}
	}
}

// reaches says who is known and on the node's side of the wall, in words of its
// own.
func (f *forms) reaches(a tenant.Actor, n ctxtree.Node) bool {
	d, err := f.checker.Explain(tenant.WithActor(in(n.Tenant), a), "view", n.ID)
	f.must(err)
	return !a.Guest && !a.Anonymous() && d.Step != rbac.StepWall && d.Step != rbac.StepUnknownUser
}

func (f *forms) one(n ctxtree.Node, asked []string, who rbac.Who, can, cannot []string) {
	f.Helper()
	if who.Everybody {
		f.total.everybody.Add(1)
		if who.Users != nil || !slices.Equal(who.Except, cannot) {
			f.Fatalf("who can %v at %d: everybody but %v, and %v; single checks: all but %v", asked, n.ID, who.Except, who.Users, cannot)
		}
	} else {
		f.total.somebody.Add(int64(len(can)))
		if who.Except != nil || !slices.Equal(who.Users, can) {
			f.Fatalf("who can %v at %d: %v, but %v; single checks %v", asked, n.ID, who.Users, who.Except, can)
		}
	}
	for _, a := range f.Actors {
		if a.ID != "ghost" && who.Includes(a) != slices.Contains(can, a.ID) {
			f.Fatalf("who can %v at %d: Includes(%q) is %v", asked, n.ID, a.ID, who.Includes(a))
		}
	}
}

// in is the context of a tenant's, or with an empty id the global one.
func in(id tenant.ID) context.Context {
	if id == "" {
		return tenant.Global(context.Background())
	}
	return tenant.WithID(context.Background(), id)
}
