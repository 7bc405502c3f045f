package feed

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gotenancy/tenancy/tenant"
)

// PollerConfig says how often a [Poller] looks. The zero value is good.
type PollerConfig struct {
	// Every is the time between two looks; 2 seconds where it is 0. It bounds
	// how long another process's change stays unseen.
	Every time.Duration

	// Window is how far back a look reads; 1 minute where it is 0. It covers
	// the time a writer takes from Bump to commit and what the clocks of the
	// machines differ by.
	Window time.Duration

	// Sweep is how often a look compares all numbers, however old; 5 minutes
	// where it is 0. It finds what the window has missed.
	Sweep time.Duration

	// OnError is told of each look that failed. The next one catches up.
	OnError func(error)
}

// Poller compares the numbers of a [Store] with those it has seen, and tells
// its subscribers of each newer one. One poller serves a whole process. All
// methods are safe for concurrent use.
//
// The store is on the database that is written to: a copy that lags behind
// looks like one that was restored, see [ErrRewound].
type Poller struct {
	store *Store
	cfg   PollerConfig

	subMu sync.Mutex
	subs  []func(tenant.ID, int64)

	look  sync.Mutex // held during a look
	last  time.Time  // when the last complete look began
	swept time.Time  // when the last complete sweep began

	mu   sync.Mutex // held while subscribers are told
	seen map[tenant.ID]int64
	back rewind

	fresh atomic.Pointer[time.Time]
}

// NewPoller returns a poller that does nothing until Run or Poll is called.
func NewPoller(store *Store, cfg PollerConfig) *Poller {
	cfg.Every = orDefault(cfg.Every, 2*time.Second)
	cfg.Window = orDefault(cfg.Window, time.Minute)
	cfg.Sweep = orDefault(cfg.Sweep, 5*time.Minute)
	return &Poller{store: store, cfg: cfg, seen: map[tenant.ID]int64{}, back: newRewind()}
}

func orDefault(d, def time.Duration) time.Duration {
	if d <= 0 {
		return def
	}
	return d
}

// Subscribe adds fn. It is called for each number newer than the last one it
// was told for that tenant, one call at a time, never twice with the same
// number; several changes between two looks are one call. The empty id is what
// is global. The first look tells all numbers there are, and so does one that
// finds the numbers gone back ([ErrRewound]).
//
// fn must return quickly and must not call the poller. A subscriber that was
// added after the first look does not hear of earlier numbers: subscribe before
// the cache is filled.
func (p *Poller) Subscribe(fn func(id tenant.ID, number int64)) {
	p.subMu.Lock()
	defer p.subMu.Unlock()
	p.subs = append(p.subs[:len(p.subs):len(p.subs)], fn)
}

// Run looks at once and then every [PollerConfig].Every until ctx is done, and
// returns ctx's error. It needs no tenant in ctx.
func (p *Poller) Run(ctx context.Context) error {
	tick := time.NewTicker(p.cfg.Every)
	defer tick.Stop()
	for {
		if err := p.Poll(ctx); err != nil && ctx.Err() == nil && p.cfg.OnError != nil {
			p.cfg.OnError(err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// Poll looks once, now. Subscribers have been told when it returns, also where
// the error is [ErrRewound]. An application that learns of a change in another
// way, or a test, calls it instead of waiting.
func (p *Poller) Poll(ctx context.Context) error {
	p.look.Lock()
	defer p.look.Unlock()
	return p.poll(ctx, false)
}

// Sweep is Poll that compares all numbers, as every [PollerConfig].Sweep. After
// a time in which changes were missed it finds each of them, however long the
// writer's transaction took.
func (p *Poller) Sweep(ctx context.Context) error {
	p.look.Lock()
	defer p.look.Unlock()
	return p.poll(ctx, true)
}

func (p *Poller) poll(ctx context.Context, sweep bool) error {
	began := time.Now()
	var from time.Time // the beginning: a sweep
	sweep = sweep || p.swept.IsZero() || began.Sub(p.swept) >= p.cfg.Sweep
	if !sweep {
		from = p.last.Add(-p.cfg.Window)
	}
	p.begin()
	rows := 0
	for c, err := range p.store.Since(ctx, from) {
		if err != nil {
			return err
		}
		if p.compare(c) {
			return p.rewound(ctx)
		}
		rows++
	}
	if sweep && p.lacks(rows) {
		return p.rewound(ctx)
	}
	p.last = began
	if sweep {
		p.swept = began
		p.tellOwed()
	}
	p.fresh.Store(&began)
	return nil
}

// Notice tells the subscribers of a change that has been heard of elsewhere
// than in the table, as package feedpgx does, unless they know of it. The
// number must have been committed: a larger one would hide real changes. It may
// be called at any time, and does not make the poller fresh.
func (p *Poller) Notice(c Change) error {
	if c.Tenant != "" && !c.Tenant.Valid() {
		return fmt.Errorf("feed: a notice: %w", tenant.ErrInvalidID)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known := p.seen[c.Tenant]; !known {
		p.back.came++
	}
	p.back.heard[c.Tenant] = true
	p.tell(c)
	return nil
}

// tell calls the subscribers if the number is news. mu is held.
func (p *Poller) tell(c Change) {
	if c.Number <= p.seen[c.Tenant] {
		return
	}
	p.seen[c.Tenant] = c.Number
	p.call(c)
}

// call calls the subscribers. mu is held.
func (p *Poller) call(c Change) {
	delete(p.back.owed, c.Tenant)
	p.subMu.Lock()
	subs := p.subs
	p.subMu.Unlock()
	for _, fn := range subs {
		fn(c.Tenant, c.Number)
	}
}

// Fresh returns when the last complete look began; ok is false before the
// first. A cache that must not be older than some limit compares it.
func (p *Poller) Fresh() (at time.Time, ok bool) {
	if t := p.fresh.Load(); t != nil {
		return *t, true
	}
	return time.Time{}, false
}
