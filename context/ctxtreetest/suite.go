// Package ctxtreetest holds every implementation of ctxtree.Store to its
// contract.
package ctxtreetest

import (
	"context"
	"errors"
	"slices"
	"testing"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// NewStore returns a store that holds the system node only and knows these
// levels. Each call gives another store.
type NewStore func(t *testing.T, levels ctxtree.Levels) ctxtree.Store

// TestStore runs the whole suite against the stores that newStore makes.
func TestStore(t *testing.T, newStore NewStore) {
	for _, c := range []struct {
		name string
		run  func(*fixture)
	}{
		{"the system node is there from the start", systemNode},
		{"create below allowed parents only", createLevels},
		{"create takes the tenant from above", createTenant},
		{"create refuses malformed and taken instances", createInstance},
		{"what is no number of a node is refused", badNumbers},
		{"instances end where the limit is", longInstances},
		{"paths go on beyond 255 bytes", longPaths},
		{"paths end where the limit is", createDepth},
		{"numbers are not given out twice", numbers},
		{"move takes the whole subtree along", move},
		{"move refuses cycles, levels and other tenants", moveRefused},
		{"move refuses paths beyond the limit", moveDepth},
		{"a top category moves between the system and its tenant's node", beside},
		{"locks hold from above", lock},
		{"locks hold for what comes below them", lockedBelow},
		{"delete takes the whole subtree along", remove},
		{"delete all takes one tenant's nodes", deleteAll},
		{"an object is found in every tenant that is read", find},
		{"a context reads by its mode", reads},
		{"a context writes by its mode", writes},
		{"what is not readable looks like what is not there", hidden},
		{"subscribers are told of every change", subscribe},
		{"numbers grow with every change", changeNumbers},
		{"concurrent writers leave a sound tree", concurrent},
	} {
		t.Run(c.name, func(t *testing.T) {
			levels, err := ctxtree.NewLevels(
				ctxtree.LevelRule{Level: "category", Under: []ctxtree.Level{ctxtree.LevelSystem, ctxtree.LevelTenant, "category"}},
				ctxtree.LevelRule{Level: "course", Under: []ctxtree.Level{ctxtree.LevelSystem, "category"}},
				ctxtree.LevelRule{Level: "module", Under: []ctxtree.Level{"course"}},
				ctxtree.LevelRule{Level: "block", Under: []ctxtree.Level{ctxtree.AnyLevel}})
			if err != nil {
				t.Fatal(err)
			}
			c.run(&fixture{T: t, s: newStore(t, levels), all: tenant.AcrossAll(context.Background(), "test")})
		})
	}
}

// fixture is a store under test. The methods without a context use one that
// reaches everything.
type fixture struct {
	*testing.T
	s   ctxtree.Store
	all context.Context
}

// in returns a context in tenant mode.
func in(id tenant.ID) context.Context { return tenant.WithID(context.Background(), id) }

func global() context.Context { return tenant.Global(context.Background()) }

func (f *fixture) create(parent int64, level ctxtree.Level, instance string) ctxtree.Node {
	f.Helper()
	return f.createSpec(ctxtree.Spec{Parent: parent, Level: level, Instance: instance})
}

func (f *fixture) createSpec(s ctxtree.Spec) ctxtree.Node {
	f.Helper()
	n, err := f.s.Create(f.all, s)
	if err != nil {
		f.Fatalf("create %s %q below %d: %v", s.Level, s.Instance, s.Parent, err)
	}
	return n
}

func (f *fixture) get(id int64) ctxtree.Node {
	f.Helper()
	n, found, err := f.s.Node(f.all, id)
	if err != nil || !found {
		f.Fatalf("node %d: found %v, error %v", id, found, err)
	}
	return n
}

func (f *fixture) is(err, want error) {
	f.Helper()
	if !errors.Is(err, want) {
		f.Fatalf("error is %v, not %v", err, want)
	}
}

// refused wants a *NodeError with that cause.
func (f *fixture) refused(err, want error) {
	f.Helper()
	f.is(err, want)
	var node *ctxtree.NodeError
	if !errors.As(err, &node) {
		f.Fatalf("error is a %T, not a *ctxtree.NodeError", err)
	}
}

func (f *fixture) ok(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func same[T comparable](f *fixture, what string, got, want T) {
	f.Helper()
	if got != want {
		f.Fatalf("%s: got %+v, want %+v", what, got, want)
	}
}

// are wants exactly these nodes, in this order.
func (f *fixture) are(got []ctxtree.Node, want ...int64) {
	f.Helper()
	ids := make([]int64, len(got))
	for i, n := range got {
		ids[i] = n.ID
	}
	if !slices.Equal(ids, want) {
		f.Fatalf("got nodes %v, want %v", ids, want)
	}
}

// everything returns the whole tree, having checked that it is sound: every
// node hangs below its parent, with the parent's path, depth and tenant.
func (f *fixture) everything() []ctxtree.Node {
	f.Helper()
	nodes, err := f.s.Descendants(f.all, ctxtree.SystemID)
	f.ok(err)
	nodes = append([]ctxtree.Node{f.get(ctxtree.SystemID)}, nodes...)
	byID := map[int64]ctxtree.Node{}
	for _, n := range nodes {
		byID[n.ID] = n
		line, ok := n.Line()
		if !ok || len(line) != n.Depth {
			f.Fatalf("node %d has path %q and depth %d", n.ID, n.Path, n.Depth)
		}
		if n.ID == ctxtree.SystemID {
			continue
		}
		parent, ok := byID[n.Parent]
		if !ok {
			f.Fatalf("node %d comes before its parent, or has none", n.ID)
		}
		if want, err := n.Numbered(n.ID, parent); err != nil || want != n {
			f.Fatalf("node %+v does not hang below %+v", n, parent)
		}
		if parent.Tenant != n.Tenant && parent.ID != ctxtree.SystemID {
			f.Fatalf("node %d and its parent are of two tenants", n.ID)
		}
	}
	return nodes
}

// unchanged runs fn and wants the tree to be the same afterwards.
func (f *fixture) unchanged(fn func()) {
	f.Helper()
	before := f.everything()
	fn()
	if !slices.Equal(before, f.everything()) {
		f.Fatal("the tree has changed")
	}
}
