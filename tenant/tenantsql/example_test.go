package tenantsql_test

import (
	"context"
	"database/sql"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/tenantsql"
)

// A tenant and whatever else belongs to its creation become visible together.
func ExampleRegistry_With() {
	signUp := func(ctx context.Context, db *sql.DB, t tenant.Tenant) error {
		reg := tenantsql.NewRegistry(db, tenant.Postgres)
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		if err := reg.With(tx).Create(ctx, t); err != nil {
			return err // errors.Is(err, tenant.ErrTaken): ask for another name
		}
		// ... its settings, its place in the tree, its first administrator ...
		return tx.Commit()
	}
	_ = signUp
}

// The org of a course key leads to the tenant; inside the tenant's context the
// course belongs to the organisation.
func ExampleOrganisations() {
	register := func(ctx context.Context, db *sql.DB) error {
		orgs := tenantsql.NewOrganisations(db, tenant.Postgres)
		ctx = tenant.WithID(ctx, "acme") // in a request the middleware has done so
		err := orgs.Create(ctx, tenant.Organisation{ShortName: "AcmeX", Tenant: "acme", Active: true})
		if err != nil {
			return err // errors.Is(err, tenant.ErrTaken): ask for another name
		}
		return orgs.Link(ctx, "acme", "AcmeX", tenantsql.KindCourse, "course-v1:AcmeX+101+2026")
	}
	find := func(ctx context.Context, db *sql.DB) (tenant.ID, bool, error) {
		return tenantsql.NewOrganisations(db, tenant.Postgres).TenantOf(ctx, "acmex")
	}
	_, _ = register, find
}
