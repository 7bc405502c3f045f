package timer

import (
	"context"
	"sync"

	"github.com/gotenancy/tenancy/tenant"
)

// rescue takes over runs whose processes have died, until ctx is done.
func (s *Scheduler) rescue(ctx context.Context, runs *sync.WaitGroup) {
	for ctx.Err() == nil {
		orphans, err := s.store.orphans(ctx, s.names, s.clock.now())
		if err != nil {
			s.warn(ctx, "looking for runs of dead processes", "", "", err)
		}
		for _, orphan := range orphans {
			if s.acquire(ctx, 1) == 0 {
				return
			}
			if err = s.adopt(ctx, orphan, runs); err != nil {
				s.warn(ctx, "taking over a run", orphan.timer, orphan.tenant, err)
			}
		}
		if err != nil || len(orphans) == 0 {
			sleep(ctx, s.cfg.Poll)
		}
	}
}

// adopt takes over one run and starts it, with a slot that it gives back. A run
// on demand is not made again: whoever wanted it knows that it was not done.
func (s *Scheduler) adopt(ctx context.Context, orphan claim, runs *sync.WaitGroup) (err error) {
	started := false
	defer func() {
		if !started {
			s.release(1)
		}
	}()
	t := s.timers[orphan.timer]
	c, record, end, err := s.inherit(ctx, t, orphan)
	if err != nil || c.token == 0 {
		return err
	}
	if end != 0 {
		return s.giveUp(ctx, t, c, end)
	}
	started = true
	runs.Go(func() {
		defer s.release(1)
		s.execute(ctx, t, c, record)
	})
	return nil
}

// inherit makes an orphan this process's claim; its token is 0 where another
// process was faster. end is how to end it where it is not to be made again.
func (s *Scheduler) inherit(ctx context.Context, t *Timer, orphan claim) (c claim, record *tenant.Tenant, end Outcome, err error) {
	if shared := orphan.tenant == ""; shared != (t.Isolation == tenant.Shared) {
		end = Skipped // the timer's isolation has been changed since
	} else if !shared {
		if record, err = s.active(ctx, orphan.tenant); err != nil {
			return claim{}, nil, 0, err
		}
		if record == nil {
			end = Skipped
		}
	}
	fresh := s.newClaim(orphan.due)
	c, ok, err := s.store.takeOver(ctx, orphan, s.clock.now(), fresh)
	if err != nil || !ok {
		return claim{}, nil, 0, err
	}
	switch {
	case end != 0:
	case c.onDemand:
		end = Lost
	case c.attempt > t.Attempts:
		end = Abandoned
	}
	return c, record, end, nil
}

// giveUp ends a claim without a run.
func (s *Scheduler) giveUp(ctx context.Context, t *Timer, c claim, end Outcome) error {
	ok, err := s.store.finish(ctx, nil, c, ending{at: s.clock.now(), outcome: end})
	if err != nil || !ok {
		return err
	}
	res := Result{Timer: t.Name, Tenant: c.tenant, Due: c.due, Attempt: c.attempt - 1, OnDemand: c.onDemand, Outcome: end, Err: errNotMade}
	s.report(res)
	return nil
}
