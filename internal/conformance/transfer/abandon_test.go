package transfer

import (
	"bytes"
	"context"
	"database/sql"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope/transfer"
)

// meanwhile is a pool that does something just before the note of an import is moved.
type meanwhile struct {
	*sql.DB
	do func()
}

func (m *meanwhile) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if do := m.do; do != nil && strings.Contains(query, "SET done") {
		m.do = nil
		do()
	}
	return m.DB.ExecContext(ctx, query, args...)
}

// Abandon takes back what is unfinished when it says so, not what was when it
// looked: an import that another call ends in between stays.
func TestAbandon(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		from := staffed(t, e)
		file, out := from.export(t, "acme", transfer.ExportOptions{})
		to := vacant(t, e)
		before := to.dump(t)
		interrupt := func() {
			t.Helper()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			_, err := transfer.Import(ctx, to.db, bytes.NewReader(file), transfer.ImportOptions{Into: "acme", Batch: 2, Progress: func(p transfer.Progress) {
				if p.Table == "answers" {
					cancel()
				}
			}})
			require.ErrorIs(t, err, context.Canceled)
		}
		interrupt()
		db := &meanwhile{DB: to.db, do: func() {
			in, err := transfer.Import(t.Context(), to.db, bytes.NewReader(file), transfer.ImportOptions{Into: "acme", Batch: 2, Resume: true})
			require.NoError(t, err)
			require.Equal(t, out, in)
		}}
		_, err := transfer.Abandon(t.Context(), db, "acme", transfer.PurgeOptions{})
		require.ErrorIs(t, err, transfer.ErrNothingToResume)
		require.Equal(t, from.dump(t)["acme"], to.dump(t)["acme"])
		_, err = transfer.Purge(t.Context(), to.db, "acme", transfer.PurgeOptions{})
		require.NoError(t, err)

		// Interrupted itself, it is called again: the note that says so already counts.
		interrupt()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		_, err = transfer.Abandon(ctx, to.db, "acme", transfer.PurgeOptions{Batch: 1, Progress: func(transfer.Progress) { cancel() }})
		require.ErrorIs(t, err, context.Canceled)
		_, err = transfer.Import(t.Context(), to.db, bytes.NewReader(file), transfer.ImportOptions{Into: "acme", Batch: 2, Resume: true})
		require.ErrorIs(t, err, transfer.ErrNothingToResume)
		_, err = transfer.Abandon(t.Context(), to.db, "acme", transfer.PurgeOptions{})
		require.NoError(t, err)
		require.Equal(t, before, to.dump(t))
	})
}
