package transfer

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope/transfer"
	"github.com/gotenancy/tenancy/tenant"
)

// A file that trickles in, as the body of a request does, keeps nobody from writing
// while it does, and leaves no file behind.
func TestSlowReader(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Setenv("TMPDIR", t.TempDir())
		from := staffed(t, e)
		file, out := from.export(t, "acme", transfer.ExportOptions{})
		all := lines(file)
		to := vacant(t, e)
		before := to.dump(t)
		for _, broken := range []error{errors.New("hung up"), nil} {
			r, w := io.Pipe()
			type result struct {
				sum *transfer.Summary
				err error
			}
			done := make(chan result, 1)
			go func() {
				sum, err := transfer.Import(t.Context(), to.db, r, transfer.ImportOptions{Into: "acme"})
				r.CloseWithError(io.ErrClosedPipe) //nolint:errcheck // it is always nil
				done <- result{sum, err}
			}()
			// Each Write returns when the import has taken it; the second one is asked
			// for when the first line has been dealt with.
			for _, line := range all[:2] {
				_, err := io.WriteString(w, line)
				require.NoError(t, err)
			}
			ctx, cancel := context.WithTimeout(to.as(t, "bolt"), 10*time.Second)
			_, err := to.db.ExecContext(ctx, "INSERT INTO heap (word) VALUES ('mine')")
			cancel()
			if err == nil && broken == nil {
				_, err = io.WriteString(w, strings.Join(all[2:], "")+"\n")
			}
			w.CloseWithError(broken) //nolint:errcheck // it is always nil
			got := <-done
			require.NoError(t, err)
			require.ErrorIs(t, got.err, broken)
			if broken != nil {
				require.Equal(t, before, to.dump(t).without("bolt"))
				continue
			}
			require.Equal(t, out, got.sum)
			require.Equal(t, from.dump(t)["acme"], to.dump(t)["acme"])
		}
		if e.Dialect == tenant.SQLite {
			left, err := os.ReadDir(os.Getenv("TMPDIR"))
			require.NoError(t, err)
			require.Empty(t, left)
		}
	})
}
