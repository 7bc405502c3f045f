package rbac

import (
	"sync"
	"sync/atomic"
	"time"
)

// Feed says how far this process has followed the changes of others;
// feed.Poller of package tenant/feed is one.
type Feed interface {
	// Fresh returns when the last complete look at the changes began; ok is
	// false before the first.
	Fresh() (at time.Time, ok bool)
}

// lease allows answers as long as the feed is not further behind than the
// limit: a process that no longer hears of changes must not go on saying yes to
// somebody whose role was taken away meanwhile.
//
// Looking at the clock costs more than an answer. So a timer ends the lease,
// and a question pays only where that has happened.
type lease struct {
	feed  Feed // nil: it never ends
	limit time.Duration

	ended atomic.Bool

	mu    sync.Mutex
	timer *time.Timer
}

// newLease returns one that has ended, so that the first question looks.
func newLease(feed Feed, limit time.Duration) *lease {
	l := &lease{feed: feed, limit: limit}
	l.ended.Store(feed != nil)
	return l
}

// holds reports whether questions may be answered.
func (l *lease) holds() bool {
	return !l.ended.Load() || l.renew()
}

// renew looks at the feed, and runs the lease for what is left of the limit.
func (l *lease) renew() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, ok := l.feed.Fresh()
	left := l.limit - time.Since(at)
	if !ok || left <= 0 {
		l.ended.Store(true)
		return false
	}
	if l.timer == nil {
		l.timer = time.AfterFunc(left, func() { l.renew() })
	} else {
		l.timer.Reset(left)
	}
	l.ended.Store(false)
	return true
}
