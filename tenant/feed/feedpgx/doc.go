// Package feedpgx tells of changes as soon as they are committed, by LISTEN and
// NOTIFY of PostgreSQL, on top of the table of package feed. It is a module of
// its own, because it needs pgx.
//
//	err := feedpgx.Migrate(ctx, db) // after feed.Migrate
//	...
//	poller := feed.NewPoller(feed.NewStore(db, tenant.Postgres), feed.PollerConfig{})
//	poller.Subscribe(registry.Invalidate)
//	listener, err := feedpgx.NewListener(feedpgx.Config{Conn: connConfig, Poller: poller})
//	...
//	go listener.Run(ctx) // in the place of poller.Run
//
// A trigger on tenancy_changes sends the tenant and the number, and no value, in
// the transaction that makes the change: so nothing is sent of what is rolled
// back, and writers need not know of it.
//
// # Nothing is lost
//
// The table stays what counts. After each connect, when it listens already, the
// listener compares all numbers, and so finds what was changed while nobody
// listened; and it goes on looking at the table, every [Config.Every]. While it
// can not listen it looks every [Config.Fallback] and tries to connect again,
// at growing intervals with jitter. It survives the end of its backend, a
// restart of the server, and a connection that has gone silent.
//
// # Where it can not listen
//
// A process has one listening connection at most, beside its pools. It has to
// go to the primary server directly. PgBouncer in transaction mode takes a
// LISTEN and never delivers; other poolers do likewise, and all of them make up
// the number of the backend. A connection whose number is not its backend's is
// therefore not used ([ErrPooled]), and the listener looks at the table instead.
// The same holds for a standby server, and where the trigger is missing
// ([ErrNoTrigger]).
//
// Whoever may connect to the database may send notices, and make caches load
// again or believe that a tenant has reached a number that it has not: the
// accounts of one database have to trust each other so far.
//
// PostgreSQL lets transactions that send notices commit one after the other,
// in all its databases. That is nothing at hundreds of changes a second; an
// application with thousands leaves this package out, and looks.
package feedpgx
