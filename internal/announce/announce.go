// Package announce tells the caches of this process what a store has changed.
// Other processes learn it from package feed.
package announce

import (
	"sync"

	"github.com/gotenancy/tenancy/tenant"
)

// List holds who wants to be told. The zero List is ready, and safe for
// concurrent use.
type List struct {
	mu  sync.Mutex
	fns []func(tenant.ID, int64)
}

// Add puts fn on the list. There is no way off it: caches live as long as
// their stores.
func (l *List) Add(fn func(of tenant.ID, number int64)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fns = append(l.fns[:len(l.fns):len(l.fns)], fn)
}

// Tell calls everybody on the list, one after the other, and returns when all
// have been told. number is the change number of what is committed, or 0 where
// something may have been.
func (l *List) Tell(of tenant.ID, number int64) {
	l.mu.Lock()
	fns := l.fns
	l.mu.Unlock()
	for _, fn := range fns {
		fn(of, number)
	}
}
