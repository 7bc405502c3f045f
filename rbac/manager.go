package rbac

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// Asks names the capabilities that a [Manager] asks its actor for, on the node
// in question. Nobody may what has no name here.
type Asks struct {
	Assign       string // give and take roles
	Override     string // change what roles say on nodes
	SafeOverride string // the same, but for capabilities that carry no risk other than spam
	Switch       string // switch to another role
	ActAs        string // act as another person
	Roles        string // reset and delete roles; asked on the system node
}

// ManagerConfig says how a [Manager] decides. Checker, Tree and Homes are
// required.
type ManagerConfig struct {
	Checker *Checker
	Asks    Asks

	// Tree returns the checker's tree on the transaction of a change, so that
	// it is read where the decision is made:
	//
	//	func(db tenant.DBTX) ctxtree.Store { return tree.With(db) }
	//
	// A tree that is not in the database of the roles returns itself. A node of
	// such a tree may be moved while a change of roles is being decided.
	Tree func(db tenant.DBTX) ctxtree.Store

	// Homes is what Config.Homes is, within the transaction of a change: of
	// which tenant each of the users is a member, without whom the application
	// does not know, and without the guest. db is nil outside of a change, and
	// over stores in memory.
	Homes func(ctx context.Context, db tenant.DBTX, users []string) (map[string]tenant.ID, error)

	// Candidate reports whether a tenant has to do with a person who is no
	// member of another, so that a role can be given to it in there; package
	// member calls that IsCandidate. Where it is nil everybody is.
	Candidate func(ctx context.Context, db tenant.DBTX, of tenant.ID, user string) (bool, error)

	// Hooks take part in every change of roles, in order, within its
	// transaction; over stores in memory that is nil.
	Hooks []tenant.Hook

	// Audit is told before a role is switched and before somebody begins or
	// stops acting as somebody else, which changes nothing in the stores: an
	// error keeps it from happening. It is required with Asks.ActAs. The method
	// Append of package audit is one.
	Audit func(ctx context.Context, ev tenant.Event) error
}

// Manager changes roles for people: it asks whether the actor of the context
// may, and then writes. The wall comes first, as everywhere; what is beyond it
// is answered like what does not exist. Programs that are to change roles
// whoever asks use the [Store] itself.
//
// Each change is decided within the transaction that makes it, under the write
// lock of the node's part, by what the stores say there: somebody whose right is
// taken away at the same moment either was in time or is refused. On any error
// nothing has changed.
//
// A Manager is safe for concurrent use.
type Manager struct {
	checker *Checker
	cfg     ManagerConfig
}

// NewManager returns a manager. The error says what is wrong with the
// configuration.
func NewManager(cfg ManagerConfig) (*Manager, error) {
	switch {
	case cfg.Checker == nil || cfg.Checker.store == nil:
		return nil, errors.New("rbac: NewManager needs a Checker that NewChecker has made")
	case cfg.Tree == nil:
		return nil, errors.New("rbac: NewManager needs ManagerConfig.Tree")
	case cfg.Homes == nil:
		return nil, errors.New("rbac: NewManager needs ManagerConfig.Homes")
	case cfg.Asks.ActAs != "" && cfg.Audit == nil:
		return nil, errors.New("rbac: NewManager: nobody acts as somebody else without ManagerConfig.Audit")
	}
	a := cfg.Asks
	for _, name := range []string{a.Assign, a.Override, a.SafeOverride, a.Switch, a.ActAs, a.Roles} {
		if _, declared := cfg.Checker.settings.capabilities[name]; name != "" && !declared {
			return nil, fmt.Errorf("%w %q in ManagerConfig.Asks", ErrUnknownCapability, name)
		}
	}
	for _, hook := range cfg.Hooks {
		if hook == nil {
			return nil, errors.New("rbac: ManagerConfig.Hooks holds a nil")
		}
	}
	cfg.Hooks = append([]tenant.Hook(nil), cfg.Hooks...)
	return &Manager{checker: cfg.Checker, cfg: cfg}, nil
}

// Assignable returns the roles that the actor may give to others on the node,
// by number. Whoever may not gets none.
func (g *Manager) Assignable(ctx context.Context, node int64) ([]Role, error) {
	return g.roles(ctx, node, PairAssign, func(h *hearing, r Role) bool { return r.AssignableOn(h.node.Level) }, g.cfg.Asks.Assign)
}

// Overridable returns the roles of which the actor may change what they say on
// the node, for a safe override as well.
func (g *Manager) Overridable(ctx context.Context, node int64) ([]Role, error) {
	return g.roles(ctx, node, PairOverride, nil, g.cfg.Asks.Override, g.cfg.Asks.SafeOverride)
}

// Switchable returns the roles to which the actor may switch at the node: of
// those that say anything there.
func (g *Manager) Switchable(ctx context.Context, node int64) ([]Role, error) {
	return g.roles(ctx, node, PairSwitch, func(h *hearing, r Role) bool { return h.speaks(r.ID) }, g.cfg.Asks.Switch)
}

// Viewable returns the roles that the actor may see on the node. It asks for no
// capability.
func (g *Manager) Viewable(ctx context.Context, node int64) ([]Role, error) {
	return g.roles(ctx, node, PairView, nil)
}

// roles returns those for which the actor has a pair, if it has one of the
// capabilities or none is asked for.
func (g *Manager) roles(ctx context.Context, node int64, kind PairKind, also func(*hearing, Role) bool, one ...string) ([]Role, error) {
	h, err := g.ask(ctx, node)
	if err != nil {
		return nil, err
	}
	may := len(one) == 0
	for _, capability := range one {
		may = may || h.may(capability) == nil
	}
	if !may {
		return nil, nil
	}
	target := h.targets(kind)
	return h.list(func(r Role) bool { return target(r.ID) && (also == nil || also(h, r)) }), nil
}

// candidate returns nil if the person can hold a role on the node.
func (c *governed) candidate(user string) error {
	cfg := c.manager.cfg
	homes, err := cfg.Homes(c.ctx, c.db, []string{user})
	if err != nil {
		return fmt.Errorf("rbac: %w", err)
	}
	home, known := homes[user]
	switch {
	case !known:
		return ErrNoCandidate
	case home != "" && home != c.node.Tenant && (c.node.Tenant != "" || c.wall != Shared):
		return ErrNoCandidate
	case c.node.Tenant == "" || cfg.Candidate == nil:
		return nil
	}
	is, err := cfg.Candidate(c.ctx, c.db, c.node.Tenant, user)
	switch {
	case err != nil:
		return fmt.Errorf("rbac: %w", err)
	case !is:
		return ErrNoCandidate
	}
	return nil
}

// publish calls the hooks with the event, in the transaction.
func (c *governed) publish(kind, object string, detail map[string]string) error {
	if len(c.manager.cfg.Hooks) == 0 {
		return nil
	}
	ev := event(c.ctx, kind, c.node.Tenant, object, detail)
	for _, hook := range c.manager.cfg.Hooks {
		ev := ev
		ev.Detail = maps.Clone(ev.Detail) // each hook may keep its own
		if err := hook(c.ctx, c.db, ev); err != nil {
			return err
		}
	}
	return nil
}

// event says what the actor of ctx has done. While somebody acts as somebody
// else, that is who acts, and as whom is a detail.
func event(ctx context.Context, kind string, of tenant.ID, object string, detail map[string]string) tenant.Event {
	ev := tenant.Event{Kind: kind, Tenant: of, Object: object, At: time.Now().UTC().Truncate(time.Millisecond), Detail: detail}
	ev.Actor, _ = tenant.ActorFromContext(ctx)
	if s := SessionFromContext(ctx); s.Acting() {
		if ev.Detail == nil {
			ev.Detail = map[string]string{}
		}
		ev.Detail["as"], ev.Actor = ev.Actor.ID, s.Real
	}
	return ev
}

// eventContext returns ctx in the mode that tenant.Hook promises: the event's
// tenant, or global.
func eventContext(ctx context.Context, of tenant.ID) context.Context {
	if in, ok := tenant.IDFromContext(ctx); ok && in == of {
		return ctx
	}
	v := carry.From(ctx)
	plain := carry.With(ctx, &carry.Value{Actor: v.Actor, Config: v.Config})
	if of == "" {
		return tenant.Global(plain)
	}
	return tenant.WithID(plain, of)
}
