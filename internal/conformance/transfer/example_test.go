package transfer_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	_ "modernc.org/sqlite"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/scope/transfer"
	"github.com/gotenancy/tenancy/tenant"
)

// site opens a database in memory with a schema, and fills in what is given.
func site(texts ...string) *sqlx.DB {
	db, err := scope.Open("sqlite", ":memory:", scope.Policy{
		Dialect: scope.SQLite, Column: "tenant_id", Default: scope.PerTenant,
		Tables: map[string]scope.Table{"accounts": {Class: scope.Shared}},
	}, scope.OnCrossing(func(context.Context, scope.Crossing) {}))
	check(err)
	db.SetMaxOpenConns(1)
	ctx := tenant.AcrossAll(context.Background(), "an example makes its tables")
	check(transfer.Migrate(ctx, db, scope.SQLite))
	for _, text := range append([]string{
		"CREATE TABLE accounts (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
		"CREATE TABLE orders (tenant_id TEXT NOT NULL, number INTEGER NOT NULL, account_id INTEGER REFERENCES accounts (id), total REAL, PRIMARY KEY (tenant_id, number))",
	}, texts...) {
		_, err := db.ExecContext(ctx, text)
		check(err)
	}
	return db
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// A tenant moves to another site, where the people who work for it have accounts
// with other numbers.
func Example() {
	ctx := context.Background()
	here := site("INSERT INTO accounts VALUES (7, 'Ada')",
		"INSERT INTO orders VALUES ('acme', 1, 7, 9.5), ('acme', 2, NULL, 0.1), ('bolt', 1, 7, 3)")
	defer here.Close()
	there := site("INSERT INTO accounts VALUES (31, 'Ada')")
	defer there.Close()

	var file bytes.Buffer
	out, err := transfer.Export(ctx, here, "acme", &file, transfer.ExportOptions{
		Now: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) },
	})
	check(err)
	fmt.Println(out.Tables)
	fmt.Println(strings.Join(strings.Split(file.String(), "\n")[1:4], "\n"))

	_, err = transfer.Import(ctx, there, bytes.NewReader(file.Bytes()), transfer.ImportOptions{Into: "acme"})
	fmt.Println(err)

	_, err = transfer.Import(ctx, there, &file, transfer.ImportOptions{Into: "acme", Map: map[string]transfer.MapFunc{
		"accounts.id": func(_ context.Context, old string) (string, bool, error) { return "31", old == "7", nil },
	}})
	check(err)
	gone, err := transfer.Purge(ctx, here, "acme", transfer.PurgeOptions{})
	check(err)
	fmt.Println("moved:", gone.Rows)

	var who string
	check(there.GetContext(tenant.WithID(ctx, "acme"), &who, "SELECT a.name FROM orders o JOIN accounts a ON a.id = o.account_id"))
	fmt.Println(who)
	// Output:
	// [{orders 2}]
	// {"f":0,"k":[7]}
	// {"t":0,"r":[1,7,{"r":"9.5"}]}
	// {"t":0,"r":[2,null,{"r":"0.1"}]}
	// transfer: 1 references lead to rows that this database does not have; add them, or map them with ImportOptions.Map: orders.account_id="7"
	// moved: 2
	// Ada
}
