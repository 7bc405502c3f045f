package ctxtree_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// forest returns a tree of that many tenants with that many nodes each.
func forest(tb testing.TB, tenants, each int) *ctxtree.Memory {
	tb.Helper()
	levels, err := ctxtree.NewLevels(ctxtree.LevelRule{Level: "category", Under: []ctxtree.Level{ctxtree.LevelTenant, "category"}})
	require.NoError(tb, err)
	tree := ctxtree.NewMemory(levels)
	for t := range tenants {
		id := tenant.ID("t" + strconv.Itoa(t))
		ctx := tenant.WithID(context.Background(), id)
		nodes := make([]int64, each)
		for i := range each {
			s := ctxtree.Spec{Parent: ctxtree.SystemID, Level: ctxtree.LevelTenant, Instance: string(id)}
			if i > 0 {
				s = ctxtree.Spec{Parent: nodes[(i-1)/4], Level: "category", Instance: strconv.Itoa(i)}
			}
			n, err := tree.Create(ctx, s)
			require.NoError(tb, err)
			nodes[i] = n.ID
		}
	}
	return tree
}

// BenchmarkMemory: a million nodes of a thousand tenants.
func BenchmarkMemory(b *testing.B) {
	tree := forest(b, 1000, 1000)
	ctx := tenant.WithID(context.Background(), "t7")
	top, _, err := tree.ByInstance(ctx, "t7", ctxtree.LevelTenant, "t7")
	require.NoError(b, err)
	b.Run("Load", func(b *testing.B) {
		for b.Loop() {
			_, _, err := tree.Load(ctx, "t7")
			require.NoError(b, err)
		}
	})
	b.Run("Descendants", func(b *testing.B) {
		for b.Loop() {
			_, err := tree.Descendants(ctx, top.ID)
			require.NoError(b, err)
		}
	})
}
