package timer

import (
	"context"
	"log/slog"
	"time"
)

// The clock of the database may have been wrong, and far ahead of what it says
// now. Then rounds were opened and runs made for due times that have yet to
// come, and all would wait for those, in silence, perhaps for years. So what
// lies ahead by more than clocks differ counts as not done: a timer goes back
// to its next due time, and a row of a run is claimed for the round's.

// leeway is how much later than now a due time may be that has been run. It is
// more than what a process can be late in learning the time, and than steps in
// which a clock is set right: after a small one a due time that was run is not
// run again.
const leeway = time.Minute

// back returns the round in which a timer should be that is in one that lies
// ahead; ok is false if it does not. Nor does the timer wait for a time later
// than its schedule says, which another version of the program may have set.
func (t *Timer) back(r round, now time.Time) (to round, ok bool) {
	late := now.Add(leeway)
	switch {
	case !r.open():
		if !nextDue(t.Schedule, late).Before(r.due) {
			return r, false
		}
	case !r.opened.After(late):
		return r, false
	case !r.due.After(now):
		return round{due: r.due, opened: now, shared: r.shared}, true // it is due, and has been opened too late only
	}
	return round{due: nextDue(t.Schedule, now)}, true
}

// early takes a timer back if it lies ahead, and reports whether it did. A part
// in the round that goes on in this process, or another, ends by itself.
func (s *Scheduler) early(ctx context.Context, name string, r round, now time.Time) bool {
	to, ok := s.timers[name].back(r, now)
	if !ok {
		return false
	}
	won, err := s.store.move(ctx, name, r, to)
	if err != nil {
		s.warn(ctx, "setting a due time right", name, "", err)
		return false
	}
	if won {
		s.clockWasAhead(ctx, name)
	}
	return won
}

func (s *Scheduler) clockWasAhead(ctx context.Context, name string) {
	s.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "timer: what is stored lies ahead of the clock of the database and of the schedule; the clock was ahead, or the schedule has changed: going on from the present",
		slog.String("timer", name))
}
