package lifecycle

import (
	"context"
	"errors"
	"fmt"

	"github.com/gotenancy/tenancy/scope/transfer"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/lifecycle"
	"github.com/gotenancy/tenancy/tenant/tenantsql"
)

// What goes with a tenant. Its organisations are the registry's, and its rows the
// application's; an import into it that did not come to an end is taken back
// first, since its note would keep the next import into that id from beginning.
// Each step may run again: a deletion that was interrupted runs all of them.
func Example_deletion() {
	a := newApp(`CREATE TABLE notes (tenant_id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (tenant_id, body))`)
	defer a.close()
	check(transfer.Migrate(tenant.AcrossAll(context.Background(), "set the example up"), a.db, tenant.SQLite))
	organisations := tenantsql.NewOrganisations(a.db, tenant.SQLite)
	abandon := func(ctx context.Context, id tenant.ID) error {
		_, err := transfer.Abandon(ctx, a.db, id, transfer.PurgeOptions{})
		if errors.Is(err, transfer.ErrNothingToResume) {
			return nil
		}
		return err
	}
	manager, err := lifecycle.New(lifecycle.Config{
		DB: a.db, Dialect: tenant.SQLite,
		Registry: func(tx tenant.DBTX) lifecycle.Registry { return a.registry.With(tx) },
		Hooks:    []tenant.Hook{a.log.Hook},
		Purge: []func(context.Context, tenant.ID) error{
			organisations.DeleteAll, abandon, transfer.Purger(a.db, transfer.PurgeOptions{}),
		},
	})
	check(err)

	a.create(tenant.Tenant{Code: "acme"}, tenant.Tenant{Code: "bolt"})
	for _, id := range []tenant.ID{"acme", "bolt"} {
		inside := tenant.WithID(context.Background(), id)
		a.exec(inside, `INSERT INTO notes (body) VALUES (?)`, "of "+string(id))
		check(organisations.Create(inside, tenant.Organisation{Tenant: id, ShortName: string(id) + "-x", Name: "An organisation"}))
	}
	check(manager.Archive(context.Background(), "acme", "the contract has ended"))
	check(manager.Delete(context.Background(), "acme", "a year has gone by"))

	_, found, err := a.registry.ByID(context.Background(), "acme")
	check(err)
	fmt.Println("registered:", found)
	all := tenant.AcrossAll(context.Background(), "the example looks at what is left")
	fmt.Println("notes:", a.texts(all, `SELECT body FROM notes`))
	for _, id := range []tenant.ID{"acme", "bolt"} {
		left, err := organisations.List(tenant.WithID(context.Background(), id), "", 10)
		check(err)
		fmt.Println("organisations of", id, len(left))
	}
	// Output:
	// registered: false
	// notes: of bolt
	// organisations of acme 0
	// organisations of bolt 1
}
