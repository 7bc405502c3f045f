package scope_test

import (
	"encoding/json"
	"fmt"

	"github.com/gotenancy/tenancy/scope"
)

// A policy is data: it prints as JSON, and is read back strictly.
func ExampleParsePolicy() {
	p, err := scope.ParsePolicy([]byte(`{
		"dialect": "postgres", "column": "tenant_id", "default": "per-tenant",
		"tables": {"countries": {"class": "shared"}}
	}`))
	fmt.Println(p.Tables["countries"].Class, err)

	_, err = scope.ParsePolicy([]byte(`{
		"dialect": "postgres", "column": "tenant_id", "default": "per-tenant",
		"tables": {"countries": {"clas": "shared"}}
	}`))
	fmt.Println(err)

	text, _ := json.Marshal(p)
	fmt.Println(string(text))
	// Output:
	// shared <nil>
	// scope: reading a policy: table countries: json: unknown field "clas"
	// {"dialect":"postgres","column":"tenant_id","default":"per-tenant","tables":{"countries":{"class":"shared"}}}
}

// Deal says with a tag on a blank field whose rows its table holds.
type Deal struct {
	_      struct{} `tenancy:"table=deals,class=per-tenant,unique=id"`
	ID     int64    `db:"id"`
	Amount int64    `db:"amount"`
}

// Country is a type of a generator, so the tag is a method in a file of ours.
type Country struct {
	Code string `db:"code"`
}

// TenancyTable says that everybody reads the table.
func (Country) TenancyTable() (string, scope.Table) {
	return "countries", scope.Table{Class: scope.Shared}
}

// The types that an application has for its tables can carry the policy.
func ExampleTablesOf() {
	tables, err := scope.TablesOf(Deal{}, Country{})
	if err != nil {
		fmt.Println(err)
		return
	}
	p := scope.Policy{Dialect: scope.Postgres, Column: "tenant_id", Default: scope.PerTenant, Tables: tables}
	fmt.Println(p.Tables["deals"].Class, p.Tables["deals"].GloballyUnique)
	fmt.Println(p.Tables["countries"].Class)

	_, err = scope.TablesOf(struct{ ID int64 }{})
	fmt.Println(err)
	// Output:
	// per-tenant [id]
	// shared
	// scope: type struct { ID int64 } says nothing about its table; add a field _ struct{} `tenancy:"table=..."`
}
