package rbac_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// office is a world with a manager of roles on it, and the roles of a school in
// it.
type office struct {
	*world
	checker *rbac.Checker
	manager *rbac.Manager
	ids     map[string]rbac.RoleID
	homes   map[string]tenant.ID
	strange map[string]bool // no candidates
	events  []tenant.Event
	fail    error // of the hook and of the audit
}

var governedCapabilities = []rbac.Capability{
	{Name: "view", Kind: rbac.Read},
	{Name: "edit"},
	{Name: "spam", Risks: rbac.RiskSpam},
	{Name: "trust", Risks: rbac.RiskManageTrust},
	{Name: "config", Risks: rbac.RiskConfig},
	{Name: "xss", Risks: rbac.RiskXSS},
	{Name: "personal", Risks: rbac.RiskPersonal},
	{Name: "loss", Risks: rbac.RiskSpam | rbac.RiskDataLoss},
	{Name: "old", ReplacedBy: "edit"},
	{Name: "role:assign"}, {Name: "role:override"}, {Name: "role:safeoverride"},
	{Name: "role:switch"}, {Name: "role:actas"}, {Name: "role:manage"},
}

var officeAsks = rbac.Asks{
	Assign: "role:assign", Override: "role:override", SafeOverride: "role:safeoverride",
	Switch: "role:switch", ActAs: "role:actas", Roles: "role:manage",
}

func newOffice(t *testing.T, wall rbac.Wall) *office {
	t.Helper()
	o := &office{world: newWorld(t), ids: map[string]rbac.RoleID{}, strange: map[string]bool{}}
	o.homes = map[string]tenant.ID{"ann": "acme", "amy": "acme", "art": "acme", "bob": "bolt", "gil": "", "gus": "", "root": "", "boss": "acme"}
	var err error
	o.checker, err = rbac.NewChecker(rbac.Config{Tree: o.tree, Store: o.roles, Capabilities: governedCapabilities, Wall: wall})
	require.NoError(t, err)
	o.manager, err = rbac.NewManager(o.config())
	require.NoError(t, err)
	for _, name := range []string{"manager", "teacher", "student", "user", "mute"} {
		o.ids[name] = o.role(name)
	}
	o.set(o.ids["student"], o.system, rbac.Allow, "view")
	o.set(o.ids["teacher"], o.system, rbac.Allow, "view", "edit")
	o.set(o.ids["manager"], o.system, rbac.Allow, "view", "edit", "role:assign", "role:override", "role:switch", "role:actas", "role:manage")
	o.special(rbac.Special{DefaultUser: o.ids["user"]})
	return o
}

func (o *office) config() rbac.ManagerConfig {
	return rbac.ManagerConfig{
		Checker: o.checker,
		Asks:    officeAsks,
		Tree:    func(tenant.DBTX) ctxtree.Store { return o.tree },
		Homes: func(_ context.Context, _ tenant.DBTX, users []string) (map[string]tenant.ID, error) {
			known := map[string]tenant.ID{}
			for _, user := range users {
				if home, ok := o.homes[user]; ok {
					known[user] = home
				}
			}
			return known, nil
		},
		Candidate: func(_ context.Context, _ tenant.DBTX, _ tenant.ID, user string) (bool, error) {
			return !o.strange[user], nil
		},
		Hooks: []tenant.Hook{func(ctx context.Context, _ tenant.DBTX, ev tenant.Event) error {
			return o.heard(ctx, ev)
		}},
		Audit: o.heard,
	}
}

// heard keeps the event. Its context is in the mode of the event's tenant.
func (o *office) heard(ctx context.Context, ev tenant.Event) error {
	in, ok := tenant.IDFromContext(ctx)
	require.Equal(o, ev.Tenant, in)
	if !ok {
		require.Equal(o, tenant.ModeGlobal, tenant.ModeOf(ctx))
	}
	require.False(o, ev.At.IsZero())
	if o.fail != nil {
		return o.fail
	}
	o.events = append(o.events, ev)
	return nil
}

func (o *office) pair(kind rbac.PairKind, role string, targets ...string) {
	o.Helper()
	for _, target := range targets {
		require.NoError(o, o.roles.SetPair(o.all, rbac.Pair{Kind: kind, Role: o.ids[role], Target: o.ids[target]}, true))
	}
}

// roleNames returns what the roles are called.
func roleNames(t *testing.T, roles []rbac.Role, err error) []string {
	t.Helper()
	require.NoError(t, err)
	var all []string
	for _, r := range roles {
		all = append(all, r.Name)
	}
	return all
}

func byHand(role rbac.RoleID, user string) rbac.Assignment {
	return rbac.Assignment{Role: role, User: user}
}

// state is everything that the stores hold.
func (o *office) state() string {
	o.Helper()
	all := ""
	for _, of := range []tenant.ID{"", "acme", "bolt"} {
		r, _, err := o.roles.Load(o.all, of)
		require.NoError(o, err)
		all += fmt.Sprintf("%+v\n", r)
	}
	return all
}

// refuses wants the error, and nothing changed and nothing recorded.
func (o *office) refuses(want error, fn func() error) {
	o.Helper()
	before, told := o.state(), len(o.events)
	require.ErrorIs(o, fn(), want)
	require.Equal(o, before, o.state())
	require.Len(o, o.events, told)
}

func TestRoleLists(t *testing.T) {
	t.Parallel()
	o := newOffice(t, rbac.Shared)
	require.NoError(t, o.roles.SetSiteAdmin(o.all, "root", true))
	for _, kind := range []rbac.PairKind{rbac.PairAssign, rbac.PairOverride, rbac.PairSwitch, rbac.PairView} {
		o.pair(kind, "manager", "teacher", "mute")
		o.pair(kind, "student", "manager") // whoever holds it has no capability but to view
		o.pair(kind, "user", "manager")    // everybody holds it, and it gives nothing
		o.pair(kind, "teacher", "student")
	}
	o.pair(rbac.PairView, "manager", "user") // of one kind only
	require.NoError(t, o.roles.Assign(o.all, o.acmeCat, byHand(o.ids["manager"], "ann")))
	require.NoError(t, o.roles.Assign(o.all, o.boltCat, byHand(o.ids["manager"], "ann")))
	require.NoError(t, o.roles.Assign(o.all, o.acmeCat, byHand(o.ids["student"], "amy")))
	require.NoError(t, o.roles.Assign(o.all, o.sharedCat, byHand(o.ids["manager"], "guest")))
	_, err := o.roles.DefineRole(o.all, rbac.Role{Name: "mute", Levels: []ctxtree.Level{"category"}})
	require.NoError(t, err)

	type lists struct{ assign, override, swap, view []string }
	all := []string{"manager", "teacher", "student", "user", "mute"}
	member := func(user string) context.Context { return as("acme", tenant.Actor{ID: user, Tenant: "acme"}) }
	root := tenant.Actor{ID: "root"}
	for name, c := range map[string]struct {
		ctx  context.Context
		node ctxtree.Node
		want lists
	}{
		"where the role is assigned":   {member("ann"), o.acmeCat, lists{[]string{"teacher", "mute"}, []string{"teacher", "mute"}, []string{"teacher"}, []string{"teacher", "user", "mute"}}},
		"below, on another level":      {member("ann"), o.acmeLeaf, lists{[]string{"teacher"}, []string{"teacher", "mute"}, []string{"teacher"}, []string{"teacher", "user", "mute"}}},
		"above":                        {member("ann"), o.acme, lists{}},
		"beside":                       {member("ann"), o.acmeOther, lists{}},
		"without the capabilities":     {member("amy"), o.acmeCourse, lists{view: []string{"manager"}}},
		"with the default role only":   {member("art"), o.acmeCourse, lists{}},
		"a guest":                      {as("", guest), o.sharedCat, lists{}}, // whatever it was given
		"a site administrator":         {as("acme", root), o.acmeCourse, lists{[]string{"manager", "teacher", "student", "user"}, all, []string{"manager", "teacher", "student"}, all}},
		"one who gives that up":        {rbac.WithSession(as("acme", root), rbac.Session{NoBypass: true}), o.acmeCourse, lists{}},
		"one who is bound elsewhere":   {rbac.WithSession(as("acme", root), rbac.Session{Bound: o.acmeOther.ID}), o.acmeCourse, lists{}},
		"one who is bound above":       {rbac.WithSession(as("acme", root), rbac.Session{Bound: o.acmeCat.ID}), o.acmeCourse, lists{[]string{"manager", "teacher", "student", "user"}, all, []string{"manager", "teacher", "student"}, all}},
		"across tenants":               {tenant.WithActor(tenant.AcrossAll(t.Context(), "test"), root), o.boltCat, lists{all, all, []string{"manager", "teacher", "student"}, all}},
		"across listed tenants":        {tenant.WithActor(tenant.Across(t.Context(), "test", "bolt"), root), o.boltCat, lists{all, all, []string{"manager", "teacher", "student"}, all}},
		"an administrator's own flag":  {as("acme", tenant.Actor{ID: "root", Tenant: "acme"}), o.sharedCat, lists{}},
		"while another role is on":     {rbac.WithSession(member("ann"), rbac.Session{Switched: []rbac.Switch{{Role: o.ids["student"], Node: o.acmeCat.ID}}}), o.acmeCat, lists{view: []string{"teacher", "user", "mute"}}},
		"while bound to another place": {rbac.WithSession(member("ann"), rbac.Session{Bound: o.acmeOther.ID}), o.acmeCat, lists{}},
	} {
		t.Run(name, func(t *testing.T) {
			var got lists
			roles, err := o.manager.Assignable(c.ctx, c.node.ID)
			got.assign = roleNames(t, roles, err)
			roles, err = o.manager.Overridable(c.ctx, c.node.ID)
			got.override = roleNames(t, roles, err)
			roles, err = o.manager.Switchable(c.ctx, c.node.ID)
			got.swap = roleNames(t, roles, err)
			roles, err = o.manager.Viewable(c.ctx, c.node.ID)
			got.view = roleNames(t, roles, err)
			require.Equal(t, c.want, got)
		})
	}
	// Beyond the wall is like nowhere, whatever is assigned there.
	for _, node := range []ctxtree.Node{o.boltCat, o.nowhere} {
		for _, list := range []func(context.Context, int64) ([]rbac.Role, error){
			o.manager.Assignable, o.manager.Overridable, o.manager.Switchable, o.manager.Viewable,
		} {
			_, err := list(member("ann"), node.ID)
			require.EqualError(t, err, "rbac: there is no such node")
			require.ErrorIs(t, err, ctxtree.ErrNoNode)
		}
	}
}

// Whom the application does not know any more has no roles to view, be it by what it
// holds or by the flag, and makes no administrators.
func TestUnknownHaveNoPairs(t *testing.T) {
	t.Parallel()
	o := newOffice(t, rbac.Strict)
	gone := false
	cfg := o.config()
	var err error
	cfg.Checker, err = rbac.NewChecker(rbac.Config{Tree: o.tree, Store: o.roles, Capabilities: governedCapabilities,
		Known: func(context.Context, tenant.Actor) (bool, error) { return !gone, nil }})
	require.NoError(t, err)
	manager, err := rbac.NewManager(cfg)
	require.NoError(t, err)
	o.pair(rbac.PairView, "manager", "teacher")
	require.NoError(t, o.roles.Assign(o.all, o.acmeCat, byHand(o.ids["manager"], "ann")))
	require.NoError(t, o.roles.SetSiteAdmin(o.all, "root", true))
	for _, actor := range []tenant.Actor{ann, {ID: "root"}} {
		gone = false
		roles, err := manager.Viewable(as("acme", actor), o.acmeCourse.ID)
		require.NoError(t, err)
		require.NotEmpty(t, roles)
		gone = true
		roles, err = manager.Viewable(as("acme", actor), o.acmeCourse.ID)
		require.NoError(t, err)
		require.Empty(t, roles)
	}
	o.refuses(rbac.ErrDenied, func() error { return manager.SetSiteAdmin(as("", tenant.Actor{ID: "root"}), "gus", true) })
}

// A safe override alone lists as well.
func TestOverridableSafely(t *testing.T) {
	t.Parallel()
	o := newOffice(t, rbac.Strict)
	o.set(o.ids["teacher"], o.system, rbac.Allow, "role:safeoverride")
	o.pair(rbac.PairOverride, "teacher", "student")
	require.NoError(t, o.roles.Assign(o.all, o.acmeCat, byHand(o.ids["teacher"], "ann")))
	roles, err := o.manager.Overridable(as("acme", ann), o.acmeCourse.ID)
	require.Equal(t, []string{"student"}, roleNames(t, roles, err))
}

func TestNewManager(t *testing.T) {
	t.Parallel()
	o := newOffice(t, rbac.Strict)
	for name, change := range map[string]func(*rbac.ManagerConfig){
		"no checker":                 func(c *rbac.ManagerConfig) { c.Checker = nil },
		"a checker of no stores":     func(c *rbac.ManagerConfig) { c.Checker = &rbac.Checker{} },
		"no tree":                    func(c *rbac.ManagerConfig) { c.Tree = nil },
		"no homes":                   func(c *rbac.ManagerConfig) { c.Homes = nil },
		"acting without a record":    func(c *rbac.ManagerConfig) { c.Audit = nil },
		"a capability nobody has":    func(c *rbac.ManagerConfig) { c.Asks.Assign = "role:asign" },
		"a hook that is none":        func(c *rbac.ManagerConfig) { c.Hooks = []tenant.Hook{nil} },
		"another unknown capability": func(c *rbac.ManagerConfig) { c.Asks.Roles = "x" },
	} {
		cfg := o.config()
		change(&cfg)
		_, err := rbac.NewManager(cfg)
		require.Error(t, err, name)
	}
	cfg := o.config()
	cfg.Asks, cfg.Audit, cfg.Hooks, cfg.Candidate = rbac.Asks{}, nil, nil, nil
	g, err := rbac.NewManager(cfg)
	require.NoError(t, err)
	// What has no name nobody may.
	require.NoError(t, o.roles.SetSiteAdmin(o.all, "root", true))
	root := as("acme", tenant.Actor{ID: "root"})
	require.ErrorIs(t, g.Assign(root, o.acmeCat.ID, byHand(o.ids["student"], "amy")), rbac.ErrDenied)
	require.ErrorIs(t, g.Override(root, o.acmeCat.ID, o.ids["student"], "edit", rbac.Allow), rbac.ErrDenied)
	_, err = g.SwitchRole(root, o.acmeCat.ID, o.ids["student"])
	require.ErrorIs(t, err, rbac.ErrDenied)
	_, err = g.ActAs(root, "amy", o.acmeCat.ID)
	require.ErrorIs(t, err, rbac.ErrDenied)
}

var errHook = errors.New("the hook says no")
