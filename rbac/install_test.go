package rbac_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

var schoolRoles = []rbac.Role{
	{Name: "manager", Archetype: rbac.ArchetypeManager},
	{Name: "creator", Archetype: rbac.ArchetypeCreator},
	{Name: "editingteacher", Archetype: rbac.ArchetypeEditingTeacher},
	{Name: "teacher", Archetype: rbac.ArchetypeTeacher},
	{Name: "student", Archetype: rbac.ArchetypeStudent},
	{Name: "guest", Archetype: rbac.ArchetypeGuest},
	{Name: "user", Archetype: rbac.ArchetypeUser},
	{Name: "frontpage", Archetype: rbac.ArchetypeFrontPage},
	{Name: "plain"},
}

var lessons = []rbac.Capability{
	{Name: "view", Kind: rbac.Read, Level: "course", Defaults: map[rbac.Archetype]rbac.Permission{rbac.ArchetypeGuest: rbac.Allow, rbac.ArchetypeManager: rbac.Allow}},
	{Name: "site", Level: ctxtree.LevelSystem, Defaults: map[rbac.Archetype]rbac.Permission{rbac.ArchetypeManager: rbac.Allow}},
	{Name: "edit", Level: "course", Defaults: map[rbac.Archetype]rbac.Permission{
		rbac.ArchetypeManager: rbac.Allow, rbac.ArchetypeEditingTeacher: rbac.Allow, rbac.ArchetypeGuest: rbac.Prevent, rbac.ArchetypeTenantManager: rbac.Inherit,
	}},
	{Name: "drop", Defaults: map[rbac.Archetype]rbac.Permission{rbac.ArchetypeManager: rbac.Allow, rbac.ArchetypeGuest: rbac.Prohibit}},
	{Name: "old", ReplacedBy: "edit", Defaults: map[rbac.Archetype]rbac.Permission{rbac.ArchetypeStudent: rbac.Allow}},
	{Name: "role:manage", Defaults: map[rbac.Archetype]rbac.Permission{rbac.ArchetypeManager: rbac.Allow}},
}

// The table of default pairs, from the rules that research has recorded of
// Moodle: kind, holder, targets.
var begins = map[rbac.PairKind]map[string][]string{
	rbac.PairAssign: {
		"manager":        {"manager", "creator", "editingteacher", "teacher", "student"},
		"editingteacher": {"teacher", "student"},
	},
	rbac.PairOverride: {
		"manager":        {"manager", "creator", "editingteacher", "teacher", "student", "guest", "user", "frontpage"},
		"editingteacher": {"teacher", "student", "guest"},
	},
	rbac.PairSwitch: {
		"manager":        {"editingteacher", "teacher", "student", "guest"},
		"editingteacher": {"teacher", "student", "guest"},
		"teacher":        {"student", "guest"},
	},
	rbac.PairView: {
		"manager":        {"manager", "creator", "editingteacher", "teacher", "student", "guest", "user", "frontpage"},
		"creator":        {"creator", "editingteacher", "teacher", "student"},
		"editingteacher": {"creator", "editingteacher", "teacher", "student"},
		"teacher":        {"creator", "editingteacher", "teacher", "student"},
		"student":        {"creator", "editingteacher", "teacher", "student"},
	},
}

func TestInstall(t *testing.T) {
	t.Parallel()
	const a, p, x = rbac.Allow, rbac.Prevent, rbac.Prohibit
	all := tenant.AcrossAll(t.Context(), "test")
	for name, order := range map[string]func([]rbac.Role) [][]rbac.Role{
		"at once": func(r []rbac.Role) [][]rbac.Role { return [][]rbac.Role{r} },
		"one by one, the last first": func(r []rbac.Role) (each [][]rbac.Role) {
			for k := range r {
				each = append(each, []rbac.Role{r[len(r)-1-k]})
			}
			return each
		},
	} {
		t.Run(name, func(t *testing.T) {
			store := rbac.NewMemory()
			ids := map[string]rbac.RoleID{}
			for _, roles := range order(schoolRoles) {
				installed, err := rbac.Install(all, store, lessons, roles...)
				require.NoError(t, err)
				require.Len(t, installed, len(roles))
				for k, r := range installed {
					require.Equal(t, roles[k].Name, r.Name)
					ids[r.Name] = r.ID
				}
			}
			rules, _, err := store.Load(all, "")
			require.NoError(t, err)
			want := map[rbac.Pair]bool{}
			for kind, table := range begins {
				for holder, targets := range table {
					for _, target := range targets {
						want[rbac.Pair{Kind: kind, Role: ids[holder], Target: ids[target]}] = true
					}
				}
			}
			got := map[rbac.Pair]bool{}
			for _, p := range rules.Pairs {
				got[p] = true
			}
			require.Equal(t, want, got)

			defined := map[rbac.RoleID]map[string]rbac.Permission{}
			for _, p := range rules.Permissions {
				require.Equal(t, ctxtree.SystemID, p.Node)
				if defined[p.Role] == nil {
					defined[p.Role] = map[string]rbac.Permission{}
				}
				defined[p.Role][p.Capability] = p.Permission
			}
			require.Equal(t, map[rbac.RoleID]map[string]rbac.Permission{
				ids["manager"]:        {"view": a, "site": a, "edit": a, "drop": a, "role:manage": a},
				ids["editingteacher"]: {"edit": a},
				ids["guest"]:          {"view": a, "edit": p, "drop": x},
			}, defined)
		})
	}
}

// A tenant's manager has what a manager has, without what is the system's and
// what a capability says otherwise of it.
func TestInstallTenantManager(t *testing.T) {
	t.Parallel()
	all := tenant.AcrossAll(t.Context(), "test")
	store := rbac.NewMemory()
	roles, err := rbac.Install(all, store, lessons, append(schoolRoles[:5:5], rbac.Role{Name: "boss", Archetype: rbac.ArchetypeTenantManager})...)
	require.NoError(t, err)
	boss := roles[5].ID
	rules, _, err := store.Load(all, "")
	require.NoError(t, err)
	var has []string
	for _, p := range rules.Permissions {
		if p.Role == boss {
			has = append(has, p.Capability)
		}
	}
	require.Equal(t, []string{"drop", "role:manage", "view"}, has)
	for _, p := range rules.Pairs {
		require.False(t, p.Kind != rbac.PairView && p.Target == boss, "nobody makes a tenant's manager by hand, or changes what it may: %+v", p)
		require.False(t, p.Role == boss && p.Target == roles[0].ID, "nor does it the installation's: %+v", p)
	}
}

func TestInstallAgain(t *testing.T) {
	t.Parallel()
	all := tenant.AcrossAll(t.Context(), "test")
	store := rbac.NewMemory()
	first, err := rbac.Install(all, store, lessons, schoolRoles...)
	require.NoError(t, err)
	system := ctxtree.Node{ID: ctxtree.SystemID}
	require.NoError(t, store.SetPermission(all, system, first[0].ID, "edit", rbac.Prevent))
	require.NoError(t, store.SetPair(all, rbac.Pair{Kind: rbac.PairAssign, Role: first[0].ID, Target: first[1].ID}, false))
	before, _, err := store.Load(all, "")
	require.NoError(t, err)
	again, err := rbac.Install(all, store, lessons, schoolRoles...)
	require.NoError(t, err)
	require.Equal(t, first, again)
	after, _, err := store.Load(all, "")
	require.NoError(t, err)
	require.Equal(t, before, after)

	for _, bad := range []rbac.Role{{Name: "x y"}, {Name: "x", Archetype: "boss"}} {
		_, err := rbac.Install(all, store, lessons, rbac.Role{Name: "fine"}, bad)
		require.ErrorIs(t, err, rbac.ErrInvalid)
	}
	_, err = rbac.Install(all, store, []rbac.Capability{{Name: "x", Defaults: map[rbac.Archetype]rbac.Permission{"boss": rbac.Allow}}}, rbac.Role{Name: "fine"})
	require.ErrorIs(t, err, rbac.ErrInvalid)
	_, err = rbac.Install(tenant.WithID(t.Context(), "acme"), store, lessons, rbac.Role{Name: "fine"})
	require.ErrorIs(t, err, ctxtree.ErrOutside)
	last, _, err := store.Load(all, "")
	require.NoError(t, err)
	require.Equal(t, before, last)
}

func TestResetAndDeleteRole(t *testing.T) {
	t.Parallel()
	o := newOffice(t, rbac.Strict)
	var err error
	o.roles = rbac.NewMemory()
	roles, err := rbac.Install(o.all, o.roles, lessons, schoolRoles...)
	require.NoError(t, err)
	o.checker, err = rbac.NewChecker(rbac.Config{Tree: o.tree, Store: o.roles, Capabilities: lessons})
	require.NoError(t, err)
	cfg := o.config()
	cfg.Asks = rbac.Asks{Roles: "role:manage"}
	g, err := rbac.NewManager(cfg)
	require.NoError(t, err)
	manager, creator, teacher := roles[0].ID, roles[1].ID, roles[2].ID
	require.NoError(t, o.roles.Assign(o.all, o.system, byHand(manager, "gil")))
	require.NoError(t, o.roles.Assign(o.all, o.acme, byHand(manager, "ann")))
	in := as("", gil)
	begin := o.state()

	o.set(teacher, o.system, rbac.Prohibit, "view", "edit")
	o.set(teacher, o.system, rbac.Allow, "drop")
	require.NoError(t, o.roles.SetPair(o.all, rbac.Pair{Kind: rbac.PairAssign, Role: teacher, Target: roles[4].ID}, false))
	require.NoError(t, o.roles.SetPair(o.all, rbac.Pair{Kind: rbac.PairAssign, Role: teacher, Target: manager}, true))
	require.NoError(t, g.ResetRole(in, teacher))
	require.Equal(t, begin, o.state())
	require.Equal(t, rbac.RoleReset, o.events[0].Kind)

	// What others may do with it, and what is said elsewhere, stays.
	require.NoError(t, o.roles.SetPair(o.all, rbac.Pair{Kind: rbac.PairAssign, Role: creator, Target: teacher}, true))
	o.set(teacher, o.acmeCat, rbac.Prevent, "edit")
	changed := o.state()
	require.NoError(t, g.ResetRole(in, teacher))
	require.Equal(t, changed, o.state())

	for name, c := range map[string]struct {
		fn   func() error
		want error
	}{
		"reset in a tenant":  {func() error { return g.ResetRole(as("acme", gil), teacher) }, ctxtree.ErrOutside},
		"reset by a member":  {func() error { return g.ResetRole(as("acme", ann), teacher) }, ctxtree.ErrNoNode},
		"reset by anybody":   {func() error { return g.ResetRole(as("", tenant.Actor{ID: "gus"}), teacher) }, rbac.ErrDenied},
		"delete by anybody":  {func() error { return g.DeleteRole(as("", tenant.Actor{ID: "gus"}), teacher) }, rbac.ErrDenied},
		"reset what is none": {func() error { return g.ResetRole(in, 1<<40) }, rbac.ErrUnknownRole},
		"delete what is not": {func() error { return g.DeleteRole(in, 1<<40) }, rbac.ErrUnknownRole},
	} {
		t.Run(name, func(t *testing.T) {
			o.world.T = t
			o.refuses(c.want, c.fn)
		})
	}
	o.world.T = t
	require.NoError(t, g.DeleteRole(in, creator))
	require.Equal(t, rbac.RoleDeleted, o.events[len(o.events)-1].Kind)
	require.Equal(t, "creator", o.events[len(o.events)-1].Object)
	require.ErrorIs(t, g.DeleteRole(in, creator), rbac.ErrUnknownRole)

	// What a tenant's part still says about a deleted role has no effect.
	require.True(t, o.checker.Can(as("acme", ann), "edit", o.acmeLeaf.ID))
	require.NoError(t, g.DeleteRole(in, manager))
	require.False(t, o.checker.Can(as("acme", ann), "edit", o.acmeLeaf.ID))
	held, err := o.roles.Assignments(o.all, "acme", rbac.Filter{User: "ann"})
	require.NoError(t, err)
	require.Len(t, held, 1)
}

func TestSiteAdmins(t *testing.T) {
	t.Parallel()
	o := newOffice(t, rbac.Strict)
	require.NoError(t, o.roles.SetSiteAdmin(o.all, "root", true))
	require.NoError(t, o.roles.Assign(o.all, o.system, byHand(o.ids["manager"], "gus")))
	root := tenant.Actor{ID: "root"}
	in := as("", root)
	require.NoError(t, o.manager.SetSiteAdmin(in, "gil", true))
	require.Equal(t, rbac.AdminAdded, o.events[0].Kind)
	is, err := o.roles.IsSiteAdmin(o.all, "gil")
	require.NoError(t, err)
	require.True(t, is)
	for name, c := range map[string]struct {
		fn   func() error
		want error
	}{
		"a member":         {func() error { return o.manager.SetSiteAdmin(in, "ann", true) }, rbac.ErrMember},
		"somebody unknown": {func() error { return o.manager.SetSiteAdmin(in, "ghost", true) }, rbac.ErrNoCandidate},
		"a malformed one":  {func() error { return o.manager.SetSiteAdmin(in, " gus", true) }, rbac.ErrInvalid},
		"by a manager":     {func() error { return o.manager.SetSiteAdmin(as("", tenant.Actor{ID: "gus"}), "gus", true) }, rbac.ErrDenied},
		"herself":          {func() error { return o.manager.SetSiteAdmin(in, "root", false) }, rbac.ErrDenied},
		"in a tenant":      {func() error { return o.manager.SetSiteAdmin(as("acme", root), "gus", true) }, ctxtree.ErrOutside},
		"by a guest with a flag": {func() error {
			return o.manager.SetSiteAdmin(as("", tenant.Actor{ID: "root", Guest: true}), "gus", true)
		}, rbac.ErrDenied},
		"by one who gave it up": {func() error {
			return o.manager.SetSiteAdmin(rbac.WithSession(in, rbac.Session{NoBypass: true}), "gus", true)
		}, rbac.ErrDenied},
		"by one who has switched": {func() error {
			return o.manager.SetSiteAdmin(rbac.WithSession(in, rbac.Session{Switched: []rbac.Switch{{Role: o.ids["manager"], Node: 1}}}), "gus", true)
		}, rbac.ErrDenied},
		"by a member with a flag": {func() error {
			return o.manager.SetSiteAdmin(as("", tenant.Actor{ID: "root", Tenant: "acme"}), "gus", true)
		}, ctxtree.ErrNoNode},
	} {
		t.Run(name, func(t *testing.T) {
			o.world.T = t
			o.refuses(c.want, c.fn)
		})
	}
	o.world.T = t
	require.NoError(t, o.manager.SetSiteAdmin(in, "gil", false))
	require.Equal(t, rbac.AdminRemoved, o.events[1].Kind)
}
