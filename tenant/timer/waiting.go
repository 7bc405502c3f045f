package timer

import (
	"time"

	"github.com/gotenancy/tenancy/tenant"
)

// waiter is a tenant whose turn comes at some time.
type waiter struct {
	id tenant.ID
	at time.Time
}

// waiting is a heap of tenants, the one whose turn is next at the top; see
// package container/heap.
type waiting []waiter

func (w waiting) Len() int           { return len(w) }
func (w waiting) Less(i, j int) bool { return w[i].at.Before(w[j].at) }
func (w waiting) Swap(i, j int)      { w[i], w[j] = w[j], w[i] }

// Push implements heap.Interface.
func (w *waiting) Push(x any) { *w = append(*w, x.(waiter)) }

// Pop implements heap.Interface.
func (w *waiting) Pop() any {
	last := (*w)[len(*w)-1]
	*w = (*w)[:len(*w)-1]
	return last
}
