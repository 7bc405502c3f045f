package rbac_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gotenancy/tenancy/internal/bench/access"
	"github.com/gotenancy/tenancy/rbac"
)

// BenchmarkNeighbour: what the slowest one in a hundred of one tenant's
// questions waits, while another tenant is read anew all the time, against the
// same while that happens in a checker that has nothing to do with them: the
// work is the same, and only what the two share is measured.
func BenchmarkNeighbour(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		const rounds, batches, each = 20, 2_000, 20
		asked, apart := full(), access.NewChecker(true)
		ctx, name, node := access.AsUser(asked, 7, 7), access.Capability(40), access.NodeID(7, 500)
		waits := func(restless *rbac.Checker) []float64 {
			stop := unrest(restless)
			defer stop()
			out := make([]float64, 0, batches)
			for range batches {
				began := time.Now()
				for range each {
					asked.Can(ctx, name, node)
				}
				out = append(out, float64(time.Since(began))/each)
			}
			return out
		}
		for b.Loop() {
			var with, without []float64
			for i := range rounds {
				if i%2 == 0 {
					with = append(with, waits(asked)...)
				}
				without = append(without, waits(apart)...)
				if i%2 == 1 {
					with = append(with, waits(asked)...)
				}
			}
			slowest := func(values []float64) float64 {
				slices.Sort(values)
				return values[len(values)*99/100]
			}
			b.ReportMetric(slowest(with)/slowest(without), "p99-ratio")
			b.ReportMetric(slowest(with), "p99-ns")
		}
	})
}

// unrest has one tenant of a checker read anew until it is stopped.
func unrest(c *rbac.Checker) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var ended sync.WaitGroup
	began := make(chan struct{})
	ended.Go(func() {
		user := access.AsUser(c, 8, 8)
		for i := 0; ctx.Err() == nil; i++ {
			c.Invalidate(access.TenantID(8), 0)
			c.Can(user, access.Capability(40), access.NodeID(8, 500))
			if i == 0 {
				close(began)
			}
		}
	})
	<-began
	return func() { cancel(); ended.Wait() }
}
