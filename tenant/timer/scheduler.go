package timer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// Scheduler runs timers in one process. All methods are safe for concurrent
// use.
type Scheduler struct {
	cfg    Config
	store  store
	clock  clock
	timers map[string]*Timer
	names  []string // in the order of Config.Timers

	id       string        // unique to this scheduler
	claims   atomic.Int64  // numbers the claims it tries
	slots    chan struct{} // one for each run under way
	claiming chan struct{} // held by the timer that claims
	running  atomic.Bool

	mu     sync.Mutex
	rounds map[string]round // as last read
}

// New returns a scheduler that does nothing until Run or RunNow is called, or
// an error that says what is wrong with the configuration.
func New(cfg Config) (*Scheduler, error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	s := &Scheduler{cfg: cfg, store: sqlStore{cfg.DB, cfg.Dialect, cfg.Clock}, timers: map[string]*Timer{}, slots: make(chan struct{}, cfg.Workers), claiming: make(chan struct{}, 1)}
	s.id, s.clock.seam = instance(cfg.Owner), cfg.Clock
	for _, given := range cfg.Timers {
		t, err := given.effective(time.Now())
		if err != nil {
			return nil, err
		}
		if s.timers[t.Name] != nil {
			return nil, fmt.Errorf("timer: two timers are called %s", t.Name)
		}
		s.timers[t.Name] = t
		s.names = append(s.names, t.Name)
	}
	return s, nil
}

// Run runs what is due until ctx is done; then it ends the contexts of the runs
// under way, waits for them and returns ctx's error. A run that ends with an
// error then is made again by another process, or the next time.
//
// ctx is one without a mode, or a global one, and what it carries besides the
// actor is there in the runs. Run is called once at a time. It returns another
// error only where it can not begin: on a context of a tenant, or when the
// tables are out of reach. Later failures of the database are logged, and the
// work goes on when it is back.
func (s *Scheduler) Run(ctx context.Context) error {
	if m := tenant.ModeOf(ctx); m != tenant.ModeNone && m != tenant.ModeGlobal {
		return fmt.Errorf("timer: Run takes a context without a tenant, this one is in mode %v: %w", m, tenant.ErrTenantConflict)
	}
	if !s.running.CompareAndSwap(false, true) {
		return errors.New("timer: Run has been called already and has not returned")
	}
	defer s.running.Store(false)
	ctx = plain(ctx)
	if err := s.prepare(ctx); err != nil {
		return err
	}
	var group sync.WaitGroup
	defer group.Wait()
	group.Go(func() { s.rescue(ctx, &group) })

	ended := make(chan string, len(s.names))
	active := map[string]bool{}
	for ctx.Err() == nil {
		wait, err := s.look(ctx, active, func(t *Timer, r round) {
			active[t.Name] = true
			group.Go(func() {
				s.makeRound(ctx, t, r, &group)
				ended <- t.Name
			})
		})
		if err != nil {
			s.warn(ctx, "looking for what is due", "", "", err)
			wait = s.cfg.Poll
		}
		alarm := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-alarm.C:
		case name := <-ended:
			delete(active, name)
		}
		alarm.Stop()
	}
	return ctx.Err()
}

// plain returns ctx without a mode and an actor; what package config put there
// stays.
func plain(ctx context.Context) context.Context {
	return carry.With(ctx, &carry.Value{Config: carry.From(ctx).Config})
}

// prepare makes the rows of timers that have none, and lets a timer begin
// earlier whose schedule was changed to an earlier time.
func (s *Scheduler) prepare(ctx context.Context) error {
	rounds, err := s.read(ctx)
	if err != nil {
		return err
	}
	now := s.clock.now()
	for _, name := range s.names {
		next := nextDue(s.timers[name].Schedule, now)
		r, found := rounds[name]
		switch {
		case !found:
			err = s.store.ensure(ctx, name, next)
		case !r.open() && next.Before(r.due):
			_, err = s.store.move(ctx, name, r, round{due: next})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// read reads the rows of all timers and the time.
func (s *Scheduler) read(ctx context.Context) (map[string]round, error) {
	began := time.Now()
	rounds, said, err := s.store.rounds(ctx)
	if err != nil {
		return nil, err
	}
	s.clock.set(said, began)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rounds = rounds
	return rounds, nil
}

// current reports whether a timer was in that round when it was last read.
func (s *Scheduler) current(name string, r round) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := s.rounds[name]
	return last.is(r)
}

// look opens the rounds that are due and starts those that are open and not
// active here. It returns how long it is until there is something to do.
func (s *Scheduler) look(ctx context.Context, active map[string]bool, start func(*Timer, round)) (time.Duration, error) {
	rounds, err := s.read(ctx)
	if err != nil {
		return 0, err
	}
	now, wait := s.clock.now(), s.cfg.Poll
	for _, name := range s.names {
		r, found := rounds[name]
		t := s.timers[name]
		switch {
		case !found: // somebody has called Forget
			if err := s.store.ensure(ctx, name, nextDue(t.Schedule, now)); err != nil {
				return 0, err
			}
			continue
		case s.early(ctx, name, r, now):
			wait = 0 // look again
			continue
		case active[name]:
			continue
		case !r.open() && r.due.After(now):
			wait = min(wait, r.due.Sub(now))
			continue
		case !r.open():
			to := round{}
			due, ok := t.opening(r.due, now)
			if to.due = due; ok {
				to.opened, to.shared = now, t.Isolation == tenant.Shared
			}
			won, err := s.store.move(ctx, name, r, to)
			if err != nil {
				return 0, err
			}
			if !won || !ok {
				wait = 0 // another process was faster, or there was nothing to open: look again
				continue
			}
			r = to
			s.mu.Lock()
			s.rounds[name] = r
			s.mu.Unlock()
		}
		start(t, r)
	}
	return wait, nil
}

// newClaim returns what a claim made now is to hold.
func (s *Scheduler) newClaim(due time.Time) claim {
	return claim{due: due, owner: s.id + "." + strconv.FormatInt(s.claims.Add(1), 36), lease: s.cfg.Lease, until: s.clock.now().Add(s.cfg.Lease)}
}

// State returns what the database knows of a timer for one tenant, or with an
// empty id of a shared timer; found is false where it never ran.
func (s *Scheduler) State(ctx context.Context, name string, id tenant.ID) (st State, found bool, err error) {
	return s.store.state(ctx, name, id)
}

// report tells the hook and the log of a run.
func (s *Scheduler) report(res Result) {
	if res.Outcome != Done {
		s.cfg.Logger.LogAttrs(context.Background(), slog.LevelWarn, "timer: a run was not done",
			slog.String("timer", res.Timer), slog.String("tenant", string(res.Tenant)), slog.String("outcome", res.Outcome.String()),
			slog.String("error_type", typeOf(res.Err)), slog.String("code", codeOf(res.Err)))
	}
	if s.cfg.OnResult != nil {
		s.cfg.OnResult(res)
	}
}

// warn logs a failure of the database, which is not one of a run.
func (s *Scheduler) warn(ctx context.Context, doing, name string, id tenant.ID, err error) {
	if ctx.Err() != nil {
		return // it is because we stop
	}
	attrs := []slog.Attr{slog.Any("error", err)}
	if name != "" {
		attrs = append(attrs, slog.String("timer", name))
	}
	if id != "" {
		attrs = append(attrs, slog.String("tenant", string(id)))
	}
	s.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "timer: "+doing+" failed; it is tried again", attrs...)
}
