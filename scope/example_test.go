package scope_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// invoicing describes the tables of the examples; a pool reads its own.
func invoicing() *scope.Catalogue {
	columns := func(names ...string) (out []scope.CatalogueColumn) {
		for _, n := range names {
			out = append(out, scope.CatalogueColumn{Name: n, Type: "text"})
		}
		return out
	}
	return &scope.Catalogue{Tables: map[string]scope.CatalogueTable{
		"invoices":  {Columns: columns("id", "tenant_id", "country", "total", "paid")},
		"lines":     {Columns: columns("id", "invoice_id", "tenant_id", "text")},
		"countries": {Columns: columns("code", "title")},
	}}
}

// A Rewriter shows what the server gets.
func ExampleRewriter() {
	r, err := scope.NewRewriter(scope.Policy{
		Dialect: scope.Postgres, Column: "tenant_id", Default: scope.PerTenant, Catalogue: invoicing(),
		Tables: map[string]scope.Table{"invoices": {}, "lines": {}, "countries": {Class: scope.Shared}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := tenant.WithID(context.Background(), "acme")
	query, args, err := r.Rewrite(ctx, `SELECT i.id, l.text FROM invoices i LEFT JOIN lines l ON l.invoice_id = i.id WHERE i.paid OR l.id IS NULL`, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(query)
	fmt.Println(args[0].Value)
	// Output:
	// SELECT i.id, l.text FROM invoices i LEFT JOIN lines l ON l."tenant_id" = $1 AND (l.invoice_id = i.id) WHERE i."tenant_id" = $1 AND (i.paid OR l.id IS NULL)
	// acme
}

// What can not be scoped is refused, with the construct and the place.
func ExampleRefusedError() {
	r, err := scope.NewRewriter(scope.Policy{
		Dialect: scope.SQLite, Column: "tenant_id", Default: scope.PerTenant, Catalogue: invoicing(),
		Tables: map[string]scope.Table{"invoices": {}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := tenant.WithID(context.Background(), "acme")
	_, _, err = r.Rewrite(ctx, `SELECT id FROM invoices; DELETE FROM invoices`, nil)
	var refused *scope.RefusedError
	if errors.As(err, &refused) {
		fmt.Println(refused.Reason, "at byte", refused.Offset)
	}
	_, _, err = r.Rewrite(context.Background(), `SELECT id FROM invoices`, nil)
	fmt.Println(errors.Is(err, scope.ErrNoTenant))
	// Output:
	// second statement at byte 25
	// true
}

func ExampleRewriter_Explain() {
	r, err := scope.NewRewriter(scope.Policy{
		Dialect: scope.Postgres, Column: "tenant_id", Default: scope.PerTenant, Catalogue: invoicing(),
		Tables: map[string]scope.Table{"invoices": {}, "countries": {Class: scope.Shared}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := tenant.WithID(context.Background(), "acme")
	fmt.Print(r.Explain(ctx, `SELECT i.id, c.title FROM countries c LEFT JOIN invoices i ON i.country = c.code`))
	fmt.Print(r.Explain(ctx, `SELECT id FROM invoices WHERE total > 100 AND xmin > 7`))
	// Output:
	// mode tenant
	// table countries: shared, every row
	// table invoices: per-tenant, ON
	// sent: SELECT i.id, c.title FROM countries c LEFT JOIN invoices i ON i."tenant_id" = $1 AND (i.country = c.code)
	// mode tenant
	// scope: refused, nothing was sent: unsupported construct: the system column xmin at byte 46; it tells of other tenants' writes; use a column of the table
	// SELECT id FROM invoices WHERE total > ? AND xmin > ?
	//                                             ^
}
