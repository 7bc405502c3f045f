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

// changing is a pool on a fresh database of two tenants whose schema is about to
// change.
func changing(t *testing.T, e engines.Engine, p scope.Policy, setup ...string) (scoped, plain *sql.DB) {
	t.Helper()
	dsn, plain := e.NewDatabase(t)
	run(t, plain, setup...)
	p.Dialect, p.Column = e.Dialect, "tenant_id"
	scoped, err := scope.OpenDB(e.Connector(t, dsn), p, scope.OnCrossing(func(context.Context, scope.Crossing) {}))
	require.NoError(t, err)
	t.Cleanup(func() { scoped.Close() })
	return scoped, plain
}

var (
	changingTables = []string{
		"CREATE TABLE contacts (id INTEGER NOT NULL, email VARCHAR(40), tenant_id VARCHAR(63) NOT NULL, PRIMARY KEY (tenant_id, id))",
		"INSERT INTO contacts VALUES (1, 'a@x', 'acme'), (1, 'b@x', 'bolt')",
	}

	// Under this policy a table of a new name is everybody's, and a view is not.
	changingPolicy = scope.Policy{Default: scope.Shared, Tables: map[string]scope.Table{"contacts": {Class: scope.PerTenant}}}

	toView = []string{"ALTER TABLE stats RENAME TO stats_old", "CREATE VIEW stats AS SELECT email FROM contacts"}
)

// execer runs statements: a pool, a connection or a transaction.
type execer interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
}

func runAs(t *testing.T, by execer, ctx context.Context, statements ...string) {
	t.Helper()
	for _, s := range statements {
		_, err := by.ExecContext(ctx, s)
		require.NoError(t, err, s)
	}
}

// TestUncommittedSchema: what a transaction sees of its own changes is for that
// transaction alone.
func TestUncommittedSchema(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		if e.Dialect == tenant.MySQL {
			return // where DDL commits
		}
		for name, of := range map[string]context.Context{"across all": tenant.AcrossAll(context.Background(), "test"), "nobody's": context.Background()} {
			t.Run(name, func(t *testing.T) {
				db, _ := changing(t, e, changingPolicy, append([]string{"CREATE VIEW stats AS SELECT 'x' AS email"}, changingTables...)...)
				ctx := context.Background()
				acme, all := tenant.WithID(ctx, "acme"), tenant.AcrossAll(ctx, "test")
				runAs(t, db, all, "DROP VIEW stats", "CREATE VIEW stats AS SELECT email FROM contacts")
				tx, err := db.BeginTx(of, nil)
				require.NoError(t, err)
				defer tx.Rollback() //nolint:errcheck // the test has failed then
				const read = "SELECT email FROM stats"
				if name != "across all" {
					_, err = tx.ExecContext(acme, read)
					require.ErrorIs(t, err, scope.ErrRefused, "an undeclared view")
				}
				runAs(t, tx, all, "SAVEPOINT a", "DROP VIEW stats", "CREATE TABLE stats (email VARCHAR(40))", "SELECT 1")
				if name != "across all" {
					runAs(t, tx, acme, read)
				}
				c, err := db.Conn(ctx)
				require.NoError(t, err)
				defer c.Close()
				if e.Dialect == tenant.SQLite { // elsewhere the change locks it
					_, err = c.ExecContext(acme, read)
					require.ErrorIs(t, err, scope.ErrRefused)
				}
				runAs(t, tx, all, "ROLLBACK TO SAVEPOINT a")
				if name != "across all" {
					_, err = tx.ExecContext(acme, read)
					require.ErrorIs(t, err, scope.ErrRefused, "the view is back")
				}
				require.NoError(t, tx.Rollback())
				for range 2 {
					_, err = c.ExecContext(acme, read)
					require.ErrorIs(t, err, scope.ErrRefused)
					_, err = db.ExecContext(acme, read)
					require.ErrorIs(t, err, scope.ErrRefused)
				}
			})
		}
	})
}

// TestOldSnapshot: a transaction that sees the schema of earlier does not tell it
// to others, nor plan by it where its statements run by the latest.
func TestOldSnapshot(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		setup := append([]string{"CREATE TABLE stats (email VARCHAR(40))"}, changingTables...)
		if e.Dialect == tenant.SQLite {
			setup = append([]string{"PRAGMA journal_mode = WAL"}, setup...) // so that others can write
		}
		db, _ := changing(t, e, changingPolicy, setup...)
		ctx := context.Background()
		acme, all := tenant.WithID(ctx, "acme"), tenant.AcrossAll(ctx, "test")
		opts := &sql.TxOptions{Isolation: sql.LevelRepeatableRead}
		if e.Dialect == tenant.SQLite {
			opts = nil // it has no other
		}
		tx, err := db.BeginTx(acme, opts)
		require.NoError(t, err)
		defer tx.Rollback() //nolint:errcheck // the test has failed then
		const own, read = "SELECT id FROM contacts", "SELECT email FROM stats"
		runAs(t, tx, acme, own)
		runAs(t, db, all, toView...)

		_, err = tx.ExecContext(acme, own)
		switch e.Dialect {
		case tenant.Postgres:
			require.ErrorIs(t, err, scope.ErrRefused)
			require.ErrorContains(t, err, "begin the transaction again")
		default:
			require.NoError(t, err)
		}
		// The table of then, the view of now.
		_, err = tx.ExecContext(acme, read)
		require.Equal(t, e.Dialect != tenant.SQLite, err != nil, err)
		_, err = db.ExecContext(acme, read)
		require.ErrorIs(t, err, scope.ErrRefused, "a view that reads all tenants' rows")
		runAs(t, tx, acme, own) // somebody else has read the schema
		_, err = tx.ExecContext(acme, read)
		require.Equal(t, e.Dialect != tenant.SQLite, err != nil, err)
		require.NoError(t, tx.Commit())
		_, err = db.ExecContext(acme, read)
		require.ErrorIs(t, err, scope.ErrRefused)

		// The other way round: by the schema of now, the old view would be a table.
		tx, err = db.BeginTx(acme, opts)
		require.NoError(t, err)
		defer tx.Rollback() //nolint:errcheck // the test has failed then
		runAs(t, tx, acme, own)
		runAs(t, db, all, "DROP VIEW stats", "ALTER TABLE stats_old RENAME TO stats")
		runAs(t, db, acme, read)
		_, err = tx.ExecContext(acme, read)
		require.Equal(t, e.Dialect == tenant.SQLite, err != nil, err)
	})
}

// TestSchemaChangesBeforeTheFirstStatement: a transaction of SQLite has no
// snapshot before it reads, so what counts is the schema of then, not of BEGIN.
func TestSchemaChangesBeforeTheFirstStatement(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		if e.Dialect != tenant.SQLite {
			return // where no other tenant's row is replaced
		}
		db, plain := changing(t, e, scope.Policy{Default: scope.PerTenant}, changingTables...)
		ctx := context.Background()
		acme, all := tenant.WithID(ctx, "acme"), tenant.AcrossAll(ctx, "test")
		tx, err := db.BeginTx(acme, nil)
		require.NoError(t, err)
		runAs(t, db, all, "CREATE UNIQUE INDEX u ON contacts (email)")
		_, err = tx.ExecContext(acme, "INSERT OR REPLACE INTO contacts (id, email) VALUES (9, 'b@x')")
		require.ErrorIs(t, err, scope.ErrRefused)
		require.NoError(t, tx.Commit())
		var n int
		require.NoError(t, plain.QueryRow("SELECT count(*) FROM contacts WHERE tenant_id = 'bolt'").Scan(&n))
		require.Equal(t, 1, n, "acme deleted bolt's row")
	})
}
