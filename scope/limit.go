package scope

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/gotenancy/tenancy/internal/carry"
)

// ErrBusy: a tenant has as many statements in flight as its [Limit] allows.
// Nothing was sent; trying again a little later is right. Answer a request with
// 503 or 429 and a Retry-After.
var ErrBusy = errors.New("scope: the tenant has too many statements in flight")

// Limit is what one tenant may take of a pool, so that the others stay quick
// while one of them asks for everything at once. See [LimitTenant].
type Limit struct {
	// InFlight is how many connections of the pool may work for one tenant at
	// a time; at least 1.
	InFlight int

	// Waiting is how many more may wait, each with a connection in hand, until
	// one of the tenant's others comes back. What comes beyond them is refused
	// at once with [ErrBusy].
	Waiting int

	// MaxWait is how long one waits at most; then it is refused with ErrBusy.
	// 0 is a second.
	MaxWait time.Duration
}

// LimitTenant gives each tenant a [Limit] of its own.
//
// database/sql takes a connection before a driver sees the statement, and it
// serves whoever waits for one in no order of tenants. So a statement that waits
// in the driver keeps a connection from everybody else, and only what is refused
// gives it back: InFlight and Waiting together must be less than the pool's
// SetMaxOpenConns, and the difference is what the other tenants always find. To
// have the statements of a burst wait rather than fail, make the pool larger and
// give Waiting the room, or let the requests of a tenant wait before they ask the
// database at all. SetMaxIdleConns should be as large as SetMaxOpenConns, as in
// any pool under load.
//
// A connection counts for a tenant from the first statement or BeginTx in its
// context until it goes back to the pool: when the rows are closed, when the
// transaction has ended, when the sql.Conn is closed. Statements of a transaction
// share its place, so none of them ever waits for another. A goroutine that asks
// on a second connection while it holds the rows or the transaction of a first
// needs two places, as it needs two of SetMaxOpenConns; InFlight should leave room
// for that, and MaxWait ends it where there is none.
//
// Waiting ends with the statement's context, whose error is then returned as it
// is. Statements in other modes than that of one tenant are not limited, nor are
// those of this module's own stores. Nothing is kept for a tenant that has no
// connection.
func LimitTenant(l Limit) Option {
	return func(p *pool) error {
		if l.InFlight < 1 || l.Waiting < 0 || l.MaxWait < 0 {
			return fmt.Errorf("scope: a Limit needs InFlight of at least 1, and no negative values")
		}
		if l.MaxWait == 0 {
			l.MaxWait = time.Second
		}
		p.limit = &bulkhead{Limit: l, tenants: map[string]*places{}}
		return nil
	}
}

func busy() error {
	return &RefusedError{Reason: ReasonBusy, Construct: "too many statements of the tenant at a time", Offset: -1, Hint: "try again a little later", cause: ErrBusy}
}

// limits reports whether what is done in this context counts for a tenant. Our
// own stores are asked in the middle of an application's work, and are quick.
func (p *pool) limits(v *carry.Value) bool {
	return p.limit != nil && v.Mode == carry.Tenant && !v.Library
}

// hold has the connection count for the tenant of a statement. A connection in
// a transaction has its place already: waiting for a second one with the first
// in hand could wait for itself.
func (c *conn) hold(ctx context.Context, v *carry.Value) error {
	if !c.pool.limits(v) || c.held == v.ID || c.held != "" && c.tx != nil {
		return nil
	}
	c.letGo()
	if err := c.pool.limit.take(ctx, v.ID); err != nil {
		return err
	}
	c.held = v.ID
	return nil
}

// letGo ends what hold began.
func (c *conn) letGo() {
	if c.held != "" {
		c.pool.limit.free(c.held)
		c.held = ""
	}
}

// bulkhead counts the connections of each tenant.
type bulkhead struct {
	Limit

	mu      sync.Mutex
	tenants map[string]*places // of those that have any
}

// places are the connections of one tenant. A place that comes free goes to the
// longest waiting, so while anybody waits all places are taken.
type places struct {
	taken   int
	waiting []chan struct{} // closed when its turn has come
}

// full reports whether a statement of the tenant would be refused.
func (b *bulkhead) full(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.tenants[id]
	return p != nil && b.refuses(p)
}

func (b *bulkhead) refuses(p *places) bool {
	return p.taken >= b.InFlight && len(p.waiting) >= b.Waiting
}

// take waits for a place.
func (b *bulkhead) take(ctx context.Context, id string) error {
	turn, err := b.enter(id)
	if turn == nil {
		return err
	}
	timer := time.NewTimer(b.MaxWait)
	defer timer.Stop()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
		err = busy()
	}
	b.leave(id, turn)
	return err
}

// enter takes a place, or returns the channel to wait on for one.
func (b *bulkhead) enter(id string) (turn chan struct{}, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.tenants[id]
	if p == nil {
		p = &places{}
		b.tenants[id] = p
	}
	switch {
	case p.taken < b.InFlight:
		p.taken++
		return nil, nil
	case b.refuses(p):
		return nil, busy()
	}
	turn = make(chan struct{})
	p.waiting = append(p.waiting, turn)
	return turn, nil
}

// leave gives up waiting. If the turn came at that very moment, it goes to the
// next.
func (b *bulkhead) leave(id string, turn chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.tenants[id]
	if i := slices.Index(p.waiting, turn); i >= 0 {
		p.waiting = slices.Delete(p.waiting, i, i+1)
		return
	}
	b.next(id, p)
}

// free gives a place back.
func (b *bulkhead) free(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next(id, b.tenants[id])
}

// next hands a place on to the longest waiting, if there is one.
func (b *bulkhead) next(id string, p *places) {
	if len(p.waiting) > 0 {
		close(p.waiting[0])
		p.waiting = slices.Delete(p.waiting, 0, 1)
		return
	}
	if p.taken--; p.taken == 0 {
		delete(b.tenants, id)
	}
}
