// Package lifecycle makes tenants, changes them and removes them, each change
// in one transaction with everything that belongs to it.
//
//	registry := tenantsql.NewRegistry(db, tenant.Postgres)
//	manager, err := lifecycle.New(lifecycle.Config{
//		DB:       db, // the application's own scoped pool
//		Dialect:  tenant.Postgres,
//		Registry: func(tx tenant.DBTX) lifecycle.Registry { return registry.With(tx) },
//		Hooks:    []tenant.Hook{placeInTree, managerRole, cohort, settings, log.Hook},
//	})
//	acme, created, err := manager.Create(ctx, tenant.Tenant{Code: "acme", Name: "Acme Ltd"}, firstAdministrator)
//
// # Hooks
//
// The package knows the registry and nothing else. What has to appear together
// with a tenant - its node in the tree, its top category, its cohort, the role
// of its managers, its first administrator, its settings, the record in the
// audit log - is a [tenant.Hook] that the application wires. Hooks are called
// for every change, with an event whose Kind is one of the constants of this
// package, and act on the kinds that concern them:
//
//   - after the registry has been changed, in the order of Config.Hooks, and
//     then those given to the call;
//   - with the transaction of the change, which was begun with a context in
//     tenant mode for the tenant that it is about. Package scope runs the
//     application's own statements in it as that tenant, and refuses any other;
//   - with that context, from which [tenant.FromContext] returns the record as
//     it is after the change, or for [KindDeleted] as it was before.
//
// An error of a hook undoes the change as a whole and is returned. So does a
// panic, which goes on to the caller. An application that is killed anywhere
// leaves either all of it or nothing; nobody sees half of it in between. A hook
// must not keep tx, and must not write through another connection: that would
// be visible at once, and where it needs the tenant's lock it would wait for
// ever for the transaction that it is part of.
//
// # Who may call
//
// Creation, changes of the record and of the status, and deletion are for
// operators: they start from a context without a tenant (a central route has
// one), in global mode, or across all tenants, and refuse an actor who is a
// member of a tenant. Domains may also be managed in the tenant's own context.
// Which people may do it is for the caller to decide.
//
// # Two at once
//
// Every change first takes the lock of the tenant's change number (package
// feed), and decides by what it finds under it. Of two that come at the same
// moment the second decides by what the first has left, and gets a typed error
// where that no longer allows it: nothing has changed then. Two tenants that
// want the same code or host do not wait for each other. There the unique index
// decides, and the loser gets [tenant.ErrTaken].
//
// # Ids are used once
//
// What was stored about a tenant can outlive it: audit records, backups, files,
// somebody's token. So an id under which anything was ever written does not
// become another customer's; the code and the hosts of a deleted tenant are free.
package lifecycle
