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

// readOnlyWrites are refused in a context of tenant.ReadOnly, whatever class the
// table has.
var readOnlyWrites = []string{
	"INSERT INTO contacts (id, name) VALUES (1, 'x')",
	"UPDATE contacts SET name = 'x'",
	"DELETE FROM contacts",
	"INSERT INTO clicks (id, label) VALUES (1, 'x')",
	"WITH gone AS (DELETE FROM contacts RETURNING id) SELECT id FROM gone",
	"INSERT INTO tenancy_changes (tenant_id, number) VALUES ('acme', 1)",
}

// TestReadOnly: a context of tenant.ReadOnly reads as ever and writes nothing,
// by no way that a statement can go.
func TestReadOnly(t *testing.T) {
	db, mock := newMock(t, scope.Postgres)
	ctx := tenant.ReadOnly(as("acme"))
	for _, query := range readOnlyWrites {
		for name, ctx := range map[string]context.Context{
			"own":     ctx,
			"actor":   tenant.WithActor(ctx, tenant.Actor{}),
			"library": carry.Library(ctx),
			"again":   tenant.WithID(ctx, "acme"),
		} {
			_, err := db.ExecContext(ctx, query)
			requireReadOnly(t, err, name, query)
			_, err = db.QueryContext(ctx, query) //nolint:sqlclosecheck // there are no rows
			requireReadOnly(t, err, name, query)
			_, err = db.PrepareContext(ctx, query)
			requireReadOnly(t, err, name, query)
		}
	}
	rows := sqlmock.NewRows([]string{"id"})
	mock.ExpectQuery(`SELECT id FROM contacts WHERE contacts."tenant_id" = $1`).WithArgs("acme").WillReturnRows(rows)
	require.NoError(t, db.SelectContext(ctx, &[]int{}, "SELECT id FROM contacts"))
	mock.ExpectQuery("SELECT number FROM tenancy_changes").WillReturnRows(rows)
	require.NoError(t, db.SelectContext(carry.Library(ctx), &[]int{}, "SELECT number FROM tenancy_changes"))

	// The plan is in the cache now, and serves others as before.
	mock.ExpectExec(`DELETE FROM contacts WHERE contacts."tenant_id" = $1`).WithArgs("acme").WillReturnResult(sqlmock.NewResult(0, 0))
	_, err := db.ExecContext(as("acme"), "DELETE FROM contacts")
	require.NoError(t, err)
	_, err = db.ExecContext(ctx, "DELETE FROM contacts")
	requireReadOnly(t, err, "after it was cached", "DELETE")

	// A statement that was prepared by somebody who may write.
	st, err := db.PrepareContext(as("acme"), "DELETE FROM contacts")
	require.NoError(t, err)
	_, err = st.ExecContext(ctx)
	requireReadOnly(t, err, "prepared elsewhere", "DELETE")
	require.NoError(t, st.Close())
}

// TestReadOnlyTransaction: what began read-only stays so, whatever context its
// statements have.
func TestReadOnlyTransaction(t *testing.T) {
	db, mock := newMock(t, scope.Postgres)
	mock.ExpectBegin()
	tx, err := db.BeginTx(tenant.ReadOnly(as("acme")), nil)
	require.NoError(t, err)
	plain := context.Background()
	for name, ctx := range map[string]context.Context{"none": plain, "the same tenant": as("acme"), "library": carry.Library(plain)} {
		for _, query := range readOnlyWrites {
			if name == "library" && query != readOnlyWrites[len(readOnlyWrites)-1] {
				continue // the mark does not cover it
			}
			_, err = tx.ExecContext(ctx, query)
			require.ErrorIs(t, err, scope.ErrRefused, "%s: %s", name, query)
		}
	}
	mock.ExpectExec("SAVEPOINT a").WillReturnResult(sqlmock.NewResult(0, 0))
	_, err = tx.ExecContext(plain, "SAVEPOINT a")
	require.NoError(t, err)
	mock.ExpectRollback()
	require.NoError(t, tx.Rollback())
}

// TestReadOnlyRewriter: the pure form says the same.
func TestReadOnlyRewriter(t *testing.T) {
	w, err := scope.NewRewriter(goldenPolicy(scope.Postgres))
	require.NoError(t, err)
	ctx := tenant.ReadOnly(as("acme"))
	for _, query := range readOnlyWrites {
		_, _, err := w.Rewrite(ctx, query, nil)
		require.ErrorIs(t, err, scope.ErrRefused, query)
	}
	_, _, err = w.Rewrite(ctx, "DELETE FROM contacts", nil)
	requireReadOnly(t, err, "rewriter", "DELETE")
	_, _, err = w.Rewrite(ctx, "SELECT id FROM contacts", nil)
	require.NoError(t, err)
}

func requireReadOnly(t *testing.T, err error, name, query string) {
	t.Helper()
	require.ErrorIs(t, err, scope.ErrRefused, "%s: %s", name, query)
	if query == readOnlyWrites[len(readOnlyWrites)-1] && name != "library" {
		return // refused already because the table is the library's
	}
	require.ErrorIs(t, err, tenant.ErrReadOnly, "%s: %s", name, query)
	var refused *scope.RefusedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, scope.ReasonReadOnlyContext, refused.Reason)
}
