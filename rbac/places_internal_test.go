package rbac

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
)

// Whatever numbers the nodes have, each is found at its position and no other
// number is anywhere, with the flags and without.
func TestPlaces(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	between := func(low, high int64) []int64 {
		ids := make([]int64, 300)
		for i := range ids {
			ids[i] = low + r.Int64N(high-low) // some of them twice
		}
		return ids
	}
	for name, ids := range map[string][]int64{
		"none":         {},
		"no number":    {0, -5},
		"one":          {7},
		"close":        between(1000, 1400),
		"with gaps":    between(1000, 1000+sparse*300),
		"far apart":    between(1, 1<<40),
		"at the end":   between(math.MaxInt64-300, math.MaxInt64),
		"both ends":    {1, math.MaxInt64},
		"not a number": append(between(10, 100), 0, -1, math.MinInt64),
	} {
		nodes, flags, want := make([]ctxtree.Node, len(ids)), make([]nodeFlags, len(ids)), map[int64]place{}
		for i, id := range ids {
			nodes[i].ID, flags[i] = id, nodeFlags(i%4)
			if _, twice := want[id]; !twice && id > 0 {
				want[id] = placeOf(uint32(i), flags[i])
			}
		}
		plain := newPlaces(nodes)
		flagged := plain.with(flags)
		require.Equal(t, name == "far apart" || name == "both ends", len(plain.table) > 0, name)
		for id, at := range want {
			for _, asked := range []int64{id, id - 1, id + 1, -id, id + 1<<32, id ^ math.MinInt64} {
				if at, ok := want[asked]; ok {
					require.Equal(t, at, flagged.find(asked), "%s: %d", name, asked)
					require.Equal(t, placeOf(at.pos(), 0), plain.find(asked), "%s: %d", name, asked)
				} else {
					require.Equal(t, nowhere, flagged.find(asked), "%s: %d", name, asked)
				}
			}
			require.Equal(t, at.pos(), plain.find(id).pos(), "%s: %d", name, id)
		}
		for _, id := range []int64{0, -1, -5, math.MinInt64} {
			require.Equal(t, nowhere, plain.find(id), "%s: %d", name, id)
		}
	}
}
