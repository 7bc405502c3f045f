package scope_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// One tenant may have two statements in flight; the third is refused, and
// another tenant's is not.
func ExampleLimitTenant() {
	db, err := scope.OpenDB(exampleDriver(), examplePolicy, scope.LimitTenant(scope.Limit{InFlight: 2}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	acme, bolt := tenant.WithID(context.Background(), "acme"), tenant.WithID(context.Background(), "bolt")
	for range 2 {
		tx, err := db.BeginTx(acme, nil) // holds its place until it ends
		if err != nil {
			fmt.Println(err)
			return
		}
		defer tx.Rollback()
	}
	_, err = db.ExecContext(acme, `DELETE FROM invoices`)
	fmt.Println("acme is busy:", errors.Is(err, scope.ErrBusy))
	_, err = db.ExecContext(bolt, `DELETE FROM invoices`)
	fmt.Println("bolt:", err)
	// Output:
	// acme is busy: true
	// bolt: <nil>
}

// An application of one customer runs as it did, and says what has to change
// before it can serve two.
func ExampleReportOnly() {
	db, err := scope.OpenDB(exampleDriver(), examplePolicy, scope.ReportOnly(func(_ context.Context, r scope.Report) {
		if r.Refused != nil {
			fmt.Println(r.Refused.Reason, "-", r.Shape) // and r.Caller says where
		}
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	_, err = db.Exec(`DELETE FROM invoices WHERE number = 'A-17'`)
	fmt.Println(err)
	_, err = db.ExecContext(tenant.WithID(context.Background(), "acme"), `TRUNCATE invoices`)
	fmt.Println(err)
	// Output:
	// no tenant - DELETE FROM invoices WHERE number = ?
	// <nil>
	// unsupported construct - TRUNCATE invoices
	// <nil>
}

// What crosses tenants is told with its reason and without its values.
func ExampleOnCrossing() {
	db, err := scope.OpenDB(exampleDriver(), examplePolicy, scope.OnCrossing(func(_ context.Context, c scope.Crossing) {
		fmt.Println(c.Mode, "-", c.Reason, "-", c.Shape)
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	_, err = db.ExecContext(tenant.AcrossAll(context.Background(), "yearly clean-up"), `DELETE FROM invoices WHERE year < 2015`)
	fmt.Println(err)
	// Output:
	// across-all - yearly clean-up - DELETE FROM invoices WHERE year < ?
	// <nil>
}

var examplePolicy = scope.Policy{
	Dialect:   scope.Postgres,
	Column:    "tenant_id",
	Default:   scope.PerTenant,
	Tables:    map[string]scope.Table{"invoices": {}},
	Catalogue: invoicing(),
}

// exampleDriver stands for the driver of a database.
func exampleDriver() driver.Connector { return &script{conn: conns["modern"], stmt: stmts["modern"]} }
