package scope

import (
	"context"
	"database/sql/driver"
	"errors"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gotenancy/tenancy/internal/carry"
)

// catalogueAge is after how long the next statement has the catalogue read
// again, for changes that other processes made.
const catalogueAge = time.Minute

// pool is what the connections of one scoped database share.
type pool struct {
	*Rewriter
	onCrossing func(context.Context, Crossing)
	live       bool // the catalogue comes from the database
	stale      atomic.Bool
	read       atomic.Int64 // when the catalogue was read last, in Unix nanoseconds

	mu sync.Mutex // one reader of the catalogue at a time
}

func newPool(p Policy, opts []Option) (*pool, error) {
	w, err := NewRewriter(p)
	if err != nil {
		return nil, err
	}
	out := &pool{Rewriter: w, onCrossing: logCrossing, live: p.Catalogue == nil}
	for _, o := range opts {
		o(out)
	}
	return out, nil
}

// planFor returns the plan for a statement, reading the catalogue through c if it
// has not been read, if it may have changed, or if the statement names
// something unknown. Nothing is read for a statement that will not be sent
// anyway.
func (p *pool) planFor(ctx context.Context, c *conn, v *carry.Value, query string) (*plan, error) {
	if !p.live || v.Mode == carry.None || v.Mode == carry.Refused || v.Library {
		return c.planIn(ctx, v, query)
	}
	p.aged()
	if p.state.Load().cat == nil || p.stale.Load() {
		if err := p.refresh(ctx, c.inner, p.state.Load().cat); err != nil {
			return nil, err
		}
	}
	before := p.state.Load().cat
	pl, err := c.planIn(ctx, v, query)
	var refused *RefusedError
	if !errors.As(err, &refused) {
		return pl, err
	}
	switch refused.Reason {
	case ReasonUnknownTable, ReasonTenantColumn, ReasonNeedsCatalogue:
	default:
		return nil, err
	}
	// In a transaction that has failed the catalogue can not be read; the
	// refusal is the better answer then.
	if p.refresh(ctx, c.inner, before) != nil || p.state.Load().cat == before {
		return nil, err
	}
	return c.planIn(ctx, v, query)
}

// refresh reads the catalogue, unless another connection has replaced seen in
// the meantime. Plans are dropped if anything changed.
func (p *pool) refresh(ctx context.Context, c driver.Conn, seen *Catalogue) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := p.state.Load().cat; now != seen && !p.stale.Load() {
		return nil
	}
	p.stale.Store(false)
	cat, err := readCatalogue(ctx, c, p.rules.Dialect)
	if err != nil {
		p.stale.Store(true)
		return err
	}
	p.read.Store(time.Now().UnixNano())
	if now := p.state.Load().cat; now == nil || !reflect.DeepEqual(now, cat) {
		p.setCatalogue(cat)
	}
	return nil
}

// aged marks an old catalogue as stale.
func (p *pool) aged() {
	if read := p.read.Load(); read != 0 && time.Since(time.Unix(0, read)) > catalogueAge {
		p.stale.Store(true)
	}
}
