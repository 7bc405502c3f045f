package tenantsql_test

import (
	"context"
	"testing"

	"github.com/DATA-DOG/go-sqlmock"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/tenantsql"
)

const (
	orgHead   = `SELECT o.short_name, o.tenant_id, o.name, o.description, o.active, o.created_at, o.modified_at FROM tenancy_organisations o`
	orgHolder = `SELECT tenant_id FROM tenancy_organisations WHERE name_key = $1`
	orgInsert = `INSERT INTO tenancy_organisations (name_key, short_name, tenant_id, name, description, active, created_at, modified_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`
)

// Every statement of a tenant's context holds the tenant, as a value.
func TestOrganisationStatements(t *testing.T) {
	t.Parallel()
	acme := tenant.WithID(context.Background(), "acme")
	both := tenant.Across(context.Background(), "test", "bolt", "acme")
	db, mock := mockDB(t)
	seen := &marked{DBTX: db}
	orgs := tenantsql.NewOrganisations(seen, tenant.Postgres)
	none := func(columns ...string) *sqlmock.Rows { return sqlmock.NewRows(columns) }

	mock.ExpectQuery(`SELECT o.tenant_id FROM tenancy_organisations o WHERE o.name_key = $1 AND o.active = 1 AND o.tenant_id = $2`).WithArgs("mitx", "acme").WillReturnRows(none("id"))
	_, found, err := orgs.TenantOf(acme, "MITx")
	require.NoError(t, err)
	require.False(t, found)
	mock.ExpectQuery(orgHead+` WHERE o.name_key = $1 AND o.tenant_id IN ($2, $3)`).WithArgs("mitx", "acme", "bolt").WillReturnRows(none("n"))
	_, _, err = orgs.ByName(both, "MITx")
	require.NoError(t, err)
	mock.ExpectQuery(orgHead+` WHERE o.name_key > $1 AND o.tenant_id = $2 ORDER BY o.name_key LIMIT $3`).WithArgs("mitx", "acme", 5).WillReturnRows(none("n"))
	_, err = orgs.List(acme, "MITx", 5)
	require.NoError(t, err)
	mock.ExpectQuery(orgHead+` JOIN tenancy_organisation_links l ON l.tenant_id = o.tenant_id AND l.name_key = o.name_key WHERE l.kind = $1 AND l.object_id = $2 AND l.tenant_id = $3 ORDER BY o.name_key`).
		WithArgs("course", "1", "acme").WillReturnRows(none("n"))
	_, err = orgs.Of(acme, tenantsql.KindCourse, "1")
	require.NoError(t, err)
	mock.ExpectQuery(`SELECT l.object_id FROM tenancy_organisation_links l WHERE l.name_key = $1 AND l.kind = $2 AND l.object_id > $3 AND l.tenant_id = $4 ORDER BY l.object_id LIMIT $5`).
		WithArgs("mitx", "user", "", "acme", 9).WillReturnRows(none("n"))
	_, err = orgs.Objects(acme, "MITx", tenantsql.KindUser, "", 9)
	require.NoError(t, err)
	require.Equal(t, 5, seen.n)
	require.Zero(t, seen.unmarked)
}

func TestOrganisationFailures(t *testing.T) {
	t.Parallel()
	acme := tenant.WithID(context.Background(), "acme")
	org := tenant.Organisation{ShortName: "MITx", Tenant: "acme"}
	begin := func(m sqlmock.Sqlmock) {
		m.ExpectBegin()
		m.ExpectQuery(bump).WithArgs("acme", sqlmock.AnyArg(), sqlmock.AnyArg()).WillReturnRows(one(1))
	}
	create := func(m sqlmock.Sqlmock) {
		begin(m)
		m.ExpectQuery(countID).WithArgs("acme").WillReturnRows(one(1))
		m.ExpectQuery(orgHolder).WithArgs("mitx").WillReturnRows(sqlmock.NewRows([]string{"id"}))
		m.ExpectExec(orgInsert).WithArgs("mitx", "MITx", "acme", "", "", 0, sqlmock.AnyArg(), sqlmock.AnyArg()).WillReturnError(errBoom)
		m.ExpectRollback()
	}
	for name, c := range map[string]struct {
		prepare func(sqlmock.Sqlmock)
		do      func(*tenantsql.Organisations) error
		want    error
	}{
		"the unique index decides a race": {func(m sqlmock.Sqlmock) {
			create(m)
			m.ExpectQuery(orgHolder).WithArgs("mitx").WillReturnRows(one("bolt"))
		}, func(o *tenantsql.Organisations) error { return o.Create(acme, org) }, tenant.ErrTaken},
		"an insert that fails otherwise": {func(m sqlmock.Sqlmock) {
			create(m)
			m.ExpectQuery(orgHolder).WithArgs("mitx").WillReturnRows(sqlmock.NewRows([]string{"id"}))
		}, func(o *tenantsql.Organisations) error { return o.Create(acme, org) }, errBoom},
		"a delete that fails half way": {func(m sqlmock.Sqlmock) {
			begin(m)
			m.ExpectQuery(orgHolder).WithArgs("mitx").WillReturnRows(one("acme"))
			m.ExpectExec(`DELETE FROM tenancy_organisation_links WHERE name_key = $1 AND tenant_id = $2`).WithArgs("mitx", "acme").WillReturnResult(sqlmock.NewResult(0, 1))
			m.ExpectExec(`DELETE FROM tenancy_organisations WHERE name_key = $1 AND tenant_id = $2`).WithArgs("mitx", "acme").WillReturnError(errBoom)
			m.ExpectRollback()
		}, func(o *tenantsql.Organisations) error { return o.Delete(acme, "acme", "MITx") }, errBoom},
		"a name that cannot be looked up": {func(m sqlmock.Sqlmock) {
			m.ExpectQuery(`SELECT o.tenant_id FROM tenancy_organisations o WHERE o.name_key = $1 AND o.active = 1`).WillReturnError(errBoom)
		}, func(o *tenantsql.Organisations) error {
			id, found, err := o.TenantOf(context.Background(), "MITx")
			require.Empty(t, id)
			require.False(t, found)
			return err
		}, errBoom},
		"rows that end early": {func(m sqlmock.Sqlmock) {
			m.ExpectQuery(orgHead + ` WHERE o.name_key = $1 AND o.tenant_id = $2`).WillReturnRows(
				sqlmock.NewRows([]string{"a", "b", "c", "d", "e", "f", "g"}).AddRow("MITx", "acme", "", "", 1, 0, 0).RowError(0, errBoom))
		}, func(o *tenantsql.Organisations) error {
			_, found, err := o.ByName(acme, "MITx")
			require.False(t, found)
			return err
		}, errBoom},
	} {
		db, mock := mockDB(t)
		c.prepare(mock)
		err := c.do(tenantsql.NewOrganisations(db, tenant.Postgres))
		require.ErrorIs(t, err, c.want, name)
		require.NotContains(t, err.Error(), "bolt", name)
	}
}
