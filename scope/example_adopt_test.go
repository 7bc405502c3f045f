package scope_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"log"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// At the start of a process, or in the pipeline that changes the schema.
func ExampleCheck() {
	ctx := context.Background()
	db, err := scope.Connect(ctx, "pgx", "postgres://localhost/app", scope.Policy{
		Dialect: scope.Postgres, Column: "tenant_id", Default: scope.PerTenant,
	})
	if err != nil {
		log.Fatal(err)
	}
	report, err := scope.Check(ctx, db)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report)
	if err := report.Err(); err != nil {
		log.Fatal(err)
	}
}

// A policy for an application that has none yet, to be read and kept.
func ExampleInspect() {
	plain, err := sql.Open("pgx", "postgres://localhost/app")
	if err != nil {
		log.Fatal(err)
	}
	policy, report, err := scope.Inspect(context.Background(), plain, scope.Postgres, "tenant_id")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n%v\n", policy, report)
}

// For libraries that open a database by the name of a driver.
func ExampleWrapDriver() {
	plain, err := sql.Open("pgx", "") // opens no connection
	if err != nil {
		log.Fatal(err)
	}
	scoped, err := scope.WrapDriver(plain.Driver(), scope.Policy{Dialect: scope.Postgres, Column: "tenant_id", Default: scope.PerTenant})
	if err != nil {
		log.Fatal(err)
	}
	sql.Register("pgx-scoped", scoped)
}

// What only the driver's own connection can do is done across all tenants, with
// a reason, and reported.
func ExampleUnscoped() {
	var db *sql.DB // a scoped pool
	ctx := tenant.AcrossAll(context.Background(), "a backup")
	c, err := db.Conn(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	err = scope.Unscoped(ctx, c, func(inner any) error {
		_ = inner.(driver.Conn) // such as *stdlib.Conn of pgx
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
}

// The application names its own key; the table's is (tenant, key). A key that
// lacks the tenant has to be listed, and an upsert by it keeps to own rows.
func ExamplePolicy_globallyUnique() {
	columns := []scope.CatalogueColumn{{Name: "id", Type: "uuid"}, {Name: "tenant_id", Type: "text"}, {Name: "number", Type: "integer"}, {Name: "paid", Type: "boolean"}}
	r, err := scope.NewRewriter(scope.Policy{
		Dialect: scope.Postgres, Column: "tenant_id", Default: scope.PerTenant,
		Tables: map[string]scope.Table{"invoices": {GloballyUnique: []string{"id"}}},
		Catalogue: &scope.Catalogue{Tables: map[string]scope.CatalogueTable{"invoices": {Columns: columns, Keys: []scope.CatalogueKey{
			{Name: "invoices_pkey", Columns: []string{"id"}}, {Name: "invoices_number", Columns: []string{"tenant_id", "number"}},
		}}}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := tenant.WithID(context.Background(), "acme")
	for _, key := range []string{"number", "id"} {
		fmt.Print(r.Explain(ctx, `INSERT INTO invoices (id, number) VALUES (gen_random_uuid(), 1) ON CONFLICT (`+key+`) DO UPDATE SET paid = true`))
	}
	// Output:
	// mode tenant
	// table invoices: per-tenant, the tenant column of INSERT
	// sent: INSERT INTO invoices (id, number, "tenant_id") VALUES (gen_random_uuid(), 1, $1) ON CONFLICT (number, "tenant_id") DO UPDATE SET paid = true WHERE invoices."tenant_id" = $1
	// mode tenant
	// table invoices: per-tenant, the tenant column of INSERT
	// sent: INSERT INTO invoices (id, number, "tenant_id") VALUES (gen_random_uuid(), 1, $1) ON CONFLICT (id) DO UPDATE SET paid = true WHERE invoices."tenant_id" = $1
}
