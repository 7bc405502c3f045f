package configsql_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"testing"
	"time"

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
	bump      = `INSERT INTO tenancy_changes (tenant_id, number, changed_at) VALUES ($1, 1, $2) ON CONFLICT (tenant_id) DO UPDATE SET number = tenancy_changes.number + 1, changed_at = $3 RETURNING number`
	current   = `SELECT number FROM tenancy_changes WHERE tenant_id = $1`
	shared    = `SELECT name, group_name, value, forced, version FROM tenancy_settings WHERE tenant_id = $1 AND account_id = $2`
	own       = shared + ` AND group_name = $3`
	versions  = `SELECT version, value, forced, actor, reason, changed_at FROM tenancy_settings_history WHERE tenant_id = $1 AND account_id = $2 AND group_name = $3 AND name = $4 ORDER BY version DESC LIMIT $5`
	version   = `SELECT version FROM tenancy_settings WHERE tenant_id = $1 AND account_id = $2 AND group_name = $3 AND name = $4`
	put       = `INSERT INTO tenancy_settings (tenant_id, account_id, group_name, name, value, forced, version) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant_id, account_id, group_name, name) DO UPDATE SET value = excluded.value, forced = excluded.forced, version = excluded.version`
	remove    = `DELETE FROM tenancy_settings WHERE tenant_id = $1 AND account_id = $2 AND group_name = $3 AND name = $4`
	history   = `INSERT INTO tenancy_settings_history (tenant_id, account_id, group_name, name, version, value, forced, actor, reason, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	dropAll   = `DELETE FROM tenancy_settings WHERE tenant_id = $1`
	forgetAll = `DELETE FROM tenancy_settings_history WHERE tenant_id = $1`
)

var errBoom = errors.New("boom")

var (
	acme = config.Owner{Tenant: "acme"}
	ann  = config.Owner{Tenant: "acme", Account: "ann"}
	gold = config.Owner{Group: "gold"}
)

func mockStore(t *testing.T) (*configsql.Store, sqlmock.Sqlmock, *sql.DB) {
	t.Helper()
	return mockDialect(t, tenant.Postgres)
}

func mockDialect(t *testing.T, dialect tenant.Dialect) (*configsql.Store, sqlmock.Sqlmock, *sql.DB) {
	t.Helper()
	db, mock, err := sqlmock.New(sqlmock.QueryMatcherOption(sqlmock.QueryMatcherEqual))
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, mock.ExpectationsWereMet())
		db.Close()
	})
	return configsql.NewStore(db, dialect), mock, db
}

func number(n int64) *sqlmock.Rows { return sqlmock.NewRows([]string{"number"}).AddRow(n) }

func settings() *sqlmock.Rows {
	return sqlmock.NewRows([]string{"name", "group_name", "value", "forced", "version"})
}

func revisions() *sqlmock.Rows {
	return sqlmock.NewRows([]string{"version", "value", "forced", "actor", "reason", "changed_at"})
}

var (
	done   = sqlmock.NewResult(0, 1)
	absent = sql.ErrNoRows
)

func TestLoadReadsTheNumberFirst(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, mock, _ := mockStore(t)
	for _, o := range []config.Owner{acme, ann, gold, {Account: "ann"}} {
		mock.ExpectQuery(current).WithArgs(string(o.Tenant)).WillReturnRows(number(7))
		mock.ExpectQuery(own).WithArgs(string(o.Tenant), o.Account, o.Group).WillReturnRows(settings().AddRow("k", o.Group, `false`, 0, 8))
		got, n, err := s.Load(ctx, o)
		require.NoError(t, err)
		require.EqualValues(t, 7, n)
		require.Equal(t, []config.Setting{{Key: "k", Value: []byte(`false`), Version: 8, Group: o.Group}}, got)
	}
	mock.ExpectQuery(current).WithArgs("").WillReturnRows(number(7))
	mock.ExpectQuery(shared).WithArgs("", "").WillReturnRows(settings().AddRow("k", "", `1`, 0, 3).AddRow("k", "gold", `2`, 1, 4))
	got, _, err := s.Load(ctx, config.Owner{})
	require.NoError(t, err)
	require.Equal(t, []config.Setting{{Key: "k", Value: []byte(`1`), Version: 3}, {Key: "k", Value: []byte(`2`), Version: 4, Forced: true, Group: "gold"}}, got)
}

func TestReadingFails(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, prepare := range map[string]func(sqlmock.Sqlmock){
		"on the number": func(m sqlmock.Sqlmock) { m.ExpectQuery(current).WillReturnError(errBoom) },
		"on the settings": func(m sqlmock.Sqlmock) {
			m.ExpectQuery(current).WillReturnRows(number(1))
			m.ExpectQuery(own).WillReturnError(errBoom)
		},
		"half way": func(m sqlmock.Sqlmock) {
			m.ExpectQuery(current).WillReturnRows(number(1))
			m.ExpectQuery(own).WillReturnRows(settings().AddRow("a", "", "1", 0, 1).AddRow("b", "", "1", 0, 1).RowError(1, errBoom))
		},
	} {
		s, mock, _ := mockStore(t)
		prepare(mock)
		got, n, err := s.Load(ctx, acme)
		require.ErrorIs(t, err, errBoom, name)
		require.Empty(t, got, name)
		require.Zero(t, n, name)
	}

	s, mock, _ := mockStore(t)
	mock.ExpectQuery(current).WillReturnRows(number(1))
	mock.ExpectQuery(own).WillReturnRows(settings().AddRow("a", "", "1", "perhaps", 1))
	_, _, err := s.Load(ctx, acme)
	require.ErrorContains(t, err, "configsql: ")

	mock.ExpectQuery(versions).WillReturnError(errBoom)
	_, err = s.History(ctx, acme, "k", 3)
	require.ErrorIs(t, err, errBoom)
	mock.ExpectQuery(versions).WillReturnRows(revisions().AddRow(2, nil, 0, "", "", 0).AddRow(1, "1", 0, "", "", 0).RowError(1, errBoom))
	revs, err := s.History(ctx, acme, "k", 3)
	require.ErrorIs(t, err, errBoom)
	require.Empty(t, revs)
}

// What can not be is not asked for.
func TestMalformedSendsNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, _, _ := mockStore(t)
	bad := config.Owner{Tenant: "acme", Group: "gold"}
	_, _, err := s.Load(ctx, bad)
	require.ErrorIs(t, err, config.ErrBadOwner)
	_, err = s.History(ctx, bad, "k", 1)
	require.ErrorIs(t, err, config.ErrBadOwner)
	_, err = s.Write(ctx, bad, config.Edit{}, config.Change{Key: "k"})
	require.ErrorIs(t, err, config.ErrBadOwner)
	_, err = s.Write(ctx, acme, config.Edit{}, config.Change{Key: "no good", Value: []byte(`1`)})
	require.ErrorIs(t, err, config.ErrBadKey)
	_, err = s.DeleteTenant(ctx, "")
	require.ErrorIs(t, err, tenant.ErrInvalidID)
	revs, err := s.History(ctx, acme, "no good", 1)
	require.NoError(t, err)
	require.Empty(t, revs)
	revs, err = s.History(ctx, acme, "k", 0)
	require.NoError(t, err)
	require.Empty(t, revs)
}

// Every statement is marked as the library's own, or package scope would
// refuse it for want of a tenant.
func TestStatementsAreMarked(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, mock, db := mockStore(t)
	spy := &marked{DBTX: db}
	s = s.With(spy)
	mock.ExpectQuery(bump).WillReturnRows(number(5))
	mock.ExpectQuery(version).WillReturnRows(number(4))
	mock.ExpectExec(put).WillReturnResult(done)
	mock.ExpectExec(history).WillReturnResult(done)
	zero, four := int64(0), int64(4)
	_, err := s.Write(ctx, acme, config.Edit{}, config.Change{Key: "k", Value: []byte(`1`), If: &four})
	require.NoError(t, err)
	mock.ExpectQuery(bump).WillReturnRows(number(6))
	mock.ExpectQuery(version).WillReturnError(absent)
	_, err = s.Write(ctx, acme, config.Edit{}, config.Change{Key: "k", If: &zero})
	require.NoError(t, err)
	mock.ExpectQuery(current).WillReturnRows(number(5))
	mock.ExpectQuery(own).WillReturnRows(settings())
	_, _, err = s.Load(ctx, acme)
	require.NoError(t, err)
	mock.ExpectQuery(versions).WithArgs("", "", "gold", "k", 3).WillReturnRows(revisions().AddRow(2, nil, 0, "ann", "why", 1500).AddRow(1, `1`, 1, "", "", 1000))
	revs, err := s.History(ctx, gold, "k", 3)
	require.NoError(t, err)
	require.Equal(t, []config.Revision{
		{Version: 2, Actor: "ann", Reason: "why", At: time.UnixMilli(1500).UTC()},
		{Version: 1, Value: []byte(`1`), Forced: true, At: time.UnixMilli(1000).UTC()},
	}, revs)
	mock.ExpectQuery(bump).WillReturnRows(number(7))
	mock.ExpectExec(dropAll).WillReturnResult(done)
	mock.ExpectExec(forgetAll).WillReturnResult(done)
	_, err = s.DeleteTenant(ctx, "acme")
	require.NoError(t, err)
	require.Equal(t, 12, spy.n)
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
