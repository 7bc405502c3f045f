// Package rbactest holds every implementation of rbac.Store to its contract,
// and a checker on any stores to recorded answers.
package rbactest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// TestStore runs the whole suite against the stores that newStore makes. Each
// call of it gives another, empty store.
func TestStore(t *testing.T, newStore func(t *testing.T) rbac.Store) {
	for _, c := range []struct {
		name string
		run  func(*fixture)
	}{
		{"an empty store has empty parts", empty},
		{"roles are defined by name", roles},
		{"roles keep what is said of them", traits},
		{"roles are deleted with what belongs to them", deleted},
		{"pairs come and go", pairs},
		{"permissions are set, replaced and removed", permissions},
		{"several permissions are one change", several},
		{"assignments differ in every field", assignments},
		{"assignments are selected by what is set", filters},
		{"a line of nodes is loaded without the rest", lines},
		{"what is changed together counts together", changes},
		{"special roles are replaced as a whole", special},
		{"site administrators come and go", admins},
		{"parts are kept apart", parts},
		{"a context reads and writes by its mode", modes},
		{"malformed and unknown things change nothing", refused},
		{"subscribers are told of every change", subscribe},
		{"numbers grow with every change of a part", numbers},
		{"concurrent writers lose nothing", concurrent},
		{"what a change has read stays so until its end", held},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.run(&fixture{T: t, s: newStore(t), all: tenant.AcrossAll(context.Background(), "test")})
		})
	}
}

type fixture struct {
	*testing.T
	s   rbac.Store
	all context.Context
}

// Nodes as a tree would have returned them. The store does not look them up.
var (
	system = ctxtree.Node{ID: ctxtree.SystemID}
	acme   = ctxtree.Node{ID: 7, Tenant: "acme"}
	deep   = ctxtree.Node{ID: 8, Tenant: "acme"}
	bolt   = ctxtree.Node{ID: 9, Tenant: "bolt"}
)

func (f *fixture) ok(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) is(err, want error) {
	f.Helper()
	if !errors.Is(err, want) {
		f.Fatalf("error is %v, not %v", err, want)
	}
}

func (f *fixture) role(name string) rbac.RoleID {
	f.Helper()
	r, err := f.s.DefineRole(f.all, rbac.Role{Name: name})
	f.ok(err)
	return r.ID
}

func (f *fixture) load(of tenant.ID) rbac.Rules {
	f.Helper()
	r, _, err := f.s.Load(f.all, of)
	f.ok(err)
	return r
}

// holds wants exactly these rules in a part; nil and empty lists are the same.
func (f *fixture) holds(of tenant.ID, want rbac.Rules) {
	f.Helper()
	if got := f.load(of); fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		f.Fatalf("part %q holds\n%+v, not\n%+v", of, got, want)
	}
}

// unchanged runs fn and wants every part to be the same afterwards.
func (f *fixture) unchanged(fn func()) {
	f.Helper()
	all := func() (rules []rbac.Rules) {
		for _, of := range []tenant.ID{"", "acme", "bolt", "corp"} {
			rules = append(rules, f.load(of))
		}
		return rules
	}
	before := all()
	fn()
	if !reflect.DeepEqual(before, all()) {
		f.Fatal("the store has changed")
	}
}

func empty(f *fixture) {
	f.holds("", rbac.Rules{})
	f.holds("acme", rbac.Rules{})
}

func roles(f *fixture) {
	editor, err := f.s.DefineRole(f.all, rbac.Role{Name: "editor", Title: "Editor"})
	f.ok(err)
	viewer, err := f.s.DefineRole(f.all, rbac.Role{Name: "viewer"})
	f.ok(err)
	if editor.ID <= 0 || viewer.ID <= editor.ID || editor.Name != "editor" || editor.Title != "Editor" {
		f.Fatalf("roles are %+v and %+v", editor, viewer)
	}
	again, err := f.s.DefineRole(f.all, rbac.Role{ID: 99, Name: "editor", Title: "Redaktör"})
	f.ok(err)
	if again.ID != editor.ID {
		f.Fatalf("the role of the same name has number %d, not %d", again.ID, editor.ID)
	}
	f.holds("", rbac.Rules{Roles: []rbac.Role{{ID: editor.ID, Name: "editor", Title: "Redaktör"}, viewer}})
	f.holds("acme", rbac.Rules{})
}

func permissions(f *fixture) {
	a, b := f.role("a"), f.role("b")
	set := func(at ctxtree.Node, role rbac.RoleID, capability string, p rbac.Permission) {
		f.Helper()
		f.ok(f.s.SetPermission(f.all, at, role, capability, p))
	}
	set(deep, a, "x:y", rbac.Prevent)
	set(acme, b, "x:y", rbac.Allow)
	set(acme, a, "x:z", rbac.Prohibit)
	set(acme, a, "x:y", rbac.Allow)
	set(acme, a, "x:y", rbac.Allow)
	f.holds("acme", rbac.Rules{Permissions: []rbac.PlacedPermission{
		{Node: 7, Role: a, Capability: "x:y", Permission: rbac.Allow},
		{Node: 7, Role: a, Capability: "x:z", Permission: rbac.Prohibit},
		{Node: 7, Role: b, Capability: "x:y", Permission: rbac.Allow},
		{Node: 8, Role: a, Capability: "x:y", Permission: rbac.Prevent},
	}})
	set(acme, a, "x:y", rbac.Prohibit)
	set(acme, a, "x:z", rbac.Inherit)
	set(acme, b, "x:y", rbac.Inherit)
	set(acme, b, "x:y", rbac.Inherit)
	f.holds("acme", rbac.Rules{Permissions: []rbac.PlacedPermission{
		{Node: 7, Role: a, Capability: "x:y", Permission: rbac.Prohibit},
		{Node: 8, Role: a, Capability: "x:y", Permission: rbac.Prevent},
	}})
	// Capabilities are compared by bytes.
	set(deep, a, "X:Y", rbac.Allow)
	set(deep, a, "x:y", rbac.Inherit)
	f.holds("acme", rbac.Rules{Permissions: []rbac.PlacedPermission{
		{Node: 7, Role: a, Capability: "x:y", Permission: rbac.Prohibit},
		{Node: 8, Role: a, Capability: "X:Y", Permission: rbac.Allow},
	}})
}

func assignments(f *fixture) {
	a, b := f.role("a"), f.role("b")
	all := []rbac.PlacedAssignment{
		{Node: 7, Assignment: rbac.Assignment{Role: a, User: "Ann"}},
		{Node: 7, Assignment: rbac.Assignment{Role: a, User: "ann"}},
		{Node: 7, Assignment: rbac.Assignment{Role: a, User: "ann", Item: 1}},
		{Node: 7, Assignment: rbac.Assignment{Role: a, User: "ann", Component: "sync"}},
		{Node: 7, Assignment: rbac.Assignment{Role: a, User: "ann", Component: "sync", Item: -2}},
		{Node: 7, Assignment: rbac.Assignment{Role: b, User: "ann"}},
		{Node: 8, Assignment: rbac.Assignment{Role: a, User: "ann"}},
		{Node: 8, Assignment: rbac.Assignment{Role: a, User: "o'Ann \"%\\ 日本"}},
	}
	ordered := append([]rbac.PlacedAssignment{}, all...)
	ordered[3], ordered[4] = ordered[4], ordered[3] // by item within the component
	for i := range all {
		x := all[len(all)-1-i]
		f.ok(f.s.Assign(f.all, ctxtree.Node{ID: x.Node, Tenant: "acme"}, x.Assignment))
		f.ok(f.s.Assign(f.all, ctxtree.Node{ID: x.Node, Tenant: "acme"}, x.Assignment))
	}
	f.holds("acme", rbac.Rules{Assignments: ordered})
	for i, x := range ordered {
		f.ok(f.s.Unassign(f.all, ctxtree.Node{ID: x.Node, Tenant: "acme"}, x.Assignment))
		f.ok(f.s.Unassign(f.all, ctxtree.Node{ID: x.Node, Tenant: "acme"}, x.Assignment))
		f.holds("acme", rbac.Rules{Assignments: ordered[i+1:]})
	}
}

func special(f *fixture) {
	a, b := f.role("a"), f.role("b")
	defined := f.load("").Roles
	all := rbac.Special{DefaultUser: a, Guest: b, NotLoggedIn: a, FrontPage: b, FrontPageNode: 12}
	f.ok(f.s.SetSpecial(f.all, all))
	f.holds("", rbac.Rules{Roles: defined, Special: all})
	some := rbac.Special{Guest: a}
	f.ok(f.s.SetSpecial(f.all, some))
	f.holds("", rbac.Rules{Roles: defined, Special: some})
	f.unchanged(func() {
		f.is(f.s.SetSpecial(f.all, rbac.Special{DefaultUser: a, Guest: 1 << 40}), rbac.ErrUnknownRole)
	})
	f.ok(f.s.SetSpecial(f.all, rbac.Special{}))
	f.holds("", rbac.Rules{Roles: defined})
}

func admins(f *fixture) {
	for _, user := range []string{"root", "Root", "root", "o'Root"} {
		f.ok(f.s.SetSiteAdmin(f.all, user, true))
	}
	f.holds("", rbac.Rules{SiteAdmins: []string{"Root", "o'Root", "root"}})
	// An actor's id is what the application has put there, well formed or not.
	for user, is := range map[string]bool{"root": true, "root ": false, "ROOT": false, " root": false, "nobody": false, "": false} {
		got, err := f.s.IsSiteAdmin(f.all, user)
		f.ok(err)
		shared, _, err := f.s.LoadLine(f.all, []ctxtree.Node{system}, user)
		f.ok(err)
		if got != is || len(shared.SiteAdmins) > 0 != is {
			f.Fatalf("IsSiteAdmin(%q) is %v, and of a line %q", user, got, shared.SiteAdmins)
		}
	}
	f.ok(f.s.SetSiteAdmin(f.all, "root", false))
	f.ok(f.s.SetSiteAdmin(f.all, "nobody", false))
	f.holds("", rbac.Rules{SiteAdmins: []string{"Root", "o'Root"}})
}

func parts(f *fixture) {
	a := f.role("a")
	for _, at := range []ctxtree.Node{system, acme, bolt} {
		f.ok(f.s.SetPermission(f.all, at, a, "x:y", rbac.Allow))
		f.ok(f.s.Assign(f.all, at, rbac.Assignment{Role: a, User: "ann"}))
	}
	defined := f.load("").Roles
	part := func(node int64) rbac.Rules {
		return rbac.Rules{
			Permissions: []rbac.PlacedPermission{{Node: node, Role: a, Capability: "x:y", Permission: rbac.Allow}},
			Assignments: []rbac.PlacedAssignment{{Node: node, Assignment: rbac.Assignment{Role: a, User: "ann"}}},
		}
	}
	global := part(1)
	global.Roles = defined
	f.holds("", global)
	f.holds("acme", part(7))
	f.holds("bolt", part(9))
	f.holds("corp", rbac.Rules{})

	// The same number in another part is something else.
	forged := ctxtree.Node{ID: bolt.ID, Tenant: "acme"}
	f.ok(f.s.Unassign(f.all, forged, rbac.Assignment{Role: a, User: "ann"}))
	f.ok(f.s.SetPermission(f.all, forged, a, "x:y", rbac.Inherit))
	f.holds("bolt", part(9))
	f.holds("acme", part(7))
}

func modes(f *fixture) {
	a := f.role("a")
	bg := context.Background()
	for _, m := range []struct {
		name  string
		ctx   context.Context
		read  map[tenant.ID]error
		write map[tenant.ID]error
	}{
		{"none", bg, all(tenant.ErrNoTenant), all(tenant.ErrNoTenant)},
		{"refused", tenant.WithID(tenant.WithID(bg, "acme"), "bolt"), all(tenant.ErrTenantConflict), all(tenant.ErrTenantConflict)},
		{
			"tenant", tenant.WithID(bg, "acme"),
			map[tenant.ID]error{"acme": nil, "": nil, "bolt": ctxtree.ErrOutside},
			map[tenant.ID]error{"acme": nil, "": ctxtree.ErrOutside, "bolt": ctxtree.ErrOutside},
		},
		{
			"global", tenant.Global(bg),
			map[tenant.ID]error{"acme": ctxtree.ErrOutside, "": nil, "bolt": ctxtree.ErrOutside},
			map[tenant.ID]error{"acme": ctxtree.ErrOutside, "": nil, "bolt": ctxtree.ErrOutside},
		},
		{
			"across", tenant.Across(bg, "test", "acme", "corp"),
			map[tenant.ID]error{"acme": nil, "": ctxtree.ErrOutside, "bolt": ctxtree.ErrOutside},
			all(tenant.ErrSeveralTenants),
		},
		{"across all", f.all, all(nil), all(nil)},
	} {
		for _, at := range []ctxtree.Node{system, acme, bolt} {
			f.Log(m.name, at.Tenant)
			_, _, err := f.s.Load(m.ctx, at.Tenant)
			f.is(err, m.read[at.Tenant])
			_, err = f.s.Assignments(m.ctx, at.Tenant, rbac.Filter{User: "ann"})
			f.is(err, m.read[at.Tenant])
			try := func() {
				f.is(f.s.SetPermission(m.ctx, at, a, "x:y", rbac.Allow), m.write[at.Tenant])
				f.is(f.s.Assign(m.ctx, at, rbac.Assignment{Role: a, User: "ann"}), m.write[at.Tenant])
				f.is(f.s.Unassign(m.ctx, at, rbac.Assignment{Role: a, User: "ann"}), m.write[at.Tenant])
				f.is(f.s.SetPermission(m.ctx, at, a, "x:y", rbac.Inherit), m.write[at.Tenant])
				_, err := f.s.UnassignAll(m.ctx, at.Tenant, rbac.Filter{User: "ann"})
				f.is(err, m.write[at.Tenant])
				_, err = f.s.Sweep(m.ctx, at.Tenant)
				f.is(err, m.write[at.Tenant])
				called := false
				f.is(f.s.Change(m.ctx, at.Tenant, func(rbac.Store, tenant.DBTX) error {
					called = true
					return nil
				}), m.write[at.Tenant])
				if called != (m.write[at.Tenant] == nil) {
					f.Fatal("what may not change was called, or what may was not")
				}
				if at.Tenant == "" {
					_, err = f.s.DefineRole(m.ctx, rbac.Role{Name: "a"})
					f.is(err, m.write[""])
					f.is(f.s.SetSpecial(m.ctx, rbac.Special{}), m.write[""])
					f.is(f.s.DeleteRole(m.ctx, 1<<40), m.write[""])
					f.is(f.s.SetPair(m.ctx, rbac.Pair{Kind: rbac.PairView, Role: a, Target: a}, false), m.write[""])
					_, err = f.s.IsSiteAdmin(m.ctx, "root")
					f.is(err, m.read[""])
					f.is(f.s.SetSiteAdmin(m.ctx, "root", true), m.write[""])
					f.is(f.s.SetSiteAdmin(m.ctx, "root", false), m.write[""])
				}
			}
			if m.write[at.Tenant] == nil {
				try()
			} else {
				f.unchanged(try)
			}
		}
	}
}

func all(err error) map[tenant.ID]error {
	return map[tenant.ID]error{"": err, "acme": err, "bolt": err}
}

func refused(f *fixture) {
	a := f.role("a")
	long := strings.Repeat("x", 191)
	f.unchanged(func() {
		for _, name := range []string{"", "A", "a b", "ä", strings.Repeat("x", 64)} {
			_, err := f.s.DefineRole(f.all, rbac.Role{Name: name})
			f.is(err, rbac.ErrInvalid)
		}
		for _, bad := range []rbac.Role{
			{Name: "b", Title: long}, {Name: "b", Archetype: "boss"},
			{Name: "b", Levels: []ctxtree.Level{"Course"}}, {Name: "b", Levels: []ctxtree.Level{"a,b"}},
			{Name: "b", Levels: []ctxtree.Level{"course", "course"}}, {Name: "b", Levels: make([]ctxtree.Level, 17)},
		} {
			_, err := f.s.DefineRole(f.all, bad)
			f.is(err, rbac.ErrInvalid)
		}
		_, err := f.s.UnassignAll(f.all, "acme", rbac.Filter{})
		f.is(err, rbac.ErrInvalid)
		_, err = f.s.Assignments(f.all, "acme", rbac.Filter{})
		f.is(err, rbac.ErrInvalid)
		f.is(f.s.SetPair(f.all, rbac.Pair{Role: a, Target: a}, true), rbac.ErrInvalid)
		f.is(f.s.SetPair(f.all, rbac.Pair{Kind: rbac.PairView + 1, Role: a, Target: a}, true), rbac.ErrInvalid)
		f.is(f.s.SetPair(f.all, rbac.Pair{Kind: rbac.PairView, Role: a, Target: 1 << 40}, true), rbac.ErrUnknownRole)
		f.is(f.s.SetPair(f.all, rbac.Pair{Kind: rbac.PairView, Role: 1 << 40, Target: a}, true), rbac.ErrUnknownRole)
		f.is(f.s.SetPermissions(f.all, acme, a, map[string]rbac.Permission{"x:y": rbac.Allow, "x y": rbac.Allow}), rbac.ErrInvalid)

		for _, capability := range []string{"", "x y", "x\x00", "ä", long} {
			f.is(f.s.SetPermission(f.all, acme, a, capability, rbac.Allow), rbac.ErrInvalid)
		}
		f.is(f.s.SetPermission(f.all, acme, a, "x:y", rbac.Prohibit+1), rbac.ErrInvalid)
		f.is(f.s.SetPermission(f.all, acme, 1<<40, "x:y", rbac.Allow), rbac.ErrUnknownRole)
		f.is(f.s.SetPermission(f.all, acme, 0, "x:y", rbac.Allow), rbac.ErrUnknownRole)
		f.is(f.s.SetPermission(f.all, ctxtree.Node{}, a, "x:y", rbac.Allow), ctxtree.ErrNoNode)

		for _, bad := range []rbac.Assignment{
			{Role: a}, {Role: a, User: " ann"}, {Role: a, User: "ann "}, {Role: a, User: "a\x00"}, {Role: a, User: long},
			{Role: a, User: "ann", Component: " x"}, {Role: a, User: "ann", Component: strings.Repeat("x", 101)},
		} {
			f.is(f.s.Assign(f.all, acme, bad), rbac.ErrInvalid)
			f.is(f.s.Unassign(f.all, acme, bad), rbac.ErrInvalid)
		}
		f.is(f.s.Assign(f.all, acme, rbac.Assignment{Role: 1 << 40, User: "ann"}), rbac.ErrUnknownRole)
		f.is(f.s.Assign(f.all, ctxtree.Node{}, rbac.Assignment{Role: a, User: "ann"}), ctxtree.ErrNoNode)
		f.is(f.s.SetSiteAdmin(f.all, "", true), rbac.ErrInvalid)
	})
}

func numbers(f *fixture) {
	var told int64
	f.s.Subscribe(func(_ tenant.ID, number int64) { told = number })
	a := f.role("a")
	_, before, err := f.s.Load(f.all, "acme")
	f.ok(err)
	for _, p := range []rbac.Permission{rbac.Allow, rbac.Prevent, rbac.Inherit} {
		f.ok(f.s.SetPermission(f.all, acme, a, "x:y", p))
		f.ok(f.s.SetPermission(f.all, bolt, a, "x:y", p))
		_, loaded, err := f.s.Load(f.all, "bolt")
		f.ok(err)
		if told != loaded {
			f.Fatalf("subscribers were told of change %d, and loaded was %d", told, loaded)
		}
		_, loaded, err = f.s.Load(f.all, "acme")
		f.ok(err)
		number, err := f.s.Number(f.all, "acme")
		f.ok(err)
		if loaded <= before || number != loaded {
			f.Fatalf("after a change of what was number %d Load says %d and Number %d", before, loaded, number)
		}
		before = loaded
	}
	_, err = f.s.Number(tenant.WithID(context.Background(), "bolt"), "acme")
	f.is(err, ctxtree.ErrOutside)
	_, err = f.s.Number(context.Background(), "acme")
	f.is(err, tenant.ErrNoTenant)
}

func subscribe(f *fixture) {
	var told []tenant.ID
	f.s.Subscribe(func(of tenant.ID, _ int64) { told = append(told, of) })
	heard := func(want tenant.ID) {
		f.Helper()
		if len(told) == 0 {
			f.Fatal("nobody was told")
		}
		for _, of := range told {
			if of != want {
				f.Fatalf("told of %q, not of %q", of, want)
			}
		}
		told = nil
	}
	a := f.role("a")
	heard("")
	f.ok(f.s.SetPermission(f.all, acme, a, "x:y", rbac.Allow))
	heard("acme")
	f.ok(f.s.SetPermission(f.all, acme, a, "x:y", rbac.Inherit))
	heard("acme")
	f.ok(f.s.Assign(f.all, bolt, rbac.Assignment{Role: a, User: "ann"}))
	heard("bolt")
	f.ok(f.s.Unassign(f.all, bolt, rbac.Assignment{Role: a, User: "ann"}))
	heard("bolt")
	f.ok(f.s.Assign(f.all, system, rbac.Assignment{Role: a, User: "ann"}))
	heard("")
	f.ok(f.s.SetSpecial(f.all, rbac.Special{DefaultUser: a}))
	heard("")
	f.ok(f.s.SetSiteAdmin(f.all, "root", true))
	heard("")
	_, err := f.s.UnassignAll(f.all, "bolt", rbac.Filter{User: "ann"})
	f.ok(err)
	heard("bolt")
	_, err = f.s.Sweep(f.all, "acme")
	f.ok(err)
	heard("acme")
	_, err = f.s.DeleteAll(f.all, "acme")
	f.ok(err)
	heard("acme")
	f.ok(f.s.SetPair(f.all, rbac.Pair{Kind: rbac.PairView, Role: a, Target: a}, true))
	heard("")
	f.ok(f.s.DeleteRole(f.all, a))
	heard("")
	f.ok(f.s.Change(f.all, "acme", func(rbac.Store, tenant.DBTX) error { return nil }))
	heard("acme")
}

func concurrent(f *fixture) {
	a := f.role("a")
	const writers, each = 4, 10
	var wg sync.WaitGroup
	for w := range writers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range each {
				err := f.s.Assign(f.all, acme, rbac.Assignment{Role: a, User: "same"})
				err = errors.Join(err, f.s.Assign(f.all, acme, rbac.Assignment{Role: a, User: fmt.Sprintf("%d-%d", w, i)}))
				err = errors.Join(err, f.s.SetPermission(f.all, acme, a, "x:y", rbac.Permission(1+(w+i)%3)))
				_, _, loadErr := f.s.Load(f.all, "acme")
				_, roleErr := f.s.DefineRole(f.all, rbac.Role{Name: "b"})
				if err := errors.Join(err, loadErr, roleErr); err != nil {
					f.Error(err)
					return
				}
			}
		}()
	}
	wg.Wait()
	r := f.load("acme")
	if len(r.Assignments) != 1+writers*each || len(r.Permissions) != 1 || len(f.load("").Roles) != 2 {
		f.Fatalf("%d assignments, %d permissions and %d roles are left", len(r.Assignments), len(r.Permissions), len(f.load("").Roles))
	}
}
