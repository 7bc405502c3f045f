package nativepgx

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/scope/scopepgx"
)

// TestBackslashes: where a string ends is up to the connection, and two of them
// need not agree.
func TestBackslashes(t *testing.T) {
	w := newWorld(t)
	alone := w.alone(t, "acme")
	const text = `SELECT id FROM contacts WHERE name = '\' OR 1 = 1 -- ë'`
	for mode, rows := range map[string]string{"on": "id\n1\n2\n3", "off": "id\n"} {
		setting := "SET standard_conforming_strings = " + mode
		other, err := pgx.Connect(plainCtx, alone.Config().ConnString())
		require.NoError(t, err)
		must(t, other, setting)
		conn, err := pgx.Connect(plainCtx, w.dsn)
		require.NoError(t, err)
		must(t, conn, setting)
		db, err := scopepgx.NewConn(conn, policy())
		require.NoError(t, err)

		want, err := answer(plainCtx, other, text)
		require.NoError(t, err)
		require.Equal(t, rows, want, mode)
		got, err := answer(as("acme"), db, text)
		require.NoError(t, err)
		require.Equal(t, want, got, mode)
		db.Close()
		require.NoError(t, other.Close(plainCtx))
	}
}

// TestTwoPolicies: two DBs on one pool, whose connections know both.
func TestTwoPolicies(t *testing.T) {
	w := newWorld(t)
	p := pool(t, w.dsn, 1)
	own, err := scopepgx.New(p, policy())
	require.NoError(t, err)
	open := policy()
	open.Tables["contacts"] = scope.Table{Class: scope.SharedWritable}
	all, err := scopepgx.New(p, open)
	require.NoError(t, err)
	for range 3 {
		for db, want := range map[*scopepgx.DB]int{own: 3, all: 6} {
			var n int
			require.NoError(t, db.QueryRow(as("acme"), "SELECT count(*) FROM contacts").Scan(&n))
			require.Equal(t, want, n)
		}
	}
}

// TestCopyKeys: a COPY that gives a value to a key which all tenants share is
// refused, as an INSERT is, unless the policy declares the key.
func TestCopyKeys(t *testing.T) {
	w := newWorld(t)
	must(t, w.plain, "CREATE TABLE keyed (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), code text UNIQUE, tenant_id text NOT NULL, body text)")
	const id = "8b9d0b6e-1111-4222-8333-444455556666"
	load := func(db *scopepgx.DB, column string, value any) error {
		_, inserted := db.Exec(as("acme"), "INSERT INTO keyed (body, "+column+") VALUES ('x', $1)", value)
		if inserted == nil {
			must(t, w.plain, "DELETE FROM keyed")
		}
		_, copied := db.CopyFrom(as("acme"), pgx.Identifier{"keyed"}, []string{"body", column}, pgx.CopyFromRows([][]any{{"x", value}}))
		require.Equal(t, inserted == nil, copied == nil, "INSERT says %v, COPY %v", inserted, copied)
		return copied
	}
	var refused *scope.RefusedError
	require.ErrorAs(t, load(w.db, "code", "a"), &refused)
	require.Equal(t, scope.ReasonUniqueKey, refused.Reason)

	declared := policy()
	declared.Tables["keyed"] = scope.Table{GloballyUnique: []string{"id"}}
	db, err := scopepgx.New(pool(t, w.dsn, 2), declared)
	require.NoError(t, err)
	require.NoError(t, load(db, "id", id))
	require.ErrorIs(t, load(db, "code", "a"), scope.ErrRefused)

	declared.Tables["keyed"] = scope.Table{GloballyUnique: []string{"id", "code"}}
	db, err = scopepgx.New(pool(t, w.dsn, 2), declared)
	require.NoError(t, err)
	require.NoError(t, load(db, "code", "a"))
}

// TestSimpleProtocol: below database/sql it can not be refused. There pgx puts
// the values into the text, and has to find the same strings and comments in it
// as the server: a value that it put into a string would be SQL.
func TestSimpleProtocol(t *testing.T) {
	w := newWorld(t)
	config, err := pgx.ParseConfig(w.dsn)
	require.NoError(t, err)
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	db, err := scope.OpenDB(stdlib.GetConnector(*config), policy())
	require.NoError(t, err)
	defer db.Close()
	const value = "|| (SELECT string_agg(name, $$,$$) FROM contacts) ||"
	for _, query := range []string{
		"SELECT 'q' AS c FROM contacts WHERE name <> $1",
		"SELECT 'q $1' AS c FROM contacts WHERE name <> $1",
		"SELECT 'q' AS c -- ' $1 \\ '\n FROM contacts WHERE name <> $1",
		"SELECT -- \\\n 'q\n $1\n -- \\\n ' AS c\n FROM contacts WHERE name <> $1",
		"SELECT name'\\' AS a, ' $1 ' AS c -- '\n FROM contacts WHERE name <> $1",
	} {
		rows, err := db.QueryContext(as("acme"), query, value)
		if err != nil {
			require.ErrorIs(t, err, scope.ErrRefused, query)
			continue
		}
		for rows.Next() {
			var c string
			require.NoError(t, rows.Scan(&c), query)
			require.NotContains(t, c, "BOLT", query)
		}
		require.NoError(t, rows.Err(), query)
	}
}
