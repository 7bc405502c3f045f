package feed_test

import (
	"errors"
	"testing"

	"github.com/DATA-DOG/go-sqlmock"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
)

// That it holds is shown on real engines, in internal/conformance/stores.
func TestHold(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for dialect, text := range map[tenant.Dialect]string{
		tenant.Postgres: `SELECT number FROM tenancy_changes WHERE tenant_id = $1 FOR SHARE`,
		tenant.MySQL:    `SELECT number FROM tenancy_changes WHERE tenant_id = ? LOCK IN SHARE MODE`,
	} {
		db, mock, err := sqlmock.New(sqlmock.QueryMatcherOption(sqlmock.QueryMatcherEqual))
		require.NoError(t, err)
		mock.ExpectQuery(text).WithArgs("").WillReturnRows(sqlmock.NewRows([]string{"number"}).AddRow(7))
		mock.ExpectQuery(text).WithArgs("acme").WillReturnRows(sqlmock.NewRows([]string{"number"}))
		mock.ExpectQuery(text).WithArgs("acme").WillReturnError(boom)
		require.NoError(t, feed.Hold(t.Context(), db, dialect, ""))
		require.NoError(t, feed.Hold(t.Context(), db, dialect, "acme"), "before its first change")
		require.ErrorIs(t, feed.Hold(t.Context(), db, dialect, "acme"), boom)
		require.NoError(t, mock.ExpectationsWereMet())
		db.Close()
	}
	require.NoError(t, feed.Hold(t.Context(), nil, tenant.SQLite, "acme"), "nothing to do, and nothing is sent")
	require.Error(t, feed.Hold(t.Context(), nil, 0, "acme"))
}
