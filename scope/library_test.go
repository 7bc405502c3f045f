package scope_test

import (
	"context"
	"testing"

	"github.com/DATA-DOG/go-sqlmock"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// TestLibraryMark: the mark of our own stores lets a statement pass only if all
// its tables are ours; on any other it has no effect.
func TestLibraryMark(t *testing.T) {
	db, mock := newMock(t, scope.Postgres)
	marked := carry.Library(context.Background())
	for _, own := range []string{
		"SELECT number FROM tenancy_changes WHERE tenant_id = $1",
		"INSERT INTO tenancy_changes (tenant_id, number) VALUES ($1, 1) ON CONFLICT (tenant_id) DO UPDATE SET number = tenancy_changes.number + 1 RETURNING number",
		"CREATE TABLE IF NOT EXISTS tenancy_changes (tenant_id VARCHAR(63) PRIMARY KEY)",
	} {
		mock.ExpectExec(own).WillReturnResult(sqlmock.NewResult(0, 0))
		_, err := db.ExecContext(marked, own)
		require.NoError(t, err, own)
	}
	for _, other := range []string{
		"SELECT id FROM contacts",
		"SELECT code FROM countries",
		"SELECT 1",
		"SELECT c.id FROM tenancy_changes t, contacts c",
		"SELECT number FROM tenancy_changes WHERE tenant_id IN (SELECT name FROM contacts)",
		"SELECT number FROM elsewhere.tenancy_changes",
		"INSERT INTO tenancy_changes (tenant_id) SELECT name FROM contacts",
		"CREATE TABLE contacts2 (id INTEGER)",
		"DELETE FROM contacts",
		"DROP TABLE tenancy_changes",
	} {
		_, err := db.ExecContext(marked, other)
		require.ErrorIs(t, err, scope.ErrNoTenant, other)
	}
	// In a tenant's context a marked statement on its tables is scoped.
	mock.ExpectExec(`DELETE FROM contacts WHERE contacts."tenant_id" = $1`).WithArgs("acme").WillReturnResult(sqlmock.NewResult(0, 0))
	_, err := db.ExecContext(carry.Library(as("acme")), "DELETE FROM contacts")
	require.NoError(t, err)
	// And in another tenant's transaction it is refused.
	mock.ExpectBegin()
	tx, err := db.BeginTx(as("acme"), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(carry.Library(as("bolt")), "DELETE FROM contacts")
	require.ErrorIs(t, err, tenant.ErrTenantConflict)
	mock.ExpectRollback()
	require.NoError(t, tx.Rollback())
}
