package member_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io/fs"
	"testing"

	"github.com/DATA-DOG/go-sqlmock"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// The rules are held on real engines, in internal/conformance/people. Here are
// the statements in their order, and what no engine does on demand.

var errBoom = errors.New("boom")

func mockDB(t *testing.T) (*sql.DB, sqlmock.Sqlmock) {
	t.Helper()
	db, mock, err := sqlmock.New()
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, mock.ExpectationsWereMet())
		db.Close()
	})
	return db, mock
}

func config(t *testing.T) member.Config {
	t.Helper()
	reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme", Code: "acme", MaxUsers: 2})
	require.NoError(t, err)
	return member.Config{
		Tenants:       func(tenant.DBTX) tenant.Registry { return reg },
		Administrator: func(context.Context, tenant.DBTX, string) (bool, error) { return false, nil },
	}
}

func directory(t *testing.T, db tenant.DBTX, dialect tenant.Dialect) *member.Directory {
	t.Helper()
	d, err := member.NewDirectory(db, dialect, config(t))
	require.NoError(t, err)
	return d
}

func one(values ...driver.Value) *sqlmock.Rows {
	return sqlmock.NewRows(make([]string, len(values))).AddRow(values...)
}

func TestNewDirectoryRefuses(t *testing.T) {
	t.Parallel()
	db, _ := mockDB(t)
	for name, change := range map[string]func(*member.Config){
		"no registry":       func(c *member.Config) { c.Tenants = nil },
		"no administrators": func(c *member.Config) { c.Administrator = nil },
		"names":             func(c *member.Config) { c.Names = 9 },
		"departed":          func(c *member.Config) { c.Departed = 9 },
		"a negative time":   func(c *member.Config) { c.ResetTTL = -1 },
	} {
		cfg := config(t)
		change(&cfg)
		_, err := member.NewDirectory(db, tenant.Postgres, cfg)
		require.Error(t, err, name)
	}
	_, err := member.NewDirectory(nil, tenant.Postgres, config(t))
	require.Error(t, err)
	for _, none := range []tenant.Dialect{0, 9} {
		_, err := member.NewDirectory(db, none, config(t))
		require.Error(t, err)
	}
}

// The tenant's lock is taken before anything is read, and the count is raised
// where it was read.
func TestStatementsOfAddMember(t *testing.T) {
	t.Parallel()
	db, mock := mockDB(t)
	ctx := tenant.WithID(t.Context(), "acme")
	mock.ExpectBegin()
	mock.ExpectQuery(`INSERT INTO tenancy_changes .* RETURNING number`).WithArgs("acme", sqlmock.AnyArg(), sqlmock.AnyArg()).WillReturnRows(one(1))
	mock.ExpectQuery(`SELECT cohort_id, .* FROM tenancy_people WHERE tenant_id = \$1$`).WithArgs("acme").WillReturnRows(one("k", "", 1, 0, ""))
	mock.ExpectQuery(`SELECT COUNT\(\*\) FROM tenancy_account_ids WHERE id = \$1$`).WithArgs("1").WillReturnRows(one(0))
	mock.ExpectQuery(`SELECT COUNT\(\*\) FROM tenancy_accounts WHERE realm = \$1 AND name_key = \$2 AND id <> \$3$`).WithArgs("acme", "ANN", "1").WillReturnRows(one(0))
	mock.ExpectExec(`INSERT INTO tenancy_account_ids \(id\) VALUES \(\$1\)$`).WithArgs("1").WillReturnResult(sqlmock.NewResult(0, 1))
	mock.ExpectExec(`INSERT INTO tenancy_accounts `).WithArgs("1", "acme", "Ann", "ANN", "acme", nil, "", "", 0, sqlmock.AnyArg(), sqlmock.AnyArg()).WillReturnResult(sqlmock.NewResult(0, 1))
	mock.ExpectExec(`UPDATE tenancy_people SET members = members \+ \$1 WHERE tenant_id = \$2`).WithArgs(1, "acme").WillReturnResult(sqlmock.NewResult(0, 1))
	mock.ExpectQuery(`SELECT COUNT\(\*\) FROM tenancy_cohort_members WHERE cohort_id = \$1 AND account_id = \$2$`).WithArgs("k", "1").WillReturnRows(one(0))
	mock.ExpectExec(`INSERT INTO tenancy_cohort_members`).WithArgs("k", "1").WillReturnResult(sqlmock.NewResult(0, 1))
	mock.ExpectCommit()
	_, err := directory(t, db, tenant.Postgres).AddMember(ctx, "", member.NewAccount{ID: "1", UserName: "Ann"})
	require.NoError(t, err)
}

// On MySQL what decides is read as it is now, and locked.
func TestLockingReadsOnMySQL(t *testing.T) {
	t.Parallel()
	db, mock := mockDB(t)
	ctx := tenant.WithID(t.Context(), "acme")
	mock.ExpectBegin()
	mock.ExpectExec(`INSERT INTO tenancy_changes .* ON DUPLICATE KEY UPDATE`).WillReturnResult(sqlmock.NewResult(0, 1))
	mock.ExpectQuery(`SELECT number FROM tenancy_changes`).WillReturnRows(one(1))
	mock.ExpectQuery(`FROM tenancy_people WHERE tenant_id = \? FOR UPDATE$`).WillReturnRows(one("k", "", 2, 0, ""))
	mock.ExpectRollback()
	tx, err := db.BeginTx(ctx, nil)
	require.NoError(t, err)
	_, err = directory(t, tx, tenant.MySQL).AddMember(ctx, "", member.NewAccount{ID: "1", UserName: "Ann"})
	require.ErrorIs(t, err, member.ErrLimit)
	require.NoError(t, tx.Rollback())
}

// An insert that fails although id and name were free a moment ago: the
// database has decided for another writer, or it fails for a reason of its own.
func TestInsertLost(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ofID  bool
		taken int
		want  error
	}{
		"the id was taken":       {true, 1, member.ErrTaken},
		"the id was not taken":   {true, 0, errBoom},
		"the name was taken":     {false, 1, member.ErrNameTaken},
		"the name was not taken": {false, 0, errBoom},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, mock := mockDB(t)
			mock.ExpectBegin()
			mock.ExpectQuery(`INSERT INTO tenancy_changes`).WillReturnRows(one(1))
			mock.ExpectQuery(`FROM tenancy_people`).WillReturnRows(one("k", "", 0, 0, ""))
			mock.ExpectQuery(`WHERE id`).WillReturnRows(one(0))
			mock.ExpectQuery(`WHERE realm`).WillReturnRows(one(0))
			if c.ofID {
				mock.ExpectExec(`INSERT INTO tenancy_account_ids`).WillReturnError(errBoom)
			} else {
				mock.ExpectExec(`INSERT INTO tenancy_account_ids`).WillReturnResult(sqlmock.NewResult(0, 1))
				mock.ExpectExec(`INSERT INTO tenancy_accounts `).WillReturnError(errBoom)
			}
			mock.ExpectRollback()
			if c.ofID {
				mock.ExpectQuery(`WHERE id`).WillReturnRows(one(c.taken))
			} else {
				mock.ExpectQuery(`WHERE realm`).WillReturnRows(one(c.taken))
			}
			_, err := directory(t, db, tenant.Postgres).AddMember(tenant.WithID(t.Context(), "acme"), "", member.NewAccount{ID: "1", UserName: "Ann"})
			require.ErrorIs(t, err, c.want)
		})
	}
}

func TestBeginAndCommitFail(t *testing.T) {
	t.Parallel()
	for _, dialect := range []tenant.Dialect{tenant.Postgres, tenant.MySQL, tenant.SQLite} {
		db, mock := mockDB(t)
		ctx := tenant.AcrossAll(t.Context(), "a test")
		mock.ExpectBegin().WillReturnError(errBoom)
		_, err := directory(t, db, dialect).AddGlobal(ctx, member.NewAccount{ID: "1", UserName: "Ann"})
		require.ErrorIs(t, err, errBoom)
	}
	db, mock := mockDB(t)
	mock.ExpectBegin()
	mock.ExpectQuery(`INSERT INTO tenancy_changes`).WillReturnRows(one(1))
	mock.ExpectQuery(`WHERE id`).WillReturnRows(one(0))
	mock.ExpectQuery(`WHERE realm`).WillReturnRows(one(0))
	mock.ExpectExec(`INSERT INTO tenancy_account_ids`).WillReturnResult(sqlmock.NewResult(0, 1))
	mock.ExpectExec(`INSERT INTO tenancy_accounts `).WillReturnResult(sqlmock.NewResult(0, 1))
	mock.ExpectCommit().WillReturnError(errBoom)
	_, err := directory(t, db, tenant.Postgres).AddGlobal(tenant.AcrossAll(t.Context(), "a test"), member.NewAccount{ID: "1", UserName: "Ann"})
	require.ErrorIs(t, err, errBoom)
}

func TestLoginWithoutAuthenticator(t *testing.T) {
	t.Parallel()
	db, _ := mockDB(t)
	_, _, err := directory(t, db, tenant.Postgres).Login(t.Context(), member.Attempt{UserName: "ann"})
	require.ErrorContains(t, err, "Authenticator")
}

func TestMigrationsForEachDialect(t *testing.T) {
	t.Parallel()
	for _, dialect := range []tenant.Dialect{tenant.Postgres, tenant.MySQL, tenant.SQLite} {
		names, err := fs.Glob(member.Migrations, "migrations/"+dialect.String()+"/*.sql")
		require.NoError(t, err)
		dir := "migrations/" + dialect.String()
		require.Equal(t, []string{dir + "/0601_people.sql", dir + "/0602_account_ids.sql"}, names)
	}
}
