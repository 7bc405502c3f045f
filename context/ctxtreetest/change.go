package ctxtreetest

import (
	"context"
	"strconv"
	"strings"
	"sync"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

func systemNode(f *fixture) {
	n := f.get(ctxtree.SystemID)
	same(f, "system", n, ctxtree.Node{ID: 1, Level: ctxtree.LevelSystem, Path: "/1/", Depth: 1})
	again, found, err := f.s.ByInstance(f.all, "", ctxtree.LevelSystem, "")
	f.ok(err)
	same(f, "found", found, true)
	same(f, "system by instance", again, n)
	f.unchanged(func() {
		_, err := f.s.Move(f.all, 1, f.create(1, "category", "a").ID)
		f.refused(err, ctxtree.ErrSystem)
		f.refused(f.s.Delete(f.all, 1), ctxtree.ErrSystem)
		f.ok(f.s.Delete(f.all, f.find("", "category", "a").ID))
	})
}

func (f *fixture) find(of tenant.ID, level ctxtree.Level, instance string) ctxtree.Node {
	f.Helper()
	n, found, err := f.s.ByInstance(f.all, of, level, instance)
	if err != nil || !found {
		f.Fatalf("%s %q: found %v, error %v", level, instance, found, err)
	}
	return n
}

func createLevels(f *fixture) {
	acme := f.create(1, ctxtree.LevelTenant, "acme")
	cat := f.create(acme.ID, "category", "c")
	sub := f.create(cat.ID, "category", "s")
	course := f.create(sub.ID, "course", "7")
	module := f.create(course.ID, "module", "7")
	user := f.create(acme.ID, ctxtree.LevelUser, "ann")
	f.create(module.ID, "block", "1")
	f.create(user.ID, "block", "2")
	f.create(1, "block", "3")
	same(f, "depth", module.Depth, 6)
	same(f, "stored", f.get(module.ID), module)
	f.everything()

	for _, c := range []struct {
		parent int64
		level  ctxtree.Level
	}{
		{1, "module"}, {1, ctxtree.LevelSystem}, {acme.ID, "course"}, {acme.ID, ctxtree.LevelTenant},
		{cat.ID, ctxtree.LevelTenant}, {cat.ID, ctxtree.LevelUser}, {course.ID, "course"},
		{1, "lesson"}, {1, ""}, {1, ctxtree.AnyLevel},
	} {
		f.unchanged(func() {
			_, err := f.s.Create(f.all, ctxtree.Spec{Parent: c.parent, Level: c.level, Instance: "x"})
			f.refused(err, ctxtree.ErrLevel)
		})
	}
	_, err := f.s.Create(f.all, ctxtree.Spec{Parent: 1 << 40, Level: "category", Instance: "x"})
	f.refused(err, ctxtree.ErrNoNode)
}

func createTenant(f *fixture) {
	acme := f.create(1, ctxtree.LevelTenant, "acme")
	same(f, "tenant", acme.Tenant, "acme")
	cat := f.create(acme.ID, "category", "c")
	same(f, "inherited", cat.Tenant, "acme")
	same(f, "inherited further", f.create(cat.ID, "course", "7").Tenant, "acme")
	same(f, "none to inherit", f.create(f.create(1, "category", "c").ID, "course", "7").Tenant, "")
	beside := f.createSpec(ctxtree.Spec{Parent: 1, Level: "category", Instance: "beside", Tenant: "acme"})
	same(f, "given", beside.Tenant, "acme")
	same(f, "inherited from the given one", f.create(beside.ID, "course", "8").Tenant, "acme")
	f.createSpec(ctxtree.Spec{Parent: beside.ID, Level: "course", Instance: "9", Tenant: "acme"})

	free := f.find("", "category", "c")
	for _, s := range []ctxtree.Spec{
		{Parent: cat.ID, Level: "course", Instance: "x", Tenant: "bolt"},
		{Parent: free.ID, Level: "course", Instance: "x", Tenant: "acme"},
		{Parent: 1, Level: ctxtree.LevelTenant, Instance: "bolt", Tenant: "acme"},
	} {
		f.unchanged(func() {
			_, err := f.s.Create(f.all, s)
			f.refused(err, ctxtree.ErrCrossTenant)
		})
	}
	f.unchanged(func() {
		_, err := f.s.Create(f.all, ctxtree.Spec{Parent: 1, Level: "category", Instance: "x", Tenant: "Not An Id"})
		f.refused(err, tenant.ErrInvalidID)
		_, err = f.s.Create(f.all, ctxtree.Spec{Parent: 1, Level: ctxtree.LevelTenant, Instance: "Not An Id"})
		f.refused(err, ctxtree.ErrInstance)
	})
}

func createInstance(f *fixture) {
	f.create(1, ctxtree.LevelTenant, "acme")
	bolt := f.create(1, ctxtree.LevelTenant, "bolt")
	acme := f.find("acme", ctxtree.LevelTenant, "acme")
	first := f.create(acme.ID, "category", "7")
	// The same object's id in another tenant, or at another level, is another node.
	other := f.create(bolt.ID, "category", "7")
	f.create(first.ID, "course", "7")
	f.create(1, "category", "7")
	same(f, "acme's", f.find("acme", "category", "7"), first)
	same(f, "bolt's", f.find("bolt", "category", "7"), other)
	// Compared by bytes.
	f.create(acme.ID, "category", "Ä")
	f.create(acme.ID, "category", "ä")
	f.create(acme.ID, "category", "a")
	f.create(acme.ID, "category", "A")
	f.create(acme.ID, "category", strings.Repeat("x", ctxtree.MaxInstanceLen))
	f.create(acme.ID, "category", "it's \"%_\\? 日本")
	same(f, "odd text", f.find("acme", "category", "it's \"%_\\? 日本").Parent, acme.ID)

	f.unchanged(func() {
		_, err := f.s.Create(f.all, ctxtree.Spec{Parent: first.ID, Level: "category", Instance: "7"})
		f.refused(err, ctxtree.ErrTaken)
		for _, bad := range []string{"", " 7", "7 ", "a\nb", "a\x00b", "\xff", strings.Repeat("x", ctxtree.MaxInstanceLen+1)} {
			_, err := f.s.Create(f.all, ctxtree.Spec{Parent: acme.ID, Level: "category", Instance: bad})
			f.refused(err, ctxtree.ErrInstance)
		}
	})
	for _, absent := range []string{"", "7 ", " 7", "8", "\xff", "a\x00b"} {
		_, found, err := f.s.ByInstance(f.all, "acme", "category", absent)
		f.ok(err)
		same(f, "found "+strconv.Quote(absent), found, false)
	}
}

// deepest fills a branch up to the limit and returns its last node.
func (f *fixture) deepest(from ctxtree.Node) (n ctxtree.Node) {
	f.Helper()
	n = from
	for i := 0; ; i++ {
		next, err := f.s.Create(f.all, ctxtree.Spec{Parent: n.ID, Level: "category", Instance: "deep" + strconv.Itoa(i)})
		if err != nil {
			f.refused(err, ctxtree.ErrTooDeep)
			return n
		}
		n = next
	}
}

func createDepth(f *fixture) {
	n := f.deepest(f.create(1, "category", "top"))
	if len(n.Path) <= ctxtree.MaxPathLen-20 || len(n.Path) > ctxtree.MaxPathLen {
		f.Fatalf("the deepest path has %d bytes", len(n.Path))
	}
	line, err := f.s.Ancestors(f.all, n.ID)
	f.ok(err)
	same(f, "length of the line", len(line), n.Depth)
	f.everything()
}

func numbers(f *fixture) {
	a := f.create(1, "category", "a")
	f.ok(f.s.Delete(f.all, a.ID))
	b := f.create(1, "category", "a")
	if b.ID <= a.ID {
		f.Fatalf("number %d came after %d", b.ID, a.ID)
	}
}

func remove(f *fixture) {
	acme := f.create(1, ctxtree.LevelTenant, "acme")
	bolt := f.create(1, ctxtree.LevelTenant, "bolt")
	top := f.create(acme.ID, "category", "top")
	sub := f.create(top.ID, "category", "sub")
	course := f.create(sub.ID, "course", "7")
	beside := f.create(acme.ID, "category", "beside")
	other := f.create(bolt.ID, "category", "top")
	f.ok(f.s.Delete(f.all, top.ID))
	for _, id := range []int64{top.ID, sub.ID, course.ID} {
		_, found, err := f.s.Node(f.all, id)
		f.ok(err)
		same(f, "still there", found, false)
		f.refused(f.s.Delete(f.all, id), ctxtree.ErrNoNode)
	}
	f.get(beside.ID)
	f.get(other.ID)
	_, found, err := f.s.ByInstance(f.all, "acme", "course", "7")
	f.ok(err)
	same(f, "found by instance", found, false)
	f.create(acme.ID, "category", "top")
	f.everything()
}

func lock(f *fixture) {
	acme := f.create(1, ctxtree.LevelTenant, "acme")
	top := f.create(acme.ID, "category", "top")
	sub := f.create(top.ID, "category", "sub")
	course := f.create(sub.ID, "course", "7")
	beside := f.create(acme.ID, "category", "beside")
	inForce := func(id int64) bool {
		line, err := f.s.Ancestors(f.all, id)
		f.ok(err)
		return ctxtree.Locked(line)
	}
	f.ok(f.s.SetLocked(f.all, course.ID, true))
	f.ok(f.s.SetLocked(f.all, course.ID, true))
	f.ok(f.s.SetLocked(f.all, top.ID, true))
	same(f, "flag", f.get(top.ID).Locked, true)
	same(f, "flag below", f.get(sub.ID).Locked, false)
	same(f, "in force at itself", inForce(top.ID), true)
	same(f, "in force below", inForce(sub.ID), true)
	same(f, "not above", inForce(acme.ID), false)
	same(f, "not beside", inForce(beside.ID), false)
	f.unchanged(func() {
		f.refused(f.s.SetLocked(f.all, sub.ID, true), ctxtree.ErrLockedAbove)
		f.refused(f.s.SetLocked(f.all, sub.ID, false), ctxtree.ErrLockedAbove)
		f.refused(f.s.SetLocked(f.all, course.ID, false), ctxtree.ErrLockedAbove)
		f.refused(f.s.SetLocked(f.all, 1<<40, true), ctxtree.ErrNoNode)
	})
	f.ok(f.s.SetLocked(f.all, top.ID, false))
	same(f, "the course's own is still there", inForce(course.ID), true)
	same(f, "gone between", inForce(sub.ID), false)
	f.ok(f.s.SetLocked(f.all, 1, true))
	same(f, "the system's holds everywhere", inForce(beside.ID), true)
}

func changeNumbers(f *fixture) {
	var told int64
	f.s.Subscribe(func(_ tenant.ID, number int64) { told = number })
	acme := f.create(1, ctxtree.LevelTenant, "acme")
	cat := f.create(acme.ID, "category", "c")
	sub := f.create(cat.ID, "category", "s")
	_, before, err := f.s.Load(f.all, "acme")
	f.ok(err)
	for _, change := range []func() error{
		func() error { f.create(cat.ID, "category", "x"); return nil },
		func() error { _, err := f.s.Move(f.all, sub.ID, acme.ID); return err },
		func() error { return f.s.SetLocked(f.all, sub.ID, true) },
		func() error { return f.s.Delete(f.all, sub.ID) },
	} {
		f.ok(change())
		_, loaded, err := f.s.Load(f.all, "acme")
		f.ok(err)
		number, err := f.s.Number(f.all, "acme")
		f.ok(err)
		same(f, "grown", loaded > before, true)
		same(f, "Number", number, loaded)
		same(f, "told", told, loaded)
		before = loaded
	}
	f.create(1, "category", "c")
	number, err := f.s.Number(f.all, "acme")
	f.ok(err)
	same(f, "after a change elsewhere", number, before)
	number, err = f.s.Number(tenant.WithID(context.Background(), "bolt"), "acme")
	f.ok(err)
	same(f, "of another tenant's nodes", number, 0)
	_, err = f.s.Number(context.Background(), "acme")
	f.is(err, tenant.ErrNoTenant)
}

func subscribe(f *fixture) {
	var mu sync.Mutex
	var told []tenant.ID
	f.s.Subscribe(func(of tenant.ID, _ int64) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, of)
	})
	heard := func(want tenant.ID) {
		f.Helper()
		mu.Lock()
		defer mu.Unlock()
		if len(told) == 0 {
			f.Fatal("nobody was told")
		}
		for _, of := range told {
			same(f, "tenant", of, want)
		}
		told = nil
	}
	acme := f.create(1, ctxtree.LevelTenant, "acme")
	heard("acme")
	cat := f.create(acme.ID, "category", "c")
	heard("acme")
	sub := f.create(cat.ID, "category", "s")
	heard("acme")
	_, err := f.s.Move(f.all, sub.ID, acme.ID)
	f.ok(err)
	heard("acme")
	f.ok(f.s.SetLocked(f.all, sub.ID, true))
	heard("acme")
	f.ok(f.s.Delete(f.all, sub.ID))
	heard("acme")
	f.create(1, "category", "c")
	heard("")
}

func concurrent(f *fixture) {
	acme := f.create(1, ctxtree.LevelTenant, "acme")
	left := f.create(acme.ID, "category", "left")
	right := f.create(acme.ID, "category", "right")
	wander := f.create(left.ID, "category", "wander")
	const each = 12
	var wg sync.WaitGroup
	run := func(fn func(i int) error) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range each {
				if err := fn(i); err != nil {
					f.Error(err)
					return
				}
			}
		}()
	}
	for _, name := range []string{"a", "b"} {
		run(func(i int) error {
			_, err := f.s.Create(f.all, ctxtree.Spec{Parent: wander.ID, Level: "course", Instance: name + strconv.Itoa(i)})
			return err
		})
	}
	run(func(i int) error {
		_, err := f.s.Move(f.all, wander.ID, []int64{right.ID, left.ID}[i%2])
		return err
	})
	run(func(int) error {
		_, _, err := f.s.Load(f.all, "acme")
		return err
	})
	wg.Wait()
	same(f, "nodes", len(f.everything()), 5+2*each)
}
