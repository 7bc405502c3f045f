package timer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gotenancy/tenancy/tenant"
)

// Run is one run of a timer, as its function sees it.
type Run struct {
	Timer    string
	Tenant   tenant.ID // empty for a shared timer
	Due      time.Time // without the jitter; zero for a run on demand
	Attempt  int       // 1, and more where earlier processes died making this run
	OnDemand bool      // made by [Scheduler.RunNow]

	store     store
	clock     *clock
	claim     claim
	completed atomic.Bool
}

// Complete records in tx that the run is done. It commits with what tx did for
// it, or not at all: when the process is killed, either both have happened and
// the run is not made again, or neither has and it is.
//
// tx is the application's own transaction in the database of the scheduler.
// Call it last: from then on the lease is not extended. The error is
// [ErrClaimLost] if the run belongs to another process by now, or is complete;
// tx must be rolled back then, as on any error. A run that rolls tx back for a
// reason of its own returns an error, or does it all again in another one.
func (r *Run) Complete(ctx context.Context, tx tenant.DBTX) error {
	if _, pool := tx.(interface {
		BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error)
	}); pool || tx == nil {
		return errors.New("timer: Complete takes the transaction that makes the run's effect, not a pool")
	}
	ok, err := r.store.finish(ctx, tx, r.claim, ending{at: r.clock.now(), outcome: Done})
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("timer %s: %w", r.Timer, ErrClaimLost)
	}
	r.completed.Store(true)
	return nil
}

// finishWait is how long a run that has ended may wait for the database to
// take note, where its lease does not end before.
const finishWait = 10 * time.Second

// execute makes one run that has been claimed, and records how it ended. ctx is
// one without a mode that ends when the run has to stop.
func (s *Scheduler) execute(ctx context.Context, t *Timer, c claim, record *tenant.Tenant) Result {
	began := time.Now()
	run := &Run{Timer: t.Name, Tenant: c.tenant, Due: c.due, Attempt: c.attempt, OnDemand: c.onDemand, store: s.store, clock: &s.clock, claim: c}
	if c.onDemand {
		run.Due = time.Time{}
	}
	inside := tenant.Global(ctx)
	if record != nil {
		inside = tenant.NewContext(ctx, record)
	}
	inside, cancel := context.WithCancelCause(inside)
	defer cancel(nil)
	if t.Timeout > 0 {
		var stop context.CancelFunc
		inside, stop = context.WithTimeoutCause(inside, t.Timeout, ErrTimeout)
		defer stop()
	}
	// The claim is kept until the end is recorded: that may have to wait for a
	// database with one writer, and the run must not be made again meanwhile.
	stop := s.keep(ctx, run, cancel)
	defer stop()
	err := call(inside, t.Run, run)
	res := Result{Timer: t.Name, Tenant: c.tenant, Due: run.Due, Attempt: c.attempt, OnDemand: c.onDemand, Took: time.Since(began), Err: err}
	res.Outcome = outcomeOf(ctx, inside, err)
	if cause := context.Cause(inside); (res.Outcome == Lost || res.Outcome == TimedOut) && !errors.Is(err, cause) {
		res.Err = errors.Join(cause, err) // err says perhaps only that a context was cancelled
	}
	if res.Outcome == Interrupted {
		stop() // or a heartbeat would take back what is handed back
	}
	if lost := s.record(ctx, run, res); lost != nil {
		res.Outcome, res.Err = Lost, errors.Join(lost, err)
	}
	s.report(res)
	return res
}

// call runs fn and turns a panic, and the end of the goroutine, into an error.
func call(ctx context.Context, fn func(context.Context, *Run) error, run *Run) (err error) {
	done := make(chan struct{})
	go func() { // so that runtime.Goexit in fn does not end the worker
		defer close(done)
		returned := false
		defer func() {
			if v := recover(); !returned {
				err = &PanicError{Value: v, Stack: debug.Stack()}
			}
		}()
		err = fn(ctx, run)
		returned = true
	}()
	<-done
	return err
}

// outcomeOf says how a run ended; outer is the context of the scheduler, inner
// that of the run.
func outcomeOf(outer, inner context.Context, err error) Outcome {
	var panicked *PanicError
	switch cause := context.Cause(inner); {
	case errors.Is(cause, ErrClaimLost):
		return Lost
	case err == nil:
		return Done
	case errors.As(err, &panicked):
		return Panicked
	case outer.Err() != nil:
		return Interrupted
	case errors.Is(cause, ErrTimeout):
		return TimedOut
	default:
		return Failed
	}
}

// record writes how a run ended, as often as it takes until its lease ends. It
// returns an error where the run is, or has to be taken for, another process's.
func (s *Scheduler) record(ctx context.Context, run *Run, res Result) error {
	c := run.claim
	if res.Outcome == Lost || res.Outcome == Done && run.completed.Load() {
		return nil // there is nothing to write, or it was written with the effect
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), max(finishWait, s.cfg.Lease))
	defer cancel()
	for wait := 50 * time.Millisecond; ; wait *= 2 {
		ok, err := s.recordOnce(ctx, c, res)
		switch {
		case err == nil && (ok || run.completed.Load()):
			return nil // a run that completed itself and then failed stays done
		case err == nil:
			return fmt.Errorf("timer %s: %w", c.timer, ErrClaimLost)
		}
		s.warn(ctx, "recording a run", c.timer, c.tenant, err)
		select {
		case <-ctx.Done():
			return fmt.Errorf("timer %s: the end of the run could not be recorded: %w", c.timer, err)
		case <-time.After(min(wait, time.Second)):
		}
	}
}

func (s *Scheduler) recordOnce(ctx context.Context, c claim, res Result) (bool, error) {
	if res.Outcome == Interrupted && !c.onDemand {
		return s.store.handBack(ctx, c)
	}
	return s.store.finish(ctx, nil, c, ending{s.clock.now(), res.Outcome, typeOf(res.Err), codeOf(res.Err)})
}

// keep extends the lease of a run until the function that it returns is called.
// Where that fails until the lease ends it cancels the run.
func (s *Scheduler) keep(ctx context.Context, run *Run, cancel context.CancelCauseFunc) (stop func()) {
	ctx, end := context.WithCancel(context.WithoutCancel(ctx)) // also while the scheduler stops
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.beats(ctx, run, cancel)
	}()
	return sync.OnceFunc(func() {
		end()
		<-ended
	})
}

func (s *Scheduler) beats(ctx context.Context, run *Run, cancel context.CancelCauseFunc) {
	every := s.cfg.Lease / 3
	beat := time.NewTicker(every)
	defer beat.Stop()
	until := run.claim.until
	lapse := time.NewTimer(until.Sub(s.clock.now()))
	defer lapse.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-lapse.C:
			if !run.completed.Load() {
				cancel(ErrClaimLost)
			}
			return
		case <-beat.C:
		}
		if run.completed.Load() {
			continue
		}
		now := s.clock.now()
		next := now.Add(s.cfg.Lease)
		ok, err := s.extend(ctx, run.claim, min(every, until.Sub(now)))
		switch {
		case ctx.Err() != nil:
			return
		case err == nil && ok:
			until = next
			lapse.Reset(until.Sub(s.clock.now()))
		case err != nil:
			s.warn(ctx, "extending a lease", run.Timer, run.Tenant, err)
		case !run.completed.Load():
			cancel(ErrClaimLost)
			return
		}
	}
}

func (s *Scheduler) extend(ctx context.Context, c claim, within time.Duration) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return s.store.extend(ctx, c)
}
