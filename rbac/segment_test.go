package rbac

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSegment asks for each place beside each beginning of a segment, in lists of
// every length up to many groups, which segment it is in.
func TestSegment(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	for n := 1; n <= 80*group; n += 1 + n/40 {
		for _, shift := range []uint8{0, 1, 7} {
			// Positions in their order, from 0, close together and far apart, up to
			// the last that the shift leaves room for.
			last := ^uint32(0)>>shift - 1
			pos, begins := uint32(0), []uint32{}
			for range n {
				begins = append(begins, pos)
				pos += 1 + rnd.Uint32N(1+last/uint32(2*n)*rnd.Uint32N(2))
			}
			if n > 1 {
				begins[n-1] = last - 1
			}
			var segments []uint32
			for i, begin := range begins {
				segments = append(segments, begin<<shift|uint32(i)&(1<<shift-1))
			}
			for len(segments)%group != 0 {
				segments = append(segments, endless)
			}
			require.True(t, slices.IsSorted(segments))
			for i, begin := range begins {
				for _, at := range []uint32{begin, begin + 1, begin - 1} {
					want := i
					if at+1 == begin {
						want--
					}
					if want < 0 || at < begins[want] || want+1 < n && at >= begins[want+1] || at > last {
						continue // it is another one's place, and asked there
					}
					got := segment(segments, (at+1)<<shift)
					require.Equal(t, segments[want], got, "%d of %d segments, shift %d, at %d", want, n, shift, at)
				}
			}
		}
	}
}
