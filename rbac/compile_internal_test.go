package rbac

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
)

// However many segments and words there are, at each position and for each
// capability the answer is that of the last segment which begins there or before.
func TestCompiledSegments(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{1, 2, 15, 16, 17, 100, 127, 128, 129, 144, 145, 300, 1000} {
		const words = 3
		nodes := 3 * n
		c := &compiler{b: &base{part: &part{nodes: make([]ctxtree.Node, nodes)}}, words: words, bits: make([]uint64, words)}
		at := make([]uint32, nodes) // the place of each position
		for pos := range nodes {
			if pos > 0 {
				at[pos] = at[pos-1]
			}
			if left := n - len(c.segments); pos == 0 || left > 0 && r.IntN(nodes-pos) < left {
				at[pos] = uint32(len(c.segments)) % 37
				c.begin(uint32(pos), at[pos])
			}
		}
		require.Len(t, c.segments, n)
		for range words * min(n-1, 36) {
			c.bits = append(c.bits, r.Uint64())
		}
		compiled := c.compiled()
		for pos, place := range at {
			for cap := range uint32(64 * words) {
				want := c.bits[place*words+cap/64]>>(cap%64)&1 != 0
				require.Equal(t, want, compiled.has(uint32(pos), cap), "%d segments: %d at %d", n, cap, pos)
			}
		}
		require.Len(t, compiled.starts(), n-1)
	}
}

// Of so many nodes with so many different answers that both do not go into one
// number, nothing is compiled.
func TestCompiledFits(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		nodes, places int
		shift         int
		fits          bool
	}{
		{1<<32 - 1, 1, 0, true},
		{1 << 32, 1, 0, false},
		{1<<31 - 1, 2, 1, true},
		{1 << 31, 2, 1, false},
		{1<<30 - 1, 3, 2, true},
		{1<<30 - 1, 4, 2, true},
		{1<<30 - 1, 5, 3, false},
		{1 << 20, maxPoints, 13, false},
		{1<<19 - 1, maxPoints, 13, true},
	} {
		shift, fits := shiftFor(x.nodes, x.places)
		require.Equal(t, x.shift, shift, x)
		require.Equal(t, x.fits, fits, x)
	}
	top := uint32(1<<32-1) >> 1 // the last position with a place beside it
	c := &compiled{data: make([]uint32, group+2), n: group, places: 2, shift: 1}
	for i := range group {
		c.data[i] = endless
	}
	c.data[0], c.data[1], c.data[group+1] = 0, (top-1)<<1|1, 1
	require.True(t, c.has(top-1, 0))
	require.False(t, c.has(top-2, 0))
}

// A name is found wherever it stands, and nothing else is that begins there.
func TestCatalogueFinds(t *testing.T) {
	t.Parallel()
	all := "course:view:all"
	resolved, err := newCapabilities([]Capability{{Name: all}, {Name: all[:11]}, {Name: all[:6]}, {Name: "grade"}})
	require.NoError(t, err)
	c := newCatalogue(resolved)
	for _, name := range []string{all, all[:11], all[:6], "grade"} {
		for _, same := range []string{name, string([]byte(name))} {
			e := c.find(same)
			require.NotNil(t, e, same)
			require.Equal(t, name, e.name)
		}
	}
	var none string
	for _, name := range []string{none, all[:0], all[:5], all[1:], all[:14], "grad", "grades"} {
		require.Nil(t, c.find(name), name)
	}
}
