package transfer

import (
	"testing"

	"github.com/DATA-DOG/go-sqlmock"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
)

// A transaction of an import goes on only where this import left off: of two that
// were resumed at once, one finds the place changed.
func TestEnter(t *testing.T) {
	t.Parallel()
	db, mock, err := sqlmock.New(sqlmock.QueryMatcherOption(sqlmock.QueryMatcherEqual))
	require.NoError(t, err)
	j := job{tenant: "acme", digest: "d", done: 7}
	l := &layout{dialect: scope.Postgres}
	const statement = `UPDATE tenancy_transfers SET turn = turn + 1 WHERE tenant_id = $1 AND digest = $2 AND done = $3`
	mock.ExpectExec(statement).WithArgs("acme", "d", int64(7)).WillReturnResult(sqlmock.NewResult(0, 1))
	require.NoError(t, j.enter(t.Context(), l, db))
	mock.ExpectExec(statement).WithArgs("acme", "d", int64(7)).WillReturnResult(sqlmock.NewResult(0, 0))
	require.ErrorIs(t, j.enter(t.Context(), l, db), ErrUnfinished)
	require.NoError(t, mock.ExpectationsWereMet())
}

// Each statement that moves a note changes it, whatever the number was: a MySQL
// server that counts changed rows counts the one of a call that is repeated.
func TestMove(t *testing.T) {
	t.Parallel()
	db, mock, err := sqlmock.New(sqlmock.QueryMatcherOption(sqlmock.QueryMatcherEqual))
	require.NoError(t, err)
	j := job{tenant: "acme", digest: "d", done: 7}
	l := &layout{dialect: scope.MySQL}
	const statement = `UPDATE tenancy_transfers SET done = ?, turn = turn + 1 WHERE tenant_id = ?`
	mock.ExpectExec(statement).WithArgs(int64(7), "acme").WillReturnResult(sqlmock.NewResult(0, 1))
	require.NoError(t, j.move(t.Context(), l, db, 7))
	mock.ExpectExec(statement).WithArgs(int64(7), "acme").WillReturnResult(sqlmock.NewResult(0, 0))
	require.ErrorIs(t, j.move(t.Context(), l, db, 7), ErrUnfinished)
	require.NoError(t, mock.ExpectationsWereMet())
}
