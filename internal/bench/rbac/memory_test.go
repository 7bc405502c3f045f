package rbac_test

import (
	"runtime"
	"testing"

	"github.com/gotenancy/tenancy/internal/bench/access"
)

// BenchmarkMemory: what a stored assignment takes, with its share of the user's
// id.
func BenchmarkMemory(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		took := func(assigned bool) float64 {
			before := access.Heap()
			c := access.NewChecker(assigned)
			took := access.Heap() - before
			runtime.KeepAlive(c)
			return took
		}
		var with, without float64
		for range b.N {
			without, with = took(false), took(true)
		}
		b.ReportMetric((with-without)/access.Assigned, "B/assignment")
		b.ReportMetric(without/(access.Tenants*access.Nodes), "B/node")
	})
}
