package rbac

import (
	"context"
	"errors"
	"fmt"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// Config says how a [Checker] answers. Tree, Store and Capabilities are
// required.
type Config struct {
	Tree         ctxtree.Store
	Store        Store
	Capabilities []Capability

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
	// whom the context names. It is called for every question.
	Known func(ctx context.Context, a tenant.Actor) (bool, error)

	// MaxTenants is how many tenants' nodes and rules are kept in memory; 1024
	// where it is 0.
	MaxTenants int
}

const defaultMaxTenants = 1024

var (
	errNotBuilt = errors.New("rbac: a Checker is made by NewChecker")
	errLoad     = errors.New("rbac: loading did not end")
)

// Checker answers questions about the actor of a context. It is safe for
// concurrent use. The zero Checker denies everything.
type Checker struct {
	tree     ctxtree.Store
	store    Store
	settings settings
	known    func(ctx context.Context, a tenant.Actor) (bool, error)
	cache    *cache
}

// NewChecker returns a checker that subscribes to both stores and lives as
// long as they do. The error says what is wrong with the configuration.
func NewChecker(cfg Config) (*Checker, error) {
	if cfg.Tree == nil || cfg.Store == nil {
		return nil, errors.New("rbac: NewChecker needs a Tree and a Store")
	}
	if cfg.Wall > Shared || cfg.MaxTenants < 0 {
		return nil, errors.New("rbac: NewChecker: unknown Wall or negative MaxTenants")
	}
	capabilities, err := newCapabilities(cfg.Capabilities)
	if err != nil {
		return nil, err
	}
	c := &Checker{
		tree:  cfg.Tree,
		store: cfg.Store,
		known: cfg.Known,
		settings: settings{
			capabilities:     capabilities,
			wall:             cfg.Wall,
			forceLogin:       cfg.ForceLogin,
			ignoreLocks:      cfg.IgnoreLocks,
			locksSpareAdmins: cfg.LocksSpareAdmins,
		},
	}
	c.cache = &cache{max: cfg.MaxTenants, load: c.load, entries: map[tenant.ID]*entry{}}
	if cfg.MaxTenants == 0 {
		c.cache.max = defaultMaxTenants
	}
	c.tree.Subscribe(c.Invalidate)
	c.store.Subscribe(c.Invalidate)
	return c, nil
}

// Can reports whether the actor of ctx has the capability on the node. It is
// false whenever [Checker.Check] returns an error.
func (c *Checker) Can(ctx context.Context, capability string, node int64) bool {
	d, err := c.Explain(ctx, capability, node)
	return err == nil && d.Allowed
}

// Check returns nil if the actor of ctx has the capability on the node, and a
// [*DeniedError] if not. Any other error says why there is no answer: that of
// tenant.Err for a context that reaches nothing, [ErrNoActor], or that of a
// store.
func (c *Checker) Check(ctx context.Context, capability string, node int64) error {
	d, err := c.Explain(ctx, capability, node)
	if err != nil {
		return err
	}
	if !d.Allowed {
		return &DeniedError{Step: d.Step, Capability: capability, Node: node}
	}
	return nil
}

// Explain answers like [Checker.Check] and says what decided. Of what lies
// beyond the wall it says nothing else.
func (c *Checker) Explain(ctx context.Context, capability string, node int64) (Decision, error) {
	none := Decision{Capability: capability, Node: node}
	if c == nil || c.cache == nil {
		return none, errNotBuilt
	}
	reach, err := ctxtree.ReachOf(ctx)
	if err != nil {
		return none, fmt.Errorf("rbac: %w", err)
	}
	actor, ok := tenant.ActorFromContext(ctx)
	if !ok {
		return none, ErrNoActor
	}
	s := subject{
		user:      actor.ID,
		home:      actor.Tenant,
		guest:     actor.Guest,
		anonymous: actor.Anonymous(),
		session:   SessionFromContext(ctx),
	}
	if c.known != nil && !s.outsider() {
		known, err := c.known(ctx, actor)
		if err != nil {
			return none, fmt.Errorf("rbac: %w", err)
		}
		s.unknown = !known
	}
	in, _ := tenant.IDFromContext(ctx)
	mode := tenant.ModeOf(ctx)
	sc := scene{reach: reach, in: in, across: mode == tenant.ModeAcross || mode == tenant.ModeAcrossAll}
	m, err := c.model(ctx, sc, node)
	if err != nil {
		return none, err
	}
	return m.evaluate(sc, s, capability, node), nil
}

// model returns what is needed to answer a question about the node.
func (c *Checker) model(ctx context.Context, sc scene, node int64) (m *model, err error) {
	of := sc.in
	if sc.across {
		// In the other modes the context says whose part it is.
		n, _, err := c.tree.Node(ctx, node)
		if err != nil {
			return nil, fmt.Errorf("rbac: %w", err)
		}
		of = n.Tenant
	}
	m = &model{settings: &c.settings}
	if m.shared, err = c.cache.get(ctx, ""); err != nil {
		return nil, err
	}
	if of != "" {
		if m.own, err = c.cache.get(ctx, of); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// load reads one part. What is loaded serves every later question, whoever
// asks it, so it is read in a context of its own: of the tenant, or global.
func (c *Checker) load(ctx context.Context, of tenant.ID) (*part, error) {
	mode := carry.Value{Mode: carry.Tenant, ID: string(of)}
	if of == "" {
		mode = carry.Value{Mode: carry.Global}
	}
	ctx = carry.With(ctx, &mode)
	// Nodes first: what is said about a node that came later has no effect
	// until the part is loaded again, and neither is the node known.
	nodes, err := c.tree.OfTenant(ctx, of)
	if err != nil {
		return nil, fmt.Errorf("rbac: %w", err)
	}
	rules, err := c.store.Load(ctx, of)
	if err != nil {
		return nil, fmt.Errorf("rbac: %w", err)
	}
	return newPart(nodes, rules), nil
}

// Invalidate makes the checker forget what it has loaded of the tenant, or
// with an empty id of what has none. Every question asked after it returned is
// answered from what the stores hold then. Changes made through the stores
// that the checker was given need no call, except those inside a transaction
// of the caller's (see their method With). For changes made by other processes
// subscribe it to package feed:
//
//	poller.Subscribe(func(id tenant.ID, _ int64) { checker.Invalidate(id) })
func (c *Checker) Invalidate(of tenant.ID) {
	if c != nil && c.cache != nil {
		c.cache.drop(of)
	}
}
