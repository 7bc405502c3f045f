package rbac

import (
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// A node hangs in the tree if its path is made of its own number behind the path of
// a node that hangs itself, there and nowhere else.
func TestHangs(t *testing.T) {
	t.Parallel()
	known := newCatalogue(nil)
	build := func(of tenant.ID, nodes ...ctxtree.Node) *part {
		for i := range nodes {
			nodes[i].Tenant = of
		}
		return newPart(of, nodes, Rules{}, version{}, known)
	}
	shared := build("",
		ctxtree.Node{ID: 1, Path: "/1/"},
		ctxtree.Node{ID: 2, Parent: 1, Path: "/1/2/"},
		ctxtree.Node{ID: 3, Parent: 1, Path: "/1/3/"},
		ctxtree.Node{ID: 20, Parent: 21, Path: "/1/21/20/"}, // there is no 21
		ctxtree.Node{ID: 22, Parent: 20, Path: "/1/21/20/22/"})
	own := build("acme",
		ctxtree.Node{ID: 5, Parent: 2, Path: "/1/2/5/"},
		ctxtree.Node{ID: 6, Parent: 5, Path: "/1/2/5/6/"},
		ctxtree.Node{ID: 7, Parent: 5, Path: "/1/2/5/8/"},   // has the number of another
		ctxtree.Node{ID: 10, Parent: 30, Path: "/1/30/10/"}, // there is no 30
		ctxtree.Node{ID: 11, Parent: 10, Path: "/1/30/10/11/"},
		ctxtree.Node{ID: 12, Parent: 20, Path: "/1/21/20/12/"}, // below what hangs nowhere
		ctxtree.Node{ID: 13, Parent: 2, Path: "/1/3/2/13/"},    // 2 is elsewhere
		ctxtree.Node{ID: 14, Parent: 2, Path: "/1/2/40/14/"},   // nor is there a 40 below it
		ctxtree.Node{ID: 15, Parent: 1, Path: ""})
	m := newModel(&settings{catalogue: known}, shared, own)
	lines := map[int64][]int64{}
	for id := range int64(50) {
		n, found := m.node(id)
		if !found {
			continue
		}
		line, hangs := m.line(n)
		require.Equal(t, hangs, len(line) > 0, id)
		for _, above := range line {
			lines[id] = append(lines[id], above.ID)
		}
	}
	require.Equal(t, map[int64][]int64{1: {1}, 2: {1, 2}, 3: {1, 3}, 5: {1, 2, 5}, 6: {1, 2, 5, 6}}, lines)
}
