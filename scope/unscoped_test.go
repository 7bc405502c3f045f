package scope_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// TestRawIsClosed: sql.Conn.Raw hands out no way around the scoper. What the
// connection exports are the methods of database/sql/driver, all of them scoped,
// and the values that they return are as closed, but for the rows of a scoped
// statement.
func TestRawIsClosed(t *testing.T) {
	s := &script{conn: conns["modern"], stmt: stmts["modern"]}
	db, err := scope.OpenDB(s, goldenPolicy(scope.MySQL))
	require.NoError(t, err)
	defer db.Close()
	c, err := db.Conn(as("acme"))
	require.NoError(t, err)
	defer c.Close()
	closed := func(v any, methods ...string) {
		t.Helper()
		typ := reflect.TypeOf(v)
		var got []string
		for i := range typ.NumMethod() {
			got = append(got, typ.Method(i).Name)
		}
		require.Equal(t, methods, got)
		for i := range typ.Elem().NumField() {
			require.False(t, typ.Elem().Field(i).IsExported(), typ.Elem().Field(i).Name)
		}
	}
	require.NoError(t, c.Raw(func(dc any) error {
		closed(dc, "Begin", "BeginTx", "CheckNamedValue", "Close", "ExecContext", "IsValid", "Ping", "Prepare", "PrepareContext", "QueryContext", "ResetSession")
		ctx := context.Background()
		one := []driver.NamedValue{{Ordinal: 1, Value: int64(1)}}
		_, err := dc.(driver.QueryerContext).QueryContext(ctx, asked, one)
		require.ErrorIs(t, err, scope.ErrNoTenant)
		_, err = dc.(driver.ExecerContext).ExecContext(ctx, asked, one)
		require.ErrorIs(t, err, scope.ErrNoTenant)
		st, err := dc.(driver.Conn).Prepare(asked)
		require.NoError(t, err)
		closed(st, "CheckNamedValue", "Close", "Exec", "ExecContext", "NumInput", "Query", "QueryContext")
		_, err = st.Query([]driver.Value{int64(1)}) //nolint:staticcheck // the old form is a way too
		require.ErrorIs(t, err, scope.ErrNoTenant)
		_, err = st.Exec([]driver.Value{int64(1)}) //nolint:staticcheck // the old form is a way too
		require.ErrorIs(t, err, scope.ErrNoTenant)
		tx, err := dc.(driver.Conn).Begin() //nolint:staticcheck // the old form is a way too
		require.NoError(t, err)
		closed(tx, "Commit", "Rollback")
		return tx.Rollback()
	}))
	for _, line := range s.take() {
		require.NotContains(t, line, "contacts")
	}
}

// TestUnscoped: the driver's own connection takes a crossing of all tenants,
// which is told before anything happens, and the connection serves nobody after
// that.
func TestUnscoped(t *testing.T) {
	var told []scope.Crossing
	s := &script{conn: conns["modern"], stmt: stmts["modern"]}
	db, err := scope.OpenDB(s, goldenPolicy(scope.MySQL), scope.OnCrossing(func(_ context.Context, c scope.Crossing) { told = append(told, c) }))
	require.NoError(t, err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	ctx := context.Background()
	all := tenant.AcrossAll(ctx, "nightly import")
	for name, wrong := range map[string]context.Context{
		"none": ctx, "tenant": as("acme"), "global": tenant.Global(ctx), "across": tenant.Across(ctx, "test", "acme", "bolt"),
		"refused": tenant.AcrossAll(ctx, ""),
	} {
		c, err := db.Conn(ctx)
		require.NoError(t, err)
		err = scope.Unscoped(wrong, c, func(any) error { t.Error("called"); return nil })
		require.ErrorIs(t, err, scope.ErrRefused, name)
		require.NoError(t, c.Close())
	}
	require.NotContains(t, s.take(), "conn.Close", "a refusal leaves the connection in use")
	require.Empty(t, told)

	c, err := db.Conn(ctx)
	require.NoError(t, err)
	tx, err := c.BeginTx(as("acme"), nil)
	require.NoError(t, err)
	err = scope.Unscoped(all, c, func(any) error { t.Error("called"); return nil })
	require.ErrorIs(t, err, tenant.ErrTenantConflict, "in the transaction of a tenant")
	require.NoError(t, tx.Rollback())

	boom := errors.New("boom")
	s.take()
	require.Equal(t, boom, scope.Unscoped(all, c, func(dc any) error {
		require.Len(t, told, 1)
		_, err := dc.(driver.ExecerContext).ExecContext(ctx, "COPY", nil)
		require.NoError(t, err)
		return boom
	}))
	require.Regexp(t, `unscoped_test\.go:\d+$`, told[0].Caller)
	told[0].Caller = ""
	require.Equal(t, []scope.Crossing{{Mode: tenant.ModeAcrossAll, Reason: "nightly import", Writes: true, Unscoped: true}}, told)
	require.NoError(t, c.Close())
	require.Equal(t, []string{"ExecContext COPY []", "conn.Close"}, s.take(), "what was left on the session meets nobody")
	_, err = db.ExecContext(as("acme"), "DELETE FROM contacts")
	require.NoError(t, err)
	require.Equal(t, "Connect", s.take()[0])
}

// TestUnscopedHookPanics: what can not be told does not happen.
func TestUnscopedHookPanics(t *testing.T) {
	s := &script{conn: conns["modern"], stmt: stmts["modern"]}
	db, err := scope.OpenDB(s, goldenPolicy(scope.MySQL), scope.OnCrossing(func(context.Context, scope.Crossing) { panic("no audit") }))
	require.NoError(t, err)
	defer db.Close()
	c, err := db.Conn(context.Background())
	require.NoError(t, err)
	defer c.Close()
	err = scope.Unscoped(tenant.AcrossAll(context.Background(), "test"), c, func(any) error { t.Error("called"); return nil })
	require.ErrorContains(t, err, "no audit")
}
