package timer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gotenancy/tenancy/tenant"
)

// What is taken where a Timer says nothing.
const (
	defaultGrace       = time.Minute
	defaultMissedLimit = 10
	defaultAttempts    = 5
)

// Timer is one job and when it is due.
type Timer struct {
	// Name identifies the timer in the database, for ever: 1 to 100 letters,
	// digits, dots, hyphens and underscores, the first of which is a letter or
	// digit.
	Name string

	// Schedule says when it is due.
	Schedule Schedule

	// Isolation says whether it runs once for each active tenant or once.
	// Inherit takes that of Module. It may change under the same name, while
	// there are processes with either: a due time is run in one of the two ways,
	// by the processes that have it so. If none is left that had the old one,
	// what the last round still owed is not made up for, and the next due time is
	// run in the new way, after the runs of the old that still go on.
	Isolation tenant.Isolation

	// Module is the part of the application that the timer belongs to. It is
	// needed only where Isolation is Inherit.
	Module tenant.Module

	// Jitter spreads the tenants' runs over that much time after the due time,
	// each at a place that follows from timer and tenant. Choose it well below
	// the time between two due times: the next round does not begin before the
	// last tenant of this one has begun. A shared timer takes it too.
	Jitter time.Duration

	// Missed says what becomes of due times that nobody was there for.
	Missed Missed

	// MissedLimit is how many rounds MissedEach makes up for; 10 where it is 0.
	MissedLimit int

	// Grace is how late MissedSkip still begins a round; 1 minute where it is
	// 0.
	Grace time.Duration

	// Timeout ends the context of a run after that time; no limit where it is
	// 0. A run that does not heed its context goes on, keeps its claim and its
	// worker, and is not started a second time beside itself.
	Timeout time.Duration

	// Attempts is how often one due run is begun at most when the process that
	// makes it dies each time; 5 where it is 0. After that its outcome is
	// Abandoned. It is not a number of retries after errors: there are none.
	Attempts int

	// Run does the work. ctx is in the mode of one tenant, or global, without
	// an actor; it ends when the scheduler stops, after Timeout, or when the
	// claim is lost. An error or a panic is the outcome of this run and stops
	// no other.
	Run func(ctx context.Context, run *Run) error
}

// effective returns the timer with its defaults filled in and its isolation
// resolved, or what is wrong with it.
func (t Timer) effective(now time.Time) (*Timer, error) {
	if !validName(t.Name) {
		return nil, fmt.Errorf("timer: a name is 1 to 100 letters, digits, dots, hyphens and underscores, beginning with a letter or digit; %q is not", t.Name)
	}
	fail := func(format string, args ...any) (*Timer, error) {
		return nil, fmt.Errorf("timer %s: "+format, append([]any{t.Name}, args...)...)
	}
	switch {
	case t.Run == nil:
		return fail("it has no Run")
	case t.Schedule == nil:
		return fail("it has no Schedule")
	case t.Jitter < 0 || t.Grace < 0 || t.Timeout < 0 || t.MissedLimit < 0 || t.Attempts < 0:
		return fail("a negative Jitter, Grace, Timeout, MissedLimit or Attempts")
	case int(t.Missed) >= len(missedNames):
		return fail("Missed is unknown; use MissedOnce, MissedSkip or MissedEach")
	}
	if e, ok := t.Schedule.(every); ok && time.Duration(e) < time.Second {
		return fail("Every takes at least one second")
	}
	if next := t.Schedule.Next(now.UTC()); !next.IsZero() && !next.After(now) {
		return fail("its Schedule answers with a time that is not after the one it was asked about")
	}
	if t.Isolation == tenant.Inherit {
		if t.Module.Name == "" {
			return fail("Isolation is Inherit and there is no Module to inherit from; set one of the two")
		}
		t.Isolation = t.Module.Isolation
		if t.Isolation == tenant.Inherit {
			return fail("Isolation is Inherit, and so is that of module %s; say PerTenant or Shared there", t.Module.Name)
		}
	}
	if t.Isolation != tenant.PerTenant && t.Isolation != tenant.Shared {
		return fail("Isolation is unknown; use PerTenant, Shared or Inherit")
	}
	orElse(&t.Grace, defaultGrace)
	orElse(&t.MissedLimit, defaultMissedLimit)
	orElse(&t.Attempts, defaultAttempts)
	return &t, nil
}

func orElse[T comparable](field *T, def T) {
	var zero T
	if *field == zero {
		*field = def
	}
}

// validName reports whether s can name a timer.
func validName(s string) bool { return validText(s, 100) && s[0] != '.' && s[0] != '-' && s[0] != '_' }

// validText reports whether s is 1 to most letters, digits, dots, hyphens and
// underscores.
func validText(s string, most int) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '-', c == '_':
		default:
			return false
		}
	}
	return s != "" && len(s) <= most
}

// What can go wrong with a run apart from the run itself.
var (
	// ErrClaimLost: the run is no longer this process's. Its lease ended, since
	// the database was out of reach or the process stood still, and another
	// process may have taken it over; or it was completed before.
	ErrClaimLost = errors.New("timer: the claim on this run is lost; undo what it did")

	// ErrBusy: the tenant's run of this timer is going on, here or in another
	// process.
	ErrBusy = errors.New("timer: it is running for this tenant already")

	// ErrUnknownTimer: the scheduler has no timer of that name.
	ErrUnknownTimer = errors.New("timer: there is no timer of that name")

	// ErrTimeout is the cause with which the context of a run ends after
	// [Timer.Timeout].
	ErrTimeout = errors.New("timer: the run took longer than its Timeout")
)
