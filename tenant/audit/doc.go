// Package audit keeps what happened: an append-only stream of events for each
// tenant, and one for what is about no tenant.
//
//	log := audit.New(db, tenant.Postgres)
//	manager, err := lifecycle.New(lifecycle.Config{..., Hooks: []tenant.Hook{..., log.Hook}})
//	...
//	for r, err := range log.Records(ctx, audit.Query{Object: "user-7", Newest: true, Limit: 50}) {
//
// A record holds the id of its tenant, of who acted and of what was changed, as
// text: it stays when those are gone. There is no method that changes a record
// or removes a single one. [Log.Prune] removes what is old, for all tenants,
// and leaves a record of it; an application that wants the database to hold it
// to that revokes UPDATE and DELETE on tenancy_audit from its user and prunes as
// another.
//
// # Who reads and writes what
//
//	mode        reads                            appends
//	none        refused                          refused
//	tenant      that tenant's records            about that tenant
//	global      records about no tenant          about no tenant
//	across      the listed tenants' records      about the listed tenants, or none
//	across-all  every record                     about any tenant, or none
//
// A filter only narrows this: a query that names another tenant finds nothing.
//
// # Order
//
// The records of a tenant are numbered from 1 without gaps, in the order in
// which their transactions commit: the number is taken under a lock on the
// tenant's row of tenancy_audit_heads, which is held until the commit. So
// whoever has read record n has seen every smaller number, and a reader that
// goes on from the last number misses nothing, however late a transaction
// commits. The price is that two transactions that append for the same tenant
// wait for each other, as those that change its settings do. No tenant waits for
// another, and for that reason there is no number across tenants: records of
// several tenants come in order of their time, which is the clock of the process
// that wrote them and good for people, not for following. Whoever follows all
// tenants compares [Log.Heads] with what it has, and reads each tenant from
// there.
//
// # Crossings of package scope
//
// scope.OnCrossing tells of every statement that reaches several tenants. To
// record them, give it a function that appends, through a pool of its own: the
// statement's connection is held while the function runs, so with one pool for
// both all connections may end up waiting for one more. A panic in the function
// keeps the statement from being sent, which is how to have no crossing without
// a record. On SQLite, where the transaction of the statement may hold the one
// write lock, record in a queue and append when it has ended.
//
// Events are stored as they are. Put no secrets and no application data in them.
package audit
