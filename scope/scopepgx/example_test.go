package scopepgx_test

import (
	"context"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/scope/scopepgx"
	"github.com/gotenancy/tenancy/tenant"
)

// An application that used pgxpool.New changes that line. What it does with
// the pool stays as it was: queries, transactions, COPY.
func Example() {
	ctx := context.Background()
	db, err := scopepgx.Connect(ctx, os.Getenv("DSN"), scope.Policy{
		Dialect: scope.Postgres,
		Column:  "tenant_id",
		Default: scope.PerTenant,
		Tables:  map[string]scope.Table{"countries": {Class: scope.Shared}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()

	ctx = tenant.WithID(ctx, "acme") // a request's context has it from the middleware
	err = pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		// The rows get the tenant column, which they do not have.
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"invoices"}, []string{"id", "total"},
			pgx.CopyFromRows([][]any{{1, 250}, {2, 80}}))
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE invoices SET paid = true WHERE total < @limit`, pgx.NamedArgs{"limit": 100})
		return err
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	type invoice struct{ ID, Total int }
	rows, _ := db.Query(ctx, `SELECT id, total FROM invoices WHERE paid`)
	paid, err := pgx.CollectRows(rows, pgx.RowToStructByName[invoice])
	fmt.Println(paid, err)
}
