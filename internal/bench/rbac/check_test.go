// Package rbac_test measures what a question about access costs.
package rbac_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/gotenancy/tenancy/internal/bench/access"
	"github.com/gotenancy/tenancy/rbac"
)

// full is a checker that has loaded everything, made once.
var full = sync.OnceValue(func() *rbac.Checker { return access.NewChecker(true) })

// BenchmarkHot: one user asks one question again and again.
func BenchmarkHot(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		c := full()
		ctx, name, node := access.AsUser(c, 7, 7), access.Capability(40), access.NodeID(7, 500)
		want := c.Can(ctx, name, node)
		access.Best(b, 1000, func() {
			if c.Can(ctx, name, node) != want {
				b.Fatal("another answer")
			}
		})
	})
}

const asking = 10_000

// question is one that a user asks.
type question struct {
	ctx  context.Context
	name string
	node int64
}

// BenchmarkRandom: ten thousand users of a thousand tenants ask whatever comes
// about any node of their tenant. As in every application, the names of
// capabilities are constants, and so are the same texts wherever they are
// written.
//
// The other kinds are harder: the name is a text of its own in each question, as
// if it had been read from somewhere; the context was wrapped by somebody else
// since; the numbers of a tenant's nodes are among those of all others.
func BenchmarkRandom(b *testing.B) {
	read := func(i int) string { return strings.Clone(access.Capability(i)) }
	same := func(ctx context.Context) context.Context { return ctx }
	wrapped := func(ctx context.Context) context.Context { return context.WithValue(ctx, question{}, 1) }

	b.Run("ours", func(b *testing.B) { random(b, full(), access.NodeID, access.Capability, same) })
	b.Run("read-names", func(b *testing.B) { random(b, full(), access.NodeID, read, same) })
	b.Run("wrapped", func(b *testing.B) { random(b, full(), access.NodeID, access.Capability, wrapped) })
	b.Run("woven", func(b *testing.B) { random(b, woven(), access.WovenID, access.Capability, same) })
}

// woven is a checker of nodes whose numbers are far apart.
var woven = sync.OnceValue(access.NewWoven)

// seated are the contexts of those who ask. All have asked before.
func seated(c *rbac.Checker, id func(t, n int) int64) []context.Context {
	users := make([]context.Context, asking)
	for i := range users {
		users[i] = access.AsUser(c, i%access.Tenants, i/access.Tenants)
		c.Can(users[i], access.Capability(0), id(i%access.Tenants, 0))
	}
	return users
}

func random(b *testing.B, c *rbac.Checker, id func(t, n int) int64, name func(i int) string, as func(context.Context) context.Context) {
	r := rand.New(rand.NewPCG(1, 2))
	users := seated(c, id)
	for i := range users {
		users[i] = as(users[i])
		c.Can(users[i], access.Capability(0), id(i%access.Tenants, 0))
	}
	questions := make([]question, 1<<16)
	for i := range questions {
		who := r.IntN(asking)
		questions[i] = question{users[who], name(r.IntN(access.Capabilities)), id(who%access.Tenants, r.IntN(access.Nodes))}
	}
	i := 0
	access.Best(b, 500, func() {
		q := &questions[i&(1<<16-1)]
		i++
		c.Can(q.ctx, q.name, q.node)
	})
}

// BenchmarkRequest: the first question of a request whose user has asked before.
func BenchmarkRequest(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		c := full()
		name, node := access.Capability(40), access.NodeID(7, 500)
		c.Can(access.AsUser(c, 7, 7), name, node)
		access.Best(b, 100, func() { c.Can(access.AsUser(c, 7, 7), name, node) })
	})
}

// next is a user who has asked nothing yet.
var next = asking

// BenchmarkFirst: the first question of a user who has asked nothing since the
// tenant's last change, and what is kept of them.
func BenchmarkFirst(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		c := full()
		before, first := access.Heap(), next
		access.Best(b, 10, func() {
			t, u := next%access.Tenants, next/access.Tenants%access.Users
			next++
			c.Can(access.AsUser(c, t, u), access.Capability(0), access.NodeID(t, 0))
		})
		b.ReportMetric((access.Heap()-before)/float64(next-first), "B/subject")
	})
}
