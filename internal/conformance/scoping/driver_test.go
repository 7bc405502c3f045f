package scoping

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// storm is what one goroutine of TestManyAtOnce works with. The statements are
// prepared once, without a tenant, and used by everybody.
type storm struct {
	w     *world
	rng   *rand.Rand
	names *sql.Stmt // reads names of contacts
	touch *sql.Stmt // writes a contact without changing it
}

// errForeign is a row of another tenant: what must never be.
type errForeign struct{ text string }

func (e errForeign) Error() string { return e.text }

// own reads names and compares them with the tenant's mark, which every name of
// the world ends with.
func own(rows *sql.Rows, err error, id tenant.ID) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err
		}
		if !strings.HasSuffix(name, strings.ToUpper(string(id))) {
			return errForeign{fmt.Sprintf("%s got %q", id, name)}
		}
	}
	return rows.Err()
}

// work does one random thing for a tenant.
func (s *storm) work(ctx context.Context, id tenant.ID) error {
	const names = "SELECT name FROM contacts WHERE id > ? OR 1 = 1"
	switch s.rng.IntN(6) {
	case 0:
		rows, err := s.w.scoped.QueryContext(ctx, s.w.bind(names), 0)
		return own(rows, err, id)
	case 1:
		rows, err := s.names.QueryContext(ctx, 0)
		return own(rows, err, id)
	case 2:
		_, err := s.touch.ExecContext(ctx, 1)
		return err
	case 3: // a connection, with and without a transaction
		c, err := s.w.scoped.Conn(ctx)
		if err != nil {
			return err
		}
		defer c.Close()
		rows, err := c.QueryContext(ctx, s.w.bind(names), 0)
		if err := own(rows, err, id); err != nil {
			return err
		}
		tx, err := c.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		return s.inTransaction(ctx, tx, id)
	default:
		tx, err := s.w.scoped.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		return s.inTransaction(ctx, tx, id)
	}
}

// inTransaction reads and writes with the shared statements and with others, half
// of them without a tenant in the context, and is sometimes left to end by itself.
func (s *storm) inTransaction(ctx context.Context, tx *sql.Tx, id tenant.ID) error {
	plain := context.Background()
	if s.rng.IntN(2) == 0 { // first, since SQLite lets no reader become a writer while others write
		if _, err := tx.StmtContext(plain, s.touch).ExecContext(ctx, 1); err != nil {
			return err
		}
	}
	rows, err := tx.StmtContext(ctx, s.names).QueryContext(plain, 0)
	if err := own(rows, err, id); err != nil {
		return err
	}
	other := tenants[(slices.Index(tenants, id)+1)%len(tenants)]
	if _, err := tx.ExecContext(tenant.WithID(plain, other), "DELETE FROM contacts"); !errors.Is(err, tenant.ErrTenantConflict) && !errors.Is(err, sql.ErrTxDone) {
		return errForeign{fmt.Sprintf("a statement of %s in the transaction of %s: %v", other, id, err)}
	}
	rows, err = tx.QueryContext(plain, "SELECT name FROM contacts")
	if err := own(rows, err, id); err != nil {
		return err
	}
	if s.rng.IntN(2) == 0 {
		return tx.Commit()
	}
	return nil
}

// TestManyAtOnce: many goroutines of three tenants on four connections, with
// contexts that end at any moment. Whatever fails, nobody ever gets a row of
// another, and nobody's rows change. Run under -race.
func TestManyAtOnce(t *testing.T) {
	const goroutines, rounds = 12, 60
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		w := newWorld(t, e)
		w.scoped.SetMaxOpenConns(4)
		ctx := context.Background()
		before := map[tenant.ID]string{}
		for _, id := range tenants {
			before[id] = w.dump(t, w.shared, "contacts", id, true, false)
		}
		names, err := w.scoped.PrepareContext(ctx, w.bind("SELECT name FROM contacts WHERE id > ? OR 1 = 1"))
		require.NoError(t, err)
		defer names.Close()
		touch, err := w.scoped.PrepareContext(ctx, w.bind("UPDATE contacts SET score = score WHERE id = ? OR 1 = 1"))
		require.NoError(t, err)
		defer touch.Close()

		var wg sync.WaitGroup
		var mu sync.Mutex
		var ended, done int
		for g := range goroutines {
			wg.Go(func() {
				s := &storm{w: w, rng: rand.New(rand.NewPCG(7, uint64(g))), names: names, touch: touch}
				for i := range rounds {
					id := tenants[(g+i)%len(tenants)]
					ctx, cancel := context.WithCancel(tenant.WithID(ctx, id))
					if s.rng.IntN(3) == 0 {
						time.AfterFunc(time.Duration(s.rng.IntN(1<<s.rng.IntN(13)))*time.Microsecond, cancel)
					}
					err := s.work(ctx, id)
					var foreign errForeign
					mu.Lock()
					switch {
					case errors.As(err, &foreign), errors.Is(err, scope.ErrRefused), errors.Is(err, scope.ErrNoTenant):
						t.Errorf("%v", err)
					case err != nil && ctx.Err() == nil:
						t.Errorf("%s: %v", id, err)
					case err != nil:
						ended++
					default:
						done++
					}
					mu.Unlock()
					cancel()
				}
			})
		}
		wg.Wait()
		require.NotZero(t, done)
		t.Logf("%d done, %d ended by their context", done, ended)

		// Every connection is in nobody's hands, and serves whoever comes.
		var conns []*sql.Conn
		for range 4 {
			c, err := w.scoped.Conn(ctx)
			require.NoError(t, err)
			conns = append(conns, c)
		}
		for _, c := range conns {
			_, err := c.ExecContext(ctx, "DELETE FROM contacts")
			require.ErrorIs(t, err, scope.ErrNoTenant)
			for _, id := range tenants {
				rows, err := c.QueryContext(tenant.WithID(ctx, id), "SELECT name FROM contacts")
				require.NoError(t, own(rows, err, id))
			}
			require.NoError(t, c.Close())
		}
		for _, id := range tenants {
			require.Equal(t, before[id], w.dump(t, w.shared, "contacts", id, true, false))
		}
	})
}

// TestContextEndsInTransaction: database/sql rolls back by itself, and the next
// user of the connection is in no transaction.
func TestContextEndsInTransaction(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		w := newWorld(t, e)
		w.scoped.SetMaxOpenConns(1) // the next statement waits for the connection
		for range 20 {
			ctx, cancel := context.WithCancel(tenant.WithID(context.Background(), "acme"))
			tx, err := w.scoped.BeginTx(ctx, nil)
			require.NoError(t, err)
			_, err = tx.Exec("DELETE FROM contacts")
			require.NoError(t, err)
			cancel()
			_, err = w.scoped.Exec("DELETE FROM contacts")
			require.ErrorIs(t, err, scope.ErrNoTenant)
			var n int
			require.NoError(t, w.scoped.QueryRowContext(tenant.WithID(context.Background(), "bolt"), "SELECT count(*) FROM contacts").Scan(&n))
			require.Equal(t, 5, n)
			_, err = tx.Exec("DELETE FROM contacts")
			require.Error(t, err)
		}
		var n int
		require.NoError(t, w.shared.QueryRow("SELECT count(*) FROM contacts").Scan(&n))
		require.Equal(t, 15, n, "rolled back")
	})
}

// TestConnectionLost: the server ends a connection inside a transaction. The
// engine's error comes through, and the next user has a connection that is in no
// transaction.
func TestConnectionLost(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		whoami := map[tenant.Dialect]string{tenant.Postgres: "SELECT pg_backend_pid()", tenant.MySQL: "SELECT connection_id()"}[e.Dialect]
		kill := map[tenant.Dialect]string{tenant.Postgres: "SELECT pg_terminate_backend(%d)", tenant.MySQL: "KILL %d"}[e.Dialect]
		if whoami == "" {
			return // an embedded engine has no connection to lose
		}
		w := newWorld(t, e)
		w.scoped.SetMaxOpenConns(1)
		ctx := context.Background()
		acme := tenant.WithID(ctx, "acme")
		for _, late := range []bool{false, true} { // found out by a statement, or by COMMIT
			c, err := w.scoped.Conn(ctx)
			require.NoError(t, err)
			var pid int
			require.NoError(t, c.QueryRowContext(tenant.AcrossAll(ctx, "test"), whoami).Scan(&pid))
			tx, err := c.BeginTx(acme, nil)
			require.NoError(t, err)
			_, err = tx.ExecContext(acme, "DELETE FROM contacts")
			require.NoError(t, err)
			w.must(t, w.shared, fmt.Sprintf(kill, pid))
			if late {
				require.Error(t, tx.Commit())
			} else {
				// The server may take a moment to notice.
				for err == nil {
					_, err = tx.ExecContext(acme, "DELETE FROM contacts")
				}
				require.NotErrorIs(t, err, scope.ErrRefused)
				_ = tx.Rollback()
			}
			_ = c.Close()
			_, err = w.scoped.Exec("DELETE FROM contacts")
			require.ErrorIs(t, err, scope.ErrNoTenant)
			var n int
			require.NoError(t, w.scoped.QueryRowContext(tenant.WithID(ctx, "bolt"), "SELECT count(*) FROM contacts").Scan(&n))
			require.Equal(t, 5, n)
			require.NoError(t, w.scoped.QueryRowContext(acme, "SELECT count(*) FROM contacts").Scan(&n))
			require.Equal(t, 4, n, "the engine has rolled back")
		}
	})
}

// TestWrapDriver: a driver registered by name scopes like a pool of ours.
func TestWrapDriver(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		w := newWorld(t, e)
		drv, err := scope.WrapDriver(w.shared.Driver(), policy(e.Dialect))
		require.NoError(t, err)
		name := fmt.Sprint("scoped-", e.Name, len(sql.Drivers()))
		sql.Register(name, drv)
		db, err := sql.Open(name, w.dsn)
		require.NoError(t, err)
		defer db.Close()
		for _, id := range tenants {
			rows, err := db.QueryContext(tenant.WithID(context.Background(), id), "SELECT name FROM contacts")
			require.NoError(t, own(rows, err, id))
		}
		_, err = db.Exec("DELETE FROM contacts")
		require.ErrorIs(t, err, scope.ErrNoTenant)

		// Two databases behind one driver have a catalogue each.
		dsn, other := e.NewDatabase(t)
		w.must(t, other, "CREATE TABLE elsewhere (id INTEGER, tenant_id VARCHAR(63))")
		second, err := sql.Open(name, dsn)
		require.NoError(t, err)
		defer second.Close()
		_, err = second.ExecContext(tenant.WithID(context.Background(), "acme"), "DELETE FROM elsewhere")
		require.NoError(t, err)
		_, err = db.ExecContext(tenant.WithID(context.Background(), "acme"), "DELETE FROM elsewhere")
		require.ErrorIs(t, err, scope.ErrRefused)
	})
}

// TestUnscoped: the driver's own connection is there for who says why, and what
// it leaves behind on the session meets nobody.
func TestUnscoped(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		w := newWorld(t, e)
		w.scoped.SetMaxOpenConns(1)
		ctx := context.Background()
		all := tenant.AcrossAll(ctx, "test")
		leave := map[tenant.Dialect]string{
			tenant.Postgres: "SET search_path = pg_catalog", tenant.MySQL: "SET time_zone = '+05:45'", tenant.SQLite: "PRAGMA case_sensitive_like = 1",
		}[e.Dialect]
		look := map[tenant.Dialect]string{
			tenant.Postgres: "SELECT current_schema()", tenant.MySQL: "SELECT timediff(now(), utc_timestamp())", tenant.SQLite: "SELECT 'a' LIKE 'A'",
		}[e.Dialect]
		state := func() (s string) {
			t.Helper()
			require.NoError(t, w.scoped.QueryRowContext(all, look).Scan(&s))
			return s
		}
		before := state()
		c, err := w.scoped.Conn(ctx)
		require.NoError(t, err)
		require.ErrorIs(t, scope.Unscoped(tenant.WithID(ctx, "acme"), c, func(any) error { t.Error("called"); return nil }), scope.ErrRefused)
		native, err := w.shared.Conn(ctx)
		require.NoError(t, err)
		defer native.Close()
		require.NoError(t, native.Raw(func(want any) error {
			return scope.Unscoped(all, c, func(got any) error {
				require.IsType(t, want, got)
				st, err := prepareRaw(got, leave)
				if err == nil {
					err = st.run()
				}
				return err
			})
		}))
		require.NoError(t, c.Close())
		require.Equal(t, before, state())
	})
}

// TestExecOfAQuery: go-sql-driver waits forever for the end of a prepared query
// that is executed, and the tenant makes a prepared one of a text without
// arguments.
func TestExecOfAQuery(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		w := newWorld(t, e)
		ctx, cancel := context.WithTimeout(tenant.WithID(context.Background(), "acme"), time.Minute)
		defer cancel()
		for range 2 {
			_, err := w.scoped.ExecContext(ctx, "SELECT id FROM contacts")
			require.NoError(t, err)
		}
	})
}

// silent fails if a result tells of an earlier statement.
func silent(t *testing.T, res sql.Result) {
	t.Helper()
	last, err := res.LastInsertId()
	require.NoError(t, err)
	require.Zero(t, last)
	affected, err := res.RowsAffected()
	require.NoError(t, err)
	require.Zero(t, affected)
}

// TestLastInsertID: SQLite keeps the id of the last row that a connection
// inserted, perhaps for another tenant.
func TestLastInsertID(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		if e.Dialect != tenant.SQLite {
			return
		}
		dsn, plain := e.NewDatabase(t)
		for _, q := range []string{
			"CREATE TABLE notes (id INTEGER PRIMARY KEY, tenant_id TEXT NOT NULL, body TEXT, UNIQUE (tenant_id, body))",
			"CREATE TABLE keyed (id INTEGER NOT NULL, tenant_id TEXT NOT NULL, PRIMARY KEY (tenant_id, id)) WITHOUT ROWID",
		} {
			_, err := plain.Exec(q)
			require.NoError(t, err)
		}
		db, err := scope.OpenDB(e.Connector(t, dsn), scope.Policy{Dialect: e.Dialect, Column: "tenant_id", Default: scope.PerTenant})
		require.NoError(t, err)
		t.Cleanup(func() { db.Close() })
		db.SetMaxOpenConns(1)
		last := func(id tenant.ID, query string) int64 {
			res, err := db.ExecContext(tenant.WithID(context.Background(), id), query)
			require.NoError(t, err, query)
			n, err := res.LastInsertId()
			require.NoError(t, err)
			return n
		}
		require.EqualValues(t, 1, last("bolt", "INSERT INTO notes (body) VALUES ('x')"))
		require.EqualValues(t, 2, last("bolt", "INSERT INTO notes (body) VALUES ('y')"))
		for _, query := range []string{
			"UPDATE notes SET body = 'z' WHERE id = 2",
			"DELETE FROM notes",
			"INSERT INTO keyed (id) VALUES (7)",
			"INSERT INTO notes (body) SELECT 'n' WHERE 1 = 2",
		} {
			require.Zero(t, last("acme", query), query)
		}
		require.EqualValues(t, 3, last("bolt", "INSERT INTO notes (body) VALUES ('v')"))
		res, err := db.ExecContext(tenant.WithID(context.Background(), "acme"), "SELECT id FROM notes")
		require.NoError(t, err)
		n, err := res.RowsAffected()
		require.NoError(t, err)
		require.Zero(t, n, "of a query")
		ctx := tenant.WithID(context.Background(), "acme")
		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		res, err = tx.ExecContext(ctx, "SAVEPOINT a")
		require.NoError(t, err)
		silent(t, res)
		require.NoError(t, tx.Rollback())
		res, err = db.ExecContext(context.Background(), "SELECT sqlite_version()")
		require.NoError(t, err)
		silent(t, res)
		require.EqualValues(t, 4, last("acme", "INSERT INTO notes (body) VALUES ('x')"))
		require.EqualValues(t, 5, last("bolt", "INSERT INTO notes (body) VALUES ('w')"))
		require.Zero(t, last("acme", "INSERT OR IGNORE INTO notes (body) VALUES ('x')"))
		require.Zero(t, last("acme", "INSERT INTO notes (body) VALUES ('x') ON CONFLICT (body) DO UPDATE SET body = 'x'"))
	})
}
