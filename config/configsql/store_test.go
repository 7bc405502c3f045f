package configsql_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"testing"

	"github.com/DATA-DOG/go-sqlmock"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/config/configsql"
	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// The store is held to its contract on real engines, in internal/conformance.
// Here are the statements, their order, and failures that no engine makes on
// demand.

const (
	bump    = `INSERT INTO tenancy_changes (tenant_id, number, changed_at) VALUES ($1, 1, $2) ON CONFLICT (tenant_id) DO UPDATE SET number = tenancy_changes.number + 1, changed_at = $3 RETURNING number`
	current = `SELECT number FROM tenancy_changes WHERE tenant_id = $1`
	all     = `SELECT name, value, version FROM tenancy_settings WHERE tenant_id = $1`
	update  = `UPDATE tenancy_settings SET value = $1, version = $2 WHERE tenant_id = $3 AND name = $4`
	insert  = `INSERT INTO tenancy_settings (value, version, tenant_id, name) VALUES ($1, $2, $3, $4)`
	remove  = `DELETE FROM tenancy_settings WHERE tenant_id = $1 AND name = $2`
	history = `INSERT INTO tenancy_settings_history (tenant_id, name, version, value, actor, reason, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`
)

var errBoom = errors.New("boom")

func mockStore(t *testing.T) (*configsql.Store, sqlmock.Sqlmock, *sql.DB) {
	t.Helper()
	db, mock, err := sqlmock.New(sqlmock.QueryMatcherOption(sqlmock.QueryMatcherEqual))
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, mock.ExpectationsWereMet())
		db.Close()
	})
	return configsql.NewStore(db, tenant.Postgres), mock, db
}

func number(n int64) *sqlmock.Rows { return sqlmock.NewRows([]string{"number"}).AddRow(n) }

func settings() *sqlmock.Rows { return sqlmock.NewRows([]string{"name", "value", "version"}) }

var done = sqlmock.NewResult(0, 1)

func TestLoadReadsTheNumberFirst(t *testing.T) {
	t.Parallel()
	s, mock, _ := mockStore(t)
	mock.ExpectQuery(current).WithArgs("acme").WillReturnRows(number(7))
	mock.ExpectQuery(all).WithArgs("acme").WillReturnRows(settings().AddRow("k", `false`, 8))
	got, n, err := s.Load(context.Background(), "acme")
	require.NoError(t, err)
	require.EqualValues(t, 7, n)
	require.Equal(t, []config.Setting{{Key: "k", Value: []byte(`false`), Version: 8}}, got)
}

func TestLoadFails(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(sqlmock.Sqlmock){
		"on the number": func(m sqlmock.Sqlmock) { m.ExpectQuery(current).WillReturnError(errBoom) },
		"on the settings": func(m sqlmock.Sqlmock) {
			m.ExpectQuery(current).WillReturnRows(number(1))
			m.ExpectQuery(all).WillReturnError(errBoom)
		},
		"half way": func(m sqlmock.Sqlmock) {
			m.ExpectQuery(current).WillReturnRows(number(1))
			m.ExpectQuery(all).WillReturnRows(settings().AddRow("a", "1", 1).AddRow("b", "1", 1).RowError(1, errBoom))
		},
	} {
		s, mock, _ := mockStore(t)
		prepare(mock)
		_, _, err := s.Load(context.Background(), "acme")
		require.ErrorIs(t, err, errBoom, name)
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	edit := config.Edit{Actor: "ann", Reason: "because"}
	set := config.Change{Key: "k", Value: []byte(`1`)}

	t.Run("everything in one transaction, the bump first", func(t *testing.T) {
		s, mock, _ := mockStore(t)
		mock.ExpectBegin()
		mock.ExpectQuery(bump).WithArgs("acme", sqlmock.AnyArg(), sqlmock.AnyArg()).WillReturnRows(number(5))
		mock.ExpectExec(update).WithArgs(`1`, 5, "acme", "k").WillReturnResult(sqlmock.NewResult(0, 0))
		mock.ExpectExec(insert).WithArgs(`1`, 5, "acme", "k").WillReturnResult(done)
		mock.ExpectExec(history).WithArgs("acme", "k", 5, `1`, "ann", "because", sqlmock.AnyArg()).WillReturnResult(done)
		mock.ExpectExec(update).WithArgs(`null`, 5, "acme", "l").WillReturnResult(done)
		mock.ExpectExec(history).WithArgs("acme", "l", 5, `null`, "ann", "because", sqlmock.AnyArg()).WillReturnResult(done)
		mock.ExpectExec(remove).WithArgs("acme", "m").WillReturnResult(done)
		mock.ExpectExec(history).WithArgs("acme", "m", 5, nil, "ann", "because", sqlmock.AnyArg()).WillReturnResult(done)
		mock.ExpectExec(remove).WithArgs("acme", "n").WillReturnResult(sqlmock.NewResult(0, 0))
		mock.ExpectCommit()
		n, err := s.Write(ctx, "acme", edit, set, config.Change{Key: "l", Value: []byte(`null`)}, config.Change{Key: "m"}, config.Change{Key: "n"})
		require.NoError(t, err)
		require.EqualValues(t, 5, n)
	})
	t.Run("in the caller's transaction", func(t *testing.T) {
		s, mock, db := mockStore(t)
		mock.ExpectBegin()
		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		mock.ExpectQuery(bump).WillReturnRows(number(5))
		mock.ExpectExec(update).WillReturnResult(done)
		mock.ExpectExec(history).WillReturnResult(done)
		_, err = s.With(tx).Write(ctx, "", edit, set)
		require.NoError(t, err)
		mock.ExpectRollback()
		require.NoError(t, tx.Rollback())
	})
	for name, prepare := range map[string]func(sqlmock.Sqlmock){
		"the bump": func(m sqlmock.Sqlmock) { m.ExpectQuery(bump).WillReturnError(errBoom) },
		"the update": func(m sqlmock.Sqlmock) {
			m.ExpectQuery(bump).WillReturnRows(number(5))
			m.ExpectExec(update).WillReturnError(errBoom)
		},
		"the insert": func(m sqlmock.Sqlmock) {
			m.ExpectQuery(bump).WillReturnRows(number(5))
			m.ExpectExec(update).WillReturnResult(sqlmock.NewResult(0, 0))
			m.ExpectExec(insert).WillReturnError(errBoom)
		},
		"the history": func(m sqlmock.Sqlmock) {
			m.ExpectQuery(bump).WillReturnRows(number(5))
			m.ExpectExec(update).WillReturnResult(done)
			m.ExpectExec(history).WillReturnError(errBoom)
		},
	} {
		t.Run("rolled back where it fails on "+name, func(t *testing.T) {
			s, mock, _ := mockStore(t)
			mock.ExpectBegin()
			prepare(mock)
			mock.ExpectRollback()
			n, err := s.Write(ctx, "acme", edit, set)
			require.ErrorIs(t, err, errBoom)
			require.Zero(t, n)
		})
	}
	t.Run("a commit that fails", func(t *testing.T) {
		s, mock, _ := mockStore(t)
		mock.ExpectBegin()
		mock.ExpectQuery(bump).WillReturnRows(number(5))
		mock.ExpectExec(update).WillReturnResult(done)
		mock.ExpectExec(history).WillReturnResult(done)
		mock.ExpectCommit().WillReturnError(errBoom)
		n, err := s.Write(ctx, "acme", edit, set)
		require.ErrorIs(t, err, errBoom)
		require.Zero(t, n)
	})
	t.Run("a malformed one sends nothing", func(t *testing.T) {
		s, _, _ := mockStore(t)
		_, err := s.Write(ctx, "acme", edit, config.Change{Key: "no good", Value: []byte(`1`)})
		require.ErrorIs(t, err, config.ErrBadKey)
	})
}

// Every statement is marked as the library's own, or package scope would
// refuse it for want of a tenant.
func TestStatementsAreMarked(t *testing.T) {
	t.Parallel()
	s, mock, db := mockStore(t)
	mock.MatchExpectationsInOrder(false)
	spy := &marked{DBTX: db}
	s = s.With(spy)
	mock.ExpectQuery(bump).WillReturnRows(number(5))
	mock.ExpectExec(update).WillReturnResult(done)
	mock.ExpectExec(history).WillReturnResult(done)
	_, err := s.Write(context.Background(), "acme", config.Edit{}, config.Change{Key: "k", Value: []byte(`1`)})
	require.NoError(t, err)
	mock.ExpectQuery(current).WillReturnRows(number(5))
	mock.ExpectQuery(all).WillReturnRows(settings())
	_, _, err = s.Load(context.Background(), "acme")
	require.NoError(t, err)
	mock.ExpectQuery(`SELECT version, value, actor, reason, changed_at FROM tenancy_settings_history WHERE tenant_id = $1 AND name = $2 ORDER BY version DESC LIMIT $3`).
		WithArgs("acme", "k", 3).WillReturnRows(sqlmock.NewRows([]string{"version", "value", "actor", "reason", "changed_at"}))
	_, err = s.History(context.Background(), "acme", "k", 3)
	require.NoError(t, err)
	require.Equal(t, 6, spy.n)
	require.Zero(t, spy.unmarked)
}

// marked counts statements and those whose context lacks the library's mark.
type marked struct {
	tenant.DBTX
	n, unmarked int
}

func (m *marked) note(ctx context.Context) {
	m.n++
	if !carry.From(ctx).Library {
		m.unmarked++
	}
}

func (m *marked) ExecContext(ctx context.Context, q string, args ...any) (sql.Result, error) {
	m.note(ctx)
	return m.DBTX.ExecContext(ctx, q, args...)
}

func (m *marked) QueryContext(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	m.note(ctx)
	return m.DBTX.QueryContext(ctx, q, args...)
}

func (m *marked) QueryRowContext(ctx context.Context, q string, args ...any) *sql.Row {
	m.note(ctx)
	return m.DBTX.QueryRowContext(ctx, q, args...)
}

func TestMigrationsForEachDialect(t *testing.T) {
	t.Parallel()
	for _, d := range []tenant.Dialect{tenant.Postgres, tenant.MySQL, tenant.SQLite} {
		text, err := fs.ReadFile(configsql.Migrations, "migrations/"+d.String()+"/0301_settings.sql")
		require.NoError(t, err)
		require.Contains(t, string(text), "CREATE TABLE IF NOT EXISTS tenancy_settings_history")
	}
}

func ExampleStore() {
	setUp := func(ctx context.Context, db *sql.DB) (*config.Resolver, error) {
		if err := configsql.Migrate(ctx, db, tenant.Postgres); err != nil {
			return nil, err
		}
		return config.NewResolver(config.Config{Store: configsql.NewStore(db, tenant.Postgres)})
	}
	_ = setUp
}
