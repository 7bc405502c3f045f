package rbactest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

func traits(f *fixture) {
	manager, err := f.s.DefineRole(f.all, rbac.Role{Name: "m", Archetype: rbac.ArchetypeManager, Levels: []ctxtree.Level{"tenant", "category"}})
	f.ok(err)
	plain := f.role("p")
	want := rbac.Rules{Roles: []rbac.Role{
		{ID: manager.ID, Name: "m", Archetype: rbac.ArchetypeManager, Levels: []ctxtree.Level{"category", "tenant"}},
		{ID: plain, Name: "p"},
	}}
	f.holds("", want)
	if fmt.Sprint(manager) != fmt.Sprint(want.Roles[0]) {
		f.Fatalf("DefineRole returned %+v", manager)
	}
	manager.Levels[0] = "course" // the caller's own
	f.holds("", want)
	_, err = f.s.DefineRole(f.all, rbac.Role{Name: "m", Title: "M", Archetype: rbac.ArchetypeUser})
	f.ok(err)
	want.Roles[0] = rbac.Role{ID: manager.ID, Name: "m", Title: "M", Archetype: rbac.ArchetypeUser}
	f.holds("", want)
}

// deleted: what tenants' parts say about a deleted role stays until it is swept,
// and is never about another role.
func deleted(f *fixture) {
	a, b := f.role("a"), f.role("b")
	for _, role := range []rbac.RoleID{a, b} {
		for _, at := range []ctxtree.Node{system, acme, bolt} {
			f.ok(f.s.SetPermission(f.all, at, role, "x:y", rbac.Allow))
			f.ok(f.s.Assign(f.all, at, rbac.Assignment{Role: role, User: "ann"}))
		}
	}
	for _, p := range []rbac.Pair{
		{Kind: rbac.PairAssign, Role: a, Target: b}, {Kind: rbac.PairAssign, Role: b, Target: a},
		{Kind: rbac.PairAssign, Role: b, Target: b}, {Kind: rbac.PairView, Role: a, Target: a},
	} {
		f.ok(f.s.SetPair(f.all, p, true))
	}
	f.ok(f.s.SetSpecial(f.all, rbac.Special{DefaultUser: a, Guest: b, FrontPage: a, FrontPageNode: 12}))
	before := f.load("acme")

	f.ok(f.s.DeleteRole(f.all, a))
	f.ok(f.s.DeleteRole(f.all, a))
	left := func(node int64) rbac.Rules {
		return rbac.Rules{
			Permissions: []rbac.PlacedPermission{{Node: node, Role: b, Capability: "x:y", Permission: rbac.Allow}},
			Assignments: []rbac.PlacedAssignment{{Node: node, Assignment: rbac.Assignment{Role: b, User: "ann"}}},
		}
	}
	shared := left(1)
	shared.Roles = []rbac.Role{{ID: b, Name: "b"}}
	shared.Pairs = []rbac.Pair{{Kind: rbac.PairAssign, Role: b, Target: b}}
	shared.Special = rbac.Special{Guest: b, FrontPageNode: 12}
	f.holds("", shared)
	f.holds("acme", before)
	f.is(f.s.Assign(f.all, acme, rbac.Assignment{Role: a, User: "bob"}), rbac.ErrUnknownRole)

	for _, want := range []int{2, 0} {
		n, err := f.s.Sweep(f.all, "acme")
		f.ok(err)
		if n != want {
			f.Fatalf("%d were swept, not %d", n, want)
		}
	}
	f.holds("acme", left(7))
	bolts := f.load("bolt")
	for _, want := range []int{2, 0} {
		n, err := f.s.DeleteAll(f.all, "acme")
		f.ok(err)
		if n != want {
			f.Fatalf("%d were deleted, not %d", n, want)
		}
	}
	f.holds("acme", rbac.Rules{})
	f.holds("bolt", bolts)
	f.holds("", shared)
	_, err := f.s.DeleteAll(f.all, "")
	f.is(err, ctxtree.ErrSystem)
	_, err = f.s.DeleteAll(tenant.WithID(context.Background(), "acme"), "bolt")
	f.is(err, ctxtree.ErrOutside)
	f.holds("bolt", bolts)
	if got := f.load("bolt"); len(got.Assignments) != 2 {
		f.Fatalf("bolt holds %+v", got)
	}
	if again := f.role("a"); again == a {
		f.Fatal("the number of a deleted role was given out again")
	}
}

func pairs(f *fixture) {
	a, b := f.role("a"), f.role("b")
	all := []rbac.Pair{
		{Kind: rbac.PairAssign, Role: a, Target: a}, {Kind: rbac.PairAssign, Role: a, Target: b}, {Kind: rbac.PairAssign, Role: b, Target: a},
		{Kind: rbac.PairOverride, Role: a, Target: b}, {Kind: rbac.PairSwitch, Role: a, Target: b}, {Kind: rbac.PairView, Role: a, Target: b},
	}
	roles := f.load("").Roles
	for i := range all {
		f.ok(f.s.SetPair(f.all, all[len(all)-1-i], true))
		f.ok(f.s.SetPair(f.all, all[len(all)-1-i], true))
	}
	f.holds("", rbac.Rules{Roles: roles, Pairs: all})
	for i, p := range all {
		f.ok(f.s.SetPair(f.all, p, false))
		f.ok(f.s.SetPair(f.all, p, false))
		f.holds("", rbac.Rules{Roles: roles, Pairs: all[i+1:]})
	}
}

func several(f *fixture) {
	a := f.role("a")
	f.ok(f.s.SetPermission(f.all, acme, a, "x:b", rbac.Allow))
	f.ok(f.s.SetPermission(f.all, acme, a, "x:d", rbac.Allow))
	before, err := f.s.Number(f.all, "acme")
	f.ok(err)
	f.ok(f.s.SetPermissions(f.all, acme, a, map[string]rbac.Permission{"x:a": rbac.Prohibit, "x:b": rbac.Inherit, "x:c": rbac.Inherit}))
	after, err := f.s.Number(f.all, "acme")
	f.ok(err)
	if after != before+1 {
		f.Fatalf("one change counts as %d", after-before)
	}
	f.holds("acme", rbac.Rules{Permissions: []rbac.PlacedPermission{
		{Node: 7, Role: a, Capability: "x:a", Permission: rbac.Prohibit},
		{Node: 7, Role: a, Capability: "x:d", Permission: rbac.Allow},
	}})
}

func filters(f *fixture) {
	a, b := f.role("a"), f.role("b")
	all := []rbac.PlacedAssignment{
		{Node: 7, Assignment: rbac.Assignment{Role: a, User: "Ann"}},
		{Node: 7, Assignment: rbac.Assignment{Role: a, User: "ann"}},
		{Node: 7, Assignment: rbac.Assignment{Role: a, User: "ann", Component: "sync"}},
		{Node: 7, Assignment: rbac.Assignment{Role: a, User: "ann", Component: "sync", Item: 3}},
		{Node: 7, Assignment: rbac.Assignment{Role: b, User: "ann"}},
		{Node: 8, Assignment: rbac.Assignment{Role: a, User: "ann"}},
		{Node: 8, Assignment: rbac.Assignment{Role: b, User: "bob", Item: 3}},
	}
	hand, sync, none, three := "", "sync", int64(0), int64(3)
	for _, c := range []struct {
		filter rbac.Filter
		want   []int
	}{
		{rbac.Filter{User: "ann"}, []int{1, 2, 3, 4, 5}},
		{rbac.Filter{User: "bob"}, []int{6}},
		{rbac.Filter{User: "ghost"}, nil},
		{rbac.Filter{Role: b}, []int{4, 6}},
		{rbac.Filter{Node: 8}, []int{5, 6}},
		{rbac.Filter{Component: &hand}, []int{0, 1, 4, 5, 6}},
		{rbac.Filter{Component: &sync}, []int{2, 3}},
		{rbac.Filter{Item: &none}, []int{0, 1, 2, 4, 5}},
		{rbac.Filter{Component: &sync, Item: &three}, []int{3}},
		{rbac.Filter{User: "ann", Role: a, Node: 7, Component: &hand, Item: &none}, []int{1}},
		{rbac.Filter{User: "Ann", Role: b}, nil},
	} {
		for _, x := range all {
			for _, of := range []tenant.ID{"acme", "bolt"} {
				f.ok(f.s.Assign(f.all, ctxtree.Node{ID: x.Node, Tenant: of}, x.Assignment))
			}
		}
		var want, rest []rbac.PlacedAssignment
		for i, x := range all {
			if len(want) < len(c.want) && c.want[len(want)] == i {
				want = append(want, x)
			} else {
				rest = append(rest, x)
			}
		}
		got, err := f.s.Assignments(f.all, "acme", c.filter)
		f.ok(err)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			f.Fatalf("%+v selects\n%+v, not\n%+v", c.filter, got, want)
		}
		n, err := f.s.UnassignAll(f.all, "acme", c.filter)
		f.ok(err)
		if n != len(want) {
			f.Fatalf("%d are counted, not %d", n, len(want))
		}
		f.holds("acme", rbac.Rules{Assignments: rest})
		f.holds("bolt", rbac.Rules{Assignments: all})
	}
}

func lines(f *fixture) {
	a, b := f.role("a"), f.role("b")
	for _, at := range []ctxtree.Node{system, acme, deep, bolt, {ID: 30}, {ID: 31, Tenant: "acme"}} {
		f.ok(f.s.SetPermission(f.all, at, a, "x:y", rbac.Allow))
		f.ok(f.s.Assign(f.all, at, rbac.Assignment{Role: b, User: "ann"}))
		f.ok(f.s.Assign(f.all, at, rbac.Assignment{Role: b, User: "bob"}))
	}
	f.ok(f.s.SetSpecial(f.all, rbac.Special{DefaultUser: a}))
	f.ok(f.s.SetPair(f.all, rbac.Pair{Kind: rbac.PairView, Role: a, Target: b}, true))
	f.ok(f.s.SetSiteAdmin(f.all, "ann", true))
	f.ok(f.s.SetSiteAdmin(f.all, "root", true))

	loaded := func(line []ctxtree.Node, user string, shared, own rbac.Rules) {
		f.Helper()
		gotShared, gotOwn, err := f.s.LoadLine(f.all, line, user)
		f.ok(err)
		if fmt.Sprint(gotShared, gotOwn) != fmt.Sprint(shared, own) {
			f.Fatalf("loaded\n%+v\n%+v, not\n%+v\n%+v", gotShared, gotOwn, shared, own)
		}
	}
	on := func(user string, nodes ...int64) (r rbac.Rules) {
		for _, n := range nodes {
			r.Permissions = append(r.Permissions, rbac.PlacedPermission{Node: n, Role: a, Capability: "x:y", Permission: rbac.Allow})
			if user != "" {
				r.Assignments = append(r.Assignments, rbac.PlacedAssignment{Node: n, Assignment: rbac.Assignment{Role: b, User: user}})
			}
		}
		return r
	}
	shared := on("ann", 1)
	all := f.load("")
	shared.Roles, shared.Pairs, shared.Special, shared.SiteAdmins = all.Roles, all.Pairs, all.Special, []string{"ann"}
	loaded([]ctxtree.Node{system, acme, deep}, "ann", shared, on("ann", 7, 8))
	loaded([]ctxtree.Node{system}, "ann", shared, rbac.Rules{})
	shared.Assignments, shared.SiteAdmins = nil, nil
	loaded([]ctxtree.Node{system, acme}, "ghost", shared, on("", 7))

	_, _, err := f.s.LoadLine(f.all, nil, "ann")
	f.is(err, ctxtree.ErrNoNode)
	_, _, err = f.s.LoadLine(tenant.WithID(context.Background(), "bolt"), []ctxtree.Node{system, acme}, "ann")
	f.is(err, ctxtree.ErrOutside)
	_, _, err = f.s.LoadLine(tenant.Across(context.Background(), "test", "acme"), []ctxtree.Node{system, acme}, "ann")
	f.is(err, ctxtree.ErrOutside)
	for user, want := range map[string]bool{"ann": true, "root": true, "bob": false, "Ann": false} {
		is, err := f.s.IsSiteAdmin(f.all, user)
		f.ok(err)
		if is != want {
			f.Fatalf("%s is a site administrator: %v", user, is)
		}
	}
}

var errUndo = errors.New("undo")

func changes(f *fixture) {
	a := f.role("a")
	both := func(fail error) func(rbac.Store, tenant.DBTX) error {
		return func(tx rbac.Store, _ tenant.DBTX) error {
			f.ok(tx.Assign(f.all, acme, rbac.Assignment{Role: a, User: "ann"}))
			f.ok(tx.SetPermission(f.all, deep, a, "x:y", rbac.Allow))
			held, err := tx.Assignments(f.all, "acme", rbac.Filter{User: "ann"})
			f.ok(err)
			if len(held) != 1 {
				f.Fatal("a change does not see itself")
			}
			_, own, err := tx.LoadLine(f.all, []ctxtree.Node{system, acme, deep}, "ann")
			f.ok(err)
			if len(own.Permissions) != 1 || len(own.Assignments) != 1 {
				f.Fatalf("a change sees %+v of itself", own)
			}
			f.ok(tx.Change(f.all, "acme", func(tx rbac.Store, _ tenant.DBTX) error {
				return tx.Assign(f.all, deep, rbac.Assignment{Role: a, User: "ann"})
			}))
			return fail
		}
	}
	f.unchanged(func() { f.is(f.s.Change(f.all, "acme", both(errUndo)), errUndo) })
	f.unchanged(func() {
		defer func() {
			if recover() != errUndo {
				f.Fatal("the panic was swallowed")
			}
		}()
		_ = f.s.Change(f.all, "acme", func(tx rbac.Store, db tenant.DBTX) error {
			f.ok(both(nil)(tx, db))
			panic(errUndo)
		})
	})
	before, err := f.s.Number(f.all, "acme")
	f.ok(err)
	f.ok(f.s.Change(f.all, "acme", both(nil)))
	after, err := f.s.Number(f.all, "acme")
	f.ok(err)
	if after != before+1 {
		f.Fatalf("one change counts as %d", after-before)
	}
	f.holds("acme", rbac.Rules{
		Permissions: []rbac.PlacedPermission{{Node: 8, Role: a, Capability: "x:y", Permission: rbac.Allow}},
		Assignments: []rbac.PlacedAssignment{
			{Node: 7, Assignment: rbac.Assignment{Role: a, User: "ann"}}, {Node: 8, Assignment: rbac.Assignment{Role: a, User: "ann"}},
		},
	})

	// A change of one part is none of another.
	f.unchanged(func() {
		f.ok(f.s.Change(f.all, "acme", func(tx rbac.Store, _ tenant.DBTX) error {
			f.is(tx.Assign(f.all, bolt, rbac.Assignment{Role: a, User: "ann"}), ctxtree.ErrOutside)
			f.is(tx.SetSiteAdmin(f.all, "ann", true), ctxtree.ErrOutside)
			f.is(tx.DeleteRole(f.all, a), ctxtree.ErrOutside)
			f.is(tx.Change(f.all, "bolt", func(rbac.Store, tenant.DBTX) error { return nil }), ctxtree.ErrOutside)
			return nil
		}))
	})
	f.ok(f.s.Change(f.all, "", func(tx rbac.Store, _ tenant.DBTX) error {
		_, err := tx.DefineRole(f.all, rbac.Role{Name: "b"})
		return errors.Join(err, tx.DeleteRole(f.all, a))
	}))
	if roles := f.load("").Roles; len(roles) != 1 || roles[0].Name != "b" {
		f.Fatalf("roles are %+v", roles)
	}
}

// held: each change reads how many there are and adds one more under that
// number. If two had read the same, one would be missing. Whoever changes the
// part without tenant meanwhile sees the same of it before and after.
func held(f *fixture) {
	a := f.role("a")
	const writers, each = 4, 8
	count := func(tx rbac.Store) (int, error) {
		all, err := tx.Assignments(f.all, "acme", rbac.Filter{Role: a})
		return len(all), err
	}
	admins := func(tx rbac.Store) (string, error) {
		shared, _, err := tx.LoadLine(f.all, []ctxtree.Node{system, acme}, "root")
		return fmt.Sprint(shared.SiteAdmins), err
	}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range each {
				err := f.s.Change(f.all, "acme", func(tx rbac.Store, _ tenant.DBTX) error {
					before, err := admins(tx)
					if err != nil {
						return err
					}
					n, err := count(tx)
					if err != nil {
						return err
					}
					if err := tx.Assign(f.all, acme, rbac.Assignment{Role: a, User: fmt.Sprint(n)}); err != nil {
						return err
					}
					after, err := admins(tx)
					if err == nil && before != after {
						err = errors.New("the part without tenant changed meanwhile")
					}
					return err
				})
				err = errors.Join(err, f.s.SetSiteAdmin(f.all, "root", w%2 == 0))
				if err != nil {
					f.Error(err)
					return
				}
			}
		}()
	}
	wg.Wait()
	if n, err := count(f.s); err != nil || n != writers*each {
		f.Fatalf("%d of %d are left (%v)", n, writers*each, err)
	}
}
