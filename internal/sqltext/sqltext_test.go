package sqltext_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/DATA-DOG/go-sqlmock"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
)

func TestRebind(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		dialect  tenant.Dialect
		in, want string
	}{
		"postgres numbers them":        {tenant.Postgres, `a = ? AND b = ?`, `a = $1 AND b = $2`},
		"more than nine":               {tenant.Postgres, `?,?,?,?,?,?,?,?,?,?,?`, `$1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11`},
		"a literal stays":              {tenant.Postgres, `a = '?' AND b = ?`, `a = '?' AND b = $1`},
		"a doubled quote in a literal": {tenant.Postgres, `a = 'it''s ?' AND b = ?`, `a = 'it''s ?' AND b = $1`},
		"mysql is unchanged":           {tenant.MySQL, `a = ?`, `a = ?`},
		"sqlite is unchanged":          {tenant.SQLite, `a = ?`, `a = ?`},
		"nothing to do":                {tenant.Postgres, `SELECT 1`, `SELECT 1`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, sqltext.Rebind(c.dialect, c.in))
		})
	}
}

func TestInTx(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	boom := errors.New("boom")

	t.Run("begins and commits", func(t *testing.T) {
		db, mock, err := sqlmock.New()
		require.NoError(t, err)
		mock.ExpectBegin()
		mock.ExpectExec("UPDATE").WillReturnResult(sqlmock.NewResult(0, 1))
		mock.ExpectCommit()
		require.NoError(t, sqltext.InTx(ctx, db, func(tx tenant.DBTX) error {
			_, err := tx.ExecContext(ctx, "UPDATE x")
			return err
		}))
		require.NoError(t, mock.ExpectationsWereMet())
	})
	t.Run("tells that the context ended it", func(t *testing.T) {
		// What database/sql answers where it has rolled back by itself already.
		for when, fn := range map[string]func(context.CancelFunc, tenant.DBTX) error{
			"before a statement": func(cancel context.CancelFunc, _ tenant.DBTX) error { cancel(); return sql.ErrTxDone },
			"before the commit":  func(cancel context.CancelFunc, tx tenant.DBTX) error { cancel(); return tx.(*sql.Tx).Rollback() },
		} {
			db, mock, err := sqlmock.New()
			require.NoError(t, err)
			mock.ExpectBegin()
			mock.ExpectRollback()
			gone, cancel := context.WithCancel(ctx)
			err = sqltext.InTx(gone, db, func(tx tenant.DBTX) error { return fn(cancel, tx) })
			require.ErrorIs(t, err, context.Canceled, when)
			cancel()
		}
		db, mock, err := sqlmock.New()
		require.NoError(t, err)
		mock.ExpectBegin()
		mock.ExpectRollback()
		err = sqltext.InTx(ctx, db, func(tenant.DBTX) error { return sql.ErrTxDone })
		require.Equal(t, sql.ErrTxDone, err, "a transaction that the caller ended is no ended context")
	})
	t.Run("rolls back on an error", func(t *testing.T) {
		db, mock, err := sqlmock.New()
		require.NoError(t, err)
		mock.ExpectBegin()
		mock.ExpectRollback()
		require.ErrorIs(t, sqltext.InTx(ctx, db, func(tenant.DBTX) error { return boom }), boom)
		require.NoError(t, mock.ExpectationsWereMet())
	})
	t.Run("leaves the caller's transaction to the caller", func(t *testing.T) {
		db, mock, err := sqlmock.New()
		require.NoError(t, err)
		mock.ExpectBegin()
		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		require.ErrorIs(t, sqltext.InTx(ctx, tx, func(tenant.DBTX) error { return boom }), boom)
		require.NoError(t, sqltext.InTx(ctx, tx, func(tenant.DBTX) error { return nil }))
		require.NoError(t, mock.ExpectationsWereMet())
	})
}
