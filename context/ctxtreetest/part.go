package ctxtreetest

import (
	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// find: an object's number is that of one node for each tenant.
func find(f *fixture) {
	g := f.grow()
	f.create(g.cat["bolt"].ID, "course", "8")
	for _, m := range modes() {
		f.Log(m.name)
		var want []int64
		for _, of := range []tenant.ID{"", "acme", "bolt"} {
			if has(m.reads, of) {
				want = append(want, g.course[of].ID)
			}
		}
		nodes, err := f.s.Find(m.ctx, "course", "7")
		f.is(err, m.fails)
		f.are(nodes, want...)
		for _, n := range nodes {
			same(f, "node", n, g.course[n.Tenant])
		}
		nodes, err = f.s.Find(m.ctx, "course", "8")
		f.is(err, m.fails)
		same(f, "bolt's only", len(nodes) == 1, has(m.reads, "bolt"))
	}
	system, err := f.s.Find(f.all, ctxtree.LevelSystem, "")
	f.ok(err)
	f.are(system, 1)
	for _, c := range []struct {
		level    ctxtree.Level
		instance string
	}{
		{"course", "9"}, {"course", "7 "}, {"course", " 7"}, {"course", ""}, {"course", "\xff"}, {"course", "7\x00"},
		{"course ", "7"}, {"Course", "7"}, {"", "7"}, {"module", "7"}, {"course\x00", "7"}, {"\xff", "7"}, {ctxtree.AnyLevel, "7"},
	} {
		nodes, err := f.s.Find(f.all, c.level, c.instance)
		f.ok(err)
		f.are(nodes)
		_, found, err := f.s.ByInstance(f.all, "acme", c.level, c.instance)
		f.ok(err)
		same(f, "found", found, false)
	}
	for _, of := range []tenant.ID{"acme ", "ACME", "\xff", "a\x00"} {
		_, found, err := f.s.ByInstance(f.all, of, "course", "7")
		f.ok(err)
		same(f, "found", found, false)
		nodes, number, err := f.s.Load(f.all, of)
		f.ok(err)
		f.are(nodes)
		same(f, "number", number, 0)
	}
}

// deleteAll: everything of one tenant, and nothing else.
func deleteAll(f *fixture) {
	g := f.grow()
	f.createSpec(ctxtree.Spec{Parent: 1, Level: "category", Instance: "beside", Tenant: "acme"})
	f.ok(f.s.SetLocked(f.all, g.course["acme"].ID, true))
	for _, m := range modes() {
		for _, of := range owners {
			f.Log(m.name, of)
			var want error
			switch {
			case m.fails != nil:
				want = m.fails
			case has(m.writes, of):
				if of != "" {
					continue // done below
				}
				want = ctxtree.ErrSystem
			case len(m.writes) == 0 && tenant.ModeOf(m.ctx) == tenant.ModeAcross:
				want = tenant.ErrSeveralTenants
			default:
				want = ctxtree.ErrOutside
			}
			f.unchanged(func() {
				n, err := f.s.DeleteAll(m.ctx, of)
				f.is(err, want)
				same(f, "deleted", n, 0)
				if m.fails == nil {
					f.refused(err, want)
				}
			})
		}
	}
	f.unchanged(func() {
		n, err := f.s.DeleteAll(tenant.ReadOnly(in("acme")), "acme")
		f.refused(err, tenant.ErrReadOnly)
		same(f, "deleted", n, 0)
		_, err = f.s.DeleteAll(f.all, "Not An Id")
		f.refused(err, tenant.ErrInvalidID)
	})

	var told tenant.ID
	var number int64
	f.s.Subscribe(func(of tenant.ID, n int64) { told, number = of, n })
	_, before, err := f.s.Load(f.all, "acme")
	f.ok(err)
	n, err := f.s.DeleteAll(in("acme"), "acme")
	f.ok(err)
	same(f, "deleted", n, 4)
	same(f, "told", told, tenant.ID("acme"))
	same(f, "the number has grown", number > before, true)
	left, now, err := f.s.Load(f.all, "acme")
	f.ok(err)
	f.are(left)
	same(f, "Load", now, number)
	for _, of := range owners {
		_, found, err := f.s.Node(f.all, g.course[of].ID)
		f.ok(err)
		same(f, "there", found, of != "acme")
	}
	f.everything()
	n, err = f.s.DeleteAll(f.all, "acme")
	f.ok(err)
	same(f, "deleted again", n, 0)

	// The same objects may come back; their numbers do not.
	again, err := f.s.Create(in("acme"), ctxtree.Spec{Parent: 1, Level: ctxtree.LevelTenant, Instance: "acme"})
	f.ok(err)
	same(f, "a new number", again.ID > g.course[""].ID, true)
	number, err = f.s.Number(f.all, "acme")
	f.ok(err)
	same(f, "the numbers go on", number > now, true)
}
