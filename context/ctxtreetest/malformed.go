package ctxtreetest

import (
	"math"
	"strings"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// badNumbers: what is no number of a node is that of none.
func badNumbers(f *fixture) {
	cat := f.create(f.create(1, ctxtree.LevelTenant, "acme").ID, "category", "c")
	for _, id := range []int64{0, -1, -cat.ID, cat.ID + 1, math.MaxInt32 + 1, math.MaxInt64, math.MinInt64} {
		f.Log(id)
		_, found, err := f.s.Node(f.all, id)
		f.ok(err)
		same(f, "found", found, false)
		line, err := f.s.Ancestors(f.all, id)
		f.ok(err)
		f.are(line)
		below, err := f.s.Descendants(f.all, id)
		f.ok(err)
		f.are(below)
		f.unchanged(func() {
			_, err := f.s.Create(f.all, ctxtree.Spec{Parent: id, Level: "category", Instance: "x"})
			f.refused(err, ctxtree.ErrNoNode)
			_, err = f.s.Move(f.all, id, 1)
			f.refused(err, ctxtree.ErrNoNode)
			_, err = f.s.Move(f.all, cat.ID, id)
			f.refused(err, ctxtree.ErrNoNode)
			f.refused(f.s.SetLocked(f.all, id, true), ctxtree.ErrNoNode)
			f.refused(f.s.Delete(f.all, id), ctxtree.ErrNoNode)
		})
	}
}

// longInstances: to the byte, whatever the columns of a database can hold.
func longInstances(f *fixture) {
	top := f.create(1, "category", "top")
	for _, good := range []string{
		strings.Repeat("x", ctxtree.MaxInstanceLen), strings.Repeat("ä", ctxtree.MaxInstanceLen/2),
		strings.Repeat("日", ctxtree.MaxInstanceLen/3), strings.Repeat("😀", ctxtree.MaxInstanceLen/4),
	} {
		n := f.create(top.ID, "category", good)
		same(f, "found again", f.find("", "category", good), n)
		same(f, "whole", f.get(n.ID).Instance, good)
	}
	f.unchanged(func() {
		for _, bad := range []string{
			strings.Repeat("x", ctxtree.MaxInstanceLen+1), strings.Repeat("ä", ctxtree.MaxInstanceLen/2+1),
			strings.Repeat("x", 255), strings.Repeat("x", 256), strings.Repeat("x", 1<<20),
		} {
			_, err := f.s.Create(f.all, ctxtree.Spec{Parent: top.ID, Level: "category", Instance: bad})
			f.refused(err, ctxtree.ErrInstance)
			found, err := f.s.Find(f.all, "category", bad)
			f.ok(err)
			f.are(found)
		}
		_, err := f.s.Create(f.all, ctxtree.Spec{Parent: top.ID, Level: ctxtree.Level(strings.Repeat("x", 256)), Instance: "x"})
		f.refused(err, ctxtree.ErrLevel)
	})
}

// longPaths: beyond 255 bytes everything goes on as before.
func longPaths(f *fixture) {
	first := f.create(1, "category", "long")
	last := f.deepest(first)
	line, err := f.s.Ancestors(f.all, last.ID)
	f.ok(err)
	var deep ctxtree.Node
	for _, n := range line {
		if deep = n; len(n.Path) > 255 {
			break
		}
	}
	if len(deep.Path) <= 255 {
		f.Fatalf("the longest path has %d bytes", len(deep.Path))
	}
	twin := f.create(deep.Parent, "category", "twin")
	below := f.create(twin.ID, "course", "7")
	nodes, err := f.s.Descendants(f.all, deep.Parent)
	f.ok(err)
	same(f, "below", len(nodes), last.Depth-deep.Depth+3)
	nodes, err = f.s.Descendants(f.all, twin.ID)
	f.ok(err)
	f.are(nodes, below.ID)

	f.ok(f.s.SetLocked(f.all, deep.ID, true))
	f.refused(f.s.SetLocked(f.all, last.ID, true), ctxtree.ErrLockedAbove)
	f.ok(f.s.SetLocked(f.all, twin.ID, true))
	f.unchanged(func() {
		_, err := f.s.Move(f.all, first.ID, twin.ID)
		f.refused(err, ctxtree.ErrCycle)
		_, err = f.s.Move(f.all, deep.ID, last.ID)
		f.refused(err, ctxtree.ErrCycle)
	})
	moved, err := f.s.Move(f.all, deep.ID, 1)
	f.ok(err)
	same(f, "depth", moved.Depth, 2)
	f.everything()
	f.ok(f.s.Delete(f.all, twin.ID))
	f.ok(f.s.Delete(f.all, first.ID))
	nodes, err = f.s.Descendants(f.all, 1)
	f.ok(err)
	same(f, "left", len(nodes), last.Depth-deep.Depth+1)
}

// beside: a top category stands directly under the system, and everything in it
// is its tenant's.
func beside(f *fixture) {
	acme := f.create(1, ctxtree.LevelTenant, "acme")
	bolt := f.create(1, ctxtree.LevelTenant, "bolt")
	top, err := f.s.Create(in("acme"), ctxtree.Spec{Parent: 1, Level: "category", Instance: "top", Tenant: "acme"})
	f.ok(err)
	sub := f.create(top.ID, "category", "sub")
	course := f.create(sub.ID, "course", "7")
	f.create(course.ID, "module", "1")
	other := f.createSpec(ctxtree.Spec{Parent: 1, Level: "category", Instance: "top", Tenant: "bolt"})
	f.create(other.ID, "course", "7")
	free := f.create(1, "category", "free")

	whole := func() {
		f.Helper()
		f.everything()
		for _, n := range []ctxtree.Node{top, sub, course} {
			same(f, "tenant", f.get(n.ID).Tenant, tenant.ID("acme"))
			_, found, err := f.s.Node(in("bolt"), n.ID)
			f.ok(err)
			same(f, "seen by another tenant", found, false)
		}
		nodes, _, err := f.s.Load(in("acme"), "acme")
		f.ok(err)
		same(f, "nodes of the tenant", len(nodes), 5)
		nodes, err = f.s.Descendants(in("acme"), 1)
		f.ok(err)
		same(f, "and the one without", len(nodes), 6)
	}
	whole()
	for _, to := range []ctxtree.Node{acme, f.get(1), acme} {
		moved, err := f.s.Move(in("acme"), top.ID, to.ID)
		f.ok(err)
		same(f, "parent", moved.Parent, to.ID)
		same(f, "depth of what is below", f.get(course.ID).Depth, to.Depth+3)
		whole()
	}
	f.unchanged(func() {
		for _, c := range []struct {
			id, parent int64
			want       error
		}{
			{top.ID, bolt.ID, ctxtree.ErrCrossTenant},
			{top.ID, other.ID, ctxtree.ErrCrossTenant},
			{top.ID, free.ID, ctxtree.ErrCrossTenant},
			{free.ID, top.ID, ctxtree.ErrCrossTenant},
			{other.ID, acme.ID, ctxtree.ErrCrossTenant},
			{acme.ID, top.ID, ctxtree.ErrCycle}, // it lies below acme now
			{bolt.ID, top.ID, ctxtree.ErrLevel},
			{top.ID, course.ID, ctxtree.ErrCycle},
		} {
			_, err := f.s.Move(f.all, c.id, c.parent)
			f.refused(err, c.want)
		}
		for _, to := range []int64{bolt.ID, other.ID} {
			_, err := f.s.Move(in("acme"), top.ID, to)
			f.refused(err, ctxtree.ErrNoNode)
		}
		_, err := f.s.Move(in("acme"), top.ID, free.ID)
		f.refused(err, ctxtree.ErrCrossTenant)
		_, err = f.s.Move(in("acme"), free.ID, top.ID)
		f.refused(err, ctxtree.ErrOutside)
	})
}

// lockedBelow: what lies below a lock follows it, wherever it comes from.
func lockedBelow(f *fixture) {
	acme := f.create(1, ctxtree.LevelTenant, "acme")
	top := f.create(acme.ID, "category", "top")
	open := f.create(acme.ID, "category", "open")
	inForce := func(id int64) bool {
		f.Helper()
		line, err := f.s.Ancestors(f.all, id)
		f.ok(err)
		return ctxtree.Locked(line)
	}
	f.ok(f.s.SetLocked(f.all, top.ID, true))
	made := f.create(top.ID, "course", "7")
	same(f, "made below it", inForce(made.ID), true)
	same(f, "the flag of what was made", made.Locked, false)
	_, err := f.s.Move(f.all, made.ID, open.ID)
	f.ok(err)
	same(f, "moved out", inForce(made.ID), false)
	f.ok(f.s.SetLocked(f.all, made.ID, true))
	moved, err := f.s.Move(f.all, made.ID, top.ID)
	f.ok(err)
	same(f, "the flag stays", moved.Locked, true)
	f.unchanged(func() { f.refused(f.s.SetLocked(f.all, made.ID, false), ctxtree.ErrLockedAbove) })
	f.ok(f.s.SetLocked(f.all, 1, true))
	f.unchanged(func() {
		f.refused(f.s.SetLocked(f.all, acme.ID, true), ctxtree.ErrLockedAbove)
		f.refused(f.s.SetLocked(in("acme"), open.ID, true), ctxtree.ErrLockedAbove)
		f.refused(f.s.SetLocked(in("acme"), 1, false), ctxtree.ErrOutside)
	})
}
