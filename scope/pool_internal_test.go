package scope

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

// TestTurnThatNobodyTakes: a place that comes free for somebody who gives up at
// that moment goes to the next, and nothing is left when all have gone.
func TestTurnThatNobodyTakes(t *testing.T) {
	b := &bulkhead{Limit: Limit{InFlight: 1, Waiting: 2}, tenants: map[string]*places{}}
	enter := func() chan struct{} {
		turn, err := b.enter("acme")
		require.NoError(t, err)
		return turn
	}
	require.Nil(t, enter())
	gone, next := enter(), enter()
	b.free("acme")
	<-gone // its turn, but its context has ended too
	b.leave("acme", gone)
	<-next
	require.True(t, b.tenants["acme"].taken == 1)
	b.free("acme")
	require.Empty(t, b.tenants)
}

// failing is a connection that refuses to be read, as a failed transaction of
// PostgreSQL does, but for what ends that state.
type failing struct{ log []string }

var errFailed = errors.New("current transaction is aborted")

func (f *failing) Connect(context.Context) (driver.Conn, error) { return f, nil }
func (f *failing) Driver() driver.Driver                        { return nil }
func (f *failing) Prepare(string) (driver.Stmt, error)          { return nil, errFailed }
func (f *failing) Close() error                                 { return nil }
func (f *failing) Begin() (driver.Tx, error)                    { return f, nil }
func (f *failing) Commit() error                                { return nil }
func (f *failing) Rollback() error                              { return nil }
func (f *failing) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return nil, errFailed
}
func (f *failing) ExecContext(_ context.Context, q string, _ []driver.NamedValue) (driver.Result, error) {
	f.log = append(f.log, q)
	return driver.RowsAffected(0), nil
}

// TestSavepoints: one outside a transaction is refused, by each way to send it.
// One inside passes also when the catalogue is due to be read and the
// transaction has failed.
func TestSavepoints(t *testing.T) {
	f := &failing{}
	p, err := newPool(Policy{Dialect: Postgres, Column: "tenant_id", Default: PerTenant}, nil)
	require.NoError(t, err)
	p.setCatalogue(&Catalogue{Tables: map[string]CatalogueTable{}})
	const query = "ROLLBACK TO SAVEPOINT a"
	db := sql.OpenDB(&connector{inner: f, pool: p})
	defer db.Close()
	ctx := tenant.WithID(context.Background(), "acme")

	var refused *RefusedError
	_, err = db.ExecContext(ctx, query)
	require.ErrorAs(t, err, &refused)
	require.Contains(t, refused.Hint, "BeginTx")
	_, err = db.QueryContext(ctx, query)
	require.ErrorAs(t, err, &refused)
	st, err := db.PrepareContext(ctx, query)
	require.NoError(t, err, "it may yet be used in a transaction")
	defer st.Close()
	_, err = st.ExecContext(ctx)
	require.ErrorAs(t, err, &refused)
	require.Empty(t, f.log)

	tx, err := db.BeginTx(ctx, nil)
	require.NoError(t, err)
	p.stale.Store(true)
	_, err = tx.ExecContext(ctx, query)
	require.NoError(t, err)
	require.Equal(t, []string{query}, f.log)
	_, err = tx.ExecContext(ctx, "DELETE FROM contacts")
	require.ErrorIs(t, err, errFailed)
	require.NoError(t, tx.Rollback())
	_, err = db.ExecContext(ctx, query)
	require.ErrorAs(t, err, &refused, "the transaction has ended")
}

// TestWaitingForTheCatalogue: who waits for another's reading waits no longer
// than its own context.
func TestWaitingForTheCatalogue(t *testing.T) {
	p, err := newPool(Policy{Dialect: SQLite, Column: "tenant_id", Default: PerTenant}, nil)
	require.NoError(t, err)
	p.reading <- struct{}{} // somebody reads, and the server does not answer
	ctx, cancel := context.WithCancel(tenant.WithID(context.Background(), "acme"))
	cancel()
	_, err = (&conn{inner: &failing{}, pool: p}).ExecContext(ctx, "DELETE FROM contacts", nil)
	require.Equal(t, context.Canceled, err)
}
