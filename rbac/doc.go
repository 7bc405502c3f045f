// Package rbac answers who may do what, where: capabilities that are checked
// on the tree of package ctxtree, by roles that people hold on its nodes.
//
//	store := rbac.NewMemory() // or rbacsql.New
//	checker, err := rbac.NewChecker(rbac.Config{
//		Tree:  tree,
//		Store: store,
//		Capabilities: []rbac.Capability{
//			{Name: "course:view", Kind: rbac.Read},
//			{Name: "course:edit", Kind: rbac.Write},
//		},
//	})
//	...
//	if err := checker.Check(ctx, "course:edit", course.ID); err != nil {
//		return err // errors.Is(err, rbac.ErrDenied)
//	}
//
// # Rules
//
// A role has for each capability a [Permission] on each node: Inherit (none),
// Allow, Prevent or Prohibit. Those on the system node are the role's
// definition, those elsewhere override it from there down. Of one role the
// permission nearest to the node in question counts. One role that allows is
// enough: what one prevents another may allow. A prohibit anywhere between the
// node and the system, of any of the roles, denies for good.
//
// People hold the roles assigned to them on the node or above it, and the
// special roles: see [Special]. The rules are Moodle's; [Step] lists them in
// the order in which they are asked, and [Checker.Explain] says which decided.
//
// # The wall
//
// Before all of them comes the wall between tenants. It depends on the mode of
// the context (see package tenant), on whose member the actor is, and on the
// node's tenant; no role, no administrator's flag and no cached answer is
// looked at before it, or can change what it says:
//
//	mode        nodes that can be asked about
//	none        none: tenant.ErrNoTenant
//	tenant      the tenant's and those without a tenant
//	global      those without a tenant
//	across      the listed tenants'; none for a member
//	across all  all; none for a member
//
// Of these a member of a tenant reaches its own tenant's nodes, and none at all
// in the context of another tenant; nodes without a tenant only with the wall
// [Shared]. Guests and visitors who are not signed in reach nodes without a
// tenant only. Site administrators who are members are held like every other
// member, and the flag counts on their own tenant's nodes only. What is beyond
// the wall is answered like what does not exist.
//
// # Cost
//
// What a tenant owns is kept in memory as a whole, and what follows from it for
// a user is worked out with the user's first question: some ten microseconds,
// and then about a kilobyte. With [Checker.NewContext] in the request's context
// each further question of it is a few tens of nanoseconds and no allocation.
// A change of a tenant's nodes or roles has that tenant loaded again; one of
// what has no tenant has everybody worked out again.
//
// # Questions
//
// [Checker.Can] and [Checker.Check] ask about one node; [Checker.Filter] and
// [Checker.Capabilities] about many nodes or capabilities; [Checker.WhoCan] and
// [Checker.WhereCan] the other way round; [Checker.Predicate] is a condition for
// a query of the application's own. All of them are answered from rights that
// are compiled for each person, and agree with [Checker.Explain], which goes
// through the rules one by one and says what decided. [Checker.NewContext] puts
// what is known about the actor into the context of a request, after which a
// check costs some tens of nanoseconds. [Checker.Require] guards HTTP handlers;
// package rbacgrpc guards gRPC methods.
//
// # Guarantees and limits
//
// Whatever is missing or fails denies: no tenant, no actor, an unknown
// capability or node, a store that does not answer. A checker keeps what it
// has loaded of each tenant until it is told of a change: through the stores
// it subscribes to for changes made in this process, and by
// [Checker.Invalidate] for others. It never answers from what it knows to be out
// of date. A [Token] carries the moment of a change to another process, which
// waits for it with [Checker.Await]; with Config.Feed a process that hears of no
// changes any more gives no answers.
//
// A person is known by tenant.Actor.ID alone, so these ids must be unique over
// all tenants: an application that numbers accounts within each tenant puts
// the tenant into the id.
//
// # Changing roles
//
// A [Store] does what it is told. A [Manager] changes roles for people: it asks
// who may, by capabilities and by pairs of roles ([Pair]), in the transaction
// that makes the change. It also lets people switch roles and act as others.
// [Install] defines roles with what their [Archetype] begins with, and
// [TenantManagers] gives those who manage a tenant their role.
package rbac
