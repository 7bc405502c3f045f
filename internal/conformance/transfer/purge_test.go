package transfer

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/scope/transfer"
	"github.com/gotenancy/tenancy/tenant"
)

func TestPurge(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		w := staffed(t, e)
		before := w.dump(t)

		sum, err := transfer.Purge(t.Context(), w.db, "acme", transfer.PurgeOptions{DryRun: true})
		require.NoError(t, err)
		require.Equal(t, int64(before.total("acme")), sum.Rows)
		require.Equal(t, before, w.dump(t), "a dry run")

		// The context ends in the midst: the next call goes on.
		ctx, cancel := context.WithCancel(t.Context())
		_, err = transfer.Purge(ctx, w.db, "acme", transfer.PurgeOptions{Batch: 1, Progress: func(p transfer.Progress) {
			if p.Table == "members" && p.Rows > 0 {
				cancel()
			}
		}})
		require.ErrorIs(t, err, context.Canceled)
		left := w.dump(t)
		require.Less(t, left.total("acme"), before.total("acme"))
		require.Positive(t, left.total("acme"))
		require.Equal(t, before.without("acme"), left.without("acme"))

		purge := transfer.Purger(w.db, transfer.PurgeOptions{Batch: 2})
		require.NoError(t, purge(t.Context(), "acme"))
		require.Equal(t, before.without("acme"), w.dump(t))
		require.NoError(t, purge(t.Context(), "acme"), "again")
		require.NoError(t, purge(tenant.Global(t.Context()), "acme"), "an operator")
		require.ErrorIs(t, purge(w.as(t, "bolt"), "acme"), tenant.ErrTenantConflict)
		require.ErrorIs(t, purge(t.Context(), "No id"), tenant.ErrInvalidID)
		require.Equal(t, before.without("acme"), w.dump(t))

		// Each statement that leaves the tenant says why.
		for _, c := range w.crossings {
			if c.Mode == tenant.ModeAcrossAll {
				require.NotEmpty(t, c.Reason)
				require.False(t, c.Writes)
			}
		}
	})
}

// A foreign key without the tenant column: another tenant's row refers to one of
// ours. It would go by the cascade.
func TestStrangers(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		w := staffed(t, e)
		note := w.column(t, "acme", "SELECT MAX(id) FROM notes")[0]
		_, err := w.plain.ExecContext(t.Context(), "UPDATE answers SET note_id = "+note+" WHERE tenant_id = 'bolt'")
		require.NoError(t, err)
		before := w.dump(t)
		for _, dry := range []bool{true, false} {
			_, err = transfer.Purge(t.Context(), w.db, "acme", transfer.PurgeOptions{DryRun: dry})
			var foreign *transfer.ForeignRowsError
			require.ErrorAs(t, err, &foreign)
			require.Equal(t, transfer.ForeignRowsError{Table: "answers", ForeignKey: "note_id", To: "notes", Rows: 3}, *foreign)
			require.NotContains(t, err.Error(), "bolt")
		}
		// And the other one's export would lack what its rows refer to.
		_, err = transfer.Export(t.Context(), w.db, "bolt", &bytes.Buffer{}, transfer.ExportOptions{})
		var foreign *transfer.ForeignRowsError
		require.ErrorAs(t, err, &foreign)
		require.True(t, foreign.Own)
		require.NotContains(t, err.Error(), "acme")
		require.Equal(t, before, w.dump(t))
	})
}

// What the server does by itself is found, and nothing is left of the import.
func TestTrigger(t *testing.T) {
	triggers := map[tenant.Dialect][]string{
		tenant.SQLite: {"CREATE TRIGGER shout AFTER INSERT ON notes BEGIN UPDATE notes SET body = 'NOTE' WHERE id = new.id; END"},
		tenant.MySQL:  {"CREATE TRIGGER shout BEFORE INSERT ON notes FOR EACH ROW SET new.body = 'NOTE'"},
		tenant.Postgres: {"CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN new.body := ''NOTE''; RETURN new; END'",
			"CREATE TRIGGER shout BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION shout()"},
	}
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		from := staffed(t, e)
		file, _ := from.export(t, "acme", transfer.ExportOptions{})
		to := vacant(t, e)
		for _, text := range triggers[e.Dialect] {
			_, err := to.plain.ExecContext(t.Context(), text)
			require.NoError(t, err)
		}
		before := to.dump(t)
		_, err := transfer.Import(t.Context(), to.db, bytes.NewReader(file), transfer.ImportOptions{Into: "acme"})
		require.ErrorIs(t, err, transfer.ErrDiffers)
		require.ErrorContains(t, err, "trigger shout")
		require.Equal(t, before, to.dump(t))
	})
}

// An export shows one moment, whatever happens while it runs.
func TestSnapshot(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		w := staffed(t, e)
		want, _ := w.export(t, "acme", transfer.ExportOptions{})
		changed := false
		got, _ := w.export(t, "acme", transfer.ExportOptions{Progress: func(transfer.Progress) {
			if changed {
				return
			}
			changed = true
			w.exec(t, w.as(t, "acme"), "DELETE FROM answers")
			w.exec(t, w.as(t, "acme"), "INSERT INTO teams (id, name) VALUES (9, 'new')")
			w.exec(t, w.as(t, "acme"), "INSERT INTO members (id, team_id) VALUES (9, 9)")
		}})
		require.True(t, changed)
		require.Equal(t, lines(want)[1:25], lines(got)[1:25])
	})
}

// A schema that changes while rows are read: no file.
func TestSchemaChanges(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		if e.Dialect != tenant.SQLite {
			return // there the change waits for the export
		}
		w := staffed(t, e)
		var out bytes.Buffer
		_, err := transfer.Export(t.Context(), w.db, "acme", &out, transfer.ExportOptions{Progress: func(p transfer.Progress) {
			if p.Table == "teams" && p.Rows > 0 {
				w.plain.ExecContext(t.Context(), "ALTER TABLE heap ADD COLUMN more TEXT") //nolint:errcheck // asserted below
			}
		}})
		require.ErrorIs(t, err, transfer.ErrSchema)
		_, err = transfer.Import(t.Context(), vacant(t, e).db, &out, transfer.ImportOptions{Into: "acme"})
		require.ErrorIs(t, err, transfer.ErrFile)
	})
}

// Tables that a policy leaves open, and circles that nothing opens.
func TestTables(t *testing.T) {
	e := engines.Get(t, "sqlite")
	p := scope.Policy{Dialect: e.Dialect, Column: "tenant_id", Default: scope.PerTenant}
	export := func(t *testing.T, texts ...string) error {
		w := bare(t, e, schema{texts, p})
		_, err := transfer.Export(t.Context(), w.db, "acme", &bytes.Buffer{}, transfer.ExportOptions{})
		return err
	}
	var tables *transfer.TablesError
	require.ErrorAs(t, export(t, "CREATE TABLE goose_db_version (id INTEGER)"), &tables)
	require.Equal(t, []string{"goose_db_version"}, tables.Tables)

	ring := []string{
		"CREATE TABLE a (tenant_id TEXT NOT NULL, id INTEGER NOT NULL, b INTEGER NOT NULL, PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, b) REFERENCES b (tenant_id, id))",
		"CREATE TABLE b (tenant_id TEXT NOT NULL, id INTEGER NOT NULL, a INTEGER NOT NULL, PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, a) REFERENCES a (tenant_id, id))",
	}
	var cycle *transfer.CycleError
	require.ErrorAs(t, export(t, ring...), &cycle)
	require.Equal(t, []string{"a", "b"}, cycle.Tables)
	ring[1] = strings.Replace(ring[1], "a INTEGER NOT NULL", "a INTEGER", 1)
	require.NoError(t, export(t, ring...))

	w := staffed(t, e)
	_, err := transfer.Export(t.Context(), w.db, "acme", &bytes.Buffer{}, transfer.ExportOptions{Skip: []string{"notes"}})
	require.ErrorAs(t, err, &tables)
	require.Equal(t, []string{"answers"}, tables.Tables)
	file, sum := w.export(t, "acme", transfer.ExportOptions{Skip: []string{"notes", "answers", "heap"}})
	require.Len(t, sum.Tables, 3)
	to := vacant(t, e)
	_, err = transfer.Import(t.Context(), to.db, bytes.NewReader(file), transfer.ImportOptions{Into: "acme"})
	require.NoError(t, err)
	require.Empty(t, to.dump(t)["acme"]["notes"])
	require.Len(t, to.dump(t)["acme"]["members"], 3)
	_, err = transfer.Export(t.Context(), w.db, "acme", &bytes.Buffer{}, transfer.ExportOptions{Skip: []string{"accounts"}})
	require.ErrorAs(t, err, &tables)
}

// PostgreSQL's own: deferred constraints need no column that may be NULL, and
// partitions are their table's.
func TestPostgresTables(t *testing.T) {
	e := engines.Get(t, "postgres")
	s := schema{policy: scope.Policy{Dialect: e.Dialect, Column: "tenant_id", Default: scope.PerTenant, GloballyUnique: []string{"id"}}, texts: []string{
		"CREATE TABLE a (tenant_id text NOT NULL, id bigint NOT NULL, b bigint NOT NULL, PRIMARY KEY (tenant_id, id))",
		"CREATE TABLE b (tenant_id text NOT NULL, id bigint NOT NULL, a bigint NOT NULL, PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, a) REFERENCES a (tenant_id, id) DEFERRABLE INITIALLY DEFERRED)",
		"ALTER TABLE a ADD FOREIGN KEY (tenant_id, b) REFERENCES b (tenant_id, id) DEFERRABLE INITIALLY DEFERRED",
		"CREATE TABLE events (tenant_id text NOT NULL, day date NOT NULL, n integer GENERATED ALWAYS AS IDENTITY, twice integer GENERATED ALWAYS AS (2) STORED) PARTITION BY RANGE (day)",
		"CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
		"CREATE TABLE events_rest PARTITION OF events DEFAULT",
		"CREATE SCHEMA billing",
		`CREATE TABLE billing."Odd ""name" (tenant_id text NOT NULL, "se q" serial, "select" text, PRIMARY KEY (tenant_id, "se q"))`,
	}}
	w, to := bare(t, e, s), bare(t, e, s)
	ctx := w.as(t, "acme")
	tx, err := w.db.BeginTx(ctx, nil)
	require.NoError(t, err)
	for _, text := range []string{
		"INSERT INTO a (id, b) VALUES (1, 2), (3, 2)", "INSERT INTO b (id, a) VALUES (2, 3)",
		"INSERT INTO events (day) VALUES ('2024-05-05'), ('1999-01-01')", `INSERT INTO billing."Odd ""name" ("select") VALUES ('x'), (NULL)`,
	} {
		_, err := tx.ExecContext(ctx, text)
		require.NoError(t, err, text)
	}
	require.NoError(t, tx.Commit())
	file, sum := w.export(t, "acme", transfer.ExportOptions{})
	require.Equal(t, int64(7), sum.Rows)
	for _, into := range []*world{to, w} {
		_, err = transfer.Import(t.Context(), into.db, bytes.NewReader(file), transfer.ImportOptions{Into: "bolt"})
		require.NoError(t, err)
		_, err = transfer.Import(t.Context(), into.db, bytes.NewReader(file), transfer.ImportOptions{Into: "zeta", Batch: 1})
		var tables *transfer.TablesError
		require.ErrorAs(t, err, &tables, "batches end before the deferred check")
		for _, query := range []string{"SELECT a.id * 100 + b.id FROM a JOIN b ON b.a = a.id OR a.b = b.id ORDER BY 1", "SELECT n FROM events ORDER BY 1", `SELECT "se q" FROM billing."Odd ""name" ORDER BY 1`} {
			require.Equal(t, w.column(t, "acme", query), into.column(t, "bolt", query))
			require.NotEmpty(t, into.column(t, "bolt", query))
		}
		into.exec(t, into.as(t, "bolt"), `INSERT INTO billing."Odd ""name" ("select") VALUES ('the next number')`)
		require.Equal(t, []string{"3"}, into.column(t, "bolt", `SELECT MAX("se q") FROM billing."Odd ""name"`))
	}
	_, err = transfer.Purge(t.Context(), to.db, "bolt", transfer.PurgeOptions{Batch: 1})
	require.NoError(t, err)
	require.Empty(t, to.dump(t))
}
