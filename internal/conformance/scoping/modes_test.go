package scoping

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// TestNothingReachesTheEngine: what is refused is refused before the engine.
func TestNothingReachesTheEngine(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		w := newWorld(t, e)
		rec := &recorder{Connector: e.Connector(t, w.dsn)}
		db, err := scope.OpenDB(rec, policy(e.Dialect))
		require.NoError(t, err)
		t.Cleanup(func() { db.Close() })
		ctx := context.Background()
		for _, c := range []struct {
			ctx   context.Context
			query string
		}{
			{ctx, "SELECT id FROM contacts"},
			{ctx, "SELECT code FROM countries"},
			{ctx, "SELECT 1"},
			{ctx, "DELETE FROM contacts"},
			{tenant.WithID(tenant.WithID(ctx, "acme"), "bolt"), "SELECT id FROM contacts"},
			{tenant.WithID(ctx, "ACME"), "SELECT id FROM contacts"},
			{tenant.Global(ctx), "SELECT id FROM contacts"},
			{tenant.Global(ctx), "DELETE FROM contacts"},
			{tenant.Across(ctx, "test", "acme", "bolt"), "UPDATE contacts SET name = 'x'"},
			{tenant.Across(ctx, "test", "acme", "acme"), "SELECT id FROM contacts"},
			{tenant.WithID(ctx, "acme"), "SELECT id FROM nowhere"},
			{tenant.WithID(ctx, "acme"), "SELECT id FROM contacts; DELETE FROM contacts"},
			{tenant.WithID(ctx, "acme"), "SELECT id FROM contacts WHERE (id = 1"},
			{tenant.WithID(ctx, "acme"), "DROP TABLE contacts"},
			{tenant.WithID(ctx, "acme"), "UPDATE countries SET title = 'x'"},
		} {
			_, err := db.QueryContext(c.ctx, c.query)
			require.ErrorIs(t, err, scope.ErrRefused, c.query)
			_, err = db.ExecContext(c.ctx, c.query)
			require.ErrorIs(t, err, scope.ErrRefused, c.query)
			if st, err := db.PrepareContext(c.ctx, c.query); err == nil {
				_, err = st.ExecContext(c.ctx)
				require.ErrorIs(t, err, scope.ErrRefused, c.query)
				require.NoError(t, st.Close())
			}
			require.Empty(t, rec.take(), c.query)
		}
		// The recorder does see what is let through.
		require.NoError(t, db.QueryRowContext(tenant.WithID(ctx, "acme"), "SELECT count(*) FROM contacts").Scan(new(int)))
		require.NotEmpty(t, rec.take())
	})
}

// TestModes: which rows each mode reaches, on the engine.
func TestModes(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		w := newWorld(t, e)
		ctx := context.Background()
		count := func(ctx context.Context, table string) int {
			var n int
			require.NoError(t, w.scoped.QueryRowContext(ctx, "SELECT count(*) FROM "+table).Scan(&n), table)
			return n
		}
		require.Equal(t, 4, count(tenant.WithID(ctx, "acme"), "contacts"))
		require.Equal(t, 6, count(tenant.WithID(ctx, "core"), "contacts"))
		require.Equal(t, 0, count(tenant.WithID(ctx, "nobody"), "contacts"))
		require.Equal(t, 10, count(tenant.Across(ctx, "test", "acme", "core"), "contacts"))
		require.Equal(t, 15, count(tenant.AcrossAll(ctx, "test"), "contacts"))
		require.Equal(t, 6, count(tenant.Switch(tenant.WithID(ctx, "acme"), "core", "test"), "contacts"))
		require.Equal(t, 2, count(tenant.WithID(ctx, "acme"), "templates"))
		require.Equal(t, 1, count(tenant.Global(ctx), "templates"))
		require.Equal(t, 3, count(tenant.Global(ctx), "countries"))
		require.Equal(t, 3, count(tenant.WithID(ctx, "acme"), "countries"))
		_, err := w.scoped.ExecContext(tenant.Global(ctx), "INSERT INTO countries (code, title) VALUES ('es', 'Spain')")
		require.NoError(t, err)
		require.Equal(t, 4, count(tenant.WithID(ctx, "acme"), "countries"))
	})
}

// TestPreparedStatement: one statement, prepared without a tenant, serves all
// of them in turn and at the same time. Run under -race.
func TestPreparedStatement(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		w := newWorld(t, e)
		w.scoped.SetMaxOpenConns(3)
		ctx := context.Background()
		st, err := w.scoped.PrepareContext(ctx, w.bind("SELECT name FROM contacts WHERE id > ? OR 1 = 1 ORDER BY id"))
		require.NoError(t, err)
		defer st.Close()
		read := func(id tenant.ID) error {
			rows, err := st.QueryContext(tenant.WithID(ctx, id), 0)
			if err != nil {
				return err
			}
			defer rows.Close()
			n := 0
			for rows.Next() {
				var name string
				if err := rows.Scan(&name); err != nil {
					return err
				}
				n++
				if want := fmt.Sprintf("c%d %s", n, map[tenant.ID]string{"acme": "ACME", "bolt": "BOLT", "core": "CORE"}[id]); name != want {
					return fmt.Errorf("%s got %q instead of %q", id, name, want)
				}
			}
			if n < 4 {
				return fmt.Errorf("%s got %d rows", id, n)
			}
			return rows.Err()
		}
		for _, id := range tenants {
			require.NoError(t, read(id))
		}
		_, err = st.QueryContext(ctx, 0)
		require.ErrorIs(t, err, scope.ErrNoTenant)
		var wg sync.WaitGroup
		errs := make(chan error, 8)
		for g := range 8 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for i := range 60 {
					if err := read(tenants[(g+i)%len(tenants)]); err != nil {
						errs <- err
						return
					}
				}
			}()
		}
		wg.Wait()
		close(errs)
		require.NoError(t, <-errs)
	})
}

// TestTransaction: a rolled back write is gone, and the next user of the
// connection is not in its tenant.
func TestTransaction(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		w := newWorld(t, e)
		w.scoped.SetMaxOpenConns(1)
		ctx := context.Background()
		tx, err := w.scoped.BeginTx(tenant.WithID(ctx, "acme"), nil)
		require.NoError(t, err)
		_, err = tx.Exec("DELETE FROM contacts")
		require.NoError(t, err, "without a context: the transaction's tenant")
		_, err = tx.ExecContext(tenant.WithID(ctx, "bolt"), "DELETE FROM contacts")
		require.ErrorIs(t, err, tenant.ErrTenantConflict)
		var n int
		require.NoError(t, tx.QueryRow("SELECT count(*) FROM contacts").Scan(&n))
		require.Equal(t, 0, n)
		require.NoError(t, tx.Rollback())
		_, err = w.scoped.Exec("DELETE FROM contacts")
		require.ErrorIs(t, err, scope.ErrNoTenant)
		require.NoError(t, w.scoped.QueryRowContext(tenant.AcrossAll(ctx, "test"), "SELECT count(*) FROM contacts").Scan(&n))
		require.Equal(t, 15, n)
	})
}

// TestCatalogueFollows: columns and tables that appear while the process runs
// are noticed, after DDL through the pool and after an unknown name.
func TestCatalogueFollows(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		w := newWorld(t, e)
		ctx := context.Background()
		acme := tenant.WithID(ctx, "acme")
		columns := func(query string) []string {
			rows, err := w.scoped.QueryContext(acme, query)
			require.NoError(t, err)
			defer rows.Close()
			names, err := rows.Columns()
			require.NoError(t, err)
			return names
		}
		require.Equal(t, []string{"id", "name"}, columns("SELECT * FROM companies"))
		_, err := w.scoped.ExecContext(tenant.AcrossAll(ctx, "test"), "ALTER TABLE companies ADD COLUMN city VARCHAR(40)")
		require.NoError(t, err)
		require.Equal(t, []string{"id", "name", "city"}, columns("SELECT * FROM companies"))
		_, err = w.scoped.QueryContext(acme, "SELECT * FROM later")
		require.ErrorIs(t, err, scope.ErrRefused)
		w.must(t, w.shared, "CREATE TABLE later (id INTEGER, tenant_id VARCHAR(63))")
		require.Equal(t, []string{"id"}, columns("SELECT * FROM later"))
		w.must(t, w.shared, "CREATE TABLE bare (id INTEGER)")
		_, err = w.scoped.QueryContext(acme, "SELECT * FROM bare")
		var refused *scope.RefusedError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, scope.ReasonTenantColumn, refused.Reason)
	})
}

// TestErrorsOfOthersRows: a condition that fails on another tenant's value does
// not fail here, because the predicate comes first. Which conditions a server
// still evaluates in another order is in the README's limits.
func TestErrorsOfOthersRows(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		w := newWorld(t, e)
		w.must(t, w.shared, `UPDATE notes SET body = '1' WHERE tenant_id = 'acme'`)
		statement := map[tenant.Dialect]string{
			tenant.SQLite:   `UPDATE notes SET contact_id = 0 WHERE json_extract(body, '$') = 1`,
			tenant.Postgres: `UPDATE notes SET contact_id = 0 WHERE CAST(body AS integer) = 1`,
			tenant.MySQL:    `UPDATE notes SET contact_id = 0 WHERE CAST(body AS SIGNED) = 1`,
		}[e.Dialect]
		_, err := w.shared.Exec(statement)
		require.Error(t, err, "the others' rows do fail")
		res, err := w.scoped.ExecContext(tenant.WithID(context.Background(), "acme"), statement)
		require.NoError(t, err)
		n, err := res.RowsAffected()
		require.NoError(t, err)
		require.EqualValues(t, 4, n)
	})
}
