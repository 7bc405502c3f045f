// Package tenant_test measures what it costs to learn the tenant of a context.
package tenant_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/gotenancy/tenancy/tenant"
)

type (
	floorKey  struct{}
	floorData struct{ id string }
	layerKey  int
)

// BenchmarkIDFromContext: the floor is one ctx.Value and a type assertion, with
// the value under depth contexts that others have added.
func BenchmarkIDFromContext(b *testing.B) {
	for _, depth := range []int{1, 5, 10} {
		b.Run(fmt.Sprintf("depth=%d/floor", depth), func(b *testing.B) {
			ctx := under(context.WithValue(context.Background(), floorKey{}, &floorData{"acme"}), depth)
			for b.Loop() {
				if d, ok := ctx.Value(floorKey{}).(*floorData); !ok || d.id == "" {
					b.Fatal("no tenant")
				}
			}
		})
		b.Run(fmt.Sprintf("depth=%d/ours", depth), func(b *testing.B) {
			ctx := under(tenant.WithID(context.Background(), "acme"), depth)
			for b.Loop() {
				if id, ok := tenant.IDFromContext(ctx); !ok || id == "" {
					b.Fatal("no tenant")
				}
			}
		})
	}
}

// under returns ctx below depth-1 values of other packages.
func under(ctx context.Context, depth int) context.Context {
	for i := range depth - 1 {
		ctx = context.WithValue(ctx, layerKey(i), i)
	}
	return ctx
}
