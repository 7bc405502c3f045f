package scoping

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// grown is a schema as retrofits leave it.
var grown = []string{
	`CREATE TABLE countries (code varchar(2) NOT NULL PRIMARY KEY)`,
	`CREATE TABLE schema_migrations (version integer NOT NULL PRIMARY KEY)`,
	`CREATE TABLE invoices (id integer NOT NULL PRIMARY KEY, tenant_id ID NOT NULL, number integer, UNIQUE (tenant_id, number))`,
	`CREATE TABLE invoice_lines (id integer NOT NULL PRIMARY KEY, invoice_id integer, FOREIGN KEY (invoice_id) REFERENCES invoices (id) ON DELETE CASCADE)`,
	`CREATE TABLE line_notes (id integer NOT NULL PRIMARY KEY, line_id integer, FOREIGN KEY (line_id) REFERENCES invoice_lines (id))`,
	`CREATE TABLE templates (id integer NOT NULL, tenant_id ID)`,
	`CREATE TABLE tenancy_tenants (id varchar(63) NOT NULL PRIMARY KEY)`,
	`CREATE VIEW totals AS SELECT tenant_id, count(*) AS n FROM invoices GROUP BY tenant_id`,
}

// TestInspect: the proposal opens nothing that the schema does not show to be
// everybody's, and what it leaves open it says.
func TestInspect(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		ctx := context.Background()
		dsn, db := e.NewDatabase(t)
		for _, q := range grown {
			run(t, db, strings.ReplaceAll(q, " ID", " "+idType(e.Dialect)))
		}
		p, report, err := scope.Inspect(ctx, db, e.Dialect, "tenant_id")
		require.NoError(t, err)
		require.Equal(t, scope.Policy{
			Dialect: e.Dialect, Column: "tenant_id", Default: scope.PerTenant,
			Tables: map[string]scope.Table{
				"countries":         {Class: scope.Shared},
				"schema_migrations": {Class: scope.Shared},
				"invoices":          {Class: scope.PerTenant},
				"templates":         {Class: scope.Mixed},
			},
		}, p)
		var found []string
		for _, f := range report.Findings {
			if f.Severity > scope.SeverityInfo {
				found = append(found, fmt.Sprintf("%v %s %s", f.Severity, f.Code, f.Table))
			}
		}
		require.ElementsMatch(t, []string{
			"error no-tenant-column invoice_lines", "error no-tenant-column line_notes",
			"error foreign-key-tenant invoice_lines", "warning foreign-key-tenant line_notes",
			"warning unique-without-tenant invoices",
			"warning unique-without-tenant invoice_lines", "warning unique-without-tenant line_notes",
			"warning tenant-column-nullable templates",
		}, found)

		// It is written, read, and opened, and closes what it left out.
		text, err := json.Marshal(p)
		require.NoError(t, err)
		back, err := scope.ParsePolicy(text)
		require.NoError(t, err)
		require.Equal(t, p, back)
		scoped, err := scope.OpenDB(e.Connector(t, dsn), back)
		require.NoError(t, err)
		t.Cleanup(func() { scoped.Close() })
		var n int
		acme := tenant.WithID(ctx, "acme")
		require.ErrorIs(t, scoped.QueryRowContext(acme, `SELECT count(*) FROM invoice_lines`).Scan(&n), scope.ErrRefused)
		require.NoError(t, scoped.QueryRowContext(acme, `SELECT count(*) FROM invoices`).Scan(&n))

		// Through the scoped pool it is the same.
		again, _, err := scope.Inspect(ctx, scoped, e.Dialect, "tenant_id")
		require.NoError(t, err)
		require.Equal(t, p, again)
		checked, err := scope.Check(ctx, scoped)
		require.NoError(t, err)
		require.Error(t, checked.Err())

		_, _, err = scope.Inspect(ctx, db, e.Dialect, "tenantid")
		require.ErrorContains(t, err, "no table has the column tenantid")
		_, _, err = scope.Inspect(ctx, db, 0, "tenant_id")
		require.Error(t, err)
	})
}

// TestInspectPartitions: a partition is named only where the default does not
// say what its parent is.
func TestInspectPartitions(t *testing.T) {
	_, db := engines.Get(t, "postgres").NewDatabase(t)
	run(t, db,
		`CREATE TABLE months (tenant_id text NOT NULL, month integer, PRIMARY KEY (tenant_id, month)) PARTITION BY LIST (month)`,
		`CREATE TABLE months_1 PARTITION OF months FOR VALUES IN (1)`,
		`CREATE TABLE logs (day integer) PARTITION BY LIST (day)`,
		`CREATE TABLE logs_1 PARTITION OF logs FOR VALUES IN (1)`,
		`CREATE SCHEMA billing`,
		`CREATE TABLE billing.months (tenant_id text NOT NULL PRIMARY KEY)`)
	p, report, err := scope.Inspect(context.Background(), db, scope.Postgres, "tenant_id")
	require.NoError(t, err)
	require.Equal(t, map[string]scope.Table{
		"months": {Class: scope.PerTenant}, "logs": {Class: scope.Shared}, "logs_1": {Class: scope.Shared}, "billing.months": {Class: scope.PerTenant},
	}, p.Tables)
	require.NoError(t, report.Err())
}

// TestCheckServer: the policy of another dialect, a catalogue that is not the
// schema's, a table that may not be read, and pools that are not ours.
func TestCheckServer(t *testing.T) {
	ctx := context.Background()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		dsn, db := e.NewDatabase(t)
		run(t, db, `CREATE TABLE t (id integer, tenant_id varchar(63) NOT NULL, PRIMARY KEY (tenant_id, id))`)
		for _, d := range []tenant.Dialect{tenant.Postgres, tenant.MySQL, tenant.SQLite} {
			if d == e.Dialect {
				continue
			}
			scoped, err := scope.OpenDB(e.Connector(t, dsn), checkPolicy(d))
			require.NoError(t, err)
			report, err := scope.Check(ctx, scoped)
			require.NoError(t, err)
			require.Len(t, report.Findings, 1)
			require.Equal(t, "server-dialect", report.Findings[0].Code)
			require.ErrorContains(t, report.Err(), "the policy says "+d.String()+", but the server speaks "+e.Dialect.String())
			require.NoError(t, scoped.Close())
			_, _, err = scope.Inspect(ctx, db, d, "tenant_id")
			require.ErrorContains(t, err, "the server speaks "+e.Dialect.String())
		}

		cat, err := scope.ReadCatalogue(ctx, db, e.Dialect)
		require.NoError(t, err)
		p := scope.Policy{Dialect: e.Dialect, Column: "tenant_id", Default: scope.PerTenant, Catalogue: cat}
		for _, change := range []string{"", `CREATE UNIQUE INDEX t_i ON t (id)`} {
			if change != "" {
				run(t, db, change)
			}
			scoped, err := scope.OpenDB(e.Connector(t, dsn), p)
			require.NoError(t, err)
			report, err := scope.Check(ctx, scoped)
			require.NoError(t, err)
			require.Equal(t, change != "", strings.Contains(report.String(), "error: catalogue: table t:"), report.String())
			require.NoError(t, scoped.Close())
		}

		_, err = scope.Check(ctx, db)
		require.ErrorContains(t, err, "Check needs a pool that Connect, Open or OpenDB")
		ended, cancel := context.WithCancel(ctx)
		cancel()
		_, _, err = scope.Inspect(ended, db, e.Dialect, "tenant_id")
		require.ErrorIs(t, err, context.Canceled)
	})
}
