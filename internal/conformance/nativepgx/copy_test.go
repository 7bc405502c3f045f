package nativepgx

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/scope/scopepgx"
	"github.com/gotenancy/tenancy/tenant"
)

// TestCopyRefused: nothing of a COPY that breaks the rules reaches a table.
func TestCopyRefused(t *testing.T) {
	w := newWorld(t)
	must(t, w.plain, "CREATE VIEW recent AS SELECT * FROM contacts")
	db, rec := w.wired(t)
	require.NoError(t, db.QueryRow(as("acme"), "SELECT count(*) FROM contacts").Scan(new(int)))
	rows := [][]any{{80, "x"}}
	for _, c := range []struct {
		name    string
		ctx     context.Context
		table   pgx.Identifier
		columns []string
		reason  scope.Reason
	}{
		{"no tenant", plainCtx, pgx.Identifier{"contacts"}, []string{"id", "name"}, scope.ReasonNoTenant},
		{"no tenant, writable", plainCtx, pgx.Identifier{"clicks"}, []string{"id", "label"}, scope.ReasonNoTenant},
		{"two tenants", tenant.WithID(as("acme"), "bolt"), pgx.Identifier{"contacts"}, []string{"id", "name"}, scope.ReasonConflict},
		{"global", tenant.Global(plainCtx), pgx.Identifier{"contacts"}, []string{"id", "name"}, scope.ReasonMode},
		{"across", tenant.Across(plainCtx, "test", "acme", "bolt"), pgx.Identifier{"contacts"}, []string{"id", "name"}, scope.ReasonMode},
		{"a shared table", as("acme"), pgx.Identifier{"countries"}, []string{"code", "title"}, scope.ReasonReadOnly},
		{"an unknown table", as("acme"), pgx.Identifier{"nowhere"}, []string{"id", "name"}, scope.ReasonUnknownTable},
		{"another case", as("acme"), pgx.Identifier{"Contacts"}, []string{"id", "name"}, scope.ReasonUnknownTable},
		{"a view", as("acme"), pgx.Identifier{"recent"}, []string{"id", "name"}, scope.ReasonUnknownTable},
		{"a server's table", as("acme"), pgx.Identifier{"pg_catalog", "pg_class"}, []string{"id", "name"}, scope.ReasonUnknownTable},
		{"a quote in a name", as("acme"), pgx.Identifier{`contacts" ("id") VALUES (1) --`}, []string{"id", "name"}, scope.ReasonUnknownTable},
		{"a NUL in a name", as("acme"), pgx.Identifier{"con\x00tacts"}, []string{"id", "name"}, scope.ReasonMalformed},
		{"the tenant column twice", as("acme"), pgx.Identifier{"contacts"}, []string{"tenant_id", "tenant_id"}, scope.ReasonTenantColumn},
	} {
		rec.take()
		_, err := db.CopyFrom(c.ctx, c.table, c.columns, pgx.CopyFromRows(rows))
		var refused *scope.RefusedError
		require.ErrorAs(t, err, &refused, c.name)
		require.Equal(t, c.reason, refused.Reason, "%s: %v", c.name, err)
		requireSilent(t, rec, c.name, "copy ")
		_, err = w.db.CopyFrom(c.ctx, c.table, c.columns, pgx.CopyFromRows(rows))
		require.ErrorIs(t, err, scope.ErrRefused, c.name)
	}
	for _, table := range []pgx.Identifier{nil, {""}, {"a", "b", "contacts"}} {
		_, err := db.CopyFrom(as("acme"), table, []string{"id", "name"}, pgx.CopyFromRows(rows))
		require.ErrorIs(t, err, scope.ErrRefused, "%q", table)
	}
	_, err := db.CopyFrom(as("acme"), pgx.Identifier{"contacts"}, nil, pgx.CopyFromRows(rows))
	require.Error(t, err)
	require.NotContains(t, dump(t, w.plain, "contacts", ""), "80")
}

// TestCopyGivenTenant: the rows may hold the tenant column, if it holds the
// tenant; the first that does not ends the COPY.
func TestCopyGivenTenant(t *testing.T) {
	w := newWorld(t)
	columns := []string{"id", "tenant_id", "name"}
	for _, given := range []any{"acme", tenant.ID("acme"), []byte("acme"), pgtype.Text{String: "acme", Valid: true}} {
		n, err := w.db.CopyFrom(as("acme"), pgx.Identifier{"contacts"}, columns, pgx.CopyFromRows([][]any{{80, given, "x"}, {81, "acme", "y"}}))
		require.NoError(t, err, "%T", given)
		require.EqualValues(t, 2, n)
		must(t, w.plain, "DELETE FROM contacts WHERE id >= 80 AND tenant_id = 'acme'")
	}
	before := dump(t, w.plain, "contacts", "")
	for _, given := range []any{"bolt", "", nil, "Acme", 1, []any{"acme"}, pgtype.Text{}} {
		n, err := w.db.CopyFrom(as("acme"), pgx.Identifier{"contacts"}, columns, pgx.CopyFromRows([][]any{{80, "acme", "x"}, {81, given, "y"}}))
		var refused *scope.RefusedError
		require.ErrorAs(t, err, &refused, "%T", given)
		require.Equal(t, scope.ReasonTenantColumn, refused.Reason)
		require.Equal(t, "contacts", refused.Table)
		require.Zero(t, n)
		require.NotContains(t, err.Error(), "bolt")
	}
	require.Equal(t, before, dump(t, w.plain, "contacts", ""))
	require.NoError(t, w.db.QueryRow(as("acme"), "SELECT count(*) FROM contacts").Scan(new(int)), "the pool is in order")
}

// TestCopyRows: a row has to have the columns that were named; one that is
// longer would move its last value into the tenant column.
func TestCopyRows(t *testing.T) {
	w := newWorld(t)
	before := dump(t, w.plain, "contacts", "")
	for _, row := range [][]any{{80, "x", "bolt"}, {80}, {}} {
		_, err := w.db.CopyFrom(as("acme"), pgx.Identifier{"contacts"}, []string{"id", "name"}, pgx.CopyFromRows([][]any{row}))
		require.ErrorContains(t, err, "2 columns are copied")
	}
	broken := errors.New("the file ends here")
	n := 0
	_, err := w.db.CopyFrom(as("acme"), pgx.Identifier{"contacts"}, []string{"id", "name"}, pgx.CopyFromFunc(func() ([]any, error) {
		if n++; n == 3 {
			return nil, broken
		}
		return []any{90 + n, "x"}, nil
	}))
	var pg *pgconn.PgError
	require.ErrorAs(t, err, &pg, "as in pgx")
	require.Contains(t, pg.Message, broken.Error())
	require.Equal(t, before, dump(t, w.plain, "contacts", ""))
}

// TestCopyForEverybody: in global mode a row of a Mixed table is everybody's,
// whatever the default of the tenant column, as by INSERT.
func TestCopyForEverybody(t *testing.T) {
	w := newWorld(t)
	must(t, w.plain, "ALTER TABLE templates ALTER tenant_id SET DEFAULT 'bolt'")
	global := tenant.Global(plainCtx)
	n, err := w.db.CopyFrom(global, pgx.Identifier{"templates"}, []string{"id", "title"}, pgx.CopyFromRows([][]any{{77, "x"}, {78, "y"}}))
	require.NoError(t, err)
	require.EqualValues(t, 2, n)
	require.NoError(t, second(w.db.Exec(global, "INSERT INTO templates (id, title) VALUES (79, 'z')")))
	_, err = w.db.CopyFrom(global, pgx.Identifier{"templates"}, []string{"id", "title", "tenant_id"}, pgx.CopyFromRows([][]any{{80, "x", nil}}))
	require.ErrorIs(t, err, scope.ErrRefused, "as by INSERT")
	n, err = w.db.CopyFrom(as("acme"), pgx.Identifier{"templates"}, []string{"id"}, pgx.CopyFromRows([][]any{{81}}))
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	n, err = w.db.CopyFrom(global, pgx.Identifier{"countries"}, []string{"code"}, pgx.CopyFromRows([][]any{{"it"}}))
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	got, err := answer(plainCtx, w.plain, "SELECT id, tenant_id FROM templates WHERE id > 70 ORDER BY id")
	require.NoError(t, err)
	require.Equal(t, "id tenant_id\n77 <nil>\n78 <nil>\n79 <nil>\n81acme", got)
}

// TestTenantTypes: the tenant column in its own type, by COPY and by INSERT.
func TestTenantTypes(t *testing.T) {
	w := newWorld(t)
	const uuid, other = "8b9d0b6e-1111-4222-8333-444455556666", "8b9d0b6e-1111-4222-8333-444455557777"
	for _, c := range []struct {
		column string
		id     tenant.ID
		bad    tenant.ID // another id, which the type would take for the same or not at all
	}{
		{"integer", "7", "07"},
		{"bigint", "7", "x7"},
		{"uuid", uuid, "7"},
		{"varchar(4)", "acme", "acmes"},
		{"text", "acme", ""},
	} {
		t.Run(c.column, func(t *testing.T) {
			must(t, w.plain, "DROP TABLE IF EXISTS typed")
			must(t, w.plain, "CREATE TABLE typed (id integer, tenant_id "+c.column+" NOT NULL)")
			db, err := scopepgx.New(pool(t, w.dsn, 2), policy())
			require.NoError(t, err)
			ctx := as(c.id)
			for _, columns := range [][]string{{"id"}, {"tenant_id", "id"}} {
				row := []any{1}
				if len(columns) == 2 {
					row = []any{string(c.id), 2}
				}
				n, err := db.CopyFrom(ctx, pgx.Identifier{"typed"}, columns, pgx.CopyFromRows([][]any{row}))
				require.NoError(t, err)
				require.EqualValues(t, 1, n)
			}
			for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec, pgx.QueryExecModeExec} {
				_, err := db.Exec(ctx, "INSERT INTO typed (id) VALUES ($1)", mode, 3)
				require.NoError(t, err, mode.String())
				_, err = db.Exec(ctx, "INSERT INTO typed (id) SELECT $1::integer", mode, 3)
				require.NoError(t, err, mode.String())
			}
			var n int
			require.NoError(t, db.QueryRow(ctx, "SELECT count(*) FROM typed").Scan(&n))
			require.Equal(t, 10, n)
			require.NoError(t, w.plain.QueryRow(plainCtx, "SELECT count(*) FROM typed WHERE tenant_id::text = $1", string(c.id)).Scan(&n))
			require.Equal(t, 10, n)
			if c.bad != "" {
				_, err = db.CopyFrom(as(c.bad), pgx.Identifier{"typed"}, []string{"id"}, pgx.CopyFromRows([][]any{{1}}))
				require.ErrorIs(t, err, scope.ErrRefused)
			}
			if c.column == "uuid" {
				_, err = db.CopyFrom(ctx, pgx.Identifier{"typed"}, []string{"id", "tenant_id"}, pgx.CopyFromRows([][]any{{1, other}}))
				require.ErrorIs(t, err, scope.ErrRefused)
			}
		})
	}
}
