package rbacsql_test

import (
	"context"
	"database/sql/driver"
	"testing"

	"github.com/DATA-DOG/go-sqlmock"
	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// lineStatements are those of a line with two nodes of acme below the system.
func lineStatements() []statement {
	permissions := func() *sqlmock.Rows { return sqlmock.NewRows([]string{"n", "r", "c", "p"}) }
	held := func() *sqlmock.Rows { return sqlmock.NewRows([]string{"n", "r", "u", "c", "i"}) }
	all := []statement{
		{
			"SELECT node_id, role_id, capability, permission FROM tenancy_role_permissions\nWHERE tenant_id = $1 AND node_id IN ($2) ORDER BY node_id, role_id, capability",
			[]driver.Value{"", 1}, permissions().AddRow(1, 4, "x:y", "allow"),
		},
		{
			"SELECT node_id, role_id, user_id, component, item FROM tenancy_role_assignments\nWHERE tenant_id = $1 AND user_id = $2 AND node_id IN ($3) ORDER BY node_id, role_id, user_id, component, item",
			[]driver.Value{"", "ann", 1}, held(),
		},
	}
	all = append(all, loads("")[2:5]...)
	return append(all,
		statement{`SELECT user_id FROM tenancy_site_admins WHERE user_id = $1`, []driver.Value{"ann"}, one("ann")},
		statement{
			"SELECT node_id, role_id, capability, permission FROM tenancy_role_permissions\nWHERE tenant_id = $1 AND node_id IN ($2, $3) ORDER BY node_id, role_id, capability",
			[]driver.Value{"acme", 7, 8}, permissions().AddRow(8, 4, "x:y", "prevent"),
		},
		statement{
			"SELECT node_id, role_id, user_id, component, item FROM tenancy_role_assignments\nWHERE tenant_id = $1 AND user_id = $2 AND node_id IN ($3, $4) ORDER BY node_id, role_id, user_id, component, item",
			[]driver.Value{"acme", "ann", 7, 8}, held().AddRow(7, 4, "ann", "sync", 3),
		})
}

func TestLoadLine(t *testing.T) {
	t.Parallel()
	line := []ctxtree.Node{{ID: 1}, {ID: 7, Tenant: "acme"}, {ID: 8, Tenant: "acme"}}
	acme := tenant.WithID(context.Background(), "acme")
	for failing := range len(lineStatements()) + 1 {
		store, mock := newStore(t)
		mock.ExpectBegin() // one snapshot for all of them
		for i, s := range lineStatements()[:min(failing+1, len(lineStatements()))] {
			var fail error
			if i == failing {
				fail = errBroken
			}
			expect(mock, s, fail)
		}
		mock.ExpectRollback()
		shared, own, err := store.LoadLine(acme, line, "ann")
		if failing < len(lineStatements()) {
			require.ErrorIs(t, err, errBroken)
			require.Zero(t, shared)
			require.Zero(t, own)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, []rbac.PlacedPermission{{Node: 1, Role: 4, Capability: "x:y", Permission: rbac.Allow}}, shared.Permissions)
		require.Equal(t, []string{"ann"}, shared.SiteAdmins)
		require.Len(t, shared.Roles, 2)
		require.Len(t, shared.Pairs, 4)
		require.Equal(t, rbac.RoleID(4), shared.Special.Guest)
		require.Equal(t, rbac.Rules{
			Permissions: []rbac.PlacedPermission{{Node: 8, Role: 4, Capability: "x:y", Permission: rbac.Prevent}},
			Assignments: []rbac.PlacedAssignment{{Node: 7, Assignment: rbac.Assignment{Role: 4, User: "ann", Component: "sync", Item: 3}}},
		}, own)
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	store, mock := newStore(t)
	acme := tenant.WithID(context.Background(), "acme")
	all := `SELECT node_id, role_id, user_id, component, item FROM tenancy_role_assignments WHERE tenant_id = $1`
	order := ` ORDER BY node_id, role_id, user_id, component, item`
	sync := "sync"
	expect(mock, statement{all + ` AND role_id = $2 AND component = $3` + order, []driver.Value{"acme", 4, "sync"}, sqlmock.NewRows([]string{"n", "r", "u", "c", "i"}).AddRow(7, 4, "ann", "sync", 3)}, nil)
	held, err := store.Assignments(acme, "acme", rbac.Filter{Role: 4, Component: &sync})
	require.NoError(t, err)
	require.Equal(t, []rbac.PlacedAssignment{{Node: 7, Assignment: rbac.Assignment{Role: 4, User: "ann", Component: "sync", Item: 3}}}, held)
	expect(mock, statement{all + ` AND user_id = $2` + order, nil, sqlmock.NewRows(nil)}, errBroken)
	_, err = store.Assignments(acme, "acme", rbac.Filter{User: "ann"})
	require.ErrorIs(t, err, errBroken)

	// As package member asks, on the transaction that it gives.
	admin := statement{`SELECT user_id FROM tenancy_site_admins WHERE user_id = $1`, []driver.Value{"root"}, one("root")}
	db, other, err := sqlmock.New(sqlmock.QueryMatcherOption(sqlmock.QueryMatcherEqual))
	require.NoError(t, err)
	defer db.Close()
	expect(other, admin, nil)
	is, err := store.Administrator(acme, marked{db, t}, "root")
	require.NoError(t, err)
	require.True(t, is)
	require.NoError(t, other.ExpectationsWereMet())
	expect(mock, admin, errBroken)
	is, err = store.IsSiteAdmin(acme, "root")
	require.ErrorIs(t, err, errBroken)
	require.False(t, is)
}
