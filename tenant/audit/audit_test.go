package audit_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/DATA-DOG/go-sqlmock"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/audit"
)

// The log is held to its promises on real engines, in
// internal/conformance/lifecycle. Here are the statements, and failures that no
// engine makes on demand.

const (
	next       = `INSERT INTO tenancy_audit_heads (tenant_id, seq, changed_at) VALUES ($1, 1, $2) ON CONFLICT (tenant_id) DO UPDATE SET seq = tenancy_audit_heads.seq + 1, changed_at = $3 RETURNING seq`
	nextMySQL  = `INSERT INTO tenancy_audit_heads (tenant_id, seq, changed_at) VALUES (?, 1, ?) ON DUPLICATE KEY UPDATE seq = seq + 1, changed_at = ?`
	insert     = `INSERT INTO tenancy_audit (tenant_id, seq, kind, actor_id, actor_tenant, actor_guest, object, reason, at, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	selectHead = `SELECT tenant_id, seq, kind, actor_id, actor_tenant, actor_guest, object, reason, at, detail FROM tenancy_audit WHERE `
)

var errBoom = errors.New("boom")

func mockLog(t *testing.T, d tenant.Dialect) (*audit.Log, sqlmock.Sqlmock) {
	t.Helper()
	db, mock, err := sqlmock.New(sqlmock.QueryMatcherOption(sqlmock.QueryMatcherEqual))
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, mock.ExpectationsWereMet())
		db.Close()
	})
	return audit.New(db, d), mock
}

func seq(n int64) *sqlmock.Rows { return sqlmock.NewRows([]string{"seq"}).AddRow(n) }

func TestAppendStatements(t *testing.T) {
	t.Parallel()
	in := tenant.WithID(t.Context(), "acme")
	at := time.UnixMilli(1000)
	ev := tenant.Event{Kind: "a.b", Tenant: "acme", Actor: tenant.Actor{ID: "ann", Tenant: "acme", Guest: true}, Object: "o", Reason: "r", At: at, Detail: map[string]string{"b": "2", "a": "1"}}
	t.Run("the number comes first, and all in one transaction", func(t *testing.T) {
		log, mock := mockLog(t, tenant.Postgres)
		mock.ExpectBegin()
		mock.ExpectQuery(next).WithArgs("acme", sqlmock.AnyArg(), sqlmock.AnyArg()).WillReturnRows(seq(7))
		mock.ExpectExec(insert).WithArgs("acme", 7, "a.b", "ann", "acme", 1, "o", "r", 1000, `{"a":"1","b":"2"}`).WillReturnResult(sqlmock.NewResult(0, 1))
		mock.ExpectCommit()
		require.NoError(t, log.Append(in, ev))
	})
	t.Run("MySQL asks for its own number", func(t *testing.T) {
		log, mock := mockLog(t, tenant.MySQL)
		mock.ExpectBegin()
		mock.ExpectExec(nextMySQL).WillReturnResult(sqlmock.NewResult(0, 1))
		mock.ExpectQuery(`SELECT seq FROM tenancy_audit_heads WHERE tenant_id = ?`).WithArgs("acme").WillReturnRows(seq(7))
		mock.ExpectExec(`INSERT INTO tenancy_audit (tenant_id, seq, kind, actor_id, actor_tenant, actor_guest, object, reason, at, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`).
			WillReturnResult(sqlmock.NewResult(0, 1))
		mock.ExpectCommit()
		require.NoError(t, log.Append(in, ev))
	})
	t.Run("a hook works in the transaction of the change", func(t *testing.T) {
		log, mock := mockLog(t, tenant.Postgres)
		db, change, err := sqlmock.New(sqlmock.QueryMatcherOption(sqlmock.QueryMatcherEqual))
		require.NoError(t, err)
		defer db.Close()
		change.ExpectBegin()
		change.ExpectQuery(next).WillReturnRows(seq(1))
		change.ExpectExec(insert).WillReturnResult(sqlmock.NewResult(0, 1))
		tx, err := db.BeginTx(in, nil)
		require.NoError(t, err)
		require.NoError(t, log.Hook(in, tx, ev))
		require.NoError(t, change.ExpectationsWereMet())
		require.NoError(t, mock.ExpectationsWereMet())
	})
	for name, prepare := range map[string]func(sqlmock.Sqlmock){
		"no number": func(m sqlmock.Sqlmock) { m.ExpectQuery(next).WillReturnError(errBoom) },
		"no record": func(m sqlmock.Sqlmock) {
			m.ExpectQuery(next).WillReturnRows(seq(1))
			m.ExpectExec(insert).WillReturnError(errBoom)
		},
	} {
		t.Run(name, func(t *testing.T) {
			log, mock := mockLog(t, tenant.Postgres)
			mock.ExpectBegin()
			prepare(mock)
			mock.ExpectRollback()
			require.ErrorIs(t, log.Append(in, ev), errBoom)
		})
	}
	t.Run("without a dialect", func(t *testing.T) {
		log, mock := mockLog(t, 0)
		mock.ExpectBegin()
		mock.ExpectRollback()
		require.Error(t, log.Append(in, ev))
	})
}

func TestMalformedSendsNothing(t *testing.T) {
	t.Parallel()
	log, _ := mockLog(t, tenant.Postgres)
	all := tenant.AcrossAll(t.Context(), "a test")
	for name, ev := range map[string]tenant.Event{
		"no kind":                {},
		"one word":               {Kind: "added"},
		"an empty word":          {Kind: "member."},
		"another empty word":     {Kind: ".added"},
		"upper case":             {Kind: "Member.added"},
		"a space":                {Kind: "member. added"},
		"a tenant that is none":  {Kind: "a.b", Tenant: "A"},
		"an actor's tenant":      {Kind: "a.b", Actor: tenant.Actor{Tenant: "A"}},
		"an actor with a zero":   {Kind: "a.b", Actor: tenant.Actor{ID: "a\x00"}},
		"an object of bytes":     {Kind: "a.b", Object: "\xff"},
		"a reason of bytes":      {Kind: "a.b", Reason: "\xff"},
		"a detail with a zero":   {Kind: "a.b", Detail: map[string]string{"a": "\x00"}},
		"a detail called badly":  {Kind: "a.b", Detail: map[string]string{"\xff": ""}},
		"a detail of odd bytes":  {Kind: "a.b", Detail: map[string]string{"a": "\xff"}},
		"a kind with odd bytes":  {Kind: "a.\xff"},
		"a kind in other script": {Kind: "a.б"},
		"the kind of Prune":      {Kind: audit.KindPruned},
	} {
		err := log.Append(all, ev)
		require.ErrorIs(t, err, audit.ErrInvalidEvent, name)
		require.NotErrorIs(t, err, audit.ErrTooLarge, name)
	}
}

func TestReadFailures(t *testing.T) {
	t.Parallel()
	in := tenant.WithID(t.Context(), "acme")
	columns := []string{"tenant_id", "seq", "kind", "actor_id", "actor_tenant", "actor_guest", "object", "reason", "at", "detail"}
	page := selectHead + `tenant_id IN ($1) ORDER BY seq LIMIT $2`
	full := sqlmock.NewRows(columns)
	for n := range 200 {
		full.AddRow("acme", n+1, "a.b", "", "", 0, "", "", 1000, "{}")
	}
	for name, c := range map[string]struct {
		prepare func(sqlmock.Sqlmock)
		records int
	}{
		"the statement": {func(m sqlmock.Sqlmock) { m.ExpectQuery(page).WithArgs("acme", 200).WillReturnError(errBoom) }, 0},
		"a row": {func(m sqlmock.Sqlmock) {
			m.ExpectQuery(page).WillReturnRows(sqlmock.NewRows(columns).AddRow("acme", "x", "", "", "", 0, "", "", 0, ""))
		}, 0},
		"a detail": {func(m sqlmock.Sqlmock) {
			m.ExpectQuery(page).WillReturnRows(sqlmock.NewRows(columns).AddRow("acme", 1, "a.b", "", "", 0, "", "", 0, "{"))
		}, 0},
		"the second page": {func(m sqlmock.Sqlmock) {
			m.ExpectQuery(page).WillReturnRows(full)
			m.ExpectQuery(selectHead+`tenant_id IN ($1) AND seq > $2 ORDER BY seq LIMIT $3`).WithArgs("acme", 200, 200).WillReturnError(errBoom)
		}, 200},
	} {
		log, mock := mockLog(t, tenant.Postgres)
		c.prepare(mock)
		n, failed := 0, error(nil)
		for r, err := range log.Records(in, audit.Query{}) {
			if err != nil {
				require.NoError(t, failed, "%s: an error is the last", name)
				require.Zero(t, r, name)
				failed = err
				continue
			}
			n++
		}
		require.Error(t, failed, name)
		require.Equal(t, c.records, n, name)
	}
	log, mock := mockLog(t, tenant.SQLite)
	mock.ExpectQuery(`SELECT tenant_id, seq FROM tenancy_audit_heads WHERE tenant_id >= ? AND changed_at >= ? AND tenant_id IN (?) ORDER BY tenant_id LIMIT 1000`).
		WithArgs("", 1000, "acme").WillReturnError(errBoom)
	for _, err := range log.Heads(in, time.UnixMilli(1000)) {
		require.ErrorIs(t, err, errBoom)
	}
}

// More heads than one page has.
func TestHeadsPages(t *testing.T) {
	t.Parallel()
	log, mock := mockLog(t, tenant.SQLite)
	page := func(from, to int) *sqlmock.Rows {
		rows := sqlmock.NewRows([]string{"tenant_id", "seq"})
		for n := from; n < to; n++ {
			rows.AddRow(fmt.Sprintf("t%04d", n), n)
		}
		return rows
	}
	mock.ExpectQuery(`SELECT tenant_id, seq FROM tenancy_audit_heads WHERE tenant_id >= ? AND changed_at >= ? ORDER BY tenant_id LIMIT 1000`).
		WithArgs("", 0).WillReturnRows(page(0, 1000))
	mock.ExpectQuery(`SELECT tenant_id, seq FROM tenancy_audit_heads WHERE tenant_id > ? AND changed_at >= ? ORDER BY tenant_id LIMIT 1000`).
		WithArgs("t0999", 0).WillReturnRows(page(1000, 1001))
	n := 0
	for h, err := range log.Heads(tenant.AcrossAll(t.Context(), "a test"), time.Time{}) {
		require.NoError(t, err)
		require.EqualValues(t, n, h.Seq)
		n++
	}
	require.Equal(t, 1001, n)
}

func TestPruneFailures(t *testing.T) {
	t.Parallel()
	all := tenant.AcrossAll(t.Context(), "a test")
	remove := `DELETE FROM tenancy_audit WHERE at < $1 AND kind <> 'audit.pruned'`
	for name, prepare := range map[string]func(sqlmock.Sqlmock){
		"the lock": func(m sqlmock.Sqlmock) { m.ExpectQuery(next).WillReturnError(errBoom) },
		"the removal": func(m sqlmock.Sqlmock) {
			m.ExpectQuery(next).WillReturnRows(seq(1))
			m.ExpectExec(remove).WithArgs(1000).WillReturnError(errBoom)
		},
		"the count": func(m sqlmock.Sqlmock) {
			m.ExpectQuery(next).WillReturnRows(seq(1))
			m.ExpectExec(remove).WillReturnResult(sqlmock.NewErrorResult(errBoom))
		},
		"the record of it": func(m sqlmock.Sqlmock) {
			m.ExpectQuery(next).WillReturnRows(seq(1))
			m.ExpectExec(remove).WillReturnResult(sqlmock.NewResult(0, 3))
			m.ExpectExec(insert).WillReturnError(errBoom)
		},
	} {
		log, mock := mockLog(t, tenant.Postgres)
		mock.ExpectBegin()
		prepare(mock)
		mock.ExpectRollback()
		n, err := log.Prune(all, time.UnixMilli(1000), "old")
		require.ErrorIs(t, err, errBoom, name)
		require.Zero(t, n, name)
	}
}

var _ tenant.Hook = (&audit.Log{}).Hook
