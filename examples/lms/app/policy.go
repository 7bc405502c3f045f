package app

import (
	_ "embed"

	"github.com/gotenancy/tenancy/examples/internal/passwords"
	"github.com/gotenancy/tenancy/scope"
)

//go:embed schema.sql
var schema string

// Policy says whose rows the tables hold: everything is a tenant's, but for the
// catalogue of courses that all sites may sell, and the passwords of accounts
// that belong to no site. It is all that package scope is told; no statement of
// the application names a tenant.
func Policy() scope.Policy {
	own := scope.Table{Class: scope.PerTenant}
	return scope.Policy{
		Column:  "tenant_id",
		Default: scope.PerTenant,
		Tables: map[string]scope.Table{
			"categories": own,
			"courses":    own,
			"modules":    own,
			"enrolments": own,
			"grades":     own,
			"log":        own,
			"figures":    own,
			"posts":      own,
			"tags":       own,
			"tokens":     own,
			"offers":     own,
			"catalogue":  {Class: scope.Shared, GloballyUnique: []string{"id"}},
			"passwords":  passwords.Table,
		},
	}
}
