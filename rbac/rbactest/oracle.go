package rbactest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// Stores are an empty tree and an empty role store that belong together. The
// tree knows the levels of [OracleLevels].
type Stores struct {
	Tree  ctxtree.Store
	Roles rbac.Store
}

// OracleLevels are the levels that occur in recorded scenarios.
func OracleLevels() (ctxtree.Levels, error) {
	return ctxtree.NewLevels(
		ctxtree.LevelRule{Level: "category", Under: []ctxtree.Level{ctxtree.LevelSystem, "category"}},
		ctxtree.LevelRule{Level: "course", Under: []ctxtree.Level{ctxtree.LevelSystem, "category"}},
		ctxtree.LevelRule{Level: "module", Under: []ctxtree.Level{"course"}},
		ctxtree.LevelRule{Level: "block", Under: []ctxtree.Level{ctxtree.AnyLevel}})
}

// TestOracle compares a checker on these stores with the answers that were
// recorded in the file at path, in the format moodle-access-oracle-1. Every
// every-th scenario is taken.
//
// Where a scenario has tenants, the wall Shared is compared with what was
// recorded, but for administrators who are members: our wall comes before
// their flag. The wall Strict is compared with what follows from the answers
// that were recorded without a tenant rule.
func TestOracle(t *testing.T, path string, every int, newStores func(t *testing.T) Stores) {
	header, scenarios := readOracle(t, path)
	for i, s := range scenarios {
		if i%every != 0 {
			continue
		}
		t.Run(s.Kind+"/"+s.ID, func(t *testing.T) {
			w := &world{T: t, scenario: s, caps: header.Caps, Stores: newStores(t)}
			w.build()
			w.compareAll()
		})
	}
}

type oracleHeader struct {
	Format string      `json:"format"`
	Caps   []oracleCap `json:"caps"`
}

type oracleCap struct {
	Key        string `json:"key"`
	Type       string `json:"type"`
	Risky      bool   `json:"risky"`
	LockExempt bool   `json:"lock_exempt"`
}

// matrix is user -> capability -> one digit a context.
type matrix map[string][]string

type oracleScenario struct {
	ID    string `json:"id"`
	Kind  string `json:"kind"`
	Flags struct {
		ForceLogin         bool `json:"forcelogin"`
		Locking            bool `json:"locking"`
		LockAppliesToAdmin bool `json:"lock_applies_to_admin"`
	} `json:"flags"`
	SpecialRoles struct {
		DefaultUser      string `json:"default_user"`
		NotLoggedIn      string `json:"not_logged_in"`
		Guest            string `json:"guest"`
		FrontPage        string `json:"front_page"`
		FrontPageContext string `json:"front_page_context"`
	} `json:"special_roles"`
	Contexts []struct {
		Key    string        `json:"key"`
		Level  ctxtree.Level `json:"level"`
		Parent string        `json:"parent"`
		Tenant tenant.ID     `json:"tenant"`
		Locked bool          `json:"locked"`
	} `json:"contexts"`
	Users []struct {
		Key     string    `json:"key"`
		Kind    string    `json:"kind"`
		Tenant  tenant.ID `json:"tenant"`
		Deleted bool      `json:"deleted"`
	} `json:"users"`
	SiteAdmins         []string    `json:"site_admins"`
	Roles              []string    `json:"roles"`
	RoleCaps           [][4]string `json:"role_caps"`   // role, context, capability, permission
	Assignments        [][3]string `json:"assignments"` // user, role, context
	Matrix             matrix      `json:"matrix"`
	MatrixNoWall       matrix      `json:"matrix_no_wall"`
	MatrixNoDoAnything matrix      `json:"matrix_no_doanything"`
	Switched           []struct {
		User     string      `json:"user"`
		Switches [][2]string `json:"switches"` // role, context
		Matrix   []string    `json:"matrix"`
	} `json:"switched"`
	Steps []struct {
		Move   string `json:"move"`
		To     string `json:"to"`
		Matrix matrix `json:"matrix"`
	} `json:"steps"`
}

func readOracle(t *testing.T, path string) (header oracleHeader, scenarios []oracleScenario) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		if header.Format == "" {
			if err := json.Unmarshal(lines.Bytes(), &header); err != nil || header.Format != "moodle-access-oracle-1" {
				t.Fatalf("%s: format %q, error %v", path, header.Format, err)
			}
			continue
		}
		var s oracleScenario
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		scenarios = append(scenarios, s)
	}
	if err := lines.Err(); err != nil || len(scenarios) == 0 {
		t.Fatalf("%s: %d scenarios, error %v", path, len(scenarios), err)
	}
	return header, scenarios
}

// world is one scenario in stores of ours.
type world struct {
	*testing.T
	Stores
	scenario oracleScenario
	caps     []oracleCap
	nodes    map[string]ctxtree.Node
	roles    map[string]rbac.RoleID
	actors   map[string]tenant.Actor
	admins   map[string]bool
	compared int
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) build() {
	w.Helper()
	ctx := tenant.AcrossAll(context.Background(), "oracle")
	w.nodes, w.roles = map[string]ctxtree.Node{}, map[string]rbac.RoleID{"": 0}
	w.actors, w.admins = map[string]tenant.Actor{}, map[string]bool{}
	system, _, err := w.Tree.Node(ctx, ctxtree.SystemID)
	w.must(err)
	w.nodes[w.scenario.Contexts[0].Key] = system
	for _, c := range w.scenario.Contexts[1:] {
		n, err := w.Tree.Create(ctx, ctxtree.Spec{Parent: w.nodes[c.Parent].ID, Level: c.Level, Instance: c.Key, Tenant: c.Tenant})
		w.must(err)
		w.nodes[c.Key] = n
	}
	for _, c := range slices.Backward(w.scenario.Contexts) {
		if c.Locked { // children first: nothing can be locked below a lock
			w.must(w.Tree.SetLocked(ctx, w.nodes[c.Key].ID, true))
		}
	}
	for _, name := range w.scenario.Roles {
		r, err := w.Stores.Roles.DefineRole(ctx, rbac.Role{Name: name})
		w.must(err)
		w.roles[name] = r.ID
	}
	for _, rc := range w.scenario.RoleCaps {
		p, err := rbac.ParsePermission(rc[3])
		w.must(err)
		w.must(w.Stores.Roles.SetPermission(ctx, w.nodes[rc[1]], w.roles[rc[0]], rc[2], p))
	}
	for _, a := range w.scenario.Assignments {
		w.must(w.Stores.Roles.Assign(ctx, w.nodes[a[2]], rbac.Assignment{User: a[0], Role: w.roles[a[1]]}))
	}
	special := w.scenario.SpecialRoles
	w.must(w.Stores.Roles.SetSpecial(ctx, rbac.Special{
		DefaultUser:   w.roles[special.DefaultUser],
		Guest:         w.roles[special.Guest],
		NotLoggedIn:   w.roles[special.NotLoggedIn],
		FrontPage:     w.roles[special.FrontPage],
		FrontPageNode: w.nodes[special.FrontPageContext].ID,
	}))
	for _, user := range w.scenario.SiteAdmins {
		w.must(w.Stores.Roles.SetSiteAdmin(ctx, user, true))
		w.admins[user] = true
	}
	for _, u := range w.scenario.Users {
		switch u.Kind {
		case "notloggedin":
			w.actors[u.Key] = tenant.Actor{}
		default:
			w.actors[u.Key] = tenant.Actor{ID: u.Key, Tenant: u.Tenant, Guest: u.Kind == "guest"}
		}
	}
}

func (w *world) checker(wall rbac.Wall) *rbac.Checker {
	w.Helper()
	deleted := map[string]bool{}
	for _, u := range w.scenario.Users {
		deleted[u.Key] = u.Deleted
	}
	cfg := rbac.Config{
		Tree: w.Tree, Store: w.Stores.Roles, Wall: wall,
		ForceLogin:       w.scenario.Flags.ForceLogin,
		IgnoreLocks:      !w.scenario.Flags.Locking,
		LocksSpareAdmins: !w.scenario.Flags.LockAppliesToAdmin,
		Known:            func(_ context.Context, a tenant.Actor) (bool, error) { return !deleted[a.ID], nil },
	}
	for _, c := range w.caps {
		declared := rbac.Capability{Name: c.Key, ManagesLocks: c.LockExempt}
		if c.Type == "read" {
			declared.Kind = rbac.Read
		}
		if c.Risky {
			declared.Risks = rbac.RiskXSS
		}
		cfg.Capabilities = append(cfg.Capabilities, declared)
	}
	checker, err := rbac.NewChecker(cfg)
	w.must(err)
	return checker
}

func (w *world) compareAll() {
	w.Helper()
	checker := w.checker(rbac.Shared)
	s := w.scenario
	w.compare(checker, "shared", s.Matrix, rbac.Session{}, func(user string, n ctxtree.Node, recorded bool) (bool, bool) {
		return recorded, !w.admins[user] || w.actors[user].Tenant == ""
	})
	w.compare(checker, "without bypass", s.MatrixNoDoAnything, rbac.Session{NoBypass: true}, func(user string, n ctxtree.Node, recorded bool) (bool, bool) {
		return recorded, w.actors[user].Tenant == "" // recorded without a tenant rule
	})
	for _, sw := range s.Switched {
		var session rbac.Session
		for _, x := range sw.Switches {
			session.Switched = append(session.Switched, rbac.Switch{Role: w.roles[x[0]], Node: w.nodes[x[1]].ID})
		}
		w.compare(checker, "switched", matrix{sw.User: sw.Matrix}, session, asRecorded)
	}
	// The checker has everything in memory by now.
	for _, step := range s.Steps {
		_, err := w.Tree.Move(tenant.AcrossAll(context.Background(), "oracle"), w.nodes[step.Move].ID, w.nodes[step.To].ID)
		w.must(err)
		w.compare(checker, "after the move of "+step.Move, step.Matrix, rbac.Session{}, asRecorded)
		w.compare(w.checker(rbac.Shared), "cold, after the move of "+step.Move, step.Matrix, rbac.Session{}, asRecorded)
	}
	if s.MatrixNoWall != nil {
		w.compare(w.checker(rbac.Strict), "strict", s.MatrixNoWall, rbac.Session{}, w.strict)
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
	actor := w.actors[user]
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
// reaches the node.
func (w *world) compare(checker *rbac.Checker, what string, m matrix, session rbac.Session, expect expectation) {
	w.Helper()
	for user, rows := range m {
		actor := w.actors[user]
		for c, row := range rows {
			for i, key := range w.scenario.Contexts {
				n := w.nodes[key.Key]
				want, compared := expect(user, n, row[i] == '1')
				if !compared {
					continue
				}
				for _, ctx := range contexts(actor, n) {
					ctx = rbac.WithSession(tenant.WithActor(ctx, actor), session)
					w.one(checker, ctx, fmt.Sprintf("%s: %s, %s at %s, in mode %v", what, user, w.caps[c].Key, key.Key, tenant.ModeOf(ctx)), w.caps[c].Key, n.ID, want)
				}
			}
		}
	}
}

// contexts are the ways in which the actor can ask about the node: a member
// through its own tenant only, and also about what it does not reach.
func contexts(actor tenant.Actor, n ctxtree.Node) []context.Context {
	bg := context.Background()
	switch {
	case actor.Tenant != "":
		return []context.Context{tenant.WithID(bg, actor.Tenant)}
	case n.Tenant == "":
		return []context.Context{tenant.Global(bg), tenant.WithID(bg, "t1"), tenant.AcrossAll(bg, "oracle")}
	default:
		return []context.Context{tenant.WithID(bg, n.Tenant), tenant.Across(bg, "oracle", n.Tenant, "another"), tenant.AcrossAll(bg, "oracle")}
	}
}

// one wants the same answer in each of its forms, with a step that fits it.
func (w *world) one(checker *rbac.Checker, ctx context.Context, question, capability string, node int64, want bool) {
	w.Helper()
	w.compared++
	d, err := checker.Explain(ctx, capability, node)
	w.must(err)
	if d.Allowed != want {
		w.Fatalf("%s: the answer is %v (%v, by role %d on node %d), recorded is %v", question, d.Allowed, d.Step, d.Role, d.At, want)
	}
	if checker.Can(ctx, capability, node) != want {
		w.Fatalf("%s: Can and Explain disagree", question)
	}
	if allows := d.Step == rbac.StepAdmin || d.Step == rbac.StepAllow; allows != want {
		w.Fatalf("%s: the answer %v is explained by %q", question, want, d.Step)
	}
	var denied *rbac.DeniedError
	if err := checker.Check(ctx, capability, node); errors.As(err, &denied) == want || !want && denied.Step != d.Step {
		w.Fatalf("%s: Check says %v", question, err)
	}
}
