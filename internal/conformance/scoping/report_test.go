package scoping

import (
	"context"
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// reporting opens a pool in report-only mode.
func reporting(t *testing.T, e engines.Engine, dsn string, p scope.Policy) (*sql.DB, func() int) {
	t.Helper()
	refused := 0
	db, err := scope.OpenDB(e.Connector(t, dsn), p, scope.ReportOnly(func(_ context.Context, r scope.Report) {
		if r.Refused != nil {
			refused++
		}
	}))
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(2)
	return db, func() int { return refused }
}

// TestReportOnlyAdoption: an application of one customer runs as it did before,
// on a schema that has the tenant column, has it in part, and has it not at all.
func TestReportOnlyAdoption(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		for _, ids := range [][]tenant.ID{nil, {"acme"}} {
			dsn, plain := e.NewDatabase(t)
			w := &world{engine: e, shared: plain}
			w.fill(t, plain, ids != nil, ids...)
			if ids == nil {
				w.must(t, plain, "INSERT INTO contacts (id, name) VALUES (1, 'c1'), (2, 'c2'), (3, 'c3'), (4, 'c4')")
			}
			db, refused := reporting(t, e, dsn, policy(e.Dialect))
			for _, ctx := range []context.Context{context.Background(), tenant.WithID(context.Background(), "acme"), context.Background()} {
				var n int
				require.NoError(t, db.QueryRowContext(ctx, "SELECT count(*) FROM contacts").Scan(&n))
				require.Equal(t, 4, n)
				tx, err := db.BeginTx(ctx, nil)
				require.NoError(t, err)
				_, err = tx.Exec("DELETE FROM contacts")
				require.NoError(t, err)
				require.NoError(t, tx.Rollback())
				_, err = db.ExecContext(ctx, "CREATE TABLE temporary_1 (id INTEGER)")
				require.NoError(t, err)
				_, err = db.ExecContext(ctx, "DROP TABLE temporary_1")
				require.NoError(t, err)
			}
			require.GreaterOrEqual(t, refused(), 10)
		}
	})
}

// TestReportOnlyFindsASecondTenant: in whichever way the tables hold one, nothing
// passes; also when it comes later.
func TestReportOnlyFindsASecondTenant(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		own := map[tenant.Dialect]string{tenant.Postgres: "uuid", tenant.MySQL: "bigint", tenant.SQLite: "integer"}[e.Dialect]
		id := map[tenant.Dialect][]string{tenant.Postgres: {"'0189e2c4-7a3b-7c11-9a58-3f2d1c0b9a87'", "'0189e2c4-7a3b-7c11-9a58-3f2d1c0b9a88'"}}[e.Dialect]
		if id == nil {
			id = []string{"7", "8"}
		}
		for name, c := range map[string]struct {
			setup, later []string
			leaks        bool
		}{
			"one tenant and rows of nobody": {[]string{"CREATE TABLE a (id integer, tenant_id varchar(20))", "INSERT INTO a VALUES (1, 'acme'), (2, NULL), (3, 'acme')"}, nil, false},
			"two tenants in a table":        {[]string{"CREATE TABLE a (id integer, tenant_id varchar(20))", "INSERT INTO a VALUES (1, 'acme'), (2, 'bolt'), (3, 'acme')"}, nil, true},
			"one in each of two tables": {[]string{"CREATE TABLE a (id integer, tenant_id varchar(20))", "CREATE TABLE b (id integer, tenant_id varchar(20))",
				"INSERT INTO a VALUES (1, 'acme')", "INSERT INTO b VALUES (1, 'bolt')"}, nil, true},
			"in a column of its own name":             {[]string{"CREATE TABLE loose (id integer, owner varchar(20))", "INSERT INTO loose VALUES (1, 'acme'), (1, 'bolt')"}, nil, true},
			"in a mixed table":                        {[]string{"CREATE TABLE templates (id integer, tenant_id varchar(20))", "INSERT INTO templates VALUES (1, 'acme'), (1, NULL), (1, 'bolt')"}, nil, true},
			"in a shared table, which is everybody's": {[]string{"CREATE TABLE clicks (id integer, tenant_id varchar(20))", "INSERT INTO clicks VALUES (1, 'acme'), (1, 'bolt')"}, nil, false},
			"in a table of ours":                      {[]string{"CREATE TABLE tenancy_tenants (id integer, tenant_id varchar(20))", "INSERT INTO tenancy_tenants VALUES (1, 'acme'), (1, 'bolt')"}, nil, false},
			"in another type, one":                    {[]string{"CREATE TABLE a (id integer, tenant_id " + own + ")", "INSERT INTO a VALUES (1, " + id[0] + "), (2, " + id[0] + ")"}, nil, false},
			"in another type, two":                    {[]string{"CREATE TABLE a (id integer, tenant_id " + own + ")", "INSERT INTO a VALUES (1, " + id[0] + "), (2, " + id[1] + ")"}, nil, true},
			"in a column that pads":                   {[]string{"CREATE TABLE a (id integer, tenant_id char(20))", "CREATE TABLE b (id integer, tenant_id varchar(20))", "INSERT INTO a VALUES (1, 'acme')", "INSERT INTO b VALUES (1, 'acme')"}, nil, false},
			"later, in a new table":                   {nil, []string{"CREATE TABLE a (id integer, tenant_id varchar(20))", "INSERT INTO a VALUES (1, 'acme'), (2, 'bolt')"}, true},
			"later, a harmless table":                 {nil, []string{"CREATE TABLE a (id integer, tenant_id varchar(20))", "INSERT INTO a VALUES (1, 'acme')"}, false},
		} {
			t.Run(name, func(t *testing.T) {
				dsn, plain := e.NewDatabase(t)
				w := &world{engine: e, shared: plain}
				for _, s := range c.setup {
					w.must(t, plain, s)
				}
				p := policy(e.Dialect)
				db, _ := reporting(t, e, dsn, p)
				run := func() error {
					_, err := db.Exec("SELECT 1")
					return err
				}
				if c.later != nil {
					require.NoError(t, run())
					for _, s := range c.later {
						_, err := db.Exec(s)
						if err != nil {
							require.ErrorIs(t, err, tenant.ErrSeveralTenants)
						}
					}
					// The table is there since the first of them, its rows since the
					// last: one more change of the schema has it looked at again.
					_, err := db.Exec("CREATE TABLE more (id integer)")
					require.NoError(t, err)
				}
				err := run()
				if !c.leaks {
					require.NoError(t, err)
					return
				}
				require.ErrorIs(t, err, tenant.ErrSeveralTenants)
				require.ErrorIs(t, err, scope.ErrRefused)
				require.NotContains(t, err.Error(), "acme")
				require.NotContains(t, err.Error(), "bolt")
				require.ErrorIs(t, run(), tenant.ErrSeveralTenants, "and stays so")
				_, err = scope.Connect(t.Context(), e.Driver, dsn, p, scope.ReportOnly(func(context.Context, scope.Report) {}))
				require.ErrorIs(t, err, tenant.ErrSeveralTenants)
			})
		}
	})
}

// TestReportOnlyInAFailedTransaction: what ends the failure passes, although the
// catalogue is due to be read again.
func TestReportOnlyInAFailedTransaction(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		dsn, _ := e.NewDatabase(t)
		db, _ := reporting(t, e, dsn, policy(e.Dialect))
		tx, err := db.BeginTx(tenant.WithID(context.Background(), "acme"), nil)
		require.NoError(t, err)
		for _, s := range []string{"CREATE TABLE a (id integer)", "SAVEPOINT one"} {
			_, err = tx.Exec(s)
			require.NoError(t, err)
		}
		_, err = tx.Exec("CREATE TABLE a (id integer)") // is there; and the catalogue is stale now
		require.Error(t, err)
		require.NotErrorIs(t, err, scope.ErrRefused)
		if e.Dialect != tenant.MySQL { // whose DDL ends the transaction, and the savepoint with it
			_, err = tx.Exec("ROLLBACK TO SAVEPOINT one")
			require.NoError(t, err)
			_, err = tx.Exec("INSERT INTO a VALUES (1)")
			require.NoError(t, err)
		}
		require.NoError(t, tx.Rollback())
	})
}
