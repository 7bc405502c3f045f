package sqlgen

import (
	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/tenant"
)

// TenantIDs returns four tenants whose ids a tenant column of the kind holds. They
// lie close to one another, and the first of them, the one that asks, between
// others: the statements name it more often.
func TenantIDs(kind ddl.Kind) []tenant.ID {
	switch kind {
	case ddl.Int:
		return []tenant.ID{"2", "1", "3", "12"}
	case ddl.UUID:
		return []tenant.ID{"00000000-0000-4000-8000-000000000002", "00000000-0000-4000-8000-000000000001",
			"00000000-0000-4000-8000-000000000003", "00000000-0000-4000-8000-000000000012"}
	}
	return []tenant.ID{"bolt", "acme", "core", "dusk"}
}

// tenantID returns the id of the tenant that asks most of the time, else another.
func (g *Generator) tenantID(kind ddl.Kind) tenant.ID {
	ids := TenantIDs(kind)
	if g.percent(60) {
		return ids[0]
	}
	return ids[g.rnd.IntN(len(ids))]
}

// tenantLiteral returns some tenant's id as a literal.
func (g *Generator) tenantLiteral(kind ddl.Kind) string {
	id := string(g.tenantID(kind))
	if kind == ddl.Int {
		return id
	}
	return "'" + id + "'"
}
