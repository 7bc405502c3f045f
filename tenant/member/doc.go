// Package member knows the people of a multi-tenant application: who has an
// account, to which tenant it belongs, who manages a tenant, and how somebody
// signs in to one and switches to another.
//
// An account is one of these:
//
//   - a member belongs to exactly one tenant, and reaches that one only;
//   - a global account belongs to none;
//   - an associated user is a global account that is in the cohort which a
//     tenant has chosen for that. Several tenants may have chosen the same.
//     Being associated makes visible and lets in; it gives no capability.
//
// The users of a tenant are its members and its associated users. A manager is
// a member of the tenant, or a global account, which may manage several.
// Each tenant has an automatic cohort of exactly its users, which follows every
// change in the transaction that makes it.
//
//	dir, err := member.NewDirectory(db, tenant.Postgres, member.Config{
//		Tenants:       func(db tenant.DBTX) tenant.Registry { return registry.With(db) },
//		Administrator: isAdministrator,
//		Authenticator: passwords, // yours: this package stores none
//		Hooks:         []tenant.Hook{auditLog.Hook},
//	})
//	...
//	ann, err := dir.AddMember(ctx, "", member.NewAccount{ID: "17", UserName: "ann"})
//
// The middleware of package tenant asks it who may come in:
//
//	tenant.MiddlewareConfig{
//		Actor: tenant.BindSessions(sessions).Actor(func(r *http.Request) (tenant.Actor, error) {
//			account := sessions.GetString(r.Context(), member.SessionAccount)
//			if account == "" {
//				return tenant.Actor{}, nil // a visitor
//			}
//			return dir.Actor(r.Context(), account)
//		}),
//		Members: dir.MayEnter,
//	}
//
// The binding keeps the session of one tenant out of the others: without it a
// global account's session would be worth something on every host that the
// account may enter.
//
// # The wall
//
// In a tenant's context there are that tenant's people: other accounts are
// unknown, whatever id is asked for, and a name or an e-mail address that is in
// use elsewhere is free. Global and across-all contexts are the central back
// office, which manages all; they are closed to members. A context without a
// mode can only sign in and switch, and one across some tenants nothing. Each
// method says in which modes it works.
//
// What one tenant can learn of others is that an account id exists, since it is
// unique in the installation ([ErrTaken]); ids that say nothing say nothing
// then. With [NamesQualified] a name that ends in another tenant's code is
// refused for its form, before anything is looked up.
//
// # The same person on several sites
//
// Somebody who registers on two sites has two accounts that know nothing of
// each other: the name and the address may be the same, the credential is
// whatever each was given, suspending one leaves the other, and a reset on one
// site neither offers nor mentions the other. This is the default and needs
// nothing. Where an application wants one account for several sites, it makes a
// global account and puts it into the associated cohort of these tenants; the
// person signs in to each with the same name and credential. The two can live
// side by side: where a member and a global account have the same name, that
// name means the member in the member's tenant. An account of the first sort
// becomes one of the second with [Directory.Release], and back with
// [Directory.Allocate].
//
// # Guarantees and limits
//
// User limits and unique names are held by the database, under any number of
// writers in any number of processes. Every change increments the numbers of
// the tenants it touches in package feed, publishes its events to
// [Config.Hooks] within its transaction, and is undone as a whole if one of
// them fails.
//
// A change of a shared cohort, or of a global account, takes the lock of every
// tenant concerned. Such changes wait for one another; changes of members wait
// only for those of the same tenant.
//
// There is no second implementation in memory: with a SQLite database in memory
// an application's tests have the real rules. The tables, named tenancy_*, are
// for this package to write; an application that joins them declares them in
// its policy.
package member
