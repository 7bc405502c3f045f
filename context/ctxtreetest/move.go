package ctxtreetest

import (
	ctxtree "github.com/gotenancy/tenancy/context"
)

func move(f *fixture) {
	acme := f.create(1, ctxtree.LevelTenant, "acme")
	from := f.create(acme.ID, "category", "from")
	to := f.create(acme.ID, "category", "to")
	deep := f.create(to.ID, "category", "deep")
	top := f.create(from.ID, "category", "top")
	course := f.create(top.ID, "course", "7")
	module := f.create(course.ID, "module", "1")
	stays := f.create(from.ID, "course", "8")
	// More nodes than a store may rewrite in one statement.
	many := 450
	for i := range many {
		f.create(top.ID, "course", "m"+string(rune('a'+i%26))+string(rune('a'+i/26)))
	}

	moved, err := f.s.Move(f.all, top.ID, deep.ID)
	f.ok(err)
	same(f, "parent", moved.Parent, deep.ID)
	same(f, "depth", moved.Depth, top.Depth+1)
	same(f, "stored", f.get(top.ID), moved)
	same(f, "below", f.get(module.ID).Depth, module.Depth+1)
	same(f, "beside", f.get(stays.ID), stays)
	f.everything()
	line, err := f.s.Ancestors(f.all, module.ID)
	f.ok(err)
	f.are(line, 1, acme.ID, to.ID, deep.ID, top.ID, course.ID, module.ID)
	nodes, err := f.s.Descendants(f.all, from.ID)
	f.ok(err)
	f.are(nodes, stays.ID)
	nodes, err = f.s.Descendants(f.all, deep.ID)
	f.ok(err)
	same(f, "moved along", len(nodes), 3+many)

	// To where it is already; up; and to stand beside the tenant's node.
	_, err = f.s.Move(f.all, top.ID, deep.ID)
	f.ok(err)
	_, err = f.s.Move(f.all, top.ID, acme.ID)
	f.ok(err)
	out, err := f.s.Move(f.all, top.ID, 1)
	f.ok(err)
	same(f, "tenant", out.Tenant, "acme")
	same(f, "tenant below", f.get(module.ID).Tenant, "acme")
	f.everything()
}

func moveRefused(f *fixture) {
	acme := f.create(1, ctxtree.LevelTenant, "acme")
	bolt := f.create(1, ctxtree.LevelTenant, "bolt")
	a := f.create(acme.ID, "category", "a")
	sub := f.create(a.ID, "category", "sub")
	course := f.create(sub.ID, "course", "7")
	b := f.create(bolt.ID, "category", "b")
	free := f.create(1, "category", "free")
	ann := f.create(acme.ID, ctxtree.LevelUser, "ann")
	for _, c := range []struct {
		name       string
		id, parent int64
		want       error
	}{
		{"below itself", a.ID, a.ID, ctxtree.ErrCycle},
		{"below its child", a.ID, sub.ID, ctxtree.ErrCycle},
		{"a level too high", course.ID, acme.ID, ctxtree.ErrLevel},
		{"a tenant below a category", bolt.ID, free.ID, ctxtree.ErrLevel},
		{"to another tenant", a.ID, b.ID, ctxtree.ErrCrossTenant},
		{"to another tenant's node", a.ID, bolt.ID, ctxtree.ErrCrossTenant},
		{"a user to another tenant", ann.ID, bolt.ID, ctxtree.ErrCrossTenant},
		{"into a tenant", free.ID, a.ID, ctxtree.ErrCrossTenant},
		{"out of a tenant", a.ID, free.ID, ctxtree.ErrCrossTenant},
		{"to nowhere", a.ID, 1 << 40, ctxtree.ErrNoNode},
		{"nothing", 1 << 40, a.ID, ctxtree.ErrNoNode},
	} {
		f.unchanged(func() {
			_, err := f.s.Move(f.all, c.id, c.parent)
			f.Log(c.name)
			f.refused(err, c.want)
		})
	}
}

func moveDepth(f *fixture) {
	long := f.deepest(f.create(1, "category", "long"))
	top := f.create(1, "category", "top")
	f.create(f.create(top.ID, "category", "below").ID, "course", "7")
	f.unchanged(func() {
		_, err := f.s.Move(f.all, top.ID, long.ID)
		f.refused(err, ctxtree.ErrTooDeep)
		// The node itself would fit here, but not what lies below it.
		_, err = f.s.Move(f.all, top.ID, long.Parent)
		f.refused(err, ctxtree.ErrTooDeep)
	})
}
