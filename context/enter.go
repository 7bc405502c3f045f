package ctxtree

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// KindEntered is the kind of the events that [Pages].Entered is told of. The
// event's Object is the number of the node; Detail["from"] is the tenant that the
// context was of, or empty.
const KindEntered = "page.entered"

// ErrAmbiguous: several tenants that the actor may enter have that object. Which
// one is meant has to be said, with tenant.Switch or by the node's number.
var ErrAmbiguous = errors.New("several tenants have that object")

// Pages enters nodes: it finds the node that a request is about, and makes it
// the page of the request's context. Tree is required. With nothing else
// everybody stays in the tenant that the request came in with.
//
// The fields must not be changed after the first use; Pages is safe for
// concurrent use then.
type Pages struct {
	Tree Store

	// Registry and MayEnter let global users follow a node into its tenant, as
	// far as MayEnter says. It is what tenant.MiddlewareConfig.Members is, and
	// is called in the same way: with a context of that tenant, for actors who
	// are signed in, members of no tenant and no guests. Where either is nil
	// nobody follows.
	Registry tenant.Registry
	MayEnter func(ctx context.Context, a tenant.Actor, id tenant.ID) (bool, error)

	// Tenancy is the mode of the installation. Unless it is tenant.TenancyOn
	// nobody follows.
	Tenancy tenant.Tenancy

	// Entered is told whenever somebody has followed a node into a tenant, with
	// the context of that: for the audit log. Its error refuses the entry.
	Entered func(ctx context.Context, ev tenant.Event) error
}

// Enter returns ctx on the page of the node with that number, see [Current].
//
// A context in tenant or global mode enters the nodes that it reads. Beyond
// those a global user follows a node into its tenant, if he may enter that: the
// context returned is in tenant mode with the tenant's record, as the middleware
// would have made it, and keeps the actor. So does one whose context has no mode
// yet, as on a central route (to enter nodes without a tenant there, start from
// tenant.Global), and one across tenants, who gets into those listed only. Nobody else takes the tenant from a node: neither members nor guests nor
// visitors, nor anybody where the tenants are separate.
//
// The error is a [*NodeError]. It is [ErrNoNode] alike for a node that does not
// exist and for one that is out of reach; tenant.ErrSuspended or
// tenant.ErrArchived for one of a tenant that the actor may enter but for its
// status; tenant.ErrNotMember for a member whose context is not of its own
// tenant. The error of tenant.Err is returned for a context that reaches
// nothing, and what Registry, MayEnter, Entered and the tree return. With any
// error ctx is returned as it was.
func (p *Pages) Enter(ctx context.Context, id int64) (context.Context, error) {
	return p.enter(ctx, id, func(ctx context.Context) ([]Node, error) {
		n, found, err := p.Tree.Node(ctx, id)
		if err != nil || !found {
			return nil, err
		}
		return []Node{n}, nil
	})
}

// EnterObject is Enter by the object that the node stands for, so that from the
// one id in a request there is its node, those above it, and its tenant.
//
// In tenant mode it is the tenant's own object, else the one without a tenant.
// In global mode it is the one without a tenant. Where there is none, and for
// contexts without a tenant or across tenants, a global user enters the one
// object among the tenants that he may enter; if there are several it is
// [ErrAmbiguous]. MayEnter is asked for each tenant that has such an object,
// until the second may be entered.
func (p *Pages) EnterObject(ctx context.Context, level Level, instance string) (context.Context, error) {
	return p.enter(ctx, 0, func(ctx context.Context) ([]Node, error) { return p.Tree.Find(ctx, level, instance) })
}

// enter enters the node that find finds; id is for the error.
func (p *Pages) enter(ctx context.Context, id int64, find func(context.Context) ([]Node, error)) (context.Context, error) {
	if p.Tree == nil {
		return ctx, fmt.Errorf("%w: ctxtree.Pages needs a Tree", tenant.ErrMisconfigured)
	}
	v := *carry.From(ctx)
	entered, err := p.entered(sessionOf(ctx), find)
	switch {
	case err == nil:
		return entered, nil
	case v.Mode == carry.Refused || errors.Is(err, tenant.ErrNoTenant):
		return ctx, err
	default:
		return ctx, &NodeError{Op: "enter", Node: id, Err: err}
	}
}

// entered is enter from the session's own context.
func (p *Pages) entered(ctx context.Context, find func(context.Context) ([]Node, error)) (context.Context, error) {
	mode := tenant.ModeOf(ctx)
	actor, _ := tenant.ActorFromContext(ctx)
	own, _ := tenant.IDFromContext(ctx)
	switch {
	case mode == tenant.ModeRefused:
		return nil, tenant.Err(ctx)
	case actor.Tenant != "" && actor.Tenant != own:
		return nil, tenant.ErrNotMember
	}
	if mode == tenant.ModeTenant || mode == tenant.ModeGlobal {
		nodes, err := find(ctx)
		if err != nil {
			return nil, err
		}
		if len(nodes) > 0 {
			return p.stay(ctx, nodes[len(nodes)-1].ID) // the one without a tenant comes first
		}
	}
	if !p.follows(ctx, actor) {
		if err := tenant.Err(ctx); err != nil {
			return nil, err
		}
		if mode != tenant.ModeTenant && mode != tenant.ModeGlobal {
			return nil, tenant.ErrSeveralTenants
		}
		return nil, ErrNoNode
	}
	wide := ctx
	if mode != tenant.ModeAcross && mode != tenant.ModeAcrossAll {
		wide = tenant.AcrossAll(ctx, "package ctxtree: whose the page's node is")
	}
	nodes, err := find(wide)
	if err != nil {
		return nil, err
	}
	return p.choose(ctx, actor, nodes)
}

// follows reports whether the actor may take the tenant from a node at all.
func (p *Pages) follows(ctx context.Context, a tenant.Actor) bool {
	return !a.Anonymous() && !a.Guest && a.Tenant == "" &&
		p.Registry != nil && p.MayEnter != nil && p.Tenancy == tenant.TenancyOn && !carry.From(ctx).Bound
}

// choose enters the one of the nodes that can be entered.
func (p *Pages) choose(ctx context.Context, a tenant.Actor, nodes []Node) (context.Context, error) {
	var chosen []Node
	for _, n := range nodes {
		if n.Tenant == "" {
			if tenant.ModeOf(ctx) == tenant.ModeAcrossAll {
				chosen = append(chosen, n)
			}
			continue
		}
		may, err := p.MayEnter(into(ctx, &tenant.Tenant{ID: n.Tenant}), a, n.Tenant)
		if err != nil {
			return nil, fmt.Errorf("whether the actor may enter: %w", err)
		}
		if may {
			chosen = append(chosen, n)
		}
		if len(chosen) > 1 {
			return nil, ErrAmbiguous
		}
	}
	switch {
	case len(chosen) == 0:
		return nil, ErrNoNode
	case chosen[0].Tenant == "":
		return p.stay(ctx, chosen[0].ID)
	}
	return p.follow(ctx, a, chosen[0])
}

// stay makes a node that ctx reads its page.
func (p *Pages) stay(ctx context.Context, id int64) (context.Context, error) {
	line, err := p.Tree.Ancestors(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(line) == 0 {
		return nil, ErrNoNode // it is gone
	}
	return withPage(ctx, line, nil), nil
}

// follow takes ctx into the node's tenant.
func (p *Pages) follow(ctx context.Context, a tenant.Actor, n Node) (context.Context, error) {
	record, found, err := p.Registry.ByID(ctx, n.Tenant)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the tenant's record: %w", err)
	case !found || record == nil || record.ID != n.Tenant:
		return nil, ErrNoNode
	case record.Status != tenant.Active:
		return nil, record.Status.Err()
	}
	session := *carry.From(ctx)
	session.Page = nil
	inside := into(ctx, record)
	// Read again, since it is the tenant's own context that says what is its.
	line, err := p.Tree.Ancestors(inside, n.ID)
	if err != nil {
		return nil, err
	}
	if len(line) == 0 || line[len(line)-1].Tenant != n.Tenant {
		return nil, ErrNoNode
	}
	inside = withPage(inside, line, &session)
	if p.Entered != nil {
		err = p.Entered(inside, tenant.Event{
			Kind: KindEntered, Tenant: n.Tenant, Actor: a, Object: strconv.FormatInt(n.ID, 10), Reason: followed,
			At: time.Now().Truncate(time.Millisecond), Detail: map[string]string{"from": session.ID},
		})
	}
	return inside, err
}

const followed = "package ctxtree: the page is of this tenant"

// into returns ctx in tenant mode for t. What is not about the tenant stays, and
// so does a ban on writing.
func into(ctx context.Context, t *tenant.Tenant) context.Context {
	v := carry.From(ctx)
	none := &carry.Value{Reason: followed, Actor: v.Actor, Config: v.Config, RBAC: v.RBAC, Bound: v.Bound}
	inside := tenant.NewContext(carry.With(ctx, none), t)
	if v.ReadOnly {
		inside = tenant.ReadOnly(inside)
	}
	return inside
}
