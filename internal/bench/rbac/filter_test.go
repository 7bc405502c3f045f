package rbac_test

import (
	"math/rand/v2"
	"testing"

	"github.com/gotenancy/tenancy/internal/bench/access"
)

// BenchmarkFilter: a list of ten thousand nodes in no order, of a tenant that
// has a thousand.
func BenchmarkFilter(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		c := full()
		ctx, name := access.AsUser(c, 7, 7), access.Capability(40)
		r := rand.New(rand.NewPCG(1, 2))
		nodes := make([]int64, 10_000)
		for i := range nodes {
			nodes[i] = access.NodeID(7, r.IntN(access.Nodes))
		}
		access.Best(b, 1, func() {
			if _, err := c.Filter(ctx, name, nodes); err != nil {
				b.Fatal(err)
			}
		})
	})
}
