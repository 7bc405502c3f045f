package transfer

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope/transfer"
	"github.com/gotenancy/tenancy/tenant"
)

// A function of the caller that panics leaves no transaction open, and with it no
// lock: neither while the file is tried out nor while rows are written.
func TestPanic(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		from := staffed(t, e)
		file, _ := from.export(t, "acme", transfer.ExportOptions{})
		to := vacant(t, e)
		before := to.dump(t)
		calls := 0
		for _, o := range []transfer.ImportOptions{
			{Map: map[string]transfer.MapFunc{"accounts.id": func(context.Context, string) (string, bool, error) { panic("the application's") }}},
			{Progress: func(transfer.Progress) { panic("the application's") }},
		} {
			for _, batch := range []int{0, 1} {
				o.Into, o.Batch = "acme", batch
				require.PanicsWithValue(t, "the application's", func() {
					calls++
					transfer.Import(t.Context(), to.db, bytes.NewReader(file), o) //nolint:errcheck // it panics
				})
				require.Zero(t, to.db.Stats().InUse, "batch %d", batch)
				if o.Map != nil || batch == 0 {
					require.Equal(t, before, to.dump(t))
				}
			}
		}
		require.Equal(t, 4, calls)
	})
}

// A forged row that refers to another tenant's row by a foreign key without the
// tenant column: an import refuses what an export refuses.
func TestForeignParent(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		from := staffed(t, e)
		file, _ := from.export(t, "bolt", transfer.ExportOptions{})
		to := vacant(t, e)
		to.exec(t, to.as(t, "acme"), "INSERT INTO notes (body) VALUES ('theirs')") // has number 1, and bolt's are 4 to 6
		before := to.dump(t)
		require.Equal(t, []string{"1"}, to.column(t, "acme", "SELECT id FROM notes"))
		all := lines(file)
		body := strings.Join(all[:len(all)-1], "")
		forged := regexp.MustCompile(`(\{"t":\d,"r":\["?6"?,"?)6("?\]\})`).ReplaceAllString(body, "${1}1${2}")
		require.NotEqual(t, body, forged)
		for _, batch := range []int{0, 2} {
			o := transfer.ImportOptions{Into: "bolt", Batch: batch}
			_, err := transfer.Import(t.Context(), to.db, strings.NewReader(seal(forged, all[len(all)-1])), o)
			var foreign *transfer.ForeignRowsError
			require.ErrorAs(t, err, &foreign)
			require.Equal(t, &transfer.ForeignRowsError{Table: "answers", ForeignKey: "note_id", To: "notes", Rows: 1, Own: true}, foreign)
			if batch > 0 { // it is unfinished, and stays so
				o.Resume = true
				_, err = transfer.Import(t.Context(), to.db, strings.NewReader(seal(forged, all[len(all)-1])), o)
				require.ErrorAs(t, err, &foreign)
				_, err = transfer.Abandon(t.Context(), to.db, "bolt", transfer.PurgeOptions{})
				require.NoError(t, err)
			}
			require.Equal(t, before, to.dump(t))
		}
		_, err := transfer.Import(t.Context(), to.db, bytes.NewReader(file), transfer.ImportOptions{Into: "bolt"})
		require.NoError(t, err)
	})
}

// A forged file with numbers up to the end of the type does not use up the counter
// that all tenants share, whether its first line tells of them or not.
func TestCounter(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		bits := map[tenant.Dialect]int{tenant.MySQL: 31}[e.Dialect]
		if bits == 0 {
			bits = 63
		}
		last := uint64(1)<<bits - 1
		from := bare(t, e, office(e.Dialect))
		from.exec(t, from.as(t, "evil"), "INSERT INTO notes (body) VALUES ('a'), ('b')")
		file, _ := from.export(t, "evil", transfer.ExportOptions{})
		all := lines(file)
		told := `{"column":"id","min":"1","max":"2"}`
		whole := strings.Join(all[:len(all)-1], "")
		require.Equal(t, 1, strings.Count(whole, told))
		second := regexp.MustCompile(`("r":\["?)2("?,"b")`)
		require.Len(t, second.FindAllString(whole, -1), 1)
		forge := func(high uint64, bounds string) string {
			body := strings.Replace(whole, told, bounds, 1)
			return seal(second.ReplaceAllString(body, fmt.Sprintf("${1}%d${2}", high)), all[len(all)-1])
		}
		bound := func(high uint64) string { return fmt.Sprintf(`{"column":"id","min":"1","max":"%d"}`, high) }

		for _, rows := range []int{0, 3} {
			to := bare(t, e, office(e.Dialect))
			for range rows {
				to.exec(t, to.as(t, "bolt"), "INSERT INTO notes (body) VALUES ('theirs')")
			}
			refused := func(text string, newKeys bool, as any) {
				t.Helper()
				for _, batch := range []int{0, 1} {
					_, err := transfer.Import(t.Context(), to.db, strings.NewReader(text), transfer.ImportOptions{Into: "evil", NewKeys: newKeys, Batch: batch})
					require.ErrorAs(t, err, as)
					require.Zero(t, to.dump(t).total("evil"))
				}
			}
			var space *transfer.KeySpaceError
			for _, high := range []uint64{last, last - 1, last - 1<<17, last - last/4} {
				refused(forge(high, bound(high)), true, &space)
				refused(forge(high, bound(high)), false, &space)
				require.Equal(t, "notes.id", space.Column)
			}
			refused(forge(last/8, bound(last/8)), true, &space)
			require.NotEmpty(t, space.Most)
			for _, newKeys := range []bool{true, false} {
				for _, text := range []string{forge(last, ""), forge(last-1, told)} { // nothing told, or something else
					_, err := transfer.Import(t.Context(), to.db, strings.NewReader(text), transfer.ImportOptions{Into: "evil", NewKeys: newKeys})
					require.ErrorIs(t, err, transfer.ErrFile)
				}
			}
			many := strings.Repeat("9", 1<<20)
			_, err := transfer.Import(t.Context(), to.db, strings.NewReader(forge(last, `{"column":"id","min":"1","max":"`+many+`"}`)), transfer.ImportOptions{Into: "evil", NewKeys: true})
			require.ErrorIs(t, err, transfer.ErrFile)
			require.Less(t, len(err.Error()), 1000)

			// What is left is what was left.
			to.exec(t, to.as(t, "bolt"), "INSERT INTO notes (body) VALUES ('mine')")
			require.LessOrEqual(t, to.column(t, "bolt", "SELECT MAX(id) FROM notes")[0], "9")

			// Keys that are far apart, as they are in a database of many tenants.
			_, err = transfer.Import(t.Context(), to.db, strings.NewReader(forge(10_000_000, bound(10_000_000))), transfer.ImportOptions{Into: "evil", NewKeys: true})
			require.NoError(t, err)
			to.exec(t, to.as(t, "bolt"), "INSERT INTO notes (body) VALUES ('mine')")
		}
	})
}

// With a seal, which strangers do not have, all of the numbers can be had.
func TestCounterSealed(t *testing.T) {
	e := engines.Get(t, "sqlite")
	from := bare(t, e, office(e.Dialect))
	from.exec(t, from.as(t, "acme"), "INSERT INTO notes (id, body) VALUES (1, 'a'), (9000000000000000000, 'b')")
	o := transfer.ExportOptions{Seal: []byte("key")}
	file, _ := from.export(t, "acme", o)
	for _, newKeys := range []bool{true, false} {
		to := bare(t, e, office(e.Dialect))
		_, err := transfer.Import(t.Context(), to.db, bytes.NewReader(file), transfer.ImportOptions{Into: "acme", Seal: o.Seal, NewKeys: newKeys})
		require.NoError(t, err)
	}
}
