package ctxtree_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// TestSnapshot compares snapshots with the store that they were loaded from,
// while the tree grows, moves, locks and loses nodes.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	levels, err := ctxtree.NewLevels(
		ctxtree.LevelRule{Level: "category", Under: []ctxtree.Level{ctxtree.AnyLevel}},
		ctxtree.LevelRule{Level: "course", Under: []ctxtree.Level{ctxtree.AnyLevel}})
	require.NoError(t, err)
	tree := ctxtree.NewMemory(levels)
	all := tenant.AcrossAll(context.Background(), "test")
	random := rand.New(rand.NewPCG(1, 2))
	owners := []tenant.ID{"", "acme", "bolt"}
	ids := []int64{ctxtree.SystemID}
	pick := func() int64 { return ids[random.IntN(len(ids))] }
	for i := range 1500 {
		// Much of this is refused, as it should be.
		switch k := random.IntN(20); {
		case k < 12:
			spec := ctxtree.Spec{Parent: pick(), Level: []ctxtree.Level{"category", "course"}[i%2], Instance: strconv.Itoa(i)}
			if spec.Parent == ctxtree.SystemID {
				spec.Tenant = owners[random.IntN(3)]
			}
			if n, err := tree.Create(all, spec); err == nil {
				ids = append(ids, n.ID)
			}
		case k < 17:
			_, _ = tree.Move(all, pick(), pick())
		case k < 19:
			_ = tree.SetLocked(all, pick(), random.IntN(2) == 0)
		case random.IntN(8) == 0:
			_ = tree.Delete(all, pick())
		}
		if i%100 == 99 {
			for _, of := range owners {
				compare(t, tree, of)
			}
		}
	}
}

func compare(t *testing.T, tree ctxtree.Store, of tenant.ID) {
	t.Helper()
	ctx := tenant.AcrossAll(context.Background(), "test")
	nodes, number, err := tree.Load(ctx, of)
	require.NoError(t, err)
	s, err := ctxtree.NewSnapshot(of, nodes, number)
	require.NoError(t, err)
	require.Equal(t, of, s.Tenant())
	require.Equal(t, number, s.Number())
	require.Equal(t, len(nodes), s.Len())
	system, _, err := tree.Node(ctx, ctxtree.SystemID)
	require.NoError(t, err)
	place := map[int64]int{}
	children := map[int][]int{}
	var last int64
	for at, n := range nodes {
		place[n.ID] = at
		last = max(last, n.ID)
		require.Equal(t, n, s.Node(at))
		require.Equal(t, n.ID, s.ID(at))
		require.Equal(t, n.Level, s.Level(at))
		require.Equal(t, n.Instance, s.Instance(at))
		found, ok := s.ByInstance(n.Level, n.Instance)
		require.True(t, ok)
		require.Equal(t, at, found)
		parent, ok := place[n.Parent]
		if !ok {
			parent = -1
		}
		require.Equal(t, parent, s.Parent(at))
		children[parent] = append(children[parent], at)

		line, err := tree.Ancestors(ctx, n.ID)
		require.NoError(t, err)
		require.Equal(t, ctxtree.Locked(line), s.Locked(at) || system.Locked)
		if of != "" {
			line = line[1:]
		}
		var own []ctxtree.Node
		for _, at := range s.Line(at) {
			own = append(own, s.Node(at))
		}
		require.Equal(t, line, own)

		if n.ID != ctxtree.SystemID {
			below, err := tree.Descendants(ctx, n.ID)
			require.NoError(t, err)
			require.Equal(t, len(below), s.End(at)-at-1)
			for i, d := range below {
				require.Equal(t, d.ID, s.ID(at+1+i))
			}
		}
	}
	for at := -1; at < len(nodes); at++ {
		require.Equal(t, children[at], slices.Collect(s.Children(at)))
		for range s.Children(at) {
			break // it can be left
		}
	}
	for id := int64(-1); id <= last+1; id++ {
		want, ok := place[id]
		at, found := s.Find(id)
		require.Equal(t, ok, found, id)
		require.Equal(t, want, at)
	}
	for _, id := range []int64{-1 << 63, 1<<63 - 1} {
		_, found := s.Find(id)
		require.False(t, found)
	}
	_, found := s.ByInstance("category", "no such")
	require.False(t, found)
}

// TestSnapshotSparse: numbers far apart are found, those between are not.
func TestSnapshotSparse(t *testing.T) {
	t.Parallel()
	var nodes []ctxtree.Node
	for _, id := range []int64{1000, 2, 1<<62 + 1, 70000} {
		n, err := ctxtree.Node{Level: "x", Instance: strconv.FormatInt(id, 10), Parent: 1, Tenant: "acme"}.
			Numbered(id, ctxtree.Node{ID: 1, Path: "/1/", Depth: 1})
		require.NoError(t, err)
		nodes = append(nodes, n)
	}
	slices.SortFunc(nodes, func(a, b ctxtree.Node) int {
		if a.Path < b.Path {
			return -1
		}
		return 1
	})
	s, err := ctxtree.NewSnapshot("acme", nodes, 7)
	require.NoError(t, err)
	for at, n := range nodes {
		found, ok := s.Find(n.ID)
		require.True(t, ok)
		require.Equal(t, at, found)
		for _, no := range []int64{n.ID - 1, n.ID + 1} {
			_, ok := s.Find(no)
			require.False(t, ok)
		}
	}
	empty, err := ctxtree.NewSnapshot("acme", nil, 0)
	require.NoError(t, err)
	_, ok := empty.Find(1)
	require.False(t, ok)
	_, ok = empty.ByInstance("x", "1")
	require.False(t, ok)
	require.Empty(t, slices.Collect(empty.Children(-1)))
}

// top is a node like n directly below the system, with that number.
func top(n ctxtree.Node, id int64) ctxtree.Node {
	n, _ = n.Numbered(id, ctxtree.Node{ID: ctxtree.SystemID, Path: "/1/", Depth: 1})
	return n
}

func TestSnapshotRefuses(t *testing.T) {
	t.Parallel()
	tree := forest(t, 1, 7)
	good, number, err := tree.Load(tenant.WithID(context.Background(), "t0"), "t0")
	require.NoError(t, err)
	_, err = ctxtree.NewSnapshot("t0", good, number)
	require.NoError(t, err)
	shared, _, err := tree.Load(tenant.Global(context.Background()), "")
	require.NoError(t, err)
	for name, spoil := range map[string]func([]ctxtree.Node) []ctxtree.Node{
		"another tenant's":    func(n []ctxtree.Node) []ctxtree.Node { n[2].Tenant = "bolt"; return n },
		"no tenant's":         func(n []ctxtree.Node) []ctxtree.Node { n[0].Tenant = ""; return n },
		"with the system":     func(n []ctxtree.Node) []ctxtree.Node { return append(shared, n...) },
		"out of order":        func(n []ctxtree.Node) []ctxtree.Node { n[1], n[2] = n[2], n[1]; return n },
		"leaves out of order": func(n []ctxtree.Node) []ctxtree.Node { n[5], n[6] = n[6], n[5]; return n },
		"less than no id":     func(n []ctxtree.Node) []ctxtree.Node { return []ctxtree.Node{top(n[0], -5)} },
		"without the top":     func(n []ctxtree.Node) []ctxtree.Node { return n[1:] },
		"without one inside":  func(n []ctxtree.Node) []ctxtree.Node { return slices.Delete(n, 1, 2) },
		"twice":               func(n []ctxtree.Node) []ctxtree.Node { return append(n[:1:1], n...) },
		"a wrong path":        func(n []ctxtree.Node) []ctxtree.Node { n[2].Path += "9/"; return n },
		"a wrong depth":       func(n []ctxtree.Node) []ctxtree.Node { n[2].Depth++; return n },
		"a wrong parent":      func(n []ctxtree.Node) []ctxtree.Node { n[2].Parent++; return n },
		"a wrong id":          func(n []ctxtree.Node) []ctxtree.Node { n[6].ID++; return n },
		"no id":               func(n []ctxtree.Node) []ctxtree.Node { n[6].ID = 0; return n },
	} {
		_, err := ctxtree.NewSnapshot("t0", spoil(slices.Clone(good)), number)
		require.Error(t, err, name)
	}
	_, err = ctxtree.NewSnapshot("", nil, 0)
	require.NoError(t, err, "a store that does not read the part")
	_, err = ctxtree.NewSnapshot("", append(shared, good...), 0)
	require.Error(t, err)
}

// TestSnapshotSize holds the promise of 44 bytes a node, and what one table for
// the whole part takes.
func TestSnapshotSize(t *testing.T) {
	t.Parallel()
	const each = 2000
	for _, tenants := range []int{1, 3} { // with the numbers in a row, and not
		levels, err := ctxtree.NewLevels(ctxtree.LevelRule{Level: "category", Under: []ctxtree.Level{ctxtree.LevelTenant, "category"}})
		require.NoError(t, err)
		tree := ctxtree.NewMemory(levels)
		parents := make([]int64, tenants)
		for i := range each {
			for o := range parents {
				id := "t" + strconv.Itoa(o)
				spec := ctxtree.Spec{Parent: parents[o], Level: "category", Instance: strconv.Itoa(i)}
				if i == 0 {
					spec = ctxtree.Spec{Parent: ctxtree.SystemID, Level: ctxtree.LevelTenant, Instance: id}
				}
				n, err := tree.Create(tenant.WithID(context.Background(), tenant.ID(id)), spec)
				require.NoError(t, err)
				if i == 0 {
					parents[o] = n.ID
				}
			}
		}
		nodes, number, err := tree.Load(tenant.WithID(context.Background(), "t0"), "t0")
		require.NoError(t, err)
		s, err := ctxtree.NewSnapshot("t0", nodes, number)
		require.NoError(t, err)
		text := 0
		for _, n := range nodes {
			text += len(n.Instance)
		}
		require.LessOrEqual(t, int(s.Size())-text-512, 44*each)
	}
}
