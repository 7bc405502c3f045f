package rbac

import (
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// at is a turn at a path.
func at(path string, allowed bool) turn { return turn{ctxtree.Node{Path: path}, allowed} }

func TestFlatten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		turns []turn
		want  []interval
	}{
		{"nothing", nil, nil},
		{"one subtree", []turn{at("/1/5/", true)}, []interval{{"/1/5/", "/1/50"}}},
		{"two beside each other, and out of order", []turn{at("/1/6/", true), at("/1/5/", true)}, []interval{{"/1/5/", "/1/50"}, {"/1/6/", "/1/60"}}},
		{"a longer number with the same digits", []turn{at("/1/2/", true), at("/1/23/", true)}, []interval{{"/1/2/", "/1/20"}, {"/1/23/", "/1/230"}}},
		{"a no below", []turn{at("/1/5/", true), at("/1/5/9/", false)}, []interval{{"/1/5/", "/1/5/9/"}, {"/1/5/90", "/1/50"}}},
		{"a yes below that", []turn{at("/1/", true), at("/1/5/", false), at("/1/5/9/", true)}, []interval{{"/1/", "/1/5/"}, {"/1/5/9/", "/1/5/90"}, {"/1/50", "/10"}}},
		{"two noes that end where nothing follows", []turn{at("/1/", true), at("/1/5/", false), at("/1/7/", false), at("/1/7/8/", true)},
			[]interval{{"/1/", "/1/5/"}, {"/1/50", "/1/7/"}, {"/1/7/8/", "/1/7/80"}, {"/1/70", "/10"}}},
		{"turns that change nothing", []turn{at("/1/", false), at("/1/5/", true), at("/1/5/6/", true), at("/1/7/", false)}, []interval{{"/1/5/", "/1/50"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, flatten(c.turns))
		})
	}
}

// A path is in the territory if one of the intervals contains it.
func TestContains(t *testing.T) {
	t.Parallel()
	where := territory{intervals: flatten([]turn{at("/1/2/", true), at("/1/2/4/", false), at("/1/2/4/6/", true), at("/1/30/", true)})}
	for path, want := range map[string]bool{
		"/1/": false, "/1/2/": true, "/1/2/3/": true, "/1/23/": false, "/1/2/4/": false, "/1/2/4/5/": false, "/1/2/4/6/": true,
		"/1/2/4/66/": false, "/1/2/44/": true, "/1/2/5/": true, "/1/3/": false, "/1/30/": true, "/1/30/1/": true, "/1/300/": false, "/2/": false, "": false,
	} {
		require.Equal(t, want, where.contains(path), path)
	}
}

// What does not fit into a statement is no predicate.
func TestTooManyRanges(t *testing.T) {
	t.Parallel()
	c := columns{dialect: tenant.SQLite, tenant: "t", path: "p"}
	many := make([]interval, mostRanges)
	p, err := c.predicate([]territory{{tenant: "acme", intervals: many}})
	require.NoError(t, err)
	require.Len(t, p.Args, 2*mostRanges+2)
	p, err = c.predicate([]territory{{tenant: "acme", intervals: many}, {tenant: "bolt", intervals: many[:1]}})
	require.ErrorIs(t, err, ErrTooManyRanges)
	require.Equal(t, Predicate{SQL: "(1 = 0)"}, p)
}
