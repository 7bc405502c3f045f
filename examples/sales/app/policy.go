package app

import (
	"github.com/gotenancy/tenancy/examples/internal/passwords"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// Modules are the two parts of the application. Sales is the part with the flag
// "multi-tenant"; geography has never had it, and is one for all customers.
func Modules(sales tenant.Isolation) []tenant.Module {
	return []tenant.Module{{Name: "sales", Isolation: sales}, {Name: "geography", Isolation: tenant.Shared}}
}

// Policy says whose rows each table holds. Tables of the module sales inherit
// its flag; quotas and passwords say for themselves, whatever the flag is.
func Policy(modules []tenant.Module) scope.Policy {
	own, numbered := scope.Table{Module: "sales"}, scope.Table{Module: "sales", GloballyUnique: []string{"id"}}
	return scope.Policy{
		Column:  "tenant_id",
		Default: scope.PerTenant,
		Modules: modules,
		Tables: map[string]scope.Table{
			"countries":      {Module: "geography"},
			"exchange_rates": {Module: "geography"},

			"people":           own,
			"companies":        numbered,
			"company_changes":  numbered,
			"company_pictures": own,
			"contacts":         numbered,
			"opportunities":    numbered,
			"tasks":            numbered,
			"reports":          own,

			"quotas":    {Class: scope.PerTenant},
			"passwords": passwords.Table,
		},
	}
}
