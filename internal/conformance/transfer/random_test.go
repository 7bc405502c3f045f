package transfer

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/sqlgen"
	"github.com/gotenancy/tenancy/scope/transfer"
	"github.com/gotenancy/tenancy/tenant"
)

// Out, away and in again, and a copy beside it, on schemas that nobody thought of.
func TestRandomSchemas(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		n := uint64(30)
		if e.Dialect != tenant.SQLite {
			n = 5 // a database of a server takes a second
		}
		moved := int64(0)
		for seed := range n {
			texts, p := sqlgen.RandomSchema(e.Dialect, 100+seed)
			t.Run(fmt.Sprintf("seed %d", 100+seed), func(t *testing.T) {
				w := filled(t, e, schema{texts, p}, seed, 8)
				before := w.dump(t)
				id := w.tenants[0]
				file, out := w.export(t, id, transfer.ExportOptions{})
				moved += out.Rows

				o := transfer.ImportOptions{Into: newcomer(id), NewKeys: true}
				_, err := transfer.Import(t.Context(), w.db, bytes.NewReader(file), o)
				var tables *transfer.TablesError
				if errors.As(err, &tables) { // columns called parent_id and the like
					o.References = map[string]string{}
					for _, name := range tables.Tables {
						o.References[name] = ""
					}
					_, err = transfer.Import(t.Context(), w.db, bytes.NewReader(file), o)
				}
				require.NoError(t, err)
				require.Equal(t, before, w.dump(t).without(o.Into))
				require.Equal(t, before.total(id), w.dump(t).total(o.Into))
				again, _ := w.export(t, o.Into, transfer.ExportOptions{})
				require.Len(t, lines(again), len(lines(file)))

				_, err = transfer.Purge(t.Context(), w.db, id, transfer.PurgeOptions{Batch: 3})
				require.NoError(t, err)
				require.Equal(t, before.without(id), w.dump(t).without(o.Into))
				_, err = transfer.Import(t.Context(), w.db, bytes.NewReader(file), transfer.ImportOptions{Into: id, Batch: 3})
				require.NoError(t, err)
				_, err = transfer.Purge(t.Context(), w.db, o.Into, transfer.PurgeOptions{})
				require.NoError(t, err)
				require.Equal(t, before, w.dump(t))
			})
		}
		require.Greater(t, moved, int64(20))
	})
}

// newcomer is an id of the same type that nobody has.
func newcomer(like tenant.ID) tenant.ID {
	switch _, err := strconv.Atoi(string(like)); {
	case err == nil:
		return "987654"
	case len(like) == 36:
		return "11111111-2222-4333-8444-555555555555"
	}
	return "a-newcomer"
}
