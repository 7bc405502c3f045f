package feed

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/gotenancy/tenancy/tenant"
)

// ErrRewound: the numbers in the database are smaller than those that were seen,
// or are there no more: it was restored from an older copy. The look that found
// out has told the subscribers of every tenant there is or was, with its present
// number, 0 where it has none; otherwise it is a look like any other. What
// ignores numbers smaller than its own, as package config does, has to be made
// anew, or the process be restarted.
var ErrRewound = errors.New("feed: the change numbers have gone back; the database was restored")

// rewind is how a [Poller] notices that its numbers have gone back. A notice may
// be ahead of the rows that a look is reading, and is no sign of it.
type rewind struct {
	heard map[tenant.ID]bool // noticed since the present look, or the last one, began
	came  int                // of those, how many were new
	owed  map[tenant.ID]bool // whom the subscribers have not been told of since
}

func newRewind() rewind {
	return rewind{heard: map[tenant.ID]bool{}, owed: map[tenant.ID]bool{}}
}

// begin begins a look.
func (p *Poller) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.back.heard)
	p.back.came = 0
}

// compare tells of a row if it is news. back says that its number has gone back.
func (p *Poller) compare(c Change) (back bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.Number < p.seen[c.Tenant] && !p.back.heard[c.Tenant] {
		return true
	}
	p.tell(c)
	return false
}

// lacks reports whether a sweep that has read so many rows, each of which has
// been told, lacks some that were seen before.
func (p *Poller) lacks(rows int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.seen) > rows+p.back.came
}

// rewound forgets all numbers and looks again at everything. Should that fail,
// the next look goes on with it.
func (p *Poller) rewound(ctx context.Context) error {
	p.mu.Lock()
	for id := range p.seen {
		p.back.owed[id] = true
	}
	clear(p.seen)
	p.mu.Unlock()
	p.swept = time.Time{}
	if err := p.poll(ctx, true); err != nil {
		return errors.Join(ErrRewound, err)
	}
	return ErrRewound
}

// tellOwed tells of those whose numbers are gone.
func (p *Poller) tellOwed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(p.back.owed)) {
		p.call(Change{Tenant: id})
	}
}
