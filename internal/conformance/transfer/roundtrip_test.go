package transfer

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope/transfer"
)

// Out of one database, away in another one with the same rows, and in again: the
// second is then the first, row by row, of everybody.
func Test_B22_RoundTrip(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		s := corpus(t, own[e.Dialect])
		from := filled(t, e, s, 1, 12)
		require.Positive(t, from.entangle(t))
		to := from.clone(t, s)
		want := from.dump(t)
		require.Equal(t, want, to.dump(t))
		for _, id := range from.tenants[:2] {
			file, out := from.export(t, id, transfer.ExportOptions{})
			require.Equal(t, int64(want.total(id)), out.Rows)
			require.Positive(t, out.Rows)

			gone, err := transfer.Purge(t.Context(), to.db, id, transfer.PurgeOptions{Batch: 3})
			require.NoError(t, err)
			require.Equal(t, out.Tables, gone.Tables)
			require.Equal(t, want.without(id), to.dump(t), "the rows of the others after a purge")

			in, err := transfer.Import(t.Context(), to.db, bytes.NewReader(file), transfer.ImportOptions{Into: id})
			require.NoError(t, err)
			require.Equal(t, out.Tables, in.Tables)
			require.Equal(t, want, to.dump(t))
		}
		require.Equal(t, want, from.dump(t), "an export changes nothing")
	})
}
