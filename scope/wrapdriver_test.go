package scope_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// plainDriver has no connectors of its own; connectors counts those it makes.
type plainDriver struct{ s *script }

func (d plainDriver) Open(dsn string) (driver.Conn, error) {
	d.s.note("Open %s", dsn)
	return d.s.conn(d.s), nil
}

type contextDriver struct{ plainDriver }

func (d contextDriver) OpenConnector(dsn string) (driver.Connector, error) {
	d.s.note("OpenConnector %s", dsn)
	return d.s, nil
}

// TestWrapDriver: a driver registered by name, with and without connectors of
// its own.
func TestWrapDriver(t *testing.T) {
	for name, c := range map[string]struct {
		wrap func(s *script) driver.Driver
		want []string
	}{
		"scope-test-plain":   {func(s *script) driver.Driver { return plainDriver{s} }, []string{"Open one"}},
		"scope-test-context": {func(s *script) driver.Driver { return contextDriver{plainDriver{s}} }, []string{"OpenConnector one", "Connect"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := &script{conn: conns["bare"], stmt: stmts["bare"]}
			drv, err := scope.WrapDriver(c.wrap(s), goldenPolicy(scope.MySQL))
			require.NoError(t, err)
			name = fmt.Sprint(name, len(sql.Drivers()))
			sql.Register(name, drv)
			db, err := sqlx.Open(name, "one")
			require.NoError(t, err)
			defer db.Close()
			_, err = db.ExecContext(as("acme"), "DELETE FROM contacts")
			require.NoError(t, err)
			_, err = db.Exec("DELETE FROM contacts")
			require.ErrorIs(t, err, scope.ErrNoTenant)
			require.Equal(t, append(c.want, "Prepare DELETE FROM contacts WHERE contacts.`tenant_id` = ?", "stmt.Exec [acme]", "stmt.Close"), s.take())

			// Other wrappers ask a pool for the driver behind the name, and open
			// connections of that.
			inner, err := db.Driver().Open("two")
			require.NoError(t, err)
			st, err := inner.Prepare("DELETE FROM contacts")
			require.NoError(t, err)
			_, err = st.Exec(nil) //nolint:staticcheck // the old form is a way too
			require.ErrorIs(t, err, scope.ErrNoTenant)
			require.NoError(t, inner.Close())

			_, err = scope.Open(name, "one", goldenPolicy(scope.MySQL))
			require.ErrorContains(t, err, "scoped already")
		})
	}
}

// TestWrapDriverErrors: what is wrong is said when the driver is wrapped, not at
// the first statement.
func TestWrapDriverErrors(t *testing.T) {
	_, err := scope.WrapDriver(nil, goldenPolicy(scope.MySQL))
	require.Error(t, err)
	_, err = scope.WrapDriver(plainDriver{}, scope.Policy{})
	require.Error(t, err)
	for _, opt := range []scope.Option{
		scope.LimitTenant(scope.Limit{}), scope.LimitTenant(scope.Limit{InFlight: 1, Waiting: -1}), scope.LimitTenant(scope.Limit{InFlight: 1, MaxWait: -1}),
		scope.OnCrossing(nil), scope.ReportOnly(nil),
	} {
		_, err = scope.WrapDriver(plainDriver{}, goldenPolicy(scope.MySQL), opt)
		require.Error(t, err)
	}
}

// TestSecondTransaction: on one connection there is one transaction, so that a
// statement without a tenant is never taken for that of another.
func TestSecondTransaction(t *testing.T) {
	s := &script{conn: conns["modern"], stmt: stmts["modern"]}
	db, err := scope.OpenDB(s, goldenPolicy(scope.MySQL))
	require.NoError(t, err)
	defer db.Close()
	c, err := db.Conn(context.Background())
	require.NoError(t, err)
	defer c.Close()
	first, err := c.BeginTx(as("acme"), nil)
	require.NoError(t, err)
	for _, ctx := range []context.Context{as("bolt"), as("acme"), context.Background(), tenant.AcrossAll(context.Background(), "test")} {
		_, err = c.BeginTx(ctx, nil)
		require.ErrorIs(t, err, scope.ErrRefused)
	}
	s.take()
	_, err = first.Exec("DELETE FROM contacts")
	require.NoError(t, err)
	require.Equal(t, []string{"ExecContext DELETE FROM contacts WHERE contacts.`tenant_id` = ? [1=acme]"}, s.take())
	require.NoError(t, first.Commit())
	second, err := c.BeginTx(as("bolt"), nil)
	require.NoError(t, err)
	require.NoError(t, second.Rollback())
}
