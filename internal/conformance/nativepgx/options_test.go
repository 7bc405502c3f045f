package nativepgx

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/scope/scopepgx"
	"github.com/gotenancy/tenancy/tenant"
)

// TestLimit: a connection counts for its tenant until it is given back, in
// whichever way that is.
func TestLimit(t *testing.T) {
	w := newWorld(t)
	db, err := scopepgx.New(pool(t, w.dsn, 4), policy(), scope.LimitTenant(scope.Limit{InFlight: 1, MaxWait: time.Hour}))
	require.NoError(t, err)
	ctx := as("acme")
	busy := func() error { return second(db.Exec(ctx, "SELECT id FROM contacts")) }
	require.NoError(t, busy())
	b := &pgx.Batch{}
	b.Queue("SELECT id FROM contacts")
	for name, hold := range map[string]func() (free func()){
		"rows": func() func() {
			rows, err := db.Query(ctx, "SELECT id FROM contacts")
			require.NoError(t, err)
			return rows.Close
		},
		"read rows": func() func() {
			rows, err := db.Query(ctx, "SELECT id FROM contacts")
			require.NoError(t, err)
			return func() {
				for rows.Next() {
				}
			}
		},
		"row": func() func() {
			row := db.QueryRow(ctx, "SELECT id FROM contacts")
			return func() { require.NoError(t, row.Scan(new(int))) }
		},
		"batch": func() func() {
			br := db.SendBatch(ctx, b)
			return func() { require.NoError(t, br.Close()) }
		},
		"transaction": func() func() {
			tx, err := db.Begin(ctx)
			require.NoError(t, err)
			require.NoError(t, second(tx.Exec(plainCtx, "SELECT id FROM contacts")), "it has its place")
			return func() { require.NoError(t, tx.Commit(plainCtx)) }
		},
	} {
		free := hold()
		require.ErrorIs(t, busy(), scope.ErrBusy, name)
		require.ErrorIs(t, second(db.Begin(ctx)), scope.ErrBusy, name)
		require.ErrorIs(t, second(db.CopyFrom(ctx, pgx.Identifier{"clicks"}, []string{"id"}, pgx.CopyFromRows(nil))), scope.ErrBusy, name)
		require.NoError(t, second(db.Exec(as("bolt"), "SELECT id FROM contacts")), name)
		free()
		require.NoError(t, busy(), name)
		// Whoever has the connection now, it does not count for the tenant.
		rows, err := db.Query(tenant.Global(plainCtx), "SELECT code FROM countries")
		require.NoError(t, err)
		require.NoError(t, busy(), name)
		rows.Close()
	}
	require.ErrorIs(t, second(db.Exec(ctx, "SELECT nothing FROM nowhere")), scope.ErrRefused)
	require.NoError(t, busy())
}

// TestReportOnly: everything passes as it is, and is told.
func TestReportOnly(t *testing.T) {
	w := newWorld(t)
	must(t, w.plain, "DELETE FROM contacts WHERE tenant_id <> 'acme'")
	must(t, w.plain, "DELETE FROM notes WHERE tenant_id <> 'acme'")
	var told []scope.Report
	db, err := scopepgx.New(pool(t, w.dsn, 1), policy(), scope.ReportOnly(func(_ context.Context, r scope.Report) { told = append(told, r) }))
	require.NoError(t, err)
	var n int
	require.NoError(t, db.QueryRow(plainCtx, "SELECT count(*) FROM contacts WHERE id > $1", 0).Scan(&n))
	require.Equal(t, 3, n)
	_, err = db.CopyFrom(as("acme"), pgx.Identifier{"contacts"}, []string{"id", "tenant_id"}, pgx.CopyFromRows([][]any{{70, "acme"}}))
	require.NoError(t, err)
	_, err = db.CopyFrom(as("acme"), pgx.Identifier{"countries"}, []string{"code"}, pgx.CopyFromRows([][]any{{"it"}}))
	require.NoError(t, err)
	require.NoError(t, second(db.Exec(as("acme"), "DELETE FROM notes WHERE id = $1", 1)))
	require.Len(t, told, 3)
	require.Equal(t, scope.ReasonNoTenant, told[0].Refused.Reason)
	require.Equal(t, scope.ReasonReadOnly, told[1].Refused.Reason)
	require.Equal(t, `DELETE FROM notes WHERE notes."tenant_id" = $2 AND (id = $1)`, told[2].Scoped)
	require.ErrorIs(t, second(db.Exec(as("bolt"), "SELECT id FROM contacts")), tenant.ErrSeveralTenants)
}

// TestUnscoped: the only way to a connection, and what it leaves behind.
func TestUnscoped(t *testing.T) {
	w := newWorld(t)
	db, err := scopepgx.New(pool(t, w.dsn, 1), policy(), scope.OnCrossing(w.seen.add))
	require.NoError(t, err)
	all := tenant.AcrossAll(plainCtx, "export")
	var out bytes.Buffer
	require.NoError(t, db.Unscoped(all, func(conn *pgx.Conn) error {
		must(t, conn, "SET search_path TO pg_catalog")
		_, err := conn.PgConn().CopyTo(all, &out, "COPY public.contacts TO STDOUT")
		return err
	}))
	require.Equal(t, 6, bytes.Count(out.Bytes(), []byte("\n")))
	told := w.seen.take()
	require.Len(t, told, 1)
	require.True(t, told[0].Unscoped)
	require.Equal(t, "export", told[0].Reason)
	require.Contains(t, told[0].Caller, "options_test.go")

	var n int
	require.NoError(t, db.QueryRow(as("acme"), "SELECT count(*) FROM contacts").Scan(&n), "with the old search path it would not be found")
	require.Equal(t, 3, n)

	broken := errors.New("broken")
	require.ErrorIs(t, db.Unscoped(all, func(*pgx.Conn) error { return broken }), broken)
	require.Panics(t, func() { _ = db.Unscoped(all, func(*pgx.Conn) error { panic("broken") }) })
	for _, ctx := range []context.Context{plainCtx, as("acme"), tenant.Global(plainCtx), tenant.Across(plainCtx, "test", "acme", "bolt"), tenant.WithID(as("acme"), "bolt")} {
		require.ErrorIs(t, db.Unscoped(ctx, func(*pgx.Conn) error { panic("it was lent") }), scope.ErrRefused)
	}
	require.NoError(t, db.QueryRow(as("acme"), "SELECT count(*) FROM contacts").Scan(&n), "the only connection was given back each time")
	require.Error(t, w.single(t).Unscoped(all, func(*pgx.Conn) error { panic("it was lent") }))
}

// TestSavepoints: texts that the application sends itself.
func TestSavepoints(t *testing.T) {
	w := newWorld(t)
	require.ErrorIs(t, second(w.db.Exec(as("acme"), "SAVEPOINT a")), scope.ErrRefused)
	tx, err := w.db.Begin(as("acme"))
	require.NoError(t, err)
	must(t, tx, "SAVEPOINT a")
	must(t, tx, "DELETE FROM contacts")
	require.Error(t, second(tx.Exec(plainCtx, "UPDATE contacts SET id = 1 / 0")))
	must(t, tx, "ROLLBACK TO SAVEPOINT a")
	require.NoError(t, tx.Commit(plainCtx))
	require.Contains(t, own(t, w.plain, "contacts", "acme", true), "Ann")
}
