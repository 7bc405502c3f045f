// Package tenantriver carries the tenant through River, the job queue on
// PostgreSQL (github.com/riverqueue/river): a job runs for the tenant that
// inserted it, and what package timer does per tenant can be done with retries
// and queues.
//
//	mw, err := tenantriver.New(tenantriver.Config{Registry: reg})
//	...
//	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
//		Middleware: []rivertype.Middleware{mw},
//		Workers:    workers,
//		...
//	})
//	client.Insert(ctx, RemindArgs{...}, nil) // ctx as the middleware of package tenant made it
//
// Inserting takes the tenant from the context and refuses where there is none,
// or where the context is read-only ([tenant.ReadOnly]);
// it is stored in the job's metadata, outside the arguments, where neither the
// application nor a request writes it. Working looks the tenant up again and
// gives the worker a context in its mode, without an actor. A job without a
// tenant, or of one that is unknown or archived, is cancelled with an error and
// a line in the log; one of a suspended tenant is put off. Kinds of jobs that
// are for no tenant are listed in Config.Shared and run in global mode.
//
// River's unique jobs are unique per tenant: two tenants that insert the same
// unique job get one each. Its tables hold the jobs of all tenants and are no
// tables of the application: give River a pool of its own that is not scoped,
// and the workers the scoped one.
//
// The newest River that Go 1.25 compiles is 0.44; 0.45 and later need Go 1.26.
package tenantriver
