package difftest

import (
	"fmt"
	"iter"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/internal/sqlgen"
	"github.com/gotenancy/tenancy/tenant"
)

// perSchema is how many statements are generated over one schema.
const perSchema = 500

// GeneratedCount is how many statements a test generates:
// TENANCY_DIFF_GENERATED, or else the given number.
func GeneratedCount(otherwise int) int { return count("TENANCY_DIFF_GENERATED", otherwise) }

// Generated returns n statements of package sqlgen over random schemas. They are
// made to be understood, and use what other texts seldom have.
func Generated(d tenant.Dialect, n int) iter.Seq[string] {
	return func(yield func(string) bool) {
		var g *sqlgen.Generator
		for i := range n {
			if i%perSchema == 0 {
				s := seed() + uint64(i/perSchema)
				texts, policy := sqlgen.RandomSchema(d, s)
				schema, err := ddl.Read(d, texts)
				if err != nil {
					panic(fmt.Sprintf("difftest: schema %d of sqlgen: %v", s, err))
				}
				g = sqlgen.New(schema, policy, s)
			}
			if !yield(g.Statement().Text) {
				return
			}
		}
	}
}
