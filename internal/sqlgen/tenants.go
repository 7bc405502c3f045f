package sqlgen

import (
	"strconv"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// Tenants returns four tenants whose ids fit the tenant columns of the schema:
// "acme" and its like, "1" to "4" where a column is a number, UUIDs where it is
// one.
func Tenants(s *ddl.Schema, p scope.Policy) []tenant.ID {
	kind := ddl.Text
	for _, t := range s.Tables {
		own := newTable(t, p)
		if own == nil || own.tenant == "" {
			continue
		}
		if own.kind == ddl.Int || own.kind == ddl.UUID {
			kind = own.kind
		}
	}
	out := make([]tenant.ID, len(textIDs))
	for i := range out {
		out[i] = tenantID(kind, i)
	}
	return out
}

var textIDs = [...]tenant.ID{"acme", "bolt", "core", "dusk"}

func tenantID(kind ddl.Kind, i int) tenant.ID {
	switch kind {
	case ddl.Int:
		return tenant.ID(strconv.Itoa(i + 1))
	case ddl.UUID:
		return tenant.ID("00000000-0000-4000-8000-00000000000" + strconv.Itoa(i+1))
	}
	return textIDs[i]
}

// tenantLiteral returns some tenant's id as a literal.
func (g *Generator) tenantLiteral(kind ddl.Kind) string {
	id := string(tenantID(kind, g.rnd.IntN(len(textIDs))))
	if kind == ddl.Int {
		return id
	}
	return "'" + id + "'"
}
