package tenantsql_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"testing"
	"time"

	"github.com/DATA-DOG/go-sqlmock"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/tenantsql"
)

// The stores are held to their contract on real engines, in
// internal/conformance. Here are the statements, and failures that no engine
// makes on demand.

const (
	readHead  = `SELECT t.id, t.code, t.name, t.external_id, t.description, t.description_format, t.status, t.language, t.theme, t.max_users, t.parent_id, t.created_at, t.modified_at, t.metadata, h.host, h.seq, h.verified FROM tenancy_tenants t LEFT JOIN tenancy_hosts h ON h.tenant_id = t.id`
	bump      = `INSERT INTO tenancy_changes (tenant_id, number, changed_at) VALUES ($1, 1, $2) ON CONFLICT (tenant_id) DO UPDATE SET number = tenancy_changes.number + 1, changed_at = $3 RETURNING number`
	countID   = `SELECT COUNT(*) FROM tenancy_tenants WHERE id = $1`
	countName = `SELECT COUNT(*) FROM tenancy_names WHERE name = $1 AND tenant_id <> $2`
	countHost = `SELECT COUNT(*) FROM tenancy_hosts WHERE claim = $1 AND tenant_id <> $2`
	insert    = `INSERT INTO tenancy_tenants (code, code_key, name, external_id, description, description_format, status, language, theme, max_users, parent_id, modified_at, metadata, created_at, id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`
	insName   = `INSERT INTO tenancy_names (name, tenant_id) VALUES ($1, $2)`
	insHost   = `INSERT INTO tenancy_hosts (tenant_id, host, seq, verified, claim) VALUES ($1, $2, $3, $4, $5)`
)

var errBoom = errors.New("boom")

func mockDB(t *testing.T) (*sql.DB, sqlmock.Sqlmock) {
	t.Helper()
	db, mock, err := sqlmock.New(sqlmock.QueryMatcherOption(sqlmock.QueryMatcherEqual))
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, mock.ExpectationsWereMet())
		db.Close()
	})
	return db, mock
}

func one(n any) *sqlmock.Rows { return sqlmock.NewRows([]string{"n"}).AddRow(n) }

func record(id string, fields ...any) *sqlmock.Rows {
	rows := sqlmock.NewRows([]string{"id", "code", "name", "external_id", "description", "description_format", "status",
		"language", "theme", "max_users", "parent_id", "created_at", "modified_at", "metadata", "host", "seq", "verified"})
	status, metadata := "active", "{}"
	if len(fields) > 0 {
		status = fields[0].(string)
	}
	if len(fields) > 1 {
		metadata = fields[1].(string)
	}
	return rows.AddRow(id, "", "", "", "", "", status, "", "", 0, "", 1000, 2000, metadata, nil, nil, nil)
}

func TestReads(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, mock := mockDB(t)
	reg := tenantsql.NewRegistry(db, tenant.Postgres)

	mock.ExpectQuery(readHead + ` WHERE t.id = $1 ORDER BY h.seq`).WithArgs("acme").WillReturnRows(record("acme"))
	got, found, err := reg.ByID(ctx, "acme")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, tenant.ID("acme"), got.ID)
	require.Equal(t, time.UnixMilli(1000).UTC(), got.Created)

	mock.ExpectQuery(readHead + ` WHERE t.code_key = $1 ORDER BY h.seq`).WithArgs("acme").WillReturnRows(record("acme"))
	_, found, err = reg.ByCode(ctx, "ACME")
	require.NoError(t, err)
	require.True(t, found)

	mock.ExpectQuery(readHead + ` JOIN tenancy_hosts c ON c.tenant_id = t.id WHERE c.claim = $1 ORDER BY h.seq`).WithArgs("acme.test").WillReturnRows(record("acme"))
	_, found, err = reg.ByHost(ctx, "acme.test")
	require.NoError(t, err)
	require.True(t, found)

	mock.ExpectQuery(readHead+` JOIN (SELECT id FROM tenancy_tenants WHERE id > $1 ORDER BY id LIMIT $2) p ON p.id = t.id ORDER BY t.id, h.seq`).
		WithArgs("acme", 2).WillReturnRows(record("bolt"))
	list, err := reg.List(ctx, "acme", 2)
	require.NoError(t, err)
	require.Len(t, list, 1)
}

// What can not be a name is not asked for: engines differ in what they make of
// NUL bytes, trailing spaces and foreign letters.
func TestImpossibleNamesSendNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, _ := mockDB(t)
	reg := tenantsql.NewRegistry(db, tenant.Postgres)
	for _, name := range []string{"", "a\x00", "acme ", "\u212a2", "A.B"} {
		_, found, err := reg.ByID(ctx, tenant.ID(name))
		require.NoError(t, err)
		require.False(t, found)
		_, found, err = reg.ByCode(ctx, name)
		require.NoError(t, err)
		require.False(t, found)
		_, found, err = reg.ByHost(ctx, name)
		require.NoError(t, err)
		require.False(t, found)
	}
	require.ErrorIs(t, reg.Create(ctx, tenant.Tenant{ID: "No"}), tenant.ErrInvalidID)
	require.ErrorIs(t, reg.Update(ctx, tenant.Tenant{ID: "No"}), tenant.ErrInvalidID)
	require.ErrorIs(t, reg.SetStatus(ctx, "No", tenant.Active), tenant.ErrInvalidID)
	require.ErrorIs(t, reg.Delete(ctx, "No"), tenant.ErrInvalidID)
	require.Error(t, reg.SetStatus(ctx, "acme", 9))
}

func TestReadFailures(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, prepare := range map[string]func(sqlmock.Sqlmock){
		"the statement fails": func(m sqlmock.Sqlmock) {
			m.ExpectQuery(readHead + ` WHERE t.id = $1 ORDER BY h.seq`).WillReturnError(errBoom)
		},
		"the rows end early": func(m sqlmock.Sqlmock) {
			m.ExpectQuery(readHead + ` WHERE t.id = $1 ORDER BY h.seq`).WillReturnRows(record("acme").RowError(0, errBoom))
		},
		"a status that nobody wrote": func(m sqlmock.Sqlmock) {
			m.ExpectQuery(readHead + ` WHERE t.id = $1 ORDER BY h.seq`).WillReturnRows(record("acme", "open"))
		},
		"metadata that is no JSON": func(m sqlmock.Sqlmock) {
			m.ExpectQuery(readHead + ` WHERE t.id = $1 ORDER BY h.seq`).WillReturnRows(record("acme", "active", "{"))
		},
	} {
		db, mock := mockDB(t)
		prepare(mock)
		got, found, err := tenantsql.NewRegistry(db, tenant.Postgres).ByID(ctx, "acme")
		require.Error(t, err, name)
		require.False(t, found, name)
		require.Nil(t, got, name)
	}
}

func TestCreate(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	acme := tenant.Tenant{ID: "acme", Code: "Alpha", Host: "acme.test", Domains: []tenant.Domain{{Name: "a.test"}}}
	begin := func(m sqlmock.Sqlmock, ids, asCode, codes, hosts int) {
		m.ExpectBegin()
		m.ExpectQuery(bump).WithArgs("acme", sqlmock.AnyArg(), sqlmock.AnyArg()).WillReturnRows(one(1))
		m.ExpectQuery(countID).WithArgs("acme").WillReturnRows(one(ids))
		if ids > 0 {
			return
		}
		m.ExpectQuery(countName).WithArgs("acme", "acme").WillReturnRows(one(asCode))
		if asCode > 0 {
			return
		}
		m.ExpectQuery(countName).WithArgs("alpha", "acme").WillReturnRows(one(codes))
		if codes > 0 {
			return
		}
		m.ExpectQuery(countHost).WithArgs("acme.test", "acme").WillReturnRows(one(hosts))
	}

	t.Run("writes and bumps in one transaction", func(t *testing.T) {
		db, mock := mockDB(t)
		begin(mock, 0, 0, 0, 0)
		mock.ExpectExec(insert).WithArgs("Alpha", "alpha", "", "", "", "", "active", "", "", 0, "", sqlmock.AnyArg(), "{}", sqlmock.AnyArg(), "acme").
			WillReturnResult(sqlmock.NewResult(0, 1))
		for _, name := range []string{"acme", "alpha"} {
			mock.ExpectExec(insName).WithArgs(name, "acme").WillReturnResult(sqlmock.NewResult(0, 1))
		}
		mock.ExpectExec(insHost).WithArgs("acme", "acme.test", 0, 1, "acme.test").WillReturnResult(sqlmock.NewResult(0, 1))
		mock.ExpectExec(insHost).WithArgs("acme", "a.test", 1, 0, nil).WillReturnResult(sqlmock.NewResult(0, 1))
		mock.ExpectCommit()
		require.NoError(t, tenantsql.NewRegistry(db, tenant.Postgres).Create(ctx, acme))
	})
	for name, counts := range map[string][4]int{"id": {1, 0, 0, 0}, "id, as a code": {0, 1, 0, 0}, "code": {0, 0, 1, 0}, "host": {0, 0, 0, 1}} {
		t.Run("a taken "+name, func(t *testing.T) {
			db, mock := mockDB(t)
			begin(mock, counts[0], counts[1], counts[2], counts[3])
			mock.ExpectRollback()
			err := tenantsql.NewRegistry(db, tenant.Postgres).Create(ctx, acme)
			require.ErrorIs(t, err, tenant.ErrTaken)
			require.NotContains(t, err.Error(), "acme")
		})
	}
	t.Run("the unique index decides a race", func(t *testing.T) {
		db, mock := mockDB(t)
		begin(mock, 0, 0, 0, 0)
		mock.ExpectExec(insert).WillReturnError(errBoom)
		mock.ExpectRollback()
		mock.ExpectQuery(countName).WithArgs("acme", "acme").WillReturnRows(one(0))
		mock.ExpectQuery(countName).WithArgs("alpha", "acme").WillReturnRows(one(1))
		require.ErrorIs(t, tenantsql.NewRegistry(db, tenant.Postgres).Create(ctx, acme), tenant.ErrTaken)
	})
	t.Run("a failure that is no conflict stays itself", func(t *testing.T) {
		db, mock := mockDB(t)
		begin(mock, 0, 0, 0, 0)
		mock.ExpectExec(insert).WillReturnError(errBoom)
		mock.ExpectRollback()
		mock.ExpectQuery(countName).WillReturnRows(one(0))
		mock.ExpectQuery(countName).WillReturnRows(one(0))
		mock.ExpectQuery(countHost).WillReturnRows(one(0))
		err := tenantsql.NewRegistry(db, tenant.Postgres).Create(ctx, acme)
		require.ErrorIs(t, err, errBoom)
		require.NotErrorIs(t, err, tenant.ErrTaken)
	})
	t.Run("also where nothing can be asked any more", func(t *testing.T) {
		db, mock := mockDB(t)
		begin(mock, 0, 0, 0, 0)
		mock.ExpectExec(insert).WillReturnError(errBoom)
		mock.ExpectRollback()
		mock.ExpectQuery(countName).WillReturnError(errors.New("transaction is aborted"))
		require.ErrorIs(t, tenantsql.NewRegistry(db, tenant.Postgres).Create(ctx, acme), errBoom)
	})
}

// Every statement is marked as the library's own, or package scope would
// refuse it for want of a tenant.
func TestStatementsAreMarked(t *testing.T) {
	t.Parallel()
	db, mock := mockDB(t)
	spy := &marked{DBTX: db}
	mock.ExpectQuery(bump).WillReturnRows(one(1))
	mock.ExpectQuery(countID).WillReturnRows(one(1))
	mock.ExpectExec(`UPDATE tenancy_tenants SET status = $1, modified_at = $2 WHERE id = $3`).WithArgs("suspended", sqlmock.AnyArg(), "acme").
		WillReturnResult(sqlmock.NewResult(0, 1))
	mock.ExpectQuery(readHead + ` WHERE t.id = $1 ORDER BY h.seq`).WillReturnRows(record("acme"))
	reg := tenantsql.NewRegistry(db, tenant.Postgres).With(spy)
	require.NoError(t, reg.SetStatus(context.Background(), "acme", tenant.Suspended))
	_, _, err := reg.ByID(context.Background(), "acme")
	require.NoError(t, err)
	require.Equal(t, 4, spy.n)
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
		text, err := fs.ReadFile(tenantsql.Migrations, "migrations/"+d.String()+"/0101_tenants.sql")
		require.NoError(t, err)
		require.Contains(t, string(text), "CREATE TABLE IF NOT EXISTS tenancy_tenants")
	}
}
