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

// TestModes is the table of modes in the documentation of package scope, line by
// line: how many rows of each class of table a mode reads, how many it deletes,
// whether it may change the schema, and what of it is reported as a crossing.
func TestModes(t *testing.T) {
	const no = -1 // refused
	ctx := context.Background()
	// contacts is per tenant (4, 5 and 6 rows), countries shared (3), clicks shared
	// and writable (2), templates mixed (1 of each tenant, 1 of everybody).
	classes := []string{"contacts", "countries", "clicks", "templates"}
	lines := []struct {
		mode           string
		ctx            context.Context
		reads, deletes [4]int
		ddl            bool
		told           [2]int // how many of the four reads, and of the four deletes, are reported
	}{
		{"none", ctx, [4]int{no, no, no, no}, [4]int{no, no, no, no}, false, [2]int{}},
		{"refused", tenant.WithID(tenant.WithID(ctx, "acme"), "bolt"), [4]int{no, no, no, no}, [4]int{no, no, no, no}, false, [2]int{}},
		{"tenant", tenant.WithID(ctx, "acme"), [4]int{4, 3, 2, 2}, [4]int{4, no, 2, 1}, false, [2]int{}},
		{"tenant, after a switch", tenant.Switch(tenant.WithID(ctx, "acme"), "core", "test"), [4]int{6, 3, 2, 2}, [4]int{6, no, 2, 1}, false, [2]int{}},
		{"a tenant without rows", tenant.WithID(ctx, "nobody"), [4]int{0, 3, 2, 1}, [4]int{0, no, 2, 0}, false, [2]int{}},
		{"global", tenant.Global(ctx), [4]int{no, 3, 2, 1}, [4]int{no, 3, 2, 1}, false, [2]int{0, 3}},
		{"across", tenant.Across(ctx, "test", "acme", "core"), [4]int{10, 3, 2, 3}, [4]int{no, no, no, no}, false, [2]int{4, 0}},
		{"across one", tenant.Across(ctx, "test", "bolt"), [4]int{5, 3, 2, 2}, [4]int{no, no, no, no}, false, [2]int{4, 0}},
		{"across all", tenant.AcrossAll(ctx, "test"), [4]int{15, 3, 2, 4}, [4]int{15, 3, 2, 4}, true, [2]int{4, 4}},
	}
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		w := newWorld(t, e)
		told := 0
		db, err := scope.OpenDB(e.Connector(t, w.dsn), policy(e.Dialect), scope.OnCrossing(func(context.Context, scope.Crossing) { told++ }))
		require.NoError(t, err)
		t.Cleanup(func() { db.Close() })
		for _, line := range lines {
			told = 0
			for i, table := range classes {
				n := no
				if err := db.QueryRowContext(line.ctx, "SELECT count(*) FROM "+table).Scan(&n); err != nil {
					require.ErrorIs(t, err, scope.ErrRefused, "%s reads %s", line.mode, table)
				}
				require.Equal(t, line.reads[i], n, "%s reads %s", line.mode, table)
			}
			require.Equal(t, line.told[0], told, "%s: reads reported", line.mode)
			told = 0
			for i, table := range classes {
				n := int64(no)
				if res, err := db.ExecContext(line.ctx, "DELETE FROM "+table); err != nil {
					require.ErrorIs(t, err, scope.ErrRefused, "%s deletes from %s", line.mode, table)
				} else if n, err = res.RowsAffected(); err != nil {
					t.Fatal(err)
				}
				require.EqualValues(t, line.deletes[i], n, "%s deletes from %s", line.mode, table)
			}
			require.Equal(t, line.told[1], told, "%s: deletes reported", line.mode)
			w.restore(t)
			_, err := db.ExecContext(line.ctx, "CREATE TABLE later (id INTEGER)")
			if line.ddl {
				require.NoError(t, err)
				w.must(t, w.shared, "DROP TABLE later")
			} else {
				require.ErrorIs(t, err, scope.ErrRefused, line.mode)
			}
		}
	})
}

// TestModesInsert: whose a new row is.
func TestModesInsert(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		w := newWorld(t, e)
		ctx := context.Background()
		for _, c := range []struct {
			ctx   context.Context
			table string
			owner string // "-" is refused, "" is everybody's
		}{
			{ctx, "templates", "-"},
			{tenant.WithID(ctx, "acme"), "templates", "acme"},
			{tenant.Global(ctx), "templates", ""},
			{tenant.Across(ctx, "test", "acme"), "templates", "-"},
			{tenant.AcrossAll(ctx, "test"), "templates", ""},
			{tenant.WithID(ctx, "bolt"), "notes", "bolt"},
			{tenant.Global(ctx), "notes", "-"},
			{tenant.Across(ctx, "test", "acme"), "notes", "-"},
		} {
			_, err := w.scoped.ExecContext(c.ctx, "INSERT INTO "+c.table+" (id) VALUES (77)")
			if c.owner == "-" {
				require.ErrorIs(t, err, scope.ErrRefused)
				continue
			}
			require.NoError(t, err)
			var owner string
			require.NoError(t, w.shared.QueryRow("SELECT coalesce(tenant_id, '') FROM "+c.table+" WHERE id = 77").Scan(&owner))
			require.Equal(t, c.owner, owner)
			w.must(t, w.shared, "DELETE FROM "+c.table+" WHERE id = 77")
		}
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

// TestTriggers: across all tenants a trigger of SQLite is created, semicolons and
// all, and nothing else is run with it.
func TestTriggers(t *testing.T) {
	w := newWorld(t, engines.Get(t, "sqlite"))
	all := tenant.AcrossAll(context.Background(), "test")
	const trigger = "CREATE TRIGGER seen AFTER INSERT ON contacts BEGIN INSERT INTO clicks (id, label) VALUES (new.id, 'seen'); UPDATE clicks SET label = CASE WHEN id = new.id THEN 'end' END; END"
	for _, more := range []string{"; DELETE FROM contacts", "; DELETE FROM contacts; END", " DELETE FROM contacts"} {
		_, err := w.scoped.ExecContext(all, trigger+more)
		require.ErrorIs(t, err, scope.ErrRefused, more)
	}
	_, err := w.scoped.ExecContext(all, trigger+";")
	require.NoError(t, err)
	_, err = w.scoped.ExecContext(tenant.WithID(context.Background(), "acme"), "INSERT INTO contacts (id) VALUES (4711)")
	require.NoError(t, err)
	var n int
	require.NoError(t, w.shared.QueryRow("SELECT count(*) FROM clicks WHERE id = 4711 AND label = 'end'").Scan(&n))
	require.Equal(t, 1, n)
}
