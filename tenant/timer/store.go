package timer

import (
	"context"
	"time"

	"github.com/gotenancy/tenancy/tenant"
)

// store is what the scheduler needs of the database. sqlStore is the one; the
// tests of the scheduler have another, which they can make fail.
//
// Times are those of the database's clock. Every write says in its condition
// what it expects to find, and returns false, or less, where that has changed.
type store interface {
	// ensure makes the row of a timer that has none.
	ensure(ctx context.Context, timer string, due time.Time) error
	// rounds returns the rows of all timers by name, and the time.
	rounds(ctx context.Context) (map[string]round, time.Time, error)
	// move takes a timer from one round to another.
	move(ctx context.Context, timer string, from, to round) (bool, error)

	// between returns the rows of tenants after one id and up to another.
	between(ctx context.Context, timer string, after, upto tenant.ID) (map[tenant.ID]row, error)
	// rows returns the rows of these tenants; at most batchSize of them.
	rows(ctx context.Context, timer string, list []target) (map[tenant.ID]row, error)
	// remove deletes the rows of tenants that are not claimed and older than
	// due; at most batchSize of them.
	remove(ctx context.Context, timer string, list []target, due time.Time) error

	// claim claims the run of a due time for tenants who have a row of an
	// earlier one, or one that the clock has yet to reach, see row.ahead; and
	// claimNew for tenants of whom none is known; at most batchSize of them.
	// They return those they got.
	claim(ctx context.Context, timer string, list []target, c claim) ([]claim, error)
	claimNew(ctx context.Context, timer string, list []target, c claim) ([]claim, error)
	// claimNow claims a run on demand, which keeps the row's due time.
	claimNow(ctx context.Context, timer string, id tenant.ID, c claim) (claim, bool, error)
	// claimedFor reports whether a run for all, or one for a tenant, is claimed.
	claimedFor(ctx context.Context, timer string, all bool) (bool, error)
	// orphans returns claims of these timers whose leases have ended by now.
	orphans(ctx context.Context, timers []string, now time.Time) ([]claim, error)
	// takeOver makes an orphan the claim of fresh's owner.
	takeOver(ctx context.Context, orphan claim, now time.Time, fresh claim) (claim, bool, error)

	// extend lets the lease begin anew.
	extend(ctx context.Context, c claim) (bool, error)
	// finish ends a claim. db is where it is written; nil is the store's own.
	finish(ctx context.Context, db tenant.DBTX, c claim, end ending) (bool, error)
	// handBack ends the lease of a run that is still owed.
	handBack(ctx context.Context, c claim) (bool, error)
	// state returns the row of one tenant.
	state(ctx context.Context, timer string, id tenant.ID) (State, bool, error)
}

// round is where a timer stands: waiting for a due time, or working on it.
type round struct {
	due    time.Time
	opened time.Time // since when it has been worked on; zero while it is waited for
	shared bool      // it was opened for a shared timer; see enter
}

// is reports whether two are the same.
func (r round) is(other round) bool {
	return r.due.Equal(other.due) && r.opened.Equal(other.opened) && r.shared == other.shared
}

func (r round) open() bool { return !r.opened.IsZero() }

// row is what a scan has to know of a tenant's row.
type row struct {
	due     time.Time
	claimed bool
	token   int64
}

// ahead reports whether a row has a due time that is neither the round's nor has
// come yet: the clock was ahead when its run was claimed, and is right again.
func (r row) ahead(due, now time.Time) bool {
	return r.due.After(due) && r.due.After(now.Add(leeway))
}

// target is a tenant to claim, with the token of its row.
type target struct {
	id    tenant.ID
	token int64
}

// claim is one run that is this process's for now.
type claim struct {
	timer    string
	tenant   tenant.ID // empty for a shared timer
	due      time.Time
	token    int64
	attempt  int
	onDemand bool
	owner    string

	// The lease begins when the database says that it writes it: one by what
	// this process knew of the time could be over already, were it suspended.
	lease time.Duration
	until time.Time // when it ends, as this process counts
}

// passed returns the claim after fresh's owner took it over.
func (c claim) passed(fresh claim) claim {
	c.token, c.attempt = c.token+1, c.attempt+1
	c.owner, c.lease, c.until = fresh.owner, fresh.lease, fresh.until
	return c
}

// ending is how a claim ends.
type ending struct {
	at        time.Time
	outcome   Outcome
	errorType string
	code      string
}

// batchSize is how many tenants one statement names at most.
const batchSize = 64
