package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope/transfer"
	"github.com/gotenancy/tenancy/tenant"
)

// Circles, everybody's rows, rows without a key and references to shared rows, in
// one transaction and in many.
func TestImport(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		from := staffed(t, e)
		want := from.dump(t)
		file, out := from.export(t, "acme", transfer.ExportOptions{})

		for _, batch := range []int{0, 1, 4} {
			t.Run(fmt.Sprintf("batch %d", batch), func(t *testing.T) {
				to := vacant(t, e)
				before := to.dump(t)
				o := transfer.ImportOptions{Into: "acme", Batch: batch}
				in, err := transfer.Import(t.Context(), to.db, bytes.NewReader(file), o)
				require.NoError(t, err)
				require.Equal(t, out, in)
				require.Equal(t, want["acme"], to.dump(t)["acme"])
				require.Equal(t, before, to.dump(t).without("acme"))
				again, _ := to.export(t, "acme", transfer.ExportOptions{})
				require.Equal(t, lines(file)[1:len(lines(file))-1], lines(again)[1:len(lines(again))-1], "its export is the same file")

				_, err = transfer.Import(t.Context(), to.db, bytes.NewReader(file), o)
				require.ErrorIs(t, err, transfer.ErrNotEmpty)
				_, found, err := transfer.Pending(t.Context(), to.db, "acme")
				require.NoError(t, err)
				require.False(t, found)
				to.exec(t, to.as(t, "acme"), "INSERT INTO notes (body) VALUES ('the next number is free')")
			})
		}

		t.Run("users who are called differently here", func(t *testing.T) {
			to := vacant(t, e)
			to.exec(t, tenant.Global(t.Context()), "INSERT INTO accounts (id, name) VALUES (103, 'user 3')")
			to.exec(t, tenant.Global(t.Context()), "DELETE FROM accounts WHERE id = 3")
			to.exec(t, tenant.Global(t.Context()), "DELETE FROM accounts WHERE id = 2")
			before := to.dump(t)
			for _, batch := range []int{0, 2} {
				o := transfer.ImportOptions{Into: "acme", Batch: batch}
				_, err := transfer.Import(t.Context(), to.db, bytes.NewReader(file), o)
				var unmapped *transfer.UnmappedError
				require.ErrorAs(t, err, &unmapped)
				require.ElementsMatch(t, []transfer.Missing{{Column: "members.account_id", Value: "2"}, {Column: "members.account_id", Value: "3"}}, unmapped.Missing)

				// A function that knows one of them only.
				o.Map = map[string]transfer.MapFunc{"accounts.id": func(_ context.Context, old string) (string, bool, error) {
					return map[string]string{"1": "1", "3": "103"}[old], old != "2", nil
				}}
				_, err = transfer.Import(t.Context(), to.db, bytes.NewReader(file), o)
				require.ErrorAs(t, err, &unmapped)
				require.Contains(t, unmapped.Missing, transfer.Missing{Column: "members.account_id", Value: "2"})

				boom := errors.New("boom")
				o.Map["accounts.id"] = func(context.Context, string) (string, bool, error) { return "", false, boom }
				_, err = transfer.Import(t.Context(), to.db, bytes.NewReader(file), o)
				require.ErrorIs(t, err, boom)
				require.Equal(t, before, to.dump(t))
				_, found, err := transfer.Pending(t.Context(), to.db, "acme")
				require.NoError(t, err)
				require.False(t, found, "what is missing is found before the first row")
			}
			o := transfer.ImportOptions{Into: "acme", Map: map[string]transfer.MapFunc{"accounts.id": func(_ context.Context, old string) (string, bool, error) {
				return map[string]string{"1": "1", "2": "1", "3": "103"}[old], true, nil
			}}}
			_, err := transfer.Import(t.Context(), to.db, bytes.NewReader(file), o)
			require.NoError(t, err)
			require.Equal(t, []string{"1", "1", "103"}, to.column(t, "acme", "SELECT account_id FROM members ORDER BY id"))
		})

		t.Run("beside the tenant itself", func(t *testing.T) {
			w := from.clone(t, office(e.Dialect))
			o := transfer.ImportOptions{Into: "copy", NewKeys: true}
			_, err := transfer.Import(t.Context(), w.db, bytes.NewReader(file), o)
			require.NoError(t, err)
			require.Equal(t, want, w.dump(t).without("copy"))
			for _, query := range []string{
				"SELECT n.body || ' ' || l.name FROM notes n JOIN labels l ON l.id = n.label_id JOIN answers a ON a.note_id = n.id ORDER BY n.id",
				"SELECT t.name || ' ' || m.id FROM teams t JOIN members m ON m.id = t.lead_id ORDER BY 1",
				"SELECT COUNT(*) FROM members m JOIN members b ON b.id = m.boss_id JOIN accounts a ON a.id = m.account_id",
			} {
				if e.Dialect == tenant.MySQL {
					query = strings.ReplaceAll(query, " || ' ' || ", ", ")
					query = strings.Replace(query, "SELECT n.body, l.name", "SELECT CONCAT(n.body, l.name)", 1)
					query = strings.Replace(query, "SELECT t.name, m.id", "SELECT CONCAT(t.name, m.id)", 1)
				}
				require.Equal(t, w.column(t, "acme", query), w.column(t, "copy", query), query)
				require.NotEmpty(t, w.column(t, "copy", query))
			}
			w.exec(t, w.as(t, "copy"), "INSERT INTO notes (body) VALUES ('the next number is free')")
		})
	})
}

// Interrupted after some batches, an import goes on, or is taken back.
func TestResume(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		from := staffed(t, e)
		file, out := from.export(t, "acme", transfer.ExportOptions{})
		other, _ := from.export(t, "bolt", transfer.ExportOptions{})
		to := vacant(t, e)
		before := to.dump(t)

		_, err := transfer.Import(t.Context(), to.db, bytes.NewReader(file), transfer.ImportOptions{Into: "acme", Batch: 2, Resume: true})
		require.ErrorIs(t, err, transfer.ErrNothingToResume)
		_, err = transfer.Import(t.Context(), to.db, io.MultiReader(bytes.NewReader(file)), transfer.ImportOptions{Into: "acme", Batch: 2})
		require.ErrorContains(t, err, "io.Seeker")

		// The context ends when half of the notes are there.
		interrupt := func(batch int) {
			t.Helper()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			_, err := transfer.Import(ctx, to.db, bytes.NewReader(file), transfer.ImportOptions{Into: "acme", Batch: batch, Progress: func(p transfer.Progress) {
				if p.Table == "answers" {
					cancel()
				}
			}})
			require.ErrorIs(t, err, context.Canceled)
		}
		interrupt(2)
		require.Positive(t, to.dump(t).total("acme"))
		u, found, err := transfer.Pending(t.Context(), to.db, "acme")
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, out.Digest, u.Digest)
		require.Positive(t, u.Lines)

		_, err = transfer.Import(t.Context(), to.db, bytes.NewReader(file), transfer.ImportOptions{Into: "acme", Batch: 2})
		require.ErrorIs(t, err, transfer.ErrUnfinished)
		_, err = transfer.Import(t.Context(), to.db, bytes.NewReader(file), transfer.ImportOptions{Into: "acme"})
		require.ErrorIs(t, err, transfer.ErrUnfinished)
		_, err = transfer.Import(t.Context(), to.db, bytes.NewReader(other), transfer.ImportOptions{Into: "acme", Batch: 2, Resume: true})
		require.ErrorIs(t, err, transfer.ErrNothingToResume)

		in, err := transfer.Import(t.Context(), to.db, bytes.NewReader(file), transfer.ImportOptions{Into: "acme", Batch: 3, Resume: true})
		require.NoError(t, err)
		require.Equal(t, out, in)
		require.Equal(t, from.dump(t)["acme"], to.dump(t)["acme"])
		require.Equal(t, before, to.dump(t).without("acme"))
		_, err = transfer.Purge(t.Context(), to.db, "acme", transfer.PurgeOptions{})
		require.NoError(t, err)

		interrupt(1)
		gone, err := transfer.Abandon(t.Context(), to.db, "acme", transfer.PurgeOptions{Batch: 1})
		require.NoError(t, err)
		require.Positive(t, gone.Rows)
		require.Equal(t, before, to.dump(t))
		_, err = transfer.Abandon(t.Context(), to.db, "acme", transfer.PurgeOptions{})
		require.ErrorIs(t, err, transfer.ErrNothingToResume)

		// In one transaction nothing is there, whenever it ends.
		interrupt(0)
		require.Equal(t, before, to.dump(t))
	})
}
