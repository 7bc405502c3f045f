// Package feed tells the processes of one application what has changed, so
// that each can drop what it has cached: settings, the tree, roles, tenants.
//
// The table tenancy_changes has one row a tenant, and one with an empty id for
// what is global. A writer increments the number in that row with [Bump],
// inside the transaction that makes the change. The row stays locked until the
// writer commits, so that for each tenant the order of the numbers is the
// order of the commits: who has read number n after loading has seen
// everything up to n, and a cache is stale if, and only if, a larger number
// exists.
//
// Readers run one [Poller] a process, to which the caches subscribe:
//
//	store := feed.NewStore(db, tenant.Postgres)
//	poller := feed.NewPoller(store, feed.PollerConfig{})
//	poller.Subscribe(settings.Invalidate)
//	go poller.Run(ctx) // until ctx is done
//
// On PostgreSQL package feedpgx, a module of its own, tells the same poller by
// LISTEN and NOTIFY, within milliseconds.
//
// # Guarantees and limits
//
// A message is a tenant and a number, never a value: a subscriber that misses
// one, or gets it late or twice, still ends up right. Every committed change is
// announced, at the latest with the next sweep (see [PollerConfig]), however
// long its transaction took and whatever the clocks of the machines say.
// Numbers are never reused; rows are not deleted with their tenant.
//
// They go back where the database is restored from a copy under running
// processes. The next sweep notices, and any look that meets a tenant changed
// since: everybody is told of everything, and the error is [ErrRewound]. Until
// then, at most [PollerConfig].Sweep, caches hold what is no more. A tenant that
// was changed since the restore just as often as it had been before is not
// noticed. Who can restart the processes after a restore does.
package feed
