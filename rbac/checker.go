package rbac

import (
	"cmp"
	"context"
	"errors"
	"time"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/internal/cell"
	"github.com/gotenancy/tenancy/tenant"
)

// Config says how a [Checker] answers. Tree, Store and Capabilities are
// required.
type Config struct {
	Tree         ctxtree.Store
	Store        Store
	Capabilities []Capability

	// TreeOn returns the tree on a transaction of the roles' store, where both
	// are in one database, so that they are read in one state of it:
	//
	//	func(db tenant.DBTX) ctxtree.Store { return tree.With(db) }
	//
	// Without it nodes and rules are read one after the other, and again where
	// the nodes have changed meanwhile; where they change faster than they can
	// be read, as while a tenant is being filled, questions end with an error.
	TreeOn func(db tenant.DBTX) ctxtree.Store

	// Wall says what members reach besides their own tenant.
	Wall Wall

	// ForceLogin denies everything to visitors who are not signed in.
	ForceLogin bool

	// IgnoreLocks switches the locks of nodes off. LocksSpareAdmins lets site
	// administrators change what is locked.
	IgnoreLocks      bool
	LocksSpareAdmins bool

	// Known reports whether the application still knows an actor who is signed
	// in and no guest. An error denies. Where it is nil everybody is known
	// whom the context names. It is called for every question, and of a session
	// that is acting for both, see Session.Real.
	Known func(ctx context.Context, a tenant.Actor) (bool, error)

	// Homes returns of which tenant each of these users is a member, with an
	// empty id for those who are members of none. Whom the application does not
	// know any more is left out of the answer, and so is the guest. Only
	// [Checker.WhoCan] needs it, which asks about people who are not in a
	// context; without it that is [ErrNoHomes].
	Homes func(ctx context.Context, users []string) (map[string]tenant.ID, error)

	// Feed, where it is set, closes the checker whenever this process has not
	// heard of others' changes for longer than MaxLag, or 30 seconds where that
	// is 0: then every question ends with [ErrBehind]. A feed.Poller is one; its
	// interval has to be well below the limit.
	Feed   Feed
	MaxLag time.Duration

	// MaxTenants is how many tenants' nodes and rules are kept in memory; 1024
	// where it is 0.
	MaxTenants int
}

const (
	defaultMaxTenants = 1024
	defaultMaxLag     = 30 * time.Second
)

var errNotBuilt = errors.New("rbac: a Checker is made by NewChecker")

// Checker answers questions about the actor of a context. It is safe for
// concurrent use. The zero Checker denies everything.
type Checker struct {
	tree     ctxtree.Store
	store    Store
	settings settings
	known    func(ctx context.Context, a tenant.Actor) (bool, error)
	homes    func(ctx context.Context, users []string) (map[string]tenant.ID, error)
	treeOn   func(db tenant.DBTX) ctxtree.Store
	lease    *lease

	shared cell.Cell[part]   // what has no tenant
	cells  *cell.Cells[part] // what the tenants have; nil in the zero Checker
}

// NewChecker returns a checker that subscribes to both stores and lives as
// long as they do. The error says what is wrong with the configuration.
func NewChecker(cfg Config) (*Checker, error) {
	if cfg.Tree == nil || cfg.Store == nil {
		return nil, errors.New("rbac: NewChecker needs a Tree and a Store")
	}
	if cfg.Wall > Shared || cfg.MaxTenants < 0 || cfg.MaxLag < 0 {
		return nil, errors.New("rbac: NewChecker: unknown Wall, or negative MaxTenants or MaxLag")
	}
	capabilities, err := newCapabilities(cfg.Capabilities)
	if err != nil {
		return nil, err
	}
	c := &Checker{
		tree:   cfg.Tree,
		store:  cfg.Store,
		known:  cfg.Known,
		homes:  cfg.Homes,
		treeOn: cfg.TreeOn,
		lease:  newLease(cfg.Feed, cmp.Or(cfg.MaxLag, defaultMaxLag)),
		settings: settings{
			capabilities:     capabilities,
			catalogue:        newCatalogue(capabilities),
			subjectBytes:     subjectBytes,
			maxPoints:        maxPoints,
			wall:             cfg.Wall,
			forceLogin:       cfg.ForceLogin,
			ignoreLocks:      cfg.IgnoreLocks,
			locksSpareAdmins: cfg.LocksSpareAdmins,
		},
	}
	bounds := cell.Bounds[part]{Count: cmp.Or(cfg.MaxTenants, defaultMaxTenants)}
	source := c.source()
	c.shared.Init(&source)
	c.cells = new(cell.Cells[part])
	c.cells.Init(source, bounds)
	c.tree.Subscribe(c.treeChanged)
	c.store.Subscribe(c.rolesChanged)
	return c, nil
}

// Can reports whether the actor of ctx has the capability on the node. It is
// false whenever [Checker.Check] returns an error.
func (c *Checker) Can(ctx context.Context, capability string, node int64) bool {
	if allowed, ok := c.quick(ctx, capability, node); ok {
		return allowed
	}
	q, err := c.question(ctx)
	if err != nil {
		return false
	}
	m, err := c.model(ctx, q.scene, node)
	return err == nil && m.answer(q, capability, node)
}

// Check returns nil if the actor of ctx has the capability on the node, and a
// [*DeniedError] if not. Any other error says why there is no answer: that of
// tenant.Err for a context that reaches nothing, [ErrNoActor], or that of a
// store.
func (c *Checker) Check(ctx context.Context, capability string, node int64) error {
	if allowed, _ := c.quick(ctx, capability, node); allowed {
		return nil
	}
	d, err := c.decide(ctx, capability, node)
	if err != nil {
		return err
	}
	if !d.Allowed {
		return &DeniedError{Step: d.Step, Capability: capability, Node: node}
	}
	return nil
}
