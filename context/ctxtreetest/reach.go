package ctxtreetest

import (
	"context"
	"errors"
	"fmt"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// modes are contexts with what they may read and change: "" is what has no
// tenant, "-" stands for nothing.
func modes() []struct {
	name   string
	ctx    context.Context
	fails  error // every call
	reads  []tenant.ID
	writes []tenant.ID
} {
	bg := context.Background()
	return []struct {
		name   string
		ctx    context.Context
		fails  error
		reads  []tenant.ID
		writes []tenant.ID
	}{
		{name: "none", ctx: bg, fails: tenant.ErrNoTenant},
		{name: "refused", ctx: tenant.WithID(tenant.WithID(bg, "acme"), "bolt"), fails: tenant.ErrTenantConflict},
		{name: "tenant", ctx: in("acme"), reads: []tenant.ID{"acme", ""}, writes: []tenant.ID{"acme"}},
		{name: "tenant without nodes", ctx: in("corp"), reads: []tenant.ID{""}},
		{name: "global", ctx: global(), reads: []tenant.ID{""}, writes: []tenant.ID{""}},
		{name: "across", ctx: tenant.Across(bg, "test", "acme", "corp"), reads: []tenant.ID{"acme"}},
		{name: "across both", ctx: tenant.Across(bg, "test", "acme", "bolt"), reads: []tenant.ID{"acme", "bolt"}},
		{name: "across all", ctx: tenant.AcrossAll(bg, "test"), reads: []tenant.ID{"acme", "bolt", ""}, writes: []tenant.ID{"acme", "bolt", ""}},
	}
}

// grown is a tree with one branch for each of two tenants and one without.
type grown struct {
	top, cat, course map[tenant.ID]ctxtree.Node
}

var owners = []tenant.ID{"acme", "bolt", ""}

func (f *fixture) grow() grown {
	f.Helper()
	g := grown{map[tenant.ID]ctxtree.Node{}, map[tenant.ID]ctxtree.Node{}, map[tenant.ID]ctxtree.Node{}}
	for _, of := range owners {
		g.top[of] = f.get(ctxtree.SystemID)
		if of != "" {
			g.top[of] = f.create(1, ctxtree.LevelTenant, string(of))
		}
		g.cat[of] = f.create(g.top[of].ID, "category", "c")
		g.course[of] = f.create(g.cat[of].ID, "course", "7")
	}
	return g
}

func has(list []tenant.ID, id tenant.ID) bool {
	for _, x := range list {
		if x == id {
			return true
		}
	}
	return false
}

func reads(f *fixture) {
	g := f.grow()
	for _, m := range modes() {
		for _, of := range owners {
			f.Log(m.name, of)
			want := has(m.reads, of)
			n, found, err := f.s.Node(m.ctx, g.course[of].ID)
			f.is(err, m.fails)
			same(f, "Node", found, want)
			same(f, "Node", n.ID != 0, want)

			n, found, err = f.s.ByInstance(m.ctx, of, "course", "7")
			f.is(err, m.fails)
			same(f, "ByInstance", found, want)
			same(f, "ByInstance", n.ID != 0, want)

			line, err := f.s.Ancestors(m.ctx, g.course[of].ID)
			f.is(err, m.fails)
			below, err := f.s.Descendants(m.ctx, g.top[of].ID)
			f.is(err, m.fails)
			all, _, err := f.s.Load(m.ctx, of)
			f.is(err, m.fails)
			switch {
			case !want:
				f.are(line)
				f.are(all)
			case of == "":
				f.are(line, 1, g.cat[of].ID, g.course[of].ID)
				f.are(all, 1, g.cat[of].ID, g.course[of].ID)
			default:
				f.are(line, 1, g.top[of].ID, g.cat[of].ID, g.course[of].ID)
				f.are(below, g.cat[of].ID, g.course[of].ID)
				f.are(all, g.top[of].ID, g.cat[of].ID, g.course[of].ID)
			}
			for _, n := range below {
				same(f, fmt.Sprintf("node %d of %q below the top is readable", n.ID, n.Tenant), has(m.reads, n.Tenant), true)
			}
		}
	}
}

func writes(f *fixture) {
	g := f.grow()
	for _, m := range modes() {
		for _, of := range owners {
			f.Log(m.name, of)
			if has(m.writes, of) {
				n, err := f.s.Create(m.ctx, ctxtree.Spec{Parent: g.cat[of].ID, Level: "category", Instance: "new"})
				f.ok(err)
				_, err = f.s.Move(m.ctx, n.ID, g.top[of].ID)
				f.ok(err)
				f.ok(f.s.SetLocked(m.ctx, n.ID, true))
				f.ok(f.s.Delete(m.ctx, n.ID))
				continue
			}
			want := m.fails
			switch {
			case want != nil:
			case !has(m.reads, of):
				want = ctxtree.ErrNoNode
			case len(m.writes) == 0 && tenant.ModeOf(m.ctx) == tenant.ModeAcross:
				want = tenant.ErrSeveralTenants
			default:
				want = ctxtree.ErrOutside
			}
			f.unchanged(func() {
				_, err := f.s.Create(m.ctx, ctxtree.Spec{Parent: g.cat[of].ID, Level: "category", Instance: "new"})
				f.is(err, want)
				_, err = f.s.Move(m.ctx, g.course[of].ID, g.cat[of].ID)
				f.is(err, want)
				f.is(f.s.SetLocked(m.ctx, g.course[of].ID, true), want)
				f.is(f.s.Delete(m.ctx, g.course[of].ID), want)
			})
		}
	}
	f.unchanged(func() {
		// A tenant makes no other one, and nothing that belongs to another.
		_, err := f.s.Create(in("acme"), ctxtree.Spec{Parent: 1, Level: ctxtree.LevelTenant, Instance: "corp"})
		f.refused(err, ctxtree.ErrOutside)
		_, err = f.s.Create(in("acme"), ctxtree.Spec{Parent: 1, Level: "category", Instance: "x", Tenant: "corp"})
		f.refused(err, ctxtree.ErrOutside)
		_, err = f.s.Create(in("acme"), ctxtree.Spec{Parent: 1, Level: "category", Instance: "x"})
		f.refused(err, ctxtree.ErrOutside)
		_, err = f.s.Create(global(), ctxtree.Spec{Parent: 1, Level: ctxtree.LevelTenant, Instance: "corp"})
		f.refused(err, ctxtree.ErrOutside)
	})
	corp, err := f.s.Create(in("corp"), ctxtree.Spec{Parent: 1, Level: ctxtree.LevelTenant, Instance: "corp"})
	f.ok(err)
	same(f, "its own node", corp.Tenant, "corp")
}

// hidden: for acme, what is bolt's answers exactly like what is nowhere.
func hidden(f *fixture) {
	g := f.grow()
	ctx := in("acme")
	f.create(g.cat["bolt"].ID, "course", "taken in bolt")
	for _, pair := range [][2]int64{{g.course["bolt"].ID, 1 << 40}, {g.top["bolt"].ID, 1 << 41}} {
		var said [2][]string
		for i, id := range pair {
			say := func(v ...any) {
				for _, x := range v {
					if err, ok := x.(error); ok && err != nil {
						var node *ctxtree.NodeError
						f.refused(err, ctxtree.ErrNoNode)
						if errors.As(err, &node) {
							x = node.Op + node.Err.Error() // all but the number asked for
						}
					}
					said[i] = append(said[i], fmt.Sprint(x))
				}
			}
			n, found, err := f.s.Node(ctx, id)
			say(n, found, err)
			line, err := f.s.Ancestors(ctx, id)
			say(line, err)
			below, err := f.s.Descendants(ctx, id)
			say(below, err)
			n, err = f.s.Create(ctx, ctxtree.Spec{Parent: id, Level: "course", Instance: "new"})
			say(n, err)
			n, err = f.s.Move(ctx, id, g.cat["acme"].ID)
			say(n, err)
			n, err = f.s.Move(ctx, g.course["acme"].ID, id)
			say(n, err)
			say(f.s.SetLocked(ctx, id, true), f.s.Delete(ctx, id))
		}
		same(f, "answers", fmt.Sprint(said[0]), fmt.Sprint(said[1]))
	}
	// Nor does what bolt has taken stand in acme's way.
	_, err := f.s.Create(ctx, ctxtree.Spec{Parent: g.cat["acme"].ID, Level: "course", Instance: "taken in bolt"})
	f.ok(err)
}
