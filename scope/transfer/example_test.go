package transfer_test

import (
	"context"
	"os"

	"github.com/jmoiron/sqlx"

	"github.com/gotenancy/tenancy/scope/transfer"
	"github.com/gotenancy/tenancy/tenant"
)

// A tenant moves to another site, where the people who work for it have accounts
// with other numbers. It runs on SQLite in internal/conformance/transfer.
func Example() {
	move := func(ctx context.Context, here, there *sqlx.DB, file *os.File, accounts map[string]string) error {
		if _, err := transfer.Export(ctx, here, "acme", file, transfer.ExportOptions{Skip: []string{"sessions"}}); err != nil {
			return err
		}
		if _, err := file.Seek(0, 0); err != nil {
			return err
		}
		_, err := transfer.Import(ctx, there, file, transfer.ImportOptions{
			Into: "acme",
			Map: map[string]transfer.MapFunc{
				"accounts.id": func(_ context.Context, old string) (string, bool, error) {
					id, ok := accounts[old]
					return id, ok, nil // what is not there is listed by the error
				},
			},
		})
		if err != nil {
			return err // nothing has changed there
		}
		_, err = transfer.Purge(ctx, here, "acme", transfer.PurgeOptions{})
		return err
	}
	_ = move
}

// A large tenant, over a connection that may break: in batches, and on from where
// it stopped. Nobody may see the tenant until then.
func ExampleImport_resume() {
	fill := func(ctx context.Context, db *sqlx.DB, file *os.File, id tenant.ID) error {
		_, begun, err := transfer.Pending(ctx, db, id)
		if err != nil {
			return err
		}
		_, err = transfer.Import(ctx, db, file, transfer.ImportOptions{Into: id, Batch: 10_000, Resume: begun})
		return err // or, to give up: transfer.Abandon(ctx, db, id, transfer.PurgeOptions{})
	}
	_ = fill
}

// The hook of tenant/lifecycle that removes the rows of a deleted tenant.
func ExamplePurger() {
	hooks := func(db *sqlx.DB) []func(context.Context, tenant.ID) error {
		return []func(context.Context, tenant.ID) error{transfer.Purger(db, transfer.PurgeOptions{})}
	}
	_ = hooks
}
