package rbacsql_test

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
	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/rbac/rbacsql"
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

// statement is one that is expected, and what the engine answers.
type statement struct {
	text string // the beginning of it, where it ends with a space
	args []driver.Value
	rows *sqlmock.Rows // nil for one that returns none
}

func one(v driver.Value) *sqlmock.Rows { return sqlmock.NewRows([]string{"v"}).AddRow(v) }

// bump takes the part's lock; its text is package feed's affair.
func bump() statement { return statement{`INSERT INTO tenancy_changes `, nil, one(1)} }

func roleExists() statement {
	return statement{`SELECT id FROM tenancy_roles WHERE id = $1`, []driver.Value{4}, one(4)}
}

const (
	deletePermission = `DELETE FROM tenancy_role_permissions WHERE tenant_id = $1 AND node_id = $2 AND role_id = $3 AND capability = $4`
	deleteAssignment = `DELETE FROM tenancy_role_assignments WHERE tenant_id = $1 AND node_id = $2 AND role_id = $3 AND user_id = $4 AND component = $5 AND item = $6`
)

type operation struct {
	in         context.Context
	do         func(context.Context, rbac.Store) error
	statements []statement
}

// operations are the statements of each change, on PostgreSQL.
func operations() map[string]operation {
	acme := tenant.WithID(context.Background(), "acme")
	global := tenant.Global(context.Background())
	at := ctxtree.Node{ID: 7, Tenant: "acme"}
	ann := rbac.Assignment{Role: 4, User: "ann-secret", Component: "sync", Item: 3}
	annKey := []driver.Value{"acme", 7, 4, "ann-secret", "sync", 3}
	selectName := `SELECT id FROM tenancy_roles WHERE name = $1`
	return map[string]operation{
		"define a role": {
			global, func(ctx context.Context, s rbac.Store) error {
				_, err := s.DefineRole(ctx, rbac.Role{
					Name: "secret", Title: "Secret", Archetype: rbac.ArchetypeManager, Levels: []ctxtree.Level{"course", "category"},
				})
				return err
			},
			[]statement{
				bump(),
				{selectName, []driver.Value{"secret"}, sqlmock.NewRows([]string{"id"})},
				{`INSERT INTO tenancy_roles (name, title, archetype, levels) VALUES ($1, $2, $3, $4)`, []driver.Value{"secret", "Secret", "manager", "category,course"}, nil},
				{selectName, []driver.Value{"secret"}, one(4)},
			},
		},
		"define a role again": {
			global, func(ctx context.Context, s rbac.Store) error {
				_, err := s.DefineRole(ctx, rbac.Role{Name: "secret", Title: "Secret"})
				return err
			},
			[]statement{
				bump(),
				{selectName, []driver.Value{"secret"}, one(4)},
				{`UPDATE tenancy_roles SET title = $1, archetype = $2, levels = $3 WHERE id = $4`, []driver.Value{"Secret", "", "", 4}, nil},
			},
		},
		"set a permission": {
			acme, func(ctx context.Context, s rbac.Store) error {
				return s.SetPermission(ctx, at, 4, "secret:see", rbac.Prohibit)
			},
			[]statement{
				bump(), roleExists(),
				{deletePermission, []driver.Value{"acme", 7, 4, "secret:see"}, nil},
				{`INSERT INTO tenancy_role_permissions (tenant_id, node_id, role_id, capability, permission) VALUES ($1, $2, $3, $4, $5)`, []driver.Value{"acme", 7, 4, "secret:see", "prohibit"}, nil},
			},
		},
		"remove a permission": {
			acme, func(ctx context.Context, s rbac.Store) error {
				return s.SetPermission(ctx, at, 4, "secret:see", rbac.Inherit)
			},
			[]statement{bump(), roleExists(), {deletePermission, []driver.Value{"acme", 7, 4, "secret:see"}, nil}},
		},
		"set several permissions": {
			acme, func(ctx context.Context, s rbac.Store) error {
				return s.SetPermissions(ctx, at, 4, map[string]rbac.Permission{"secret:see": rbac.Allow, "secret:edit": rbac.Inherit})
			},
			[]statement{
				bump(), roleExists(),
				{deletePermission, []driver.Value{"acme", 7, 4, "secret:edit"}, nil},
				{deletePermission, []driver.Value{"acme", 7, 4, "secret:see"}, nil},
				{`INSERT INTO tenancy_role_permissions (tenant_id, node_id, role_id, capability, permission) VALUES ($1, $2, $3, $4, $5)`, []driver.Value{"acme", 7, 4, "secret:see", "allow"}, nil},
			},
		},
		"delete a role": {
			global, func(ctx context.Context, s rbac.Store) error { return s.DeleteRole(ctx, 4) },
			[]statement{
				bump(),
				{`DELETE FROM tenancy_role_pairs WHERE role_id = $1 OR target_id = $2`, []driver.Value{4, 4}, nil},
				{`UPDATE tenancy_role_specials SET role_id = 0 WHERE role_id = $1`, []driver.Value{4}, nil},
				{`DELETE FROM tenancy_role_permissions WHERE tenant_id = $1 AND role_id = $2`, []driver.Value{"", 4}, nil},
				{`DELETE FROM tenancy_role_assignments WHERE tenant_id = $1 AND role_id = $2`, []driver.Value{"", 4}, nil},
				{`DELETE FROM tenancy_roles WHERE id = $1`, []driver.Value{4}, nil},
			},
		},
		"sweep": {
			acme, func(ctx context.Context, s rbac.Store) error {
				_, err := s.Sweep(ctx, "acme")
				return err
			},
			[]statement{
				bump(),
				{`DELETE FROM tenancy_role_permissions WHERE tenant_id = $1 AND role_id NOT IN (SELECT id FROM tenancy_roles)`, []driver.Value{"acme"}, nil},
				{`DELETE FROM tenancy_role_assignments WHERE tenant_id = $1 AND role_id NOT IN (SELECT id FROM tenancy_roles)`, []driver.Value{"acme"}, nil},
			},
		},
		"delete all": {
			acme, func(ctx context.Context, s rbac.Store) error {
				_, err := s.DeleteAll(ctx, "acme")
				return err
			},
			[]statement{
				bump(),
				{`DELETE FROM tenancy_role_permissions WHERE tenant_id = $1`, []driver.Value{"acme"}, nil},
				{`DELETE FROM tenancy_role_assignments WHERE tenant_id = $1`, []driver.Value{"acme"}, nil},
			},
		},
		"unassign all": {
			acme, func(ctx context.Context, s rbac.Store) error {
				_, err := s.UnassignAll(ctx, "acme", rbac.Filter{User: "ann-secret", Role: 4, Node: 7, Component: new(string), Item: new(int64)})
				return err
			},
			[]statement{
				bump(),
				{
					`DELETE FROM tenancy_role_assignments WHERE tenant_id = $1 AND user_id = $2 AND role_id = $3 AND node_id = $4 AND component = $5 AND item = $6`,
					[]driver.Value{"acme", "ann-secret", 4, 7, "", 0}, nil,
				},
			},
		},
		"a pair": {
			global, func(ctx context.Context, s rbac.Store) error {
				return s.SetPair(ctx, rbac.Pair{Kind: rbac.PairSwitch, Role: 4, Target: 4}, true)
			},
			[]statement{
				bump(), roleExists(), roleExists(),
				{`DELETE FROM tenancy_role_pairs WHERE kind = $1 AND role_id = $2 AND target_id = $3`, []driver.Value{"switch", 4, 4}, nil},
				{`INSERT INTO tenancy_role_pairs (kind, role_id, target_id) VALUES ($1, $2, $3)`, []driver.Value{"switch", 4, 4}, nil},
			},
		},
		"several changes as one": {
			acme, func(ctx context.Context, s rbac.Store) error {
				return s.Change(ctx, "acme", func(tx rbac.Store, _ tenant.DBTX) error {
					if err := tx.Unassign(ctx, at, ann); err != nil {
						return err
					}
					return tx.Assign(ctx, at, ann)
				})
			},
			[]statement{
				{`SELECT number FROM tenancy_changes WHERE tenant_id = $1 FOR SHARE`, []driver.Value{""}, one(1)},
				bump(), roleExists(),
				{deleteAssignment, annKey, nil},
				roleExists(),
				{deleteAssignment, annKey, nil},
				{`INSERT INTO tenancy_role_assignments (tenant_id, node_id, role_id, user_id, component, item) VALUES ($1, $2, $3, $4, $5, $6)`, annKey, nil},
			},
		},
		"assign": {
			acme, func(ctx context.Context, s rbac.Store) error { return s.Assign(ctx, at, ann) },
			[]statement{
				bump(), roleExists(),
				{deleteAssignment, annKey, nil},
				{`INSERT INTO tenancy_role_assignments (tenant_id, node_id, role_id, user_id, component, item) VALUES ($1, $2, $3, $4, $5, $6)`, annKey, nil},
			},
		},
		"unassign": {
			acme, func(ctx context.Context, s rbac.Store) error { return s.Unassign(ctx, at, ann) },
			[]statement{bump(), roleExists(), {deleteAssignment, annKey, nil}},
		},
		"special roles": {
			global, func(ctx context.Context, s rbac.Store) error {
				return s.SetSpecial(ctx, rbac.Special{DefaultUser: 4, FrontPageNode: 9})
			},
			[]statement{
				bump(), roleExists(),
				{`DELETE FROM tenancy_role_specials`, nil, nil},
				{`INSERT INTO tenancy_role_specials (kind, role_id, node_id) VALUES ($1, $2, $3)`, []driver.Value{"default_user", 4, 0}, nil},
				{`INSERT INTO tenancy_role_specials (kind, role_id, node_id) VALUES ($1, $2, $3)`, []driver.Value{"front_page", 0, 9}, nil},
			},
		},
		"a site administrator": {
			global, func(ctx context.Context, s rbac.Store) error { return s.SetSiteAdmin(ctx, "secret", true) },
			[]statement{
				bump(),
				{`DELETE FROM tenancy_site_admins WHERE user_id = $1`, []driver.Value{"secret"}, nil},
				{`INSERT INTO tenancy_site_admins (user_id) VALUES ($1)`, []driver.Value{"secret"}, nil},
			},
		},
		"no site administrator": {
			global, func(ctx context.Context, s rbac.Store) error { return s.SetSiteAdmin(ctx, "secret", false) },
			[]statement{bump(), {`DELETE FROM tenancy_site_admins WHERE user_id = $1`, []driver.Value{"secret"}, nil}},
		},
	}
}

// newStore returns a store on a mock, and checks in the end that everything
// expected has happened.
func newStore(t *testing.T) (*rbacsql.Store, sqlmock.Sqlmock) {
	t.Helper()
	tables := regexp.MustCompile(`(?:FROM|INTO|^UPDATE) (\w+)`)
	db, mock, err := sqlmock.New(sqlmock.QueryMatcherOption(sqlmock.QueryMatcherFunc(func(expected, actual string) error {
		if actual != expected && !(strings.HasSuffix(expected, " ") && strings.HasPrefix(actual, expected)) {
			return errors.New("got  " + actual + "\nwant " + expected)
		}
		for _, m := range tables.FindAllStringSubmatch(actual, -1) {
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
	return rbacsql.New(marked{db, t}, tenant.Postgres), mock
}

func expect(mock sqlmock.Sqlmock, s statement, fail error) {
	if s.rows == nil {
		e := mock.ExpectExec(s.text).WithArgs(s.args...)
		if fail != nil {
			e.WillReturnError(fail)
		} else {
			e.WillReturnResult(sqlmock.NewResult(0, 1))
		}
		return
	}
	e := mock.ExpectQuery(s.text)
	if s.args != nil {
		e = e.WithArgs(s.args...)
	}
	if fail != nil {
		e.WillReturnError(fail)
	} else {
		e.WillReturnRows(s.rows)
	}
}

func TestExactStatements(t *testing.T) {
	t.Parallel()
	for name, op := range operations() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, mock := newStore(t)
			told := 0
			store.Subscribe(func(tenant.ID, int64) { told++ })
			mock.ExpectBegin()
			for _, s := range op.statements {
				expect(mock, s, nil)
			}
			mock.ExpectCommit()
			require.NoError(t, op.do(op.in, store))
			require.Equal(t, 1, told)
		})
	}
}

// TestFailures: whatever fails, the transaction is rolled back, and the error
// is the engine's, without a value. A commit that fails may still have got
// through, so subscribers are told in any case.
func TestFailures(t *testing.T) {
	t.Parallel()
	for name, op := range operations() {
		for failing := range len(op.statements) + 1 {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				store, mock := newStore(t)
				told := 0
				store.Subscribe(func(tenant.ID, int64) { told++ })
				mock.ExpectBegin()
				statements := operations()[name].statements
				for i, s := range statements[:min(failing+1, len(statements))] {
					var fail error
					if i == failing {
						fail = errBroken
					}
					expect(mock, s, fail)
				}
				if failing == len(statements) {
					mock.ExpectCommit().WillReturnError(errBroken)
				} else {
					mock.ExpectRollback()
				}
				err := op.do(op.in, store)
				require.ErrorIs(t, err, errBroken)
				require.NotContains(t, err.Error(), "ecret")
				require.NotContains(t, err.Error(), "acme")
				require.Equal(t, 1, told)
			})
		}
	}
}

func TestUnknownRole(t *testing.T) {
	t.Parallel()
	store, mock := newStore(t)
	mock.ExpectBegin()
	expect(mock, bump(), nil)
	mock.ExpectQuery(`SELECT id FROM tenancy_roles WHERE id = $1`).WithArgs(5).WillReturnRows(sqlmock.NewRows([]string{"id"}))
	mock.ExpectRollback()
	err := store.Assign(tenant.WithID(context.Background(), "acme"), ctxtree.Node{ID: 7, Tenant: "acme"}, rbac.Assignment{Role: 5, User: "ann"})
	require.ErrorIs(t, err, rbac.ErrUnknownRole)
}

// loads are the statements of a load of the part without tenant, which begins
// like that of a tenant.
func loads(of string) []statement {
	return []statement{
		{
			"SELECT node_id, role_id, capability, permission FROM tenancy_role_permissions\nWHERE tenant_id = $1 ORDER BY node_id, role_id, capability", []driver.Value{of},
			sqlmock.NewRows([]string{"n", "r", "c", "p"}).AddRow(7, 4, "x:y", "prevent"),
		},
		{
			"SELECT node_id, role_id, user_id, component, item FROM tenancy_role_assignments\nWHERE tenant_id = $1 ORDER BY node_id, role_id, user_id, component, item", []driver.Value{of},
			sqlmock.NewRows([]string{"n", "r", "u", "c", "i"}).AddRow(7, 4, "ann", "sync", 3),
		},
		{
			`SELECT id, name, title, archetype, levels FROM tenancy_roles ORDER BY id`, nil,
			sqlmock.NewRows([]string{"i", "n", "t", "a", "l"}).AddRow(4, "editor", "Editor", "manager", "category,course").AddRow(5, "viewer", "", "", ""),
		},
		{
			`SELECT kind, role_id, target_id FROM tenancy_role_pairs`, nil,
			sqlmock.NewRows([]string{"k", "r", "t"}).AddRow("view", 4, 4).AddRow("of a later version", 4, 4).AddRow("assign", 5, 4).AddRow("assign", 4, 5).AddRow("assign", 4, 4),
		},
		{
			`SELECT kind, role_id, node_id FROM tenancy_role_specials`, nil,
			sqlmock.NewRows([]string{"k", "r", "n"}).AddRow("guest", 4, 0).AddRow("of a later version", 4, 0),
		},
		{
			`SELECT user_id FROM tenancy_site_admins ORDER BY user_id`, nil,
			one("root"),
		},
	}
}

// number7 expects that the change number is read, which is 7.
func number7(mock sqlmock.Sqlmock, of string) {
	mock.ExpectQuery(`SELECT number FROM tenancy_changes WHERE tenant_id = $1`).WithArgs(of).
		WillReturnRows(sqlmock.NewRows([]string{"number"}).AddRow(7))
}

func TestLoad(t *testing.T) {
	t.Parallel()
	want := rbac.Rules{
		Permissions: []rbac.PlacedPermission{{Node: 7, Role: 4, Capability: "x:y", Permission: rbac.Prevent}},
		Assignments: []rbac.PlacedAssignment{{Node: 7, Assignment: rbac.Assignment{Role: 4, User: "ann", Component: "sync", Item: 3}}},
	}
	store, mock := newStore(t)
	mock.ExpectBegin() // one snapshot for all of them
	number7(mock, "acme")
	for _, s := range loads("acme")[:2] {
		expect(mock, s, nil)
	}
	mock.ExpectRollback()
	got, number, err := store.Load(tenant.WithID(context.Background(), "acme"), "acme")
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.EqualValues(t, 7, number)

	want.Roles = []rbac.Role{
		{ID: 4, Name: "editor", Title: "Editor", Archetype: rbac.ArchetypeManager, Levels: []ctxtree.Level{"category", "course"}},
		{ID: 5, Name: "viewer"},
	}
	want.Pairs = []rbac.Pair{
		{Kind: rbac.PairAssign, Role: 4, Target: 4},
		{Kind: rbac.PairAssign, Role: 4, Target: 5},
		{Kind: rbac.PairAssign, Role: 5, Target: 4},
		{Kind: rbac.PairView, Role: 4, Target: 4},
	}
	want.Special = rbac.Special{Guest: 4}
	want.SiteAdmins = []string{"root"}
	mock.ExpectBegin()
	number7(mock, "")
	for _, s := range loads("") {
		expect(mock, s, nil)
	}
	mock.ExpectRollback()
	got, number, err = store.Load(tenant.Global(context.Background()), "")
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.EqualValues(t, 7, number)
}

// TestLoadFailures: half of the rules are none.
func TestLoadFailures(t *testing.T) {
	t.Parallel()
	global := tenant.Global(context.Background())
	for failing := range loads("") {
		store, mock := newStore(t)
		mock.ExpectBegin()
		number7(mock, "")
		for i, s := range loads("")[:failing+1] {
			if i == failing {
				s.rows.RowError(0, errBroken)
			}
			expect(mock, s, nil)
		}
		mock.ExpectRollback()
		got, number, err := store.Load(global, "")
		require.ErrorIs(t, err, errBroken)
		require.Zero(t, got)
		require.Zero(t, number)
	}
	store, mock := newStore(t)
	mock.ExpectBegin()
	number7(mock, "")
	mock.ExpectQuery("SELECT node_id, role_id, capability, permission ").
		WillReturnRows(sqlmock.NewRows([]string{"n", "r", "c", "p"}).AddRow(7, 4, "x:y", "forbid"))
	_, _, err := store.Load(global, "")
	require.ErrorIs(t, err, rbac.ErrInvalid, "what can not be read may be a prohibit")
}

// TestNothingIsSent: what a context may not do does not reach the database.
func TestNothingIsSent(t *testing.T) {
	t.Parallel()
	store, _ := newStore(t)
	for name, op := range operations() {
		require.ErrorIs(t, op.do(context.Background(), store), tenant.ErrNoTenant, name)
		require.ErrorIs(t, op.do(tenant.WithID(context.Background(), "bolt"), store), ctxtree.ErrOutside, name)
	}
	_, _, err := store.Load(tenant.WithID(context.Background(), "bolt"), "acme")
	require.ErrorIs(t, err, ctxtree.ErrOutside)
}
