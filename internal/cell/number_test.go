package cell_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/cell"
)

func TestNumber(t *testing.T) {
	t.Parallel()
	tests := []struct {
		n, m     cell.Number
		nm, mn   bool // n covers m, and the other way round
		combined cell.Number
	}{
		{cell.Number{}, cell.Number{}, true, true, cell.Number{}},
		{cell.Number{A: 2}, cell.Number{A: 1}, true, false, cell.Number{A: 2}},
		{cell.Number{A: 2, B: 2}, cell.Number{A: 2, B: 1}, true, false, cell.Number{A: 2, B: 2}},
		{cell.Number{A: 2, B: 1}, cell.Number{A: 1, B: 2}, false, false, cell.Number{A: 2, B: 2}},
		{cell.Number{A: 1}, cell.Number{B: 1}, false, false, cell.Number{A: 1, B: 1}},
	}
	for _, tt := range tests {
		require.Equal(t, tt.nm, tt.n.Covers(tt.m), "%v %v", tt.n, tt.m)
		require.Equal(t, tt.mn, tt.m.Covers(tt.n), "%v %v", tt.m, tt.n)
		require.Equal(t, tt.combined, tt.n.Max(tt.m))
		require.Equal(t, tt.combined, tt.m.Max(tt.n))
	}
}
