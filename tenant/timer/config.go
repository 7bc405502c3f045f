package timer

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/gotenancy/tenancy/tenant"
)

// What is taken where a Config says nothing.
const (
	defaultWorkers = 8
	sqliteWorkers  = 2
	defaultLease   = time.Minute
	defaultPoll    = 2 * time.Second
)

// Config is what a [Scheduler] is made of. DB, Dialect, Registry and Timers
// are needed.
type Config struct {
	// DB is the application's own pool, as package scope opened it. [Migrate]
	// or the files in [Migrations] have made the tables.
	DB      tenant.DBTX
	Dialect tenant.Dialect

	// Registry knows the tenants. It is listed once a round by each process and
	// asked again about a tenant whose turn comes later than it was listed.
	Registry tenant.Registry

	// Timers are the jobs. Processes of one installation may have different
	// ones, as they do while a new version is rolled out: each runs its own.
	Timers []Timer

	// Workers is how many runs go on at once in this process; 8 where it is 0,
	// and 2 on SQLite. All timers share them, so a long job wants a Timeout.
	// Leave the pool more connections than that.
	//
	// SQLite has one writer at a time, and the others wait for it by sleeping,
	// in no order. Many that write make nothing faster there, and one of them may
	// wait for so long that a lease ends and its run is made again.
	Workers int

	// Owner names this process in the table, for people who look there: at most
	// 100 bytes; host and process id where it is empty. It need not be unique.
	Owner string

	// Lease is how long after its process died a run is taken over; 1 minute
	// where it is 0, and not less than 1 second. It does not limit how long a
	// run takes.
	Lease time.Duration

	// Poll is how often the table is looked at apart from due times, for what
	// other processes have changed and for runs of dead ones; 2 seconds where
	// it is 0.
	Poll time.Duration

	// OnResult is told of every run that this process made, gave up or skipped,
	// by several goroutines at once. It should return quickly.
	OnResult func(Result)

	// Logger gets a line for each run that was not done and each failure of the
	// database; slog's default where it is nil. Errors of runs are logged by
	// type and code, since their text may hold the tenant's data: OnResult gets
	// them whole.
	Logger *slog.Logger

	// Clock is for tests. Where it is nil the clock is that of the database,
	// which all processes share.
	Clock func() time.Time
}

func (c Config) check() (Config, error) {
	switch {
	case c.DB == nil:
		return c, errors.New("timer: Config.DB is nil")
	case c.Dialect < tenant.Postgres || c.Dialect > tenant.SQLite:
		return c, fmt.Errorf("timer: Config.Dialect: there is no dialect %v", c.Dialect)
	case c.Registry == nil:
		return c, errors.New("timer: Config.Registry is nil")
	case len(c.Timers) == 0:
		return c, errors.New("timer: Config.Timers is empty")
	case c.Workers < 0 || c.Lease < 0 || c.Poll < 0:
		return c, errors.New("timer: Config has a negative Workers, Lease or Poll")
	case c.Lease > 0 && c.Lease < time.Second:
		return c, errors.New("timer: Config.Lease is shorter than a second; a run would be taken over while the database is slow")
	case len(c.Owner) > 100:
		return c, errors.New("timer: Config.Owner is longer than 100 bytes")
	}
	if c.Dialect == tenant.SQLite {
		orElse(&c.Workers, sqliteWorkers)
	}
	orElse(&c.Workers, defaultWorkers)
	orElse(&c.Lease, defaultLease)
	orElse(&c.Poll, defaultPoll)
	if c.Owner == "" {
		host, err := os.Hostname()
		if err != nil {
			host = "unknown"
		}
		c.Owner = fmt.Sprintf("%.80s/%d", host, os.Getpid())
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c, nil
}

// instance returns the name of a scheduler that no other has.
func instance(owner string) string { return owner + "#" + rand.Text() }
