package configsql_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"github.com/DATA-DOG/go-sqlmock"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

var (
	edit = config.Edit{Actor: "ann", Reason: "because"}
	set  = config.Change{Key: "k", Value: []byte(`1`)}
)

// only is c on the condition that the key has that version.
func only(c config.Change, version int64) config.Change {
	c.If = &version
	return c
}

// Everything is in one transaction: the bump first, then what is there, and only
// then the first change.
func TestWrite(t *testing.T) {
	t.Parallel()
	s, mock, _ := mockStore(t)
	at := sqlmock.AnyArg()
	mock.ExpectBegin()
	mock.ExpectQuery(bump).WithArgs("acme", at, at).WillReturnRows(number(5))
	mock.ExpectQuery(version).WithArgs("acme", "ann", "", "l").WillReturnRows(number(3))
	mock.ExpectQuery(version).WithArgs("acme", "ann", "", "m").WillReturnRows(number(2))
	mock.ExpectQuery(version).WithArgs("acme", "ann", "", "n").WillReturnError(absent)
	mock.ExpectQuery(version).WithArgs("acme", "ann", "", "o").WillReturnError(absent)
	mock.ExpectExec(put).WithArgs("acme", "ann", "", "k", `1`, 0, 5).WillReturnResult(done)
	mock.ExpectExec(history).WithArgs("acme", "ann", "", "k", 5, `1`, 0, "ann", "because", at).WillReturnResult(done)
	mock.ExpectExec(put).WithArgs("acme", "ann", "", "l", `null`, 0, 5).WillReturnResult(done)
	mock.ExpectExec(history).WithArgs("acme", "ann", "", "l", 5, `null`, 0, "ann", "because", at).WillReturnResult(done)
	mock.ExpectExec(remove).WithArgs("acme", "ann", "", "m").WillReturnResult(done)
	mock.ExpectExec(history).WithArgs("acme", "ann", "", "m", 5, nil, 0, "ann", "because", at).WillReturnResult(done)
	mock.ExpectExec(put).WithArgs("acme", "ann", "", "o", `2`, 0, 5).WillReturnResult(done)
	mock.ExpectExec(history).WithArgs("acme", "ann", "", "o", 5, `2`, 0, "ann", "because", at).WillReturnResult(done)
	mock.ExpectCommit()
	n, err := s.Write(context.Background(), ann, edit,
		set,
		only(config.Change{Key: "l", Value: []byte(`null`)}, 3),
		config.Change{Key: "m"},
		config.Change{Key: "n"},
		only(config.Change{Key: "o", Value: []byte(`2`)}, 0))
	require.NoError(t, err)
	require.EqualValues(t, 5, n)
}

func TestWriteForced(t *testing.T) {
	t.Parallel()
	s, mock, _ := mockStore(t)
	mock.ExpectBegin()
	mock.ExpectQuery(bump).WithArgs("", sqlmock.AnyArg(), sqlmock.AnyArg()).WillReturnRows(number(5))
	mock.ExpectExec(put).WithArgs("", "", "gold", "k", `1`, 1, 5).WillReturnResult(done)
	mock.ExpectExec(history).WithArgs("", "", "gold", "k", 5, `1`, 1, "ann", "because", sqlmock.AnyArg()).WillReturnResult(done)
	mock.ExpectCommit()
	forced := set
	forced.Forced = true
	_, err := s.Write(context.Background(), gold, edit, forced)
	require.NoError(t, err)
}

// A version that is another one ends the write before anything is changed, also
// in a transaction of the caller's.
func TestWriteConflict(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	changes := []config.Change{set, only(config.Change{Key: "l"}, 2)}
	check := func(n int64, err error) {
		t.Helper()
		var ke *config.KeyError
		require.ErrorAs(t, err, &ke)
		require.Equal(t, "l", ke.Key)
		require.ErrorIs(t, err, config.ErrConflict)
		require.Zero(t, n)
	}
	s, mock, db := mockStore(t)
	mock.ExpectBegin()
	mock.ExpectQuery(bump).WillReturnRows(number(5))
	mock.ExpectQuery(version).WillReturnRows(number(3))
	mock.ExpectRollback()
	check(s.Write(ctx, acme, edit, changes...))

	mock.ExpectBegin()
	tx, err := db.BeginTx(ctx, nil)
	require.NoError(t, err)
	mock.ExpectQuery(bump).WillReturnRows(number(5))
	mock.ExpectQuery(version).WillReturnError(absent)
	check(s.With(tx).Write(ctx, acme, edit, changes...))
	mock.ExpectRollback()
	require.NoError(t, tx.Rollback())
}

// On MySQL one statement writes what is there or not, and a transaction of the
// caller's, which may see the table as it was earlier, reads with a lock.
func TestWriteMySQL(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	numbered := strings.NewReplacer("$1", "?", "$2", "?", "$3", "?", "$4", "?", "$5", "?", "$6", "?", "$7", "?", "$8", "?", "$9", "?", "$10", "?")
	mysql := func(stmt string) string {
		stmt = strings.ReplaceAll(numbered.Replace(stmt), "?0", "?")
		stmt, _, upsert := strings.Cut(stmt, " ON CONFLICT")
		if upsert {
			stmt += " ON DUPLICATE KEY UPDATE value = VALUES(value), forced = VALUES(forced), version = VALUES(version)"
		}
		return stmt
	}
	const bumpMySQL = `INSERT INTO tenancy_changes (tenant_id, number, changed_at) VALUES (?, 1, ?) ON DUPLICATE KEY UPDATE number = number + 1, changed_at = ?`
	s, mock, db := mockDialect(t, tenant.MySQL)
	expect := func(lock string) {
		mock.ExpectExec(bumpMySQL).WillReturnResult(done)
		mock.ExpectQuery(mysql(current)).WillReturnRows(number(5))
		mock.ExpectQuery(mysql(version)+lock).WithArgs("acme", "", "", "k").WillReturnRows(number(3))
		mock.ExpectExec(mysql(put)).WithArgs("acme", "", "", "k", `1`, 0, 5).WillReturnResult(sqlmock.NewResult(0, 2))
		mock.ExpectExec(mysql(history)).WillReturnResult(done)
	}
	mock.ExpectBegin()
	expect("")
	mock.ExpectCommit()
	_, err := s.Write(ctx, acme, edit, only(set, 3))
	require.NoError(t, err)

	mock.ExpectBegin()
	tx, err := db.BeginTx(ctx, nil)
	require.NoError(t, err)
	expect(" FOR UPDATE")
	_, err = s.With(tx).Write(ctx, acme, edit, only(set, 3))
	require.NoError(t, err)
	mock.ExpectCommit()
	require.NoError(t, tx.Commit())
}

// Wherever a write fails it is rolled back, and says that it has failed.
func TestWriteFails(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(sqlmock.Sqlmock){
		"begin": nil,
		"the bump": func(m sqlmock.Sqlmock) {
			m.ExpectQuery(bump).WillReturnError(errBoom)
			m.ExpectRollback()
		},
		"the version": func(m sqlmock.Sqlmock) {
			m.ExpectQuery(bump).WillReturnRows(number(5))
			m.ExpectQuery(version).WillReturnError(errBoom)
			m.ExpectRollback()
		},
		"the value": func(m sqlmock.Sqlmock) {
			m.ExpectQuery(bump).WillReturnRows(number(5))
			m.ExpectQuery(version).WillReturnRows(number(3))
			m.ExpectExec(put).WillReturnError(errBoom)
			m.ExpectRollback()
		},
		"its history": func(m sqlmock.Sqlmock) {
			m.ExpectQuery(bump).WillReturnRows(number(5))
			m.ExpectQuery(version).WillReturnRows(number(3))
			m.ExpectExec(put).WillReturnResult(done)
			m.ExpectExec(history).WillReturnError(errBoom)
			m.ExpectRollback()
		},
		"the deletion": func(m sqlmock.Sqlmock) {
			m.ExpectQuery(bump).WillReturnRows(number(5))
			m.ExpectQuery(version).WillReturnRows(number(3))
			m.ExpectExec(put).WillReturnResult(done)
			m.ExpectExec(history).WillReturnResult(done)
			m.ExpectExec(remove).WillReturnError(errBoom)
			m.ExpectRollback()
		},
		"the count of rows": func(m sqlmock.Sqlmock) {
			m.ExpectQuery(bump).WillReturnRows(number(5))
			m.ExpectQuery(version).WillReturnRows(number(3))
			m.ExpectExec(put).WillReturnResult(sqlmock.NewErrorResult(errBoom))
			m.ExpectRollback()
		},
		"the commit": func(m sqlmock.Sqlmock) {
			m.ExpectQuery(bump).WillReturnRows(number(5))
			m.ExpectQuery(version).WillReturnRows(number(3))
			m.ExpectExec(put).WillReturnResult(done)
			m.ExpectExec(history).WillReturnResult(done)
			m.ExpectExec(remove).WillReturnResult(done)
			m.ExpectExec(history).WillReturnResult(done)
			m.ExpectCommit().WillReturnError(errBoom)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, mock, _ := mockStore(t)
			if prepare == nil {
				mock.ExpectBegin().WillReturnError(errBoom)
			} else {
				mock.ExpectBegin()
				prepare(mock)
			}
			n, err := s.Write(context.Background(), acme, edit, set, config.Change{Key: "l"})
			require.ErrorIs(t, err, errBoom)
			require.ErrorContains(t, err, "configsql: ")
			require.Zero(t, n)
		})
	}
}

func TestDeleteTenant(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, mock, _ := mockStore(t)
	mock.ExpectBegin()
	mock.ExpectQuery(bump).WithArgs("acme", sqlmock.AnyArg(), sqlmock.AnyArg()).WillReturnRows(number(5))
	mock.ExpectExec(dropAll).WithArgs("acme").WillReturnResult(sqlmock.NewResult(0, 3))
	mock.ExpectExec(forgetAll).WithArgs("acme").WillReturnResult(sqlmock.NewResult(0, 4))
	mock.ExpectCommit()
	rows, err := s.DeleteTenant(ctx, "acme")
	require.NoError(t, err)
	require.EqualValues(t, 7, rows)

	for name, prepare := range map[string]func(){
		"the settings": func() {
			mock.ExpectExec(dropAll).WillReturnError(errBoom)
			mock.ExpectRollback()
		},
		"the history": func() {
			mock.ExpectExec(dropAll).WillReturnResult(done)
			mock.ExpectExec(forgetAll).WillReturnError(errBoom)
			mock.ExpectRollback()
		},
		"the commit": func() {
			mock.ExpectExec(dropAll).WillReturnResult(done)
			mock.ExpectExec(forgetAll).WillReturnResult(done)
			mock.ExpectCommit().WillReturnError(errBoom)
		},
	} {
		mock.ExpectBegin()
		mock.ExpectQuery(bump).WillReturnRows(number(6))
		prepare()
		rows, err := s.DeleteTenant(ctx, "acme")
		require.ErrorIs(t, err, errBoom, name)
		require.Zero(t, rows, name)
	}
}

// In the caller's transaction nothing is begun, committed or rolled back.
func TestWith(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, mock, db := mockStore(t)
	mock.ExpectBegin()
	tx, err := db.BeginTx(ctx, &sql.TxOptions{})
	require.NoError(t, err)
	mock.ExpectQuery(bump).WillReturnRows(number(5))
	mock.ExpectExec(put).WillReturnResult(done)
	mock.ExpectExec(history).WillReturnResult(done)
	_, err = s.With(tx).Write(ctx, config.Owner{}, edit, set)
	require.NoError(t, err)
	mock.ExpectQuery(bump).WillReturnRows(number(6))
	mock.ExpectExec(dropAll).WillReturnError(errBoom)
	_, err = s.With(tx).DeleteTenant(ctx, "acme")
	require.ErrorIs(t, err, errBoom)
	mock.ExpectRollback()
	require.NoError(t, tx.Rollback())
}
