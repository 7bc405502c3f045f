package tenant_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/gotenancy/tenancy/tenant"
)

// endless is a registry that makes its records up, so that what is in memory is
// what Each keeps there.
type endless struct {
	tenant.Registry
	n int
}

func (e endless) List(_ context.Context, after tenant.ID, limit int) ([]*tenant.Tenant, error) {
	next := 0
	if after != "" {
		if _, err := fmt.Sscanf(string(after), "t%d", &next); err != nil {
			return nil, err
		}
		next++
	}
	var page []*tenant.Tenant
	for ; next < e.n && len(page) < limit; next++ {
		page = append(page, &tenant.Tenant{ID: tenant.ID(fmt.Sprintf("t%09d", next)), Name: fmt.Sprintf("Tenant number %d", next)})
	}
	return page, nil
}

// BenchmarkEach: the live heap during a run over a hundred thousand tenants, as
// the function sees it every ten thousand, beyond that before the run.
// The records alone would be more than 35 MiB. Over a million tenants it is not
// much more:
//
//	EACH_TENANTS=1000000 go test ./tenant -run '^$' -bench Each -benchtime 1x
func BenchmarkEach(b *testing.B) {
	tenants := 100_000
	if text := os.Getenv("EACH_TENANTS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			b.Fatal(err)
		}
		tenants = n
	}
	b.Run("ours", func(b *testing.B) {
		most, runs := 0.0, 0
		for b.Loop() {
			runs++
			var n atomic.Int64
			before := live()
			err := tenant.Each(context.Background(), endless{n: tenants}, func(context.Context, *tenant.Tenant) error {
				if n.Add(1)%10_000 == 5_000 {
					most = max(most, live()-before)
				}
				return nil
			}, tenant.EachOptions{})
			if err != nil || n.Load() != int64(tenants) {
				b.Fatalf("%d visited, error %v", n.Load(), err)
			}
		}
		b.ReportMetric(most/(1<<20), "heap-MiB")
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(runs*tenants), "ns/tenant")
	})
}

func live() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// sink keeps the compiler from leaving work out.
var sink string

// BenchmarkKey: a cache key of a tenant and three parts, against the same parts
// glued together without escaping, which two inputs can share.
func BenchmarkKey(b *testing.B) {
	ctx := tenant.WithID(context.Background(), "acme")
	parts := []string{"invoice", "2026", "number-7"}
	b.Run("floor", func(b *testing.B) {
		for b.Loop() {
			id, _ := tenant.IDFromContext(ctx)
			sink = "t:" + string(id) + ":" + parts[0] + ":" + parts[1] + ":" + parts[2]
		}
	})
	b.Run("ours", func(b *testing.B) {
		for b.Loop() {
			key, err := tenant.Key(ctx, parts...)
			if err != nil {
				b.Fatal(err)
			}
			sink = key
		}
	})
}
