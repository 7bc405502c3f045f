package scope

import (
	"context"
	"database/sql/driver"
	"errors"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/gotenancy/tenancy/internal/carry"
)

// catalogueAge is after how long the next statement has the catalogue read
// again, for changes that other processes made.
const catalogueAge = time.Minute

// For an unknown name the catalogue is read again. Once that was in vain
// maxMisses times, each soon after the other, it is left for catalogueAgain.
const (
	maxMisses      = 10
	catalogueAgain = time.Second
)

// pool is what the connections of one scoped database share.
type pool struct {
	*Rewriter
	onCrossing func(context.Context, Crossing)
	unsent     unsent
	limit      *bulkhead // nil without a limit
	watcher    *watcher  // nil but in report-only mode

	live    bool          // the catalogue comes from the database
	stale   atomic.Bool   // it may have changed since it was read
	changes atomic.Int64  // of the schema, by what went through this pool; set after stale
	missed  atomic.Int64  // when it was read in vain for an unknown name
	misses  atomic.Int64  // how often, of late
	reading chan struct{} // holds one token while somebody reads the catalogue
}

// Option is an extra of a pool.
type Option func(*pool) error

func newPool(p Policy, opts []Option) (*pool, error) {
	w, err := NewRewriter(p)
	if err != nil {
		return nil, err
	}
	out := &pool{Rewriter: w, onCrossing: logCrossing, live: p.Catalogue == nil, reading: make(chan struct{}, 1)}
	for _, o := range opts {
		if err := o(out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// warmUp does at once what the first statement would do.
func (p *pool) warmUp(ctx context.Context, c *conn) error {
	if p.live {
		if _, err := p.current(ctx, c); err != nil {
			return err
		}
	}
	return p.watch(ctx, c)
}

// planFor returns the plan for a statement, reading the catalogue through c if it
// has not been read, if it may have changed, or if the statement names
// something unknown. Nothing is read for a statement that will not be sent
// anyway, or that is sent as it is.
func (p *pool) planFor(ctx context.Context, c *conn, v *carry.Value, query string) (*plan, error) {
	if !p.live || v.Mode == carry.None || v.Mode == carry.Refused || v.Mode == carry.AcrossAll || v.Library {
		return c.planIn(ctx, p.state.Load(), v, query)
	}
	st, err := p.current(ctx, c)
	if err != nil {
		// A transaction that has failed reads nothing, and this may be the
		// statement that ends its failure.
		if pl, refused := p.planWith(p.state.Load(), v, c.modes, query); refused == nil && pl.savepoint {
			return pl, nil
		}
		return nil, err
	}
	pl, err := c.planIn(ctx, st, v, query)
	if err == nil {
		return pl, nil
	}
	var refused *RefusedError
	if !errors.As(err, &refused) {
		return nil, err
	}
	switch refused.Reason {
	case ReasonUnknownTable, ReasonTenantColumn, ReasonNeedsCatalogue:
	default:
		return nil, err
	}
	switch late := time.Since(time.Unix(0, p.missed.Load())) >= catalogueAgain; {
	case late:
		p.misses.Store(0)
	case p.misses.Load() >= maxMisses:
		return nil, err // somebody asks again and again for what is not there
	}
	again, failed := p.again(ctx, c, st)
	switch {
	case errors.Is(failed, driver.ErrBadConn):
		return nil, failed // database/sql asks again on another connection
	case failed != nil || again == st:
		p.missed.Store(time.Now().UnixNano())
		p.misses.Add(1)
		// In a transaction that has failed the catalogue can not be read; the
		// refusal is the better answer then.
		return nil, err
	}
	return c.planIn(ctx, again, v, query)
}

// refresh reads the catalogue for all connections, through one that is in no
// transaction: what one with an open transaction sees may never be true for the
// others, or be so no longer. Nothing is read if another connection has replaced seen
// in the meantime. Plans are dropped if anything changed. Who waits for another
// reader waits no longer than its own context.
func (p *pool) refresh(ctx context.Context, c driver.Conn, seen *Catalogue) error {
	select {
	case p.reading <- struct{}{}:
		defer func() { <-p.reading }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if now := p.state.Load().cat; now != seen && !p.stale.Load() {
		return nil
	}
	p.stale.Store(false)
	cat, err := readCatalogue(ctx, c, p.rules.Dialect)
	if err != nil {
		p.stale.Store(true)
		return err
	}
	time.AfterFunc(catalogueAge, func() { p.stale.Store(true) })
	if now := p.state.Load().cat; now == nil || !reflect.DeepEqual(now, cat) {
		p.setCatalogue(cat)
	}
	return nil
}
