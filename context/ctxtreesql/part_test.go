package ctxtreesql_test

import (
	"context"
	"testing"

	"github.com/DATA-DOG/go-sqlmock"
	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

const deleteAll = `DELETE FROM tenancy_nodes WHERE tenant_id = $1`

func TestDeleteAll(t *testing.T) {
	t.Parallel()
	ctx := tenant.WithID(context.Background(), "acme")
	store, mock := newStore(t)
	told := int64(-1)
	store.Subscribe(func(_ tenant.ID, number int64) { told = number })
	mock.ExpectBegin()
	expect(mock, bump(), nil)
	mock.ExpectExec(deleteAll).WithArgs("acme").WillReturnResult(sqlmock.NewResult(0, 3))
	mock.ExpectCommit()
	n, err := store.DeleteAll(ctx, "acme")
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.Equal(t, int64(1), told)

	for name, fail := range map[string]func(){
		"lock": func() { mock.ExpectBegin(); expect(mock, bump(), errBroken); mock.ExpectRollback() },
		"delete": func() {
			mock.ExpectBegin()
			expect(mock, bump(), nil)
			mock.ExpectExec(deleteAll).WillReturnError(errBroken)
			mock.ExpectRollback()
		},
		"count": func() {
			mock.ExpectBegin()
			expect(mock, bump(), nil)
			mock.ExpectExec(deleteAll).WillReturnResult(sqlmock.NewErrorResult(errBroken))
			mock.ExpectRollback()
		},
		"commit": func() {
			mock.ExpectBegin()
			expect(mock, bump(), nil)
			mock.ExpectExec(deleteAll).WillReturnResult(sqlmock.NewResult(0, 3))
			mock.ExpectCommit().WillReturnError(errBroken)
		},
	} {
		fail()
		n, err := store.DeleteAll(ctx, "acme")
		require.ErrorIs(t, err, errBroken, name)
		require.NotContains(t, err.Error(), "acme", name)
		require.Zero(t, n, name)
		require.Zero(t, told, name)
	}

	// What may not be done does not reach the database.
	for _, of := range []tenant.ID{"", "bolt"} {
		_, err := store.DeleteAll(ctx, of)
		require.ErrorIs(t, err, ctxtree.ErrOutside)
	}
	_, err = store.DeleteAll(tenant.Global(context.Background()), "")
	require.ErrorIs(t, err, ctxtree.ErrSystem)
	_, err = store.DeleteAll(context.Background(), "acme")
	require.ErrorIs(t, err, tenant.ErrNoTenant)
}

func TestFind(t *testing.T) {
	t.Parallel()
	bg := context.Background()
	const where = selected + `level = $1 AND instance = $2`
	for name, c := range map[string]struct {
		ctx  context.Context
		text string
		args []any
	}{
		"tenant":     {tenant.WithID(bg, "acme"), where + ` AND tenant_id IN ($3, $4) ORDER BY tenant_id`, []any{"course", "7", "acme", ""}},
		"global":     {tenant.Global(bg), where + ` AND tenant_id IN ($3) ORDER BY tenant_id`, []any{"course", "7", ""}},
		"across":     {tenant.Across(bg, "test", "acme", "bolt"), where + ` AND tenant_id IN ($3, $4) ORDER BY tenant_id`, []any{"course", "7", "acme", "bolt"}},
		"across all": {tenant.AcrossAll(bg, "test"), where + ` ORDER BY tenant_id`, []any{"course", "7"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, mock := newStore(t)
			expect(mock, statement{c.text, c.args, row(5, "course", "7", 3, "/1/2/3/5/", 4)}, nil)
			nodes, err := store.Find(c.ctx, "course", "7")
			require.NoError(t, err)
			require.Equal(t, []ctxtree.Node{{ID: 5, Level: "course", Instance: "7", Parent: 3, Path: "/1/2/3/5/", Depth: 4, Tenant: "acme"}}, nodes)

			expect(mock, statement{c.text, c.args, row(5, "course", "7", 3, "/1/2/3/5/", 4)}, errBroken)
			_, err = store.Find(c.ctx, "course", "7")
			require.ErrorIs(t, err, errBroken)

			for _, no := range [][2]string{{"course ", "7"}, {"course", "7 "}, {"", "7"}, {"course", "\xff"}} {
				nodes, err := store.Find(c.ctx, ctxtree.Level(no[0]), no[1])
				require.NoError(t, err)
				require.Empty(t, nodes)
			}
		})
	}
	store, _ := newStore(t)
	_, err := store.Find(bg, "course", "7")
	require.ErrorIs(t, err, tenant.ErrNoTenant)
}
