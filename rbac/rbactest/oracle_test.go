package rbactest

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// naive answers every form from single checks, and lists of roles by the
// recorded rules.
type naive struct {
	w       *world
	checker *rbac.Checker
	rules   RoleRules
}

func (n *naive) questions() Questions {
	return Questions{Filter: n.filter, Capabilities: n.capabilities, WhereCan: n.whereCan, Predicate: n.predicate, WhoCan: n.whoCan, RoleList: n.roleList}
}

func (n *naive) filter(ctx context.Context, capability string, nodes []int64) (out []int64, err error) {
	for _, id := range nodes {
		d, err := n.checker.Explain(ctx, capability, id)
		if err != nil {
			return nil, err
		}
		if d.Allowed {
			out = append(out, id)
		}
	}
	return out, nil
}

func (n *naive) capabilities(ctx context.Context, node int64) (out []string, err error) {
	names := slices.Clone(managementCapabilities)
	for _, c := range n.w.caps {
		names = append(names, c.Key)
	}
	for _, name := range names {
		if n.checker.Can(ctx, name, node) {
			out = append(out, name)
		}
	}
	return out, nil
}

func (n *naive) whereCan(ctx context.Context, capability string, levels ...ctxtree.Level) (out []ctxtree.Node, err error) {
	for _, node := range n.w.nodes {
		if slices.Contains(levels, node.Level) && n.checker.Can(ctx, capability, node.ID) {
			out = append(out, node)
		}
	}
	return out, nil
}

func (n *naive) predicate(ctx context.Context, capability string) ([]int64, error) {
	var all []int64
	for _, node := range n.w.nodes {
		all = append(all, node.ID)
	}
	return n.filter(ctx, capability, all)
}

func (n *naive) whoCan(ctx context.Context, node int64, capabilities ...string) (everybody bool, users, except []string, err error) {
	for _, user := range n.w.people() {
		actor := n.w.actor(user)
		as := rbac.WithSession(tenant.WithActor(ctx, actor), rbac.Session{NoBypass: true})
		if actor.Tenant != "" && tenant.ModeOf(ctx) == tenant.ModeTenant {
			as = rbac.WithSession(tenant.WithActor(tenant.WithID(context.Background(), actor.Tenant), actor), rbac.Session{NoBypass: true})
		}
		if slices.ContainsFunc(capabilities, func(name string) bool {
			return !n.locked(name, node) && n.checker.Can(as, name, node)
		}) {
			users = append(users, user)
		}
	}
	if len(users) < 3 {
		return false, users, nil, nil
	}
	// The other form of the same answer.
	for _, user := range n.w.people() {
		if !slices.Contains(users, user) {
			except = append(except, user)
		}
	}
	return true, nil, except, nil
}

func (n *naive) locked(capability string, node int64) bool {
	for key, x := range n.w.nodes {
		if x.ID == node {
			return n.w.locks(n.w.caps[n.w.capability(capability)], key)
		}
	}
	return false
}

func (n *naive) roleList(ctx context.Context, kind string, node int64) (out []rbac.RoleID, err error) {
	actor, _ := tenant.ActorFromContext(ctx)
	at := ""
	for key, x := range n.w.nodes {
		if x.ID == node {
			at = key
		}
	}
	may := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return n.checker.Can(ctx, name, node) })
	}
	var pairs [][2]rbac.RoleID
	switch kind {
	case "assignable":
		if may("assign") {
			pairs = n.rules.Assign
		}
	case "overridable":
		if may("override", "safeoverride") {
			pairs = n.rules.Override
		}
	case "switchable":
		if may("switchroles") {
			pairs = n.rules.Switch
		}
	case "viewable":
		pairs = n.rules.View
	}
	above := n.w.above(at)
	for _, name := range n.w.scenario.Roles {
		if kind == "assignable" && !slices.Contains(n.rules.Levels[name], n.w.nodes[at].Level) {
			continue
		}
		target := n.w.roles[name]
		held := slices.ContainsFunc(n.w.scenario.Assignments, func(a [3]string) bool {
			return a[0] == actor.ID && slices.Contains(above, a[2]) && slices.Contains(pairs, [2]rbac.RoleID{n.w.roles[a[1]], target})
		})
		if held {
			out = append(out, target)
		}
	}
	return out, nil
}

func recording(t *testing.T) (oracleHeader, []oracleScenario) {
	path := "../testdata/access-oracle.jsonl"
	if other := os.Getenv("TENANCY_ACCESS_ORACLE"); other != "" {
		path = other
	}
	return readOracle(t, path)
}

// naiveWorld is a scenario whose stores have all questions; change sees each
// set of them.
func naiveWorld(t testing.TB, h oracleHeader, s oracleScenario, change func(*Questions)) *world {
	levels, err := OracleLevels()
	require.NoError(t, err)
	n := &naive{}
	stores := Stores{Tree: ctxtree.NewMemory(levels), Roles: rbac.NewMemory()}
	stores.Define = func(_ context.Context, r RoleRules) error {
		n.rules = r
		return nil
	}
	stores.Questions = func(c *rbac.Checker) Questions {
		q := (&naive{n.w, c, n.rules}).questions()
		change(&q)
		return q
	}
	n.w = newWorld(t, h.Caps, s, stores)
	return n.w
}

// TestRecordedForms: the forms, each made of single checks, agree with everything that
// is recorded.
func TestRecordedForms(t *testing.T) {
	t.Parallel()
	h, scenarios := recording(t)
	kinds := map[string]int{}
	for _, s := range scenarios {
		if kinds[s.Kind]++; kinds[s.Kind] <= 3 {
			t.Run(s.Kind+"/"+s.ID, func(t *testing.T) {
				naiveWorld(t, h, s, func(*Questions) {}).compareAll()
			})
		}
	}
}

// TestRecordedLists takes the lists that were recorded of all scenarios.
func TestRecordedLists(t *testing.T) {
	t.Parallel()
	h, scenarios := recording(t)
	for _, s := range scenarios {
		if s.WhoCan != nil || s.RoleLists != nil {
			w := naiveWorld(t, h, s, func(*Questions) {})
			w.compareRecordedLists(w.checker(rbac.Shared))
			require.NotZero(t, w.compared)
		}
	}
}

// failing takes the failure of a test.
type failing struct {
	testing.TB
	text string
}

func (f *failing) Helper() {}

func (f *failing) Fatal(args ...any) { f.Fatalf("%s", fmt.Sprint(args...)) }

func (f *failing) Fatalf(format string, args ...any) {
	f.text = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// failure runs the comparison and returns how it failed.
func failure(t *testing.T, compare func(t testing.TB)) string {
	f := &failing{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		compare(f)
	}()
	<-done
	return f.text
}

// TestWrongAnswersShow: each form is compared, and so is each kind of record.
func TestWrongAnswersShow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, kind string
		spoil      func(q *Questions)           // changes what the forms answer
		record     func(s *oracleScenario) bool // changes what is recorded, if it can
		want       string
	}{
		{name: "filter", kind: "basic", want: "Filter", spoil: func(q *Questions) {
			q.Filter = func(_ context.Context, _ string, nodes []int64) ([]int64, error) { return nodes[:1], nil }
		}},
		{name: "capabilities", kind: "basic", want: "Capabilities", spoil: func(q *Questions) {
			q.Capabilities = func(context.Context, int64) ([]string, error) { return []string{"c0", "c0"}, nil }
		}},
		{name: "where can", kind: "tenant", want: "WhereCan", spoil: func(q *Questions) {
			q.WhereCan = func(context.Context, string, ...ctxtree.Level) ([]ctxtree.Node, error) { return nil, nil }
		}},
		{name: "predicate", kind: "switch", want: "Predicate", spoil: func(q *Questions) {
			q.Predicate = func(context.Context, string) ([]int64, error) { return nil, nil }
		}},
		{name: "who can", kind: "flags", want: "WhoCan", spoil: func(q *Questions) {
			q.WhoCan = func(context.Context, int64, ...string) (bool, []string, []string, error) { return true, nil, nil, nil }
		}},
		{name: "roles", kind: "matrix", want: "roles that are", spoil: func(q *Questions) {
			q.RoleList = func(context.Context, string, int64) ([]rbac.RoleID, error) { return nil, nil }
		}},
		{name: "an error", kind: "basic", want: "broken", spoil: func(q *Questions) {
			q.Filter = func(context.Context, string, []int64) ([]int64, error) { return nil, fmt.Errorf("broken") }
		}},
		{name: "matrix", kind: "basic", want: "shared: ", record: func(s *oracleScenario) bool { return flip(s.Matrix) }},
		{name: "matrix without wall", kind: "tenant", want: "strict: ", record: func(s *oracleScenario) bool {
			for _, u := range s.Users {
				if u.Kind == "user" && u.Tenant == "" {
					return flip(matrix{u.Key: s.MatrixNoWall[u.Key]})
				}
			}
			return false
		}},
		{name: "matrix without bypass", kind: "flags", want: "without bypass: ", record: func(s *oracleScenario) bool { return flip(s.MatrixNoDoAnything) }},
		{name: "switched", kind: "switch", want: "switched: ", record: func(s *oracleScenario) bool { return flip(matrix{"": s.Switched[0].Matrix}) }},
		{name: "moves", kind: "move", want: "after the move", record: func(s *oracleScenario) bool { return flip(s.Steps[len(s.Steps)-1].Matrix) }},
		{name: "recorded people", kind: "basic", want: "WhoCan", record: func(s *oracleScenario) bool {
			s.WhoCan[0].List = append(s.WhoCan[0].List, "u9")
			return true
		}},
		{name: "recorded nodes", kind: "basic", want: "nodes where", record: func(s *oracleScenario) bool {
			s.WhereCan[0].List = append(s.WhereCan[0].List, "sys")
			return true
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, scenarios := recording(t)
			s := scenarios[slices.IndexFunc(scenarios, func(s oracleScenario) bool {
				return s.Kind == c.kind && (c.record == nil || c.record(&s))
			})]
			got := failure(t, func(t testing.TB) {
				naiveWorld(t, h, s, func(q *Questions) {
					if c.spoil != nil {
						c.spoil(q)
					}
				}).compareAll()
			})
			require.Contains(t, got, c.want)
		})
	}
}

// flip changes one recorded answer of somebody's, if there is any.
func flip(m matrix) bool {
	other := map[byte]string{'0': "1", '1': "0"}
	for _, rows := range m {
		row := rows[0]
		rows[0] = row[:len(row)-1] + other[row[len(row)-1]]
		return true
	}
	return false
}

// TestStepsAreCompared: an answer that is right for a wrong reason is found.
func TestStepsAreCompared(t *testing.T) {
	t.Parallel()
	h, scenarios := recording(t)
	i := slices.IndexFunc(scenarios, func(s oracleScenario) bool { return s.Kind == "basic" })
	got := failure(t, func(t testing.TB) {
		w := naiveWorld(t, h, scenarios[i], func(*Questions) {})
		ctx := tenant.WithActor(tenant.Global(context.Background()), tenant.Actor{})
		w.one(w.checker(rbac.Shared), ctx, "a question", "c3", ctxtree.SystemID, rbac.StepLock)
	})
	require.True(t, strings.Contains(got, "is explained by") && strings.Contains(got, rbac.StepGuest.String()), got)
}
