package difftest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

type leaf struct {
	Name  string
	Place int32
	Kind  uint8
	On    bool
}

type branch struct {
	One    *leaf
	Any    any
	Many   []*leaf
	Deep   [][]any
	hidden *leaf
	base
}

type base struct{ Inner leaf }

// TestTree: every field is visited, whatever stands between it and the node.
func TestTree(t *testing.T) {
	n := Tree(&branch{
		One: &leaf{Name: "one", Place: 3, Kind: 4, On: true}, Any: &leaf{Name: "any"}, Many: []*leaf{{Name: "many"}, nil},
		Deep: [][]any{{&leaf{Name: "deep"}}, nil}, hidden: &leaf{Name: "hidden"}, base: base{leaf{Name: "inner"}},
	})
	var names []string
	var visit func(string, Node)
	visit = func(_ string, n Node) {
		if n.Type() == "leaf" {
			names = append(names, n.String("Name"))
		}
		n.Children(visit)
	}
	n.Children(visit)
	require.Equal(t, []string{"one", "any", "many", "deep", "inner"}, names)

	require.Equal(t, 3, n.Int("One", "Place"))
	require.EqualValues(t, 4, n.Uint("One", "Kind"))
	require.True(t, n.Bool("One", "On"))
	require.Len(t, n.All("Many"), 2)
	require.Equal(t, "deep", n.All("Deep")[0].Items()[0].String("Name"))
	require.True(t, n.Has("Any"))
	require.False(t, n.Has("None"))
	require.Panics(t, func() { n.Get("None") })
	require.IsType(t, &leaf{}, n.Get("One").Interface())

	nothing := Tree(&branch{}).Get("One")
	require.False(t, nothing.Exists())
	require.Empty(t, nothing.Type())
	require.Empty(t, nothing.String("Name"))
	require.Zero(t, nothing.Int("Place"))
	require.Zero(t, nothing.Uint("Kind"))
	require.False(t, nothing.Bool("On"))
	require.Empty(t, nothing.All("Name"))
	require.Nil(t, nothing.Interface())
}
