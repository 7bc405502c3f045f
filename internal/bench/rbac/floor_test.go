package rbac_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gotenancy/tenancy/internal/bench/access"
	"github.com/gotenancy/tenancy/internal/bench/turns"
)

// floor is the least that a check can be: numbers instead of names, no context,
// no locks, no flags, nothing that ever changes. It has the same tenants, nodes
// and users; a user's rights are some segments of the tenant's nodes, in each of
// which the answers are one row of bits.
type floor struct {
	position, tenant []uint32 // of each node
	users            []floorUser
	rows             [][access.Capabilities/64 + 1]uint64
}

type floorUser struct {
	tenant uint32
	starts []uint32 // of the segments, in order
	row    []uint32 // of each segment
}

func newFloor() *floor {
	r := rand.New(rand.NewPCG(1, 1))
	f := &floor{}
	for t := range access.Tenants {
		for _, at := range r.Perm(access.Nodes) {
			f.position, f.tenant = append(f.position, uint32(at)), append(f.tenant, uint32(t))
		}
	}
	for i := range asking {
		u := floorUser{tenant: uint32(i % access.Tenants), starts: []uint32{0}}
		for range 10 + r.IntN(30) {
			u.starts = append(u.starts, uint32(r.IntN(access.Nodes)))
		}
		slices.Sort(u.starts)
		u.starts = slices.Compact(u.starts)
		for range u.starts {
			u.row = append(u.row, uint32(len(f.rows)))
			var bits [access.Capabilities/64 + 1]uint64
			for w := range bits {
				bits[w] = r.Uint64()
			}
			f.rows = append(f.rows, bits)
		}
		f.users = append(f.users, u)
	}
	return f
}

func (f *floor) can(user, capability, node uint32) bool {
	u := &f.users[user]
	if f.tenant[node] != u.tenant {
		return false
	}
	at, low, high := f.position[node], 0, len(u.starts)
	for high-low > 1 {
		if middle := int(uint(low+high) >> 1); u.starts[middle] <= at {
			low = middle
		} else {
			high = middle
		}
	}
	return f.rows[u.row[low]][capability>>6]>>(capability&63)&1 != 0
}

// BenchmarkOfFloor asks what BenchmarkRandom asks, in turns with the floor: what
// a question takes depends on the machine's memory more than on us.
func BenchmarkOfFloor(b *testing.B) {
	type plain struct{ user, capability, node uint32 }
	c, f, r := full(), newFloor(), rand.New(rand.NewPCG(1, 2))
	users := seated(c, access.NodeID)
	questions, plains := make([]question, 1<<16), make([]plain, 1<<16)
	for i := range questions {
		who, capability, node := r.IntN(asking), r.IntN(access.Capabilities), r.IntN(access.Nodes)
		t := who % access.Tenants
		questions[i] = question{users[who], access.Capability(capability), access.NodeID(t, node)}
		plains[i] = plain{uint32(who), uint32(capability), uint32(t*access.Nodes + node)}
	}
	b.Run("ours", func(b *testing.B) {
		i, j, yes := 0, 0, 0
		turns.Compare(b, func() error {
			p := &plains[i&(1<<16-1)]
			i++
			if f.can(p.user, p.capability, p.node) {
				yes++
			}
			return nil
		}, func() error {
			q := &questions[j&(1<<16-1)]
			j++
			if c.Can(q.ctx, q.name, q.node) {
				yes++
			}
			return nil
		})
	})
}
