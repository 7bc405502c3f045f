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
