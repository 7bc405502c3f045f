// Package ctxtree is the tree of places in an application where roles are
// assigned and capabilities are checked: the system at the top, the tenants
// under it, and below them what the application declares.
//
// The folder is called context, as the design has it; the package is called
// ctxtree, because a package named context breaks goimports and readers. It is
// always imported as
//
//	ctxtree "github.com/gotenancy/tenancy/context"
//
// A node stands for one object of the application: a category, a course, a
// user. It is known by its number, or by the tenant, level and instance of the
// object it stands for:
//
//	levels, err := ctxtree.NewLevels(
//		ctxtree.LevelRule{Level: "category", Under: []ctxtree.Level{ctxtree.LevelTenant, "category"}},
//		ctxtree.LevelRule{Level: "course", Under: []ctxtree.Level{"category"}})
//	...
//	tree := ctxtree.NewMemory(levels) // or ctxtreesql.New
//	top, err := tree.Create(ctx, ctxtree.Spec{Parent: ctxtree.SystemID, Level: ctxtree.LevelTenant, Instance: "acme"})
//	math, err := tree.Create(ctx, ctxtree.Spec{Parent: top.ID, Level: "category", Instance: "math"})
//
// # Tenants
//
// A node belongs to at most one tenant, for as long as it exists. The tenant
// begins at the node of level tenant and holds for everything below it. What a
// context reads and writes follows from its mode, see package tenant:
//
//	mode         reads                                      writes
//	none         nothing: tenant.ErrNoTenant                nothing
//	tenant       its own nodes, nodes without a tenant      its own nodes
//	global       nodes without a tenant                     nodes without a tenant
//	across       the listed tenants' nodes                  nothing: tenant.ErrSeveralTenants
//	across all   everything                                 everything
//
// A node that a context does not read does not exist for it: no answer and no
// error tells it from one that was never created.
//
// # Pages and navigation
//
// [Pages] makes the node that a request is about the page of its context, from
// the one id in a URL, and takes a global user into the tenant of the node, if
// he may enter that; members, guests and visitors stay in their tenant, where
// another one's node does not exist. [Current] returns the page, which is always
// of the context's own tenant or of none.
//
// A [Cache] keeps a [Snapshot] of each part that is read, and builds from two of
// them the navigation of the current tenant. [Provision] is the hook by which a
// tenant's nodes come and go in the transaction of package tenant/lifecycle.
//
// # Guarantees and limits
//
// A number is never given out twice, so whatever is stored under it can not
// come to belong to another node. A node never changes its tenant. Moving
// changes paths, so keep numbers, never paths. A path is at most [MaxPathLen]
// bytes long and an instance [MaxInstanceLen], which is what an index of every
// supported database can hold; beyond that nothing is created or moved. The
// package decides who may read by tenant only; who may act on a node is for
// package rbac.
package ctxtree
