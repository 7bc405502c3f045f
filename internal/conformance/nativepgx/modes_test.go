package nativepgx

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/scope/scopepgx"
	"github.com/gotenancy/tenancy/tenant"
)

// crossings keeps what the hook was told.
type crossings struct {
	mu  sync.Mutex
	all []scope.Crossing
}

func (c *crossings) add(_ context.Context, x scope.Crossing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, x)
}

func (c *crossings) take() []scope.Crossing {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.all
	c.all = nil
	return all
}

// TestModes: which rows each mode reaches, and what is reported of it.
func TestModes(t *testing.T) {
	w := newWorld(t)
	count := func(ctx context.Context, table string) (n int) {
		t.Helper()
		require.NoError(t, w.db.QueryRow(ctx, "SELECT count(*) FROM "+table).Scan(&n))
		return n
	}
	require.Equal(t, 3, count(as("acme"), "contacts"))
	require.Equal(t, 0, count(as("nobody"), "contacts"))
	require.Equal(t, 1, count(tenant.Global(plainCtx), "templates"))
	require.Empty(t, w.seen.take())
	require.Equal(t, 3, count(tenant.Across(plainCtx, "audit", "bolt", "nobody"), "contacts"))
	require.Equal(t, 6, count(tenant.AcrossAll(plainCtx, "audit"), "contacts"))

	copied, err := w.db.CopyFrom(tenant.AcrossAll(plainCtx, "import"), pgx.Identifier{"contacts"}, []string{"tenant_id", "id"},
		pgx.CopyFromRows([][]any{{"acme", 20}, {"bolt", 20}, {"core", 20}}))
	require.NoError(t, err)
	require.EqualValues(t, 3, copied)
	copied, err = w.db.CopyFrom(tenant.Global(plainCtx), pgx.Identifier{"templates"}, []string{"id"}, pgx.CopyFromRows([][]any{{5}}))
	require.NoError(t, err)
	require.EqualValues(t, 1, copied)
	b := &pgx.Batch{}
	b.Queue("SELECT 1")
	b.Queue("DELETE FROM contacts WHERE id = $1", 20)
	require.NoError(t, w.db.SendBatch(tenant.AcrossAll(plainCtx, "undo"), b).Close())
	require.Equal(t, 2, count(as("acme"), "templates"), "a global row is everybody's")

	all := []tenant.ID(nil)
	got := w.seen.take()
	for i := range got {
		require.Contains(t, got[i].Caller, "modes_test.go")
		require.NotEmpty(t, got[i].Shape)
		got[i].Caller, got[i].Shape = "", ""
	}
	require.Equal(t, []scope.Crossing{
		{Mode: tenant.ModeAcross, Reason: "audit", Tenants: []tenant.ID{"bolt", "nobody"}, Query: "SELECT count(*) FROM contacts"},
		{Mode: tenant.ModeAcrossAll, Reason: "audit", Tenants: all, Query: "SELECT count(*) FROM contacts"},
		{Mode: tenant.ModeAcrossAll, Reason: "import", Tenants: all, Query: `INSERT INTO "contacts" ("tenant_id", "id") VALUES ($1, $2)`, Writes: true},
		{Mode: tenant.ModeGlobal, Query: `INSERT INTO "templates" ("id") VALUES ($1)`, Writes: true},
		{Mode: tenant.ModeAcrossAll, Reason: "undo", Tenants: all, Query: "SELECT 1"},
		{Mode: tenant.ModeAcrossAll, Reason: "undo", Tenants: all, Query: "DELETE FROM contacts WHERE id = $1", Writes: true},
	}, got)
}

// TestTransactionRule: a transaction belongs to the context it began with.
func TestTransactionRule(t *testing.T) {
	w := newWorld(t)
	for _, db := range []*scopepgx.DB{w.db, w.single(t)} {
		tx, err := db.Begin(as("acme"))
		require.NoError(t, err)
		var n int
		require.NoError(t, tx.QueryRow(plainCtx, "SELECT count(*) FROM contacts").Scan(&n))
		require.Equal(t, 3, n, "without a tenant: the transaction's")
		must(t, tx, "UPDATE contacts SET name = 'changed'")
		copied, err := tx.CopyFrom(plainCtx, pgx.Identifier{"contacts"}, []string{"id"}, pgx.CopyFromRows([][]any{{40}}))
		require.NoError(t, err)
		require.EqualValues(t, 1, copied)
		for name, err := range map[string]error{
			"exec":     second(tx.Exec(as("bolt"), "DELETE FROM contacts")),
			"row":      tx.QueryRow(as("bolt"), "SELECT 1").Scan(&n),
			"across":   second(tx.Exec(tenant.AcrossAll(plainCtx, "test"), "DELETE FROM contacts")),
			"copy":     second(tx.CopyFrom(as("bolt"), pgx.Identifier{"contacts"}, []string{"id"}, pgx.CopyFromRows([][]any{{41}}))),
			"begin":    second(tx.Begin(as("bolt"))),
			"conflict": second(db.Begin(tenant.WithID(as("acme"), "bolt"))),
		} {
			require.ErrorIs(t, err, tenant.ErrTenantConflict, name)
		}
		in, err := tx.Begin(plainCtx)
		require.NoError(t, err)
		require.NoError(t, in.QueryRow(plainCtx, "SELECT count(*) FROM contacts").Scan(&n))
		require.Equal(t, 4, n)
		require.ErrorIs(t, second(in.Exec(as("bolt"), "DELETE FROM contacts")), tenant.ErrTenantConflict)
		require.NoError(t, in.Rollback(plainCtx))
		require.NoError(t, tx.QueryRow(plainCtx, "SELECT count(*) FROM contacts").Scan(&n), "the whole goes on")

		_, err = db.Exec(plainCtx, "UPDATE contacts SET score = 0")
		if db == w.db {
			require.ErrorIs(t, err, scope.ErrNoTenant, "another connection of the pool is not in the transaction")
		} else {
			require.NoError(t, err, "the one connection is")
			require.ErrorIs(t, second(db.Exec(as("bolt"), "DELETE FROM contacts")), tenant.ErrTenantConflict)
			require.ErrorIs(t, second(db.Begin(as("bolt"))), scope.ErrRefused, "a second one on one connection")
			require.ErrorIs(t, second(db.Begin(as("acme"))), scope.ErrRefused)
		}
		require.NoError(t, tx.Rollback(plainCtx))
		require.ErrorIs(t, second(db.Exec(plainCtx, "DELETE FROM contacts")), scope.ErrNoTenant)

		// The end of the first, once more, must not end the second.
		next, err := db.Begin(as("bolt"))
		require.NoError(t, err)
		require.ErrorIs(t, tx.Rollback(plainCtx), pgx.ErrTxClosed)
		require.ErrorIs(t, second(tx.Exec(as("acme"), "SELECT 1")), pgx.ErrTxClosed)
		require.NoError(t, next.QueryRow(plainCtx, "SELECT count(*) FROM contacts").Scan(&n))
		if db != w.db {
			require.ErrorIs(t, second(db.Exec(as("acme"), "DELETE FROM contacts")), tenant.ErrTenantConflict)
		}
		require.NoError(t, next.Rollback(plainCtx))

		// One that began without a tenant belongs to nobody.
		none, err := db.Begin(plainCtx)
		require.NoError(t, err)
		require.ErrorIs(t, second(none.Exec(plainCtx, "DELETE FROM contacts")), scope.ErrNoTenant)
		require.NoError(t, none.QueryRow(as("bolt"), "SELECT count(*) FROM contacts").Scan(&n))
		require.NoError(t, none.Commit(plainCtx))
	}
	require.NotContains(t, dump(t, w.plain, "contacts", ""), "changed")
}

func second[T any](_ T, err error) error { return err }

// TestNames: a name belongs to the transaction that gave it.
func TestNames(t *testing.T) {
	w := newWorld(t)
	tx, err := w.db.Begin(as("acme"))
	require.NoError(t, err)
	_, err = tx.Prepare(plainCtx, "all", "SELECT count(*) FROM contacts")
	require.NoError(t, err)
	_, err = tx.Prepare(plainCtx, "all", "SELECT count(*) FROM contacts")
	require.NoError(t, err)
	_, err = tx.Prepare(plainCtx, "all", "DELETE FROM contacts")
	require.ErrorContains(t, err, `"all" stands for another statement`)
	_, err = tx.Prepare(plainCtx, "wrong", "SELECT FROM WHERE")
	require.NoError(t, err)
	_, err = tx.Exec(plainCtx, "wrong")
	require.ErrorIs(t, err, scope.ErrRefused)
	var n int
	require.NoError(t, tx.QueryRow(plainCtx, "all").Scan(&n))
	require.Equal(t, 3, n)
	require.NoError(t, tx.Commit(plainCtx))
	require.ErrorIs(t, w.db.QueryRow(as("acme"), "all").Scan(&n), scope.ErrRefused)
}

// TestCatalogueFollows: columns and tables that appear while the process runs.
func TestCatalogueFollows(t *testing.T) {
	w := newWorld(t)
	acme, all := as("acme"), tenant.AcrossAll(plainCtx, "test")
	columns := func(query string) string {
		t.Helper()
		text, err := answer(acme, w.db, query+" WHERE 1 = 0")
		require.NoError(t, err)
		return text
	}
	require.Equal(t, "id contact_id body\n", columns("SELECT * FROM notes"))
	require.NoError(t, second(w.db.Exec(all, "ALTER TABLE notes ADD COLUMN at date")))
	require.Equal(t, "id contact_id body at\n", columns("SELECT * FROM notes"))

	b := &pgx.Batch{}
	b.Queue("ALTER TABLE notes ADD COLUMN b1 date")
	b.Queue("SELECT 1")
	require.NoError(t, w.db.SendBatch(all, b).Close())
	require.Equal(t, "id contact_id body at b1\n", columns("SELECT * FROM notes"))

	tx, err := w.db.Begin(all)
	require.NoError(t, err)
	part, err := tx.Begin(plainCtx)
	require.NoError(t, err)
	must(t, part, "ALTER TABLE notes ADD COLUMN gone date")
	require.NoError(t, part.Rollback(plainCtx))
	require.NoError(t, tx.Rollback(plainCtx))
	require.Equal(t, "id contact_id body at b1\n", columns("SELECT * FROM notes"))

	must(t, w.plain, "CREATE TABLE later (id integer, tenant_id text)")
	_, err = w.db.CopyFrom(acme, pgx.Identifier{"later"}, []string{"id"}, pgx.CopyFromRows([][]any{{1}}))
	require.NoError(t, err, "an unknown name is looked up again")
	must(t, w.plain, "CREATE TABLE latest (id integer, tenant_id text)")
	require.Equal(t, "id\n", columns("SELECT * FROM latest"))
}

// TestBatchDDL: the server runs a batch after it was sent, and a catalogue that
// is read in between must not count as the new one.
func TestBatchDDL(t *testing.T) {
	w := newWorld(t)
	lock, err := w.plain.Begin(plainCtx)
	require.NoError(t, err)
	must(t, lock, "LOCK TABLE notes IN ACCESS SHARE MODE")
	b := &pgx.Batch{}
	b.Queue("ALTER TABLE notes ADD COLUMN at date")
	br := w.db.SendBatch(tenant.AcrossAll(plainCtx, "test"), b)
	require.NoError(t, second(w.db.Exec(as("acme"), "SELECT id FROM contacts")))
	require.NoError(t, lock.Rollback(plainCtx))
	require.NoError(t, br.Close())
	text, err := answer(as("acme"), w.db, "SELECT * FROM notes WHERE 1 = 0")
	require.NoError(t, err)
	require.Equal(t, "id contact_id body at\n", text)
}

// TestOneConnection: whoever waits for the only connection must not hold what
// its owner waits for, which is the right to read the catalogue.
func TestOneConnection(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithTimeout(as("acme"), time.Minute)
	defer cancel()
	nothing := func(db dbtx) error {
		return second(db.CopyFrom(ctx, pgx.Identifier{"clicks"}, []string{"id"}, pgx.CopyFromRows(nil)))
	}
	for range 5 { // each pool has the catalogue to read first
		db, err := scopepgx.New(pool(t, w.dsn, 1), policy())
		require.NoError(t, err)
		require.NoError(t, nothing(db))

		db, err = scopepgx.New(pool(t, w.dsn, 1), policy())
		require.NoError(t, err)
		tx, err := db.Begin(ctx)
		require.NoError(t, err)
		waiting := make(chan error)
		for range 3 {
			go func() { waiting <- second(db.Exec(ctx, "SELECT id FROM contacts")) }()
			go func() { waiting <- nothing(db) }()
		}
		require.NoError(t, second(tx.Exec(ctx, "SELECT id FROM contacts")))
		require.NoError(t, nothing(tx))
		require.ErrorIs(t, second(tx.Exec(ctx, "SELECT id FROM nowhere")), scope.ErrRefused)
		require.NoError(t, tx.Commit(ctx))
		for range 6 {
			require.NoError(t, <-waiting)
		}
	}
}

// TestConcurrent: two tenants and DDL at once on four connections. Run under
// -race.
func TestConcurrent(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithTimeout(plainCtx, 2*time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	errs := make(chan error, 16)
	for g := range 8 {
		id := tenants[g%2]
		wg.Go(func() {
			for i := range 30 {
				if err := mixed(tenant.WithID(ctx, id), w.db, id, 1000*(g+1)+i); err != nil {
					errs <- fmt.Errorf("%s: %w", id, err)
					return
				}
			}
		})
	}
	wg.Go(func() {
		for i := range 5 {
			if _, err := w.db.Exec(tenant.AcrossAll(ctx, "test"), fmt.Sprintf("CREATE TABLE extra%d (id integer, tenant_id text)", i)); err != nil {
				errs <- err
				return
			}
		}
	})
	wg.Wait()
	close(errs)
	require.NoError(t, <-errs)
	for _, id := range tenants {
		var n int
		require.NoError(t, w.plain.QueryRow(ctx, "SELECT count(*) FROM notes WHERE id >= 1000 AND tenant_id = $1 AND body = $2", id, string(id)).Scan(&n))
		require.Equal(t, 4*30, n)
	}
	require.NoError(t, w.plain.QueryRow(ctx, "SELECT 1").Scan(new(int)))
}

// mixed writes one note of the tenant in several ways, and looks for others'.
func mixed(ctx context.Context, db *scopepgx.DB, id tenant.ID, key int) error {
	rows, _ := db.Query(ctx, "SELECT name FROM contacts WHERE id < $1 OR 1 = 1 ORDER BY id", key)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	if want := map[tenant.ID]string{"acme": "Ann ACME", "bolt": "Ann BOLT"}[id]; len(names) != 3 || names[0] != want {
		return fmt.Errorf("got %q", names)
	}
	err = pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"notes"}, []string{"id"}, pgx.CopyFromRows([][]any{{key}}))
		if err != nil {
			return err
		}
		b := &pgx.Batch{}
		b.Queue("UPDATE notes SET body = @id WHERE id = @key", pgx.NamedArgs{"id": string(id), "key": key})
		return tx.SendBatch(context.Background(), b).Close()
	})
	if err != nil {
		return err
	}
	var n int
	if err := db.QueryRow(ctx, "SELECT count(*) FROM notes WHERE id >= 1000 AND body <> $1", string(id)).Scan(&n); err != nil {
		return err
	}
	if n != 0 {
		return errors.New("sees others' notes")
	}
	return nil
}

// TestCancelled: a statement that is cancelled while it waits in the server
// ends, and the pool is in order afterwards.
func TestCancelled(t *testing.T) {
	w := newWorld(t)
	lock, err := w.plain.Begin(plainCtx)
	require.NoError(t, err)
	must(t, lock, "LOCK TABLE contacts IN ACCESS EXCLUSIVE MODE")
	require.NoError(t, w.db.QueryRow(as("acme"), "SELECT count(*) FROM notes").Scan(new(int)))
	for name, run := range map[string]func(context.Context) error{
		"exec":  func(ctx context.Context) error { return second(w.db.Exec(ctx, "UPDATE contacts SET score = 1")) },
		"batch": func(ctx context.Context) error { return sendOne(ctx, w.db, "UPDATE contacts SET score = 1") },
		"copy": func(ctx context.Context) error {
			return second(w.db.CopyFrom(ctx, pgx.Identifier{"contacts"}, []string{"id"}, pgx.CopyFromRows([][]any{{60}})))
		},
		"tx": func(ctx context.Context) error {
			return pgx.BeginFunc(ctx, w.db, func(tx pgx.Tx) error { return second(tx.Exec(ctx, "DELETE FROM contacts")) })
		},
	} {
		ctx, cancel := context.WithCancel(as("acme"))
		done := make(chan error)
		go func() { done <- run(ctx) }()
		for waits := 0; waits == 0; { // until the server says that it waits
			require.NoError(t, w.plain.QueryRow(plainCtx,
				"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&waits))
		}
		cancel()
		require.ErrorIs(t, <-done, context.Canceled, name)
		for waits := 1; waits > 0; { // the server notices later
			require.NoError(t, w.plain.QueryRow(plainCtx,
				"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&waits))
		}
	}
	require.NoError(t, lock.Rollback(plainCtx))
	var n int
	require.NoError(t, w.db.QueryRow(as("acme"), "SELECT count(*) FROM contacts").Scan(&n))
	require.Equal(t, 3, n)
}

func sendOne(ctx context.Context, db dbtx, query string) error {
	b := &pgx.Batch{}
	b.Queue(query)
	return db.SendBatch(ctx, b).Close()
}
