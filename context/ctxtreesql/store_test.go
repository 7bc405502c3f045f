package ctxtreesql_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/DATA-DOG/go-sqlmock"
	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/context/ctxtreesql"
	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

var errBroken = errors.New("the engine's own words")

// marked fails the test when a statement is not marked as the library's own:
// package scope would not let it pass.
type marked struct {
	*sql.DB
	t *testing.T
}

func (m marked) check(ctx context.Context) {
	require.True(m.t, carry.From(ctx).Library, "a statement without the library's mark")
}

func (m marked) ExecContext(ctx context.Context, q string, args ...any) (sql.Result, error) {
	m.check(ctx)
	return m.DB.ExecContext(ctx, q, args...)
}

func (m marked) QueryContext(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	m.check(ctx)
	return m.DB.QueryContext(ctx, q, args...)
}

func (m marked) QueryRowContext(ctx context.Context, q string, args ...any) *sql.Row {
	m.check(ctx)
	return m.DB.QueryRowContext(ctx, q, args...)
}

// columns of a node, as they are selected.
var columns = []string{"id", "tenant_id", "level", "instance", "parent_id", "path", "depth", "locked"}

func row(id int64, level, instance string, parent int64, path string, depth int) *sqlmock.Rows {
	return sqlmock.NewRows(columns).AddRow(id, "acme", level, instance, parent, path, depth, 0)
}

// statement is one that is expected, and what the engine answers.
type statement struct {
	text string // the beginning of it
	args []any
	rows *sqlmock.Rows // nil for one that returns none
}

const selected = `SELECT id, tenant_id, level, instance, parent_id, path, depth, locked FROM tenancy_nodes WHERE `

// bump takes the tenant's lock; its text is package feed's affair.
func bump() statement {
	return statement{`INSERT INTO tenancy_changes `, nil, sqlmock.NewRows([]string{"number"}).AddRow(1)}
}

// operations are the statements of each change, on PostgreSQL, in the context
// of tenant acme: one before the transaction, then the lock, then the rest.
func operations() map[string]struct {
	do         func(ctxtree.Store, context.Context) error
	statements []statement
} {
	const secret = "7-secret"
	top := func() *sqlmock.Rows { return row(3, "category", "top", 2, "/1/2/3/", 3) }
	course := func() *sqlmock.Rows { return row(5, "course", secret, 3, "/1/2/3/5/", 4) }
	other := func() *sqlmock.Rows { return row(9, "category", "other", 2, "/1/2/9/", 3) }
	get := selected + `id = $1 AND tenant_id IN ($2, $3)`
	instance := selected + `tenant_id = $1 AND level = $2 AND instance = $3`
	return map[string]struct {
		do         func(ctxtree.Store, context.Context) error
		statements []statement
	}{
		"create": {
			func(s ctxtree.Store, ctx context.Context) error {
				_, err := s.Create(ctx, ctxtree.Spec{Parent: 3, Level: "course", Instance: secret})
				return err
			},
			[]statement{
				{get, []any{3, "acme", ""}, top()},
				bump(),
				{get + ` FOR UPDATE`, []any{3, "acme", ""}, top()},
				{instance, []any{"acme", "course", secret}, sqlmock.NewRows(columns)},
				{`INSERT INTO tenancy_nodes (tenant_id, level, instance, parent_id, path, depth, locked) VALUES ($1, $2, $3, $4, '', 0, 0)`, []any{"acme", "course", secret, 3}, nil},
				{instance, []any{"acme", "course", secret}, course()},
				{`UPDATE tenancy_nodes SET parent_id = $1, path = $2, depth = $3 WHERE id = $4 AND tenant_id = $5`, []any{3, "/1/2/3/5/", 4, 5, "acme"}, nil},
			},
		},
		"move": {
			func(s ctxtree.Store, ctx context.Context) error {
				_, err := s.Move(ctx, 5, 9)
				return err
			},
			[]statement{
				{get, []any{5, "acme", ""}, course()},
				bump(),
				{get + ` FOR UPDATE`, []any{5, "acme", ""}, course()},
				{get + ` FOR UPDATE`, []any{9, "acme", ""}, other()},
				{selected + `tenant_id = $1 AND path > $2 AND path < $3 ORDER BY path FOR UPDATE`, []any{"acme", "/1/2/3/5/", "/1/2/3/50"}, row(6, "course", "below", 5, "/1/2/3/5/6/", 5)},
				{`UPDATE tenancy_nodes SET path = CASE id WHEN $1 THEN $2 ELSE path END, depth = depth + $3 WHERE tenant_id = $4 AND id IN ($5)`, []any{6, "/1/2/9/5/6/", 0, "acme", 6}, nil},
				{`UPDATE tenancy_nodes SET parent_id = $1, path = $2, depth = $3 WHERE id = $4 AND tenant_id = $5`, []any{9, "/1/2/9/5/", 4, 5, "acme"}, nil},
			},
		},
		"lock": {
			func(s ctxtree.Store, ctx context.Context) error { return s.SetLocked(ctx, 3, true) },
			[]statement{
				{get, []any{3, "acme", ""}, top()},
				bump(),
				{get + ` FOR UPDATE`, []any{3, "acme", ""}, top()},
				{selected + `id IN ($1, $2, $3) AND tenant_id IN ($4, $5) ORDER BY path FOR UPDATE`, []any{1, 2, 3, "acme", ""}, top()},
				{`UPDATE tenancy_nodes SET locked = $1 WHERE id = $2 AND tenant_id = $3`, []any{1, 3, "acme"}, nil},
			},
		},
		"delete": {
			func(s ctxtree.Store, ctx context.Context) error { return s.Delete(ctx, 3) },
			[]statement{
				{get, []any{3, "acme", ""}, top()},
				bump(),
				{get + ` FOR UPDATE`, []any{3, "acme", ""}, top()},
				{`DELETE FROM tenancy_nodes WHERE tenant_id = $1 AND path >= $2 AND path < $3`, []any{"acme", "/1/2/3/", "/1/2/30"}, nil},
			},
		},
	}
}

// newStore returns a store on a mock, and checks in the end that everything
// expected has happened.
func newStore(t *testing.T) (*ctxtreesql.Store, sqlmock.Sqlmock) {
	t.Helper()
	db, mock, err := sqlmock.New(sqlmock.QueryMatcherOption(sqlmock.QueryMatcherFunc(func(expected, actual string) error {
		if actual != expected && !(strings.HasSuffix(expected, " ") && strings.HasPrefix(actual, expected)) {
			return errors.New("got  " + actual + "\nwant " + expected)
		}
		for _, m := range regexp.MustCompile(`(?:FROM|INTO|^UPDATE) (\w+)`).FindAllStringSubmatch(actual, -1) {
			if !strings.HasPrefix(m[1], "tenancy_") {
				return errors.New("a statement names " + m[1])
			}
		}
		return nil
	})))
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, mock.ExpectationsWereMet())
		_ = db.Close()
	})
	levels, err := ctxtree.NewLevels(
		ctxtree.LevelRule{Level: "category", Under: []ctxtree.Level{ctxtree.LevelTenant}},
		ctxtree.LevelRule{Level: "course", Under: []ctxtree.Level{"category", "course"}})
	require.NoError(t, err)
	return ctxtreesql.New(marked{db, t}, tenant.Postgres, levels), mock
}

func expect(mock sqlmock.Sqlmock, s statement, fail error) {
	if s.rows == nil {
		e := mock.ExpectExec(s.text).WithArgs(values(s.args)...)
		if fail != nil {
			e.WillReturnError(fail)
		} else {
			e.WillReturnResult(sqlmock.NewResult(0, 1))
		}
		return
	}
	e := mock.ExpectQuery(s.text)
	if s.args != nil {
		e = e.WithArgs(values(s.args)...)
	}
	if fail != nil {
		e.WillReturnError(fail)
	} else {
		e.WillReturnRows(s.rows)
	}
}

func values(args []any) []driver.Value {
	out := make([]driver.Value, len(args))
	for i, a := range args {
		out[i] = a
	}
	return out
}

func TestExactStatements(t *testing.T) {
	t.Parallel()
	ctx := tenant.WithID(context.Background(), "acme")
	for name, op := range operations() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, mock := newStore(t)
			told := 0
			store.Subscribe(func(tenant.ID, int64) { told++ })
			for i, s := range op.statements {
				if i == 1 {
					mock.ExpectBegin()
				}
				expect(mock, s, nil)
			}
			mock.ExpectCommit()
			require.NoError(t, op.do(store, ctx))
			require.Equal(t, 1, told)
		})
	}
}

// TestWith: inside a caller's transaction nothing is begun, committed or
// announced.
func TestWith(t *testing.T) {
	t.Parallel()
	ctx := tenant.WithID(context.Background(), "acme")
	for name, op := range operations() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, mock, err := sqlmock.New(sqlmock.QueryMatcherOption(sqlmock.QueryMatcherFunc(func(string, string) error { return nil })))
			require.NoError(t, err)
			defer db.Close()
			store, _ := newStore(t)
			store.Subscribe(func(tenant.ID, int64) { t.Error("told of what is not committed") })
			mock.ExpectBegin()
			tx, err := db.BeginTx(ctx, nil)
			require.NoError(t, err)
			inside := store.With(tx)
			inside.Subscribe(func(tenant.ID, int64) { t.Error("told of what is not committed") })
			for _, s := range op.statements {
				expect(mock, s, nil)
			}
			require.NoError(t, op.do(inside, ctx))
			require.NoError(t, mock.ExpectationsWereMet())
		})
	}
}

// TestFailures: whatever statement fails, the transaction is rolled back, and
// the error is the engine's, without a value.
func TestFailures(t *testing.T) {
	t.Parallel()
	ctx := tenant.WithID(context.Background(), "acme")
	for name, op := range operations() {
		for failing := range op.statements {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				store, mock := newStore(t)
				for i, s := range operations()[name].statements[:failing+1] {
					if i == 1 {
						mock.ExpectBegin()
					}
					if i == failing {
						expect(mock, s, errBroken)
					} else {
						expect(mock, s, nil)
					}
				}
				if failing > 0 {
					mock.ExpectRollback()
				}
				err := op.do(store, ctx)
				require.ErrorIs(t, err, errBroken)
				require.NotContains(t, err.Error(), "secret")
				require.NotContains(t, err.Error(), "acme")
			})
		}
	}
}

// TestReadFailures: an engine that fails is an error, not absence.
func TestReadFailures(t *testing.T) {
	t.Parallel()
	ctx := tenant.WithID(context.Background(), "acme")
	for name, read := range map[string]func(ctxtree.Store) error{
		"node":        func(s ctxtree.Store) error { _, _, err := s.Node(ctx, 3); return err },
		"instance":    func(s ctxtree.Store) error { _, _, err := s.ByInstance(ctx, "acme", "course", "7"); return err },
		"ancestors":   func(s ctxtree.Store) error { _, err := s.Ancestors(ctx, 3); return err },
		"descendants": func(s ctxtree.Store) error { _, err := s.Descendants(ctx, 3); return err },
		"of a tenant": func(s ctxtree.Store) error { _, _, err := s.Load(ctx, "acme"); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, mock := newStore(t)
			loads := func() {
				if name == "of a tenant" {
					mock.ExpectBegin()
					mock.ExpectQuery("SELECT number FROM tenancy_changes WHERE tenant_id = $1").WithArgs("acme").
						WillReturnRows(sqlmock.NewRows([]string{"number"}).AddRow(7))
				}
			}
			loads()
			mock.ExpectQuery(selected).WillReturnError(errBroken)
			require.ErrorIs(t, read(store), errBroken)

			if name == "ancestors" || name == "descendants" || name == "of a tenant" {
				store, mock = newStore(t)
				loads()
				if name != "of a tenant" {
					mock.ExpectQuery(selected).WillReturnRows(row(3, "category", "top", 2, "/1/2/3/", 3))
				}
				mock.ExpectQuery(selected).WillReturnRows(row(3, "category", "top", 2, "/1/2/3/", 3).
					AddRow(4, "acme", "category", "x", 2, "/1/2/4/", 3, 0).RowError(1, errBroken))
				require.ErrorIs(t, read(store), errBroken)
			}
		})
	}
}

// TestNothingIsSent: what a context may not do does not reach the database.
func TestNothingIsSent(t *testing.T) {
	t.Parallel()
	store, mock := newStore(t)
	bg := context.Background()
	_, _, err := store.Node(bg, 3)
	require.ErrorIs(t, err, tenant.ErrNoTenant)
	_, err = store.Create(bg, ctxtree.Spec{Parent: 1, Level: ctxtree.LevelTenant, Instance: "acme"})
	require.ErrorIs(t, err, tenant.ErrNoTenant)
	_, err = store.Move(bg, 3, 4)
	require.ErrorIs(t, err, tenant.ErrNoTenant)
	require.ErrorIs(t, store.SetLocked(bg, 3, true), tenant.ErrNoTenant)
	require.ErrorIs(t, store.Delete(bg, 3), tenant.ErrNoTenant)

	// The parent has to be read to know whose the child would be.
	mock.ExpectQuery(selected).WillReturnRows(sqlmock.NewRows(columns).AddRow(1, "", "system", "", 0, "/1/", 1, 0))
	_, err = store.Create(tenant.WithID(bg, "acme"), ctxtree.Spec{Parent: 1, Level: ctxtree.LevelTenant, Instance: "bolt"})
	require.ErrorIs(t, err, ctxtree.ErrOutside)

	nodes, _, err := store.Load(tenant.WithID(bg, "acme"), "bolt")
	require.NoError(t, err)
	require.Empty(t, nodes)
	_, found, err := store.ByInstance(tenant.WithID(bg, "acme"), "bolt", "course", "7")
	require.NoError(t, err)
	require.False(t, found)
}
