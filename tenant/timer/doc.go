// Package timer runs jobs once for each tenant, or once for all of them, when
// a schedule says so and in one process of however many there are.
//
//	scheduler, err := timer.New(timer.Config{
//		DB: db, Dialect: tenant.Postgres, Registry: reg,
//		Timers: []timer.Timer{{
//			Name:      "invoices.remind",
//			Schedule:  timer.Every(time.Hour),
//			Isolation: tenant.PerTenant,
//			Jitter:    10 * time.Minute,
//			Run:       remind, // func(ctx context.Context, run *timer.Run) error
//		}},
//	})
//	...
//	err = scheduler.Run(ctx) // until ctx is done
//
// A timer that is [tenant.PerTenant] runs once for each active tenant, with a
// context in that tenant's mode and no actor: what it reads and writes through
// the scoped pool is that tenant's. One that is [tenant.Shared] runs once, in
// global mode. [tenant.Inherit] takes the isolation of the timer's Module.
//
// # Rounds
//
// A due time of a timer begins a round, in which every tenant gets its run; the
// next round begins when that one is complete and its own due time has come.
// The row of a timer in table tenancy_timers says which round it is in, and the
// next due time is computed from that row. So processes agree on the due times
// of any Schedule, also of one that adds a duration to what it is given.
// Schedules are asked in UTC.
//
// A round does not wait for the end of its runs. A tenant whose previous run
// still goes on gets its turn as soon as that ends. Where that takes longer than
// from one due time to the next it does not: the outcome is [Skipped], so that
// no other tenant is held up. Due times that passed while no process was running are treated
// as [Timer.Missed] says.
//
// # Exactly once, and what happens after a crash
//
// A run is claimed in table tenancy_timer_runs before it begins: its row goes
// to a later due time, by one statement that finds it as it was seen and not
// claimed. Due times of a row only ever grow, so no due time is run for a
// tenant again once it was finished (but see Clocks). The claim is a lease ([Config].Lease),
// extended while the run goes on, and has a number, the token, that each claim
// of the row increments.
//
// While no process dies each due run is made exactly once. Where one dies,
// loses the database for longer than the lease or is stopped in the middle of
// a run, the run is made again by another process after the lease: at least
// once, at most [Timer.Attempts] times. A run whose effect is in this database
// makes that exactly once as well: it calls [Run.Complete] in the transaction
// that makes the effect. The transaction then commits only if the run is still
// this process's, and the effect and the mark that the run is done commit
// together, or neither does.
//
// A run that returns an error or panics is not made again before its next due
// time. Who needs retries with back-off puts a queue behind the timer; package
// tenantriver is the bridge to one.
//
// # Clocks
//
// Due times and leases go by the clock of the database, which the processes
// share; each reads it whenever it looks at the timers. A process whose own
// clock is wrong neither runs early nor takes over what another still does.
//
// Where that clock was ahead and is set back by more than a minute, what was
// stored meanwhile for times that have yet to come does not keep the timers from
// running: they go back to their next due time, with a line in the log, and a
// due time that the wrong clock had reached is made again when it comes.
//
// # Cost
//
// Nothing is written ahead of time: a tenant's row appears with its first run.
// In each round each process reads the registry once, in pages, and the rows of
// the timer beside it; memory is bounded by the page and, with jitter, by twenty
// thousand waiting tenants a timer. A run costs two or three statements. Rows of
// tenants that the registry no longer knows are deleted on the way. The claims
// need no SKIP LOCKED: each is a compare-and-set that holds its lock for one
// statement, and processes begin at different places of a page.
//
// On SQLite each of these statements is a commit. In WAL mode with PRAGMA
// synchronous = NORMAL a commit does not wait for the disk; with FULL, which is
// the default of some drivers, tens of thousands of runs take tens of minutes. A
// power failure then undoes the last commits, a run's effect that [Run.Complete]
// marks together with its mark.
package timer
