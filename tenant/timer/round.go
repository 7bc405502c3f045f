package timer

import (
	"container/heap"
	"context"
	"errors"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/gotenancy/tenancy/tenant"
)

const (
	// pageSize is how many tenants are listed at once.
	pageSize = 500
	// maxWaiting is how many tenants of a round wait in memory for their time.
	maxWaiting = 10_000
	// maxAge is how old the record of a tenant may be when its run is claimed.
	maxAge = 5 * time.Second
	// lastID is after every id in byte order.
	lastID = tenant.ID("~")
)

// errMoved says that another process has completed the round.
var errMoved = errors.New("timer: the round is over")

// candidate is a tenant whose turn has come. The record may be nil, and is then
// read again; it stays so for a shared timer, whose one candidate has no id.
type candidate struct {
	target
	record *tenant.Tenant
	read   time.Time
}

// turn is one process's part in a round of one timer.
type turn struct {
	*Scheduler
	round
	t    *Timer
	runs *sync.WaitGroup

	waiting  waiting // tenants whose time has not come
	overflow bool    // others wait too, and the registry has to be read again
	horizon  time.Time

	busy    []candidate // tenants whose last run goes on: as many as there are workers, not tenants
	skipped []tenant.ID

	warned bool // that the clock was ahead
}

// makeRound does this process's part in a round: it claims and starts what
// nobody else has, waits for those whose time comes later, and opens the next
// round. It returns early when another process has done so, or ctx is done.
func (s *Scheduler) makeRound(ctx context.Context, t *Timer, now round, runs *sync.WaitGroup) {
	r := &turn{Scheduler: s, round: now, t: t, runs: runs}
	for ctx.Err() == nil {
		err := r.enter(ctx)
		if err == nil {
			err = r.scan(ctx)
		}
		if err == nil {
			err = r.drain(ctx)
		}
		if err == nil && !r.overflow {
			err = r.close(ctx)
			if err == nil {
				return
			}
		}
		switch {
		case errors.Is(err, errMoved):
			return
		case err != nil:
			s.warn(ctx, "a round", t.Name, "", err)
			sleep(ctx, s.cfg.Poll)
		}
		if !s.current(t.Name, now) {
			return
		}
	}
}

// scan goes through all tenants, runs those whose turn it is and puts the
// others of this round into waiting.
func (r *turn) scan(ctx context.Context) error {
	r.waiting, r.overflow, r.busy, r.skipped = nil, false, nil, nil
	if r.t.Isolation == tenant.Shared {
		return r.offer(ctx, []candidate{{}}, nil)
	}
	for after := tenant.ID(""); ; {
		list, err := r.cfg.Registry.List(ctx, after, pageSize)
		if err != nil {
			return err
		}
		read, upto, last := r.clock.now(), lastID, len(list) < pageSize
		if !last {
			upto = list[len(list)-1].ID
		}
		rows, err := r.store.between(ctx, r.t.Name, after, upto)
		if err != nil {
			return err
		}
		page := make([]candidate, 0, len(list))
		known := make(map[tenant.ID]bool, len(list))
		for _, record := range list {
			known[record.ID] = true
			if record.Status == tenant.Active {
				page = append(page, candidate{target{id: record.ID}, record, read})
			}
		}
		if err := r.forget(ctx, rows, known); err != nil {
			return err
		}
		if err := r.offer(ctx, page, rows); err != nil {
			return err
		}
		if last {
			return nil
		}
		if !r.current(r.t.Name, r.round) {
			return errMoved
		}
		after = upto
	}
}

// forget deletes rows of tenants that are not registered. A tenant that was
// registered after the page was read has a row of this round, which is not
// touched, and whose next it will be in the page.
func (r *turn) forget(ctx context.Context, rows map[tenant.ID]row, known map[tenant.ID]bool) error {
	var gone []target
	for id, row := range rows {
		if !known[id] && !row.claimed && row.due.Before(r.due) {
			gone = append(gone, target{id: id})
		}
	}
	for batch := range slices.Chunk(gone, batchSize) {
		if err := r.store.remove(ctx, r.t.Name, batch, r.due); err != nil {
			return err
		}
	}
	return nil
}

// offer runs those of a list whose turn it is; rows are what is known of them,
// nil if that has to be read.
func (r *turn) offer(ctx context.Context, list []candidate, rows map[tenant.ID]row) error {
	if rows == nil {
		targets := make([]target, len(list))
		for i, c := range list {
			targets[i] = c.target
		}
		var err error
		if rows, err = r.store.rows(ctx, r.t.Name, targets); err != nil {
			return err
		}
	}
	now := r.clock.now()
	var missing, known []candidate
	ahead := false
	for _, c := range list {
		row, found := rows[c.id]
		at := r.due.Add(offset(r.t.Name, c.id, r.t.Jitter))
		switch {
		case found && !row.due.Before(r.due) && !row.ahead(r.due, now):
			// It has had its turn.
		case at.After(now):
			r.wait(c.id, at)
		case !found:
			missing = append(missing, c)
		case !row.claimed:
			c.token = row.token
			known = append(known, c)
			ahead = ahead || row.ahead(r.due, now)
		default: // its last run goes on
			r.busy = append(r.busy, candidate{target: c.target})
		}
	}
	if ahead && !r.warned {
		r.warned = true
		r.clockWasAhead(ctx, r.t.Name)
	}
	if err := r.take(ctx, missing, r.store.claimNew); err != nil {
		return err
	}
	return r.take(ctx, known, r.store.claim)
}

// claimer is store.claim or store.claimNew.
type claimer func(ctx context.Context, timer string, list []target, c claim) ([]claim, error)

// take claims tenants as workers become free, and starts their runs. It begins
// at a place of the list that differs between processes, which so get in one
// another's way less.
func (r *turn) take(ctx context.Context, list []candidate, claim claimer) error {
	if len(list) == 0 {
		return nil
	}
	from := int(offset(r.id, "", time.Hour)/time.Millisecond) % len(list)
	list = slices.Concat(list[from:], list[:from])
	for len(list) > 0 {
		n, err := r.takeSome(ctx, list[:min(len(list), batchSize)], claim)
		if err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// takeSome claims for as many workers as are free, at least one, and returns
// for how many tenants it tried. One timer of a process does so at a time:
// meanwhile more workers become free, and the next one claims for all of them
// with one statement. With many timers and short runs that saves most of them.
func (r *turn) takeSome(ctx context.Context, list []candidate, claim claimer) (int, error) {
	select {
	case r.claiming <- struct{}{}:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	defer func() { <-r.claiming }()
	n := r.acquire(ctx, len(list))
	if n == 0 {
		return 0, ctx.Err()
	}
	started, err := r.claimAndStart(ctx, list[:n], claim)
	r.release(n - started)
	return n, err
}

// claimAndStart claims the runs of a batch and starts those it got; each has a
// worker's slot, which it gives back.
func (r *turn) claimAndStart(ctx context.Context, batch []candidate, claim claimer) (started int, err error) {
	records := make(map[tenant.ID]*tenant.Tenant, len(batch))
	targets := make([]target, 0, len(batch))
	for _, c := range batch {
		if c.id != "" && (c.record == nil || r.clock.now().Sub(c.read) > maxAge) {
			if c.record, err = r.active(ctx, c.id); err != nil {
				return 0, err
			}
			if c.record == nil {
				continue
			}
		}
		records[c.id] = c.record
		targets = append(targets, c.target)
	}
	if len(targets) == 0 {
		return 0, nil
	}
	// All processes lock rows in one order.
	slices.SortFunc(targets, func(a, b target) int { return strings.Compare(string(a.id), string(b.id)) })
	got, err := claim(ctx, r.t.Name, targets, r.newClaim(r.due))
	if err != nil {
		return 0, err
	}
	for _, c := range got {
		record := records[c.tenant]
		delete(records, c.tenant)
		r.runs.Go(func() {
			defer r.release(1)
			r.execute(ctx, r.t, c, record)
		})
	}
	for id := range records {
		// Another process has it, or a run on demand: see which, in drain.
		r.busy = append(r.busy, candidate{target: target{id: id}})
	}
	return len(got), nil
}

// active returns the record of a tenant, nil if it is not active or unknown.
func (s *Scheduler) active(ctx context.Context, id tenant.ID) (*tenant.Tenant, error) {
	record, found, err := s.cfg.Registry.ByID(ctx, id)
	if err != nil || !found || record.Status != tenant.Active {
		return nil, err
	}
	return record, nil
}

// acquire waits for a worker's slot and takes up to most of those that are
// free. It returns 0 if ctx is done.
func (s *Scheduler) acquire(ctx context.Context, most int) int {
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return 0
	}
	if ctx.Err() != nil {
		s.release(1)
		return 0
	}
	for n := 1; n < most; n++ {
		select {
		case s.slots <- struct{}{}:
		default:
			return n
		}
	}
	return most
}

func (s *Scheduler) release(n int) {
	for range n {
		<-s.slots
	}
}

// wait puts a tenant into waiting. Of too many those whose time comes last are
// dropped, and the registry is read again when the others have had their turn.
func (r *turn) wait(id tenant.ID, at time.Time) {
	if r.overflow && !at.Before(r.horizon) {
		return
	}
	heap.Push(&r.waiting, waiter{id, at})
	if len(r.waiting) < 2*maxWaiting {
		return
	}
	sort.Sort(r.waiting) // what is sorted is a heap
	r.waiting = r.waiting[:maxWaiting]
	r.overflow, r.horizon = true, r.waiting[maxWaiting-1].at
}

// drain runs the waiting tenants as their times come, and the busy ones as
// they become free. When the round has been open for as long as there is from
// its due time to the next, it waits no more for those: then they are skipped.
func (r *turn) drain(ctx context.Context) error {
	for len(r.waiting)+len(r.busy) > 0 {
		if !r.current(r.t.Name, r.round) {
			return errMoved
		}
		busy := r.busy
		r.busy = nil
		for batch := range slices.Chunk(busy, batchSize) {
			if err := r.offer(ctx, batch, nil); err != nil {
				return err
			}
		}
		for list := r.ripe(); len(list) > 0; list = r.ripe() {
			if err := r.offer(ctx, list, nil); err != nil {
				return err
			}
		}
		if len(r.waiting) == 0 && len(r.busy) > 0 && r.overdue() {
			for _, c := range r.busy {
				r.skipped = append(r.skipped, c.id)
			}
			return nil
		}
		pause := r.cfg.Poll
		if len(r.waiting) > 0 {
			pause = min(pause, r.waiting[0].at.Sub(r.clock.now()))
		}
		if len(r.waiting)+len(r.busy) > 0 {
			sleep(ctx, pause)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// ripe takes the next tenants whose time has come out of waiting.
func (r *turn) ripe() (list []candidate) {
	for now := r.clock.now(); len(list) < batchSize && len(r.waiting) > 0 && !r.waiting[0].at.After(now); {
		list = append(list, candidate{target: target{id: heap.Pop(&r.waiting).(waiter).id}})
	}
	return list
}

// overdue reports whether the round has been open for a whole period.
func (r *turn) overdue() bool {
	next := nextDue(r.t.Schedule, r.due)
	return next != never && r.clock.now().Sub(r.opened) >= next.Sub(r.due)
}

// close ends the round: the timer waits for its next due time. Who does it
// reports those that were left out.
func (r *turn) close(ctx context.Context) error {
	won, err := r.store.move(ctx, r.t.Name, r.round, round{due: nextDue(r.t.Schedule, r.due)})
	if err != nil || !won {
		return err
	}
	for _, id := range r.skipped {
		r.report(Result{Timer: r.t.Name, Tenant: id, Due: r.due, Outcome: Skipped, Err: ErrBusy})
	}
	return nil
}
